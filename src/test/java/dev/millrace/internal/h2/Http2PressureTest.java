package dev.millrace.internal.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Body;
import dev.millrace.http.Headers;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.http.Timeouts;
import dev.millrace.observe.CloseReason;
import dev.millrace.testkit.Http1Fixture;
import dev.millrace.testkit.Http2Frame;
import dev.millrace.testkit.Http2Peer;
import dev.millrace.testkit.OthersHolding;
import dev.millrace.testkit.TestSubscriber;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** What connections of HTTP/2 do while all together hold more for their peers than they may. */
final class Http2PressureTest {
    private static final int BOUND = 1 << 20;

    private final List<String> served = new ArrayList<>();
    private final List<TestSubscriber> readers = new ArrayList<>();

    private final Http1Fixture fixture = Http1Fixture.builder()
            .async(this::answer)
            .bufferedBytes(BOUND)
            .timeouts(Timeouts.defaults().withHandler(Duration.ofMinutes(4)))
            .vital(request -> request.path().equals("/vital"))
            .connect();

    private final Http2Peer peer = fixture.http2().open();
    private final OthersHolding others = new OthersHolding(fixture.loop().buffers());

    private CompletionStage<Response> answer(Request request) {
        served.add(request.path());
        return switch (request.path()) {
            case "/read" -> {
                TestSubscriber reader = TestSubscriber.paused();
                readers.add(reader);
                request.body().publisher().subscribe(reader);
                yield new CompletableFuture<>();
            }
            case "/large" -> CompletableFuture.completedFuture(Response.ok("a/b", Body.of(new byte[2 * BOUND])));
            default -> CompletableFuture.completedFuture(Response.text("hello"));
        };
    }

    private long held() {
        return fixture.transport().holding().bytes();
    }

    private void assertBusy(int stream) {
        Headers section = peer.sections(stream).get(0);
        assertEquals("503", section.get("_status"));
        assertEquals("1", section.get("retry-after"));
        assertTrue(peer.ended(stream));
    }

    private void press() {
        others.add(2 * BOUND);
        fixture.loop().runTasks();
    }

    private void relieve() {
        others.holding().remove(2 * BOUND);
        fixture.loop().runTasks();
    }

    @Test
    void aNewStreamGets503AndTheOthersGoOn() {
        peer.send(Http2Peer.request(1, false, "POST", "/read"));
        press();
        peer.send(Http2Peer.request(3, true, "GET", "/"), Http2Peer.request(5, false, "POST", "/"));
        assertBusy(3);
        assertBusy(5);
        assertEquals(-1, peer.resetCode(3));
        peer.send(Http2Peer.data(5, true, "content"), Http2Peer.data(1, true, "content"));
        readers.get(0).request(1);
        fixture.loop().runTasks();
        assertEquals("content", readers.get(0).text());
        assertEquals(List.of("/read"), served);
        relieve();
        peer.send(Http2Peer.request(7, true, "GET", "/"));
        assertEquals("200", peer.status(7));
    }

    @Test
    void vitalRequestsAreServedToPeersThatTakeTheirAnswers() {
        press();
        peer.send(Http2Peer.request(1, true, "GET", "/vital"));
        assertEquals("200", peer.status(1));
    }

    @Test
    void vitalRequestsAreNotServedToPeersThatHoldMuchThemselves() {
        peer.send(Http2Peer.request(1, true, "GET", "/large"));
        peer.send(Http2Peer.request(3, true, "GET", "/vital"));
        assertEquals("503", peer.status(3));
    }

    @Test
    void contentThatWaitsForItsReaderIsCountedUntilItIsTaken() {
        peer.send(Http2Peer.request(1, false, "POST", "/read"), Http2Peer.data(1, false, new byte[10_000]));
        assertEquals(10_000, held());
        readers.get(0).request(1);
        fixture.loop().runTasks();
        assertEquals(0, held());
        peer.send(Http2Peer.data(1, false, new byte[5_000]));
        readers.get(0).request(1);
        fixture.loop().runTasks();
        peer.send(Http2Peer.data(1, false, new byte[7_000]));
        assertEquals(7_000, held());
        peer.send(Http2Peer.reset(1, 8));
        assertEquals(0, held());
    }

    @Test
    void contentThatWaitsForItsPeerIsCountedUntilItIsSent() {
        peer.send(Http2Peer.request(1, true, "GET", "/large"));
        assertEquals(2 * BOUND - 65_535, held());
        assertTrue(fixture.loop().buffers().pressed());
        peer.send(Http2Peer.windowUpdate(0, 1 << 30), Http2Peer.windowUpdate(1, 1 << 20));
        assertEquals(BOUND - 65_535, held());
        peer.send(Http2Peer.windowUpdate(1, 1 << 20));
        assertEquals(0, held());
        assertFalse(fixture.loop().buffers().pressed());
    }

    @Test
    void aPeerThatIsToOpenItsWindowIsReadThoughItsConnectionIsHeldBack() {
        peer.send(Http2Peer.request(1, true, "GET", "/large"));
        press();
        assertTrue(fixture.transport().holding().heldBack());
        peer.send(Http2Peer.windowUpdate(0, 1 << 30), Http2Peer.windowUpdate(1, 1 << 30));
        assertEquals(0, held());
        assertTrue(peer.ended(1));
    }

    @Test
    void streamsThatAreResetLeaveNothingToBeSent() {
        peer.send(Http2Peer.request(1, true, "GET", "/large"));
        peer.send(Http2Peer.reset(1, 8));
        assertEquals(0, fixture.loop().bound().bytes());
    }

    @Test
    void whatNobodyReadsIsNotReadFromThePeerEither() {
        peer.send(Http2Peer.request(1, false, "POST", "/read"), Http2Peer.data(1, false, new byte[16_000]));
        press();
        peer.send(Http2Peer.data(1, false, new byte[16_000]));
        assertEquals(16_009, fixture.transport().onTheWire());
        assertEquals(16_000, held());
        fixture.advance(Duration.ofMinutes(3)); // windows of progress, and PINGs that nobody could answer
        fixture.assertOpen();
        relieve();
        assertEquals(32_000, held());
        peer.send(Http2Peer.ping(1, false));
        assertEquals(
                1,
                peer.frames(Http2Frame.PING).stream()
                        .filter(ping -> ping.has(Http2Frame.ACK))
                        .count());
        readers.get(0).request(10);
        fixture.loop().runTasks();
        assertEquals(32_000, readers.get(0).size());
    }

    @Test
    void aPeerIsReadAgainWhenItsReadersHaveTakenAll() {
        peer.send(Http2Peer.request(1, false, "POST", "/read"), Http2Peer.data(1, false, new byte[16_000]));
        press();
        peer.send(Http2Peer.data(1, false, new byte[1_000]));
        readers.get(0).request(Long.MAX_VALUE);
        fixture.loop().runTasks();
        assertEquals(0, fixture.transport().onTheWire());
        assertEquals(17_000, readers.get(0).size());
        peer.send(Http2Peer.data(1, true, new byte[1_000]));
        assertEquals(18_000, readers.get(0).size());
    }

    @Test
    void whoIsHeldBackForeverIsFreedByTheHandlersDeadline() {
        peer.send(Http2Peer.request(1, false, "POST", "/read"), Http2Peer.data(1, false, new byte[16_000]));
        press();
        fixture.advance(Duration.ofMinutes(9));
        assertEquals("503", peer.status(1));
        assertEquals(0, held());
    }

    @Test
    void aWindowThatIsShutForLackOfMemoryIsNotThePeersFault() {
        int sent = 0;
        for (int id = 1; id <= 19; id += 2) {
            peer.send(Http2Peer.request(id, false, "POST", "/read"));
            peer.send(Http2Peer.data(id, false, new byte[6_000]));
            sent += 6_000;
        }
        peer.send(Http2Peer.request(21, false, "POST", "/read"));
        readers.get(10).request(Long.MAX_VALUE);
        others.add(BOUND);
        fixture.loop().runTasks();
        assertFalse(fixture.transport().holding().heldBack(), "the other one is enough");
        while (sent + 15_000 <= announced()) {
            peer.send(Http2Peer.data(21, false, new byte[15_000]));
            sent += 15_000;
        }
        for (int i = 0; i < 12; i++) {
            fixture.advance(Duration.ofSeconds(10));
            peer.answerPings();
        }
        assertEquals(-1, peer.resetCode(21));
        assertEquals(null, readers.get(10).error());
    }

    private long announced() {
        long window = 65_535;
        for (Http2Frame update : peer.frames(Http2Frame.WINDOW_UPDATE, 0)) {
            window += update.intAt(0);
        }
        return window;
    }

    @Test
    void aLongHeaderBlockThatIsIncompleteIsRefused() {
        byte[] block = Http2Peer.block(":method", "GET", "x", "y".repeat(16_000));
        peer.frame(Http2Frame.HEADERS, Http2Frame.END_STREAM, 1, block);
        peer.frame(Http2Frame.CONTINUATION, 0, 1, new byte[1_000]);
        assertEquals(block.length + 1_000, held());
        press();
        assertEquals(ErrorCode.ENHANCE_YOUR_CALM.code(), peer.goAwayCode());
        assertEquals(0, held());
        fixture.peer().end();
        assertEquals(List.of(CloseReason.SERVER_CLOSED), fixture.closings());
    }
}
