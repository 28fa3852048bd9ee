package dev.millrace.internal.tls;

import dev.millrace.internal.bytes.Nullable;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.PKIXCertPathBuilderResult;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Has a client's own check look at the certificates of servers that another trust manager trusts. It sees the path that leads
 * from the server's certificate to a root, and not what the server has sent: anybody can add a certificate to that.
 */
final class CheckedTrust extends X509ExtendedTrustManager {
    private final TlsSpec.ChainCheck check;
    private final X509ExtendedTrustManager trust;

    private CheckedTrust(TlsSpec.ChainCheck check, X509ExtendedTrustManager trust) {
        this.check = check;
        this.trust = trust;
    }

    /** {@return trust managers with a check behind them, if there is one} */
    static TrustManager[] of(TlsSpec.@Nullable ChainCheck check, TrustManager[] managers) {
        if (check == null) {
            return managers;
        }
        TrustManager[] checked = new TrustManager[managers.length];
        for (int i = 0; i < managers.length; i++) {
            if (!(managers[i] instanceof X509ExtendedTrustManager trust)) {
                throw new IllegalStateException("the JDK's trust manager does not know engines: " + managers[i]);
            }
            checked[i] = new CheckedTrust(check, trust);
        }
        return checked;
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, @Nullable SSLEngine engine)
            throws CertificateException {
        trust.checkServerTrusted(chain, type, engine);
        String host = engine == null ? null : engine.getPeerHost();
        check.check(host == null ? "" : host, verified(chain));
    }

    private List<X509Certificate> verified(X509Certificate[] shown) throws CertificateException {
        X509Certificate own = shown[0];
        Set<TrustAnchor> roots = new HashSet<>();
        for (X509Certificate root : trust.getAcceptedIssuers()) {
            if (root.equals(own)) {
                return List.of(own);
            }
            roots.add(new TrustAnchor(root, null));
        }
        if (roots.isEmpty()) {
            return List.of(own); // everybody is trusted: of the others nothing is known
        }
        try {
            X509CertSelector wanted = new X509CertSelector();
            wanted.setCertificate(own);
            PKIXBuilderParameters parameters = new PKIXBuilderParameters(roots, wanted);
            parameters.setRevocationEnabled(false);
            parameters.addCertStore(
                    CertStore.getInstance("Collection", new CollectionCertStoreParameters(List.of(shown))));
            PKIXCertPathBuilderResult result = (PKIXCertPathBuilderResult)
                    CertPathBuilder.getInstance("PKIX").build(parameters);
            List<X509Certificate> path = new ArrayList<>();
            for (Certificate each : result.getCertPath().getCertificates()) {
                path.add((X509Certificate) each);
            }
            path.add(result.getTrustAnchor().getTrustedCert());
            return List.copyOf(path);
        } catch (GeneralSecurityException e) {
            throw new CertificateException("the way to a trusted root could not be found again", e);
        }
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
        checkServerTrusted(chain, type, (SSLEngine) null);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, @Nullable Socket socket)
            throws CertificateException {
        throw new CertificateException("engines only");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
        throw new CertificateException("a client's configuration");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, @Nullable Socket socket)
            throws CertificateException {
        throw new CertificateException("a client's configuration");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, @Nullable SSLEngine engine)
            throws CertificateException {
        throw new CertificateException("a client's configuration");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return trust.getAcceptedIssuers();
    }
}
