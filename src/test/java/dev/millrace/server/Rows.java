package dev.millrace.server;

import java.util.Map;
import java.util.TreeMap;

/** Rows of the metrics and by how much they grow. */
final class Rows {
    private Rows() {}

    static Map<String, Integer> closed(int count, String listener, String reason, String initiator, String phase) {
        return Map.of(
                "millrace_connections_closed_total{listener=\"" + listener + "\",reason=\"" + reason + "\",initiator=\""
                        + initiator + "\",phase=\"" + phase + "\"}",
                count);
    }

    /** Handshakes; those that were completed are measured, too. */
    static Map<String, Integer> handshake(int count, String result) {
        String row = "millrace_handshakes_total{result=\"" + result + "\"}";
        return result.equals("completed")
                ? Map.of(row, count, "millrace_handshake_duration_seconds_count", count)
                : Map.of(row, count);
    }

    static Map<String, Integer> firstByte(int count) {
        return Map.of("millrace_first_byte_duration_seconds_count", count);
    }

    static Map<String, Integer> request(int count, String statusClass) {
        return Map.of(
                "millrace_requests_total{protocol=\"http/1.1\",status_class=\"" + statusClass + "\"}",
                count,
                "millrace_request_duration_seconds_count{protocol=\"http/1.1\"}",
                count);
    }

    @SafeVarargs
    static Map<String, Integer> counted(Map<String, Integer>... parts) {
        Map<String, Integer> all = new TreeMap<>();
        for (Map<String, Integer> part : parts) {
            part.forEach((row, count) -> all.merge(row, count, Integer::sum));
        }
        return all;
    }
}
