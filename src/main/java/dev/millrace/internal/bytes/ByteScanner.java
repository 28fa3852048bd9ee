package dev.millrace.internal.bytes;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Looks through an array of bytes eight at a time. A {@link ByteBuffer} gives the eight: as fast as a
 * {@code VarHandle} once compiled, and it spares a starting process the 5 to 20 ms which the first one costs.
 *
 * <p>Reads past the end of a search, though never past the array, and ignores what it sees there. Not safe for several
 * threads at once.
 */
public final class ByteScanner {
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGHS = 0x8080808080808080L;
    private static final long LOWS = ~HIGHS;

    private byte[] bytes = {};
    private ByteBuffer words = ByteBuffer.wrap(bytes);
    private int lastWord = -Long.BYTES;

    /** Makes a scanner over an empty array. */
    public ByteScanner() {}

    /** Turns to another array; cheap if it is the one of before. */
    public void over(byte[] array) {
        if (array != bytes) {
            bytes = array;
            words = ByteBuffer.wrap(array).order(ByteOrder.LITTLE_ENDIAN);
            lastWord = array.length - Long.BYTES;
        }
    }

    /** {@return the last place that has eight bytes; negative if there is none} */
    public int lastWord() {
        return lastWord;
    }

    /** {@return the eight bytes at a place as one number, the first in its lowest bits} */
    public long eight(int index) {
        return words.getLong(index);
    }

    /**
     * Up to eight bytes as one number, the first in its lowest bits, zero above the last.
     *
     * @param index where they start
     * @param length how many are wanted, at least 1; more than 8 count as 8
     */
    public long word(int index, int length) {
        if (index <= lastWord) {
            long word = words.getLong(index);
            return length < Long.BYTES ? word & ~(-1L << (length << 3)) : word;
        }
        long word = 0;
        for (int i = Math.min(length, Long.BYTES) - 1; i >= 0; i--) {
            word = (word << 8) | (bytes[index + i] & 0xff);
        }
        return word;
    }

    /** {@return where the byte stands first in {@code [from, to)}, or {@code to}; only for ASCII} */
    public int indexOf(char wanted, int from, int to) {
        long pattern = wanted * ONES;
        int i = from;
        for (; i < to && i <= lastWord; i += Long.BYTES) {
            long x = words.getLong(i) ^ pattern;
            long zero = (x - ONES) & ~x & HIGHS; // its lowest set bit is exact
            if (zero != 0) {
                return Math.min(to, i + (Long.numberOfTrailingZeros(zero) >>> 3));
            }
        }
        for (; i < to; i++) {
            if (bytes[i] == wanted) {
                return i;
            }
        }
        return to;
    }

    /**
     * {@return where the first byte that no field value may hold (RFC 9110 §5.5: a control character other than HTAB)
     * stands in {@code [from, to)}, or {@code to}}
     */
    public int indexOfControl(int from, int to) {
        int i = from;
        while (i < to && i <= lastWord) {
            long controls = controls(words.getLong(i));
            if (controls == 0) {
                i += Long.BYTES;
                continue;
            }
            int at = i + (Long.numberOfTrailingZeros(controls) >>> 3);
            if (at >= to) {
                return to;
            }
            if (bytes[at] != '\t') {
                return at;
            }
            i = at + 1;
        }
        for (; i < to; i++) {
            if (!Ascii.isValueByte(bytes[i])) {
                return i;
            }
        }
        return to;
    }

    private static long controls(long x) {
        long low = x & LOWS;
        // below 0x20, or 0x7f; a byte of 0x80 and above is neither
        return (~(low + 0x60 * ONES) | (low + ONES)) & ~x & HIGHS;
    }
}
