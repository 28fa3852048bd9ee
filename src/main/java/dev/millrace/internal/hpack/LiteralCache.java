package dev.millrace.internal.hpack;

import dev.millrace.internal.bytes.ByteScanner;
import dev.millrace.internal.bytes.Nullable;
import java.util.Arrays;

/**
 * Strings that came before, on whatever connection of a loop, by the bytes that they came as. Browsers of one make start
 * their connections with the same fields, and some clients give no field an entry: their strings are then neither decoded
 * nor made again, and the tables of many connections hold the same objects.
 *
 * <p>A string is kept when it comes for the second time in a while, so that those that come once cost no memory. Each has
 * one place where it may be; what is there gives way. Whoever asks must keep secrets out.
 */
final class LiteralCache {
    /** A string and what is known of it. */
    static final class Literal {
        final String text;
        final boolean value;
        final @Nullable KnownName knownName;
        final FieldKind kindOfName;
        private final byte[] bytes;
        private final boolean coded;

        private Literal(BlockReader read, byte[] bytes, boolean coded) {
            this.text = read.text();
            this.value = read.isValue();
            this.knownName = read.knownName();
            this.kindOfName = read.kindOfName();
            this.bytes = bytes;
            this.coded = coded;
        }
    }

    /** Longer ones are left out, in bytes as they come; at most 8/5 of it in characters. */
    static final int LONGEST = 128;

    private static final int BITS = 8;

    private final ByteScanner block;
    private final @Nullable Literal[] literals = new @Nullable Literal[1 << BITS];
    private final int[] missed = new int[1 << BITS];
    private int slot;
    private boolean again;

    /**
     * An empty cache.
     *
     * @param block is turned to the array that is asked for
     */
    LiteralCache(ByteScanner block) {
        this.block = block;
    }

    /** The string that came as those bytes, at most {@link #LONGEST}, or {@code null}. */
    @Nullable
    Literal get(byte[] b, int from, int to, boolean coded) {
        block.over(b);
        long hash = coded ? 1 : 0;
        int pos = from;
        for (; to - pos > Long.BYTES; pos += Long.BYTES) {
            hash = mix(hash ^ block.word(pos, Long.BYTES));
        }
        hash = mix(hash ^ block.word(pos, to - pos));
        slot = (int) (hash >>> (64 - BITS));
        Literal literal = literals[slot];
        if (literal != null
                && literal.coded == coded
                && Arrays.equals(literal.bytes, 0, literal.bytes.length, b, from, to)) {
            return literal;
        }
        int rest = (int) hash;
        again = missed[slot] == rest;
        missed[slot] = rest;
        return null;
    }

    private static long mix(long word) {
        long product = word * 0x9E3779B97F4A7C15L;
        return product ^ product >>> 32;
    }

    /** Keeps the string that was asked for last and not there, if it is worth it. */
    void offer(BlockReader read, byte[] b, int from, int to, boolean coded) {
        if (again) {
            literals[slot] = new Literal(read, Arrays.copyOfRange(b, from, to), coded);
        }
    }
}
