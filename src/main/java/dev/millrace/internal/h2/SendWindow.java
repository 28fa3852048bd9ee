package dev.millrace.internal.h2;

/** How much DATA the peer takes on a stream or on the connection (RFC 9113 §6.9). */
final class SendWindow {
    private final int streamId;
    private int available;

    /**
     * A window.
     *
     * @param streamId 0 for the connection's
     * @param initial bytes, at least 0
     */
    SendWindow(int streamId, int initial) {
        this.streamId = streamId;
        this.available = initial;
    }

    /** {@return how many bytes may be sent; below 0 after the peer has taken some back (RFC 9113 §6.9.2)} */
    int available() {
        return available;
    }

    /** Bytes are being sent: at most {@link #available()}, or none, which is always allowed (§6.9.1). */
    void take(int bytes) {
        assert bytes == 0 || (bytes > 0 && bytes <= available) : bytes + " of " + available;
        available -= bytes;
    }

    /**
     * A WINDOW_UPDATE came.
     *
     * @param increment at least 1
     * @throws Http2Error if the window would become larger than 2^31-1: of the stream, or of the connection (§6.9.1)
     */
    void update(int increment) throws Http2Error {
        long sum = (long) available + increment;
        if (sum > Integer.MAX_VALUE) {
            throw Http2Error.stream(
                    streamId, ErrorCode.FLOW_CONTROL_ERROR, "A window is above 2^31-1 (RFC 9113 §6.9.1).");
        }
        available = (int) sum;
    }

    /**
     * The peer has changed its SETTINGS_INITIAL_WINDOW_SIZE, which changes the window of each stream (§6.9.2).
     *
     * @param difference the new value less the one of before
     * @throws Http2Error of the connection, if the window would become larger than 2^31-1
     */
    void adjust(int difference) throws Http2Error {
        long sum = (long) available + difference;
        if (sum > Integer.MAX_VALUE) {
            throw Http2Error.connection(
                    ErrorCode.FLOW_CONTROL_ERROR, "A setting makes a window larger than 2^31-1 (RFC 9113 §6.9.2).");
        }
        available = (int) sum;
    }
}
