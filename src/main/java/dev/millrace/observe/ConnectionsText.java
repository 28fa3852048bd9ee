package dev.millrace.observe;

import dev.millrace.internal.bytes.Nullable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Renders snapshots of connections for people, as a table, and for programs, as JSON. Safe for any thread. */
public final class ConnectionsText {
    private static final long MILLI = 1_000_000L;

    private static final String[] TITLES = {
        "ID",
        "LISTENER",
        "STATE",
        "AGE",
        "IN",
        "OUT",
        "PENDING",
        "KEPT",
        "REQUESTS",
        "PROTOCOL",
        "TLS",
        "SUITE",
        "ALPN",
        "STREAMS",
        "REMOTE"
    };

    private ConnectionsText() {}

    /**
     * A table with a line of titles, a line for each connection in the list's order, and their number.
     *
     * @param connections the connections
     * @return the table; what is not known or not there is a hyphen, ages are in seconds, sizes in bytes
     */
    public static String table(List<ConnectionSnapshot> connections) {
        List<String[]> rows = new ArrayList<>();
        rows.add(TITLES);
        for (ConnectionSnapshot connection : connections) {
            rows.add(row(connection));
        }
        int[] widths = new int[TITLES.length];
        for (String[] row : rows) {
            for (int i = 0; i < row.length; i++) {
                widths[i] = Math.max(widths[i], row[i].length());
            }
        }
        StringBuilder out = new StringBuilder();
        for (String[] row : rows) {
            for (int i = 0; i < row.length; i++) {
                boolean number = i == 0 || i >= 3 && i <= 8 || i == 13;
                int blanks = widths[i] - row[i].length();
                if (number) {
                    blanks(out, blanks);
                }
                out.append(row[i]);
                if (i < row.length - 1) {
                    blanks(out, number ? 2 : blanks + 2);
                }
            }
            out.append('\n');
        }
        return out.append(connections.size())
                .append(connections.size() == 1 ? " connection\n" : " connections\n")
                .toString();
    }

    private static void blanks(StringBuilder out, int count) {
        for (int i = 0; i < count; i++) {
            out.append(' ');
        }
    }

    private static String[] row(ConnectionSnapshot connection) {
        return new String[] {
            Long.toString(connection.id()),
            printable(connection.listener()),
            connection.state().name().toLowerCase(Locale.ROOT),
            seconds(connection.ageNanos()),
            Long.toString(connection.bytesIn()),
            Long.toString(connection.bytesOut()),
            Long.toString(connection.pendingOut()),
            Long.toString(connection.keptIn()),
            Long.toString(connection.requests()),
            connection.protocol() == null ? "-" : ProtocolNames.of(connection.protocol()),
            printable(connection.tlsVersion()),
            printable(connection.cipherSuite()),
            printable(connection.alpn()),
            connection.http2() == null
                    ? "-"
                    : Integer.toString(connection.http2().streams()),
            printable(connection.remote())
        };
    }

    /** A cell never breaks its line and never is empty. */
    private static String printable(@Nullable String text) {
        if (text == null || text.isEmpty()) {
            return "-";
        }
        StringBuilder out = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            out.append(Character.isISOControl(c) || Character.isWhitespace(c) ? '?' : c);
        }
        return out.toString();
    }

    /** Milliseconds are as exact as anybody wants to read an age. */
    private static String seconds(long nanos) {
        long millis = Math.max(0, nanos) / MILLI;
        return millis / 1_000 + "." + Long.toString(1_000 + millis % 1_000).substring(1);
    }

    /**
     * An object with the number of connections under {@code count} and an array of them in the list's order under
     * {@code connections}.
     *
     * @param connections the connections
     * @return JSON (RFC 8259); what is not known or not there is {@code null}
     */
    public static String json(List<ConnectionSnapshot> connections) {
        StringBuilder out = new StringBuilder();
        out.append("{\"count\":").append(connections.size()).append(",\"connections\":[");
        for (int i = 0; i < connections.size(); i++) {
            out.append(i == 0 ? "\n" : ",\n");
            json(out, connections.get(i));
        }
        return out.append("\n]}\n").toString();
    }

    private static void json(StringBuilder out, ConnectionSnapshot connection) {
        out.append("{\"id\":").append(connection.id());
        string(out, "listener", connection.listener());
        string(out, "state", connection.state().name().toLowerCase(Locale.ROOT));
        out.append(",\"ageSeconds\":").append(seconds(connection.ageNanos()));
        out.append(",\"bytesIn\":").append(connection.bytesIn());
        out.append(",\"bytesOut\":").append(connection.bytesOut());
        out.append(",\"pendingOut\":").append(connection.pendingOut());
        out.append(",\"keptIn\":").append(connection.keptIn());
        out.append(",\"requests\":").append(connection.requests());
        string(out, "protocol", connection.protocol() == null ? null : ProtocolNames.of(connection.protocol()));
        string(out, "tlsVersion", connection.tlsVersion());
        string(out, "cipherSuite", connection.cipherSuite());
        string(out, "alpn", connection.alpn());
        string(out, "remoteAddress", connection.remote());
        out.append(",\"http2\":");
        http2(out, connection.http2());
        out.append('}');
    }

    private static void http2(StringBuilder out, @Nullable Http2Snapshot http2) {
        if (http2 == null) {
            out.append("null");
            return;
        }
        out.append("{\"open\":").append(http2.open());
        out.append(",\"halfClosedLocal\":").append(http2.halfClosedLocal());
        out.append(",\"halfClosedRemote\":").append(http2.halfClosedRemote());
        out.append(",\"sendWindow\":").append(http2.sendWindow());
        out.append(",\"receiveWindow\":").append(http2.receiveWindow());
        out.append(",\"roundTripSeconds\":");
        if (http2.roundTripNanos() < 0) {
            out.append("null");
        } else {
            out.append(http2.roundTripNanos() / 1e9);
        }
        out.append(",\"leaving\":").append(http2.leaving()).append('}');
    }

    private static void string(StringBuilder out, String name, @Nullable String value) {
        out.append(",\"").append(name).append("\":");
        if (value == null) {
            out.append("null");
            return;
        }
        out.append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                    // a surrogate by itself cannot be sent in UTF-8, and both halves may well be escaped
                    if (c < 0x20 || c == 0x7f || Character.isSurrogate(c)) {
                        out.append("\\u").append(Integer.toHexString(c | 0x10000), 1, 5);
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }
}
