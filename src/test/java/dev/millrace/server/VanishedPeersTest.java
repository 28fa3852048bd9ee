package dev.millrace.server;

import static dev.millrace.server.Http2FaultsTest.latin1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Body;
import dev.millrace.http.PeerClosedException;
import dev.millrace.http.Response;
import dev.millrace.internal.tls.TlsAccess;
import dev.millrace.net.Tls;
import dev.millrace.testkit.Http2Peer;
import dev.millrace.testkit.TlsFixture;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLEngine;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A peer that vanishes in the middle of a response is told to the handler once, and to nobody else. */
@Timeout(120)
@SuppressWarnings("try") // closing is part of what is tested
class VanishedPeersTest {
    private static final String GET = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
    private static final String GET_BY_HTTP2 =
            latin1(Http2Peer.PREFACE) + latin1(Http2Peer.settings()) + latin1(Http2Peer.request(1, true, "GET", "/x"));

    /** How it is spoken, and how the peer goes. */
    enum Way {
        RESET,
        LEAVES,
        TLS_RESET,
        TLS_LEAVES,
        HTTP2_RESET,
        HTTP2_STREAM,
        HTTP2_TLS_RESET,
        HTTP2_TLS_STREAM;

        private boolean http2() {
            return name().startsWith("HTTP2");
        }

        private boolean tls() {
            return name().contains("TLS");
        }

        private boolean stream() {
            return name().endsWith("STREAM");
        }
    }

    private final LinkedBlockingQueue<IOException> thrown = new LinkedBlockingQueue<>();
    private final LinkedBlockingQueue<Throwable> told = new LinkedBlockingQueue<>();

    private HttpServer.Builder builder(Way way) {
        InetSocketAddress free = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        HttpServer.Builder builder = HttpServer.builder().loops(1).onError((request, error) -> told.add(error));
        return way.tls() ? builder.https(free, TlsFixture.build(TlsFixture.SELF.server())) : builder.http(free);
    }

    /** Asks, waits for what the task says, and goes. */
    private static void askAndVanish(HttpServer server, Way way, Waiting begun) throws Exception {
        String request = way.http2() ? GET_BY_HTTP2 : GET;
        String cancel = way.stream() ? latin1(Http2Peer.reset(1, 8)) : "";
        if (way.tls()) {
            try (TlsClient client = new TlsClient(server.port(), engine(way))) {
                client.handshake().send(request);
                begun.await();
                if (way.stream()) {
                    client.send(cancel);
                    begun.done();
                } else if (way == Way.TLS_LEAVES) {
                    client.close();
                } else {
                    client.reset();
                }
            }
        } else {
            try (Client client = new Client(server.port(), 4096)) {
                client.send(request);
                begun.await();
                if (way.stream()) {
                    client.send(cancel);
                    begun.done();
                } else if (way == Way.LEAVES) {
                    client.close();
                } else {
                    client.reset();
                }
            }
        }
    }

    private interface Waiting {
        void await() throws Exception;

        /** While the connection is still there. */
        default void done() throws Exception {}
    }

    private static SSLEngine engine(Way way) {
        Tls client = TlsFixture.build(TlsFixture.client().alpn(way.http2() ? "h2" : "http/1.1"));
        return TlsAccess.settings(client).newClientEngine("localhost", 443, null);
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void aWriterGetsOneTypedError(Way way) throws Exception {
        CompletableFuture<Void> writing = new CompletableFuture<>();
        try (HttpServer server = builder(way)
                .handler(r -> Response.ok("text/plain", Body.writer(out -> {
                    try {
                        while (true) {
                            out.write(new byte[10_000]);
                            out.flush();
                            writing.complete(null);
                        }
                    } catch (IOException e) {
                        thrown.add(e);
                        throw e;
                    }
                })))
                .start()) {
            askAndVanish(server, way, new Waiting() {
                @Override
                public void await() throws Exception {
                    writing.get(60, TimeUnit.SECONDS);
                }

                @Override
                public void done() throws Exception {
                    IOException error = thrown.poll(60, TimeUnit.SECONDS);
                    assertInstanceOf(PeerClosedException.class, error);
                    thrown.add(error);
                }
            });
            assertInstanceOf(PeerClosedException.class, thrown.poll(60, TimeUnit.SECONDS));
            assertClosedOnce(server);
        }
        assertTrue(thrown.isEmpty());
        assertTrue(told.isEmpty(), () -> "no mistake of the handler's: " + told);
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void aHandlerIsCancelled(Way way) throws Exception {
        CompletableFuture<Void> asked = new CompletableFuture<>();
        CompletableFuture<Void> cancelled = new CompletableFuture<>();
        try (HttpServer server = builder(way)
                .asyncHandler(r -> {
                    r.cancelled().thenRun(() -> cancelled.complete(null));
                    asked.complete(null);
                    return way == Way.LEAVES || way == Way.TLS_LEAVES
                            // who has only ended its own sending may still read: that it is gone shows when it is sent
                            // to
                            ? CompletableFuture.completedFuture(Response.ok("text/plain", Body.writer(out -> {
                                while (true) {
                                    out.write(new byte[10_000]);
                                }
                            })))
                            : new CompletableFuture<>();
                })
                .start()) {
            askAndVanish(server, way, new Waiting() {
                @Override
                public void await() throws Exception {
                    asked.get(60, TimeUnit.SECONDS);
                }

                @Override
                public void done() throws Exception {
                    cancelled.get(60, TimeUnit.SECONDS);
                }
            });
            cancelled.get(60, TimeUnit.SECONDS);
            assertClosedOnce(server);
        }
        assertTrue(told.isEmpty(), () -> "no mistake of the handler's: " + told);
    }

    /** The only connection has ended by one reason. */
    private static void assertClosedOnce(HttpServer server) throws Exception {
        server.drain(Duration.ofMinutes(1)).toCompletableFuture().get(60, TimeUnit.SECONDS);
        assertEquals(1, server.metrics().snapshot().opened());
        assertEquals(1, server.metrics().snapshot().closed());
    }
}
