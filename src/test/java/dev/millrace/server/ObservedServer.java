package dev.millrace.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Body;
import dev.millrace.http.Limits;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.http.Status;
import dev.millrace.http.Timeouts;
import dev.millrace.internal.tls.TlsAccess;
import dev.millrace.net.TimedRuntime;
import dev.millrace.net.Tls;
import dev.millrace.observe.ConnectionSnapshot;
import dev.millrace.observe.MetricsText;
import dev.millrace.testkit.TlsFixture;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import javax.net.ssl.SSLEngine;

/**
 * A server with a port in clear and one with TLS, on sockets of this machine and a clock that is moved by hand, and all that
 * its observers are told. When it is closed, every connection must have had exactly one end, and no more than were counted.
 */
final class ObservedServer implements AutoCloseable {
    private final TimedRuntime time = new TimedRuntime(2);
    private final Queue<CompletableFuture<Response>> held = new ConcurrentLinkedQueue<>();
    private final Recorded recorded = new Recorded();
    private final HttpServer server;
    private final Map<String, Double> before;
    private int ended;
    private long wall;

    ObservedServer() throws IOException {
        this(TlsFixture.build(TlsFixture.SELF.server()));
    }

    ObservedServer(Tls tls) throws IOException {
        this(tls, Limits.defaults(), Timeouts.defaults());
    }

    ObservedServer(Limits limits) throws IOException {
        this(TlsFixture.build(TlsFixture.SELF.server()), limits, Timeouts.defaults());
    }

    ObservedServer(Timeouts timeouts) throws IOException {
        this(TlsFixture.build(TlsFixture.SELF.server()), Limits.defaults(), timeouts);
    }

    private ObservedServer(Tls tls, Limits limits, Timeouts timeouts) throws IOException {
        server = HttpServer.builder()
                .runtime(time.runtime())
                .http(free())
                .https(free(), tls)
                .limits(limits)
                .timeouts(timeouts)
                .asyncHandler(this::answer)
                .onError((request, error) -> {})
                .connectionListener(recorded)
                .start();
        before = rows();
    }

    private static InetSocketAddress free() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    private CompletionStage<Response> answer(Request request) {
        return switch (request.path()) {
            case "/never" -> {
                CompletableFuture<Response> never = new CompletableFuture<>();
                held.add(never);
                yield never;
            }
            case "/large" ->
                CompletableFuture.completedFuture(Response.ok("application/octet-stream", Body.of(new byte[64 << 20])));
            case "/last" ->
                CompletableFuture.completedFuture(Response.text("last").withHeader("Connection", "close"));
            case "/missing" -> CompletableFuture.completedFuture(Response.of(Status.NOT_FOUND));
            case "/breaks" ->
                CompletableFuture.completedFuture(Response.ok("text/plain", Body.writer(out -> {
                    out.write("some".getBytes(StandardCharsets.US_ASCII));
                    out.flush();
                    throw new IOException("broken");
                })));
            case "/tunnel" ->
                CompletableFuture.completedFuture(Response.switchingProtocols(
                        "echo",
                        tunnel -> new Thread(() -> {
                                    try (tunnel) {
                                        tunnel.input().inputStream().transferTo(tunnel.outputStream());
                                        tunnel.closeOutput();
                                    } catch (IOException e) {
                                        throw new UncheckedIOException(e);
                                    }
                                })
                                .start()));
            case "/bad-tunnel" ->
                CompletableFuture.completedFuture(Response.switchingProtocols("echo", tunnel -> {
                    throw new IOException("broken");
                }));
            case "/echo" ->
                request.body().bytesAsync(1 << 20).thenApply(bytes -> Response.ok("text/plain", Body.of(bytes)));
            default -> CompletableFuture.completedFuture(Response.text("hello"));
        };
    }

    /** Answers the requests of {@code /never}. */
    void release(String text) {
        for (CompletableFuture<Response> each; (each = held.poll()) != null; ) {
            each.complete(Response.text(text));
        }
    }

    HttpServer server() {
        return server;
    }

    int clearPort() {
        return server.addresses().get(0).getPort();
    }

    int tlsPort() {
        return server.addresses().get(1).getPort();
    }

    /** A client in clear. */
    Client client() throws IOException {
        return new Client(clearPort());
    }

    /** A client of a TLS version that trusts the server. */
    TlsClient client(String version) throws IOException {
        return client(TlsFixture.client().protocols(version));
    }

    TlsClient client(Tls.Builder settings) throws IOException {
        return client(TlsAccess.settings(TlsFixture.build(settings)).newClientEngine("localhost", 443, null));
    }

    TlsClient client(SSLEngine engine) throws IOException {
        return new TlsClient(tlsPort(), engine);
    }

    /** Has the loop do something within the event of a complete handshake, before its last messages leave. */
    void whenHandshakesComplete(Runnable action) {
        recorded.whenComplete = action;
    }

    /** Moves the server's time on. */
    void advance(Duration span) {
        time.advance(span);
    }

    /** The next connection that ends, for which time moves on by such steps. */
    Recorded.Ending endingAfter(Duration step) throws InterruptedException {
        ended++;
        Recorded.Ending next = null;
        for (int i = 0; next == null && i < 1000; i++) {
            time.advance(step);
            next = recorded.poll(Duration.ofMillis(30));
        }
        assertNotNull(next, "no connection ended");
        return next;
    }

    /** Sets the server's wall clock to the machine's, which has moved on since the last call. */
    void wallClockIsNow() {
        long last = wall;
        while (System.currentTimeMillis() <= last) {
            Thread.onSpinWait();
        }
        wall = System.currentTimeMillis();
        time.setEpochMillis(wall);
    }

    /** The next connection that ends. */
    Recorded.Ending ending() throws InterruptedException {
        ended++;
        return recorded.ending();
    }

    /** The one open connection, once it is as it should be. */
    ConnectionSnapshot await(Predicate<ConnectionSnapshot> wanted) throws Exception {
        return awaitAll(1, wanted).get(0);
    }

    /** All open connections, once they are so many and as they should be. */
    List<ConnectionSnapshot> awaitAll(int count, Predicate<ConnectionSnapshot> wanted) throws Exception {
        long giveUp = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (true) {
            List<ConnectionSnapshot> open =
                    server.connections().toCompletableFuture().get(30, TimeUnit.SECONDS);
            if (open.size() == count && open.stream().allMatch(wanted)) {
                return open;
            }
            assertTrue(System.nanoTime() < giveUp, "not as it should be: " + open);
            Thread.sleep(1); // asks again, and for long
        }
    }

    /** Exactly these rows of the metrics have grown since the start, each by so much. Histograms count by their number. */
    void assertCounted(Map<String, Integer> growth) {
        Map<String, Double> now = rows();
        Map<String, Integer> seen = new TreeMap<>();
        for (Map.Entry<String, Double> row : now.entrySet()) {
            double grown = row.getValue() - before.getOrDefault(row.getKey(), 0.0);
            if (grown != 0) {
                seen.put(row.getKey(), (int) grown);
            }
        }
        assertEquals(new TreeMap<>(growth), seen);
    }

    /** The metrics as they are rendered, without the buckets and sums of histograms. */
    Map<String, Double> rows() {
        Map<String, Double> rows = new TreeMap<>();
        String text = MetricsText.render(server.metrics().snapshot(), MetricsText.Format.PROMETHEUS);
        for (String line : text.split("\n", -1)) {
            int space = line.lastIndexOf(' ');
            if (!line.startsWith("#") && space > 0) {
                String name = line.substring(0, space);
                if (!name.contains("_bucket{") && !name.contains("_sum")) {
                    rows.put(name, Double.valueOf(line.substring(space + 1)));
                }
            }
        }
        return rows;
    }

    @Override
    public void close() {
        server.close();
        time.close();
        recorded.assertWhole();
        assertEquals(ended, recorded.connections(), "connections that the test does not know of");
    }
}
