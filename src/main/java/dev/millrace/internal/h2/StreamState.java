package dev.millrace.internal.h2;

/**
 * How far a stream has come (RFC 9113 §5.1), without push. "H" is HEADERS, "ES" END_STREAM, "R" RST_STREAM.
 *
 * <pre>
 *              H in or out
 *      IDLE ───────────────► OPEN ───── R in or out ─────────────────┐
 *                             │                                      │
 *                 ES in       │       ES out                         │
 *            ┌────────────────┴───────────────┐                      │
 *            ▼                                ▼                      ▼
 *   HALF_CLOSED_REMOTE                HALF_CLOSED_LOCAL           CLOSED
 *            │                                │                      ▲
 *            └────── ES out, or R ────────────┴── ES in, or R ───────┘
 * </pre>
 */
enum StreamState {
    /** Not begun. */
    IDLE,
    /** Both sides may send. */
    OPEN,
    /** This side has ended its sending. */
    HALF_CLOSED_LOCAL,
    /** The peer has ended its sending. */
    HALF_CLOSED_REMOTE,
    /** Both sides have ended their sending, or one has reset the stream. */
    CLOSED;

    boolean mayBecome(StreamState next) {
        return switch (this) {
            case IDLE -> next == OPEN;
            case OPEN -> next == HALF_CLOSED_LOCAL || next == HALF_CLOSED_REMOTE || next == CLOSED;
            case HALF_CLOSED_LOCAL, HALF_CLOSED_REMOTE -> next == CLOSED;
            case CLOSED -> false;
        };
    }

    private StreamState become(StreamState next) {
        assert mayBecome(next) : this + " → " + next;
        return next;
    }

    /** HEADERS came or go, the first ones. */
    StreamState open() {
        return become(OPEN);
    }

    /** END_STREAM came. */
    StreamState endRemote() {
        return become(this == HALF_CLOSED_LOCAL ? CLOSED : HALF_CLOSED_REMOTE);
    }

    /** END_STREAM goes. */
    StreamState endLocal() {
        return become(this == HALF_CLOSED_REMOTE ? CLOSED : HALF_CLOSED_LOCAL);
    }

    /** RST_STREAM came or goes. A stream that is closed stays so. */
    StreamState reset() {
        return this == CLOSED ? CLOSED : become(CLOSED);
    }

    /** {@return whether the peer may still send HEADERS and DATA} */
    boolean receives() {
        return this == OPEN || this == HALF_CLOSED_LOCAL;
    }

    /** {@return whether this side may still send HEADERS and DATA} */
    boolean sends() {
        return this == OPEN || this == HALF_CLOSED_REMOTE;
    }

    /**
     * Checks that DATA may come. A stream that this side has reset is not asked: what is still on its way is thrown away.
     *
     * @throws Http2Error if it must not
     */
    void receiveData(int streamId) throws Http2Error {
        if (this == IDLE) {
            throw idle();
        }
        receiveMessage(streamId);
    }

    /**
     * Checks that HEADERS may come: of a new stream, or trailers. A stream that this side has reset is not asked.
     *
     * @throws Http2Error if they must not
     */
    void receiveHeaders(int streamId) throws Http2Error {
        if (this != IDLE) {
            receiveMessage(streamId);
        }
    }

    private void receiveMessage(int streamId) throws Http2Error {
        if (this == HALF_CLOSED_REMOTE) {
            throw Http2Error.stream(
                    streamId, ErrorCode.STREAM_CLOSED, "A frame came after the end of its stream (RFC 9113 §5.1).");
        }
        if (this == CLOSED) {
            throw Http2Error.connection(
                    ErrorCode.STREAM_CLOSED, "A frame came on a stream that is closed (RFC 9113 §5.1).");
        }
    }

    /**
     * Checks that RST_STREAM or WINDOW_UPDATE may come: not on an idle stream. On a closed one they say nothing any more.
     *
     * @throws Http2Error if they must not
     */
    void receiveControl() throws Http2Error {
        if (this == IDLE) {
            throw idle();
        }
    }

    private static Http2Error idle() {
        return Http2Error.connection(
                ErrorCode.PROTOCOL_ERROR, "A frame came on a stream that is idle (RFC 9113 §5.1).");
    }
}
