package dev.millrace.internal.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.http.Body;
import dev.millrace.http.Http2Limits;
import dev.millrace.http.Limits;
import dev.millrace.http.Response;
import dev.millrace.testkit.Http1Fixture;
import dev.millrace.testkit.Http2Frame;
import dev.millrace.testkit.Http2Peer;
import org.junit.jupiter.api.Test;

/** SETTINGS, of either side, that take back from a stream what it might have sent (RFC 9113 §6.9.2). */
final class Http2TakenBackTest {
    private static final int INITIAL_WINDOW = 4;

    /** A stream that was opened by the protocol's own window goes by the announced one once that is acknowledged. */
    @Test
    void aSmallerWindowThanTheProtocols() {
        Limits limits = Limits.defaults().withHttp2(Http2Limits.defaults().withStreamWindow(1_000));
        Http1Fixture fixture = Http1Fixture.builder()
                .limits(limits)
                .answering(request -> Response.ok("a/b", request.body()))
                .connect();
        Http2Peer peer = fixture.http2().send(Http2Peer.PREFACE, Http2Peer.settings());
        peer.send(Http2Peer.request(1, false, "POST", "/"));
        peer.frame(Http2Frame.SETTINGS, Http2Frame.ACK, 0, new byte[0]);
        for (int i = 1; i <= 3; i++) {
            peer.send(Http2Peer.data(1, false, new byte[1_000]));
            assertEquals(i, peer.frames(Http2Frame.WINDOW_UPDATE, 1).size());
        }
        peer.send(Http2Peer.data(1, true, new byte[0]));
        assertEquals(3_000, peer.content(1).length);
    }

    @Test
    void aWindowBelowZero() {
        Http1Fixture fixture = Http1Fixture.answering(request -> Response.ok("a/b", Body.of(new byte[1_000])));
        Http2Peer peer = fixture.http2().open().send(Http2Peer.settings(INITIAL_WINDOW, 100));
        peer.send(Http2Peer.request(1, true, "GET", "/"));
        assertEquals(100, peer.content(1).length);
        peer.send(Http2Peer.windowUpdate(1, 50), Http2Peer.settings(INITIAL_WINDOW, 0));
        assertEquals(100, peer.content(1).length);
        peer.send(Http2Peer.windowUpdate(1, 50));
        assertEquals(100, peer.content(1).length);
        peer.send(Http2Peer.windowUpdate(1, 1_000));
        assertEquals(1_000, peer.content(1).length);
        fixture.assertNothingReported();
    }
}
