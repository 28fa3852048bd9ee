package dev.millrace.cli;

import java.nio.ByteBuffer;
import java.util.concurrent.Flow;

/**
 * Gives so many bytes as pieces of 64 KiB, each when it is asked for. The byte at place {@code i} is the hexadecimal digit
 * of {@code i mod 16}, so that a reader notices what is missing or doubled.
 *
 * <p>All pieces are views of one array that is never written: whoever gets them must not write either. They have the array
 * accessible all the same, because sending from it needs no copy.
 */
final class PatternPublisher implements Flow.Publisher<ByteBuffer> {
    private static final int PIECE = 64 << 10;

    private static final class Pattern {
        static final byte[] BYTES = pattern(PIECE);
    }

    private final long length;

    PatternPublisher(long length) {
        this.length = length;
    }

    static byte[] pattern(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) "0123456789abcdef".charAt(i & 15);
        }
        return bytes;
    }

    @Override
    public void subscribe(Flow.Subscriber<? super ByteBuffer> subscriber) {
        new Pieces(subscriber, length).start();
    }

    private static final class Pieces extends DemandSubscription {
        private long left;

        Pieces(Flow.Subscriber<? super ByteBuffer> subscriber, long length) {
            super(subscriber);
            this.left = length;
        }

        @Override
        boolean finished() {
            return left == 0;
        }

        @Override
        ByteBuffer next() {
            int size = (int) Math.min(left, PIECE);
            left -= size;
            return ByteBuffer.wrap(Pattern.BYTES, 0, size);
        }
    }
}
