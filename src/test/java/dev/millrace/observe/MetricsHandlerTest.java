package dev.millrace.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Method;
import dev.millrace.http.Phase;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.http.Version;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

@SuppressWarnings("EnumOrdinal") // numbers that differ
class MetricsHandlerTest {
    private static final String OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

    private final Metrics metrics = new Metrics();

    private Response get(String... headers) throws IOException {
        Request.Builder request = Request.builder(Method.GET, "/metrics");
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return new MetricsHandler(metrics)
                .handle(request.build())
                .toCompletableFuture()
                .join();
    }

    private String type(String accept) throws IOException {
        return get("Accept", accept).headers().get("Content-Type");
    }

    @Test
    void theFormatIsNegotiated() throws IOException {
        assertEquals(PROMETHEUS, get().headers().get("Content-Type"));
        assertEquals(PROMETHEUS, type("*/*"));
        assertEquals(PROMETHEUS, type("text/html, application/xhtml+xml, */*;q=0.8"));
        assertEquals(PROMETHEUS, type("text/plain;version=0.0.4"));
        assertEquals(PROMETHEUS, type("application/openmetrics-text;version=1.0.0;q=0.1, text/plain;q=0.9"));
        assertEquals(PROMETHEUS, type("application/openmetrics-text;version=0.0.1, text/plain;q=0.5"));
        assertEquals(PROMETHEUS, type("application/openmetrics-text;q=0"));
        assertEquals(PROMETHEUS, type("application/openmetrics-text;q=much"));
        assertEquals(OPEN_METRICS, type("application/openmetrics-text"));
        assertEquals(OPEN_METRICS, type("Application/OpenMetrics-Text; Version=1.0.0; Q=0.2, */*;q=0.1"));
        assertEquals(
                OPEN_METRICS,
                type("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
                        + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"));
        assertEquals(
                OPEN_METRICS,
                get("Accept", "text/plain;q=0.5", "Accept", "application/openmetrics-text")
                        .headers()
                        .get("Content-Type"));
        assertEquals("Accept", get().headers().get("Vary"));
        assertEquals("no-store", get().headers().get("Cache-Control"));
    }

    @Test
    void onlyReadingIsAllowed() {
        Response response = new MetricsHandler(metrics)
                .handle(Request.builder(Method.POST, "/metrics").build())
                .toCompletableFuture()
                .join();
        assertEquals(405, response.status().code());
        assertEquals("GET, HEAD", response.headers().get("Allow"));
    }

    @Test
    void headIsAnsweredLikeGet() throws Exception {
        Response response = new MetricsHandler(metrics)
                .handle(Request.builder(Method.HEAD, "/metrics").build())
                .toCompletableFuture()
                .join();
        assertEquals(200, response.status().code());
        assertEquals(get().body().string(1 << 20), response.body().string(1 << 20));
    }

    /** One of everything, so that every kind of row stands in the expected texts. */
    private void fill() {
        Metrics.Recorder https = metrics.recorder("https");
        https.opened();
        https.state(null, ConnectionState.IDLE);
        https.handshake(HandshakeResult.COMPLETED, 1_000_000);
        https.handshake(HandshakeResult.RESUMED, 400_001);
        https.handshake(HandshakeResult.REJECTED, 5_000_000);
        https.firstByte(80_000);
        https.request(Version.HTTP_1_1, 200, 150_000);
        https.request(Version.HTTP_1_1, 404, 200_000_000_000L);
        https.closed(CloseReason.CLIENT_SILENT, Phase.OPENED);
        https.closed(CloseReason.CLIENT_SILENT, Phase.OPENED);
        https.closed(CloseReason.PEER_RESET, Phase.IDLE);
        https.closed(CloseReason.PEER_RESET, Phase.BODY);
        https.closed(CloseReason.IO_ERROR, Phase.HANDSHAKE);
        metrics.recorder("odd\"name\\\n");
        metrics.certificate("example.com", () -> 1_893_456_000L);
        LongSupplier held = () -> 50_000;
        metrics.bufferedBytes(held, 2_000_000);
        metrics.bufferedBytes(held, 2_000_000); // by two servers on one runtime
        metrics.bufferedBytes(() -> 20_000, 1_000_000);
    }

    @Test
    void openMetricsText() throws IOException {
        fill();
        assertEquals(
                resource("metrics-openmetrics.txt"),
                get("Accept", "application/openmetrics-text").body().string(1 << 20));
    }

    @Test
    void prometheusText() throws IOException {
        fill();
        assertEquals(resource("metrics-prometheus.txt"), get().body().string(1 << 20));
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = MetricsHandlerTest.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void everyReasonHasExactlyOneRowFromTheStart() throws IOException {
        metrics.recorder("https");
        metrics.recorder("https");
        List<String> rows = closedRows();
        List<CloseReason> ofServers = Stream.of(CloseReason.values())
                .filter(reason -> !reason.ofClients())
                .toList();
        assertEquals(ofServers.size(), rows.size());
        for (CloseReason reason : ofServers) {
            String label = "reason=\"" + reason.name().toLowerCase(Locale.ROOT) + "\"";
            assertEquals(1, rows.stream().filter(row -> row.contains(label)).count(), label);
        }
        assertTrue(rows.stream().allMatch(row -> row.endsWith("} 0")), rows.toString());
        assertTrue(
                rows.contains("millrace_connections_closed_total{listener=\"https\",reason=\"client_silent\","
                        + "initiator=\"peer\",phase=\"opened\"} 0"),
                rows.toString());
    }

    @Test
    void rowsOfAReasonAddUpToItsCount() throws IOException {
        Metrics.Recorder recorder = metrics.recorder("http");
        for (CloseReason reason : CloseReason.values()) {
            for (Phase phase : Phase.values()) {
                for (int i = 0; i <= phase.ordinal(); i++) {
                    recorder.closed(reason, phase);
                }
            }
        }
        List<String> rows = closedRows();
        assertEquals(CloseReason.values().length * Phase.values().length, rows.size());
        long sum = rows.stream()
                .mapToLong(row -> Long.parseLong(row.substring(row.indexOf('}') + 2)))
                .sum();
        assertEquals(metrics.snapshot().closed(), sum);
        assertEquals(CloseReason.values().length * (Phase.values().length + 1L) * Phase.values().length / 2, sum);
    }

    private List<String> closedRows() throws IOException {
        return get().body()
                .string(1 << 20)
                .lines()
                .filter(line -> line.startsWith("millrace_connections_closed_total{"))
                .collect(Collectors.toList());
    }

    @Test
    void onlyOpenMetricsHasAnEnd() throws IOException {
        assertTrue(get("Accept", "application/openmetrics-text")
                .body()
                .string(1 << 20)
                .endsWith("\n# EOF\n"));
        assertFalse(get().body().string(1 << 20).contains("EOF"));
    }

    @Test
    void boundsInTextAreThoseThatAreCounted() {
        Metrics one = new Metrics();
        Metrics.Recorder recorder = one.recorder("http");
        for (int i = 0; i < Buckets.exported(); i++) {
            recorder.firstByte(Buckets.exported(i));
        }
        List<String> rows = MetricsText.render(one.snapshot(), MetricsText.Format.OPEN_METRICS)
                .lines()
                .filter(line -> line.startsWith("millrace_first_byte_duration_seconds_bucket"))
                .collect(Collectors.toList());
        assertEquals(Buckets.exported() + 1, rows.size());
        for (int i = 0; i < Buckets.exported(); i++) {
            String row = rows.get(i);
            String bound = row.substring(row.indexOf("le=\"") + 4, row.lastIndexOf('"'));
            assertEquals(Buckets.exported(i), Math.round(Double.parseDouble(bound) * 1e9), row);
            assertTrue(row.endsWith("} " + (i + 1)), row);
        }
        assertEquals("millrace_first_byte_duration_seconds_bucket{le=\"+Inf\"} 22", rows.get(rows.size() - 1));
    }
}
