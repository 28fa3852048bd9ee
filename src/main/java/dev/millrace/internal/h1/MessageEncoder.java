package dev.millrace.internal.h1;

import dev.millrace.http.FieldName;
import dev.millrace.http.Headers;
import dev.millrace.internal.bytes.Ascii;
import dev.millrace.internal.transport.Transport;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Writes what the messages of both roles have in common: field lines, and what stands between contents (RFC 9112 §5, §7.1).
 * What it wrote is to be sent before the next message, chunk or trailer section is begun.
 */
abstract class MessageEncoder {
    private static final byte[] CONTENT_LENGTH = ascii("Content-Length: ");
    private static final byte[] CHUNKED = ascii("Transfer-Encoding: chunked\r\n");
    private static final byte[] LAST_CHUNK = ascii("0\r\n");
    private static final byte[] HEX = ascii("0123456789abcdef");

    private byte[] bytes = new byte[1024];
    private int length;

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Sends what was written. */
    final void writeTo(Transport transport) {
        transport.write(bytes, 0, length);
    }

    /** Begins something else: what was written before has been sent. */
    final void begin() {
        length = 0;
    }

    /**
     * Writes how the end of the content is found.
     *
     * @param contentLength what {@code Content-Length} says, negative for no such field
     * @param chunked whether the content is going to come in chunks
     */
    final void contentFields(long contentLength, boolean chunked) {
        if (contentLength >= 0) {
            put(CONTENT_LENGTH);
            putDecimal(contentLength);
            crlf();
        } else if (chunked) {
            put(CHUNKED);
        }
    }

    /** Whether a field is the protocol's own: how a message is framed is not for programs to say. */
    static boolean framing(String name) {
        return Ascii.equalsIgnoreCase(name, FieldName.CONNECTION)
                || Ascii.equalsIgnoreCase(name, FieldName.KEEP_ALIVE)
                || Ascii.equalsIgnoreCase(name, FieldName.CONTENT_LENGTH)
                || Ascii.equalsIgnoreCase(name, FieldName.TRANSFER_ENCODING);
    }

    /** Writes fields, without those that would frame the message. */
    final void unframed(Headers fields) {
        for (int i = 0; i < fields.size(); i++) {
            if (!framing(fields.name(i))) {
                field(fields.name(i), fields.value(i));
            }
        }
    }

    /** Writes what stands before a chunk's data. */
    final void chunkSize(int size) {
        begin();
        int digits = Math.max(1, (35 - Integer.numberOfLeadingZeros(size)) / 4);
        room(digits + 2);
        for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
            bytes[length++] = HEX[size >> shift & 15];
        }
        crlf();
    }

    /** Writes the last chunk and the trailer section. */
    final void lastChunk(Headers trailers) {
        begin();
        put(LAST_CHUNK);
        unframed(trailers);
        crlf();
    }

    final void field(String name, String value) {
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

    final void put(byte[] part) {
        room(part.length);
        System.arraycopy(part, 0, bytes, length, part.length);
        length += part.length;
    }

    /** Writes a text of ISO-8859-1 as it is. */
    final void text(String value) {
        room(value.length());
        latin1(value, value.length(), length);
        length += value.length();
    }

    final void crlf() {
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
