package dev.millrace.internal.h2;

import java.nio.charset.StandardCharsets;

/** What a client says first (RFC 9113 §3.4): something that no server of HTTP/1.1 takes for a request. */
final class Preface {
    private static final byte[] MAGIC = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    /** How long it is. */
    static final int LENGTH = 24;

    private Preface() {}

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
