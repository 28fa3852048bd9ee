package dev.millrace.internal.h1;

import static dev.millrace.testkit.Http1Fixture.DATE;
import static dev.millrace.testkit.Http1Fixture.okText;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Body;
import dev.millrace.http.Headers;
import dev.millrace.http.Limits;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.http.Status;
import dev.millrace.observe.CloseReason;
import dev.millrace.testkit.Http1Fixture;
import dev.millrace.testkit.TestPublisher;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How responses are framed, when a connection persists, and that responses come in the order of requests. */
class Http1ResponseTest {
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    private static Response echoPath(Request request) {
        return Response.text(request.path());
    }

    @Test
    void anExchangeByteForByte() {
        Http1Fixture f = Http1Fixture.answering(Http1ResponseTest::echoPath);
        f.peer().send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
        assertEquals(okText("/x"), f.peer().text());
        f.assertOpen();
        f.peer().send("GET /y HTTP/1.1\r\nHost: a\r\n\r\n");
        assertEquals(okText("/x") + okText("/y"), f.peer().text());
        f.peer().end();
        f.assertClosed(CloseReason.COMPLETED);
    }

    @Test
    void pipelinedResponsesComeInOrder() {
        List<CompletableFuture<Response>> waiting = new ArrayList<>();
        Http1Fixture f = Http1Fixture.async(request -> {
            CompletableFuture<Response> response = new CompletableFuture<>();
            waiting.add(response);
            return response;
        });
        f.peer().send(GET + GET).send(GET);
        assertEquals(1, waiting.size(), "one request at a time");
        waiting.get(0).complete(Response.text("1"));
        assertEquals(2, waiting.size());
        assertEquals(okText("1"), f.peer().text());
        f.loop().outside(() -> waiting.get(1).complete(Response.text("2")));
        f.loop().runTasks();
        assertEquals(3, waiting.size());
        waiting.get(2).complete(Response.text("3"));
        assertEquals(okText("1") + okText("2") + okText("3"), f.peer().text());
    }

    @Test
    void aThousandPipelinedInOneWrite() {
        Http1Fixture f = Http1Fixture.answering(Http1ResponseTest::echoPath);
        StringBuilder requests = new StringBuilder();
        for (int i = 0; i < 1000; i++) {
            requests.append("GET /").append(i).append(" HTTP/1.1\r\nHost: a\r\n\r\n");
        }
        f.peer().send(requests.toString());
        var responses = f.peer().responses();
        assertEquals(1000, responses.size());
        for (int i = 0; i < 1000; i++) {
            assertEquals("/" + i, responses.get(i).text());
        }
    }

    @Test
    void aPeerThatAsksAndDoesNotReadIsNotReadEither() {
        List<String> seen = new ArrayList<>();
        Http1Fixture f = Http1Fixture.builder()
                .limits(Limits.defaults().withOutboundBuffer(1000).withInboundBuffer(1000))
                .answering(request -> {
                    seen.add(request.path());
                    return Response.text("x".repeat(600));
                })
                .connect();
        f.peer().stopReading();
        for (int i = 0; i < 100; i++) {
            f.peer().send(GET);
        }
        assertEquals(2, seen.size());
        assertTrue(
                f.transport().kept() < 1000 + GET.length(),
                "read ahead: " + f.transport().kept());
        assertEquals(98L * GET.length(), f.transport().kept() + f.transport().onTheWire());
        f.peer().readAll();
        assertEquals(100, f.peer().responses().size());
        f.peer().end();
        f.assertClosed(CloseReason.COMPLETED);
    }

    @Test
    void keepAliveRules() {
        assertPersistence("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "", true);
        assertPersistence("GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n", "", true);
        assertPersistence("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "Connection: close\r\n", false);
        assertPersistence("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n", "Connection: close\r\n", false);
        assertPersistence("GET / HTTP/1.0\r\n\r\n", "Connection: close\r\n", false);
        assertPersistence("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "Connection: keep-alive\r\n", true);
        assertPersistence("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", "Connection: close\r\n", false);
    }

    private static void assertPersistence(String request, String connectionLine, boolean persists) {
        Http1Fixture f = Http1Fixture.answering(r -> Response.of(Status.OK));
        f.peer().send(request);
        assertEquals(
                "HTTP/1.1 200 OK\r\n" + DATE + "Content-Length: 0\r\n" + connectionLine + "\r\n",
                f.peer().text());
        if (persists) {
            f.assertOpen();
            f.peer().send(request);
            assertEquals(2, f.peer().responses().size());
        } else {
            f.assertClosed(CloseReason.COMPLETED);
        }
    }

    @Test
    void aHandlerMayAskForTheEnd() {
        Http1Fixture f = Http1Fixture.answering(
                r -> Response.of(Status.OK).withHeader("Connection", "close").withHeader("Transfer-Encoding", "gzip"));
        f.peer().send(GET + GET);
        assertEquals(
                "HTTP/1.1 200 OK\r\n" + DATE + "Content-Length: 0\r\nConnection: close\r\n\r\n",
                f.peer().text());
        assertTrue(f.transport().outputEnded(), "lingers with its own direction ended");
        f.assertOpen();
        f.peer().end();
        f.assertClosed(CloseReason.SERVER_CLOSED);
    }

    @Test
    void statusesAndMethodsWithoutContent() {
        Http1Fixture f = Http1Fixture.answering(r -> switch (r.path()) {
            case "/204" -> Response.of(Status.NO_CONTENT, Headers.empty(), Body.of("x"));
            case "/304" -> Response.of(Status.NOT_MODIFIED, Headers.of("ETag", "\"1\""), Body.empty());
            case "/304len" -> Response.of(Status.NOT_MODIFIED, Headers.of("Content-Length", "7"), Body.empty());
            case "/unknown" -> Response.ok("a/b", Body.publisher(new TestPublisher()));
            default -> Response.text("1234567");
        });
        f.peer()
                .send("GET /204 HTTP/1.1\r\nHost: a\r\n\r\n")
                .send("GET /304 HTTP/1.1\r\nHost: a\r\n\r\n")
                .send("GET /304len HTTP/1.1\r\nHost: a\r\n\r\n")
                .send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
                .send("HEAD /unknown HTTP/1.1\r\nHost: a\r\n\r\n")
                .send("HEAD /204 HTTP/1.1\r\nHost: a\r\n\r\n")
                .send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        assertEquals(
                "HTTP/1.1 204 No Content\r\n" + DATE + "\r\n"
                        + "HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n" + DATE + "\r\n"
                        + "HTTP/1.1 304 Not Modified\r\n" + DATE + "Content-Length: 7\r\n\r\n"
                        + okText("1234567").replaceFirst("1234567$", "")
                        + "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\n" + DATE + "Transfer-Encoding: chunked\r\n\r\n"
                        + "HTTP/1.1 204 No Content\r\n" + DATE + "\r\n"
                        + okText("1234567"),
                f.peer().text());
    }

    @Test
    void abandonedContentIsClosed() {
        boolean[] closed = new boolean[1];
        InputStream stream = new ByteArrayInputStream(new byte[9]) {
            @Override
            public void close() {
                closed[0] = true;
            }
        };
        TestPublisher publisher = new TestPublisher();
        List<Body> bodies = new ArrayList<>(List.of(Body.stream(stream), Body.publisher(publisher)));
        Http1Fixture f = Http1Fixture.answering(r -> Response.ok("a/b", bodies.remove(0)));
        f.peer().send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\nHEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
        assertTrue(closed[0]);
        assertTrue(publisher.cancelled());
    }

    @Test
    void theHeadOfAStreamWaitsAMomentForItsFirstBytes() {
        TestPublisher publisher = new TestPublisher();
        Http1Fixture f = Http1Fixture.answering(r -> Response.ok("a/b", Body.publisher(publisher)));
        f.peer().send(GET);
        f.advance(Duration.ofMillis(99));
        assertEquals("", f.peer().text());
        f.advance(Http1Fixture.TICK.plusMillis(1));
        assertTrue(f.peer().text().endsWith("Transfer-Encoding: chunked\r\n\r\n"));
        publisher.complete();
        assertTrue(f.peer().responses().get(0).complete());
        f.assertOpen();
    }

    @Test
    void aStreamThatFailsBeforeItsFirstByteIsAnsweredByAnError() {
        TestPublisher publisher = new TestPublisher();
        Http1Fixture f = Http1Fixture.answering(r -> Response.ok("a/b", Body.publisher(publisher)));
        f.peer().send(GET);
        publisher.fail(new IllegalStateException("oops"));
        assertEquals(500, f.peer().responses().get(0).status());
        assertEquals(1, f.errors().size());
        f.assertOpen();
    }

    @Test
    void chunkedWithTrailers() {
        TestPublisher publisher = new TestPublisher();
        Http1Fixture f = Http1Fixture.answering(r -> Response.ok(
                "a/b", Body.publisher(publisher).withTrailers(() -> Headers.of("Checksum", "7", "x", "y"))));
        f.peer().send(GET);
        String head = "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\n" + DATE + "Transfer-Encoding: chunked\r\n\r\n";
        assertEquals("", f.peer().text(), "leaves with the first bytes");
        publisher.give("hello");
        publisher.give("x".repeat(16));
        publisher.give("");
        publisher.give("y".repeat(300));
        assertEquals(
                head + "5\r\nhello\r\n10\r\n" + "x".repeat(16) + "\r\n12c\r\n" + "y".repeat(300) + "\r\n",
                f.peer().text(),
                "an empty piece must not look like the end");
        publisher.complete();
        assertTrue(f.peer().text().endsWith("y\r\n0\r\nChecksum: 7\r\nx: y\r\n\r\n"));
        f.peer().send(GET.replace("GET", "HEAD"));
        assertEquals(2, f.peer().responses().size());
    }

    @Test
    void publishedWithALength() {
        TestPublisher publisher = new TestPublisher();
        Http1Fixture f = Http1Fixture.answering(r -> Response.ok("a/b", Body.publisher(publisher, 7)));
        f.peer().send(GET);
        publisher.give("abc");
        publisher.give("defg");
        publisher.complete();
        assertEquals(
                "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\n" + DATE + "Content-Length: 7\r\n\r\nabcdefg",
                f.peer().text());
        f.assertOpen();
    }

    @Test
    void untilTheCloseToAnOldPeer() {
        TestPublisher publisher = new TestPublisher();
        Http1Fixture f = Http1Fixture.answering(r ->
                Response.ok("a/b", Body.publisher(publisher).withTrailers(() -> Headers.of("Not", "sent"))));
        f.peer().send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        publisher.give("abc");
        assertFalse(f.transport().outputEnded());
        publisher.complete();
        assertEquals(
                "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\n" + DATE + "Connection: close\r\n\r\nabc",
                f.peer().text());
        assertTrue(f.transport().outputEnded());
        f.peer().end();
        f.assertClosed(CloseReason.SERVER_CLOSED);
    }

    @Test
    void aCutOffResponseToAnOldPeerIsReset() {
        TestPublisher publisher = new TestPublisher();
        Http1Fixture f = Http1Fixture.answering(r -> Response.ok("a/b", Body.publisher(publisher)));
        f.peer().send("GET / HTTP/1.0\r\n\r\n");
        publisher.give("abc");
        publisher.fail(new IllegalStateException("oops"));
        assertTrue(f.transport().wasReset(), "an orderly end would look like the whole");
        f.assertClosed(CloseReason.HANDLER_ERROR);
    }

    @Test
    void aFile(@TempDir Path dir) throws Exception {
        Path file = Files.writeString(dir.resolve("f"), "0123456789");
        Http1Fixture f = Http1Fixture.answering(r -> Response.ok("a/b", Body.file(file, 2, 5)));
        f.peer().send(GET);
        assertEquals("23456", f.peer().responses().get(0).text());
        Files.delete(file);
        f.peer().send(GET);
        assertEquals(500, f.peer().responses().get(1).status());
        assertEquals(1, f.errors().size());
    }

    @Test
    void aFileThatHasBecomeShorter(@TempDir Path dir) throws Exception {
        Path file = Files.writeString(dir.resolve("f"), "0123456789");
        Http1Fixture f = Http1Fixture.answering(r -> Response.ok("a/b", Body.file(file, 0, 11)));
        f.peer().send(GET);
        assertFalse(f.peer().responses().get(0).complete());
        f.assertClosed(CloseReason.HANDLER_ERROR);
    }

    @Test
    void aWriterRunsOnTheExecutor() {
        Http1Fixture f = Http1Fixture.answering(r -> Response.ok("a/b", Body.writer(out -> {
            out.write("written".getBytes(StandardCharsets.US_ASCII));
        })));
        f.peer().send(GET);
        f.executor().step();
        assertEquals("written", f.peer().responses().get(0).text());
        assertTrue(f.peer().responses().get(0).complete());
    }

    @Test
    void contentLengthMustAgreeWithTheBody() {
        for (String length : List.of("3", "-1", "x", "")) {
            Http1Fixture f = Http1Fixture.answering(r -> Response.text("1234").withHeader("Content-Length", length));
            f.peer().send(GET);
            assertEquals(500, f.peer().responses().get(0).status(), length);
            assertEquals(1, f.errors().size());
            f.assertOpen();
        }
        Http1Fixture f = Http1Fixture.answering(r -> Response.of(Status.OK).withHeader("Content-Length", "10"));
        f.peer().send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
        assertEquals("10", f.peer().responses("HEAD").get(0).headers().get("Content-Length"));
    }

    @Test
    void interimResponses() {
        CompletableFuture<Response> response = new CompletableFuture<>();
        Request[] seen = new Request[1];
        Http1Fixture f = Http1Fixture.async(r -> {
            seen[0] = r;
            r.inform(Status.of(103), Headers.of("Link", "</s>"));
            return response;
        });
        f.peer().send(GET);
        String early = "HTTP/1.1 103 Early Hints\r\nLink: </s>\r\n\r\n";
        assertEquals(early, f.peer().text());
        f.loop().outside(() -> seen[0].inform(Status.of(103), Headers.of("Link", "</s>")));
        f.loop().runTasks();
        assertEquals(early + early, f.peer().text());
        response.complete(Response.text("x"));
        seen[0].inform(Status.of(103), Headers.empty());
        assertEquals(early + early + okText("x"), f.peer().text(), "too late is dropped");
    }

    @Test
    void noInterimResponseToAnOldPeer() {
        Http1Fixture f = Http1Fixture.answering(r -> {
            r.inform(Status.of(103), Headers.of("Link", "</s>"));
            return Response.text("x");
        });
        f.peer().send("GET / HTTP/1.0\r\n\r\n");
        assertEquals(1, f.peer().responses().size());
    }

    @Test
    void refusedHeadsEndTheConnection() {
        Http1Fixture f = Http1Fixture.answering(Http1ResponseTest::echoPath);
        f.peer().send(GET + "GET / HTTP/1.1\r\nHost : a\r\n\r\n" + GET);
        var responses = f.peer().responses();
        assertEquals(2, responses.size());
        assertEquals(400, responses.get(1).status());
        assertTrue(responses.get(1).closes());
        assertTrue(f.transport().outputEnded());
        f.peer().send("anything").end();
        f.assertClosed(CloseReason.PROTOCOL_ERROR);
    }

    @Test
    void aHeadOverABoundIsALimit() {
        for (String request : List.of(
                "GET /" + "x".repeat(20_000) + " HTTP/1.1\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nx: " + "x".repeat(40_000) + "\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999999999999999\r\n\r\n")) {
            Http1Fixture f = Http1Fixture.answering(Http1ResponseTest::echoPath);
            f.peer().send(request).end();
            int status = f.peer().responses().get(0).status();
            assertTrue(status == 414 || status == 431 || status == 413, "" + status);
            f.assertClosed(CloseReason.LIMIT_EXCEEDED);
        }
    }

    @Test
    void theDateMoves() {
        Http1Fixture f = Http1Fixture.answering(Http1ResponseTest::echoPath);
        f.peer().send(GET);
        f.advance(java.time.Duration.ofMillis(999));
        f.peer().send(GET);
        f.advance(java.time.Duration.ofMillis(1));
        f.peer().send(GET);
        var responses = f.peer().responses();
        assertEquals("Sat, 01 Jan 2000 00:00:00 GMT", responses.get(1).headers().get("Date"));
        assertEquals("Sat, 01 Jan 2000 00:00:01 GMT", responses.get(2).headers().get("Date"));
    }
}
