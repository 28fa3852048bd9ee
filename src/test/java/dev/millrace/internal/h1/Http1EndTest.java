package dev.millrace.internal.h1;

import static dev.millrace.testkit.Http1Fixture.okText;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Body;
import dev.millrace.http.HttpException;
import dev.millrace.http.PeerClosedException;
import dev.millrace.http.Phase;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.observe.CloseReason;
import dev.millrace.testkit.Http1Fixture;
import dev.millrace.testkit.TestPublisher;
import dev.millrace.testkit.TestSubscriber;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Half-closes, resets and drain, in every state. */
class Http1EndTest {
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    private static final String POST = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n";

    private final List<CompletableFuture<Response>> responses = new ArrayList<>();
    private final TestSubscriber reader = TestSubscriber.eager();
    private final TestPublisher publisher = new TestPublisher();
    private @Nullable CompletableFuture<Void> cancelled;

    private Http1Fixture later() {
        return Http1Fixture.async(r -> {
            CompletableFuture<Response> response = new CompletableFuture<>();
            responses.add(response);
            cancelled = r.cancelled().toCompletableFuture();
            if (r.body().length() != 0) {
                r.body().publisher().subscribe(reader);
            }
            return response;
        });
    }

    private boolean cancelled() {
        return cancelled != null && cancelled.isDone();
    }

    private void answer(Response response) {
        responses.get(responses.size() - 1).complete(response);
    }

    // ---- the peer ends its sending

    @Test
    void endBeforeTheFirstByte() {
        Http1Fixture f = later();
        f.peer().end();
        f.assertClosed(CloseReason.PEER_SILENT);
    }

    @Test
    void endInTheHead() {
        Http1Fixture f = later();
        f.peer().send("GET / HT").end();
        assertEquals("", f.peer().text());
        f.assertClosed(CloseReason.TRUNCATED_REQUEST);
    }

    @Test
    void endInTheBody() {
        Http1Fixture f = later();
        f.peer().send(POST + "he").end();
        PeerClosedException error = assertInstanceOf(PeerClosedException.class, reader.error());
        assertEquals(Phase.BODY, error.phase());
        assertFalse(cancelled(), "the peer may still be reading");
        responses.get(0).completeExceptionally(error);
        assertEquals(400, f.peer().responses().get(0).status());
        assertTrue(f.errors().isEmpty());
        f.assertClosed(CloseReason.TRUNCATED_REQUEST);
    }

    @Test
    void endInTheBodyWhileItIsPaused() {
        TestSubscriber paused = TestSubscriber.paused();
        CompletableFuture<Response> response = new CompletableFuture<>();
        Http1Fixture f = Http1Fixture.async(r -> {
            r.body().publisher().subscribe(paused);
            return response;
        });
        f.peer().send(POST + "hello").end();
        assertFalse(paused.ended());
        paused.request(1);
        f.loop().runTasks();
        assertEquals("hello", paused.text());
        assertTrue(paused.complete());
        response.complete(Response.text("x"));
        assertEquals("x", f.peer().responses().get(0).text());
        f.assertClosed(CloseReason.COMPLETED);
    }

    @Test
    void endWhileTheHandlerWorks() {
        Http1Fixture f = later();
        f.peer().send(GET).end();
        assertFalse(cancelled());
        answer(Response.text("x"));
        assertEquals("x", f.peer().responses().get(0).text());
        assertTrue(f.peer().responses().get(0).closes());
        f.assertClosed(CloseReason.COMPLETED);
        assertFalse(cancelled(), "it was served");
    }

    @Test
    void endWhileTheResponseGoesOut() {
        Http1Fixture f = later();
        f.peer().send(GET).stopReading();
        answer(Response.ok("a/b", Body.publisher(publisher)));
        publisher.give(1000);
        f.peer().end();
        publisher.give(1000);
        publisher.complete();
        f.peer().readAll();
        assertEquals(2000, f.peer().responses().get(0).content().length);
        assertTrue(f.peer().responses().get(0).complete());
        f.assertClosed(CloseReason.COMPLETED);
    }

    @Test
    void endAfterPipelinedRequests() {
        Http1Fixture f = later();
        f.peer().send(GET + GET + GET + "GET").end();
        for (int i = 0; i < 3; i++) {
            assertEquals(i + 1, responses.size());
            answer(Response.text("x"));
            f.loop().runTasks();
        }
        assertEquals(okText("x").repeat(3), f.peer().text());
        f.assertClosed(CloseReason.TRUNCATED_REQUEST);
    }

    @Test
    void endBetweenRequests() {
        Http1Fixture f = later();
        f.peer().send(GET);
        answer(Response.text("x"));
        f.peer().end();
        f.assertClosed(CloseReason.COMPLETED);
    }

    @Test
    void endWhileLingeringDoesNotLoseTheResponse() {
        Http1Fixture f = later();
        f.peer().send(GET).stopReading();
        answer(Response.text("x".repeat(1000)).withHeader("Connection", "close"));
        f.peer().end();
        f.peer().readAll();
        assertEquals(1000, f.peer().responses().get(0).content().length);
        f.assertClosed(CloseReason.SERVER_CLOSED);
    }

    @Test
    void lingeringTakesABoundedAmount() {
        Http1Fixture f = Http1Fixture.builder()
                .limits(dev.millrace.http.Limits.defaults().withDiscard(1000))
                .answering(r -> Response.text("x").withHeader("Connection", "close"))
                .connect();
        f.peer().send(GET);
        byte[] piece = new byte[10_000];
        for (int i = 0; i < 25; i++) {
            f.peer().send(piece);
        }
        f.assertOpen();
        f.peer().send(piece);
        f.assertClosed(CloseReason.SERVER_CLOSED);
    }

    // ---- the peer is gone

    @Test
    void resetBeforeTheFirstByte() {
        Http1Fixture f = later();
        f.peer().reset();
        f.assertClosed(CloseReason.PEER_RESET);
    }

    @Test
    void resetInTheHead() {
        Http1Fixture f = later();
        f.peer().send("GET / HT").reset();
        f.assertClosed(CloseReason.PEER_RESET);
    }

    @Test
    void resetInTheBody() {
        Http1Fixture f = later();
        f.peer().send(POST + "he").reset();
        PeerClosedException error = assertInstanceOf(PeerClosedException.class, reader.error());
        assertEquals(Phase.BODY, error.phase());
        assertTrue(cancelled());
        answer(Response.text("late"));
        assertEquals("", f.peer().text());
        assertTrue(f.errors().isEmpty());
        f.assertClosed(CloseReason.PEER_RESET);
    }

    @Test
    void resetWhileTheHandlerWorks() {
        Http1Fixture f = later();
        f.peer().send(GET).reset();
        assertTrue(cancelled());
        answer(Response.ok("a/b", Body.publisher(publisher)));
        assertTrue(publisher.cancelled(), "what it gives too late is cancelled");
        f.assertClosed(CloseReason.PEER_RESET);
    }

    @Test
    void aHandlerThatFailsAfterAReset() {
        Http1Fixture f = later();
        f.peer().send(GET).reset();
        responses.get(0).completeExceptionally(new java.util.concurrent.CancellationException());
        assertTrue(f.errors().isEmpty(), "that is what cancelling is for");
        Http1Fixture other = later();
        other.peer().send(GET).reset();
        responses.get(1).completeExceptionally(new IllegalStateException("a mistake"));
        assertEquals(1, other.errors().size());
    }

    @Test
    void resetWhileTheResponseGoesOut() {
        Http1Fixture f = later();
        f.peer().send(GET);
        answer(Response.ok("a/b", Body.publisher(publisher)));
        publisher.give("x");
        f.peer().reset();
        assertTrue(cancelled());
        assertTrue(publisher.cancelled());
        publisher.give("late");
        publisher.complete();
        f.assertClosed(CloseReason.PEER_RESET);
    }

    @Test
    void resetWhileTheHeadIsDeferred() {
        Http1Fixture f = Http1Fixture.answering(r -> Response.ok("a/b", Body.publisher(publisher)));
        f.peer().send(POST).reset();
        assertTrue(publisher.cancelled());
        f.assertClosed(CloseReason.PEER_RESET);
    }

    @Test
    void resetBetweenRequestsAndWhileLingering() {
        Http1Fixture f = later();
        f.peer().send(GET);
        answer(Response.text("x"));
        f.peer().reset();
        f.assertClosed(CloseReason.PEER_RESET);
        assertFalse(cancelled(), "it was served");
        Http1Fixture lingering = later();
        lingering.peer().send(GET);
        answer(Response.text("x").withHeader("Connection", "close"));
        lingering.peer().reset();
        lingering.assertClosed(CloseReason.PEER_RESET);
    }

    @Test
    void goneWhenItIsWrittenTo() {
        Http1Fixture f = later();
        f.peer().send(GET);
        f.transport().peerVanishes();
        answer(Response.ok("a/b", Body.publisher(publisher)));
        publisher.give("x");
        f.loop().runTasks();
        assertTrue(cancelled());
        assertTrue(publisher.cancelled());
        f.assertClosed(CloseReason.PEER_CLOSED_EARLY);
    }

    @Test
    void aBlockingReaderIsReleasedByAReset() throws Exception {
        CompletableFuture<Throwable> thrown = new CompletableFuture<>();
        Thread[] thread = new Thread[1];
        Http1Fixture f = Http1Fixture.async(r -> {
            thread[0] = new Thread(() -> {
                try {
                    thrown.complete(new AssertionError(new String(r.body().bytes(100), StandardCharsets.US_ASCII)));
                } catch (Throwable e) {
                    thrown.complete(e);
                }
            });
            thread[0].start();
            return new CompletableFuture<>();
        });
        f.peer().send(POST + "he");
        f.transport().peerResets();
        f.loop().runTasksUntil(thrown::isDone);
        assertInstanceOf(HttpException.class, thrown.join());
        thread[0].join();
    }

    // ---- drain

    private void drain(Http1Fixture f) {
        f.transport().drain();
        f.loop().runTasks();
    }

    @Test
    void drainBeforeTheFirstByteAndBetweenRequests() {
        Http1Fixture f = later();
        drain(f);
        f.assertClosed(CloseReason.DRAINED);
        Http1Fixture idle = later();
        idle.peer().send(GET);
        answer(Response.text("x"));
        drain(idle);
        idle.assertClosed(CloseReason.DRAINED);
    }

    @Test
    void drainWhileTheLastResponseIsStillBeingRead() {
        Http1Fixture f = later();
        f.peer().send(GET).stopReading();
        answer(Response.text("x"));
        drain(f);
        f.assertOpen();
        f.peer().readAll();
        assertEquals(okText("x"), f.peer().text());
        f.assertClosed(CloseReason.DRAINED);
    }

    @Test
    void drainInTheHead() {
        Http1Fixture f = later();
        f.peer().send("GET / HT");
        drain(f);
        f.peer().send("TP/1.1\r\nHost: a\r\n\r\n");
        assertServedAndClosed(f, "x");
    }

    @Test
    void drainInTheBody() {
        Http1Fixture f = later();
        f.peer().send(POST + "he");
        drain(f);
        f.peer().send("llo");
        assertEquals("hello", reader.text());
        assertServedAndClosed(f, "x");
    }

    @Test
    void drainWhileTheHandlerWorks() {
        Http1Fixture f = later();
        f.peer().send(GET);
        drain(f);
        assertServedAndClosed(f, "x");
    }

    @Test
    void drainWhileTheResponseGoesOut() {
        Http1Fixture f = later();
        f.peer().send(GET);
        answer(Response.ok("a/b", Body.publisher(publisher)));
        publisher.give("x");
        drain(f);
        publisher.give("y");
        f.assertOpen();
        publisher.complete();
        assertEquals("xy", f.peer().responses().get(0).text());
        assertTrue(f.transport().outputEnded());
        f.peer().end();
        f.assertClosed(CloseReason.SERVER_CLOSED);
    }

    @Test
    void drainWhileLingeringAndAfterTheEnd() {
        Http1Fixture f = later();
        f.peer().send(GET);
        answer(Response.text("x").withHeader("Connection", "close"));
        drain(f);
        f.peer().end();
        f.assertClosed(CloseReason.SERVER_CLOSED);
        drain(f);
        f.assertClosed(CloseReason.SERVER_CLOSED);
    }

    private void assertServedAndClosed(Http1Fixture f, String text) {
        answer(Response.text(text));
        f.loop().runTasks();
        assertEquals(1, f.peer().responses().size());
        assertEquals(text, f.peer().responses().get(0).text());
        assertTrue(f.peer().responses().get(0).closes());
        assertTrue(f.transport().outputEnded());
        f.peer().end();
        f.assertClosed(CloseReason.SERVER_CLOSED);
    }

    @Test
    void whatTheRequestKnows() {
        Request[] seen = new Request[1];
        Http1Fixture f = Http1Fixture.answering(r -> {
            seen[0] = r;
            return Response.text("x");
        });
        f.peer().send("GET http://b:1/p?q HTTP/1.1\r\nHost: b:1\r\nX: y\r\n\r\n");
        assertEquals("b:1", seen[0].authority());
        assertEquals("/p", seen[0].path());
        assertEquals("q", seen[0].query());
        assertEquals("http", seen[0].scheme());
        assertEquals(50_000, seen[0].remoteAddress().getPort());
        assertFalse(seen[0].context().secure());
        assertFalse(seen[0].cancelled().toCompletableFuture().isDone());
    }

    @Test
    void aTargetThatIsSecuredIsNotServedInTheClear() { // RFC 9110 §7.4
        Http1Fixture fixture = Http1Fixture.answering(request -> Response.text(request.scheme()));
        fixture.peer().send("GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n");
        assertTrue(fixture.peer().text().endsWith("http"), fixture.peer().text());
        fixture.peer().send("GET https://a/ HTTP/1.1\r\nHost: a\r\n\r\n");
        assertTrue(
                fixture.peer().text().contains("HTTP/1.1 421 Misdirected Request\r\n"),
                fixture.peer().text());
        fixture.transport().peerEnds();
        fixture.assertClosed(CloseReason.PROTOCOL_ERROR);
    }
}
