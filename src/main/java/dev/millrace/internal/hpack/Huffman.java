package dev.millrace.internal.hpack;

import java.nio.ByteBuffer;

/**
 * The Huffman code for strings (RFC 7541 appendix B). It is canonical: codes of one length follow each other in the
 * order of their symbols, after those of the length before. So its lengths say all.
 */
final class Huffman {
    /** The bits of the code of each byte, and of EOS. */
    private static final byte[] LENGTHS = {
        13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, // 0
        28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28, // 16
        6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, // 32
        5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, // 48
        13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, // 64
        7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, // 80
        15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, // 96
        6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, // 112
        20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, // 128
        24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, // 144
        22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, // 160
        21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, // 176
        26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, // 192
        19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, // 208
        20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, // 224
        26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, // 240
        30, // 256
    };

    /** The symbol whose code no string may have, but may begin at its end. */
    static final int EOS = 256;

    static final int SHORTEST = 5;
    static final int LONGEST = 30;

    /** For each byte its code, shifted by 8, and the number of its bits. */
    private static final long[] CODES = new long[256];
    /** The symbols in the order of their codes. */
    private static final short[] SYMBOLS = new short[LENGTHS.length];
    /** For each length: all codes of it and of shorter ones are below this, when they are aligned to 32 bits. */
    private static final long[] LIMITS = new long[LONGEST + 1];
    /** For each length: what is to be added to a code to have its place in the order. */
    private static final int[] PLACES = new int[LONGEST + 1];

    static {
        int code = 0;
        int place = 0;
        for (int length = 1; length <= LONGEST; length++) {
            code <<= 1;
            PLACES[length] = place - code;
            for (int symbol = 0; symbol < LENGTHS.length; symbol++) {
                if (LENGTHS[symbol] == length) {
                    SYMBOLS[place++] = (short) symbol;
                    if (symbol != EOS) {
                        CODES[symbol] = (long) code << 8 | length;
                    }
                    code++;
                }
            }
            LIMITS[length] = (long) code << (32 - length);
        }
    }

    private Huffman() {}

    /** How many bits a symbol's code has. */
    static int length(int symbol) {
        return LENGTHS[symbol];
    }

    /** How many bits the code at the start of 32 bits has, if it has that many or more. */
    static int length(long bits32, int atLeast) {
        int length = atLeast;
        while (bits32 >= LIMITS[length]) {
            length++;
        }
        return length;
    }

    /** The symbol whose code of a length is at the start of 32 bits. */
    static int symbol(long bits32, int length) {
        return SYMBOLS[PLACES[length] + (int) (bits32 >>> (32 - length))];
    }

    /** How many bytes the code of a part of an array takes. */
    static int encodedLength(byte[] b, int from, int to) {
        long bits = 0;
        for (int i = from; i < to; i++) {
            bits += LENGTHS[b[i] & 0xff];
        }
        return (int) ((bits + 7) >> 3);
    }

    /**
     * Writes the code of a part of an array, if it is shorter than the part. It may go in front of that part in the same
     * array, as far as the part is long.
     *
     * @param out over the array it goes to
     * @return the offset after the code, or -1 if it is not shorter
     */
    static int encode(byte[] b, int from, int to, ByteBuffer out, int at) {
        int limit = at + to - from - 1; // where a code must end
        long pending = 0; // the lowest bits of it are to be written
        int bits = 0;
        int pos = at;
        for (int i = from; i < to; i++) {
            long code = CODES[b[i] & 0xff];
            int length = (int) code & 0xff;
            pending = pending << length | code >>> 8;
            bits += length;
            if (bits >= Integer.SIZE) {
                if (pos + Integer.BYTES > limit) {
                    return -1;
                }
                bits -= Integer.SIZE;
                out.putInt(pos, (int) (pending >>> bits));
                pos += Integer.BYTES;
            }
        }
        if (pos + (bits + 7 >> 3) > limit) {
            return -1;
        }
        for (; bits >= 8; bits -= 8) {
            out.put(pos++, (byte) (pending >>> (bits - 8)));
        }
        if (bits > 0) {
            out.put(pos++, (byte) (pending << (8 - bits) | 0xff >> bits)); // the padding begins EOS (RFC 7541 §5.2)
        }
        return pos;
    }
}
