package dev.millrace.internal.tls;

import dev.millrace.internal.bytes.Nullable;
import java.util.List;

/**
 * What a client wants to reach.
 *
 * @param host the name or address of the server: the certificate must be for it, and a name is sent as SNI
 * @param port the server's port; a session is resumed only with the same host and port
 * @param alpn the application protocols, the preferred first; those of the configuration if {@code null}
 */
public record TlsTarget(String host, int port, @Nullable List<String> alpn) {}
