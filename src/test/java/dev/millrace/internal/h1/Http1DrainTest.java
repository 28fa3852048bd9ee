package dev.millrace.internal.h1;

import static dev.millrace.testkit.Http1Fixture.TICK;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Response;
import dev.millrace.http.Timeouts;
import dev.millrace.http.Tunnel;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.observe.CloseReason;
import dev.millrace.testkit.Http1Fixture;
import dev.millrace.testkit.Http2Frame;
import dev.millrace.testkit.Http2Peer;
import dev.millrace.testkit.ParsedResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A stop of the server: what has begun is served and bounded, the last response says so, and nothing escapes. */
class Http1DrainTest {
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    private final List<CompletableFuture<Response>> held = new ArrayList<>();
    private @Nullable Tunnel tunnel;

    private Http1Fixture holding() {
        return Http1Fixture.async(r -> {
            CompletableFuture<Response> response = new CompletableFuture<>();
            held.add(response);
            return response;
        });
    }

    private static Http1Fixture answering(Timeouts timeouts) {
        return Http1Fixture.builder()
                .timeouts(timeouts)
                .async(r -> r.body().stringAsync(1000).thenApply(text -> Response.text(r.path() + " " + text)))
                .connect();
    }

    private static void drain(Http1Fixture f) {
        f.transport().drain();
        f.loop().runTasks();
    }

    private static void answer(Http1Fixture f, CompletableFuture<Response> held, String text) {
        held.complete(Response.text(text));
        f.loop().runTasks();
    }

    /** So many responses came, and the last one alone says that it is. */
    private static List<ParsedResponse> assertLast(Http1Fixture f, int count) {
        List<ParsedResponse> all = f.peer().responses();
        assertEquals(count, all.size());
        for (int i = 0; i < count; i++) {
            assertEquals(i == count - 1, all.get(i).closes(), "response " + i);
        }
        return all;
    }

    @ParameterizedTest
    @ValueSource(strings = {"P", "GET / HTTP/1.1\r\nHo", "PRI * HTTP/2.0\r\n\r\nS"})
    void whatHasBegunGetsTwoSeconds(String begun) {
        Http1Fixture f = answering(Timeouts.defaults());
        f.advance(Duration.ofSeconds(30));
        f.peer().send(begun);
        f.advance(Duration.ofSeconds(5));
        drain(f);
        f.advance(Duration.ofMillis(1999));
        assertEquals("", f.peer().text());
        f.advance(TICK);
        assertEquals(408, assertLast(f, 1).get(0).status());
        f.peer().end();
        f.assertClosed(CloseReason.HEADERS_TIMEOUT);
    }

    @Test
    void orWhatIsLeftOfItsOwnDeadline() {
        Http1Fixture f = answering(Timeouts.defaults().withHeaders(Duration.ofSeconds(3)));
        f.peer().send("P");
        f.advance(Duration.ofMillis(2500));
        drain(f);
        f.advance(Duration.ofMillis(490));
        assertEquals("", f.peer().text());
        f.advance(Duration.ofMillis(20));
        assertEquals(408, assertLast(f, 1).get(0).status());
    }

    @Test
    void aHeadThatIsCompletedInTimeIsServed() {
        Http1Fixture f = answering(Timeouts.defaults());
        f.peer().send("P");
        drain(f);
        f.advance(Duration.ofMillis(1900));
        f.peer().send("UT /late HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n");
        f.advance(Duration.ofSeconds(3));
        f.peer().send("abc");
        f.loop().runTasks();
        assertEquals("/late abc", assertLast(f, 1).get(0).text());
        f.peer().end();
        f.assertClosed(CloseReason.SERVER_CLOSED);
    }

    @Test
    void pipelinedRequestsThatHaveArrivedAreServed() {
        Http1Fixture f = holding();
        f.peer().send(GET + GET).send(GET);
        drain(f);
        for (int i = 0; i < 3; i++) {
            assertEquals(i + 1, held.size());
            answer(f, held.get(i), "n" + i);
        }
        List<ParsedResponse> all = assertLast(f, 3);
        assertEquals("n2", all.get(2).text());
        f.peer().end();
        f.assertClosed(CloseReason.SERVER_CLOSED);
    }

    @Test
    void pipelinedRequestsOfWhichTheLastIsHereInPart() {
        Http1Fixture f = holding();
        f.peer().send(GET + GET + "GET / HT");
        drain(f);
        answer(f, held.get(0), "a");
        answer(f, held.get(1), "b");
        assertFalse(f.peer().responses().get(1).closes());
        f.peer().send("TP/1.1\r\nHost: a\r\n\r\n");
        answer(f, held.get(2), "c");
        assertLast(f, 3);
    }

    @Test
    void aPeerThatPipelinesOnAndOnIsCutShortInOrder() {
        Http1Fixture f = holding();
        f.peer().send(GET + GET + GET);
        drain(f);
        answer(f, held.get(0), "a");
        f.advance(Duration.ofMillis(2001));
        answer(f, held.get(1), "b");
        assertLast(f, 2);
        assertEquals(2, held.size());
    }

    @Test
    void answersAtOnceToAllThatOneReadBrings() {
        Http1Fixture f = answering(Timeouts.defaults());
        f.peer().send("G");
        drain(f);
        f.peer()
                .send("ET /1 HTTP/1.1\r\nHost: a\r\n\r\n" + GET
                        + "POST /3 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nxy" + GET);
        assertEquals("/3 xy", assertLast(f, 4).get(2).text());
        assertTrue(f.transport().outputEnded());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"Content-Length: 5\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"})
    void contentIsNotTakenForAnotherRequest(String rest) {
        Http1Fixture f = answering(Timeouts.defaults());
        f.peer().send("POST / HTTP/1.1\r\nHost: a\r\n");
        drain(f);
        f.peer().send(rest);
        assertEquals("/ hello", assertLast(f, 1).get(0).text());
    }

    @Test
    void aResponseThatHadBegunIsTheLastAllTheSame() {
        Http1Fixture f = Http1Fixture.answering(r -> Response.text("x".repeat(1000)));
        f.peer().stopReading().send(GET);
        drain(f);
        f.assertOpen();
        f.peer().readAll();
        assertEquals(1, f.peer().responses().size());
        f.assertClosed(CloseReason.DRAINED);
    }

    @Test
    void lingeringTakesASecondAtMost() {
        Http1Fixture before = answering(Timeouts.defaults());
        before.peer()
                .send("GET / HTTP/1.1\r\nHost: a\r\n\r\n".replace("a\r\n\r\n", "a\r\n")
                        + "X: y\r\nConnection: x, close\r\n\r\n");
        before.assertClosed(CloseReason.COMPLETED); // the peer knows, nothing to linger for
        Http1Fixture f = Http1Fixture.answering(r -> Response.text("x").withHeader("Connection", "close"));
        f.peer().send(GET);
        f.advance(Duration.ofSeconds(1));
        drain(f);
        f.advance(Duration.ofMillis(990));
        f.assertOpen();
        f.advance(Duration.ofMillis(20));
        f.assertClosed(CloseReason.SERVER_CLOSED);
        Http1Fixture after = holding();
        after.peer().send(GET);
        drain(after);
        after.advance(Duration.ofSeconds(5));
        answer(after, held.get(0), "x");
        after.advance(Duration.ofMillis(990));
        after.assertOpen();
        after.advance(Duration.ofMillis(20));
        after.assertClosed(CloseReason.SERVER_CLOSED);
    }

    @Test
    void lingeringWithoutAStopIsAsLongAsItWas() {
        Http1Fixture f = Http1Fixture.answering(r -> Response.text("x").withHeader("Connection", "close"));
        f.peer().send(GET);
        f.advance(Duration.ofMillis(4990));
        f.assertOpen();
        f.advance(Duration.ofMillis(20));
        f.assertClosed(CloseReason.SERVER_CLOSED);
    }

    @Test
    void aConnectionThatTurnsOutToBeHttp2LeavesAsOne() {
        Http1Fixture f = answering(Timeouts.defaults());
        Http2Peer peer = f.http2();
        peer.send("PRI * HTTP/2.0\r\n\r\nS".getBytes(StandardCharsets.US_ASCII));
        drain(f);
        peer.send("M\r\n\r\n".getBytes(StandardCharsets.US_ASCII), Http2Peer.settings());
        assertEquals(1, peer.frames(Http2Frame.GOAWAY).size());
        peer.send(Http2Peer.request(1, true, "GET", "/two"));
        peer.frame(
                Http2Frame.PING,
                Http2Frame.ACK,
                0,
                peer.frames(Http2Frame.PING).get(0).payload());
        assertEquals("/two ", peer.text(1));
        assertEquals(1, peer.frames(Http2Frame.GOAWAY).get(1).intAt(0));
        f.peer().end();
        f.assertClosed(CloseReason.DRAINED);
    }

    private Http1Fixture tunnelling() {
        return Http1Fixture.answering(r -> Response.switchingProtocols("echo", opened -> tunnel = opened));
    }

    @Test
    void aTunnelIsTold() {
        Http1Fixture f = tunnelling();
        f.peer().send("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n");
        f.loop().runTasks();
        CompletableFuture<Void> told = tunnel.draining().toCompletableFuture();
        assertFalse(told.isDone());
        drain(f);
        assertTrue(told.isDone());
        f.advance(Duration.ofMinutes(10));
        f.assertOpen();
        tunnel.close();
        f.assertClosed(CloseReason.UPGRADED);
    }

    @Test
    void aTunnelThatIsOpenedDuringAStopIsTold() {
        Http1Fixture f = tunnelling();
        f.peer().send("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: ec");
        drain(f);
        f.peer().send("ho\r\n\r\n");
        f.loop().runTasks();
        assertTrue(tunnel.draining().toCompletableFuture().isDone());
        tunnel.close();
        f.assertClosed(CloseReason.UPGRADED);
    }
}
