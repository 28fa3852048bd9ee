package dev.millrace.internal.tls;

import dev.millrace.internal.bytes.Nullable;
import java.util.List;
import javax.net.ssl.SSLEngine;

/**
 * What a ClientHello is to be answered with.
 *
 * @param settings the configuration; the one that asked if {@code null}
 * @param credential what is shown whatever name the client asks for, or {@code null}
 * @param name whose certificate of the configuration is shown whatever name the client asks for, or {@code null}
 * @param alpn the application protocols, the preferred first; those of the configuration if {@code null}
 */
public record EngineChoice(
        @Nullable TlsSettings settings,
        @Nullable Credential credential,
        @Nullable String name,
        @Nullable List<String> alpn) {

    /** Nothing: the handshake fails. */
    public static final EngineChoice REFUSED = new EngineChoice(null, null, null, List.of());

    /** What would be done had nobody been asked. */
    public static final EngineChoice CONFIGURED = new EngineChoice(null, null, null, null);

    /** {@return an engine in server mode, before its handshake} */
    SSLEngine newServerEngine(TlsSettings asking) {
        return (settings == null ? asking : settings).newServerEngine(alpn, credential, name);
    }
}
