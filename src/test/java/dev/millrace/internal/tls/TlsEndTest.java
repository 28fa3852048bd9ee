package dev.millrace.internal.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Response;
import dev.millrace.http.Timeouts;
import dev.millrace.net.CertificateAuthority;
import dev.millrace.net.SelfSigned;
import dev.millrace.net.Tls;
import dev.millrace.observe.CloseReason;
import dev.millrace.testkit.TlsFixture;
import dev.millrace.testkit.TlsPeer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every way in which a connection with TLS ends around its handshake, and what is said of it. */
class TlsEndTest {
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    private static final SelfSigned STRANGER = SelfSigned.localhost();
    private static final Duration LONG = Timeouts.defaults().handshake().plusSeconds(1);

    private static TlsFixture.Builder builder() {
        return TlsFixture.builder().answering(r -> Response.text(r.path()));
    }

    private static TlsFixture.Builder builder(String version) {
        return builder().version(version);
    }

    private static byte[] hello(TlsFixture f) throws Exception {
        f.peer().engine().beginHandshake();
        return f.peer().produced();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void clientSilent(String version) {
        TlsFixture goodbye = builder(version).open();
        goodbye.peer().close();
        assertTrue(goodbye.peer().closed());
        goodbye.assertClosed(CloseReason.CLIENT_SILENT);
        assertEquals(List.of(CloseReason.CLIENT_SILENT), goodbye.closings());

        TlsFixture fin = builder(version).open().end();
        fin.assertClosed(CloseReason.CLIENT_SILENT);

        TlsFixture both = builder(version).open();
        both.peer().sendRaw(both.peer().closeNotify());
        both.assertClosed(CloseReason.CLIENT_SILENT);
    }

    @Test
    void clientSilentWithItsLastFlight() {
        TlsFixture f = builder("TLSv1.3").connect();
        f.peer().way(bytes -> {
            boolean last = f.peer().engine().getHandshakeStatus()
                    == javax.net.ssl.SSLEngineResult.HandshakeStatus.NOT_HANDSHAKING;
            f.peer().sendRaw(last ? Hellos.concat(bytes, f.peer().closeNotify()) : bytes);
        });
        f.peer().handshake();
        f.assertClosed(CloseReason.CLIENT_SILENT);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void notSilent(String version) {
        TlsFixture reset = builder(version).open();
        reset.transport().peerResets();
        reset.assertClosed(CloseReason.PEER_RESET);

        TlsFixture timeout = builder(version).open();
        timeout.advance(Timeouts.defaults().firstByte().plusSeconds(1));
        assertTrue(timeout.peer().closed());
        timeout.assertClosed(CloseReason.FIRST_BYTE_TIMEOUT);

        TlsFixture part = builder(version).open();
        part.peer().send("GET /");
        part.peer().close();
        part.assertClosed(CloseReason.TRUNCATED_REQUEST);

        TlsFixture served = builder(version).open();
        served.peer().send(GET).close();
        served.assertClosed(CloseReason.COMPLETED);
    }

    /** The client's engine finds a fault after the handshake, and says so encrypted. */
    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void rejectedAfterTheHandshake(String version) {
        TlsFixture f = builder(version).open();
        byte[] alert = fatalAlert(f);
        f.peer().sendRaw(alert);
        f.assertClosed(CloseReason.HANDSHAKE_REJECTED, "bad_record_mac");
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void anAlertAfterARequestIsAnEarlyEnd(String version) {
        TlsFixture f = builder(version).open();
        f.peer().send(GET);
        f.peer().sendRaw(fatalAlert(f));
        f.assertClosed(CloseReason.PEER_CLOSED_EARLY, "bad_record_mac");
    }

    private static byte[] fatalAlert(TlsFixture f) {
        java.nio.ByteBuffer garbage = java.nio.ByteBuffer.wrap(new byte[40]);
        garbage.put(new byte[] {TlsPeer.CONTENT, 3, 3, 0, 35}).rewind();
        java.nio.ByteBuffer out = java.nio.ByteBuffer.allocate(20_000);
        try {
            f.peer().engine().unwrap(garbage, java.nio.ByteBuffer.allocate(20_000));
        } catch (javax.net.ssl.SSLException expected) {
            try {
                f.peer().engine().wrap(java.nio.ByteBuffer.allocate(0), out);
            } catch (javax.net.ssl.SSLException e) {
                throw new AssertionError(e);
            }
        }
        assertTrue(out.position() > 0);
        return Arrays.copyOf(out.array(), out.position());
    }

    @Test
    void peerSilent() {
        TlsFixture f = builder().connect().end();
        f.assertClosed(CloseReason.PEER_SILENT);
        assertEquals(0, f.transport().received().length);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void abortedAtEveryStep(String version) throws Exception {
        int size = hello(builder(version).connect()).length;
        for (int cut = 1; cut <= size; cut++) {
            TlsFixture f = builder(version).connect();
            f.peer().sendRaw(Arrays.copyOf(hello(f), cut));
            f.end();
            f.assertClosed(CloseReason.HANDSHAKE_ABORTED);
        }
        for (boolean stepped : new boolean[] {false, true}) {
            TlsFixture.Builder builder = builder(version);
            TlsFixture f = (stepped ? builder.stepped() : builder).connect();
            f.peer().handshakeWhile(flight -> flight == 0);
            assertFalse(f.transport().closed());
            f.end();
            f.assertClosed(CloseReason.HANDSHAKE_ABORTED);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void abortedInTheMiddleOfTheLastFlight(String version) throws Exception {
        for (int cut = 0; ; cut++) {
            TlsFixture f = builder(version).connect();
            int at = cut;
            boolean[] whole = new boolean[1];
            int[] sent = {-1};
            f.peer().way(bytes -> {
                if (sent[0] < 0) { // the hello
                    f.peer().sendRaw(bytes);
                    sent[0] = 0;
                } else {
                    int n = Math.max(0, Math.min(at - sent[0], bytes.length));
                    f.peer().sendRaw(Arrays.copyOf(bytes, n));
                    sent[0] += n;
                    whole[0] = n == bytes.length;
                }
            });
            f.peer().handshake();
            f.end();
            if (whole[0]) {
                f.assertClosed(CloseReason.CLIENT_SILENT);
                return;
            }
            f.assertClosed(CloseReason.HANDSHAKE_ABORTED);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void abortedByAGoodbye(String version) {
        TlsFixture f = builder(version).connect();
        f.peer().handshakeWhile(flight -> flight == 0);
        f.peer().sendRaw(new byte[] {TlsPeer.ALERT, 3, 3, 0, 2, 1, 0});
        f.assertClosed(CloseReason.HANDSHAKE_ABORTED);

        TlsFixture canceled = builder(version).connect();
        canceled.peer().handshakeWhile(flight -> flight == 0);
        canceled.peer().sendRaw(new byte[] {TlsPeer.ALERT, 3, 3, 0, 2, 1, 90, TlsPeer.ALERT, 3, 3, 0, 2, 1, 0});
        canceled.assertClosed(CloseReason.HANDSHAKE_ABORTED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void abortedByTheEngineItself(String version) throws Exception {
        TlsFixture f = builder(version).connect();
        f.peer().sendRaw(hello(f));
        f.peer().sendRaw(f.peer().closeNotify());
        f.assertClosed(CloseReason.HANDSHAKE_ABORTED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void rejectedBecauseOfTheCertificate(String version) {
        TlsFixture f = builder()
                .client(Tls.client().trust(STRANGER.certificate()).protocols(version))
                .connect();
        f.peer().handshake();
        assertNotNull(f.peer().failure());
        f.assertClosed(CloseReason.HANDSHAKE_REJECTED, "certificate_unknown");
    }

    @ParameterizedTest
    @ValueSource(ints = {42, 45, 46, 48, 80, 116})
    void rejectedInClear(int alert) {
        for (String version : List.of("TLSv1.3", "TLSv1.2")) {
            TlsFixture f = builder(version).connect();
            f.peer().handshakeWhile(flight -> flight == 0);
            f.peer().sendRaw(new byte[] {TlsPeer.ALERT, 3, 3, 0, 2, 2, (byte) alert});
            f.assertClosed(CloseReason.HANDSHAKE_REJECTED, AlertNames.name(alert));
        }
    }

    @Test
    void failedForTheVersion() {
        TlsFixture f = builder()
                .server(TlsFixture.SELF.server().protocols("TLSv1.3"))
                .version("TLSv1.2")
                .connect();
        f.peer().handshake();
        f.assertClosed(CloseReason.HANDSHAKE_FAILED, "protocol_version");
        assertEquals(List.of("fatal 70"), f.peer().alerts());
    }

    @Test
    void failedForTheSuite() {
        TlsFixture f = builder()
                .server(TlsFixture.SELF.server().cipherSuites("TLS_AES_128_GCM_SHA256"))
                .client(TlsFixture.client().cipherSuites("TLS_AES_256_GCM_SHA384"))
                .connect();
        f.peer().handshake();
        f.assertClosed(CloseReason.HANDSHAKE_FAILED, "handshake_failure");
        assertEquals(List.of("fatal 40"), f.peer().alerts());
    }

    @Test
    void failedForTheApplicationProtocol() {
        TlsFixture f = builder().client(TlsFixture.client().alpn("spdy/3")).connect();
        f.peer().handshake();
        f.assertClosed(CloseReason.HANDSHAKE_FAILED, "no_application_protocol");
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void failedForWantOfACertificate(String version) {
        CertificateAuthority clients = CertificateAuthority.create("Clients");
        Tls server = TlsFixture.build(
                TlsFixture.SELF.server().clientAuth(Tls.ClientAuth.REQUIRED).trust(clients.certificate()));
        TlsFixture without = builder().server(server).version(version).connect();
        without.peer().handshake();
        without.peer().read();
        without.assertClosed(CloseReason.HANDSHAKE_FAILED);
        assertNotNull(without.peer().failure(), "the client hears of it");

        TlsFixture wrong = builder()
                .server(server)
                .client(TlsFixture.client().protocols(version).certificate(STRANGER.identity()))
                .connect();
        wrong.peer().handshake();
        wrong.assertClosed(CloseReason.HANDSHAKE_FAILED);

        TlsFixture right = builder()
                .server(server)
                .client(TlsFixture.client().protocols(version).certificate(clients.leaf("client.test")))
                .open();
        right.peer().send(GET);
        assertEquals("/", right.peer().responses().get(0).text());
    }

    @Test
    void failedForAMalformedHello() throws Exception {
        for (String what : List.of("length", "type", "version", "twice")) {
            TlsFixture f = builder().connect();
            byte[] bytes = hello(f);
            switch (what) {
                case "length" ->
                    bytes = Hellos.records(Hellos.message(Hellos.extension(0, Hellos.hex("00ff"))), 16_000);
                case "type" -> bytes[5] = 2;
                case "version" -> bytes[5 + 4 + 2 + 32] = 77; // the session's length
                default -> {
                    byte[] name = Hellos.extension(0, Hellos.hex("0006 00 0003 612e62"));
                    bytes = Hellos.records(Hellos.message(name, name), 16_000);
                }
            }
            f.peer().sendRaw(bytes);
            assertEquals(1, f.peer().alerts().size(), what);
            f.assertClosed(CloseReason.HANDSHAKE_FAILED);
        }
    }

    @Test
    void timeoutInEveryState() throws Exception {
        TlsFixture nothing = builder().connect();
        nothing.advance(LONG);
        nothing.assertClosed(CloseReason.HANDSHAKE_TIMEOUT);

        TlsFixture part = builder().connect();
        part.peer().sendRaw(Arrays.copyOf(hello(part), 50));
        part.advance(LONG);
        part.assertClosed(CloseReason.HANDSHAKE_TIMEOUT);

        TlsFixture flight = builder().connect();
        flight.peer().handshakeWhile(number -> number == 0);
        flight.advance(LONG);
        flight.assertClosed(CloseReason.HANDSHAKE_TIMEOUT);

        TlsFixture task = builder().stepped().connect();
        task.peer().meanwhile(() -> {});
        task.peer().sendRaw(hello(task));
        assertEquals(1, task.tasks().waiting());
        task.advance(LONG);
        task.assertClosed(CloseReason.HANDSHAKE_TIMEOUT);
        task.tasks().runAll(); // too late, and no harm
        task.assertClosed(CloseReason.HANDSHAKE_TIMEOUT);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void activityDoesNotPutOffTheDeadline(String version) throws Exception {
        TlsFixture f = builder(version).connect();
        byte[] hello = hello(f);
        for (int i = 0; i < hello.length && !f.transport().closed(); i++) {
            f.peer().sendRaw(new byte[] {hello[i]});
            f.advance(Duration.ofMillis(500));
        }
        f.assertClosed(CloseReason.HANDSHAKE_TIMEOUT);
    }

    @Test
    void tasksAreSteppedAndRefused() {
        for (String version : List.of("TLSv1.3", "TLSv1.2")) {
            TlsFixture stepped = builder(version).stepped().open();
            stepped.peer().send(GET);
            assertEquals("/", stepped.peer().responses().get(0).text());

            TlsFixture refused = builder(version).stepped().connect();
            refused.tasks().refuse();
            refused.peer().handshake();
            refused.peer().send(GET);
            assertEquals("/", refused.peer().responses().get(0).text());

            TlsFixture reset = builder(version).stepped().connect();
            reset.peer().meanwhile(() -> {});
            reset.peer().handshakeWhile(flight -> flight == 0);
            reset.transport().peerResets();
            reset.loop().runTasks();
            reset.tasks().runAll();
            reset.assertClosed(CloseReason.PEER_RESET);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                GET,
                "GET http://a/ HTTP/1.1\r\n\r\n",
                "POST /x HTTP/1.0\r\n\r\n",
                "OPTIONS * HTTP/1.1\r\n\r\n",
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
            })
    void plaintextOnTls(String request) {
        for (int cut = 1; cut < request.length(); cut++) {
            TlsFixture f = builder().connect();
            f.peer().sendRaw(ascii(request.substring(0, cut)));
            if (!f.transport().closed()) {
                f.peer().sendRaw(ascii(request.substring(cut)));
            }
            f.assertClosed(CloseReason.PLAINTEXT_ON_TLS);
            String answer = new String(f.transport().received(), StandardCharsets.US_ASCII);
            assertTrue(answer.startsWith("HTTP/1.1 400 Bad Request\r\n"), answer);
            int text = answer.indexOf("\r\n\r\n") + 4;
            assertTrue(answer.contains("Content-Length: " + (answer.length() - text) + "\r\n"), answer);
            assertTrue(answer.substring(text).contains("HTTPS"), answer);
        }
    }

    @Test
    void notTls() {
        Random random = new Random(3);
        for (int i = 0; i < 300; i++) {
            byte[] garbage = new byte[1 + random.nextInt(60)];
            random.nextBytes(garbage);
            if (garbage[0] >= 20 && garbage[0] <= 23 || garbage[0] >= 'A' && garbage[0] <= 'z') {
                garbage[0] = 0;
            }
            TlsFixture f = builder().connect();
            f.peer().sendRaw(garbage);
            f.assertClosed(CloseReason.NOT_TLS);
            assertEquals(0, f.transport().received().length);
        }
        for (String text : List.of("SSH-2.0-x\r\n", "EHLO x\r\n", "\r\n\r\n", "GET\r\n")) {
            TlsFixture f = builder().connect();
            f.peer().sendRaw(ascii(text));
            f.assertClosed(CloseReason.NOT_TLS);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void resetAtEveryStep(String version) throws Exception {
        TlsFixture before = builder(version).connect();
        before.transport().peerResets();
        before.assertClosed(CloseReason.PEER_RESET);
        TlsFixture part = builder(version).connect();
        part.peer().sendRaw(Arrays.copyOf(hello(part), 20));
        part.transport().peerResets();
        part.assertClosed(CloseReason.PEER_RESET);
        TlsFixture flight = builder(version).connect();
        flight.peer().handshakeWhile(number -> number == 0);
        flight.transport().peerResets();
        flight.assertClosed(CloseReason.PEER_RESET);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void theServerStopsDuringAHandshake(String version) throws Exception {
        TlsFixture nothing = builder(version).connect();
        nothing.transport().drain();
        nothing.assertClosed(CloseReason.DRAINED);

        TlsFixture part = builder(version).connect();
        part.peer().sendRaw(Arrays.copyOf(hello(part), 20));
        part.transport().drain();
        part.advance(LONG);
        part.assertClosed(CloseReason.HANDSHAKE_TIMEOUT);

        TlsFixture flight = builder(version).connect();
        flight.peer().handshakeWhile(number -> number == 0);
        flight.transport().drain();
        flight.peer().handshake();
        flight.assertClosed(CloseReason.DRAINED);
    }

    /** What ended the connection first is what is said, though the peer does not take the alert. */
    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void theFirstCauseWins(String version) {
        TlsFixture f = builder(version).open();
        f.transport().peerStopsReading();
        f.peer().sendRaw(Hellos.concat(new byte[] {TlsPeer.CONTENT, 3, 3, 0, 35}, new byte[35]));
        assertFalse(f.transport().closed(), "the alert waits");
        f.tls().onDeadline(f.loop().now() + Duration.ofDays(1).toNanos());
        f.transport().drain();
        f.transport().peerReadsAll();
        f.assertClosed(CloseReason.PROTOCOL_ERROR);
    }

    @Test
    void randomBytesAfterAHelloNeverThrow() throws Exception {
        for (int seed = 0; seed < 500; seed++) {
            Random random = new Random(seed);
            TlsFixture f = builder(random.nextBoolean() ? "TLSv1.3" : "TLSv1.2").connect();
            byte[] bytes = hello(f);
            for (int i = random.nextInt(4); i >= 0; i--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            f.peer().sendRaw(bytes);
            if (f.closedFor() == null) {
                f.end();
            }
            assertNotNull(f.closedFor(), "seed " + seed);
            f.assertNothingLeft();
        }
    }
}
