package dev.millrace.internal.tls;

import javax.net.ssl.SSLEngine;

/**
 * A client's wish to negotiate anew, which TLS 1.2 knows and which is never granted (RFC 9325 §3.5). The JDK has a switch
 * for that, but for the whole process, and cannot send the warning {@code no_renegotiation}. So an engine of TLS 1.2 that
 * is open is left nothing to negotiate with: it then answers a second ClientHello with a fatal alert, at no cost.
 */
final class Renegotiation {
    private static final String[] OTHER_PROTOCOL = {"TLSv1.3"};
    private static final String[] OTHER_SUITE = {"TLS_AES_128_GCM_SHA256"};

    /** The alert that is sent. */
    static final String ALERT = "protocol_version";

    private Renegotiation() {}

    /** {@return whether the version that an engine speaks knows it} */
    static boolean known(SSLEngine engine) {
        return !engine.getSession().getProtocol().equals(OTHER_PROTOCOL[0]);
    }

    /** From now on the engine refuses it. */
    static void refuse(SSLEngine engine) {
        engine.setEnabledProtocols(OTHER_PROTOCOL);
        engine.setEnabledCipherSuites(OTHER_SUITE);
    }
}
