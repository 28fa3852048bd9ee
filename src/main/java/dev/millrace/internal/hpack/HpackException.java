package dev.millrace.internal.hpack;

/**
 * A field block cannot be decoded. The decoder does not know any more what the peer's encoder knows, so the connection
 * cannot go on (RFC 9113 §4.3: COMPRESSION_ERROR). The peer caused it, so it has no stack trace.
 */
public final class HpackException extends Exception {
    private static final long serialVersionUID = 1;

    /**
     * An error.
     *
     * @param detail one sentence that names the rule
     */
    HpackException(String detail) {
        super(detail, null, false, false);
    }
}
