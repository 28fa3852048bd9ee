package dev.millrace.internal.h1;

import static dev.millrace.testkit.Http1Fixture.okText;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.AsyncHandler;
import dev.millrace.http.Body;
import dev.millrace.http.BodyTooLargeException;
import dev.millrace.http.Headers;
import dev.millrace.http.Limits;
import dev.millrace.http.Response;
import dev.millrace.http.Status;
import dev.millrace.http.StatusException;
import dev.millrace.observe.CloseReason;
import dev.millrace.testkit.Http1Fixture;
import dev.millrace.testkit.TestPublisher;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Flow;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** What handlers and the bodies of their responses can do wrong, and blocking handlers. */
class Http1HandlerTest {
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    private static Http1Fixture served(AsyncHandler handler) {
        Http1Fixture f = Http1Fixture.async(handler);
        f.peer().send(GET);
        return f;
    }

    /** In each way a handler can fail. */
    private static List<AsyncHandler> failing(Supplier<Throwable> failure) {
        return List.of(
                r -> sneak(failure.get()),
                r -> CompletableFuture.failedFuture(failure.get()),
                r -> CompletableFuture.failedFuture(new CompletionException(failure.get())),
                r -> CompletableFuture.<Response>failedFuture(failure.get()).thenApply(x -> x));
    }

    @SuppressWarnings("unchecked")
    private static <E extends Throwable> CompletableFuture<Response> sneak(Throwable e) throws E {
        throw (E) e;
    }

    @Test
    void failures() {
        for (Supplier<Throwable> unexpected : List.<Supplier<Throwable>>of(
                () -> new IllegalStateException("oops"),
                () -> new AssertionError("oops"),
                () -> new OutOfMemoryError("not really"),
                () -> new java.io.IOException("oops"))) {
            for (AsyncHandler handler : failing(unexpected)) {
                Http1Fixture f = served(handler);
                assertEquals(500, f.peer().responses().get(0).status());
                assertEquals(
                        "Internal Server Error\n", f.peer().responses().get(0).text(), "no word of the cause");
                assertEquals(1, f.errors().size(), "told once");
                assertSame(unexpected.get().getClass(), f.errors().get(0).getClass());
                f.peer().send(GET);
                assertEquals(2, f.peer().responses().size(), "the connection goes on");
            }
        }
        for (AsyncHandler handler : failing(() -> new StatusException(Status.of(418), "teapot"))) {
            Http1Fixture f = served(handler);
            assertEquals(418, f.peer().responses().get(0).status());
            assertEquals("teapot", f.peer().responses().get(0).text());
            assertTrue(f.errors().isEmpty());
        }
        for (AsyncHandler handler : failing(() -> new BodyTooLargeException(3))) {
            Http1Fixture f = served(handler);
            assertEquals(413, f.peer().responses().get(0).status());
            assertTrue(f.errors().isEmpty());
        }
    }

    @Test
    void noResponse() {
        for (AsyncHandler handler : List.<AsyncHandler>of(
                r -> null,
                r -> CompletableFuture.completedFuture(null),
                r -> CompletableFuture.supplyAsync(() -> null, Runnable::run))) {
            Http1Fixture f = served(handler);
            assertEquals(500, f.peer().responses().get(0).status());
            assertInstanceOf(NullPointerException.class, f.errors().get(0));
        }
    }

    @Test
    void aBlockingHandlerRunsOnTheExecutorAndAnswersOnTheLoop() {
        boolean[] inLoop = {true};
        Http1Fixture[] f = new Http1Fixture[1];
        f[0] = Http1Fixture.builder()
                .blocking(r -> {
                    inLoop[0] = f[0].loop().inLoop();
                    if (r.path().equals("/fail")) {
                        throw new java.io.IOException("oops");
                    }
                    return r.path().equals("/null") ? null : Response.text("x");
                })
                .connect();
        f[0].peer().send(GET + GET.replace("/ ", "/fail ") + GET.replace("/ ", "/null "));
        assertEquals(1, f[0].executor().waiting());
        assertEquals("", f[0].peer().text());
        f[0].executor().runAll();
        assertFalse(inLoop[0]);
        var responses = f[0].peer().responses();
        assertEquals(
                List.of(200, 500, 500), responses.stream().map(r -> r.status()).toList());
        assertEquals(2, f[0].errors().size());
    }

    @Test
    void aHandlerThatBeginsTooLateIsCancelled() {
        boolean[] cancelled = new boolean[1];
        Http1Fixture f = Http1Fixture.builder()
                .blocking(r -> {
                    cancelled[0] = r.cancelled().toCompletableFuture().isDone();
                    return Response.text("x");
                })
                .connect();
        f.peer().send(GET);
        f.advance(dev.millrace.http.Timeouts.defaults().handler().plus(Http1Fixture.TICK));
        assertEquals(503, f.peer().responses().get(0).status());
        f.executor().step();
        assertTrue(cancelled[0]);
    }

    @Test
    void moreHandlersThanAllowedAre503() {
        Http1Fixture f = Http1Fixture.builder()
                .limits(Limits.defaults().withHandlers(1))
                .blocking(r -> Response.text("x"))
                .connect();
        f.peer().send(GET);
        f.executor().runAll();
        f.peer().send(GET);
        f.executor().runAll();
        assertEquals(okText("x") + okText("x"), f.peer().text(), "a place is given back");
        f.executor().refuse();
        f.peer().send(GET);
        var busy = f.peer().responses().get(2);
        assertEquals(503, busy.status());
        assertEquals("1", busy.headers().get("Retry-After"));
        assertFalse(busy.closes());
        f.assertOpen();
    }

    @Test
    void placesAreSharedByTheConnectionsOfAServer() {
        Http1Fixture first =
                Http1Fixture.builder().blocking(r -> Response.text("x")).connect();
        dev.millrace.internal.exchange.Dispatcher dispatcher = dev.millrace.internal.exchange.Dispatcher.blocking(
                r -> Response.text("y"), first.executor(), 2, (r, e) -> {});
        Http1Context context = new Http1Context(
                Limits.defaults(),
                dev.millrace.http.Timeouts.defaults(),
                dispatcher,
                first.loop().clock(),
                "",
                "http",
                new dev.millrace.internal.observer.Observer(
                        new dev.millrace.observe.Metrics().recorder("test"),
                        List.of(),
                        () -> false,
                        (what, error) -> {}));
        List<dev.millrace.testkit.ScriptedPeer> peers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            var transport = new dev.millrace.testkit.MemoryTransport(
                    first.loop(), new dev.millrace.internal.transport.TransportSettings(1000, 1000, 1_000_000_000, 1));
            transport.connect(lower -> new Http1Connection(lower, context));
            peers.add(new dev.millrace.testkit.ScriptedPeer(transport, first.loop()).send(GET));
        }
        assertEquals("", peers.get(0).text());
        assertEquals(503, peers.get(2).responses().get(0).status());
        first.executor().runAll();
        assertEquals("y", peers.get(0).responses().get(0).text());
        assertEquals("y", peers.get(1).responses().get(0).text());
        peers.get(2).send(GET);
        first.executor().runAll();
        assertEquals("y", peers.get(2).responses().get(1).text());
    }

    @Test
    void anUnwritableTransportsPublisherIsNotAsked() {
        TestPublisher publisher = new TestPublisher();
        Http1Fixture f = Http1Fixture.builder()
                .limits(Limits.defaults().withOutboundBuffer(1000))
                .answering(r -> Response.ok("a/b", Body.publisher(publisher)))
                .connect();
        f.peer().send(GET).stopReading();
        int asked = publisher.requests();
        while (publisher.demand() > 0) {
            publisher.give(1000);
        }
        assertEquals(asked, publisher.requests());
        f.peer().read(2000);
        assertEquals(asked, publisher.requests(), "still more than the bound");
        f.peer().read(1500);
        assertEquals(asked + 1, publisher.requests());
        f.peer().readAll();
        publisher.complete();
        assertTrue(f.peer().responses().get(0).complete());
    }

    @Test
    void aPublisherThatGivesTooMuch() {
        TestPublisher publisher = new TestPublisher();
        Http1Fixture f = served(r -> done(Response.ok("a/b", Body.publisher(publisher, 5))));
        publisher.give("123");
        publisher.give("456");
        assertTrue(publisher.cancelled());
        publisher.give("late");
        publisher.complete();
        assertCutOff(f, "123");
    }

    @Test
    void aPublisherThatGivesTooLittle() {
        TestPublisher publisher = new TestPublisher();
        Http1Fixture f = served(r -> done(Response.ok("a/b", Body.publisher(publisher, 5))));
        publisher.give("123");
        publisher.complete();
        publisher.complete();
        publisher.fail(new IllegalStateException("late"));
        assertCutOff(f, "123");
    }

    @Test
    void aPublisherThatFails() {
        TestPublisher publisher = new TestPublisher();
        Http1Fixture f = served(r -> done(Response.ok("a/b", Body.publisher(publisher))));
        CompletableFuture<Void> cancelled = new CompletableFuture<>();
        publisher.give("123");
        publisher.fail(new IllegalStateException("oops"));
        publisher.fail(new IllegalStateException("again"));
        publisher.give("late");
        assertCutOff(f, "123");
        assertFalse(cancelled.isDone());
    }

    @Test
    void anAnswerThatIsThrownTooLateIsNoError() {
        CompletableFuture<Response> response = new CompletableFuture<>();
        Http1Fixture f = served(r -> response);
        f.peer().reset();
        response.completeExceptionally(new StatusException(Status.NOT_FOUND, "no"));
        f.assertClosed(CloseReason.PEER_RESET);
        assertEquals(List.of(), f.errors());
    }

    private static CompletableFuture<Response> done(Response response) {
        return CompletableFuture.completedFuture(response);
    }

    private static void assertCutOff(Http1Fixture f, String content) {
        assertEquals(content, f.peer().responses().get(0).text());
        assertFalse(f.peer().responses().get(0).complete());
        assertEquals(1, f.errors().size());
        f.assertClosed(CloseReason.HANDLER_ERROR);
    }

    @Test
    void aPublisherThatDoesNotWaitToBeAsked() {
        TestPublisher publisher = new TestPublisher();
        Http1Fixture f = served(r -> done(Response.ok("a/b", Body.publisher(publisher))));
        for (int i = 0; i < 10; i++) {
            publisher.give("x");
        }
        assertTrue(publisher.demand() > -10, "is asked nevertheless");
        publisher.complete();
        assertEquals("x".repeat(10), f.peer().responses().get(0).text());
        f.assertOpen();
    }

    @Test
    void publishersThatThrow() {
        List<Flow.Publisher<ByteBuffer>> publishers = List.of(
                subscriber -> {
                    throw new IllegalStateException("subscribe");
                },
                subscriber -> subscriber.onSubscribe(new Flow.Subscription() {
                    @Override
                    public void request(long n) {
                        throw new IllegalStateException("request");
                    }

                    @Override
                    public void cancel() {}
                }));
        for (Flow.Publisher<ByteBuffer> publisher : publishers) {
            Http1Fixture f = served(r -> done(Response.ok("a/b", Body.publisher(publisher))));
            assertEquals(500, f.peer().responses().get(0).status(), "its head is not out yet");
            assertEquals(1, f.errors().size());
            f.assertOpen();
            Http1Fixture deferred = Http1Fixture.answering(r -> Response.ok("a/b", Body.publisher(publisher)));
            deferred.peer()
                    .send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n")
                    .send("hi" + GET);
            assertEquals(500, deferred.peer().responses().get(0).status());
            assertEquals(2, deferred.errors().size());
        }
    }

    @Test
    void aPublisherThatThrowsFromCancel() {
        Http1Fixture f = served(r -> done(Response.ok(
                "a/b",
                Body.publisher(s -> s.onSubscribe(new Flow.Subscription() {
                    @Override
                    public void request(long n) {}

                    @Override
                    public void cancel() {
                        throw new IllegalStateException("cancel");
                    }
                })))));
        f.peer().reset();
        assertEquals(List.of(CloseReason.PEER_RESET), f.closings());
        assertEquals(1, f.loop().reports().size());
    }

    @Test
    void trailersThatThrow() {
        TestPublisher publisher = new TestPublisher();
        Http1Fixture f =
                served(r -> done(Response.ok("a/b", Body.publisher(publisher).withTrailers(() -> {
                    throw new IllegalStateException("oops");
                }))));
        publisher.give("123");
        publisher.complete();
        assertCutOff(f, "123");
    }

    @Test
    void signalsFromAnotherThread() {
        TestPublisher publisher = new TestPublisher();
        Http1Fixture f = Http1Fixture.answering(r -> Response.ok("a/b", Body.publisher(publisher)));
        f.peer().send(GET);
        f.loop().outside(() -> {
            publisher.give("a");
            publisher.give("b");
            publisher.complete();
        });
        assertEquals("", f.peer().text());
        f.loop().runTasks();
        assertEquals("ab", f.peer().responses().get(0).text());
    }

    @Test
    void anEndlessPublisherLeavesOthersTheirTurn() {
        long[] given = new long[1];
        Http1Fixture f = Http1Fixture.answering(r -> Response.ok(
                "a/b",
                Body.publisher(s -> s.onSubscribe(new Flow.Subscription() {
                    @Override
                    public void request(long n) {
                        for (int i = 0; i < n; i++) {
                            given[0] += 1 << 16;
                            s.onNext(ByteBuffer.allocate(1 << 16));
                        }
                    }

                    @Override
                    public void cancel() {}
                }))));
        f.transport().peerSends(GET.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        assertTrue(given[0] >= 1 << 20 && given[0] <= 2 << 20, "" + given[0]);
        assertEquals(1, f.loop().waitingTasks());
        f.transport().peerResets();
        f.loop().runTasks();
        f.assertClosed(CloseReason.PEER_RESET);
    }

    @Test
    void aResponseThatCannotBeginLeavesNoStreamOpen() {
        boolean[] closed = new boolean[1];
        InputStream stream = new ByteArrayInputStream(new byte[9]) {
            @Override
            public void close() {
                closed[0] = true;
            }
        };
        Http1Fixture f =
                served(r -> done(Response.of(Status.OK, Headers.of("Content-Length", "x"), Body.stream(stream))));
        assertEquals(500, f.peer().responses().get(0).status());
        assertTrue(closed[0]);
    }
}
