package dev.millrace.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.internal.tls.Engines;
import dev.millrace.internal.tls.TlsAccess;
import dev.millrace.internal.tls.TlsSettings;
import java.io.IOException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSessionContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole handshakes between engines of two configurations. */
class TlsHandshakeTest {
    private static final SelfSigned SELF = SelfSigned.localhost();
    private static final CertificateAuthority AUTHORITY = CertificateAuthority.create("Test authority");

    /** Both ends of a connection after its handshake. */
    private record Ends(SSLEngine client, SSLEngine server) {
        SSLSession session() {
            return client.getSession();
        }

        X509Certificate shown() throws SSLPeerUnverifiedException {
            return (X509Certificate) session().getPeerCertificates()[0];
        }
    }

    private static Ends connect(Tls client, Tls server, String host) throws SSLException {
        SSLEngine clientEngine = TlsAccess.settings(client).newClientEngine(host, 443, null);
        SSLEngine serverEngine = TlsAccess.settings(server).newServerEngine();
        Engines.handshake(clientEngine, serverEngine);
        return new Ends(clientEngine, serverEngine);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void bothVersionsWithTheFastestSuite(String version) throws IOException {
        Tls server = SELF.server().build();
        Tls client = Tls.client()
                .trust(SELF.certificate())
                .protocols(version)
                .alpn("h2", "http/1.1")
                .build();
        Ends ends = connect(client, server, "localhost");
        assertEquals(version, ends.session().getProtocol());
        assertEquals(
                version.equals("TLSv1.3") ? "TLS_AES_128_GCM_SHA256" : "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
                ends.session().getCipherSuite());
        assertEquals("h2", ends.client().getApplicationProtocol());
        assertEquals("h2", ends.server().getApplicationProtocol());
        assertEquals(SELF.certificate(), ends.shown());
    }

    @Test
    void theServersOrderOfSuitesCounts() throws IOException {
        Tls server = SELF.server().build();
        Tls client = Tls.client()
                .trust(SELF.certificate())
                .cipherSuites("TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256")
                .build();
        assertEquals(
                "TLS_AES_128_GCM_SHA256",
                connect(client, server, "localhost").session().getCipherSuite());
    }

    @Test
    void onlyTheGivenVersionsAndSuitesAreEnabled() throws IOException {
        SSLEngine engine = TlsAccess.settings(SELF.server().build()).newServerEngine();
        assertArrayEquals(new String[] {"TLSv1.3", "TLSv1.2"}, engine.getEnabledProtocols());
        assertEquals(9, engine.getEnabledCipherSuites().length);
        for (String suite : engine.getEnabledCipherSuites()) {
            assertTrue(suite.contains("_GCM_") || suite.contains("CHACHA20"), suite);
            assertTrue(suite.startsWith("TLS_AES") || suite.startsWith("TLS_CHA") || suite.contains("ECDHE"), suite);
        }
        assertTrue(engine.getSSLParameters().getUseCipherSuitesOrder());
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1", "localhost"})
    void theHostMayBeAnAddress(String host) throws IOException {
        Tls client = Tls.client().trust(SELF.certificate()).build();
        assertEquals(
                SELF.certificate(), connect(client, SELF.server().build(), host).shown());
    }

    @Test
    void anotherHostIsRefusedUnlessAllowed() throws IOException {
        Tls server = SELF.server().build();
        Tls strict = Tls.client().trust(SELF.certificate()).build();
        SSLException refused = assertThrows(SSLException.class, () -> connect(strict, server, "example.org"));
        assertTrue(refused.getMessage().contains("example.org"), refused.getMessage());
        connect(Tls.client().trust(SELF.certificate()).insecureAnyHostname().build(), server, "example.org");
        connect(Tls.client().insecureTrustAll().build(), server, "example.org");
    }

    @Test
    void anUnknownIssuerIsRefused() throws IOException {
        Tls client = Tls.client().trust(AUTHORITY.certificate()).build();
        assertThrows(SSLException.class, () -> connect(client, SELF.server().build(), "localhost"));
    }

    @Test
    void thePlatformsRootsAreTheDefault() throws IOException {
        assertThrows(
                SSLException.class,
                () -> connect(Tls.client().build(), SELF.server().build(), "localhost"));
    }

    @Test
    void noCommonApplicationProtocolEndsTheHandshake() throws IOException {
        Tls client = Tls.client().trust(SELF.certificate()).alpn("spdy/1").build();
        assertThrows(SSLException.class, () -> connect(client, SELF.server().build(), "localhost"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void clientsMustShowACertificate(String version) throws Exception {
        Tls server = SELF.server()
                .clientAuth(Tls.ClientAuth.REQUIRED)
                .trust(AUTHORITY.certificate())
                .build();
        Tls.Builder client = Tls.client().trust(SELF.certificate()).protocols(version);
        assertThrows(SSLException.class, () -> connect(client.build(), server, "localhost"));

        Tls known = client.certificate(AUTHORITY.leaf("client.test")).build();
        Certificate shown =
                connect(known, server, "localhost").server().getSession().getPeerCertificates()[0];
        assertEquals(
                "CN=client.test",
                ((X509Certificate) shown).getSubjectX500Principal().getName());

        Tls stranger = Tls.client()
                .trust(SELF.certificate())
                .protocols(version)
                .certificate(SelfSigned.of(Duration.ofDays(1), "stranger.test").identity())
                .build();
        assertThrows(SSLException.class, () -> connect(stranger, server, "localhost"));
    }

    @Test
    void clientsMayShowACertificate() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setCertificateEntry("root", AUTHORITY.certificate());
        Tls server =
                SELF.server().clientAuth(Tls.ClientAuth.OPTIONAL).trust(store).build();
        Tls without = Tls.client().trust(SELF.certificate()).build();
        SSLSession session = connect(without, server, "localhost").server().getSession();
        assertThrows(SSLPeerUnverifiedException.class, session::getPeerCertificates);
        Tls with = Tls.client()
                .trust(SELF.certificate())
                .certificate(AUTHORITY.leaf("client.test"))
                .build();
        assertEquals(2, connect(with, server, "localhost").server().getSession().getPeerCertificates().length);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void theServerNameChoosesTheCertificate(String version) throws IOException {
        Tls server = Tls.server()
                .certificate(AUTHORITY.leaf("default.test"))
                .certificate("one.test", AUTHORITY.leaf("one.test"))
                .certificate("*.test", AUTHORITY.leaf("*.test"))
                .certificate("Deep.One.Test.", AUTHORITY.leaf("deep.one.test"))
                .build();
        Tls client = Tls.client()
                .trust(AUTHORITY.certificate())
                .insecureAnyHostname()
                .protocols(version)
                .build();
        for (String[] wanted : List.of(
                new String[] {"one.test", "one.test"},
                new String[] {"ONE.test", "one.test"},
                new String[] {"two.test", "*.test"},
                new String[] {"deep.one.test", "deep.one.test"},
                new String[] {"a.two.test", "default.test"},
                new String[] {"test", "default.test"},
                new String[] {"127.0.0.1", "default.test"})) {
            assertEquals(
                    "CN=" + wanted[1],
                    connect(client, server, wanted[0])
                            .shown()
                            .getSubjectX500Principal()
                            .getName(),
                    wanted[0]);
        }
    }

    @Test
    void withoutADefaultAnUnknownNameIsRefused() throws IOException {
        Tls server =
                Tls.server().certificate("one.test", AUTHORITY.leaf("one.test")).build();
        Tls client = Tls.client().trust(AUTHORITY.certificate()).build();
        connect(client, server, "one.test");
        SSLException refused = assertThrows(SSLException.class, () -> connect(client, server, "two.test"));
        assertTrue(refused.getMessage().toLowerCase(Locale.ROOT).contains("unrecognized"), refused.toString());
        assertThrows(SSLException.class, () -> connect(client, server, "127.0.0.1"));
    }

    @Test
    void anAuthorityMintsForAnyName() throws IOException {
        Tls server = Tls.server()
                .mintedBy(AUTHORITY)
                .certificate(AUTHORITY.leaf("default.test"))
                .build();
        Tls client = Tls.client().trust(AUTHORITY.certificate()).build();
        connect(client, server, "any.where.example");
        connect(client, server, "localhost");
        assertThrows(SSLException.class, () -> connect(client, server, "127.0.0.1"));
    }

    @Test
    void theKindOfKeyFollowsTheClient() throws Exception {
        Tls server = Tls.server()
                .certificate(TlsFilesTest.identity("ec.pem", "ec-sec1.key"))
                .certificate(TlsFilesTest.identity("rsa.pem", "rsa-pkcs1.key"))
                .build();
        Tls rsaOnly = Tls.client()
                .insecureTrustAll()
                .protocols("TLSv1.2")
                .cipherSuites("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")
                .build();
        assertEquals(
                "RSA",
                connect(rsaOnly, server, "localhost").shown().getPublicKey().getAlgorithm());
        Tls ecOnly = Tls.client()
                .insecureTrustAll()
                .protocols("TLSv1.2")
                .cipherSuites("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")
                .build();
        assertEquals(
                "EC",
                connect(ecOnly, server, "localhost").shown().getPublicKey().getAlgorithm());
    }

    @Test
    void anEngineMayBeMadeForAChoice() throws IOException {
        Tls server = Tls.server()
                .certificate(AUTHORITY.leaf("default.test"))
                .certificate("one.test", AUTHORITY.leaf("one.test"))
                .build();
        TlsSettings settings = TlsAccess.settings(server);
        Tls client = Tls.client()
                .trust(AUTHORITY.certificate())
                .insecureAnyHostname()
                .alpn("h2")
                .build();
        SSLEngine clientEngine = TlsAccess.settings(client).newClientEngine("other.test", 443, null);
        SSLEngine serverEngine = settings.newServerEngine(List.of("h2"), null, "One.test");
        Engines.handshake(clientEngine, serverEngine);
        assertEquals("h2", serverEngine.getApplicationProtocol());
        assertEquals(
                "CN=one.test",
                new Ends(clientEngine, serverEngine)
                        .shown()
                        .getSubjectX500Principal()
                        .getName());

        SSLEngine askedFor = TlsAccess.settings(client).newClientEngine("one.test", 443, List.of());
        Engines.handshake(askedFor, settings.newServerEngine(List.of(), null, null));
        assertEquals("", askedFor.getApplicationProtocol());
        Tls strict =
                Tls.server().certificate("one.test", AUTHORITY.leaf("one.test")).build();
        assertThrows(
                IllegalArgumentException.class,
                () -> TlsAccess.settings(strict).newServerEngine(null, null, "two.test"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void clientsResumeSessionsWithTheSameHostOnly(String version) throws IOException {
        Tls server =
                Tls.server().certificate(AUTHORITY.leaf("one.test", "two.test")).build();
        Tls client =
                Tls.client().trust(AUTHORITY.certificate()).protocols(version).build();
        assertFalse(resumes(client, server, "one.test"), "the first");
        assertTrue(resumes(client, server, "one.test"), "the same name");
        assertTrue(resumes(client, server, "one.test"), "and again");
        assertFalse(resumes(client, server, "two.test"), "another name");
    }

    /** {@return whether a connection goes on with a session that an earlier one left its mark on} */
    private static boolean resumes(Tls client, Tls server, String host) throws SSLException {
        SSLSession session = connect(client, server, host).session();
        boolean resumed = session.getValue("mark") != null;
        session.putValue("mark", "mark");
        return resumed;
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void theBoundsOfSessionsAreTheJdks(String version) throws IOException {
        Tls server = Tls.server()
                .certificate(AUTHORITY.leaf("one.test"))
                .sessions(77, Duration.ofSeconds(123))
                .build();
        Tls client = Tls.client()
                .trust(AUTHORITY.certificate())
                .protocols(version)
                .sessions(5, Duration.ofMinutes(2))
                .build();
        Ends ends = connect(client, server, "one.test");
        SSLSessionContext kept = ends.server().getSession().getSessionContext();
        assertEquals(77, kept.getSessionCacheSize());
        assertEquals(123, kept.getSessionTimeout());
        SSLSessionContext clients = ends.session().getSessionContext();
        assertEquals(5, clients.getSessionCacheSize());
        assertEquals(120, clients.getSessionTimeout());
        assertThrows(IllegalArgumentException.class, () -> Tls.server().sessions(0, Duration.ofHours(1)));
        assertThrows(IllegalArgumentException.class, () -> Tls.server().sessions(1, Duration.ofDays(8)));
    }

    @Test
    void aReadyContextIsTaken() throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        Identity identity = SELF.identity();
        store.setKeyEntry("a", identity.source().load().key(), new char[0], new Certificate[] {SELF.certificate()});
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(store, new char[0]);
        context.init(keys.getKeyManagers(), null, null);
        Tls server = Tls.server().context(context).build();
        Ends ends = connect(Tls.client().trust(SELF.certificate()).build(), server, "localhost");
        assertEquals(SELF.certificate(), ends.shown());
        assertEquals(List.of(), server.certificates());
        SSLParameters parameters = ends.server().getSSLParameters();
        assertEquals(2, parameters.getProtocols().length);
        assertTrue(Arrays.asList(parameters.getApplicationProtocols()).contains("http/1.1"));
    }
}
