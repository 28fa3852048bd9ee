package dev.millrace.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Phase;
import dev.millrace.http.Response;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.loop.ConnectSettings;
import dev.millrace.internal.loop.Connecting;
import dev.millrace.internal.loop.Connector;
import dev.millrace.internal.loop.DrainTally;
import dev.millrace.internal.loop.EventLoop;
import dev.millrace.internal.loop.LoopGroup;
import dev.millrace.internal.loop.RuntimeAccess;
import dev.millrace.internal.loop.SocketTransport;
import dev.millrace.internal.observer.Observer;
import dev.millrace.internal.tls.TlsAccess;
import dev.millrace.internal.tls.TlsBuffers;
import dev.millrace.internal.tls.TlsContext;
import dev.millrace.internal.tls.TlsTarget;
import dev.millrace.internal.tls.TlsTransport;
import dev.millrace.internal.transport.Endpoint;
import dev.millrace.internal.transport.Protocol;
import dev.millrace.internal.transport.Transport;
import dev.millrace.internal.transport.TransportSettings;
import dev.millrace.net.TimedRuntime;
import dev.millrace.net.Tls;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.ConnectionEnd;
import dev.millrace.observe.ConnectionInfo;
import dev.millrace.observe.ConnectionListener;
import dev.millrace.observe.ConnectionStats;
import dev.millrace.observe.HandshakeInfo;
import dev.millrace.observe.Metrics;
import dev.millrace.testkit.TlsFixture;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A client's connections with TLS over real sockets to a server of ours, and what its observer hears of each. */
@Timeout(60)
class ClientTlsTest {
    private static final byte[] PREFACE =
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0".getBytes(StandardCharsets.ISO_8859_1);
    private static final byte[] GET =
            "GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private final List<String> events = new CopyOnWriteArrayList<>();
    private TimedRuntime timed;
    private LoopGroup group;
    private EventLoop loop;
    private Connector connector;
    private Observer observer;

    @BeforeEach
    void start() throws IOException {
        timed = new TimedRuntime(1);
        group = RuntimeAccess.loops(timed.runtime());
        loop = group.first();
        connector = new Connector(
                group, new TransportSettings(1 << 16, 1 << 16, 30_000_000_000L, 1), ConnectSettings.DEFAULTS);
        observer = new Observer(
                new Metrics().recorder("client"), List.of(new Listening(events)), () -> true, loop::report);
    }

    @AfterEach
    void stop() throws Exception {
        connector.force();
        connector.drain(new DrainTally()).get(30, TimeUnit.SECONDS);
        timed.close();
    }

    private record Listening(List<String> events) implements ConnectionListener {
        @Override
        public void opened(ConnectionInfo connection) {
            events.add("opened");
        }

        @Override
        public void handshakeCompleted(ConnectionInfo connection, HandshakeInfo handshake) {
            events.add("completed " + handshake.alpn() + (handshake.resumed() ? " resumed" : ""));
        }

        @Override
        public void handshakeFailed(ConnectionInfo connection, HandshakeInfo handshake, ConnectionEnd end) {
            events.add("failed " + end.reason());
        }

        @Override
        public void closed(
                ConnectionInfo connection,
                ConnectionEnd end,
                @Nullable HandshakeInfo handshake,
                ConnectionStats stats) {
            events.add("closed " + end.reason());
        }
    }

    /** A connection, and what came of it. */
    private final class Attempt implements Connecting.Outcome, TlsContext.Upper {
        final CompletableFuture<ConnectionEnd> failed = new CompletableFuture<>();
        final CompletableFuture<String> text = new CompletableFuture<>();
        final CompletableFuture<CloseReason> closed = new CompletableFuture<>();

        @Override
        public void connected(SocketTransport transport) {}

        @Override
        public void failed(CloseReason reason, IOException cause) {
            failed.complete(new ConnectionEnd(reason, Phase.CONNECT, null, cause));
        }

        @Override
        public Protocol create(Transport transport, String alpn) {
            byte[] first = alpn.equals("h2") ? PREFACE : GET;
            transport.write(first, 0, first.length);
            return new Asking(transport, this);
        }

        @Override
        public void failed(ConnectionEnd end) {
            failed.complete(end);
        }

        ConnectionEnd failure() throws Exception {
            return failed.get(30, TimeUnit.SECONDS);
        }

        String answer() throws Exception {
            return text.get(30, TimeUnit.SECONDS);
        }

        /** Waits for the end, of which observers were told before this is complete. */
        void settle() throws Exception {
            while (connector.openConnections() > 0) {
                timed.settle();
            }
            timed.settle();
        }
    }

    /** Reads all that comes, or of HTTP/2 the first frame. */
    private static final class Asking implements Protocol {
        private final Transport transport;
        private final Attempt attempt;
        private final ByteArrayOutputStream received = new ByteArrayOutputStream();

        Asking(Transport transport, Attempt attempt) {
            this.transport = transport;
            this.attempt = attempt;
        }

        @Override
        public int onBytes(byte[] bytes, int offset, int end) {
            received.write(bytes, offset, end - offset);
            if ("h2".equals(transport.tls().alpn()) && received.size() >= 9) {
                attempt.text.complete("frame " + received.toByteArray()[3]);
                transport.close(CloseReason.RETIRED);
            }
            return end;
        }

        @Override
        public void onEnd() {
            attempt.text.complete(received.toString(StandardCharsets.ISO_8859_1));
            transport.closeAfterOutput(CloseReason.COMPLETED);
        }

        @Override
        public void onWritable() {}

        @Override
        public void onDeadline(long now) {
            transport.close(CloseReason.IDLE_TIMEOUT);
        }

        @Override
        public void onDrain() {
            transport.close(CloseReason.DRAINED);
        }

        @Override
        public Phase phase() {
            return Phase.RESPONSE_HEAD;
        }

        @Override
        public void onClosed(CloseReason reason, @Nullable Throwable cause) {
            attempt.closed.complete(reason);
        }
    }

    private static HttpServer server(Tls.Builder tls) throws IOException {
        return HttpServer.builder()
                .https(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), TlsFixture.build(tls))
                .handler(r -> Response.text("hello " + r.path()))
                .start();
    }

    private Attempt connect(Tls client, String host, SocketAddress to, String... alpn) {
        Attempt attempt = new Attempt();
        TlsContext context = new TlsContext(
                TlsAccess.settings(client),
                new TlsBuffers(),
                10_000_000_000L,
                1_000_000_000L,
                timed.runtime().handlerExecutor(),
                observer);
        TlsTarget target = new TlsTarget(host, 443, List.of(alpn));
        Endpoint endpoint = new Endpoint(down -> TlsTransport.client(down, context, target, attempt), observer);
        loop.execute(() -> connector.connect(loop, to, endpoint, 10_000_000_000L, attempt));
        return attempt;
    }

    private static InetSocketAddress address(HttpServer server) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port());
    }

    private static Tls trusting(String version) {
        return TlsFixture.build(TlsFixture.client().protocols(version));
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void http11AndASessionThatIsTakenUpAgain(String version) throws Exception {
        try (HttpServer server = server(TlsFixture.SELF.server())) {
            Tls client = trusting(version);
            for (int i = 0; i < 2; i++) {
                Attempt attempt = connect(client, "localhost", address(server), "h3", "http/1.1");
                String answer = attempt.answer();
                assertTrue(answer.startsWith("HTTP/1.1 200 ") && answer.endsWith("hello /x"), answer);
                assertEquals(CloseReason.COMPLETED, attempt.closed.get(30, TimeUnit.SECONDS));
                attempt.settle();
            }
        }
        assertEquals(
                List.of(
                        "opened",
                        "completed http/1.1",
                        "closed COMPLETED",
                        "opened",
                        "completed http/1.1 resumed",
                        "closed COMPLETED"),
                events);
    }

    @Test
    void http2() throws Exception {
        try (HttpServer server = server(TlsFixture.SELF.server())) {
            Attempt attempt = connect(trusting("TLSv1.3"), "localhost", address(server), "h2", "http/1.1");
            assertEquals("frame 4", attempt.answer(), "SETTINGS");
            attempt.settle();
        }
        assertEquals(List.of("opened", "completed h2", "closed RETIRED"), events);
    }

    @ParameterizedTest
    @ValueSource(strings = {"untrusted", "example.org", "127.0.0.2"})
    void aCertificateThatIsRefused(String host) throws Exception {
        try (HttpServer server = server(TlsFixture.SELF.server())) {
            Tls client = host.equals("untrusted") ? TlsFixture.build(Tls.client()) : trusting("TLSv1.3");
            Attempt attempt = connect(client, host, address(server));
            ConnectionEnd end = attempt.failure();
            assertEquals(CloseReason.HANDSHAKE_FAILED, end.reason());
            assertEquals(Phase.HANDSHAKE, end.phase());
            assertInstanceOf(CertificateException.class, end.cause().getCause());
            attempt.settle();
        }
        assertEquals(List.of("opened", "failed HANDSHAKE_FAILED", "closed HANDSHAKE_FAILED"), events);
    }

    @Test
    void theServersRefusalHasItsName() throws Exception {
        try (HttpServer server = server(TlsFixture.SELF.server())) {
            Attempt attempt = connect(trusting("TLSv1.3"), "localhost", address(server), "h3");
            ConnectionEnd end = attempt.failure();
            assertEquals(CloseReason.HANDSHAKE_REJECTED, end.reason());
            assertEquals("no_application_protocol", end.detail());
            attempt.settle();
        }
        assertEquals(List.of("opened", "failed HANDSHAKE_REJECTED", "closed HANDSHAKE_REJECTED"), events);
    }

    @Test
    void refused() throws Exception {
        InetSocketAddress gone;
        try (HttpServer server = server(TlsFixture.SELF.server())) {
            gone = address(server);
        }
        Attempt attempt = connect(trusting("TLSv1.3"), "localhost", gone);
        assertEquals(CloseReason.CONNECT_FAILED, attempt.failure().reason());
        attempt.settle();
        assertEquals(List.of("opened", "closed CONNECT_FAILED"), events);
    }

    @Test
    void aServerThatDoesNotAnswer() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            Attempt attempt = connect(trusting("TLSv1.3"), "localhost", silent.getLocalSocketAddress());
            try (Socket accepted = silent.accept()) {
                assertEquals(22, accepted.getInputStream().read(), "we speak first");
                timed.advance(Duration.ofMillis(9_900));
                timed.settle();
                assertTrue(!attempt.failed.isDone());
                timed.advance(Duration.ofMillis(200));
                assertEquals(CloseReason.HANDSHAKE_TIMEOUT, attempt.failure().reason());
            }
            attempt.settle();
        }
        assertEquals(List.of("opened", "failed HANDSHAKE_TIMEOUT", "closed HANDSHAKE_TIMEOUT"), events);
    }

    @Test
    void aServerOfPlainHttp() throws Exception {
        try (HttpServer server = HttpServer.builder()
                .http(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .handler(r -> Response.text("plain"))
                .start()) {
            Attempt attempt = connect(trusting("TLSv1.3"), "localhost", address(server));
            assertEquals(CloseReason.PLAINTEXT_ON_TLS, attempt.failure().reason());
            attempt.settle();
        }
        assertEquals(List.of("opened", "failed PLAINTEXT_ON_TLS", "closed PLAINTEXT_ON_TLS"), events);
    }

    @Test
    void aServerThatResets() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            Attempt attempt = connect(trusting("TLSv1.3"), "localhost", server.getLocalSocketAddress());
            try (Socket accepted = server.accept()) {
                assertEquals(22, accepted.getInputStream().read());
                accepted.setSoLinger(true, 0);
            }
            ConnectionEnd end = attempt.failure();
            assertEquals(CloseReason.PEER_RESET, end.reason());
            assertEquals(Phase.HANDSHAKE, end.phase());
            assertInstanceOf(IOException.class, end.cause());
            attempt.settle();
        }
        assertEquals(List.of("opened", "failed PEER_RESET", "closed PEER_RESET"), events);
    }
}
