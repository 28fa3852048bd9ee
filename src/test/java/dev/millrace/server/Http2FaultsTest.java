package dev.millrace.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Body;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.observe.ConnectionInfo;
import dev.millrace.observe.ConnectionListener;
import dev.millrace.testkit.Http1Fixture;
import dev.millrace.testkit.Http2Peer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a user's code throws over HTTP/2 costs its own stream: a 500 or a reset, and the connection goes on. */
@Timeout(120)
class Http2FaultsTest {
    private static final int INTERNAL_ERROR = 2;

    static Stream<Throwable> throwables() {
        return FaultsTest.throwables();
    }

    private static CompletionStage<Response> fine() {
        return CompletableFuture.completedFuture(Response.text("fine"));
    }

    /** Stream 1 got 500, the hook heard of it, and stream 3 is served. */
    private static void assertAnswered(Http1Fixture fixture, Throwable error) {
        Http2Peer peer = fixture.http2();
        assertEquals("500", peer.status(1));
        assertTrue(peer.ended(1));
        assertSame(error, fixture.errors().get(0));
        assertServes(fixture);
    }

    private static void assertServes(Http1Fixture fixture) {
        assertEquals(1, fixture.errors().size(), () -> fixture.errors().toString());
        Http2Peer peer = fixture.http2();
        peer.send(Http2Peer.request(3, true, "GET", "/fine"));
        fixture.executor().runAll();
        assertEquals("200", peer.status(3));
        assertEquals("fine", peer.text(3));
        assertEquals(-1, peer.goAwayCode());
        fixture.assertOpen();
        fixture.assertNothingReported();
    }

    @ParameterizedTest
    @MethodSource("throwables")
    void aBlockingHandler(Throwable error) {
        Http1Fixture fixture = Http1Fixture.builder()
                .blocking(r -> r.path().equals("/fine") ? Response.text("fine") : FaultsTest.thrown(error))
                .connect();
        fixture.http2().open().send(Http2Peer.request(1, true, "GET", "/bad"));
        fixture.executor().runAll();
        assertAnswered(fixture, error);
    }

    @ParameterizedTest
    @MethodSource("throwables")
    void anAsynchronousHandlerAndItsStage(Throwable error) {
        for (String path : List.of("/throws", "/fails")) {
            Http1Fixture fixture = Http1Fixture.async(r -> switch (r.path()) {
                case "/fine" -> fine();
                case "/throws" -> CompletableFuture.completedFuture(FaultsTest.thrown(error));
                default -> CompletableFuture.failedFuture(error);
            });
            fixture.http2().open().send(Http2Peer.request(1, true, "GET", path));
            assertAnswered(fixture, error);
        }
    }

    @ParameterizedTest
    @MethodSource("throwables")
    void aBodysPublisherAndItsWriter(Throwable error) {
        for (String path : List.of("/subscribe", "/write", "/request")) {
            Http1Fixture fixture = Http1Fixture.async(r -> {
                if (r.path().equals("/fine")) {
                    return fine();
                }
                Body body = path.equals("/write")
                        ? Body.writer(out -> FaultsTest.thrown(error))
                        : Body.publisher(new FaultsTest.Throwing(error, path.equals("/subscribe")));
                return CompletableFuture.completedFuture(Response.ok("text/plain", body));
            });
            fixture.http2().open().send(Http2Peer.request(1, true, "GET", path));
            fixture.executor().runAll();
            if (path.equals("/request")) { // the response has begun
                assertEquals(INTERNAL_ERROR, fixture.http2().resetCode(1));
                assertFalse(fixture.http2().ended(1));
                assertSame(error, fixture.errors().get(0));
                assertServes(fixture);
            } else {
                assertAnswered(fixture, error);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("throwables")
    void aReaderOfContent(Throwable error) {
        for (String path : List.of("/subscribe", "/next", "/complete")) {
            Http1Fixture fixture = Http1Fixture.async(r -> {
                if (r.path().equals("/fine")) {
                    return fine();
                }
                r.body().publisher().subscribe(new FaultsTest.Reader(error, r.path()));
                return new CompletableFuture<>();
            });
            fixture.http2().open().send(Http2Peer.request(1, false, "POST", path), Http2Peer.data(1, true, "hello"));
            assertAnswered(fixture, error);
        }
    }

    @ParameterizedTest
    @MethodSource("throwables")
    @SuppressWarnings("try") // closing is part of what is tested
    void theHooksThemselves(Throwable error) throws Exception {
        try (HttpServer server = HttpServer.builder()
                        .http(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                        .loops(1)
                        .handler(r -> r.path().equals("/fine") ? Response.text("fine") : FaultsTest.thrown(error))
                        .onError((request, failure) -> FaultsTest.thrown(error))
                        .connectionListener(new ConnectionListener() {
                            @Override
                            public void opened(ConnectionInfo connection) {
                                FaultsTest.thrown(error);
                            }

                            @Override
                            public void requestStarted(ConnectionInfo connection, Request request) {
                                FaultsTest.thrown(error);
                            }
                        })
                        .start();
                Client client = new Client(server.port())) {
            client.send(latin1(Http2Peer.PREFACE)
                    + latin1(Http2Peer.settings())
                    + latin1(Http2Peer.request(1, true, "GET", "/bad"))
                    + latin1(Http2Peer.request(3, true, "GET", "/fine")));
            StringBuilder come = new StringBuilder();
            byte[] buffer = new byte[4096];
            while (come.indexOf("fine") < 0) {
                int n = client.read(buffer);
                assertTrue(n >= 0, () -> "the end came after " + come);
                come.append(new String(buffer, 0, n, StandardCharsets.ISO_8859_1));
            }
        }
    }

    static String latin1(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
