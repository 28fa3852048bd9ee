package dev.millrace.internal.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Body;
import dev.millrace.http.Phase;
import dev.millrace.internal.h2.Http2ClientFixture.Asked;
import dev.millrace.observe.CloseReason;
import dev.millrace.session.Reusability;
import dev.millrace.session.Veto;
import dev.millrace.testkit.Http2Frame;
import dev.millrace.testkit.Http2Peer;
import dev.millrace.testkit.TestPublisher;
import dev.millrace.testkit.TestSubscriber;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What crosses on the way between a client and a server over HTTP/2: refusals, goodbyes and the ends of exchanges. */
final class Http2ClientRaceTest {
    private final Http2ClientFixture client = new Http2ClientFixture();
    private final Http2Peer peer = client.peer;

    private Asked get() {
        return client.ask(Http2ClientFixture.get("/"));
    }

    private TestPublisher upload() {
        TestPublisher source = new TestPublisher();
        uploaded = client.ask(Http2ClientFixture.post("/", Body.publisher(source)));
        client.executor.runAll();
        client.loop.runTasks();
        source.give(10);
        client.loop.runTasks();
        return source;
    }

    private Asked uploaded = new Asked(TestSubscriber.eager());

    @Test
    void whatWasSentAheadOfTheLimitIsRefusedAndSafe() {
        List<Asked> asked = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            asked.add(get());
        }
        peer.serve(Settings.MAX_CONCURRENT_STREAMS, 2);
        assertEquals(
                Set.of(Veto.STREAM_LIMIT), client.connection().reusability().vetoes());
        for (int id = 5; id < 10; id += 2) {
            peer.send(Http2Peer.reset(id, ErrorCode.REFUSED_STREAM.code()));
        }
        peer.send(Http2Peer.response(1, true, 200), Http2Peer.response(3, true, 200));
        for (int i = 0; i < 5; i++) {
            assertEquals(i < 2, asked.get(i).completed);
            assertTrue(i < 2 || asked.get(i).typed().retrySafe());
        }
        assertTrue(client.connection().reusability().reusable());
        assertEquals(2, client.connection().capacity());
    }

    @Test
    void anUploadThatIsRefusedStopsAndIsSafe() {
        peer.serve();
        TestPublisher source = upload();
        peer.send(Http2Peer.reset(1, ErrorCode.REFUSED_STREAM.code()));
        assertTrue(uploaded.typed().retrySafe());
        assertEquals(Phase.REQUEST, uploaded.typed().phase());
        assertTrue(source.cancelled());
        source.give(10); // was on its way
        client.loop.runTasks();
        assertEquals(10, peer.content(1).length);
        client.assertNothingReported();
    }

    @Test
    void aGoodbyeTogetherWithTheResponsesThatItSpares() {
        peer.serve();
        Asked first = get();
        Asked second = get();
        peer.send(Http2Peer.response(1, false, 200), Http2Peer.goAway(1, 0), Http2Peer.data(1, true, "x"));
        assertTrue(first.completed);
        assertEquals("x", first.content.text());
        assertTrue(second.typed().retrySafe());
        assertEquals(Phase.RESPONSE_HEAD, second.typed().phase());
        assertEquals(List.of(CloseReason.COMPLETED), client.closed);
        client.assertNothingLeft();
    }

    @Test
    void anUploadThatAGoodbyeSparesGoesOn() {
        peer.serve();
        TestPublisher source = upload();
        peer.send(Http2Peer.goAway(1, 0));
        source.give(10);
        source.complete();
        client.loop.runTasks();
        assertEquals(20, peer.content(1).length);
        assertTrue(peer.ended(1));
        assertEquals(List.of(), client.closed);
        peer.send(Http2Peer.response(1, true, 200));
        assertTrue(uploaded.completed);
        assertEquals(List.of(CloseReason.COMPLETED), client.closed);
    }

    @Test
    void framesOfStreamsThatAGoodbyeHasPassedOver() {
        peer.serve();
        Asked first = get();
        get();
        peer.send(Http2Peer.goAway(1, 0));
        peer.send(Http2Peer.response(3, false, 200), Http2Peer.data(3, true, "late"));
        peer.send(Http2Peer.reset(3, ErrorCode.REFUSED_STREAM.code()), Http2Peer.windowUpdate(3, 10));
        peer.send(Http2Peer.response(1, true, 200));
        assertTrue(first.completed);
        assertEquals(List.of(1, 0), client.endedAt);
    }

    @Test
    void goodbyesThatCross() {
        for (boolean oursFirst : new boolean[] {true, false}) {
            Http2ClientFixture one = new Http2ClientFixture();
            one.peer.serve();
            Asked asked = one.ask(Http2ClientFixture.get("/"));
            if (oursFirst) {
                one.connection().drain(CloseReason.RETIRED);
                one.peer.send(Http2Peer.goAway(1, 0));
            } else {
                one.peer.send(Http2Peer.goAway(1, 0));
                one.connection().drain(CloseReason.RETIRED);
                one.loop.runTasks();
            }
            one.peer.send(Http2Peer.response(1, true, 200));
            assertTrue(asked.completed);
            assertEquals(1, one.peer.frames(Http2Frame.GOAWAY).size());
            assertEquals(List.of(CloseReason.RETIRED), one.closed);
            one.assertNothingLeft();
        }
    }

    @Test
    void aDrainAheadOfTheServersFirstWord() {
        client.connection().drain(CloseReason.DRAINED);
        client.loop.runTasks();
        assertEquals(List.of(CloseReason.DRAINED), client.closed);
        client.assertNothingLeft();

        Http2ClientFixture busy = new Http2ClientFixture();
        Asked asked = busy.ask(Http2ClientFixture.get("/"));
        busy.connection().drain(CloseReason.DRAINED);
        busy.peer.serve();
        busy.peer.send(Http2Peer.response(1, true, 200));
        assertTrue(asked.completed);
        assertEquals(List.of(CloseReason.DRAINED), busy.closed);
        busy.assertNothingLeft();
    }

    /** As servers do that answer before they have read all: RFC 9113 §8.1. */
    @Test
    void resetsBehindEarlyAnswersAreNoFlood() {
        peer.serve();
        for (int i = 0; i < 3_000; i++) {
            int id = 2 * i + 1;
            upload();
            peer.send(Http2Peer.response(id, true, 413), Http2Peer.reset(id, ErrorCode.NO_ERROR.code()));
            assertTrue(uploaded.completed);
            peer.forget();
        }
        assertEquals(List.of(), client.closed);
        assertTrue(client.connection().reusability().reusable());
    }

    @Test
    void whoIsGivenAResponseMayCancelIt() {
        peer.serve();
        Asked first = get();
        Asked second = get();
        first.onMove = () -> first.exchange.cancel(new IllegalStateException("enough"));
        second.onMove = () -> second.exchange.cancel(new IllegalStateException("enough"));
        peer.send(Http2Peer.response(1, true, 200));
        peer.send(Http2Peer.response(3, false, 200), Http2Peer.data(3, false, "x"));
        assertEquals("enough", first.failure.getMessage());
        assertEquals("enough", second.failure.getMessage());
        assertEquals(-1, peer.resetCode(1));
        assertEquals(ErrorCode.CANCEL.code(), peer.resetCode(3));
        assertEquals(List.of(1, 0), client.endedAt);
        assertTrue(client.connection().reusability().reusable());
    }

    // ---- each veto alone

    private static DynamicTest veto(Veto veto, boolean forEver, Consumer<Http2ClientFixture> does) {
        return DynamicTest.dynamicTest(veto.name(), () -> {
            Http2ClientFixture one = new Http2ClientFixture();
            one.peer.serve(Settings.MAX_CONCURRENT_STREAMS, 2);
            one.ask(Http2ClientFixture.get("/"));
            assertEquals(Reusability.REUSABLE, one.connection().reusability());
            int before = one.changes;
            does.accept(one);
            one.loop.runTasks();
            assertEquals(Set.of(veto), one.connection().reusability().vetoes());
            assertEquals(before + 1, one.changes);
            assertEquals(forEver, one.connection().reusability().over());
            assertEquals(List.of(), one.closed);
        });
    }

    @TestFactory
    Stream<DynamicTest> eachVetoAlone() {
        return Stream.of(
                veto(Veto.DRAINING, true, one -> one.connection().drain(CloseReason.RETIRED)),
                veto(Veto.GOAWAY_RECEIVED, true, one -> one.peer.send(Http2Peer.goAway(1, 0))),
                veto(Veto.STREAM_LIMIT, false, one -> one.ask(Http2ClientFixture.get("/"))),
                veto(
                        Veto.STREAM_LIMIT,
                        false,
                        one -> one.peer.send(Http2Peer.settings(Settings.MAX_CONCURRENT_STREAMS, 0))),
                veto(Veto.UNANSWERED_PING, false, one -> one.connection().probe()),
                veto(Veto.WRITES_PENDING, false, one -> {
                    one.transport.peerStopsReading();
                    one.transport.write(new byte[1 << 20], 0, 1 << 20);
                    one.peer.send(Http2Peer.ping(1, false));
                }));
    }

    private static DynamicTest ended(String name, Set<Veto> vetoes, Consumer<Http2ClientFixture> does) {
        return DynamicTest.dynamicTest(name, () -> {
            Http2ClientFixture one = new Http2ClientFixture();
            one.peer.serve();
            Asked asked = one.ask(Http2ClientFixture.get("/"));
            does.accept(one);
            one.advance(Duration.ofMinutes(1));
            assertEquals(vetoes, one.connection().reusability().vetoes());
            assertFalse(asked.typed().retrySafe());
            assertEquals(1, one.closed.size());
            assertEquals(1, one.endedAt.size());
            one.assertNothingLeft();
        });
    }

    @TestFactory
    Stream<DynamicTest> howItEnded() {
        return Stream.of(
                ended("reset", Set.of(Veto.INGRESS_ERROR, Veto.CLOSED), one -> one.transport.peerResets()),
                ended(
                        "no frame",
                        Set.of(Veto.INGRESS_ERROR, Veto.CLOSED),
                        one -> one.peer.send(new byte[] {-1, -1, -1, -1, -1, -1, -1, -1, -1})),
                ended("half-closed", Set.of(Veto.PEER_HALF_CLOSED, Veto.CLOSED), one -> one.transport.peerEnds()),
                ended(
                        "cannot be written",
                        Set.of(Veto.WRITE_ERROR, Veto.CLOSED),
                        one -> one.transport.abort(CloseReason.IO_ERROR, new IOException("broken"))),
                ended(
                        "forced",
                        Set.of(Veto.DRAINING, Veto.CLOSED),
                        one -> one.transport.abort(CloseReason.DRAIN_FORCED, null)));
    }
}
