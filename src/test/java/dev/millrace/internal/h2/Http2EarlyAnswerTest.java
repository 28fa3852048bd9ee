package dev.millrace.internal.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.AsyncHandler;
import dev.millrace.http.Limits;
import dev.millrace.http.Response;
import dev.millrace.http.Status;
import dev.millrace.http.Timeouts;
import dev.millrace.testkit.Http1Fixture;
import dev.millrace.testkit.Http2Frame;
import dev.millrace.testkit.Http2Peer;
import dev.millrace.testkit.TestSubscriber;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Answers that come before the request's content has: what becomes of the rest (RFC 9113 §8.1). */
final class Http2EarlyAnswerTest {
    private static Http1Fixture small(AsyncHandler handler) {
        return Http1Fixture.builder()
                .async(handler)
                .limits(Limits.defaults().withBody(10_000).withDiscard(100_000))
                .connect();
    }

    private static AsyncHandler reading() {
        return request -> request.body().bytesAsync(1 << 20).thenApply(bytes -> Response.text("got " + bytes.length));
    }

    /** Sends content as the windows allow; gives how much. */
    private static long send(Http2Peer peer, int stream, long most) {
        long sent = 0;
        while (sent < most && peer.resetCode(stream) < 0) {
            long window = 65_535 - sent;
            for (Http2Frame update : peer.frames(Http2Frame.WINDOW_UPDATE, stream)) {
                window += update.intAt(0);
            }
            int n = (int) Math.min(Math.min(10_000, window), most - sent);
            assertTrue(n > 0, "stalled after " + sent);
            peer.send(Http2Peer.data(stream, sent + n == most, new byte[n]));
            sent += n;
        }
        return sent;
    }

    @Test
    void contentThatIsTooLongIsThrownAwayForAWhileAndThenRefused() {
        Http1Fixture fixture = small(reading());
        Http2Peer peer = fixture.http2().open();
        peer.send(Http2Peer.request(1, false, "POST", "/"));
        long sent = send(peer, 1, 1_000_000);
        assertEquals("413", peer.status(1));
        assertTrue(peer.ended(1));
        assertEquals(0, peer.resetCode(1));
        assertTrue(sent > 100_000 && sent < 200_000, "after " + sent);
    }

    @Test
    void aLittleTooMuchIsThrownAwayToItsEnd() {
        Http1Fixture fixture = small(reading());
        Http2Peer peer = fixture.http2().open();
        peer.send(Http2Peer.request(1, false, "POST", "/"));
        send(peer, 1, 90_000);
        assertEquals("413", peer.status(1));
        assertEquals(-1, peer.resetCode(1));
        peer.send(Http2Peer.request(3, true, "GET", "/"));
        assertEquals("got 0", peer.text(3));
    }

    @Test
    void soIsTheContentOfARequestThatNoHandlerSees() {
        Http1Fixture fixture = small(reading());
        Http2Peer peer = fixture.http2().open();
        peer.send(Http2Peer.request(1, false, "POST", "/", "expect", "a-miracle"));
        send(peer, 1, 90_000);
        assertEquals("417", peer.status(1));
        assertEquals(-1, peer.resetCode(1));
        peer.send(Http2Peer.request(3, false, "POST", "/", "content-length", "1000000"));
        assertEquals("413", peer.status(3));
        assertEquals(0, peer.resetCode(3));
    }

    @Test
    void theRestIsNotWaitedForForEver() {
        Http1Fixture fixture = small(reading());
        Http2Peer peer = fixture.http2().open();
        peer.send(Http2Peer.request(1, false, "POST", "/"), Http2Peer.data(1, false, new byte[10_001]));
        assertEquals("413", peer.status(1));
        for (int i = 0; i < 65; i++) {
            fixture.advance(Duration.ofSeconds(1));
            peer.answerPings();
        }
        assertEquals(0, peer.resetCode(1));
    }

    @Test
    void aHandlerThatDoesNotReadHasItsDeadline() {
        Http1Fixture fixture = Http1Fixture.builder()
                .async(request -> {
                    TestSubscriber reader = TestSubscriber.paused();
                    request.body().publisher().subscribe(reader);
                    reader.cancel();
                    return new CompletableFuture<>();
                })
                .timeouts(Timeouts.defaults().withHandler(Duration.ofSeconds(40)))
                .connect();
        Http2Peer peer = fixture.http2().open();
        peer.send(Http2Peer.request(1, false, "POST", "/"));
        for (int i = 0; i < 60; i++) {
            fixture.advance(Duration.ofSeconds(1));
            peer.answerPings();
        }
        assertEquals("503", peer.status(1));
    }

    @Test
    void contentOfStreamsThatWereRefusedIsNoFault() {
        Http1Fixture fixture = Http1Fixture.async(request -> new CompletableFuture<>());
        Http2Peer peer = fixture.http2().open();
        for (int id = 1; id <= 2 * 600; id += 2) {
            peer.send(Http2Peer.request(id, false, "POST", "/"));
        }
        for (int id = 1; id <= 2 * 600; id += 2) {
            peer.send(Http2Peer.data(id, false, new byte[10]), Http2Peer.headers(id, true, "a", "b"));
        }
        assertEquals(-1, peer.goAwayCode());
        assertEquals(472, peer.frames(Http2Frame.RST_STREAM).size(), "each is refused once");
    }

    @Test
    void aBlockMayComeByteByByte() {
        Http1Fixture fixture = Http1Fixture.answering(request -> Response.of(Status.OK));
        Http2Peer peer = fixture.http2().open();
        byte[] block = Http2Peer.block(
                ":method", "GET", ":scheme", "http", ":path", "/", ":authority", "a", "x", "y".repeat(60));
        peer.frame(Http2Frame.HEADERS, 0x1, 1, new byte[] {block[0]});
        for (int i = 1; i < block.length; i++) {
            peer.frame(9, i == block.length - 1 ? 0x4 : 0, 1, new byte[] {block[i]});
        }
        assertEquals("200", peer.status(1));
    }
}
