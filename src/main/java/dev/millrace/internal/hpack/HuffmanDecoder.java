package dev.millrace.internal.hpack;

import dev.millrace.internal.bytes.ByteScanner;
import java.util.Arrays;

/**
 * Decodes strings in Huffman code (RFC 7541 §5.2): a look at twelve bits gives two symbols, or the one whose code fills
 * more than half of them. Only codes of more than twelve bits, of rare characters, are searched for.
 */
final class HuffmanDecoder {
    private static final int BITS = 12;
    /** For each twelve bits: the second symbol, the first, how many there are, the length of their codes; 0 for none. */
    private static final int[] TABLE = new int[1 << BITS];

    static {
        for (int bits = 0; bits < TABLE.length; bits++) {
            long code = (long) bits << (32 - BITS);
            int first = Huffman.length(code, Huffman.SHORTEST);
            if (first <= BITS) {
                int entry = Huffman.symbol(code, first) << 8 | 1 << 4 | first;
                long rest = code << first & 0xffff_ffffL;
                int both = first + Huffman.length(rest, Huffman.SHORTEST);
                if (both <= BITS) {
                    entry = Huffman.symbol(rest, both - first) << 16 | (entry & 0xff00) | 2 << 4 | both;
                }
                TABLE[bits] = entry;
            }
        }
    }

    /** What a turn of the loop writes at the most, and what it may write beyond that. */
    private static final int SLACK = 32;

    private final ByteScanner input;
    private byte[] out = new byte[256];

    /**
     * A decoder.
     *
     * @param input is turned to the array that is decoded
     */
    HuffmanDecoder(ByteScanner input) {
        this.input = input;
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
        byte[] bytes = out;
        int dropped = 0;
        int n = 0;
        int pos = from;
        long window = 0; // what comes next, from its highest bit on
        int bits = 0; // how many of the window's bits are counted as read
        while (to - pos >= Long.BYTES) {
            // fills the window; bits beyond the counted ones are right, too, and come again with the next word
            window |= Long.reverseBytes(input.word(pos, Long.BYTES)) >>> bits;
            pos += (63 - bits) >>> 3;
            bits |= 56;
            do {
                int entry = TABLE[(int) (window >>> (64 - BITS))];
                int length = entry & 15;
                if (length == 0) {
                    if (bits < Huffman.LONGEST) {
                        break;
                    }
                    length = Huffman.length(window >>> 32, BITS + 1);
                    bytes[n++] = (byte) symbol(window, length);
                } else {
                    bytes[n] = (byte) (entry >> 8);
                    bytes[n + 1] = (byte) (entry >> 16);
                    n += entry >> 4 & 3;
                }
                window <<= length;
                bits -= length;
            } while (bits >= BITS);
            if (n > most) {
                dropped += n;
                n = 0;
            }
        }
        while (true) {
            while (pos < to && bits < 56) {
                window |= (b[pos++] & 0xffL) << (56 - bits);
                bits += 8;
            }
            long rest = -1L >>> bits;
            if (bits < 8 && (window | rest) == -1) {
                return dropped + n;
            }
            // with the beginning of EOS behind the last byte there is no symbol that it could complete by mistake
            long padded = pos < to ? window : window | rest;
            int entry = TABLE[(int) (padded >>> (64 - BITS))];
            int length = entry & 15;
            if (length == 0) {
                length = Huffman.length(padded >>> 32, BITS + 1);
                entry = symbol(padded, length) << 8 | 1 << 4;
            }
            if (length > bits) {
                throw new HpackException(
                        "The padding of a string in Huffman code is no beginning of EOS, or the last code"
                                + " is cut off (RFC 7541 §5.2).");
            }
            bytes[n] = (byte) (entry >> 8);
            bytes[n + 1] = (byte) (entry >> 16);
            n += entry >> 4 & 3;
            window <<= length;
            bits -= length;
            if (n > most) {
                dropped += n;
                n = 0;
            }
        }
    }

    private static int symbol(long window, int length) throws HpackException {
        int symbol = Huffman.symbol(window >>> 32, length);
        if (symbol == Huffman.EOS) {
            throw new HpackException(
                    "A string in Huffman code has EOS or more than seven bits of padding (RFC 7541 §5.2).");
        }
        return symbol;
    }

    private void room(int length) {
        if (out.length < length + SLACK) {
            out = Arrays.copyOf(out, Math.max(length + SLACK, 2 * out.length));
        }
    }
}
