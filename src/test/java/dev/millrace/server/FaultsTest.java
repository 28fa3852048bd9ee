package dev.millrace.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Body;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.net.NetRuntime;
import dev.millrace.observe.ConnectionInfo;
import dev.millrace.observe.ConnectionListener;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever a user's code throws costs its own exchange: a 500 or a cut, the hook hears of it, and the loop lives on. */
@Timeout(120)
@SuppressWarnings("try") // closing is what is tested
class FaultsTest {
    private record Failure(Request request, Throwable error) {}

    private final LinkedBlockingQueue<Failure> told = new LinkedBlockingQueue<>();

    static Stream<Throwable> throwables() {
        return Stream.of(
                new OutOfMemoryError("a test's"),
                new StackOverflowError("a test's"),
                new LinkageError("a test's"),
                new AssertionError("a test's"),
                new IllegalStateException("a test's"),
                new Exception("a test's"));
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void raise(Throwable error) throws T {
        throw (T) error;
    }

    static Response thrown(Throwable error) {
        FaultsTest.<RuntimeException>raise(error);
        throw new AssertionError();
    }

    private HttpServer.Builder server() {
        return HttpServer.builder()
                .http(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .loops(1)
                .onError((request, error) -> told.add(new Failure(request, error)));
    }

    private void assertTold(String path, Throwable error) throws InterruptedException {
        Failure failure = told.poll(60, TimeUnit.SECONDS);
        assertEquals(path, failure.request().path());
        assertSame(error, failure.error());
    }

    /** The connection persists, the loop lives, and so do later connections. */
    private void assertServes(Client client, HttpServer server, int before) throws IOException {
        assertEquals(
                "fine", client.get("/fine").responses(before + 1).get(before).text());
        try (Client other = new Client(server.port())) {
            assertEquals("fine", other.get("/fine").responses(1).get(0).text());
        }
        assertTrue(told.isEmpty());
    }

    @ParameterizedTest
    @MethodSource("throwables")
    void aBlockingHandler(Throwable error) throws Exception {
        try (HttpServer server = server().handler(r -> r.path().equals("/fine") ? Response.text("fine") : thrown(error))
                        .start();
                Client client = new Client(server.port())) {
            assertEquals(500, client.get("/bad").responses(1).get(0).status());
            assertTold("/bad", error);
            assertServes(client, server, 1);
        }
    }

    @ParameterizedTest
    @MethodSource("throwables")
    void anAsynchronousHandlerAndItsStage(Throwable error) throws Exception {
        try (HttpServer server = server().asyncHandler(r -> switch (r.path()) {
                            case "/fine" -> CompletableFuture.completedFuture(Response.text("fine"));
                            case "/throws" -> CompletableFuture.completedFuture(thrown(error));
                            default -> CompletableFuture.failedFuture(error);
                        })
                        .start();
                Client client = new Client(server.port())) {
            assertEquals(500, client.get("/throws").responses(1).get(0).status());
            assertTold("/throws", error);
            assertEquals(500, client.get("/fails").responses(2).get(1).status());
            assertTold("/fails", error);
            assertServes(client, server, 2);
        }
    }

    /** A publisher that throws where it is asked to. */
    record Throwing(Throwable error, boolean subscribing) implements Flow.Publisher<ByteBuffer> {
        @Override
        public void subscribe(Flow.Subscriber<? super ByteBuffer> subscriber) {
            if (subscribing) {
                thrown(error);
            }
            subscriber.onSubscribe(new Flow.Subscription() {
                private int asked;

                @Override
                public void request(long n) {
                    if (asked++ == 1) {
                        thrown(error);
                    }
                    for (int i = 0; i < n; i++) {
                        subscriber.onNext(ByteBuffer.wrap(new byte[10]));
                    }
                }

                @Override
                public void cancel() {}
            });
        }
    }

    @ParameterizedTest
    @MethodSource("throwables")
    void aBodysPublisherAndItsWriter(Throwable error) throws Exception {
        try (HttpServer server = server().asyncHandler(r -> {
                            Supplier<Body> body = switch (r.path()) {
                                case "/fine" -> () -> Body.of("fine");
                                case "/subscribe" -> () -> Body.publisher(new Throwing(error, true));
                                case "/request" -> () -> Body.publisher(new Throwing(error, false));
                                default -> () -> Body.writer(out -> thrown(error));
                            };
                            return CompletableFuture.completedFuture(Response.ok("text/plain", body.get()));
                        })
                        .start();
                Client client = new Client(server.port())) {
            assertEquals(500, client.get("/subscribe").responses(1).get(0).status());
            assertTold("/subscribe", error);
            assertEquals(500, client.get("/write").responses(2).get(1).status());
            assertTold("/write", error);
            assertServes(client, server, 2);
            try (Client cut = new Client(server.port()).get("/request")) {
                assertTrue(!cut.restOrReset().endsWith("0\r\n\r\n"), "it must look cut off");
                assertTold("/request", error);
            }
            assertServes(client, server, 3);
        }
    }

    /** A subscriber to a request's content that throws, which it must not (Reactive Streams §2.13). */
    record Reader(Throwable error, String where) implements Flow.Subscriber<ByteBuffer> {
        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            at("/subscribe");
            subscription.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(ByteBuffer piece) {
            at("/next");
        }

        @Override
        public void onError(Throwable thrown) {}

        @Override
        public void onComplete() {
            at("/complete");
        }

        private void at(String point) {
            if (where.equals(point)) {
                thrown(error);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("throwables")
    void aReaderOfContent(Throwable error) throws Exception {
        try (HttpServer server = server().asyncHandler(r -> {
                            if (r.path().equals("/fine")) {
                                return CompletableFuture.completedFuture(Response.text("fine"));
                            }
                            r.body().publisher().subscribe(new Reader(error, r.path()));
                            return new CompletableFuture<>();
                        })
                        .start();
                Client client = new Client(server.port())) {
            int count = 0;
            for (String path : new String[] {"/subscribe", "/next", "/complete"}) {
                client.send("POST " + path + " HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
                assertEquals(500, client.responses(++count).get(count - 1).status());
                assertTold(path, error);
            }
            assertServes(client, server, count);
        }
    }

    @ParameterizedTest
    @MethodSource("throwables")
    void theHooksThemselves(Throwable error) throws Exception {
        try (HttpServer server = server().handler(r -> r.path().equals("/fine") ? Response.text("fine") : thrown(error))
                        .onError((request, failure) -> thrown(error))
                        .connectionListener(new ConnectionListener() {
                            @Override
                            public void opened(ConnectionInfo connection) {
                                thrown(error);
                            }

                            @Override
                            public void requestStarted(ConnectionInfo connection, Request request) {
                                thrown(error);
                            }
                        })
                        .start();
                Client client = new Client(server.port())) {
            assertEquals(500, client.get("/bad").responses(1).get(0).status());
            assertServes(client, server, 1);
        }
    }

    @ParameterizedTest
    @MethodSource("throwables")
    void threadsThatCannotBeMade(Throwable error) throws Exception {
        boolean[] broken = {true};
        try (NetRuntime runtime = NetRuntime.builder()
                        .loops(1)
                        .handlerExecutor(task -> {
                            if (broken[0]) {
                                thrown(error);
                            }
                            new Thread(task).start();
                        })
                        .start();
                HttpServer server = HttpServer.builder()
                        .http(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                        .runtime(runtime)
                        .onError((request, failure) -> told.add(new Failure(request, failure)))
                        .handler(r -> Response.text("fine"))
                        .start();
                Client client = new Client(server.port())) {
            for (int i = 0; i < 3; i++) {
                assertEquals(500, client.get("/bad").responses(i + 1).get(i).status());
                assertTold("/bad", error);
            }
            broken[0] = false;
            assertServes(client, server, 3);
            CompletionStage<DrainReport> report = server.drain(java.time.Duration.ofMinutes(1));
            client.close();
            assertTrue(
                    report.toCompletableFuture().get(60, TimeUnit.SECONDS).graceful(),
                    "nothing is taken to be running");
            assertThrows(IOException.class, () -> new Client(server.port()).close());
        }
    }
}
