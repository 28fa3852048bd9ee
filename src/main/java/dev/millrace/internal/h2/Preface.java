package dev.millrace.internal.h2;

import dev.millrace.internal.bytes.ByteAccumulator;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** What each side says first (RFC 9113 §3.4): a client something that no server of HTTP/1.1 takes for a request, both SETTINGS. */
final class Preface {
    private static final byte[] MAGIC = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    /** How long the first part of a client's is. */
    static final int LENGTH = 24;

    private Preface() {}

    /** {@return what a server says first} */
    static byte[] ofServer(Settings own) {
        return begin(new ByteAccumulator(128), own);
    }

    /** {@return what a client says first} */
    static byte[] ofClient(Settings own) {
        ByteAccumulator out = new ByteAccumulator(128);
        out.put(MAGIC, 0, LENGTH);
        return begin(out, own);
    }

    private static byte[] begin(ByteAccumulator out, Settings own) {
        new FrameEncoder(out).settings(own);
        return Arrays.copyOf(out.array(), out.length());
    }

    /**
     * Compares bytes with the preface.
     *
     * @param bytes holds the bytes
     * @param offset of the first one
     * @param end after the last one
     * @param read how much of the preface came before
     * @return how many bytes of it there are, or -1 if something else comes
     */
    static int match(byte[] bytes, int offset, int end, int read) {
        int n = Math.min(end - offset, LENGTH - read);
        for (int i = 0; i < n; i++) {
            if (bytes[offset + i] != MAGIC[read + i]) {
                return -1;
            }
        }
        return n;
    }
}
