package dev.millrace.internal.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Response;
import dev.millrace.testkit.Http1Fixture;
import dev.millrace.testkit.Http2Frame;
import dev.millrace.testkit.Http2Peer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** In which order a connection sends its responses (RFC 9218 §10). */
final class Http2PriorityTest {
    private static final int INITIAL_WINDOW = 4;

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
}
