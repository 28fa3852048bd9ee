package dev.millrace.internal.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Body;
import dev.millrace.http.Limits;
import dev.millrace.http.PeerClosedException;
import dev.millrace.http.StreamResetException;
import dev.millrace.http.Timeouts;
import dev.millrace.internal.h2.Http2ClientFixture.Asked;
import dev.millrace.observe.CloseReason;
import dev.millrace.session.Veto;
import dev.millrace.testkit.Http2Frame;
import dev.millrace.testkit.Http2Peer;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What speaks against another exchange on a client's HTTP/2 connection, and how the connection and its streams end. */
final class Http2ClientStandingTest {
    private final Http2ClientFixture client = new Http2ClientFixture();
    private final Http2Peer peer = client.peer;

    private Asked get() {
        return client.ask(Http2ClientFixture.get("/"));
    }

    private void assertVetoes(Veto... vetoes) {
        assertEquals(Set.of(vetoes), client.connection().reusability().vetoes());
    }

    @Test
    void asManyStreamsAsTheServerAllows() {
        assertEquals(100, client.connection().capacity());
        peer.serve(Settings.MAX_CONCURRENT_STREAMS, 2);
        assertEquals(2, client.connection().capacity());
        assertEquals(1, client.changes);
        assertVetoes();
        get();
        get();
        assertVetoes(Veto.STREAM_LIMIT);
        peer.send(Http2Peer.settings(Settings.MAX_CONCURRENT_STREAMS, 0));
        assertEquals(0, client.connection().capacity());
        peer.send(Http2Peer.response(1, true, 200), Http2Peer.response(3, true, 200));
        assertVetoes(Veto.STREAM_LIMIT);
        int before = client.changes;
        peer.send(Http2Peer.settings(Settings.MAX_CONCURRENT_STREAMS, 10));
        assertVetoes();
        assertEquals(before + 1, client.changes);
    }

    @Test
    void theLastStreamNumberEndsIt() {
        Http2ClientFixture old = new Http2ClientFixture(Limits.defaults(), Timeouts.defaults(), Integer.MAX_VALUE);
        old.peer.serve();
        Asked asked = old.ask(Http2ClientFixture.get("/"));
        assertTrue(old.connection().reusability().has(Veto.STREAM_LIMIT));
        assertTrue(old.connection().reusability().over());
        old.peer.send(Http2Peer.response(Integer.MAX_VALUE, true, 200));
        assertTrue(asked.completed);
        assertEquals(List.of(CloseReason.COMPLETED), old.closed);
    }

    @Test
    void aServerThatReadsNothing() {
        peer.serve();
        client.transport.peerStopsReading();
        peer.send(Http2Peer.windowUpdate(0, 1_000_000), Http2Peer.settings(Settings.INITIAL_WINDOW_SIZE, 1_000_000));
        client.ask(Http2ClientFixture.post("/", Body.of(new byte[300_000])));
        assertVetoes(Veto.WRITES_PENDING);
        int before = client.changes;
        client.transport.peerReadsAll();
        client.loop.runTasks();
        assertVetoes();
        assertEquals(before + 1, client.changes);
        client.transport.peerStopsReading();
        client.ask(Http2ClientFixture.post("/", Body.of(new byte[300_000])));
        client.advance(Duration.ofSeconds(100));
        assertVetoes(Veto.WRITE_TIMEOUT, Veto.CLOSED);
    }

    @Test
    void aPingThatIsNotAnsweredYet() {
        peer.serve();
        client.connection().probe();
        client.loop.runTasks();
        assertVetoes(Veto.UNANSWERED_PING);
        client.connection().probe();
        client.loop.runTasks();
        assertEquals(1, peer.frames(Http2Frame.PING).size());
        peer.answerPings();
        assertVetoes();
        assertEquals(3, client.changes); // with the first one, of how many streams there may be
        client.advance(Duration.ofHours(1));
        assertVetoes(); // an idle connection is the session's
        client.connection().probe();
        client.advance(Duration.ofSeconds(100));
        assertTrue(client.connection().reusability().has(Veto.CLOSED));
        assertEquals(List.of(CloseReason.IDLE_TIMEOUT), client.closed);
        client.assertNothingLeft();
    }

    @Test
    void aPingThatIsNeverAnsweredEndsWhatIsUnderWay() {
        peer.serve();
        Asked asked = get();
        client.connection().probe();
        client.advance(Duration.ofSeconds(50));
        assertTrue(asked.ended());
        assertFalse(asked.typed().retrySafe());
        assertEquals(List.of(CloseReason.IDLE_TIMEOUT), client.closed);
    }

    @Test
    void settingsThatAreNotAcknowledged() {
        Asked asked = get();
        client.advance(Duration.ofSeconds(50));
        assertTrue(asked.failure.getMessage().contains("SETTINGS"));
        assertInstanceOf(PeerClosedException.class, asked.failure);
        assertEquals(List.of(CloseReason.PROTOCOL_ERROR), client.closed);
    }

    @Test
    void goAwaySparesWhatItNames() {
        peer.serve();
        Asked first = get();
        Asked second = get();
        peer.send(Http2Peer.goAway(Integer.MAX_VALUE, 0));
        assertVetoes(Veto.GOAWAY_RECEIVED);
        assertFalse(second.ended());
        peer.send(Http2Peer.goAway(1, 0));
        assertTrue(second.typed().retrySafe());
        assertFalse(first.ended());
        assertEquals(List.of(1), client.endedAt);
        peer.send(Http2Peer.response(3, false, 200)); // was on its way
        peer.send(Http2Peer.response(1, true, 200));
        assertTrue(first.completed);
        assertEquals(List.of(CloseReason.COMPLETED), client.closed);
        assertEquals(0, peer.goAwayCode());
        client.assertNothingLeft();
    }

    @Test
    void goAwayWithAnErrorIsNamed() {
        peer.serve();
        Asked first = get();
        Asked second = get();
        peer.send(Http2Peer.goAway(1, ErrorCode.ENHANCE_YOUR_CALM.code()));
        assertTrue(second.failure.getMessage().contains("ENHANCE_YOUR_CALM"));
        client.transport.peerEnds();
        client.loop.runTasks();
        assertTrue(first.failure.getMessage().contains("ENHANCE_YOUR_CALM"));
        assertFalse(first.typed().retrySafe());
        assertEquals(List.of(CloseReason.PEER_CLOSED_EARLY), client.closed);
    }

    @Test
    void goAwayOnAnIdleConnectionEndsIt() {
        peer.serve();
        peer.send(Http2Peer.goAway(0, 0));
        assertEquals(List.of(CloseReason.PREFACE_ONLY), client.closed);
        client.assertNothingLeft();
    }

    @Test
    void resetsAreNamed() {
        peer.serve();
        Asked refused = get();
        peer.send(Http2Peer.reset(1, ErrorCode.REFUSED_STREAM.code()));
        assertTrue(refused.typed().retrySafe());
        Asked calm = get();
        peer.send(Http2Peer.reset(3, ErrorCode.ENHANCE_YOUR_CALM.code()));
        assertFalse(calm.typed().retrySafe());
        assertEquals("ENHANCE_YOUR_CALM", ((StreamResetException) calm.typed()).code());
        Asked older = get();
        peer.send(Http2Peer.reset(5, ErrorCode.HTTP_1_1_REQUIRED.code()));
        assertTrue(((StreamResetException) older.typed()).wantsHttp11());
        assertVetoes();
        assertEquals(List.of(0, 0, 0), client.endedAt);
    }

    @Test
    void aServerMayResetWhateverIsAsked() {
        peer.serve();
        for (int i = 0; i < 5_000; i++) {
            get();
            peer.send(Http2Peer.reset(2 * i + 1, ErrorCode.REFUSED_STREAM.code()));
        }
        assertVetoes();
        for (int i = 0; i < 2_000 && client.closed.isEmpty() && peer.goAwayCode() < 0; i++) {
            peer.send(Http2Peer.reset(1, ErrorCode.CANCEL.code())); // gone long since
        }
        assertEquals(ErrorCode.ENHANCE_YOUR_CALM.code(), peer.goAwayCode());
    }

    @Test
    void theServerLeaves() {
        peer.serve();
        Asked asked = get();
        client.transport.peerEnds();
        client.loop.runTasks();
        assertInstanceOf(PeerClosedException.class, asked.failure);
        assertFalse(asked.typed().retrySafe());
        assertTrue(client.connection().reusability().has(Veto.PEER_HALF_CLOSED));
        assertEquals(List.of(CloseReason.PEER_CLOSED_EARLY), client.closed);
        assertEquals(List.of(0), client.endedAt);
        client.assertNothingLeft();
    }

    @Test
    void theServerLeavesAnIdleConnection() {
        peer.serve();
        get();
        peer.send(Http2Peer.response(1, true, 200));
        client.transport.peerEnds();
        client.loop.runTasks();
        assertVetoes(Veto.PEER_HALF_CLOSED, Veto.CLOSED);
        assertEquals(List.of(CloseReason.COMPLETED), client.closed);
    }

    @Test
    void aRequestThatNeverLeftIsSafeToSendAgain() {
        peer.serve();
        client.transport.peerStopsReading();
        Asked asked = get();
        client.transport.peerResets();
        client.loop.runTasks();
        assertTrue(asked.typed().retrySafe());
        assertVetoes(Veto.INGRESS_ERROR, Veto.CLOSED);
        assertEquals(List.of(CloseReason.PEER_RESET), client.closed);
    }

    @Test
    void oneThatLeftIsNot() {
        peer.serve();
        Asked asked = get();
        client.transport.peerResets();
        client.loop.runTasks();
        assertFalse(asked.typed().retrySafe());
    }
}
