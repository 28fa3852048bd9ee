package dev.millrace.server;

import static dev.millrace.server.Rows.closed;
import static dev.millrace.server.Rows.counted;
import static dev.millrace.server.Rows.firstByte;
import static dev.millrace.server.Rows.handshake;
import static dev.millrace.server.Rows.request;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Phase;
import dev.millrace.http.Timeouts;
import dev.millrace.internal.tls.TlsAccess;
import dev.millrace.net.SelfSigned;
import dev.millrace.net.Tls;
import dev.millrace.observe.ClientHello;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.ConnectionState;
import dev.millrace.observe.HandshakeInfo;
import dev.millrace.testkit.TlsFixture;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Over sockets: each ending of a connection with TLS is told to observers once, with its exact reason, phase, alert and
 * handshake, and counts in exactly one row of the metrics.
 */
@Timeout(120)
class TlsEndingTest {
    private static final Timeouts TIMES = Timeouts.defaults();

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void clientSilent(String version) throws Exception {
        try (ObservedServer server = new ObservedServer()) {
            try (TlsClient client = server.client(version).handshake().closeNotify()) {
                silent(server.ending(), version);
                assertTrue(client.goodbye(), "the server answers close_notify by its own");
            }
            try (TlsClient client = server.client(version).handshake().fin()) {
                silent(server.ending(), version);
                assertTrue(client.goodbye(), "the server answers a FIN by close_notify");
            }
            server.assertCounted(
                    counted(closed(2, "https", "client_silent", "peer", "opened"), handshake(2, "completed")));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void aGoodbyeThatCannotBeAnsweredIsOneStill(String version) throws Exception {
        try (ObservedServer server = new ObservedServer()) {
            for (int i = 0; i < 20; i++) {
                TlsClient client = server.client(version).handshake();
                server.await(each -> each.tlsVersion() != null);
                client.closeNotify().reset(); // as a client does that closes with something unread
                server.ending().is(CloseReason.CLIENT_SILENT, Phase.OPENED, null);
            }
            for (int i = 0; i < 20; i++) {
                TlsClient client = server.client(version).handshake().get("/").await("hello");
                client.closeNotify().reset();
                server.ending().is(CloseReason.COMPLETED, Phase.IDLE, null);
            }
            for (int i = 0; i < 20; i++) {
                TlsClient client = server.client(version).handshake().send("GET / HT");
                server.await(each -> each.state() == ConnectionState.ACTIVE);
                client.closeNotify().reset();
                server.ending().is(CloseReason.TRUNCATED_REQUEST, Phase.HEADERS, null);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "16030100300100002c0303", // the session's identifier is longer than the message
                "16030100300100002c030300000000000000000000000000000000000000000000000000000000000000000000"
            })
    void aHelloThatIsWrongInItsMiddleIsAnsweredAtOnce(String beginning) throws Exception {
        try (ObservedServer server = new ObservedServer()) {
            byte[] hello = new byte[53];
            Arrays.fill(hello, (byte) 0xaa);
            byte[] given = HexFormat.of().parseHex(beginning);
            System.arraycopy(given, 0, hello, 0, given.length);
            try (TlsClient client = server.client("TLSv1.3").raw(hello)) {
                byte[] alert = client.rest();
                assertEquals(7, alert.length);
                assertEquals(21, alert[0]);
                assertEquals(2, alert[5], "fatal");
            }
            assertEquals(CloseReason.HANDSHAKE_FAILED, server.ending().end().reason());
        }
    }

    private static void silent(Recorded.Ending ending, String version) {
        ending.is(CloseReason.CLIENT_SILENT, Phase.OPENED, null).after("opened", "completed");
        complete(ending.shaken(), version);
        assertEquals(0, ending.stats().requests());
        assertEquals(0, ending.stats().firstByteNanos());
        assertTrue(ending.stats().bytesIn() >= ending.shaken().bytesIn());
        assertTrue(ending.stats().bytesOut() >= ending.shaken().bytesOut());
        assertEquals("https", ending.connection().listener());
    }

    private static void complete(HandshakeInfo handshake, String version) {
        assertEquals(version, handshake.protocol());
        assertNotNull(handshake.cipherSuite());
        assertTrue(handshake.cipherSuite().contains("_GCM_")
                || handshake.cipherSuite().contains("CHACHA20"));
        assertFalse(handshake.resumed());
        assertTrue(handshake.bytesIn() > 100 && handshake.bytesOut() > 100, handshake::toString);
        assertNull(handshake.alertReceived());
        assertNull(handshake.alertSent());
        offered(handshake);
    }

    private static void offered(HandshakeInfo handshake) {
        ClientHello hello = handshake.clientHello();
        assertNotNull(hello);
        assertEquals("localhost", hello.serverName());
        assertTrue(hello.ja4().startsWith("t1"), hello.ja4());
    }

    @Test
    void alpn() throws Exception {
        try (ObservedServer server = new ObservedServer()) {
            try (TlsClient client = server.client(TlsFixture.client().alpn("strange", "http/1.1"))
                    .handshake()
                    .closeNotify()) {
                HandshakeInfo chosen = server.ending()
                        .is(CloseReason.CLIENT_SILENT, Phase.OPENED, null)
                        .shaken();
                assertEquals("http/1.1", chosen.alpn());
                assertEquals(
                        List.of("strange", "http/1.1"), chosen.clientHello().applicationProtocols());
                assertTrue(client.goodbye());
            }
            try (TlsClient client =
                    server.client(TlsFixture.client().alpn()).handshake().closeNotify()) {
                HandshakeInfo none = server.ending()
                        .is(CloseReason.CLIENT_SILENT, Phase.OPENED, null)
                        .shaken();
                assertNull(none.alpn());
                assertEquals(List.of(), none.clientHello().applicationProtocols());
                assertTrue(client.goodbye());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void reset(String version) throws Exception {
        try (ObservedServer server = new ObservedServer()) {
            server.client(version).reset();
            server.ending().is(CloseReason.PEER_RESET, Phase.OPENED, null).after("opened", "failed");

            TlsClient half = server.client(version);
            half.raw(half.hello());
            server.await(each -> each.bytesOut() > 100);
            half.reset();
            offered(server.ending()
                    .is(CloseReason.PEER_RESET, Phase.HANDSHAKE, null)
                    .after("opened", "failed")
                    .shaken());

            TlsClient open = server.client(version).handshake();
            server.await(each -> each.tlsVersion() != null);
            open.reset();
            complete(
                    server.ending()
                            .is(CloseReason.PEER_RESET, Phase.OPENED, null)
                            .after("opened", "completed")
                            .shaken(),
                    version);

            TlsClient waits = server.client(version).handshake().get("/never");
            server.await(each -> each.requests() == 1);
            waits.reset();
            server.ending()
                    .is(CloseReason.PEER_RESET, Phase.HANDLER, null)
                    .after("opened", "completed", "started", "ended");
            server.assertCounted(counted(
                    closed(2, "https", "peer_reset", "peer", "opened"),
                    closed(1, "https", "peer_reset", "peer", "handshake"),
                    closed(1, "https", "peer_reset", "peer", "handler"),
                    handshake(2, "aborted"),
                    handshake(2, "completed"),
                    firstByte(1)));
        }
    }

    /** The server learns of the reset when it sends its last messages of the handshake: no response was due. */
    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void resetBeforeItsLastMessages(String version) throws Exception {
        try (ObservedServer server = new ObservedServer()) {
            TlsClient client = server.client(version);
            byte[] last = client.lastFlight();
            CountDownLatch complete = new CountDownLatch(1);
            CountDownLatch gone = new CountDownLatch(1);
            server.whenHandshakesComplete(() -> {
                complete.countDown();
                try {
                    gone.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
            client.raw(last);
            complete.await();
            client.reset();
            gone.countDown();
            server.ending().is(CloseReason.PEER_RESET, Phase.OPENED, null).after("opened", "completed");
            server.assertCounted(
                    counted(closed(1, "https", "peer_reset", "peer", "opened"), handshake(1, "completed")));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void leavesWithinTheHandshake(String version) throws Exception {
        try (ObservedServer server = new ObservedServer()) {
            try (TlsClient nothing = server.client(version).fin()) {
                Recorded.Ending ending = server.ending().is(CloseReason.PEER_SILENT, Phase.OPENED, null);
                assertNull(ending.after("opened", "failed").shaken().clientHello());
                assertEquals(0, nothing.rest().length);
            }
            try (TlsClient part = server.client(version)) {
                part.raw(Arrays.copyOf(part.hello(), 20)).fin();
                Recorded.Ending ending = server.ending().is(CloseReason.HANDSHAKE_ABORTED, Phase.HANDSHAKE, null);
                assertNull(ending.after("opened", "failed").shaken().clientHello());
            }
            try (TlsClient whole = server.client(version)) {
                whole.raw(whole.hello()).fin();
                Recorded.Ending ending = server.ending().is(CloseReason.HANDSHAKE_ABORTED, Phase.HANDSHAKE, null);
                offered(ending.after("opened", "failed").shaken());
                assertNull(ending.shaken().protocol());
            }
            try (TlsClient says = server.client(version)) {
                says.raw(says.hello()).raw(alert(1, 0));
                server.ending().is(CloseReason.HANDSHAKE_ABORTED, Phase.HANDSHAKE, "close_notify");
            }
            server.assertCounted(counted(
                    closed(1, "https", "peer_silent", "peer", "opened"),
                    closed(3, "https", "handshake_aborted", "peer", "handshake"),
                    handshake(4, "aborted")));
        }
    }

    private static byte[] alert(int level, int description) {
        return new byte[] {21, 3, 3, 0, 2, (byte) level, (byte) description};
    }

    @Test
    void handshakeTimeout() throws Exception {
        try (ObservedServer server = new ObservedServer()) {
            try (TlsClient nothing = server.client("TLSv1.3")) {
                server.await(each -> each.bytesIn() == 0);
                server.advance(TIMES.handshake().plusSeconds(1));
                server.ending()
                        .is(CloseReason.HANDSHAKE_TIMEOUT, Phase.OPENED, null)
                        .after("opened", "failed");
                nothing.rest();
            }
            try (TlsClient part = server.client("TLSv1.3")) {
                part.raw(Arrays.copyOf(part.hello(), 20));
                server.await(each -> each.bytesIn() == 20);
                server.advance(TIMES.handshake().minusSeconds(1));
                server.await(each -> each.bytesIn() == 20);
                server.advance(Duration.ofSeconds(2));
                server.ending()
                        .is(CloseReason.HANDSHAKE_TIMEOUT, Phase.HANDSHAKE, null)
                        .after("opened", "failed");
            }
            try (TlsClient stalls = server.client("TLSv1.3")) {
                stalls.raw(stalls.hello());
                server.await(each -> each.bytesOut() > 100);
                server.advance(TIMES.handshake().plusSeconds(1));
                Recorded.Ending ending = server.ending().is(CloseReason.HANDSHAKE_TIMEOUT, Phase.HANDSHAKE, null);
                offered(ending.shaken());
                assertTrue(ending.shaken().nanos() >= TIMES.handshake().toNanos());
            }
            server.assertCounted(counted(
                    closed(1, "https", "handshake_timeout", "peer", "opened"),
                    closed(2, "https", "handshake_timeout", "peer", "handshake"),
                    handshake(3, "timeout")));
        }
    }

    /** A client that looks at the certificate and does not trust it says so by an alert, in TLS 1.3 after our Finished. */
    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void rejectsTheCertificate(String version) throws Exception {
        try (ObservedServer server = new ObservedServer()) {
            Tls.Builder distrusts =
                    Tls.client().trust(SelfSigned.localhost().certificate()).protocols(version);
            try (TlsClient client = server.client(distrusts)) {
                assertNotNull(client.failure());
                Recorded.Ending ending =
                        server.ending().is(CloseReason.HANDSHAKE_REJECTED, Phase.HANDSHAKE, "certificate_unknown");
                offered(ending.after("opened", "failed").shaken());
                assertEquals("certificate_unknown", ending.shaken().alertReceived());
                assertNull(ending.shaken().alertSent());
            }
            server.assertCounted(
                    counted(closed(1, "https", "handshake_rejected", "peer", "handshake"), handshake(1, "rejected")));
        }
    }

    /** In TLS 1.2 the alert of a client that dislikes the certificate comes in clear. */
    @ParameterizedTest
    @CsvSource({"42, bad_certificate", "46, certificate_unknown", "48, unknown_ca", "45, certificate_expired"})
    void rejectsByAlert(int number, String name) throws Exception {
        try (ObservedServer server = new ObservedServer()) {
            try (TlsClient client = server.client("TLSv1.2")) {
                client.raw(client.hello());
                server.await(each -> each.bytesOut() > 100);
                client.raw(alert(2, number));
                Recorded.Ending ending = server.ending().is(CloseReason.HANDSHAKE_REJECTED, Phase.HANDSHAKE, name);
                assertEquals(name, ending.shaken().alertReceived());
            }
            server.assertCounted(
                    counted(closed(1, "https", "handshake_rejected", "peer", "handshake"), handshake(1, "rejected")));
        }
    }

    /** The client's engine finds a fault after the handshake, and says so, encrypted. */
    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void rejectsAfterTheHandshake(String version) throws Exception {
        try (ObservedServer server = new ObservedServer()) {
            try (TlsClient client = server.client(version).handshake()) {
                client.raw(client.fatalAlert());
                Recorded.Ending ending =
                        server.ending().is(CloseReason.HANDSHAKE_REJECTED, Phase.OPENED, "bad_record_mac");
                ending.after("opened", "completed");
                assertEquals(version, ending.shaken().protocol());
                assertEquals("bad_record_mac", ending.shaken().alertReceived());
            }
            try (TlsClient client = server.client(version).handshake().get("/never")) {
                server.await(each -> each.requests() == 1);
                client.raw(client.fatalAlert());
                server.ending().is(CloseReason.PEER_CLOSED_EARLY, Phase.HANDLER, "bad_record_mac");
            }
            server.assertCounted(counted(
                    closed(1, "https", "handshake_rejected", "peer", "opened"),
                    closed(1, "https", "peer_closed_early", "peer", "handler"),
                    handshake(2, "completed"),
                    firstByte(1)));
        }
    }

    @Test
    void refusesAnOldVersion() throws Exception {
        try (ObservedServer server = new ObservedServer()) {
            try (TlsClient client = server.client("TLSv1.2")) {
                byte[] hello = client.hello();
                hello[10] = 2; // client_version of TLS 1.1
                hello[find(hello, 0, 43, 0, 3, 2, 3, 3) + 6] = 2; // and supported_versions
                byte[] answer = client.raw(hello).rest();
                assertEquals(70, answer[6], "the alert protocol_version");
                client.fin();
                Recorded.Ending ending =
                        server.ending().is(CloseReason.HANDSHAKE_FAILED, Phase.HANDSHAKE, "protocol_version");
                assertEquals(
                        "protocol_version",
                        ending.after("opened", "failed").shaken().alertSent());
                assertEquals(0x0302, ending.shaken().clientHello().highestVersion());
            }
            server.assertCounted(
                    counted(closed(1, "https", "handshake_failed", "local", "handshake"), handshake(1, "failed")));
        }
    }

    private static int find(byte[] bytes, int... wanted) {
        for (int at = 0; at <= bytes.length - wanted.length; at++) {
            int n = 0;
            while (n < wanted.length && bytes[at + n] == (byte) wanted[n]) {
                n++;
            }
            if (n == wanted.length) {
                return at;
            }
        }
        throw new AssertionError("not found");
    }

    @Test
    void refusesItsSuites() throws Exception {
        try (ObservedServer server = new ObservedServer()) {
            try (TlsClient client = server.client("TLSv1.2")) {
                byte[] hello = client.hello();
                int suites = 5 + 4 + 2 + 32 + 1 + hello[5 + 4 + 2 + 32] + 2;
                int end = suites + ((hello[suites - 2] & 0xff) << 8 | hello[suites - 1] & 0xff);
                for (int at = suites; at < end; at += 2) {
                    hello[at] = 0;
                    hello[at + 1] = 0x2f; // TLS_RSA_WITH_AES_128_CBC_SHA
                }
                byte[] answer = client.raw(hello).rest();
                assertEquals(40, answer[6], "the alert handshake_failure");
                client.fin();
                server.ending().is(CloseReason.HANDSHAKE_FAILED, Phase.HANDSHAKE, "handshake_failure");
            }
            server.assertCounted(
                    counted(closed(1, "https", "handshake_failed", "local", "handshake"), handshake(1, "failed")));
        }
    }

    @Test
    void wantsACertificate() throws Exception {
        Tls mutual = TlsFixture.build(
                TlsFixture.SELF.server().trust(TlsFixture.SELF.certificate()).clientAuth(Tls.ClientAuth.REQUIRED));
        try (ObservedServer server = new ObservedServer(mutual)) {
            String alert = Runtime.version().feature() >= 25 ? "handshake_failure" : "bad_certificate";
            try (TlsClient client = server.client("TLSv1.2")) {
                client.failure();
                client.fin();
                server.ending()
                        .is(CloseReason.HANDSHAKE_FAILED, Phase.HANDSHAKE, alert)
                        .after("opened", "failed");
            }
            server.assertCounted(
                    counted(closed(1, "https", "handshake_failed", "local", "handshake"), handshake(1, "failed")));
        }
    }

    @Test
    void plaintextAndGarbage() throws Exception {
        try (ObservedServer server = new ObservedServer()) {
            try (Client client = new Client(server.tlsPort()).get("/")) {
                String answer = new String(client.rest(), StandardCharsets.US_ASCII);
                assertTrue(answer.startsWith("HTTP/1.1 400 "), answer);
                client.endSending();
                server.ending()
                        .is(CloseReason.PLAINTEXT_ON_TLS, Phase.HANDSHAKE, null)
                        .after("opened", "failed");
            }
            try (Client client = new Client(server.tlsPort()).send("SSH-2.0-x\r\n")) {
                assertEquals(0, client.rest().length);
                server.ending().is(CloseReason.NOT_TLS, Phase.HANDSHAKE, null).after("opened", "failed");
            }
            server.assertCounted(counted(
                    closed(1, "https", "plaintext_on_tls", "peer", "handshake"),
                    closed(1, "https", "not_tls", "peer", "handshake"),
                    handshake(2, "failed")));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void firstByteTimeout(String version) throws Exception {
        try (ObservedServer server = new ObservedServer()) {
            try (TlsClient client = server.client(version).handshake()) {
                server.await(each -> each.tlsVersion() != null);
                server.advance(TIMES.firstByte().plusSeconds(1));
                server.ending()
                        .is(CloseReason.FIRST_BYTE_TIMEOUT, Phase.OPENED, null)
                        .after("opened", "completed");
                assertTrue(client.goodbye());
            }
            server.assertCounted(
                    counted(closed(1, "https", "first_byte_timeout", "peer", "opened"), handshake(1, "completed")));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void truncated(String version) throws Exception {
        try (ObservedServer server = new ObservedServer()) {
            try (TlsClient client =
                    server.client(version).handshake().send("GET /").closeNotify()) {
                server.ending()
                        .is(CloseReason.TRUNCATED_REQUEST, Phase.HEADERS, null)
                        .after("opened", "completed");
                assertTrue(client.goodbye());
            }
            try (TlsClient client =
                    server.client(version).handshake().send("GET /").fin()) {
                server.ending().is(CloseReason.TRUNCATED_REQUEST, Phase.HEADERS, null);
                assertTrue(client.goodbye());
            }
            try (TlsClient client = server.client(version).handshake()) {
                client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12")
                        .fin();
                server.ending()
                        .is(CloseReason.TRUNCATED_REQUEST, Phase.BODY, null)
                        .after("opened", "completed", "started", "ended");
            }
            server.assertCounted(counted(
                    closed(2, "https", "truncated_request", "peer", "headers"),
                    closed(1, "https", "truncated_request", "peer", "body"),
                    handshake(3, "completed"),
                    firstByte(3),
                    request(1, "4xx")));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void completed(String version) throws Exception {
        try (ObservedServer server = new ObservedServer()) {
            try (TlsClient client = server.client(version).handshake()) {
                client.get("/").await("hello").get("/missing").await("\r\n\r\n").closeNotify();
                Recorded.Ending ending = server.ending().is(CloseReason.COMPLETED, Phase.IDLE, null);
                ending.after("opened", "completed", "started", "ended", "started", "ended");
                assertEquals(2, ending.stats().requests());
                assertTrue(ending.stats().firstByteNanos() > 0);
                assertTrue(client.goodbye());
            }
            try (TlsClient client = server.client(version).handshake()) {
                client.get("/").await("hello").fin();
                server.ending().is(CloseReason.COMPLETED, Phase.IDLE, null);
            }
            try (TlsClient client = server.client(version).handshake()) {
                client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                        .await("hello");
                assertTrue(client.goodbye());
                server.ending().is(CloseReason.COMPLETED, Phase.CLOSING, null);
            }
            server.assertCounted(counted(
                    closed(2, "https", "completed", "peer", "idle"),
                    closed(1, "https", "completed", "peer", "closing"),
                    handshake(3, "completed"),
                    firstByte(3),
                    request(3, "2xx"),
                    request(1, "4xx")));
        }
    }

    @Test
    void renegotiationAndGarbageAfterwards() throws Exception {
        try (ObservedServer server = new ObservedServer()) {
            try (TlsClient client = server.client("TLSv1.2").handshake()) {
                client.raw(client.hello()).fin();
                Recorded.Ending ending =
                        server.ending().is(CloseReason.PROTOCOL_ERROR, Phase.OPENED, "no_renegotiation");
                assertEquals("protocol_version", ending.shaken().alertSent());
            }
            try (TlsClient client = server.client("TLSv1.3").handshake()) {
                client.raw(new byte[] {23, 3, 3, 0, 20}).raw(new byte[20]).fin();
                String alert = Runtime.version().feature() >= 25 ? "bad_record_mac" : "unknown"; // 17 does not tell
                Recorded.Ending ending = server.ending().is(CloseReason.PROTOCOL_ERROR, Phase.OPENED, alert);
                assertEquals(alert, ending.shaken().alertSent());
            }
            server.assertCounted(
                    counted(closed(2, "https", "protocol_error", "peer", "opened"), handshake(2, "completed")));
        }
    }

    @Test
    void stops() throws Exception {
        ObservedServer server = new ObservedServer();
        try (server;
                TlsClient silent = server.client("TLSv1.3").handshake()) {
            server.await(each -> each.tlsVersion() != null);
            server.server().close();
            server.ending().is(CloseReason.DRAINED, Phase.OPENED, null).after("opened", "completed");
            assertTrue(silent.goodbye());
            server.assertCounted(counted(closed(1, "https", "drained", "local", "opened"), handshake(1, "completed")));
        }
    }

    /** A session that is taken up again counts apart. */
    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void resumed(String version) throws Exception {
        try (ObservedServer server = new ObservedServer()) {
            Tls settings = TlsFixture.build(TlsFixture.client().protocols(version));
            for (int i = 0; i < 2; i++) {
                server.wallClockIsNow();
                try (TlsClient client = server.client(
                                TlsAccess.settings(settings).newClientEngine("localhost", 443, null))
                        .handshake()) {
                    client.get("/").await("hello").closeNotify(); // the ticket comes before the response
                    HandshakeInfo handshake = server.ending()
                            .is(CloseReason.COMPLETED, Phase.IDLE, null)
                            .shaken();
                    assertEquals(i == 1, handshake.resumed());
                    assertTrue(client.goodbye());
                }
            }
            server.assertCounted(counted(
                    closed(2, "https", "completed", "peer", "idle"),
                    Map.of(
                            "millrace_handshakes_total{result=\"completed\"}", 1,
                            "millrace_handshakes_total{result=\"resumed\"}", 1,
                            "millrace_handshake_duration_seconds_count", 2),
                    firstByte(2),
                    request(2, "2xx")));
        }
    }
}
