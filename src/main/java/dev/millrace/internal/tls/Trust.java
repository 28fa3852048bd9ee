package dev.millrace.internal.tls;

import dev.millrace.internal.bytes.Nullable;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Makes trust managers. Never {@code null} ones: given none, the JDK reads its hundred or more roots, which a server has
 * no use for and whose start would wait for it.
 */
final class Trust {
    private Trust() {}

    static TrustManager[] of(TrustSource.Kind kind, List<X509Certificate> roots) throws GeneralSecurityException {
        switch (kind) {
            case NOBODY:
                return new TrustManager[] {new Unchecked(false)};
            case EVERYBODY:
                return new TrustManager[] {new Unchecked(true)};
            case PLATFORM:
                TrustManagerFactory platform =
                        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
                KeyStore none = null;
                platform.init(none);
                return platform.getTrustManagers();
            case ROOTS:
                Set<TrustAnchor> anchors = new HashSet<>();
                for (X509Certificate root : roots) {
                    anchors.add(new TrustAnchor(root, null));
                }
                PKIXBuilderParameters parameters = new PKIXBuilderParameters(anchors, new X509CertSelector());
                parameters.setRevocationEnabled(false);
                TrustManagerFactory given = TrustManagerFactory.getInstance("PKIX");
                given.init(new CertPathTrustManagerParameters(parameters));
                return given.getTrustManagers();
        }
        throw new AssertionError(kind);
    }

    /** Looks at no certificate: believes all, or none. */
    private static final class Unchecked extends X509ExtendedTrustManager {
        private final boolean believes;

        Unchecked(boolean believes) {
            this.believes = believes;
        }

        private void check() throws CertificateException {
            if (!believes) {
                throw new CertificateException("nobody is trusted here");
            }
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
            check();
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, @Nullable Socket socket)
                throws CertificateException {
            check();
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, @Nullable SSLEngine engine)
                throws CertificateException {
            check();
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
            check();
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, @Nullable Socket socket)
                throws CertificateException {
            check();
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, @Nullable SSLEngine engine)
                throws CertificateException {
            check();
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
