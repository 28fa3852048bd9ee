package dev.millrace.net;

import java.security.cert.X509Certificate;
import java.util.List;

/** A client's own look at the certificates of servers, beside the check of trust and host name: pinning, for one. */
@FunctionalInterface
public interface CertificateCheck {
    /**
     * Looks at the certificates of a server that is trusted and whose certificate is for the host. Called once for each full
     * handshake and not when a session is resumed, on one of the runtime's threads for blocking work unless
     * {@link Tls.Builder#handshakesOnLoop()} says otherwise.
     *
     * @param host what the client wants to reach: a name in lower case, or an address
     * @param chain the verified path from the server's certificate to a trusted root, both included; the server's certificate
     *     alone where that itself is trusted, or where everybody is. What a server sends beside that path is not in it
     * @throws Exception to refuse the server: the handshake fails with a {@link CertificateRefusedException} that has this as
     *     its cause
     */
    void check(String host, List<X509Certificate> chain) throws Exception;
}
