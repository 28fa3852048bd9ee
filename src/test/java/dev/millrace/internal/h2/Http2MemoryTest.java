package dev.millrace.internal.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Body;
import dev.millrace.http.Response;
import dev.millrace.internal.transport.Holding;
import dev.millrace.testkit.Http1Fixture;
import dev.millrace.testkit.Http2Frame;
import dev.millrace.testkit.Http2Peer;
import dev.millrace.testkit.TestPublisher;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What one connection may make the server hold is bounded, however many streams it has. */
final class Http2MemoryTest {
    private static final int STREAMS = 100;
    private static final int PIECE = 16_000;
    private static final long BOUND = 1L << 30;

    private static final Holding.Owner NOBODY = new Holding.Owner() {
        @Override
        public void holdBack() {}

        @Override
        public void relieve() {}
    };

    private final List<TestPublisher> bodies = new ArrayList<>();

    private Http1Fixture fixture() {
        return Http1Fixture.answering(request -> {
            TestPublisher body = new TestPublisher();
            bodies.add(body);
            return Response.ok("a/b", Body.publisher(body));
        });
    }

    private static Http2Peer withoutWindow(Http1Fixture fixture) {
        Http2Peer peer = fixture.http2().open().send(Http2Peer.settings(Settings.INITIAL_WINDOW_SIZE, 0));
        for (int i = 0; i < STREAMS; i++) {
            peer.send(Http2Peer.request(2 * i + 1, true, "GET", "/"));
        }
        return peer;
    }

    /** Gives what is asked for; says how many bytes that was. */
    private long give() {
        long given = 0;
        for (boolean more = true; more; ) {
            more = false;
            for (TestPublisher body : bodies) {
                if (body.demand() > 0) {
                    body.give(PIECE);
                    given += PIECE;
                    more = true;
                }
            }
        }
        return given;
    }

    @Test
    void outputThatWaitsIsBoundedForTheConnection() {
        Http1Fixture fixture = fixture();
        withoutWindow(fixture);
        assertEquals(STREAMS, bodies.size());
        long given = give();
        fixture.loop().flush();
        long most = 8 * (64 << 10) + (STREAMS + 8 * 4) * PIECE; // the pieces that were asked for before come on top
        assertTrue(given <= most, given + " bytes wait");
        assertEquals(0, give(), "all are paused");
    }

    @Test
    void aStreamThatCanSendIsServedWhileOthersFillTheBound() {
        Http1Fixture fixture = fixture();
        Http2Peer peer = withoutWindow(fixture);
        give();
        peer.send(Http2Peer.windowUpdate(0, 1 << 30));
        for (int id : new int[] {199, 1}) {
            peer.send(Http2Peer.windowUpdate(id, 1 << 20));
            long before = peer.content(id).length;
            for (int i = 0; i < 20; i++) {
                give();
                fixture.loop().flush();
            }
            assertTrue(peer.content(id).length - before >= 19 * PIECE, "stream " + id);
        }
    }

    @Test
    void whatWasPausedGoesOnWhenThereIsRoom() {
        Http1Fixture fixture = fixture();
        Http2Peer peer = withoutWindow(fixture);
        give();
        for (int i = 1; i < STREAMS; i++) {
            peer.send(Http2Peer.reset(2 * i + 1, 8));
        }
        TestPublisher last = bodies.get(0);
        bodies.clear();
        bodies.add(last);
        fixture.loop().flush();
        assertTrue(give() > 0, "others have gone");
        peer.send(Http2Peer.windowUpdate(0, 1 << 30), Http2Peer.windowUpdate(1, 1 << 30));
        for (int i = 0; i < 20; i++) {
            give();
            fixture.loop().flush();
        }
        last.complete();
        fixture.loop().flush();
        assertTrue(peer.ended(1));
    }

    @Test
    void aWindowThatWasShutForLackOfMemoryOpensWithoutBeingAsked() {
        Http1Fixture fixture = Http1Fixture.builder()
                .async(request -> new CompletableFuture<>())
                .bufferedBytes(BOUND)
                .connect();
        Http2Peer peer = fixture.http2().open();
        Holding others = new Holding(fixture.loop().buffers(), NOBODY);
        int sent = 0;
        for (int id = 1; id < 80; id += 2) {
            peer.send(Http2Peer.request(id, false, "POST", "/"));
        }
        others.add(BOUND);
        for (int id = 1; id < 80; id += 2) {
            for (int i = 0; i < 4 && sent + 16_000 <= announced(peer); i++) {
                peer.send(Http2Peer.data(id, false, new byte[16_000]));
                sent += 16_000;
            }
        }
        assertTrue(announced(peer) - sent < 16_000, "it is shut");
        others.close();
        fixture.loop().runTasks();
        assertTrue(announced(peer) - sent > 1 << 19, "it is open");
    }

    private static long announced(Http2Peer peer) {
        long window = 65_535;
        for (Http2Frame update : peer.frames(Http2Frame.WINDOW_UPDATE, 0)) {
            window += update.intAt(0);
        }
        return window;
    }
}
