package dev.millrace.internal.hpack;

import dev.millrace.internal.bytes.ByteScanner;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Decodes strings in Huffman code (RFC 7541 §5.2): a look at twelve bits gives two symbols, or the one whose code leaves
 * no room for another. Only codes of more than twelve bits, of rare characters, are searched for.
 *
 * <p>All bits are turned over while they are decoded. The padding is then zeros, which is also what a shift brings in,
 * so a string is at its end when nothing but zeros is left.
 */
final class HuffmanDecoder {
    private static final int BITS = 12;
    private static final int COUNT_SHIFT = 6;
    private static final int SYMBOLS = 8;
    /** The length of one or two codes, where shifts look for it. */
    private static final int LENGTH = (1 << COUNT_SHIFT) - 1;
    /**
     * For each twelve bits, turned over: from the lowest bit on the length of the codes, how many symbols they are, the
     * first and the second. 0 if the code is longer.
     */
    private static final int[] TABLE = new int[1 << BITS];

    static {
        for (int bits = 0; bits < TABLE.length; bits++) {
            long code = (long) bits << (32 - BITS);
            int first = Huffman.length(code, Huffman.SHORTEST);
            if (first <= BITS) {
                int entry = one(Huffman.symbol(code, first), first);
                long rest = code << first & 0xffff_ffffL;
                int second = Huffman.length(rest, Huffman.SHORTEST);
                if (first + second <= BITS) {
                    // both counts and both lengths add up
                    entry += (Huffman.symbol(rest, second) << SYMBOLS + 8) + (1 << COUNT_SHIFT) + second;
                }
                TABLE[~bits & (TABLE.length - 1)] = entry;
            }
        }
    }

    /** More than a turn of a loop writes. */
    private static final int SLACK = 32;

    private final ByteScanner input;
    private byte[] out = new byte[256];
    private ByteBuffer pairs = pairs(out);

    /**
     * A decoder.
     *
     * @param input is turned to the array that is decoded
     */
    HuffmanDecoder(ByteScanner input) {
        this.input = input;
    }

    private static ByteBuffer pairs(byte[] array) {
        return ByteBuffer.wrap(array).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static int one(int symbol, int length) {
        return symbol << SYMBOLS | 1 << COUNT_SHIFT | length;
    }

    private static int count(int entry) {
        return entry >>> COUNT_SHIFT & 3;
    }

    /** The array that has what was decoded last, from its start. */
    byte[] bytes() {
        return out;
    }

    /**
     * Decodes a string.
     *
     * @param most if it is longer, it is checked and counted, but not kept
     * @return how long it is
     */
    int decode(byte[] b, int from, int to, int most) throws HpackException {
        room((int) Math.min(most, (to - from) * 8L / Huffman.SHORTEST));
        input.over(b);
        ByteBuffer pairs = this.pairs;
        int dropped = 0;
        int n = 0;
        int pos = from;
        int used = 0; // bits of the byte at pos that are decoded
        while (to - pos >= Long.BYTES) {
            // four looks take no more than 48 of the 57 bits that are there; one that finds a long code takes none
            long window = ~Long.reverseBytes(input.word(pos, Long.BYTES)) << used;
            int first = TABLE[(int) (window >>> (64 - BITS))];
            window <<= first;
            int second = TABLE[(int) (window >>> (64 - BITS))];
            window <<= second;
            int third = TABLE[(int) (window >>> (64 - BITS))];
            window <<= third;
            int fourth = TABLE[(int) (window >>> (64 - BITS))];
            pairs.putShort(n, (short) (first >>> SYMBOLS));
            n += count(first);
            pairs.putShort(n, (short) (second >>> SYMBOLS));
            n += count(second);
            pairs.putShort(n, (short) (third >>> SYMBOLS));
            n += count(third);
            pairs.putShort(n, (short) (fourth >>> SYMBOLS));
            n += count(fourth);
            used += (first & LENGTH) + (second & LENGTH) + (third & LENGTH) + (fourth & LENGTH);
            pos += used >>> 3;
            used &= 7;
            if (fourth == 0 && to - pos >= Long.BYTES) {
                int entry = longCode(~Long.reverseBytes(input.word(pos, Long.BYTES)) << used);
                pairs.putShort(n, (short) (entry >>> SYMBOLS));
                n += count(entry);
                used += entry & LENGTH;
                pos += used >>> 3;
                used &= 7;
            }
            if (n > most) {
                dropped += n;
                n = 0;
            }
        }
        int last = to - pos;
        int left = 8 * last - used;
        long window = last == 0 ? 0 : (~Long.reverseBytes(input.word(pos, last)) & -1L << (64 - 8 * last)) << used;
        while (window != 0) {
            int entry = TABLE[(int) (window >>> (64 - BITS))];
            if (entry == 0) {
                entry = longCode(window);
            }
            pairs.putShort(n, (short) (entry >>> SYMBOLS));
            n += count(entry);
            window <<= entry;
            left -= entry & LENGTH;
        }
        if (left < 0
                || left > 7) { // a code that lacks its end is no beginning of EOS, even if the padding completes it
            throw new HpackException(
                    "A string in Huffman code ends in something else than the first bits of EOS, at most"
                            + " seven (RFC 7541 §5.2).");
        }
        return dropped + n;
    }

    /** What the table says of shorter codes. */
    private static int longCode(long window) throws HpackException {
        long code = ~window >>> 32;
        int length = Huffman.length(code, BITS + 1);
        int symbol = Huffman.symbol(code, length);
        if (symbol == Huffman.EOS) {
            throw new HpackException("A string in Huffman code has EOS in it (RFC 7541 §5.2).");
        }
        return one(symbol, length);
    }

    private void room(int length) {
        if (out.length < length + SLACK) {
            out = Arrays.copyOf(out, Math.max(length + SLACK, 2 * out.length));
            pairs = pairs(out);
        }
    }
}
