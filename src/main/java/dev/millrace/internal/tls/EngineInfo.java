package dev.millrace.internal.tls;

import dev.millrace.http.TlsInfo;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.observe.HandshakeResult;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/** What an engine whose handshake is complete knows of its connection. */
final class EngineInfo implements TlsInfo {
    private final SSLEngine engine;
    private final HandshakeResult result;

    EngineInfo(SSLEngine engine, HandshakeResult result) {
        this.engine = engine;
        this.result = result;
    }

    @Override
    public String protocol() {
        return engine.getSession().getProtocol();
    }

    @Override
    public String cipherSuite() {
        return engine.getSession().getCipherSuite();
    }

    @Override
    public @Nullable String alpn() {
        String chosen = engine.getApplicationProtocol();
        return chosen == null || chosen.isEmpty() ? null : chosen;
    }

    @Override
    public @Nullable String serverName() {
        return serverName(engine.getSession());
    }

    /** {@return the host name that a session was asked for, in normal form, or {@code null} if there was none} */
    static @Nullable String serverName(@Nullable SSLSession session) {
        if (session instanceof ExtendedSSLSession extended) {
            for (SNIServerName name : extended.getRequestedServerNames()) {
                if (name.getType() == 0) { // host_name, the only type there is
                    return NameMatcher.text(name);
                }
            }
        }
        return null;
    }

    @Override
    public boolean resumed() {
        return result == HandshakeResult.RESUMED;
    }

    @Override
    public List<X509Certificate> peerCertificates() {
        List<X509Certificate> chain = new ArrayList<>();
        try {
            for (Certificate certificate : engine.getSession().getPeerCertificates()) {
                if (certificate instanceof X509Certificate x509) {
                    chain.add(x509);
                }
            }
        } catch (SSLPeerUnverifiedException nobodyShowedOne) {
            return List.of();
        }
        return List.copyOf(chain);
    }
}
