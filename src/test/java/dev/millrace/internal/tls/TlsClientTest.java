package dev.millrace.internal.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.internal.bytes.Nullable;
import dev.millrace.net.Tls;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.ConnectionEnd;
import dev.millrace.testkit.TlsClientFixture;
import dev.millrace.testkit.TlsFixture;
import dev.millrace.testkit.TlsPeer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A client's TLS: how its handshake is completed, how it is not, and who is told what. */
class TlsClientTest {
    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static @Nullable Throwable among(ConnectionEnd end, Class<? extends Throwable> type) {
        Throwable cause = end.cause();
        while (cause != null && !type.isInstance(cause)) {
            cause = cause.getCause();
        }
        return cause;
    }

    private static ConnectionEnd assertCertificateRefused(TlsClientFixture f) {
        String named = f.failure().detail(); // older JDKs do not tell which alert they send encrypted
        ConnectionEnd end = f.assertFailed(
                CloseReason.HANDSHAKE_FAILED, AlertNames.UNKNOWN.equals(named) ? named : "certificate_unknown");
        assertInstanceOf(SSLException.class, end.cause());
        assertNotNull(among(end, CertificateException.class));
        assertEquals("certificate_unknown", AlertNames.received(f.peer().failure()), "the peer is told");
        return end;
    }

    // ---- completed

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void speaksBothVersions(String version) {
        TlsClientFixture f = TlsClientFixture.builder().version(version).open();
        f.say("ping");
        assertEquals("ping", f.peer().text());
        f.peer().send("pong");
        assertEquals("pong", f.speaking().text());
        assertEquals(version, f.tls().tls().protocol());
        assertEquals("localhost", f.tls().tls().serverName());
        assertEquals(List.of(TlsFixture.SELF.certificate()), f.tls().tls().peerCertificates());
        assertEquals(List.of("completed"), f.events());
        assertEquals(version, f.handshakes().get(0).protocol());
        assertNull(f.handshakes().get(0).clientHello());
        f.speaking().transport().closeAfterOutput(CloseReason.RETIRED);
        f.loop().runTasks();
        assertTrue(f.peer().closed(), "says goodbye");
        f.assertClosed(CloseReason.RETIRED);
        assertEquals(List.of(), f.failures());
    }

    @Test
    void theHelloLeavesAtTheEndOfTheEvent() {
        TlsClientFixture f = TlsClientFixture.builder().connect();
        byte[] hello = f.transport().received();
        assertEquals(TlsPeer.HANDSHAKE, hello[0]);
        assertEquals(hello.length, 5 + ((hello[3] & 0xff) << 8 | hello[4] & 0xff), "and nothing with it");
    }

    @ParameterizedTest
    @CsvSource({"TLSv1.3, h2, h2", "TLSv1.2, http/1.1, http/1.1", "TLSv1.3, , ''"})
    void theApplicationProtocolIsTold(String version, @Nullable String offered, String chosen) {
        TlsClientFixture.Builder builder = TlsClientFixture.builder().version(version);
        if (offered != null) {
            builder.alpn(offered, "x");
        }
        TlsClientFixture f = builder.open();
        assertEquals(chosen, f.speaking().alpn());
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void aSessionIsTakenUpAgain(String version) {
        Tls client = TlsFixture.build(TlsFixture.client().protocols(version));
        Tls server = TlsFixture.build(TlsFixture.SELF.server());
        TlsClientFixture first =
                TlsClientFixture.builder().client(client).server(server).open();
        assertFalse(first.handshakes().get(0).resumed());
        assertFalse(first.tls().tls().resumed());
        first.peer().send("x"); // and the ticket before it
        TlsClientFixture second =
                TlsClientFixture.builder().client(client).server(server).open();
        assertTrue(second.handshakes().get(0).resumed());
        assertTrue(second.tls().tls().resumed());
        assertEquals(List.of(TlsFixture.SELF.certificate()), second.tls().tls().peerCertificates());
        TlsClientFixture other = TlsClientFixture.builder()
                .client(client)
                .server(server)
                .host("127.0.0.1")
                .open();
        assertFalse(other.handshakes().get(0).resumed(), "that was for another host");
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void whatTheEngineDelegatesRunsElsewhere(String version) {
        TlsClientFixture f =
                TlsClientFixture.builder().version(version).stepped().connect();
        f.peer().meanwhile(() -> {});
        f.handshake();
        assertEquals(1, f.tasks().waiting());
        f.tasks().runAll();
        while (f.speakingYet() == null) {
            f.handshake();
            f.tasks().runAll();
        }
        f.say("ping");
        assertEquals("ping", f.peer().text());
    }

    @Test
    void aKeyUpdateIsAnswered() throws Exception {
        TlsClientFixture f = TlsClientFixture.builder().version("TLSv1.3").open();
        f.say("a");
        assertEquals("a", f.peer().text());
        int before = f.peer().records(TlsPeer.CONTENT);
        f.peer().engine().beginHandshake(); // JDK's way to ask for new keys
        f.peer().sendRaw(f.peer().produced());
        f.peer().send("b");
        assertEquals("b", f.speaking().text());
        assertTrue(f.peer().records(TlsPeer.CONTENT) > before, "answered");
        f.say("c");
        assertEquals("ac", f.peer().text());
        assertFalse(f.transport().closed());
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void piecesOfAnySize(String version) {
        for (int size : new int[] {1, 7, 1000}) {
            TlsClientFixture f = TlsClientFixture.builder().version(version).connect();
            f.peer().way(bytes -> {
                for (int at = 0; at < bytes.length; at += size) {
                    byte[] piece = new byte[Math.min(size, bytes.length - at)];
                    System.arraycopy(bytes, at, piece, 0, piece.length);
                    f.peer().sendRaw(piece);
                }
            });
            f.handshake();
            f.peer().send("pong");
            assertEquals("pong", f.speaking().text());
        }
    }

    // ---- whom it trusts

    @Test
    void aCertificateOfNobodyItTrusts() {
        TlsClientFixture f =
                TlsClientFixture.builder().client(Tls.client()).connect().handshake();
        assertCertificateRefused(f);
    }

    @ParameterizedTest
    @ValueSource(strings = {"example.org", "127.0.0.2", "::2", "[::2]"})
    void aCertificateForAnotherHost(String host) {
        TlsClientFixture f = TlsClientFixture.builder().host(host).connect().handshake();
        assertCertificateRefused(f);
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "LOCALHOST", "localhost.", "127.0.0.1", "::1", "[::1]"})
    void aCertificateForThisHost(String host) {
        TlsClientFixture f = TlsClientFixture.builder().host(host).open();
        boolean named = host.toLowerCase(Locale.ROOT).startsWith("l");
        assertEquals(
                named ? "localhost" : null,
                EngineInfo.serverName(f.peer().engine().getSession()),
                "SNI has names only (RFC 6066 §3)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void whoIsTrustedIsCheckedElsewhere(String version) {
        TlsClientFixture f = TlsClientFixture.builder()
                .client(Tls.client().protocols(version))
                .stepped()
                .connect()
                .handshake();
        assertCertificateRefused(f);
    }

    // ---- not completed

    @Test
    void thePeersAlertIsNamed() {
        TlsClientFixture f = TlsClientFixture.builder().alpn("spdy/1").connect().handshake();
        ConnectionEnd end = f.assertFailed(CloseReason.HANDSHAKE_REJECTED, "no_application_protocol");
        assertInstanceOf(SSLException.class, end.cause());
    }

    @Test
    void anAlertAsTheFirstAnswer() {
        TlsClientFixture f = TlsClientFixture.builder().connect();
        f.peer().sendRaw(new byte[] {21, 3, 3, 0, 2, 2, 40});
        f.assertFailed(CloseReason.HANDSHAKE_REJECTED, "handshake_failure");
    }

    @Test
    void noCommonVersion() {
        TlsClientFixture f = TlsClientFixture.builder()
                .version("TLSv1.2")
                .server(TlsFixture.SELF.server().protocols("TLSv1.3"))
                .connect()
                .handshake();
        f.assertFailed(CloseReason.HANDSHAKE_REJECTED, "protocol_version");
    }

    @Test
    void theServerWantsACertificateInTls12() {
        TlsClientFixture f = TlsClientFixture.builder()
                .version("TLSv1.2")
                .server(TlsFixture.SELF
                        .server()
                        .clientAuth(Tls.ClientAuth.REQUIRED)
                        .trust(TlsFixture.SELF.certificate()))
                .connect()
                .handshake();
        assertEquals(
                CloseReason.HANDSHAKE_REJECTED,
                f.failure().reason(),
                () -> f.failure().toString());
        f.assertClosed(CloseReason.HANDSHAKE_REJECTED);
    }

    /** In TLS 1.3 the client has completed its handshake by then, and may have sent its request. */
    @Test
    void theServerWantsACertificateInTls13() {
        TlsClientFixture f = TlsClientFixture.builder()
                .version("TLSv1.3")
                .server(TlsFixture.SELF
                        .server()
                        .clientAuth(Tls.ClientAuth.REQUIRED)
                        .trust(TlsFixture.SELF.certificate()))
                .connect()
                .handshake();
        f.assertClosed(CloseReason.HANDSHAKE_REJECTED);
        assertNotNull(f.tls().closeDetail());
        assertEquals(List.of(), f.failures(), "the protocol is told");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 50, 200})
    void thePeerEndsInTheMiddle(int sent) {
        TlsClientFixture f = TlsClientFixture.builder().connect();
        sendPart(f, sent);
        f.transport().peerEnds();
        ConnectionEnd end = f.assertFailed(CloseReason.HANDSHAKE_ABORTED, null);
        assertNull(end.cause());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 50, 200})
    void thePeerResetsInTheMiddle(int sent) {
        TlsClientFixture f = TlsClientFixture.builder().connect();
        sendPart(f, sent);
        f.transport().peerResets();
        ConnectionEnd end = f.assertFailed(CloseReason.PEER_RESET, null);
        assertInstanceOf(IOException.class, end.cause());
    }

    private static void sendPart(TlsClientFixture f, int length) {
        if (length > 0) {
            f.peer().way(bytes -> f.peer().sendRaw(Arrays.copyOf(bytes, length)));
            f.peer().handshakeWhile(flight -> flight == 0);
        }
    }

    @Test
    void thePeerSaysGoodbyeInTheMiddle() {
        TlsClientFixture f = TlsClientFixture.builder().connect();
        f.peer().sendRaw(new byte[] {21, 3, 3, 0, 2, 1, 0});
        assertEquals(CloseReason.HANDSHAKE_ABORTED, f.failure().reason());
        f.assertClosed(CloseReason.HANDSHAKE_ABORTED);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void tooSlow(boolean begun) {
        TlsClientFixture f = TlsClientFixture.builder().connect();
        sendPart(f, begun ? 100 : 0);
        f.advance(Duration.ofMillis(9_990));
        assertEquals(List.of(), f.failures());
        f.advance(Duration.ofMillis(20));
        f.assertFailed(CloseReason.HANDSHAKE_TIMEOUT, null);
    }

    @ParameterizedTest
    @CsvSource({
        "HTTP/1.1 400 Bad Request, PLAINTEXT_ON_TLS",
        "HTTP/, PLAINTEXT_ON_TLS",
        "SSH-2.0-OpenSSH_9.2, NOT_TLS",
        "HTML, NOT_TLS",
        "220 mail.test ESMTP, NOT_TLS"
    })
    void somethingElse(String answer, CloseReason reason) {
        for (int size : new int[] {1, 100}) {
            TlsClientFixture f = TlsClientFixture.builder().connect();
            for (int at = 0; at < answer.length() && !f.transport().closed(); at += size) {
                f.peer().sendRaw(ascii(answer.substring(at, Math.min(answer.length(), at + size))));
            }
            f.assertFailed(reason, null);
        }
    }

    @Test
    void aBrokenRecord() {
        TlsClientFixture f = TlsClientFixture.builder().connect();
        f.peer().sendRaw(new byte[] {22, 3, 3, 0, 4, 99, 0, 0, 0});
        ConnectionEnd end = f.failure();
        assertEquals(CloseReason.HANDSHAKE_FAILED, end.reason());
        assertInstanceOf(SSLException.class, end.cause());
        f.assertClosed(CloseReason.HANDSHAKE_FAILED);
    }

    @Test
    void whoeverWaitsIsToldBeforeTheGoodbyeIsOver() {
        TlsClientFixture f =
                TlsClientFixture.builder().client(Tls.client()).connect().handshake();
        assertEquals(1, f.failures().size());
        assertFalse(f.transport().closed(), "the peer has yet to read the alert");
        f.advance(Duration.ofSeconds(2));
        f.assertClosed(CloseReason.HANDSHAKE_FAILED);
        assertEquals(1, f.failures().size());
    }

    @Test
    void givenUpMeanwhile() {
        TlsClientFixture f = TlsClientFixture.builder().connect();
        f.tls().close(CloseReason.EXCHANGE_CANCELLED);
        f.assertFailed(CloseReason.EXCHANGE_CANCELLED, null);
    }

    @Test
    void givenUpBeforeTheHello() {
        TlsClientFixture f = TlsClientFixture.builder().stepped().connect();
        f.peer().meanwhile(() -> {});
        f.handshake();
        f.tls().abort(CloseReason.EXCHANGE_CANCELLED, null); // while a certificate is being looked at
        f.tasks().runAll();
        f.assertFailed(CloseReason.EXCHANGE_CANCELLED, null);
    }

    @Test
    void aStopMeanwhileIsOneAfterwards() {
        TlsClientFixture f = TlsClientFixture.builder().connect();
        f.transport().drain();
        f.handshake();
        f.assertClosed(CloseReason.DRAINED);
    }

    // ---- afterwards

    @Test
    void aRenegotiationIsRefused() throws Exception {
        TlsClientFixture f = TlsClientFixture.builder().version("TLSv1.2").open();
        f.peer().engine().beginHandshake(); // says HelloRequest
        f.peer().sendRaw(f.peer().produced());
        assertEquals("no_renegotiation", f.tls().closeDetail());
        f.assertClosed(CloseReason.PROTOCOL_ERROR);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void thePeerSaysGoodbye(String version) {
        TlsClientFixture f = TlsClientFixture.builder().version(version).open();
        f.peer().send("last");
        f.peer().close();
        assertEquals("last", f.speaking().text());
        f.assertClosed(CloseReason.COMPLETED);
    }

    // ---- within another connection, as through a proxy

    private static TlsPeer carriedPeer(TlsClientFixture f) {
        SSLEngine engine =
                TlsAccess.settings(TlsFixture.build(TlsFixture.SELF.server())).newServerEngine();
        return f.peer().within(engine);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void tlsWithinTls(String version) {
        TlsClientFixture f = TlsClientFixture.builder().version(version).open();
        TlsPeer inner = carriedPeer(f);
        f.carry("127.0.0.1");
        inner.handshake();
        assertTrue(inner.open());
        String content = "0123456789".repeat(10_000);
        f.say(content);
        assertEquals(content, inner.text());
        inner.send(content);
        assertEquals(content, f.speaking().text());
        inner.close();
        f.assertClosed(CloseReason.COMPLETED);
        assertEquals(List.of("completed", "completed"), f.events());
    }

    @Test
    void theInnerServerIsRefused() {
        TlsClientFixture f = TlsClientFixture.builder().open();
        TlsPeer inner = carriedPeer(f);
        f.carry("example.org");
        inner.handshake();
        assertEquals(CloseReason.HANDSHAKE_FAILED, f.failure().reason());
        assertEquals("certificate_unknown", AlertNames.received(inner.failure()), "the inner peer is told");
        f.peer().close();
        f.assertClosed(CloseReason.HANDSHAKE_FAILED);
    }

    @Test
    void theCarrierIsLost() {
        TlsClientFixture f = TlsClientFixture.builder().open();
        f.carry("localhost");
        f.transport().peerResets();
        assertEquals(CloseReason.PEER_RESET, f.failure().reason());
        f.assertClosed(CloseReason.PEER_RESET);
    }
}
