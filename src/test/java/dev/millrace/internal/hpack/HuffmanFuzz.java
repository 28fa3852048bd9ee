package dev.millrace.internal.hpack;

import dev.millrace.internal.bytes.ByteScanner;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Fuzz target: {@link HuffmanDecoder} decodes what a decoder bit by bit does, and refuses what that refuses; and what
 * {@link Huffman} encodes comes out again.
 */
public final class HuffmanFuzz {
    /** The decoder bit by bit is slow. */
    private static final int LONGEST = 64;

    private HuffmanFuzz() {}

    /** One input. */
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length <= LONGEST) {
            same(HuffmanTest.naive(input), decode(input));
        } else {
            decode(input);
        }
        byte[] array = new byte[2 * input.length];
        System.arraycopy(input, 0, array, input.length, input.length);
        int end = Huffman.encode(array, input.length, array.length, ByteBuffer.wrap(array), 0);
        int length = Huffman.encodedLength(input, 0, input.length);
        if (length < input.length != end >= 0 || end >= 0 && end != length) {
            throw new AssertionError("a code of " + length + " bytes ends at " + end);
        }
        if (end >= 0) {
            same(input, decode(Arrays.copyOf(array, end)));
        }
    }

    /** What it means, or {@code null} if it is refused. */
    private static byte[] decode(byte[] code) {
        HuffmanDecoder decoder = new HuffmanDecoder(new ByteScanner());
        try {
            int length = decoder.decode(code, 0, code.length, Integer.MAX_VALUE / 2);
            return Arrays.copyOf(decoder.bytes(), length);
        } catch (HpackException e) {
            return null;
        }
    }

    private static void same(byte[] expected, byte[] found) {
        if (!Arrays.equals(expected, found)) {
            throw new AssertionError(Arrays.toString(expected) + " and " + Arrays.toString(found));
        }
    }
}
