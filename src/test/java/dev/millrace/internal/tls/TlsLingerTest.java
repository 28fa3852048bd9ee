package dev.millrace.internal.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Response;
import dev.millrace.http.Timeouts;
import dev.millrace.internal.observer.ConnectionFacts;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.ConnectionState;
import dev.millrace.observe.HandshakeInfo;
import dev.millrace.testkit.TlsFixture;
import dev.millrace.testkit.TlsPeer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** After a failure the peer has a moment to read the alert, which a reset would destroy; never more than a second. */
class TlsLingerTest {
    private static final byte[] MORE = new byte[1000];

    private static TlsFixture.Builder builder() {
        return TlsFixture.builder().answering(r -> Response.text(r.path()));
    }

    /** A connection that has failed for the want of a common version. */
    private static TlsFixture failed(Timeouts timeouts) {
        TlsFixture f = builder()
                .server(TlsFixture.SELF.server().protocols("TLSv1.3"))
                .version("TLSv1.2")
                .timeouts(timeouts)
                .connect();
        f.peer().handshakeWhile(flight -> flight == 0);
        assertFalse(f.transport().closed());
        assertTrue(f.transport().outputEnded(), "our direction is ended");
        assertEquals(ConnectionState.CLOSING, f.transport().state());
        assertEquals(List.of("fatal 70"), f.peer().alerts());
        return f;
    }

    @Test
    void untilThePeerEndsItsSending() {
        TlsFixture f = failed(Timeouts.defaults());
        f.peer().sendRaw(MORE).sendRaw(MORE);
        assertEquals(0, f.transport().kept());
        assertFalse(f.transport().closed());
        f.end();
        assertFalse(f.transport().wasReset());
        f.assertClosed(CloseReason.HANDSHAKE_FAILED, "protocol_version");
    }

    @Test
    void forASecondAtMost() {
        TlsFixture f = failed(Timeouts.defaults());
        for (int i = 0; i < 9; i++) {
            f.advance(Duration.ofMillis(110));
            f.peer().sendRaw(MORE);
        }
        assertFalse(f.transport().closed());
        f.advance(Duration.ofMillis(20));
        assertTrue(f.transport().closed(), "1.01 s, and what the peer sends does not put it off");
        f.assertClosed(CloseReason.HANDSHAKE_FAILED, "protocol_version");
    }

    @Test
    void forNoLongerThanOtherwise() {
        TlsFixture f = failed(Timeouts.defaults().withLinger(Duration.ofMillis(200)));
        f.advance(Duration.ofMillis(190));
        assertFalse(f.transport().closed());
        f.advance(Duration.ofMillis(20));
        assertTrue(f.transport().closed());
        f.assertClosed(CloseReason.HANDSHAKE_FAILED, "protocol_version");
    }

    @Test
    void forSoManyBytes() {
        TlsFixture f = failed(Timeouts.defaults());
        byte[] piece = new byte[1 << 20];
        int pieces = 0;
        while (!f.transport().closed()) {
            f.peer().sendRaw(piece);
            pieces++;
        }
        assertEquals(16, pieces);
        f.assertClosed(CloseReason.HANDSHAKE_FAILED, "protocol_version");
    }

    @Test
    void untilTheServerStops() {
        TlsFixture f = failed(Timeouts.defaults());
        f.transport().drain();
        assertTrue(f.transport().closed());
        f.assertClosed(CloseReason.HANDSHAKE_FAILED, "protocol_version");
    }

    @Test
    void withAPeerThatDoesNotTakeTheAlert() {
        TlsFixture f = builder()
                .server(TlsFixture.SELF.server().protocols("TLSv1.3"))
                .version("TLSv1.2")
                .connect();
        f.transport().peerStopsReading();
        f.peer().handshakeWhile(flight -> flight == 0);
        assertFalse(f.transport().closed());
        f.advance(Duration.ofMillis(1010));
        assertTrue(f.transport().closed());
        f.assertClosed(CloseReason.HANDSHAKE_FAILED, "protocol_version");
    }

    @Test
    void whatIsSaidOfTheHandshakeIsWhatItWas() {
        TlsFixture f = failed(Timeouts.defaults());
        f.advance(Duration.ofMillis(900));
        ConnectionFacts facts = new ConnectionFacts();
        f.tls().describe(facts);
        HandshakeInfo info = facts.handshake;
        assertNotNull(info);
        assertTrue(info.nanos() < 900_000_000, "without the lingering: " + info.nanos());
        assertEquals("protocol_version", info.alertSent());
        assertNotNull(info.clientHello());
        f.assertClosed(CloseReason.HANDSHAKE_FAILED);
    }

    @Test
    void whenSpokenToInClear() {
        TlsFixture f = builder().connect();
        f.peer().sendRaw("POST / HTTP/1.1\r\nContent-Length: 5000\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        f.peer().sendRaw(MORE);
        assertFalse(f.transport().closed());
        assertTrue(new String(f.transport().received(), StandardCharsets.US_ASCII).startsWith("HTTP/1.1 400 "));
        f.end();
        f.assertClosed(CloseReason.PLAINTEXT_ON_TLS);
    }

    @Test
    void aHelloThatPassesTheBoundIsToldSo() {
        TlsFixture f = builder().connect();
        byte[] record = new byte[5 + 16_384];
        record[0] = TlsPeer.HANDSHAKE;
        record[1] = 3;
        record[2] = 1;
        record[3] = 0x40;
        byte[] first = record.clone();
        first[5] = 1; // a ClientHello
        first[6] = 1; // of 64 KiB and more
        f.peer().sendRaw(first);
        for (int i = 0; i < 4; i++) {
            f.peer().sendRaw(record);
        }
        assertEquals(List.of("fatal 50"), f.peer().alerts());
        f.assertClosed(CloseReason.HANDSHAKE_FAILED, "decode_error");
    }

    /** What was under way above goes on to the end of the lingering, but sends nothing and sets no deadline. */
    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void afterTheHandshake(String version) {
        CompletableFuture<Response> answer = new CompletableFuture<>();
        TlsFixture f = TlsFixture.builder().version(version).async(r -> answer).open();
        f.peer().send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        f.peer().sendRaw(Hellos.concat(new byte[] {TlsPeer.CONTENT, 3, 3, 0, 35}, new byte[35]));
        f.peer().read();
        assertTrue(
                f.peer().failure().getMessage().contains("bad_record_mac"),
                "" + f.peer().failure());
        assertFalse(f.transport().closed());
        assertFalse(f.tls().writable());
        int before = f.transport().received().length;
        answer.complete(Response.text("too late"));
        f.loop().runTasks();
        assertEquals(before, f.transport().received().length);
        f.advance(Duration.ofMillis(1010));
        assertTrue(f.transport().closed());
        f.assertClosed(CloseReason.PROTOCOL_ERROR);
    }

    @Test
    void notForAPeerThatKnowsAlready() {
        TlsFixture f = builder().connect();
        f.peer().handshakeWhile(flight -> flight == 0);
        f.peer().sendRaw(new byte[] {TlsPeer.ALERT, 3, 3, 0, 2, 2, 40});
        assertTrue(f.transport().closed(), "it sent the alert itself");
        f.assertClosed(CloseReason.HANDSHAKE_REJECTED, "handshake_failure");
    }
}
