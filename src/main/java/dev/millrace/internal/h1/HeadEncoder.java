package dev.millrace.internal.h1;

import dev.millrace.http.FieldName;
import dev.millrace.http.Headers;
import dev.millrace.http.Status;
import dev.millrace.internal.bytes.Ascii;
import dev.millrace.internal.exchange.CurrentDate;
import dev.millrace.internal.time.Clock;
import dev.millrace.internal.transport.Transport;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Writes the heads of responses (RFC 9112 §4, §5) and whatever else stands between contents: chunk sizes, trailers. One
 * for each loop; what it wrote is to be sent before the next call.
 */
final class HeadEncoder {
    private static final byte[] CONTENT_LENGTH = ascii("Content-Length: ");
    private static final byte[] CHUNKED = ascii("Transfer-Encoding: chunked\r\n");
    private static final byte[] CLOSE = ascii("Connection: close\r\n");
    private static final byte[] KEEP_ALIVE = ascii("Connection: keep-alive\r\n");
    private static final byte[] UPGRADE = ascii("Connection: Upgrade\r\n");
    private static final byte[] CLOSE_UPGRADE = ascii("Connection: close, Upgrade\r\n");
    private static final byte[] LAST_CHUNK = ascii("0\r\n");
    private static final byte[] HEX = ascii("0123456789abcdef");

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
    private byte[] bytes = new byte[1024];
    private int length;
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

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Sends what was written. */
    void writeTo(Transport transport) {
        transport.write(bytes, 0, length);
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
        length = 0;
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
        if (contentLength >= 0) {
            put(CONTENT_LENGTH);
            putDecimal(contentLength);
            crlf();
        } else if (chunked) {
            put(CHUNKED);
        }
        switch (connection) {
            case DEFAULT -> {}
            case CLOSE -> put(CLOSE);
            case KEEP_ALIVE -> put(KEEP_ALIVE);
            case UPGRADE -> put(UPGRADE);
            case CLOSE_UPGRADE -> put(CLOSE_UPGRADE);
        }
        crlf();
    }

    /** Whether a field is the protocol's own: how a message is framed is not for handlers to say. */
    private static boolean framing(String name) {
        return Ascii.equalsIgnoreCase(name, FieldName.CONNECTION)
                || Ascii.equalsIgnoreCase(name, FieldName.KEEP_ALIVE)
                || Ascii.equalsIgnoreCase(name, FieldName.CONTENT_LENGTH)
                || Ascii.equalsIgnoreCase(name, FieldName.TRANSFER_ENCODING);
    }

    /** Writes a whole interim response. */
    void interim(Status status, Headers headers) {
        length = 0;
        put(statusLine(status));
        unframed(headers);
        crlf();
    }

    /** Writes fields, without those that would frame the message. */
    private void unframed(Headers fields) {
        for (int i = 0; i < fields.size(); i++) {
            if (!framing(fields.name(i))) {
                field(fields.name(i), fields.value(i));
            }
        }
    }

    /** Writes what stands before a chunk's data. */
    void chunkSize(int size) {
        length = 0;
        int digits = Math.max(1, (35 - Integer.numberOfLeadingZeros(size)) / 4);
        room(digits + 2);
        for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
            bytes[length++] = HEX[size >> shift & 15];
        }
        crlf();
    }

    /** Writes the last chunk and the trailer section. */
    void lastChunk(Headers trailers) {
        length = 0;
        put(LAST_CHUNK);
        unframed(trailers);
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

    private void field(String name, String value) {
        int n = name.length();
        int v = value.length();
        room(n + v + 4);
        latin1(name, n, length);
        int at = length + n;
        bytes[at] = ':';
        bytes[at + 1] = ' ';
        latin1(value, v, at + 2);
        at += 2 + v;
        bytes[at] = '\r';
        bytes[at + 1] = '\n';
        length = at + 2;
    }

    /** Copies a text whose characters are known to be below 256: {@link Headers} takes no others. */
    @SuppressWarnings("deprecation") // drops the high bytes, of which there are none, and is one array copy
    private void latin1(String text, int size, int at) {
        text.getBytes(0, size, bytes, at);
    }

    private void put(byte[] part) {
        room(part.length);
        System.arraycopy(part, 0, bytes, length, part.length);
        length += part.length;
    }

    private void crlf() {
        room(2);
        bytes[length] = '\r';
        bytes[length + 1] = '\n';
        length += 2;
    }

    private void putDecimal(long value) {
        int digits = 1;
        for (long rest = value; rest >= 10; rest /= 10) {
            digits++;
        }
        room(digits);
        long rest = value;
        for (int i = length + digits - 1; i >= length; i--) {
            bytes[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        length += digits;
    }

    private void room(int more) {
        if (length + more > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(length + more, 2 * bytes.length));
        }
    }
}
