package dev.millrace.internal.h2;

import dev.millrace.internal.bytes.Nullable;
import java.util.ArrayDeque;

/**
 * Bytes that wait for their reader, first in, first out. Small pieces are put together: each by itself, they would cost many
 * times their length.
 */
final class WaitingBytes {
    private static final int LEAST = 256;
    private static final int MOST = 1 << 14;

    private final ArrayDeque<byte[]> pieces = new ArrayDeque<>(4);
    private byte @Nullable [] last; // of the pieces, the one that may have room at its end
    private int lastLength;
    private int length;

    /** {@return how many bytes wait} */
    int length() {
        return length;
    }

    /**
     * Adds bytes behind those that wait.
     *
     * @param bytes holds them; they are copied
     * @param offset of the first
     * @param count how many
     */
    void add(byte[] bytes, int offset, int count) {
        int at = offset;
        int left = count;
        byte[] open = last;
        if (open != null) {
            int n = Math.min(left, open.length - lastLength);
            System.arraycopy(bytes, at, open, lastLength, n);
            lastLength += n;
            at += n;
            left -= n;
        }
        if (left > 0) {
            // in proportion to what waits, so that less than a half is ever empty
            byte[] next = new byte[Math.max(left, Math.min(MOST, Math.max(LEAST, length)))];
            System.arraycopy(bytes, at, next, 0, left);
            pieces.add(next);
            last = next;
            lastLength = left;
        }
        length += count;
    }

    /** {@return the length of the first piece, 0 if nothing waits} */
    int firstLength() {
        return pieces.size() > 1 ? pieces.element().length : length;
    }

    /** {@return the first piece, which waits no more; of its array {@link #firstLength()} bytes count} */
    byte[] remove() {
        int n = firstLength();
        byte[] first = pieces.remove();
        length -= n;
        if (pieces.isEmpty()) {
            last = null;
        }
        return first;
    }
}
