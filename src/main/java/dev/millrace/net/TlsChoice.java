package dev.millrace.net;

import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.tls.Credential;
import dev.millrace.internal.tls.CredentialSource;
import dev.millrace.internal.tls.EngineChoice;
import dev.millrace.internal.tls.TlsAccess;
import java.util.List;

/**
 * What a server answers a ClientHello with: the result of {@link Tls.Builder#onClientHello}. Immutable.
 *
 * <pre>{@code
 * Tls.server()
 *         .certificate(fallback)
 *         .onClientHello(hello -> tenants.find(hello.serverName())         // a CompletionStage
 *                 .thenApply(tenant -> TlsChoice.asConfigured().certificate(tenant.identity()).alpn("http/1.1")))
 * }</pre>
 *
 * <p>Sessions belong to a {@code Tls}: a client that takes up a session of the same one is not shown the certificate that is
 * chosen here, nor asked for its own again. Where that matters, choose {@linkplain #of(Tls) another configuration}.
 */
public final class TlsChoice {
    private static final TlsChoice CONFIGURED = new TlsChoice(EngineChoice.CONFIGURED);
    private static final TlsChoice REFUSED = new TlsChoice(EngineChoice.REFUSED);

    private final EngineChoice choice;

    private TlsChoice(EngineChoice choice) {
        this.choice = choice;
    }

    EngineChoice choice() {
        return choice;
    }

    /** {@return what would be done had nobody been asked; the beginning of choices that differ from that} */
    public static TlsChoice asConfigured() {
        return CONFIGURED;
    }

    /** {@return nothing: the client gets the alert {@code handshake_failure}, and nobody is told of an error} */
    public static TlsChoice refuse() {
        return REFUSED;
    }

    /**
     * Another configuration, with its certificates, its trust and wish for client certificates, versions, suites, ALPN and
     * sessions; a hook of its own is not asked.
     *
     * @param tls a server's
     * @return the choice
     * @throws IllegalArgumentException if it is a client's
     */
    public static TlsChoice of(Tls tls) {
        return new TlsChoice(new EngineChoice(TlsAccess.serverSettings(tls), null, null, null));
    }

    /**
     * This choice with a certificate that is shown whatever name the client asks for.
     *
     * @param identity the certificate and its key in memory: {@link Identity#of}, {@link SelfSigned#identity()},
     *     {@link CertificateAuthority#leaf}
     * @return the changed choice
     * @throws IllegalArgumentException if the identity is read from files: a {@link Tls} reads those, and is chosen by
     *     {@link #of(Tls)}
     * @throws IllegalStateException if this is a refusal
     */
    public TlsChoice certificate(Identity identity) {
        Credential credential = CredentialSource.inMemory(identity.source());
        if (credential == null) {
            throw new IllegalArgumentException(
                    "an identity that is read from files cannot be chosen for one connection: make a Tls with it");
        }
        return changed(credential, null, choice.alpn());
    }

    /**
     * This choice with the certificate that the configuration has for a name, whatever name the client asks for.
     *
     * @param serverName the name, looked up as if the client had asked for it; the handshake fails with
     *     {@code internal_error}, and the error is reported, if there is no certificate for it
     * @return the changed choice
     * @throws IllegalStateException if this is a refusal
     */
    public TlsChoice certificateOf(String serverName) {
        return changed(null, serverName, choice.alpn());
    }

    /**
     * This choice with other application protocols (RFC 7301). A client that offers some, but none of these, gets
     * {@code no_application_protocol}.
     *
     * @param names 1 to 255 octets each, the preferred first; none turns ALPN off. An {@code HttpServer} speaks HTTP/1.1
     *     whatever the name, unless it is that of another version that it speaks
     * @return the changed choice
     * @throws IllegalArgumentException for other lengths
     * @throws IllegalStateException if this is a refusal
     */
    public TlsChoice alpn(String... names) {
        return changed(choice.credential(), choice.name(), TlsDefaults.checkedAlpn(names));
    }

    private TlsChoice changed(@Nullable Credential credential, @Nullable String name, @Nullable List<String> alpn) {
        if (choice == EngineChoice.REFUSED) {
            throw new IllegalStateException("a refusal needs nothing");
        }
        return new TlsChoice(new EngineChoice(choice.settings(), credential, name, alpn));
    }
}
