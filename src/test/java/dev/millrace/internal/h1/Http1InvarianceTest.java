package dev.millrace.internal.h1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Headers;
import dev.millrace.http.Limits;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.http.Status;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.testkit.Http1Fixture;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import org.junit.jupiter.api.Test;

/** However a conversation is cut, the peer gets the same bytes and the connection ends for the same reason. */
class Http1InvarianceTest {
    private static final String HOST = " HTTP/1.1\r\nHost: a\r\n";
    private static final String GET = "GET /" + HOST + "\r\n";
    private static final String CHUNKED = "POST /collect" + HOST + "Transfer-Encoding: chunked\r\n\r\n";

    private static String post(String path, String fields, String content) {
        return "POST " + path + HOST + fields + "Content-Length: " + content.length() + "\r\n\r\n" + content;
    }

    private static final List<String> CORPUS = List.of(
            GET,
            GET + GET + GET,
            "\r\n\r\n" + GET + "\r\n" + GET,
            GET + "GET /x HTTP/1.0\r\n\r\n" + GET,
            "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + GET,
            "HEAD /" + HOST + "\r\n" + GET,
            "OPTIONS *" + HOST + "\r\nGET http://b:1/p?q HTTP/1.1\r\nHost: a\r\n\r\n",
            GET.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n") + GET,
            post("/collect", "", "hello") + GET,
            post("/collect", "", "") + GET,
            post("/ignore", "", "hello") + GET,
            post("/ignore", "Connection: close\r\n", "hello") + GET,
            post("/ignore", "", "x".repeat(300)) + GET,
            post("/collect", "Expect: 100-continue\r\n", "hello") + GET,
            post("/ignore", "Expect: 100-continue\r\n", "hello") + GET,
            post("/small", "", "0123456789") + GET,
            post("/fail", "", "hello") + GET,
            CHUNKED + "5\r\nhello\r\n0\r\n\r\n" + GET,
            CHUNKED + "2;a=\"b\\\"c\"\r\nhi\r\nA\r\n0123456789\r\n0\r\nT: u\r\nV: w\r\n\r\n" + GET,
            CHUNKED.replace("/collect", "/ignore") + "5\r\nhello\r\n0\r\n\r\n" + GET,
            CHUNKED.replace("/collect", "/small") + "5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n" + GET,
            CHUNKED + "5\r\nhello\r\nxyz\r\n" + GET,
            CHUNKED + "5\r\nhelloX\r\n0\r\n\r\n" + GET,
            CHUNKED + "5\nhello\r\n0\r\n\r\n" + GET,
            CHUNKED + "ffffffffffffffff\r\nhello\r\n0\r\n\r\n" + GET,
            CHUNKED + "0\r\nbad trailer\r\n\r\n" + GET,
            CHUNKED + "0\r\nT: " + "x".repeat(600) + "\r\n\r\n" + GET,
            post("/collect", "", "hel").replace("Content-Length: 3", "Content-Length: 5"),
            CHUNKED + "5\r\nhel",
            "GET / HTTP/1.1\r\nHo",
            "GET / HTTP/2.0\r\n\r\n" + GET,
            "GET  / HTTP/1.1\r\n\r\n",
            GET + "\0\1\2\3\r\n\r\n",
            GET + "GET /" + HOST + "Host: b\r\n\r\n" + GET,
            GET + "GET / HTTP/1.1\r\n\r\n" + GET,
            "POST /" + HOST + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nx" + GET,
            "POST /" + HOST + "Transfer-Encoding: gzip\r\n\r\nx" + GET,
            "POST /" + HOST + "Expect: the-unexpected\r\nContent-Length: 1\r\n\r\nx" + GET,
            "GET /" + "x".repeat(200) + HOST + "\r\n" + GET,
            "GET /" + HOST + "X: " + "y".repeat(600) + "\r\n\r\n" + GET,
            "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\nGET / HTTP/1.1\r\n\r\nraw\0bytes",
            GET + "GET /up" + HOST + "Connection: upgrade\r\nUpgrade: echo\r\n\r\nGET / HTTP/1.1\r\n\r\n",
            "GET /up" + HOST + "Upgrade: echo\r\n\r\n" + GET,
            GET + "GET /early" + HOST + "\r\n" + GET);

    private static CompletionStage<Response> handle(Request request) {
        switch (request.path()) {
            case "/collect":
                return request.body()
                        .stringAsync(1000)
                        .thenApply(text -> Response.text(text
                                + (request.body().hasTrailers()
                                        ? " " + request.body().trailers()
                                        : "")));
            case "/small":
                return request.body().stringAsync(7).thenApply(Response::text);
            case "/fail":
                return CompletableFuture.failedFuture(new IllegalStateException("oops"));
            case "/early":
                request.inform(Status.of(103), Headers.of("Link", "</s>"));
                return done(Response.text("after a hint"));
            case "/up":
                return done(Response.switchingProtocols("echo", Http1InvarianceTest::answerAtTheEnd));
            default:
                if (request.method().equals(dev.millrace.http.Method.CONNECT)) {
                    return done(Response.tunnel(Http1InvarianceTest::answerAtTheEnd));
                }
                return done(Response.text(request.method() + " " + request.target()));
        }
    }

    private static CompletionStage<Response> done(Response response) {
        return CompletableFuture.completedFuture(response);
    }

    private static void answerAtTheEnd(dev.millrace.http.Tunnel tunnel) {
        tunnel.input().publisher().subscribe(new Flow.Subscriber<>() {
            private Flow.@Nullable Subscription subscription;

            @Override
            public void onSubscribe(Flow.Subscription s) {
                subscription = s;
                s.request(1);
            }

            @Override
            public void onNext(ByteBuffer piece) {
                tunnel.write(piece);
                subscription.request(1);
            }

            @Override
            public void onError(Throwable error) {
                tunnel.close();
            }

            @Override
            public void onComplete() {
                tunnel.closeOutput();
            }
        });
    }

    private static Http1Fixture connect() {
        return Http1Fixture.builder()
                .limits(Limits.defaults()
                        .withRequestLine(150)
                        .withHeaderSection(500)
                        .withDiscard(250))
                .async(Http1InvarianceTest::handle)
                .connect();
    }

    private static String outcome(Http1Fixture f) {
        f.peer().end();
        assertFalse(f.closings().isEmpty(), "nothing holds the connection");
        f.assertNothingLeft();
        return f.closings() + "\n" + f.errors() + "\n" + f.peer().text();
    }

    private static String whole(byte[] conversation) {
        Http1Fixture f = connect();
        f.peer().send(conversation);
        return outcome(f);
    }

    @Test
    void cutOnceAnywhere() {
        for (String text : CORPUS) {
            byte[] conversation = text.getBytes(StandardCharsets.ISO_8859_1);
            String expected = whole(conversation);
            for (int cut = 1; cut < conversation.length; cut++) {
                Http1Fixture f = connect();
                f.peer().sendCut(conversation, cut);
                assertEquals(expected, outcome(f), "cut at " + cut + " of " + text);
            }
        }
    }

    @Test
    void byteByByte() {
        for (String text : CORPUS) {
            byte[] conversation = text.getBytes(StandardCharsets.ISO_8859_1);
            Http1Fixture f = connect();
            f.peer().sendBytewise(conversation);
            assertEquals(whole(conversation), outcome(f), text);
        }
    }

    @Test
    void cutAtRandom() {
        for (int seed = 0; seed < 1000; seed++) {
            Random random = new Random(seed);
            byte[] conversation = CORPUS.get(random.nextInt(CORPUS.size())).getBytes(StandardCharsets.ISO_8859_1);
            Http1Fixture f = connect();
            f.peer().sendRandomly(conversation, random);
            assertEquals(whole(conversation), outcome(f), "seed " + seed);
        }
    }

    @Test
    void readSlowlyAtRandom() {
        for (int seed = 0; seed < 1000; seed++) {
            Random random = new Random(seed);
            byte[] conversation = CORPUS.get(random.nextInt(CORPUS.size())).getBytes(StandardCharsets.ISO_8859_1);
            Http1Fixture f = connect();
            f.peer().stopReading();
            int from = 0;
            while (from < conversation.length) {
                int to = Math.min(conversation.length, from + 1 + random.nextInt(40));
                f.peer().send(java.util.Arrays.copyOfRange(conversation, from, to));
                if (random.nextBoolean()) {
                    f.peer().read(random.nextInt(100));
                }
                from = to;
            }
            if (random.nextBoolean()) {
                f.peer().end();
            }
            f.peer().readAll();
            assertEquals(whole(conversation), outcome(f), "seed " + seed);
        }
    }

    @Test
    void theCorpusHasBothKinds() {
        long refused = CORPUS.stream()
                .filter(text ->
                        whole(text.getBytes(StandardCharsets.ISO_8859_1)).contains("PROTOCOL_ERROR"))
                .count();
        assertTrue(refused > 10 && refused < CORPUS.size() - 10, "" + refused);
    }
}
