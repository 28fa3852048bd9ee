package dev.millrace.internal.h2;

/**
 * How much DATA this side takes on a stream or on the connection (RFC 9113 §6.9). Of its size a part may still be sent by
 * the peer, a part is held here, and the rest was consumed and is announced again once that is worth a frame.
 */
final class ReceiveWindow {
    private final int streamId;
    private int size;
    private int available; // what the peer may still send
    private int held; // received and not consumed

    /**
     * A window.
     *
     * @param streamId 0 for the connection's
     * @param available what the peer may send, as it knows it
     * @param size what the window is to be; where that is more, {@link #increment} announces it
     */
    ReceiveWindow(int streamId, int available, int size) {
        this.streamId = streamId;
        this.available = available;
        this.size = size;
    }

    /**
     * A DATA frame came.
     *
     * @param bytes with the padding
     * @throws Http2Error if the peer may not send so much: of the stream, or of the connection (§6.9.1)
     */
    void received(int bytes) throws Http2Error {
        if (bytes > available) {
            throw Http2Error.stream(
                    streamId, ErrorCode.FLOW_CONTROL_ERROR, "More DATA came than the window allows (RFC 9113 §6.9.1).");
        }
        available -= bytes;
        held += bytes;
    }

    /** Bytes that were received are not held any more: they were read, or thrown away. */
    void consumed(int bytes) {
        assert bytes >= 0 && bytes <= held : bytes + " of " + held;
        held -= bytes;
    }

    /**
     * What to announce now with a WINDOW_UPDATE, which counts as sent.
     *
     * @return the increment, once it is at least half of the window's size, else 0
     */
    int increment() {
        return increment(size);
    }

    /**
     * The same while the window may not be as large as its size.
     *
     * @param most what it may be for now; where that is more than its size, this counts
     * @return the increment, once it is at least half of what the window may be, else 0
     */
    int increment(long most) {
        long allowed = Math.min(size, most);
        long more = allowed - available - held;
        if (more <= 0 || more < allowed - (allowed >> 1)) {
            return 0;
        }
        available += (int) more;
        return (int) more;
    }

    /** Changes what the window is to be. A smaller one takes nothing back: less is announced from now on. */
    void resize(int newSize) {
        size = newSize;
    }

    /**
     * The peer has acknowledged another SETTINGS_INITIAL_WINDOW_SIZE, which changes what it may send (§6.9.2).
     *
     * @param difference the new value less the one of before
     */
    void adjust(int difference) {
        available += difference;
    }

    /** {@return what the window is to be} */
    int size() {
        return size;
    }

    /** {@return how many bytes the peer may still send; below 0 after a setting took some back} */
    int available() {
        return available;
    }

    /** {@return how many bytes were received and not consumed} */
    int held() {
        return held;
    }
}
