package dev.millrace.internal.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Limits;
import dev.millrace.http.Timeouts;
import dev.millrace.internal.h2.Http2ClientFixture.Asked;
import dev.millrace.observe.CloseReason;
import dev.millrace.testkit.Http2Frame;
import dev.millrace.testkit.Http2Peer;
import dev.millrace.testkit.TestSubscriber;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** When an exchange's place on a client's HTTP/2 connection is free again, and what it leaves behind. */
final class Http2ClientPlaceTest {
    private final Http2ClientFixture client = new Http2ClientFixture();
    private final Http2Peer peer = client.peer;

    private Asked get() {
        return client.ask(Http2ClientFixture.get("/"));
    }

    /** The frames of a response as one read, or in several. */
    private void answer(int stream, boolean atOnce, byte[]... frames) {
        if (atOnce) {
            peer.send(frames);
        } else {
            for (byte[] frame : frames) {
                peer.send(frame);
            }
        }
        assertEquals(0, client.connection().active(), "stream " + stream);
    }

    @Test
    void aPlaceIsFreeBeforeAnybodyHearsOfTheEnd() {
        peer.serve(Settings.MAX_CONCURRENT_STREAMS, 1);
        List<String> told = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            Asked asked = get();
            assertFalse(client.connection().reusability().reusable());
            asked.onMove = () -> told.add(asked + " " + client.connection().active() + " " + client.endedAt.size());
            int id = 2 * i + 1;
            if (i == 0) {
                answer(id, true, Http2Peer.response(id, true, 200));
            } else {
                answer(id, i == 1, Http2Peer.response(id, false, 200), Http2Peer.data(id, true, "all"));
            }
        }
        assertEquals(
                List.of(
                        "200 []  false  0 1",
                        "200 []  true  0 1",
                        "200 [] all false  0 2",
                        "200 [] all true  0 2",
                        "200 []  false  1 2", // only the header section is here
                        "200 [] all true  0 3"),
                told);
    }

    @Test
    void whoHearsOfAResponseMayAskAgainAtOnce() {
        peer.serve(Settings.MAX_CONCURRENT_STREAMS, 1);
        Asked first = get();
        Asked[] second = new Asked[1];
        first.onMove = () -> {
            if (second[0] == null) {
                assertTrue(client.connection().reusability().reusable());
                second[0] = get();
            }
        };
        peer.send(Http2Peer.response(1, true, 200));
        assertTrue(first.completed);
        peer.send(Http2Peer.response(3, false, 200), Http2Peer.data(3, true, "x"));
        assertTrue(second[0].completed);
        assertEquals("x", second[0].content.text());
        client.assertNothingReported();
    }

    @Test
    void whatIsHereOfAResponseThatFailsIsTold() {
        for (boolean atOnce : new boolean[] {true, false}) {
            Http2ClientFixture one = new Http2ClientFixture();
            one.peer.serve();
            Asked asked = one.ask(Http2ClientFixture.get("/"));
            byte[] head = Http2Peer.response(1, false, 200);
            byte[] content = Http2Peer.data(1, false, "half");
            byte[] reset = Http2Peer.reset(1, ErrorCode.INTERNAL_ERROR.code());
            if (atOnce) {
                one.peer.send(head, content, reset);
            } else {
                one.peer.send(head).send(content).send(reset);
            }
            assertEquals("200 [] half false StreamResetException", asked.toString());
            assertEquals(1, one.endedAt.size());
        }
    }

    @Test
    void contentMayBeLargerThanWhatAServerTakes() {
        Http2ClientFixture small = new Http2ClientFixture(Limits.defaults().withBody(10), Timeouts.defaults(), 1);
        small.peer.serve();
        Asked asked = small.ask(Http2ClientFixture.get("/"));
        small.peer.send(Http2Peer.response(1, false, 200), Http2Peer.data(1, false, "0123456789"));
        small.peer.send(Http2Peer.data(1, true, "0123456789"));
        assertTrue(asked.completed, asked.toString());
        assertEquals(20, asked.content.size());
    }

    @Test
    void completeResponsesThatNobodyReadsHoldUpNoOthers() {
        peer.serve();
        byte[] content = new byte[16_000];
        long window = Settings.DEFAULT_WINDOW + increments();
        for (int i = 0; i < 5_000; i++) {
            int id = 2 * i + 1;
            Asked asked = client.ask(Http2ClientFixture.get("/"), TestSubscriber.paused());
            peer.send(Http2Peer.response(id, false, 200));
            peer.send(Http2Peer.data(id, true, content));
            assertTrue(asked.completed);
            window += increments() - content.length;
            assertTrue(window >= content.length, "the server may send nothing more after " + i);
            peer.forget();
        }
    }

    private long increments() {
        long all = 0;
        for (Http2Frame frame : peer.newFrames()) {
            all += frame.type() == Http2Frame.WINDOW_UPDATE && frame.stream() == 0 ? frame.intAt(0) : 0;
        }
        return all;
    }

    @Test
    void framesOfStreamsThatWereGivenUpAreNoFlood() {
        peer.serve();
        byte[] frame = Http2Peer.data(1, false, new byte[100]);
        for (int i = 0; i < 200; i++) {
            Asked asked = get();
            asked.exchange.cancel(new IllegalStateException("enough"));
            client.loop.runTasks();
            byte[] late = new byte[100 * frame.length];
            for (int k = 0; k < 100; k++) {
                byte[] each = Http2Peer.data(2 * i + 1, false, new byte[100]);
                System.arraycopy(each, 0, late, k * frame.length, frame.length);
            }
            peer.send(late);
        }
        assertEquals(-1, peer.goAwayCode());
        Asked last = get();
        peer.send(Http2Peer.response(401, true, 200));
        assertTrue(last.completed);
        for (int i = 0; i < 80_000 && peer.goAwayCode() < 0; i += 1000) { // but not without end
            byte[] late = new byte[1000 * frame.length];
            for (int k = 0; k < 1000; k++) {
                System.arraycopy(Http2Peer.data(399, false, new byte[100]), 0, late, k * frame.length, frame.length);
            }
            peer.send(late);
        }
        assertEquals(ErrorCode.ENHANCE_YOUR_CALM.code(), peer.goAwayCode());
    }

    @Test
    void aServerHearsOfTheDrainAtOnce() {
        peer.serve();
        Asked asked = get();
        client.connection().drain(CloseReason.RETIRED);
        client.loop.runTasks();
        assertEquals(0, peer.goAwayCode());
        peer.send(Http2Peer.response(1, true, 200));
        assertTrue(asked.completed);
        assertEquals(1, peer.frames(Http2Frame.GOAWAY).size());
        assertEquals(List.of(CloseReason.RETIRED), client.closed);
        client.assertNothingLeft();
    }

    @Test
    void nothingIsToldAfterTheEnd() {
        peer.serve();
        client.transport.peerStopsReading();
        get();
        client.connection().probe();
        client.connection().drain(CloseReason.RETIRED);
        client.transport.peerResets();
        client.loop.runTasks();
        assertEquals(List.of(CloseReason.PEER_RESET), client.closed);
        assertEquals(List.of(0), client.endedAt);
    }
}
