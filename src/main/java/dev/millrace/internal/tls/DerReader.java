package dev.millrace.internal.tls;

import java.io.IOException;
import java.util.Arrays;

/**
 * Reads DER elements in order from a range of bytes. Strict about bounds, since the bytes come from files that may be cut
 * or broken: whatever does not fit is an {@link IOException}, never an index error.
 */
public final class DerReader {
    private final byte[] bytes;
    private final int end;
    private int at;

    /** Reads all of the bytes, which are not copied. */
    public DerReader(byte[] bytes) {
        this(bytes, 0, bytes.length);
    }

    private DerReader(byte[] bytes, int from, int end) {
        this.bytes = bytes;
        this.at = from;
        this.end = end;
    }

    /** {@return whether nothing is left} */
    public boolean atEnd() {
        return at == end;
    }

    /** {@return whether the next element has this tag} */
    public boolean next(int tag) {
        return at < end && (bytes[at] & 0xff) == tag;
    }

    /** {@return a reader of the content of the next element, which is passed} */
    public DerReader enter(int tag) throws IOException {
        int length = header(tag);
        DerReader inside = new DerReader(bytes, at, at + length);
        at += length;
        return inside;
    }

    /** {@return the content of the next element, which is passed} */
    public byte[] content(int tag) throws IOException {
        int length = header(tag);
        at += length;
        return Arrays.copyOfRange(bytes, at - length, at);
    }

    /** {@return the next element with its tag and length, which is passed} */
    public byte[] element() throws IOException {
        int from = at;
        if (at >= end) {
            throw new IOException("the data ends too early");
        }
        int length = header(bytes[at] & 0xff);
        at += length;
        return Arrays.copyOfRange(bytes, from, at);
    }

    /** {@return the next element, an INTEGER of at most 31 bits} */
    public int smallInteger() throws IOException {
        byte[] content = content(DerWriter.INTEGER);
        if (content.length == 0 || content.length > 4 || content[0] < 0) {
            throw new IOException("a number is out of range");
        }
        int value = 0;
        for (byte octet : content) {
            value = value << 8 | octet & 0xff;
        }
        return value;
    }

    /** {@return the next element, an OBJECT IDENTIFIER, in dotted decimal} */
    public String oid() throws IOException {
        byte[] content = content(DerWriter.OBJECT_IDENTIFIER);
        StringBuilder out = new StringBuilder();
        long value = 0;
        for (byte octet : content) {
            if (value >>> 31 != 0) {
                throw new IOException("an object identifier is out of range");
            }
            value = value << 7 | octet & 0x7f;
            if (octet >= 0) {
                if (out.length() == 0) {
                    long first = Math.min(value / 40, 2);
                    out.append(first).append('.').append(value - 40 * first);
                } else {
                    out.append('.').append(value);
                }
                value = 0;
            }
        }
        return out.toString();
    }

    private int header(int tag) throws IOException {
        if (end - at < 2) {
            throw new IOException("the data ends too early");
        }
        int found = bytes[at] & 0xff;
        if (found != tag) {
            throw new IOException("not the expected structure (tag " + Integer.toHexString(found) + " in place of "
                    + Integer.toHexString(tag) + ")");
        }
        int length = bytes[at + 1] & 0xff;
        at += 2;
        if (length >= 0x80) {
            int count = length & 0x7f;
            if (count == 0 || count > 3 || end - at < count) {
                throw new IOException("a length is broken");
            }
            length = 0;
            while (count-- > 0) {
                length = length << 8 | bytes[at++] & 0xff;
            }
        }
        if (length > end - at) {
            throw new IOException("the data ends too early");
        }
        return length;
    }
}
