package dev.millrace.net;

import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLContext;

/** What a {@link Tls} enables by itself. */
final class TlsDefaults {
    static final List<String> PROTOCOLS = List.of("TLSv1.3", "TLSv1.2");

    /**
     * Forward secrecy and AEAD only (RFC 9325 §4.2). AES-128-GCM is first for being the fastest with hardware support, and
     * what it protects against is the same here.
     */
    static final List<String> SUITES = List.of(
            "TLS_AES_128_GCM_SHA256",
            "TLS_AES_256_GCM_SHA384",
            "TLS_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");

    private TlsDefaults() {}

    static List<String> checkedProtocols(String... versions) {
        for (String version : versions) {
            if (!PROTOCOLS.contains(version)) {
                throw new IllegalArgumentException("the versions are TLSv1.3 and TLSv1.2, not " + version);
            }
        }
        if (versions.length == 0) {
            throw new IllegalArgumentException("no version");
        }
        return List.of(versions);
    }

    static List<String> checkedAlpn(String... names) {
        for (String name : names) {
            if (name.isEmpty() || name.length() > 255) {
                throw new IllegalArgumentException("an ALPN name has 1 to 255 octets: " + name);
            }
        }
        return List.of(names);
    }

    static void checkSuites(List<String> suites) {
        try {
            Set<String> known =
                    Set.of(SSLContext.getDefault().getSupportedSSLParameters().getCipherSuites());
            for (String suite : suites) {
                if (!known.contains(suite)) {
                    throw new IllegalStateException("this JDK has no cipher suite " + suite);
                }
            }
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("the JDK gives no TLS", e);
        }
    }
}
