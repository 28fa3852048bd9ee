package dev.millrace.internal.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Http2Limits;
import dev.millrace.http.Response;
import dev.millrace.testkit.Http1Fixture;
import dev.millrace.testkit.Http2Frame;
import dev.millrace.testkit.Http2Peer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** In which order a connection sends its responses (RFC 9218 §10), and what may be said ahead of them (§7). */
final class Http2PriorityTest {
    private static final int INITIAL_WINDOW = 4;
    private static final int PRIORITY_UPDATE = 0x10;
    private static final int STREAMS = Http2Limits.defaults().concurrentStreams();

    private final Http2Peer peer =
            Http1Fixture.answering(request -> Response.text("Hello")).http2().open();

    /** Streams wait until all of them have asked, since none has a window. */
    private void ask(int stream, String priority) {
        peer.send(Http2Peer.request(stream, true, "GET", "/", "priority", priority));
        assertEquals("200", peer.status(stream));
        assertTrue(peer.frames(Http2Frame.DATA, stream).isEmpty());
    }

    private List<Integer> order() {
        peer.send(Http2Peer.settings(INITIAL_WINDOW, 65_535));
        List<Integer> order = new ArrayList<>();
        peer.frames(Http2Frame.DATA).forEach(frame -> order.add(frame.stream()));
        return order;
    }

    @Test
    void theMostUrgentFirst() {
        peer.send(Http2Peer.settings(INITIAL_WINDOW, 0));
        ask(1, "u=5");
        ask(3, "u=3");
        ask(5, "u=0");
        ask(7, "u=3");
        ask(9, "u=1, i");
        assertEquals(List.of(5, 9, 3, 7, 1), order());
    }

    @Test
    void responsesOfOneFrameDoNotKeepOthersWaiting() {
        peer.send(Http2Peer.settings(INITIAL_WINDOW, 0));
        ask(1, "u=7");
        for (int i = 1; i <= 40; i++) {
            ask(2 * i + 1, "u=0");
        }
        List<Integer> order = order();
        assertEquals(41, order.size());
        assertEquals(WriteScheduler.TURNS - 1, order.indexOf(1));
    }

    // ---- ahead of the streams

    private byte[] update(int stream, String value) {
        byte[] text = value.getBytes(StandardCharsets.US_ASCII);
        byte[] payload =
                ByteBuffer.allocate(4 + text.length).putInt(stream).put(text).array();
        return new Http2Frame(PRIORITY_UPDATE, 0, 0, payload).bytes();
    }

    private void updates(int first, int count) {
        for (int i = 0; i < count; i++) {
            peer.send(update(first + 2 * i, "u=1"));
        }
    }

    @Test
    void asManyIdleStreamsAsMayBeOpened() {
        updates(1, STREAMS);
        updates(1, STREAMS); // again
        assertEquals(-1, peer.goAwayCode());
        peer.send(update(2 * STREAMS + 1, "u=1"));
        assertEquals(ErrorCode.PROTOCOL_ERROR.code(), peer.goAwayCode());
    }

    @Test
    void openStreamsCount() {
        peer.send(Http2Peer.settings(INITIAL_WINDOW, 0));
        ask(1, "u=3");
        updates(3, STREAMS - 1);
        assertEquals(-1, peer.goAwayCode());
        peer.send(update(2 * STREAMS + 1, "u=1"));
        assertEquals(ErrorCode.PROTOCOL_ERROR.code(), peer.goAwayCode());
    }

    @Test
    void skippedStreamsDoNotCount() {
        updates(1, STREAMS);
        int next = 2 * STREAMS + 1;
        peer.send(Http2Peer.request(next, true, "GET", "/"));
        assertEquals("Hello", peer.text(next));
        updates(next + 2, STREAMS);
        assertEquals(-1, peer.goAwayCode());
    }
}
