package dev.millrace.internal.h1;

import static dev.millrace.testkit.Http1Fixture.okText;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Body;
import dev.millrace.http.Headers;
import dev.millrace.http.HttpException;
import dev.millrace.http.Limits;
import dev.millrace.http.MalformedMessageException;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.http.Status;
import dev.millrace.observe.CloseReason;
import dev.millrace.testkit.Http1Fixture;
import dev.millrace.testkit.TestPublisher;
import dev.millrace.testkit.TestSubscriber;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** The content of requests: reading it, not reading it, and what peers do wrong with it. */
class Http1RequestBodyTest {
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    private static String post(int length) {
        return "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + length + "\r\n\r\n";
    }

    private static final String CHUNKED = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    private static final String EXPECT =
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n";
    private static final String CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";

    /** A handler that answers when the test says so. */
    private static final class Later {
        final List<Request> requests = new ArrayList<>();
        final List<CompletableFuture<Response>> responses = new ArrayList<>();

        Http1Fixture connect(Limits limits) {
            return Http1Fixture.builder()
                    .limits(limits)
                    .async(request -> {
                        requests.add(request);
                        CompletableFuture<Response> response = new CompletableFuture<>();
                        responses.add(response);
                        return response;
                    })
                    .connect();
        }

        Http1Fixture connect() {
            return connect(Limits.defaults());
        }

        Request request() {
            return requests.get(requests.size() - 1);
        }

        void answer(String text) {
            answer(Response.text(text));
        }

        void answer(Response response) {
            responses.get(responses.size() - 1).complete(response);
        }
    }

    private static Http1Fixture echo() {
        return Http1Fixture.async(r -> r.body().stringAsync(1 << 20).thenApply(Response::text));
    }

    private static Http1Fixture streamingEcho() {
        return Http1Fixture.answering(r -> Response.ok("a/b", r.body()));
    }

    @Test
    void withALength() {
        Http1Fixture f = echo();
        f.peer().send(post(5) + "hel").send("lo" + post(2)).send("yo" + GET);
        assertEquals(okText("hello") + okText("yo") + okText(""), f.peer().text());
    }

    @Test
    void chunkedWithTrailers() {
        Later later = new Later();
        Http1Fixture f = later.connect();
        TestSubscriber reader = TestSubscriber.eager();
        f.peer().send(CHUNKED);
        later.request().body().publisher().subscribe(reader);
        assertThrows(IllegalStateException.class, () -> later.request().body().trailers());
        f.peer().send("5;x=y\r\nhello\r\n1\r\n!\r").send("\n0\r\nChecksum: 7\r\nContent-Length: 9\r\n\r\n" + GET);
        assertEquals("hello!", reader.text());
        assertTrue(reader.complete());
        assertEquals(
                Headers.of("Checksum", "7").toString(),
                later.request().body().trailers().toString());
        later.answer("x");
        assertEquals(2, later.requests.size());
    }

    @Test
    void aPausedReaderGetsOnePieceAndTheRestWaits() {
        Later later = new Later();
        Http1Fixture f = later.connect(Limits.defaults().withInboundBuffer(100));
        TestSubscriber reader = TestSubscriber.paused();
        f.peer().send(post(1000));
        later.request().body().publisher().subscribe(reader);
        for (int i = 0; i < 100; i++) {
            f.peer().send("0123456789");
        }
        assertEquals(0, reader.pieces());
        assertTrue(f.transport().kept() <= 110, "" + f.transport().kept());
        assertEquals(1000, f.transport().kept() + f.transport().onTheWire());
        int before = 0;
        while (!reader.complete()) {
            reader.request(1);
            f.loop().runTasks();
            assertEquals(before + 1, reader.pieces());
            before = reader.pieces();
            assertTrue(f.transport().kept() <= 110, "" + f.transport().kept());
        }
        assertEquals("0123456789".repeat(100), reader.text());
    }

    @Test
    void continueComesWithTheFirstDemand() {
        Later later = new Later();
        Http1Fixture f = later.connect();
        TestSubscriber reader = TestSubscriber.paused();
        f.peer().send(EXPECT);
        later.request().body().publisher().subscribe(reader);
        assertEquals("", f.peer().text());
        reader.request(1);
        assertEquals(CONTINUE, f.peer().text());
        reader.request(1);
        f.peer().send("hello");
        later.answer("x");
        assertEquals(CONTINUE + okText("x"), f.peer().text());
        f.assertOpen();
        f.peer().send(GET);
        assertEquals(2, later.requests.size());
    }

    @Test
    void noContinueWhereTheContentComesUnasked() {
        Later later = new Later();
        Http1Fixture f = later.connect();
        f.peer().send(EXPECT).send("he");
        TestSubscriber reader = TestSubscriber.eager();
        later.request().body().publisher().subscribe(reader);
        f.peer().send("llo");
        later.answer("x");
        assertEquals("hello", reader.text());
        assertEquals(okText("x"), f.peer().text());
        f.assertOpen();
    }

    @Test
    void refusedWithoutReading() {
        Later later = new Later();
        Http1Fixture f = later.connect();
        f.peer().send(EXPECT);
        later.answer(Response.of(Status.of(417)));
        assertEquals(417, f.peer().responses().get(0).status());
        assertTrue(f.peer().responses().get(0).closes(), "nobody can tell whether content or a request comes next");
        f.peer().send("hello" + GET).end();
        assertEquals(1, later.requests.size());
        f.assertClosed(CloseReason.SERVER_CLOSED);
    }

    @Test
    void refusedByAReaderThatNeverAsked() {
        Later later = new Later();
        Http1Fixture f = later.connect();
        f.peer().send(EXPECT);
        TestSubscriber reader = TestSubscriber.paused();
        later.request().body().publisher().subscribe(reader);
        TestPublisher publisher = new TestPublisher();
        later.answer(Response.ok("a/b", Body.publisher(publisher)));
        publisher.give("x");
        reader.request(1);
        publisher.complete();
        f.peer().send(GET).end();
        assertEquals(1, later.requests.size(), "the next bytes are content that was never asked for, or a request");
        assertTrue(f.peer().responses().get(0).closes());
        f.assertClosed(CloseReason.SERVER_CLOSED);
    }

    @Test
    void noContinueToAnOldPeer() {
        Http1Fixture f = echo();
        f.peer()
                .send("POST / HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
                .send("hi");
        assertEquals("hi", f.peer().responses().get(0).text());
        assertEquals(1, f.peer().responses().size());
    }

    @Test
    void anUnreadBodyIsThrownAwayWithinTheBound() {
        Http1Fixture f = Http1Fixture.builder()
                .limits(Limits.defaults().withDiscard(1000))
                .answering(r -> Response.text("x"))
                .connect();
        f.peer().send(post(1000) + "x".repeat(300)).send("x".repeat(700) + GET);
        assertEquals(okText("x") + okText("x"), f.peer().text());
        f.peer().send(CHUNKED).send("3e8\r\n" + "x".repeat(1000) + "\r\n").send("0\r\n\r\n" + GET);
        assertEquals(okText("x").repeat(4), f.peer().text());
        f.assertOpen();
    }

    @Test
    void anUnreadBodyBeyondTheBoundEndsTheConnection() {
        Http1Fixture f = Http1Fixture.builder()
                .limits(Limits.defaults().withDiscard(1000))
                .answering(r -> Response.text("x"))
                .connect();
        f.peer().send(post(1001));
        assertTrue(f.peer().responses().get(0).closes());
        assertTrue(f.transport().outputEnded());
        f.peer().send("x".repeat(1001) + GET);
        assertEquals(1, f.peer().responses().size());
        f.peer().end();
        f.assertClosed(CloseReason.SERVER_CLOSED);
    }

    @Test
    void anUnreadChunkedBodyBeyondTheBoundEndsTheConnection() {
        Http1Fixture f = Http1Fixture.builder()
                .limits(Limits.defaults().withDiscard(1000))
                .answering(r -> Response.text("x"))
                .connect();
        f.peer().send(CHUNKED).send("3e9\r\n" + "x".repeat(1001)).send("\r\n0\r\n\r\n" + GET);
        assertEquals(okText("x"), f.peer().text());
        assertTrue(f.transport().outputEnded());
        f.peer().end();
        f.assertClosed(CloseReason.SERVER_CLOSED);
    }

    @Test
    void anEarlyResponseLingersForAPeerThatWantedTheEndAnyway() {
        for (String request : List.of(
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\nConnection: close\r\n\r\n",
                "POST / HTTP/1.0\r\nContent-Length: 9999\r\n\r\n")) {
            Http1Fixture f = Http1Fixture.answering(r -> Response.text("x"));
            f.peer().send(request);
            assertEquals("x", f.peer().responses().get(0).text());
            assertFalse(f.transport().closed(), "a reset could destroy the response while the peer is sending");
            f.peer().send("x".repeat(9999)).end();
            f.assertClosed(CloseReason.SERVER_CLOSED);
        }
    }

    @Test
    void aReaderHearsThatTheResponseCameFirst() {
        Later later = new Later();
        Http1Fixture f = later.connect();
        f.peer().send(post(10) + "abc");
        TestSubscriber reader = TestSubscriber.eager();
        later.request().body().publisher().subscribe(reader);
        later.answer("x");
        f.peer().send("defghij" + GET);
        assertEquals("abc", reader.text());
        assertInstanceOf(HttpException.class, reader.error());
        assertEquals(2, later.requests.size());
        assertTrue(f.errors().isEmpty());
    }

    @Test
    void oneReaderOnly() {
        Later later = new Later();
        Http1Fixture f = later.connect();
        f.peer().send(post(3));
        TestSubscriber reader = TestSubscriber.eager();
        TestSubscriber second = TestSubscriber.eager();
        later.request().body().publisher().subscribe(reader);
        later.request().body().publisher().subscribe(second);
        assertInstanceOf(IllegalStateException.class, second.error());
        f.peer().send("abc");
        assertEquals("abc", reader.text());
    }

    @Test
    void aReaderMayCancel() {
        Later later = new Later();
        Http1Fixture f = later.connect();
        f.peer().send(post(10) + "abc");
        TestSubscriber reader = TestSubscriber.eager();
        later.request().body().publisher().subscribe(reader);
        reader.cancel();
        f.peer().send("defghij" + GET);
        later.answer("x");
        assertFalse(reader.ended());
        assertEquals(2, later.requests.size());
    }

    @Test
    void badDemandIsTheReadersError() {
        Later later = new Later();
        Http1Fixture f = later.connect();
        f.peer().send(post(3));
        TestSubscriber reader = TestSubscriber.paused();
        later.request().body().publisher().subscribe(reader);
        reader.request(0);
        assertInstanceOf(IllegalArgumentException.class, reader.error());
        f.peer().send("abc" + GET);
        later.answer("x");
        assertEquals(2, later.requests.size());
    }

    @Test
    void aResponseMadeInTheLastSignalIsAnOrdinaryOne() {
        Http1Fixture f = echo();
        f.peer().send("POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi");
        assertEquals("hi", f.peer().responses().get(0).text());
        f.assertClosed(CloseReason.COMPLETED);
    }

    @Test
    void aBodyOverItsReadersBoundIsA413() {
        Http1Fixture f = Http1Fixture.async(r -> r.body().stringAsync(4).thenApply(Response::text));
        f.peer().send(post(5) + "hello" + GET);
        var responses = f.peer().responses();
        assertEquals(413, responses.get(0).status());
        assertEquals(200, responses.get(1).status());
        f.peer().send(CHUNKED + "5\r\nhello\r\n0\r\n\r\n" + GET);
        assertEquals(413, f.peer().responses().get(2).status());
        assertEquals(4, f.peer().responses().size());
        assertTrue(f.errors().isEmpty());
    }

    @Test
    void aChunkedBodyOverTheServersBoundIsALimit() {
        Http1Fixture f = Http1Fixture.builder()
                .limits(Limits.defaults().withBody(4))
                .async(r -> r.body().stringAsync(100).thenApply(Response::text))
                .connect();
        f.peer().send(CHUNKED + "5\r\nhello\r\n0\r\n\r\n" + GET).end();
        assertEquals(413, f.peer().responses().get(0).status());
        assertEquals(1, f.peer().responses().size());
        f.assertClosed(CloseReason.LIMIT_EXCEEDED);
    }

    @Test
    void malformedWhileTheHandlerCollects() {
        Http1Fixture f = echo();
        f.peer().send(CHUNKED + "2\r\nhi\r\n").send("g\r\n" + GET).end();
        assertEquals(400, f.peer().responses().get(0).status());
        assertTrue(f.peer().responses().get(0).closes());
        assertEquals(1, f.peer().responses().size());
        assertTrue(f.errors().isEmpty());
        f.assertClosed(CloseReason.PROTOCOL_ERROR);
    }

    @Test
    void malformedWhileTheHeadIsDeferred() {
        Http1Fixture f = streamingEcho();
        f.peer().send(CHUNKED).send("g\r\n").end();
        assertEquals(400, f.peer().responses().get(0).status());
        f.assertClosed(CloseReason.PROTOCOL_ERROR);
    }

    @Test
    void malformedAfterTheHead() {
        Http1Fixture f = streamingEcho();
        f.peer().send(CHUNKED + "2\r\nhi\r\n");
        f.peer().send("g\r\n" + GET);
        var response = f.peer().responses().get(0);
        assertEquals(200, response.status());
        assertEquals("hi", response.text());
        assertFalse(response.complete(), "must not look complete");
        assertTrue(f.errors().isEmpty());
        f.assertClosed(CloseReason.PROTOCOL_ERROR);
    }

    @Test
    void malformedAndTheHandlerDoesNotMind() {
        Http1Fixture f = Http1Fixture.async(r -> r.body()
                .stringAsync(100)
                .handle((text, error) ->
                        Response.text(error.getCause() instanceof MalformedMessageException ? "bad" : "good")));
        f.peer().send(CHUNKED + "g\r\n" + GET).end();
        assertEquals("bad", f.peer().responses().get(0).text());
        assertTrue(f.peer().responses().get(0).closes(), "the connection ends and says so");
        f.assertClosed(CloseReason.PROTOCOL_ERROR);
    }

    @Test
    void theDeferredHeadComesAfterAMoment() {
        Later later = new Later();
        Http1Fixture f = later.connect();
        f.peer().send(post(5));
        TestPublisher publisher = new TestPublisher();
        later.answer(Response.ok("a/b", Body.publisher(publisher)));
        assertEquals("", f.peer().text());
        f.advance(java.time.Duration.ofMillis(99));
        assertEquals("", f.peer().text());
        f.advance(java.time.Duration.ofMillis(10));
        assertTrue(f.peer().text().startsWith("HTTP/1.1 200 OK\r\n"));
        publisher.give("x");
        publisher.complete();
        f.peer().send("hello" + GET);
        assertEquals(2, later.requests.size());
    }

    @Test
    void streamingEchoKeepsTheConnection() {
        Http1Fixture f = streamingEcho();
        f.peer()
                .send(CHUNKED + "2\r\nhi\r\n")
                .send("3\r\nyou\r\n0\r\nT: 1\r\n\r\n" + post(3))
                .send("abc");
        var responses = f.peer().responses();
        assertEquals("hiyou", responses.get(0).text());
        assertEquals("1", responses.get(0).trailers().get("T"), "trailers pass");
        assertEquals("abc", responses.get(1).text());
        assertEquals("3", responses.get(1).headers().get("Content-Length"));
        f.assertOpen();
    }

    @Test
    void streamingEchoToAPeerThatDoesNotRead() {
        Http1Fixture f = Http1Fixture.builder()
                .limits(Limits.defaults().withOutboundBuffer(1000).withInboundBuffer(1000))
                .answering(r -> Response.ok("a/b", r.body()))
                .connect();
        f.peer().stopReading().send(post(100_000));
        for (int i = 0; i < 1000; i++) {
            f.peer().send("x".repeat(100));
        }
        assertTrue(
                f.transport().mostPending() <= 1000 + 4 * 1100,
                "" + f.transport().mostPending());
        assertTrue(f.transport().kept() <= 1100, "" + f.transport().kept());
        assertTrue(f.transport().onTheWire() > 90_000);
        f.peer().readAll();
        assertEquals("x".repeat(100_000), f.peer().responses().get(0).text());
        assertTrue(
                f.transport().mostPending() <= 1000 + 4 * 1100,
                "" + f.transport().mostPending());
        f.peer().end();
        f.assertClosed(CloseReason.COMPLETED);
    }

    @Test
    void aReaderThatThrowsFailsItsExchange() {
        IllegalStateException failure = new IllegalStateException("oops");
        Later later = new Later();
        Http1Fixture f = later.connect();
        f.peer().send(post(5));
        later.request().body().publisher().subscribe(new java.util.concurrent.Flow.Subscriber<>() {
            @Override
            public void onSubscribe(java.util.concurrent.Flow.Subscription s) {
                s.request(9);
            }

            @Override
            public void onNext(java.nio.ByteBuffer item) {
                throw failure;
            }

            @Override
            public void onError(Throwable t) {}

            @Override
            public void onComplete() {}
        });
        f.peer().send("hello" + GET);
        f.loop().runTasks();
        assertEquals(500, f.peer().responses().get(0).status());
        assertEquals(List.of(failure), f.errors());
        assertEquals(2, later.requests.size(), "the connection goes on");
    }

    @Test
    void aStreamReadByABlockingHandler() throws Exception {
        Thread[] thread = new Thread[1];
        CompletableFuture<Integer> sum = new CompletableFuture<>();
        Http1Fixture f = Http1Fixture.async(r -> {
            CompletableFuture<Response> response = new CompletableFuture<>();
            thread[0] = new Thread(() -> {
                try (InputStream in = r.body().inputStream()) {
                    int total = 0;
                    for (int b = in.read(); b >= 0; b = in.read()) {
                        total += b;
                    }
                    sum.complete(total);
                    response.complete(Response.text("" + total));
                } catch (Throwable e) {
                    response.completeExceptionally(e);
                }
            });
            thread[0].start();
            return response;
        });
        f.peer().send(post(50_000));
        for (int i = 0; i < 50; i++) {
            f.peer().send("\1".repeat(1000));
        }
        f.loop().runTasksUntil(() -> !f.peer().text().isEmpty());
        assertEquals("50000", f.peer().responses().get(0).text());
        thread[0].join();
        assertNull(f.transport().closedFor());
    }
}
