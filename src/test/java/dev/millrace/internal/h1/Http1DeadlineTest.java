package dev.millrace.internal.h1;

import static dev.millrace.testkit.Http1Fixture.TICK;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Body;
import dev.millrace.http.DeadlineException;
import dev.millrace.http.Initiator;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.http.Timeouts;
import dev.millrace.observe.CloseReason;
import dev.millrace.testkit.Http1Fixture;
import dev.millrace.testkit.TestPublisher;
import dev.millrace.testkit.TestSubscriber;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each deadline of {@link Timeouts}: not before its time, not later than a tick after it, and with its reason. */
class Http1DeadlineTest {
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    private static String post(int length) {
        return "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + length + "\r\n\r\n";
    }

    /** Deadlines that all differ, so that none passes for another; the clock's readings wrap on the way. */
    private static final Timeouts TIMEOUTS = new Timeouts(
            Duration.ofSeconds(11),
            Duration.ofSeconds(61),
            Duration.ofSeconds(31),
            Duration.ofSeconds(20),
            10,
            Duration.ofSeconds(100),
            Duration.ofSeconds(43),
            Duration.ofSeconds(5),
            Duration.ofSeconds(3600),
            Duration.ofSeconds(10),
            Duration.ofSeconds(30),
            Duration.ofSeconds(10));

    private final CompletableFuture<Response> response = new CompletableFuture<>();
    private Request request = Request.builder(dev.millrace.http.Method.GET, "/").build();

    private Http1Fixture later() {
        return Http1Fixture.builder()
                .timeouts(TIMEOUTS)
                .start(Long.MAX_VALUE - 7_000_000_000L)
                .async(r -> {
                    request = r;
                    return response;
                })
                .connect();
    }

    /** Nothing happens within the span, but right after it. */
    private static void assertEnds(Http1Fixture f, Duration span, CloseReason reason) {
        f.advance(span.minusMillis(1));
        f.assertOpen();
        f.advance(TICK);
        f.assertClosed(reason);
    }

    /** After something that was itself up to a tick late. */
    private static void assertEndsLingering(Http1Fixture f, CloseReason reason) {
        f.advance(TIMEOUTS.linger().minus(TICK).minus(TICK));
        f.assertOpen();
        f.advance(TICK.multipliedBy(3));
        f.assertClosed(reason);
    }

    @Test
    void firstByte() {
        Http1Fixture f = later();
        assertEnds(f, TIMEOUTS.firstByte(), CloseReason.FIRST_BYTE_TIMEOUT);
        assertEquals("", f.peer().text());
    }

    @Test
    void headersHoweverTheyTrickle() {
        Http1Fixture f = later();
        byte[] head = (GET.trim() + "\r\nx: y\r\nx: y\r\nx: y\r\nx: y\r\n")
                .getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        for (int i = 0; i < 31; i++) {
            f.peer().send(new byte[] {head[i]});
            f.advance(Duration.ofMillis(i == 30 ? 999 : 1000));
        }
        assertEquals("", f.peer().text());
        f.advance(TICK);
        assertEquals(408, f.peer().responses().get(0).status());
        assertTrue(f.peer().responses().get(0).closes());
        assertEndsLingering(f, CloseReason.HEADERS_TIMEOUT);
    }

    @Test
    void idle() {
        Http1Fixture f = Http1Fixture.builder()
                .timeouts(TIMEOUTS)
                .answering(r -> Response.text("x"))
                .connect();
        for (int i = 0; i < 3; i++) {
            f.peer().send(GET);
            f.advance(Duration.ofSeconds(42));
        }
        f.peer().send(GET);
        assertEnds(f, TIMEOUTS.keepAliveIdle(), CloseReason.IDLE_TIMEOUT);
        assertEquals(4, f.peer().responses().size());
    }

    @Test
    void handler() {
        Http1Fixture f = later();
        f.peer().send(GET + GET);
        CompletableFuture<Void> cancelled = request.cancelled().toCompletableFuture();
        f.advance(TIMEOUTS.handler().minusMillis(1));
        assertEquals("", f.peer().text());
        assertFalse(cancelled.isDone());
        f.advance(TICK);
        assertEquals(503, f.peer().responses().get(0).status());
        assertTrue(f.peer().responses().get(0).closes());
        assertTrue(cancelled.isDone());
        TestPublisher late = new TestPublisher();
        response.complete(Response.ok("a/b", Body.publisher(late)));
        assertTrue(late.cancelled());
        assertEndsLingering(f, CloseReason.HANDLER_TIMEOUT);
        assertEquals(1, f.peer().responses().size());
    }

    @Test
    void handlerThatReadsNothingOfABody() {
        Http1Fixture f = later();
        f.peer().send(post(5) + "hello");
        TestSubscriber reader = TestSubscriber.paused();
        request.body().publisher().subscribe(reader);
        f.advance(TIMEOUTS.handler().plus(TICK));
        assertEquals(503, f.peer().responses().get(0).status());
        DeadlineException error = assertInstanceOf(DeadlineException.class, reader.error());
        assertEquals(Initiator.LOCAL, error.initiator());
        f.peer().end();
        f.assertClosed(CloseReason.HANDLER_TIMEOUT);
    }

    @Test
    void aHandlersTimeDoesNotRunWhileThePeerIsWaitedFor() {
        Http1Fixture f = later();
        f.peer().send(post(100_000));
        TestSubscriber reader = TestSubscriber.paused();
        request.body().publisher().subscribe(reader);
        for (int i = 0; i < 30; i++) { // 300 s in all
            reader.request(1);
            f.advance(Duration.ofSeconds(9));
            f.peer().send("x".repeat(300));
            f.advance(Duration.ofSeconds(1));
        }
        f.assertOpen();
        assertEquals("", f.peer().text());
        assertEquals(30, reader.pieces());
        f.advance(TIMEOUTS.handler().minusSeconds(1).minusMillis(1));
        assertEquals("", f.peer().text());
        f.advance(TICK);
        assertEquals(503, f.peer().responses().get(0).status());
    }

    @Test
    void aStreamingHandlerThatMovesHasAllTheTimeItWants() {
        Http1Fixture f = later();
        TestPublisher publisher = new TestPublisher();
        f.peer().send(GET);
        response.complete(Response.ok("a/b", Body.publisher(publisher)));
        for (int i = 0; i < 10; i++) {
            f.advance(TIMEOUTS.handler().minusMillis(1));
            publisher.give("x");
            f.assertOpen();
        }
        f.advance(TIMEOUTS.handler().minusMillis(1));
        f.assertOpen();
        f.advance(TICK);
        assertTrue(publisher.cancelled());
        f.assertClosed(CloseReason.HANDLER_TIMEOUT);
        assertFalse(f.peer().responses().get(0).complete());
        assertTrue(f.errors().isEmpty());
    }

    @Test
    void aBodyThatDoesNotCome() {
        Http1Fixture f = later();
        f.peer().send(post(1000));
        TestSubscriber reader = TestSubscriber.eager();
        request.body().publisher().subscribe(reader);
        f.advance(TIMEOUTS.progressWindow().minusMillis(1));
        assertFalse(reader.ended());
        f.advance(TICK);
        DeadlineException error = assertInstanceOf(DeadlineException.class, reader.error());
        assertEquals(Initiator.PEER, error.initiator());
        response.completeExceptionally(error);
        assertEquals(408, f.peer().responses().get(0).status());
        assertTrue(f.errors().isEmpty());
        assertEnds(f, TIMEOUTS.linger(), CloseReason.BODY_TIMEOUT);
    }

    @Test
    void aBodyThatTrickles() {
        for (TestSubscriber reader : new TestSubscriber[] {TestSubscriber.eager(), TestSubscriber.oneByOne()}) {
            Http1Fixture f = later();
            f.peer().send(post(100_000));
            request.body().publisher().subscribe(reader);
            // just enough in each window: 20 s × 10 B/s
            for (int i = 0; i < 40; i++) {
                f.advance(Duration.ofSeconds(5));
                f.peer().send("x".repeat(50));
            }
            assertFalse(reader.ended());
            // too little
            for (int i = 0; i < 45 && !reader.ended(); i++) {
                f.advance(Duration.ofSeconds(1));
                f.peer().send("x".repeat(9));
            }
            assertInstanceOf(DeadlineException.class, reader.error());
        }
    }

    @Test
    void aBodyThatIsThrownAwayAndTrickles() {
        Http1Fixture f = later();
        f.peer().send(post(1000));
        response.complete(Response.text("x"));
        for (int i = 0; i < 19; i++) {
            f.advance(Duration.ofSeconds(1));
            f.peer().send("x");
        }
        f.assertOpen();
        f.advance(Duration.ofSeconds(1).plus(TICK));
        assertTrue(f.transport().outputEnded());
        assertEndsLingering(f, CloseReason.BODY_TIMEOUT);
    }

    @Test
    void aSlowReaderOfABodyHasNoWindow() {
        Http1Fixture f = later();
        f.peer().send(post(1000));
        TestSubscriber reader = TestSubscriber.paused();
        request.body().publisher().subscribe(reader);
        f.advance(TIMEOUTS.progressWindow().plusSeconds(10));
        f.assertOpen();
        reader.request(1);
        f.advance(TIMEOUTS.progressWindow().minusMillis(1));
        assertFalse(reader.ended());
        f.advance(TICK);
        assertTrue(reader.ended());
    }

    @Test
    void linger() {
        Http1Fixture f = later();
        f.peer().send(GET);
        response.complete(Response.text("x").withHeader("Connection", "close"));
        f.advance(Duration.ofSeconds(4));
        f.peer().send("what still comes does not prolong it");
        assertEnds(f, Duration.ofSeconds(1), CloseReason.SERVER_CLOSED);
    }

    @Test
    void lingerBeginsWhenTheResponseIsOut() {
        Http1Fixture f = later();
        f.peer().send(GET).stopReading();
        response.complete(Response.text("x".repeat(10_000)).withHeader("Connection", "close"));
        for (int i = 0; i < 10; i++) {
            f.advance(Duration.ofSeconds(4));
            f.peer().read(1000);
        }
        f.assertOpen();
        f.peer().readAll();
        assertTrue(f.peer().responses().get(0).complete());
        f.advance(TIMEOUTS.linger().plus(TICK));
        f.assertClosed(CloseReason.SERVER_CLOSED);
    }

    @Test
    void aFileToASlowPeerIsNotCutOffByLingering(@TempDir Path dir) throws Exception {
        Path file = Files.write(dir.resolve("f"), new byte[100_000]);
        Http1Fixture f = later();
        f.peer().send(GET).stopReading();
        response.complete(Response.ok("a/b", Body.file(file)).withHeader("Connection", "close"));
        for (int i = 0; i < 101; i++) {
            f.advance(Duration.ofSeconds(2));
            f.peer().read(1000);
        }
        assertTrue(f.peer().responses().get(0).complete());
        f.peer().end();
        f.assertClosed(CloseReason.SERVER_CLOSED);
    }

    @Test
    void aPeerThatDoesNotReadTheResponse() {
        Http1Fixture f = later();
        f.peer().send(GET).stopReading();
        response.complete(Response.text("x".repeat(10_000)));
        assertEnds(f, TIMEOUTS.progressWindow(), CloseReason.WRITE_TIMEOUT);
    }

    @Test
    void aPeerThatReadsTooSlowly() {
        Http1Fixture f = later();
        f.peer().send(GET).stopReading();
        TestPublisher publisher = new TestPublisher();
        CompletableFuture<Void> cancelled = request.cancelled().toCompletableFuture();
        response.complete(Response.ok("a/b", Body.publisher(publisher)));
        publisher.give(100_000);
        for (int i = 0; i < 40; i++) {
            f.advance(Duration.ofSeconds(5));
            f.peer().read(50);
        }
        f.assertOpen();
        assertFalse(cancelled.isDone());
        for (int i = 0; i < 45 && !f.transport().closed(); i++) {
            f.advance(Duration.ofSeconds(1));
            if (!f.transport().closed()) {
                f.peer().read(9);
            }
        }
        f.assertClosed(CloseReason.WRITE_TIMEOUT);
        assertTrue(cancelled.isDone());
        assertTrue(publisher.cancelled());
    }

    @Test
    void aHandlersTimeDoesNotRunWhileThePeerReads() {
        Http1Fixture f = later();
        f.peer().send(GET).stopReading();
        TestPublisher publisher = new TestPublisher();
        response.complete(Response.ok("a/b", Body.publisher(publisher)));
        publisher.give(100_000);
        for (int i = 0; i < 200; i++) {
            f.advance(Duration.ofSeconds(1));
            f.peer().read(100);
        }
        f.assertOpen();
        assertFalse(publisher.cancelled());
        f.peer().readAll();
        publisher.complete();
        assertTrue(f.peer().responses().get(0).complete());
    }

    @Test
    void anIdleConnectionWhosePeerIsStillReadingIsNotIdle() {
        Http1Fixture f = later();
        f.peer().send(GET).stopReading();
        response.complete(Response.text("x".repeat(10_000)));
        for (int i = 0; i < 60; i++) {
            f.advance(Duration.ofSeconds(1));
            f.peer().read(100);
        }
        f.assertOpen();
        f.peer().readAll();
        f.advance(TIMEOUTS.keepAliveIdle().multipliedBy(2).plus(TICK));
        f.assertClosed(CloseReason.IDLE_TIMEOUT);
    }

    @Test
    void idleAfterATruncatedUploadIsBounded() {
        Http1Fixture f = later();
        f.peer().send(post(1000) + "x");
        f.advance(Duration.ofSeconds(1000));
        f.loop().runTasks();
        assertTrue(f.transport().closed(), "a handler that does nothing cannot hold the connection");
        f.assertClosed(CloseReason.HANDLER_TIMEOUT);
    }
}
