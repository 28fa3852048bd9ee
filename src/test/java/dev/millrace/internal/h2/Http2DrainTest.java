package dev.millrace.internal.h2;

import static dev.millrace.testkit.Http1Fixture.TICK;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Response;
import dev.millrace.observe.CloseReason;
import dev.millrace.testkit.Http1Fixture;
import dev.millrace.testkit.Http2Frame;
import dev.millrace.testkit.Http2Peer;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** A stop of the server, as HTTP/2 tells it: GOAWAY twice, with a round trip in between that not every peer answers. */
class Http2DrainTest {
    private final Http1Fixture f = Http1Fixture.answering(r -> Response.text(r.path()));
    private final Http2Peer peer = f.http2();

    private void drain() {
        f.transport().drain();
        f.loop().runTasks();
    }

    private void pong() {
        peer.frame(
                Http2Frame.PING,
                Http2Frame.ACK,
                0,
                peer.frames(Http2Frame.PING).get(0).payload());
    }

    @Test
    void anIdlePeerThatAnswersIsLeftAfterTheRoundTrip() {
        peer.open();
        drain();
        f.assertOpen();
        pong();
        assertEquals(2, peer.frames(Http2Frame.GOAWAY).size());
        f.assertClosed(CloseReason.DRAINED);
    }

    @Test
    void anIdlePeerThatDoesNotAnswerIsLeftAfterHalfASecond() {
        peer.open();
        drain();
        f.advance(Duration.ofMillis(490));
        f.assertOpen();
        f.advance(Duration.ofMillis(20));
        assertEquals(2, peer.frames(Http2Frame.GOAWAY).size());
        f.assertClosed(CloseReason.DRAINED);
    }

    @Test
    void aPrefaceThatHasBegunIsServedOrBounded() {
        peer.send(Http2Peer.PREFACE);
        drain();
        f.advance(Duration.ofMillis(1990));
        f.assertOpen();
        f.advance(TICK.plus(TICK));
        assertEquals(1, peer.goAwayCode());
        f.peer().end();
        f.assertClosed(CloseReason.HEADERS_TIMEOUT);
    }

    @Test
    void aPrefaceThatIsCompletedIsServed() {
        peer.send(Http2Peer.PREFACE);
        drain();
        peer.send(Http2Peer.settings(), Http2Peer.request(1, true, "GET", "/x"));
        assertEquals("/x", peer.text(1));
        pong();
        assertEquals(1, peer.frames(Http2Frame.GOAWAY).get(1).intAt(0));
        f.peer().end();
        f.assertClosed(CloseReason.DRAINED);
    }

    @Test
    void aHeaderSectionThatHasBegunIsServedIfItIsCompleted() {
        peer.open();
        byte[] request = Http2Peer.request(1, true, "GET", "/cut");
        peer.send(Arrays.copyOf(request, 12));
        drain();
        f.advance(Duration.ofMillis(1900)); // longer than a round trip is waited for
        assertEquals(1, peer.frames(Http2Frame.GOAWAY).size());
        peer.send(Arrays.copyOfRange(request, 12, request.length));
        assertEquals("/cut", peer.text(1));
        assertEquals(1, peer.frames(Http2Frame.GOAWAY).get(1).intAt(0), "it was heard");
        f.peer().end();
        f.assertClosed(CloseReason.DRAINED);
    }

    @Test
    void orBounded() {
        peer.open();
        peer.send(Arrays.copyOf(Http2Peer.request(1, true, "GET", "/cut"), 12));
        drain();
        f.advance(Duration.ofMillis(2020));
        assertEquals(2, peer.frames(Http2Frame.GOAWAY).size());
        f.peer().end();
        f.assertClosed(CloseReason.HEADERS_TIMEOUT);
    }

    @Test
    void aPeerThatWasServedHasASecondToEndItsSide() {
        peer.open();
        peer.send(Http2Peer.request(1, false, "POST", "/x"));
        drain();
        peer.send(Http2Peer.data(1, true, "content"));
        assertEquals("/x", peer.text(1));
        pong();
        assertTrue(f.transport().outputEnded());
        peer.send(Http2Peer.windowUpdate(0, 100));
        f.advance(Duration.ofMillis(990));
        f.assertOpen();
        f.advance(Duration.ofMillis(20));
        f.assertClosed(CloseReason.DRAINED);
    }

    @Test
    void aSecondCallChangesNothing() {
        peer.open();
        drain();
        drain();
        assertEquals(1, peer.frames(Http2Frame.GOAWAY).size());
        pong();
        f.assertClosed(CloseReason.DRAINED);
    }
}
