package dev.millrace.internal.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.internal.bytes.Nullable;
import java.io.ByteArrayInputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** With real engines, so that each JDK this runs on shows its own texts. */
class AlertNamesTest {
    /** For localhost, of no worth outside of this test. */
    private static final String KEY =
            "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg5JEFvKDziq7GaIzuY2sv0auMcCcBXCp4+sw0dicS"
                    + "JQqhRANCAASLeiPQi192BGjakLmNRSWH+n/gJgTjfAEAHdp+FbGMu+/Gjd1UI7+vGUPch4A07owDEQWZCGY62atX"
                    + "veVzU+tr";

    private static final String CERTIFICATE =
            "MIIBlDCCATugAwIBAgIUQBESbwD10PF0k404itjQBshoLGIwCgYIKoZIzj0EAwIwFDESMBAGA1UEAwwJbG9jYWxo"
                    + "b3N0MCAXDTI2MTEyMjA0MjgyNVoYDzIxMjYxMDI5MDQyODI1WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcq"
                    + "hkjOPQIBBggqhkjOPQMBBwNCAASLeiPQi192BGjakLmNRSWH+n/gJgTjfAEAHdp+FbGMu+/Gjd1UI7+vGUPch4A0"
                    + "7owDEQWZCGY62atXveVzU+tro2kwZzAdBgNVHQ4EFgQUPVxl5JNpwTnKaxWwjSmGhQIPu+cwHwYDVR0jBBgwFoAU"
                    + "PVxl5JNpwTnKaxWwjSmGhQIPu+cwDwYDVR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZI"
                    + "zj0EAwIDRwAwRAIgEdKKoyA2QuNXs/cmqWG1ZD2uaH+NdmvLb8boSzmBB+oCICOoIWnPG58DlW0kvMI/w7fmPQi0"
                    + "lkUUpsDgi2TC7jQC";

    private static final int FATAL = 2;

    @Test
    void everyFatalAlertInClear() throws Exception {
        int named = 0;
        for (int description = 1; description < 256; description++) {
            SSLException failure = failureOf(server(context(trusting(null))), alert(FATAL, description));
            assertEquals(AlertNames.name(description), AlertNames.received(failure), failure.toString());
            named += AlertNames.name(description).equals(AlertNames.UNKNOWN) ? 0 : 1;
        }
        assertEquals(34, named);
    }

    @Test
    void everyFatalAlertInClearToAClient() throws Exception {
        for (int description = 1; description < 256; description++) {
            SSLEngine client = client(context(trusting(null)));
            client.wrap(ByteBuffer.allocate(0), ByteBuffer.allocate(20_000));
            SSLException failure = failureOf(client, alert(FATAL, description));
            assertEquals(AlertNames.name(description), AlertNames.received(failure), failure.toString());
        }
    }

    @Test
    void warningsInAHandshake() throws Exception {
        for (int description : new int[] {0, 42, 46, 48, 112, 120}) {
            SSLException failure = failureOf(server(context(trusting(null))), alert(1, description));
            assertEquals(AlertNames.name(description), AlertNames.received(failure), failure.toString());
        }
    }

    /** The client dislikes the certificate: with TLS 1.3 the server has sent its Finished by then. */
    @ParameterizedTest
    @CsvSource({
        "TLSv1.3, REVOKED, certificate_revoked",
        "TLSv1.3, UNDETERMINED_REVOCATION_STATUS, certificate_unknown",
        "TLSv1.3, UNSPECIFIED, certificate_unknown",
        "TLSv1.2, REVOKED, certificate_revoked",
        "TLSv1.2, EXPIRED, certificate_expired",
        "TLSv1.2, UNSPECIFIED, certificate_unknown"
    })
    void theClientDislikesTheCertificate(String version, CertPathValidatorException.BasicReason reason, String expected)
            throws Exception {
        Pair pair = new Pair(client(context(trusting(reason))), server(context(trusting(null))));
        pair.client.setEnabledProtocols(new String[] {version});
        pair.run();
        assertTheAlertArrives(pair.serverFailure, expected);
        assertNull(AlertNames.received(pair.clientFailure), "nobody sent the client an alert");
        assertSent(pair.clientFailure, pair.sentByClient, expected);
    }

    @Test
    void noVersionInCommon() throws Exception {
        Pair pair = pair();
        pair.client.setEnabledProtocols(new String[] {"TLSv1.2"});
        pair.server.setEnabledProtocols(new String[] {"TLSv1.3"});
        pair.run();
        assertTheAlertArrives(pair.clientFailure, "protocol_version");
        assertSent(pair.serverFailure, pair.sentByServer, "protocol_version");
        assertEquals("protocol_version", pair.sentByServer, "it went out in clear");
    }

    @Test
    void noSuiteInCommon() throws Exception {
        Pair pair = pair();
        pair.client.setEnabledCipherSuites(new String[] {"TLS_AES_128_GCM_SHA256"});
        pair.server.setEnabledCipherSuites(new String[] {"TLS_AES_256_GCM_SHA384"});
        pair.run();
        assertTheAlertArrives(pair.clientFailure, "handshake_failure");
        assertEquals("handshake_failure", pair.sentByServer);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void noProtocolInCommon(String version) throws Exception {
        Pair pair = pair();
        pair.client.setEnabledProtocols(new String[] {version});
        offer(pair.client, "h2");
        offer(pair.server, "http/1.1");
        pair.run();
        assertTheAlertArrives(pair.clientFailure, "no_application_protocol");
        assertSent(pair.serverFailure, pair.sentByServer, "no_application_protocol");
    }

    /** The server's key is not its certificate's. */
    @Test
    void aWrongSignature() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(256);
        SSLContext wrong = context(trusting(null), generator.generateKeyPair().getPrivate());
        Pair pair = new Pair(client(context(trusting(null))), server(wrong));
        pair.run();
        String sent = AlertNames.received(pair.serverFailure);
        // The RFC's word is decrypt_error; engines also say handshake_failure.
        assertTrue("decrypt_error".equals(sent) || "handshake_failure".equals(sent), "" + pair.serverFailure);
    }

    @Test
    void theClientHasNoCertificate() throws Exception {
        Pair pair = pair();
        pair.server.setNeedClientAuth(true);
        pair.run();
        String sent = AlertNames.received(pair.clientFailure);
        assertTrue("bad_certificate".equals(sent) || "certificate_required".equals(sent), "" + pair.clientFailure);
    }

    @Test
    void nothingFailsInAGoodHandshake() throws Exception {
        Pair pair = pair();
        pair.run();
        assertNull(pair.clientFailure);
        assertNull(pair.serverFailure);
        assertNull(pair.sentByServer);
    }

    @Test
    void garbageIsNoAlert() throws Exception {
        SSLException failure = failureOf(
                server(context(trusting(null))), "GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        assertNull(AlertNames.received(failure), failure.toString());
        SSLException unexpected = failureOf(server(context(trusting(null))), Hellos.hex("16 0303 0004 14 000000"));
        assertNull(AlertNames.received(unexpected), unexpected.toString());
    }

    @ParameterizedTest
    @CsvSource({
        "Received fatal alert: bad_certificate, bad_certificate",
        "(bad_certificate) Received fatal alert: bad_certificate, bad_certificate",
        "Received fatal alert: brand_new, unknown",
        "Received fatal alert: , unknown",
        "Received fatal something, unknown",
        "Unknown alert description (121), ech_required",
        "Unknown alert description (99), unknown",
        "Unknown alert description (99999999999999999999), unknown",
        "Unknown alert description (x), unknown",
        "(x) , ",
        "(, ",
        "No appropriate protocol, ",
        "said: Received fatal alert: bad_certificate, "
    })
    void texts(String text, String name) {
        assertEquals(name, AlertNames.received(new SSLException(text)));
    }

    /** OpenSSL's client does this: see {@link AlertNames#inClear}. */
    @Test
    void anAlertInClearWhereTheServerWaitsForEncryptedOnes() throws Exception {
        SSLEngine client = client(context(trusting(null)));
        SSLEngine server = server(context(trusting(null)));
        ByteBuffer toServer = ByteBuffer.allocate(20_000);
        assertNull(Pair.write(client, toServer));
        assertNull(Pair.read(server, toServer));
        assertNull(Pair.write(server, ByteBuffer.allocate(20_000)));
        byte[] records = Hellos.concat(Hellos.hex("14 0303 0001 01"), alert(FATAL, 48));
        SSLException failure = failureOf(server, records);
        String name = AlertNames.received(failure);
        assertTrue(name == null || name.equals("unknown_ca"), failure.toString());
        assertEquals("unknown_ca", AlertNames.inClear(records, 0, records.length));
    }

    @Test
    void looksThroughCauses() {
        SSLException inner = new SSLHandshakeException("Received fatal alert: unknown_ca");
        assertEquals("unknown_ca", AlertNames.received(new SSLException("outer", inner)));
        assertNull(AlertNames.received(new SSLException((String) null)));
        Exception loop = new Exception("a");
        Exception second = new Exception("b", loop);
        loop.initCause(second);
        assertNull(AlertNames.received(loop));
    }

    @Test
    void sentByText() {
        assertEquals("handshake_failure", AlertNames.sent(new SSLException("(handshake_failure) No suite")));
        assertEquals(AlertNames.UNKNOWN, AlertNames.sent(new SSLException("(certainly) not")));
        assertEquals(AlertNames.UNKNOWN, AlertNames.sent(new SSLException("No suite")));
        assertEquals(AlertNames.UNKNOWN, AlertNames.sent(new SSLException((String) null)));
        assertNull(AlertNames.sent(new SSLException("(unknown_ca) Received fatal alert: unknown_ca")));
    }

    @Test
    void inRecords() {
        byte[] alert = alert(FATAL, 40);
        assertEquals("handshake_failure", AlertNames.inClear(alert, 0, alert.length));
        byte[] second = Hellos.concat(Hellos.hex("ff 16 0303 0001 00"), alert(FATAL, 70));
        assertEquals("protocol_version", AlertNames.inClear(second, 1, second.length));
        for (int end = 0; end < alert.length; end++) {
            assertNull(AlertNames.inClear(alert, 0, end));
        }
        byte[] encrypted = Hellos.hex("15 0303 0012" + "00".repeat(18));
        assertNull(AlertNames.inClear(encrypted, 0, encrypted.length));
        byte[] nameless = alert(FATAL, 99);
        assertEquals(AlertNames.UNKNOWN, AlertNames.inClear(nameless, 0, nameless.length));
    }

    private static void assertTheAlertArrives(@Nullable SSLException failure, String name) {
        assertNotNull(failure);
        assertEquals(name, AlertNames.received(failure), failure.toString());
        assertNull(AlertNames.sent(failure), "a fatal alert is not answered");
    }

    /** Known from the record if it is in clear, else from the failure if the JDK tells. */
    private static void assertSent(@Nullable SSLException failure, @Nullable String inClear, String name) {
        assertNotNull(failure);
        if (inClear != null) {
            assertEquals(name, inClear);
        }
        String told = AlertNames.sent(failure);
        boolean tells = Runtime.version().feature() >= 25;
        assertTrue(name.equals(told) || !tells && AlertNames.UNKNOWN.equals(told), failure.toString());
    }

    private static byte[] alert(int level, int description) {
        return new byte[] {21, 3, 3, 0, 2, (byte) level, (byte) description};
    }

    private static SSLException failureOf(SSLEngine engine, byte[] input) {
        ByteBuffer in = ByteBuffer.wrap(input);
        try {
            engine.unwrap(in, ByteBuffer.allocate(20_000));
            runTasks(engine);
            engine.unwrap(in, ByteBuffer.allocate(20_000));
        } catch (SSLException e) {
            return e;
        }
        throw new AssertionError("no failure");
    }

    private static Pair pair() throws Exception {
        return new Pair(client(context(trusting(null))), server(context(trusting(null))));
    }

    private static void offer(SSLEngine engine, String protocol) {
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {protocol});
        engine.setSSLParameters(parameters);
    }

    private static SSLEngine client(SSLContext context) {
        SSLEngine engine = context.createSSLEngine("localhost", 443);
        engine.setUseClientMode(true);
        return engine;
    }

    private static SSLEngine server(SSLContext context) {
        SSLEngine engine = context.createSSLEngine();
        engine.setUseClientMode(false);
        return engine;
    }

    private static void runTasks(SSLEngine engine) {
        Runnable task = engine.getDelegatedTask();
        while (task != null) {
            task.run();
            task = engine.getDelegatedTask();
        }
    }

    private static SSLContext context(TrustManager trust) throws Exception {
        byte[] encoded = Base64.getDecoder().decode(KEY);
        return context(trust, KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(encoded)));
    }

    private static SSLContext context(TrustManager trust, PrivateKey key) throws Exception {
        X509Certificate certificate = (X509Certificate) CertificateFactory.getInstance("X.509")
                .generateCertificate(
                        new ByteArrayInputStream(Base64.getDecoder().decode(CERTIFICATE)));
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(new KeyManager[] {new OneKey(certificate, key)}, new TrustManager[] {trust}, null);
        return context;
    }

    /** Trusts everyone, or nobody for a reason. */
    private static TrustManager trusting(CertPathValidatorException.@Nullable BasicReason reason) {
        return new Trust(reason);
    }

    /** Two engines that talk until neither has anything to say. */
    private static final class Pair {
        final SSLEngine client;
        final SSLEngine server;

        @Nullable
        SSLException clientFailure;

        @Nullable
        SSLException serverFailure;

        @Nullable
        String sentByClient;

        @Nullable
        String sentByServer;

        Pair(SSLEngine client, SSLEngine server) {
            this.client = client;
            this.server = server;
        }

        void run() {
            ByteBuffer toServer = ByteBuffer.allocate(200_000);
            ByteBuffer toClient = ByteBuffer.allocate(200_000);
            for (int turn = 0; turn < 20; turn++) {
                int from = toServer.position();
                clientFailure = first(clientFailure, write(client, toServer));
                sentByClient = sentByClient != null
                        ? sentByClient
                        : AlertNames.inClear(toServer.array(), from, toServer.position());
                serverFailure = first(serverFailure, read(server, toServer));
                from = toClient.position();
                serverFailure = first(serverFailure, write(server, toClient));
                sentByServer = sentByServer != null
                        ? sentByServer
                        : AlertNames.inClear(toClient.array(), from, toClient.position());
                clientFailure = first(clientFailure, read(client, toClient));
            }
            assertFalse(toServer.position() > 0 && serverFailure == null, "all was read");
        }

        private static @Nullable SSLException first(@Nullable SSLException before, @Nullable SSLException now) {
            return before != null ? before : now;
        }

        private static @Nullable SSLException write(SSLEngine engine, ByteBuffer out) {
            SSLException failure = null;
            for (int i = 0; i < 20; i++) {
                runTasks(engine);
                if (i > 0 && engine.getHandshakeStatus() != HandshakeStatus.NEED_WRAP) {
                    break;
                }
                try {
                    SSLEngineResult result = engine.wrap(ByteBuffer.allocate(0), out);
                    if (result.getStatus() == SSLEngineResult.Status.CLOSED && result.bytesProduced() == 0) {
                        break;
                    }
                } catch (SSLException e) {
                    failure = first(failure, e);
                }
            }
            return failure;
        }

        private static @Nullable SSLException read(SSLEngine engine, ByteBuffer in) {
            in.flip();
            try {
                int before = -1;
                while (in.hasRemaining() && in.remaining() != before) {
                    before = in.remaining();
                    runTasks(engine);
                    engine.unwrap(in, ByteBuffer.allocate(20_000));
                    runTasks(engine);
                }
                return null;
            } catch (SSLException e) {
                return e;
            } finally {
                in.compact();
            }
        }
    }

    private static final class Trust extends X509ExtendedTrustManager {
        private final CertPathValidatorException.@Nullable BasicReason reason;

        Trust(CertPathValidatorException.@Nullable BasicReason reason) {
            this.reason = reason;
        }

        private void check() throws CertificateException {
            if (reason != null) {
                throw new CertificateException(new CertPathValidatorException("no", null, null, -1, reason));
            }
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            check();
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    /** The server's key; a client has none. */
    private static final class OneKey extends X509ExtendedKeyManager {
        private final X509Certificate certificate;
        private final PrivateKey key;

        OneKey(X509Certificate certificate, PrivateKey key) {
            this.certificate = certificate;
            this.key = key;
        }

        @Override
        public String[] getClientAliases(String type, Principal[] issuers) {
            return new String[0];
        }

        @Override
        public @Nullable String chooseClientAlias(String[] types, Principal[] issuers, Socket socket) {
            return null;
        }

        @Override
        public String[] getServerAliases(String type, Principal[] issuers) {
            return new String[] {"it"};
        }

        @Override
        public String chooseServerAlias(String type, Principal[] issuers, Socket socket) {
            return "it";
        }

        @Override
        public @Nullable String chooseEngineServerAlias(String type, Principal[] issuers, SSLEngine engine) {
            return type.startsWith("EC") ? "it" : null;
        }

        @Override
        public X509Certificate[] getCertificateChain(String alias) {
            return new X509Certificate[] {certificate};
        }

        @Override
        public PrivateKey getPrivateKey(String alias) {
            return key;
        }
    }
}
