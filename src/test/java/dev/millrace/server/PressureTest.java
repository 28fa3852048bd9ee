package dev.millrace.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Body;
import dev.millrace.http.Handler;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.net.NetRuntime;
import dev.millrace.observe.MetricsHandler;
import dev.millrace.testkit.ParsedResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/** The bound of what all connections hold for their peers, over real sockets and loops. */
final class PressureTest {
    private static final int BOUND = 4 << 20;
    private static final long PATIENCE_MILLIS = 30_000;

    private final AtomicInteger served = new AtomicInteger();

    private Response answer(Request request) {
        if (request.path().equals("/large")) {
            return Response.ok("a/b", Body.of(new byte[64 << 20])); // more than kernels take
        }
        served.incrementAndGet();
        return Response.text("hello");
    }

    private static HttpServer.Builder on(NetRuntime runtime) {
        return HttpServer.builder()
                .runtime(runtime)
                .http(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .healthPath("/health");
    }

    private static void await(BooleanSupplier condition, String what) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE_MILLIS * 1_000_000;
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() - end < 0, what);
            Thread.sleep(1);
        }
    }

    private static ParsedResponse get(int port, String path) throws IOException {
        try (Client client = new Client(port)) {
            return client.get(path).responses(1).get(0);
        }
    }

    @Test
    void newRequestsGet503UntilThePeersThatDoNotReadAreGone() throws Exception {
        try (NetRuntime runtime =
                NetRuntime.builder().loops(2).bufferedBytes(BOUND).start()) {
            HttpServer.Builder builder = on(runtime).vitalPaths("/metrics");
            List<MetricsHandler> metrics = new ArrayList<>();
            Handler handler = request -> request.path().equals("/metrics")
                    ? metrics.get(0).handle(request).toCompletableFuture().join()
                    : answer(request);
            try (HttpServer server = builder.handler(handler).start()) {
                metrics.add(new MetricsHandler(server.metrics()));
                int port = server.addresses().get(0).getPort();
                try (Client kept = new Client(port)) { // on each of the two loops there is one
                    assertEquals(200, kept.get("/").responses(1).get(0).status());
                    try (Client hog = new Client(port, 4 << 10)) {
                        hog.get("/large");
                        await(() -> runtime.bufferedBytes() >= BOUND, "nothing waits");
                        int before = served.get();
                        ParsedResponse refused = kept.get("/").responses(2).get(1);
                        for (int i = 3; refused.status() == 200; i++) { // its loop is about to be told
                            before++;
                            refused = kept.get("/").responses(i).get(i - 1);
                        }
                        assertEquals(503, refused.status());
                        assertEquals("1", refused.headers().get("Retry-After"));
                        for (int i = 0; i < 4; i++) { // on both loops
                            assertEquals(503, get(port, "/").status());
                            assertEquals(200, get(port, "/health").status());
                            assertTrue(
                                    get(port, "/metrics").text().contains("\nmillrace_buffered_limit_bytes " + BOUND));
                        }
                        assertEquals(before, served.get());
                        assertTrue(server.metrics().snapshot().bufferedBytes() >= BOUND);
                    }
                    await(() -> runtime.bufferedBytes() == 0, "it is still held");
                    await(() -> status(port) == 200, "it is still pressed");
                    assertEquals(0, server.metrics().snapshot().bufferedBytes());
                }
            }
        }
    }

    private static int status(int port) {
        try {
            return get(port, "/").status();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void settingsAreChecked() throws Exception {
        assertThrows(IllegalArgumentException.class, () -> NetRuntime.builder().bufferedBytes(65_535));
        assertThrows(IllegalArgumentException.class, () -> HttpServer.builder().bufferedBytes(65_535));
        assertThrows(IllegalArgumentException.class, () -> HttpServer.builder().vitalPaths("/a", "b"));
        try (NetRuntime runtime =
                NetRuntime.builder().loops(1).bufferedBytes(65_536).start()) {
            HttpServer.Builder builder = on(runtime).handler(this::answer).bufferedBytes(1 << 20);
            assertThrows(IllegalStateException.class, builder::start);
        }
    }
}
