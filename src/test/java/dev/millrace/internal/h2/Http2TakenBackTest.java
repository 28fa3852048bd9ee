package dev.millrace.internal.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.http.Body;
import dev.millrace.http.Response;
import dev.millrace.testkit.Http1Fixture;
import dev.millrace.testkit.Http2Peer;
import org.junit.jupiter.api.Test;

/** SETTINGS that take back from a stream what it was about to send (RFC 9113 §6.9.2). */
final class Http2TakenBackTest {
    private static final int INITIAL_WINDOW = 4;

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
