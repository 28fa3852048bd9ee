package dev.millrace.observe;

import dev.millrace.http.Initiator;
import dev.millrace.http.Phase;
import dev.millrace.http.Version;
import java.util.Locale;
import java.util.Map;

/**
 * Metrics as text for Prometheus and its like, in either of two formats: OpenMetrics 1.0 and Prometheus' own 0.0.4.
 *
 * <p>In {@code millrace_connections_closed_total} every reason of every listener has a row from the start. Since a reason's
 * connections may have ended in several phases, that row carries the reason's usual phase, and another phase gets a row of
 * its own with its first connection. So each ending counts in one row, rows never go away, and
 * {@code sum without (phase)} gives the exact count of a reason.
 *
 * <p>Safe for any thread.
 */
public final class MetricsText {
    /** The bounds of {@link Buckets#exported} in seconds, as OpenMetrics writes numbers. */
    private static final String[] BOUNDS = {
        "1e-05", "2.5e-05", "5e-05", "0.0001", "0.00025", "0.0005", "0.001", "0.0025", "0.005", "0.01", "0.025", "0.05",
        "0.1", "0.25", "0.5", "1.0", "2.5", "5.0", "10.0", "25.0", "50.0", "100.0"
    };

    private static final long SECOND = 1_000_000_000L;

    /** A format that the text may have. */
    public enum Format {
        /** OpenMetrics 1.0. */
        OPEN_METRICS("application/openmetrics-text; version=1.0.0; charset=utf-8"),
        /** Prometheus' text format 0.0.4. */
        PROMETHEUS("text/plain; version=0.0.4; charset=utf-8");

        private final String contentType;

        Format(String contentType) {
            this.contentType = contentType;
        }

        /** {@return the media type with its parameters} */
        public String contentType() {
            return contentType;
        }
    }

    private final MetricsSnapshot metrics;
    private final Format format;
    private final StringBuilder out = new StringBuilder(16 << 10);

    private MetricsText(MetricsSnapshot metrics, Format format) {
        this.metrics = metrics;
        this.format = format;
    }

    /**
     * Renders a snapshot.
     *
     * @param metrics what has been counted
     * @param format the format
     * @return the text, to be sent in UTF-8
     */
    public static String render(MetricsSnapshot metrics, Format format) {
        return new MetricsText(metrics, format).render();
    }

    private String render() {
        closed();
        connections();
        buffers();
        handshakes();
        histogramFamily(
                "millrace_handshake_duration_seconds", "Time from accepting a connection to its complete handshake.");
        histogram("millrace_handshake_duration_seconds", "", metrics.handshakeDurations());
        histogramFamily(
                "millrace_first_byte_duration_seconds",
                "Time a ready connection waited for its first request's first byte.");
        histogram("millrace_first_byte_duration_seconds", "", metrics.firstByteDurations());
        histogramFamily(
                "millrace_request_duration_seconds",
                "Time from a request's header section to the end of its response.");
        for (Version version : Version.values()) {
            histogram("millrace_request_duration_seconds", protocol(version), metrics.requestDurations(version));
        }
        requests();
        certificates();
        if (format == Format.OPEN_METRICS) {
            out.append("# EOF\n");
        }
        return out.toString();
    }

    private void closed() {
        counterFamily("millrace_connections_closed", "Connections that have ended, by reason.");
        for (String listener : metrics.listeners()) {
            for (CloseReason reason : CloseReason.values()) {
                for (Phase phase : Phase.values()) {
                    long count = metrics.closed(listener, reason, phase);
                    if (count > 0 || phase == usualPhase(reason) && !reason.ofClients()) {
                        out.append("millrace_connections_closed_total{listener=\"");
                        escaped(listener);
                        out.append("\",reason=\"").append(lower(reason.name()));
                        out.append("\",initiator=\"").append(initiator(reason.initiator()));
                        out.append("\",phase=\"").append(lower(phase.name())).append("\"} ");
                        out.append(count).append('\n');
                    }
                }
            }
        }
    }

    private void connections() {
        family("millrace_connections", "gauge", "", "Open connections, by state.");
        for (ConnectionState state : ConnectionState.values()) {
            out.append("millrace_connections{state=\"")
                    .append(lower(state.name()))
                    .append("\"} ");
            out.append(metrics.connections(state)).append('\n');
        }
    }

    private void buffers() {
        family(
                "millrace_buffered_bytes",
                "gauge",
                "bytes",
                "Bytes held for peers: arrived and not taken, or written and not sent.");
        out.append("millrace_buffered_bytes ").append(metrics.bufferedBytes()).append('\n');
        family(
                "millrace_buffered_limit_bytes",
                "gauge",
                "bytes",
                "Bytes that may be held for peers before new requests are answered 503.");
        out.append("millrace_buffered_limit_bytes ")
                .append(metrics.bufferedBytesBound())
                .append('\n');
    }

    private void handshakes() {
        counterFamily("millrace_handshakes", "TLS handshakes that have ended, by result.");
        for (HandshakeResult result : HandshakeResult.values()) {
            out.append("millrace_handshakes_total{result=\"")
                    .append(lower(result.name()))
                    .append("\"} ");
            out.append(metrics.handshakes(result)).append('\n');
        }
    }

    private void requests() {
        counterFamily("millrace_requests", "Requests that were answered, by the class of the status.");
        for (Version version : Version.values()) {
            for (int family = 1; family <= 5; family++) {
                out.append("millrace_requests_total{").append(protocol(version));
                out.append(",status_class=\"").append(family).append("xx\"} ");
                out.append(metrics.requests(version, family)).append('\n');
            }
        }
    }

    private void certificates() {
        family(
                "millrace_certificate_expiry_timestamp_seconds",
                "gauge",
                "seconds",
                "End of a certificate's validity, in seconds since 1970-01-01T00:00:00Z.");
        for (Map.Entry<String, Long> certificate : metrics.certificates().entrySet()) {
            out.append("millrace_certificate_expiry_timestamp_seconds{name=\"");
            escaped(certificate.getKey());
            out.append("\"} ").append(certificate.getValue().longValue()).append('\n');
        }
    }

    /** A counter's family has no suffix in OpenMetrics, and in the older format the name of its only sample. */
    private void counterFamily(String name, String help) {
        family(format == Format.OPEN_METRICS ? name : name.concat("_total"), "counter", "", help);
    }

    private void histogramFamily(String name, String help) {
        family(name, "histogram", "seconds", help);
    }

    private void family(String name, String type, String unit, String help) {
        if (format == Format.OPEN_METRICS) {
            out.append("# TYPE ").append(name).append(' ').append(type).append('\n');
            if (!unit.isEmpty()) {
                out.append("# UNIT ").append(name).append(' ').append(unit).append('\n');
            }
            out.append("# HELP ").append(name).append(' ').append(help).append('\n');
        } else {
            out.append("# HELP ").append(name).append(' ').append(help).append('\n');
            out.append("# TYPE ").append(name).append(' ').append(type).append('\n');
        }
    }

    private void histogram(String name, String label, HistogramSnapshot durations) {
        for (int i = 0; i < BOUNDS.length; i++) {
            bucket(name, label, BOUNDS[i], durations.countUpTo(Buckets.exported(i)));
        }
        bucket(name, label, "+Inf", durations.count());
        sample(name, "_count", label);
        out.append(durations.count()).append('\n');
        sample(name, "_sum", label);
        seconds(durations.sum());
        out.append('\n');
    }

    private void bucket(String name, String label, String bound, long count) {
        out.append(name).append("_bucket{").append(label);
        if (!label.isEmpty()) {
            out.append(',');
        }
        out.append("le=\"").append(bound).append("\"} ").append(count).append('\n');
    }

    private void sample(String name, String suffix, String label) {
        out.append(name).append(suffix);
        if (!label.isEmpty()) {
            out.append('{').append(label).append('}');
        }
        out.append(' ');
    }

    /** Nanoseconds as seconds, exactly. */
    private void seconds(long nanos) {
        out.append(nanos / SECOND).append('.');
        String fraction = Long.toString(SECOND + nanos % SECOND);
        int end = fraction.length();
        while (end > 2 && fraction.charAt(end - 1) == '0') {
            end--;
        }
        out.append(fraction, 1, end);
    }

    private void escaped(String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            switch (c) {
                case '\\' -> out.append("\\\\");
                case '"' -> out.append("\\\"");
                case '\n' -> out.append("\\n");
                default -> out.append(c);
            }
        }
    }

    private static String protocol(Version version) {
        return "protocol=\"" + ProtocolNames.of(version) + "\"";
    }

    private static String initiator(Initiator initiator) {
        return switch (initiator) {
            case PEER -> "peer";
            case LOCAL -> "local";
            case NETWORK -> "network";
        };
    }

    private static String lower(String name) {
        return name.toLowerCase(Locale.ROOT);
    }

    /** {@return the phase in which connections mostly end for a reason: where its row stands while there is none} */
    static Phase usualPhase(CloseReason reason) {
        return switch (reason) {
            case CLIENT_SILENT, PEER_SILENT, PREFACE_ONLY, FIRST_BYTE_TIMEOUT -> Phase.OPENED;
            case HANDSHAKE_REJECTED,
                    HANDSHAKE_ABORTED,
                    HANDSHAKE_FAILED,
                    HANDSHAKE_TIMEOUT,
                    PLAINTEXT_ON_TLS,
                    NOT_TLS -> Phase.HANDSHAKE;
            case TRUNCATED_REQUEST, HEADERS_TIMEOUT, PROTOCOL_ERROR, LIMIT_EXCEEDED, FLOOD -> Phase.HEADERS;
            case BODY_TIMEOUT -> Phase.BODY;
            case HANDLER_TIMEOUT, HANDLER_ERROR, DRAIN_FORCED, INTERNAL_ERROR -> Phase.HANDLER;
            case WRITE_TIMEOUT, PEER_CLOSED_EARLY, IO_ERROR -> Phase.RESPONSE;
            case COMPLETED, IDLE_TIMEOUT, PEER_RESET, DRAINED -> Phase.IDLE;
            case UPGRADED -> Phase.TUNNEL;
            case SERVER_CLOSED -> Phase.CLOSING;
            case EXCHANGE_TIMEOUT, EXCHANGE_CANCELLED -> Phase.RESPONSE_HEAD;
            case RETIRED -> Phase.IDLE;
            case CONNECT_FAILED, CONNECT_TIMEOUT -> Phase.CONNECT;
            case PROXY_REFUSED -> Phase.PROXY;
        };
    }
}
