package dev.millrace.internal.h1;

import dev.millrace.http.FieldName;
import dev.millrace.http.Headers;
import dev.millrace.http.Status;
import dev.millrace.internal.bytes.Ascii;
import dev.millrace.internal.exchange.CurrentDate;
import dev.millrace.internal.time.Clock;

/** Writes the heads of responses (RFC 9112 §4, §5). One for each loop; what it wrote is to be sent before the next call. */
final class HeadEncoder extends MessageEncoder {
    private static final byte[] CLOSE = ascii("Connection: close\r\n");
    private static final byte[] KEEP_ALIVE = ascii("Connection: keep-alive\r\n");
    private static final byte[] UPGRADE = ascii("Connection: Upgrade\r\n");
    private static final byte[] CLOSE_UPGRADE = ascii("Connection: close, Upgrade\r\n");

    /** Which {@code Connection} field a response says. */
    enum Connection {
        /** None: the version's default says enough. */
        DEFAULT,
        CLOSE,
        /** To an HTTP/1.0 peer that asked for it. */
        KEEP_ALIVE,
        /** The response has an {@code Upgrade} field. */
        UPGRADE,
        CLOSE_UPGRADE
    }

    private final CurrentDate date;
    private final byte[] serverLine;
    private final byte[][] statusLines = new byte[500][0];
    private byte[] dateLine = new byte[0];
    private String dateRendered = "";

    /**
     * An encoder.
     *
     * @param clock tells the date
     * @param server the {@code Server} field's value, empty for no field
     */
    HeadEncoder(Clock clock, String server) {
        this.date = new CurrentDate(clock);
        this.serverLine = server.isEmpty() ? new byte[0] : ascii("Server: " + server + "\r\n");
    }

    /**
     * Writes the head of a final response.
     *
     * @param status the status
     * @param headers the handler's fields
     * @param contentLength what {@code Content-Length} says, negative for no such field
     * @param chunked whether the content is going to come in chunks
     * @param connection which {@code Connection} field there is
     * @param now the loop's time
     */
    void response(
            Status status, Headers headers, long contentLength, boolean chunked, Connection connection, long now) {
        begin();
        put(statusLine(status));
        boolean date = true;
        boolean server = true;
        for (int i = 0; i < headers.size(); i++) {
            String name = headers.name(i);
            switch (name.length()) {
                case 4:
                    date &= !Ascii.equalsIgnoreCase(name, FieldName.DATE);
                    break;
                case 6:
                    server &= !Ascii.equalsIgnoreCase(name, FieldName.SERVER);
                    break;
                case 10:
                case 14:
                case 17:
                    if (framing(name)) {
                        continue;
                    }
                    break;
                default:
            }
            field(name, headers.value(i));
        }
        if (date) {
            putDate(now);
        }
        if (server) {
            put(serverLine);
        }
        contentFields(contentLength, chunked);
        switch (connection) {
            case DEFAULT -> {}
            case CLOSE -> put(CLOSE);
            case KEEP_ALIVE -> put(KEEP_ALIVE);
            case UPGRADE -> put(UPGRADE);
            case CLOSE_UPGRADE -> put(CLOSE_UPGRADE);
        }
        crlf();
    }

    /** Writes a whole interim response. */
    void interim(Status status, Headers headers) {
        begin();
        put(statusLine(status));
        unframed(headers);
        crlf();
    }

    private byte[] statusLine(Status status) {
        byte[] line = statusLines[status.code() - 100];
        if (line.length == 0) { // rendered when it is first sent
            line = ascii("HTTP/1.1 " + status.code() + " " + status.reason() + "\r\n");
            statusLines[status.code() - 100] = line;
        }
        return line;
    }

    @SuppressWarnings("ReferenceEquality") // the same text for a second is the same object
    private void putDate(long now) {
        String value = date.value(now);
        if (value != dateRendered) {
            dateRendered = value;
            dateLine = ascii("Date: " + value + "\r\n");
        }
        put(dateLine);
    }
}
