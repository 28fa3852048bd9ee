package dev.millrace.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Version;
import dev.millrace.net.CertificateAuthority;
import dev.millrace.net.Identity;
import dev.millrace.net.Tls;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.ConnectionState;
import dev.millrace.observe.HistogramSnapshot;
import dev.millrace.observe.MetricsSnapshot;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a server's metrics say from its start on, and what they measure, over sockets and on a clock moved by hand. */
@Timeout(120)
class MetricsWiringTest {
    private static final Pattern ROW = Pattern.compile("([a-z_]+)(\\{(.*)\\})?");

    /** The names of the metrics, each with the names of its labels in their order. */
    private static final Map<String, String> NAMES = Map.of(
            "millrace_buffered_bytes", "",
            "millrace_buffered_limit_bytes", "",
            "millrace_connections_closed_total", "listener,reason,initiator,phase",
            "millrace_connections", "state",
            "millrace_handshakes_total", "result",
            "millrace_handshake_duration_seconds_count", "",
            "millrace_first_byte_duration_seconds_count", "",
            "millrace_request_duration_seconds_count", "protocol",
            "millrace_requests_total", "protocol,status_class",
            "millrace_certificate_expiry_timestamp_seconds", "name");

    @Test
    void allThereFromTheStart() throws Exception {
        try (ObservedServer server = new ObservedServer()) {
            Map<String, Double> rows = server.rows();
            Map<String, String> seen = new TreeMap<>();
            Set<String> reasons = new TreeSet<>();
            rows.forEach((row, value) -> {
                Matcher matcher = ROW.matcher(row);
                assertTrue(matcher.matches(), row);
                String labels = matcher.group(3) == null ? "" : matcher.group(3).replaceAll("=\"[^\"]*\"", "");
                seen.put(matcher.group(1), labels);
                if (row.startsWith("millrace_buffered_limit")) {
                    assertTrue(value >= 64 << 10, row);
                } else if (!row.startsWith("millrace_certificate")) {
                    assertEquals(0.0, value, row);
                }
                if (row.startsWith("millrace_connections_closed_total")) {
                    assertTrue(reasons.add(row.replaceAll(",initiator.*", "")), "twice: " + row);
                }
            });
            assertEquals(new TreeMap<>(NAMES), seen);
            Set<String> wanted = new TreeSet<>();
            for (CloseReason reason : CloseReason.values()) {
                for (String listener : reason.ofClients() ? List.<String>of() : List.of("http", "https")) {
                    wanted.add("millrace_connections_closed_total{listener=\"" + listener + "\",reason=\""
                            + reason.name().toLowerCase(Locale.ROOT) + '"');
                }
            }
            assertEquals(wanted, reasons);
        }
    }

    /** The reasons that the endings of connections are known by, as dashboards and alert rules have them. */
    @Test
    void theNamesOfTheReasonsStay() {
        List<String> names = List.of(
                "CLIENT_SILENT",
                "PEER_SILENT",
                "PREFACE_ONLY",
                "TRUNCATED_REQUEST",
                "COMPLETED",
                "HANDSHAKE_REJECTED",
                "HANDSHAKE_ABORTED",
                "HANDSHAKE_FAILED",
                "HANDSHAKE_TIMEOUT",
                "PLAINTEXT_ON_TLS",
                "NOT_TLS",
                "FIRST_BYTE_TIMEOUT",
                "HEADERS_TIMEOUT",
                "BODY_TIMEOUT",
                "HANDLER_TIMEOUT",
                "WRITE_TIMEOUT",
                "IDLE_TIMEOUT",
                "PEER_RESET",
                "PEER_CLOSED_EARLY",
                "PROTOCOL_ERROR",
                "LIMIT_EXCEEDED",
                "FLOOD",
                "HANDLER_ERROR",
                "DRAINED",
                "DRAIN_FORCED",
                "UPGRADED",
                "IO_ERROR",
                "INTERNAL_ERROR");
        for (String name : names) {
            assertEquals(name, CloseReason.valueOf(name).name());
        }
    }

    private static String gauge(ObservedServer server) {
        StringBuilder text = new StringBuilder();
        for (ConnectionState state : ConnectionState.values()) {
            String row = "millrace_connections{state=\"" + state.name().toLowerCase(Locale.ROOT) + "\"}";
            text.append(server.rows().get(row).intValue());
        }
        return text.toString();
    }

    /** The gauge follows a connection: handshake, silent, active, idle, tunnel, closing. */
    @Test
    void theGaugeFollows() throws Exception {
        try (ObservedServer server = new ObservedServer()) {
            try (TlsClient client = server.client("TLSv1.3")) {
                server.await(each -> each.state() == ConnectionState.HANDSHAKE);
                assertEquals("100000", gauge(server));
                client.handshake();
                server.await(each -> each.state() == ConnectionState.SILENT);
                assertEquals("010000", gauge(server));
                client.send("GET / HTTP/1.1\r\n");
                server.await(each -> each.state() == ConnectionState.ACTIVE);
                assertEquals("001000", gauge(server));
                client.send("Host: a\r\n\r\n").await("hello");
                server.await(each -> each.state() == ConnectionState.IDLE);
                assertEquals("000100", gauge(server));
                client.send("GET /tunnel HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n");
                server.await(each -> each.state() == ConnectionState.TUNNEL);
                assertEquals("000010", gauge(server));
                client.closeNotify();
                server.ending();
            }
            assertEquals("000000", gauge(server));
            try (TlsClient client = server.client("TLSv1.3").handshake()) {
                client.get("/last").await("last");
                server.await(each -> each.state() == ConnectionState.CLOSING);
                assertEquals("000001", gauge(server));
                client.closeNotify();
                server.ending();
            }
            assertEquals("000000", gauge(server));
        }
    }

    private static void one(HistogramSnapshot durations, Duration least, Duration most) {
        assertEquals(1, durations.count());
        assertTrue(
                durations.sum() >= least.toNanos() && durations.sum() <= most.toNanos(),
                () -> durations.sum() + " ns is not from " + least + " to " + most);
    }

    @Test
    void durationsAreExact() throws Exception {
        try (ObservedServer server = new ObservedServer()) {
            try (TlsClient client = server.client("TLSv1.3")) {
                client.raw(client.hello());
                server.await(each -> each.bytesOut() > 100);
                server.advance(Duration.ofMillis(300));
                client.handshake();
                server.await(each -> each.state() == ConnectionState.SILENT);
                server.advance(Duration.ofMillis(700));
                client.get("/never");
                server.await(each -> each.requests() == 1);
                server.advance(Duration.ofMillis(1100));
                server.release("late");
                client.await("late").closeNotify();
                Recorded.Ending ending = server.ending();
                assertEquals(Duration.ofMillis(300).toNanos(), ending.shaken().nanos());
                assertEquals(Duration.ofMillis(300).toNanos(), ending.stats().handshakeNanos());
                assertEquals(Duration.ofMillis(700).toNanos(), ending.stats().firstByteNanos());
                assertEquals(Duration.ofMillis(2100).toNanos(), ending.stats().openNanos());
            }
            MetricsSnapshot counted = server.server().metrics().snapshot();
            one(counted.handshakeDurations(), Duration.ofMillis(300), Duration.ofMillis(300));
            one(counted.firstByteDurations(), Duration.ofMillis(700), Duration.ofMillis(700));
            one(counted.requestDurations(Version.HTTP_1_1), Duration.ofMillis(1100), Duration.ofMillis(1100));
        }
    }

    @Test
    void certificatesByTheirNames() throws Exception {
        CertificateAuthority authority = CertificateAuthority.create("Test authority");
        Identity one = authority.leaf("one.test");
        Identity two = authority.leaf("two.test");
        Tls tls = Tls.server().certificate(one).certificate("two.test", two).build();
        try (ObservedServer server = new ObservedServer(tls)) {
            Map<String, Double> rows = server.rows();
            for (Tls.Certificate each : tls.certificates()) {
                double seconds = each.notAfter().getEpochSecond();
                assertEquals(
                        seconds,
                        rows.get("millrace_certificate_expiry_timestamp_seconds{name=\"" + each.name() + "\"}"));
            }
            assertEquals(
                    2,
                    rows.keySet().stream()
                            .filter(row -> row.startsWith("millrace_certificate"))
                            .count());
        }
        assertEquals(
                List.of("one.test", "two.test"),
                tls.certificates().stream().map(Tls.Certificate::name).toList());
    }
}
