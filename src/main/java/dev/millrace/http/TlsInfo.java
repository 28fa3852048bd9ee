package dev.millrace.http;

import dev.millrace.internal.bytes.Nullable;
import java.security.cert.X509Certificate;
import java.util.List;

/**
 * What is known of the TLS connection that brought a request (RFC 8446, RFC 5246). Found out when asked for, so a request
 * that does not ask pays nothing. Safe for any thread, also after the connection has ended; a test may implement it.
 */
public interface TlsInfo {
    /** {@return the version, such as {@code TLSv1.3}} */
    String protocol();

    /** {@return the cipher suite by its IANA name, such as {@code TLS_AES_128_GCM_SHA256}} */
    String cipherSuite();

    /** {@return the protocol chosen by ALPN (RFC 7301), such as {@code h2}, or {@code null} if none was} */
    @Nullable
    String alpn();

    /**
     * {@return the host name that the client asked for (RFC 6066 §3), in lower case, or {@code null} if it named none. The
     * client chose it: it need not be the request's authority}
     */
    @Nullable
    String serverName();

    /**
     * {@return whether an earlier session was taken up again, the peer's certificates with it: they were then checked in
     * that session's handshake}
     */
    boolean resumed();

    /**
     * The certificates that the peer showed and that were found trusted, such as a client's in mutual TLS.
     *
     * @return the peer's own first, then those of its issuers as it sent them; empty if it showed none
     */
    List<X509Certificate> peerCertificates();

    /** {@return the peer's own certificate, or {@code null} if it showed none} */
    default @Nullable X509Certificate peerCertificate() {
        List<X509Certificate> chain = peerCertificates();
        return chain.isEmpty() ? null : chain.get(0);
    }
}
