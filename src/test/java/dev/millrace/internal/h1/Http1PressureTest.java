package dev.millrace.internal.h1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Body;
import dev.millrace.http.Limits;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.http.Timeouts;
import dev.millrace.observe.CloseReason;
import dev.millrace.testkit.Http1Fixture;
import dev.millrace.testkit.MemoryTransport;
import dev.millrace.testkit.OthersHolding;
import dev.millrace.testkit.ParsedResponse;
import dev.millrace.testkit.ScriptedPeer;
import dev.millrace.testkit.TestSubscriber;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** What connections of HTTP/1.1 do while all together hold more for their peers than they may. */
final class Http1PressureTest {
    private static final int BOUND = 1 << 20;
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    private static final String HEAD = "POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n";

    private final List<String> served = new ArrayList<>();
    private final List<TestSubscriber> readers = new ArrayList<>();

    private final Http1Fixture fixture = Http1Fixture.builder()
            .async(this::answer)
            .bufferedBytes(BOUND)
            .limits(Limits.defaults().withInboundBuffer(32_000))
            .timeouts(Timeouts.defaults().withHandler(Duration.ofMinutes(2)))
            .vital(request -> request.path().equals("/vital"))
            .connect();

    private final ScriptedPeer peer = fixture.peer();
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

    private static void assertBusy(ParsedResponse response) {
        assertEquals(503, response.status());
        assertEquals("1", response.headers().get("Retry-After"));
    }

    private ScriptedPeer another() {
        return peerOf(fixture.another());
    }

    private ScriptedPeer peerOf(MemoryTransport transport) {
        return new ScriptedPeer(transport, fixture.loop());
    }

    @Test
    void aNewRequestGets503BeforeItsHandlerAndTheConnectionGoesOn() {
        ScriptedPeer hog = another().stopReading();
        hog.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
        assertTrue(fixture.loop().bound().bytes() > 2 * BOUND, "it waits");
        peer.send(GET);
        assertBusy(peer.responses().get(0));
        peer.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
        assertBusy(peer.responses("GET", "POST").get(1));
        assertEquals(List.of("/large"), served);
        hog.reset();
        assertEquals(0, fixture.loop().bound().bytes());
        peer.send(GET);
        assertEquals(200, peer.responses("GET", "POST", "GET").get(2).status());
        fixture.assertOpen();
    }

    @Test
    void whatWaitsForAPeerThatDoesNotReadIsFreedByItsDeadline() {
        MemoryTransport hog = fixture.another();
        peerOf(hog).stopReading().send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
        assertTrue(fixture.loop().buffers().pressed());
        fixture.advance(Timeouts.defaults().progressWindow().plus(Http1Fixture.TICK));
        assertEquals(List.of(CloseReason.WRITE_TIMEOUT), hog.closings());
        assertFalse(fixture.loop().buffers().pressed());
        peer.send(GET);
        assertEquals(200, peer.responses().get(0).status());
    }

    @Test
    void vitalRequestsAreServedToPeersThatTakeTheirAnswers() {
        others.add(BOUND);
        peer.send("GET /vital HTTP/1.1\r\nHost: a\r\n\r\n" + GET);
        assertEquals(200, peer.responses().get(0).status());
        assertBusy(peer.responses().get(1));
        peer.send("POST /vital HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx");
        assertBusy(peer.responses("GET", "GET", "POST").get(2));
        assertEquals(List.of("/vital"), served);
    }

    @Test
    void nothingIsReadAheadForThoseThatHoldMost() {
        MemoryTransport large = fixture.another();
        MemoryTransport small = fixture.transport();
        peerOf(large).send(HEAD).send(new byte[20_000]);
        peerOf(small).send(HEAD).send(new byte[100]);
        others.add(BOUND - 19_000);
        others.add(BOUND / 4 - 3_000);
        fixture.loop().runTasks();
        assertTrue(large.holding().heldBack());
        assertFalse(small.holding().heldBack());
        peerOf(large).send(new byte[1_000]);
        peerOf(small).send(new byte[1_000]);
        assertEquals(List.of(1_000L, 0L), List.of(large.onTheWire(), small.onTheWire()));
        fixture.advance(Duration.ofSeconds(90)); // three windows of progress, but it is our turn
        assertEquals(List.of(), large.closings());
        others.holding().remove(BOUND / 2);
        fixture.loop().runTasks();
        assertEquals(0, large.onTheWire());
        readers.get(0).request(10);
        fixture.loop().runTasks();
        assertEquals(21_000, readers.get(0).size());
    }

    @Test
    void aReaderThatGoesOnIsServedWhileItsConnectionIsHeldBack() {
        peer.send(HEAD).send(new byte[20_000]);
        others.add(2 * BOUND);
        fixture.loop().runTasks();
        assertTrue(fixture.transport().holding().heldBack());
        peer.send(new byte[5_000]);
        assertEquals(5_000, fixture.transport().onTheWire());
        readers.get(0).request(Long.MAX_VALUE);
        fixture.loop().runTasks();
        assertEquals(0, fixture.transport().onTheWire());
        peer.send(new byte[975_000]);
        assertEquals(1_000_000, readers.get(0).size());
        assertEquals(2 * BOUND, fixture.loop().bound().bytes());
    }

    @Test
    void whoIsHeldBackForeverIsFreedByTheHandlersDeadline() {
        peer.send(HEAD).send(new byte[20_000]);
        others.add(2 * BOUND);
        fixture.advance(Duration.ofSeconds(121));
        ParsedResponse response = peer.responses("POST").get(0);
        assertEquals(503, response.status());
        assertEquals(0, fixture.transport().holding().bytes());
    }

    @Test
    void anIncompleteHeadAmongThoseThatHoldMostIsRefused() {
        ScriptedPeer short1 = another().send("GET / HTTP/1.1\r\n");
        peer.send("GET / HTTP/1.1\r\nHost: a\r\nX: " + "x".repeat(20_000));
        others.add(BOUND - 19_000);
        others.add(BOUND / 4 - 5_000);
        fixture.loop().runTasks();
        assertBusy(peer.responses().get(0));
        assertTrue(fixture.transport().outputEnded());
        assertEquals(0, fixture.transport().holding().bytes());
        peer.end();
        assertEquals(List.of(CloseReason.SERVER_CLOSED), fixture.closings());
        short1.send("Host: a\r\n\r\n");
        assertBusy(short1.responses().get(0));
        assertEquals(List.of(), served);
    }

    @Test
    void aConnectionInTheClearHoldsNothingWhenItIsIdle() {
        peer.send(GET).send("GET / HT").send("TP/1.1\r\nHost: a\r\n\r\n");
        assertEquals(2, peer.responses().size());
        assertEquals(0, fixture.loop().bound().bytes());
    }
}
