package dev.millrace.internal.h1;

/**
 * What a connection is good for, in either role.
 *
 * <pre>
 *   OPEN ──101, or 2xx to CONNECT──► TUNNEL ─────────────► CLOSING ──► CLOSED
 *    ├──last response, we end it───► LINGERING ───────────► ▲
 *    └──last response, the peer ends it, or a failure─────► │
 * </pre>
 */
enum Life {
    /** Messages are exchanged. */
    OPEN,
    /** Bytes are passed on as they are. Drain: until the deadline. */
    TUNNEL,
    /** Our direction is ended; what the peer still sends is thrown away, for a while. */
    LINGERING,
    /** Ends as soon as what was written is out. */
    CLOSING,
    /** Ended. */
    CLOSED;

    boolean mayBecome(Life next) {
        return switch (this) {
            case OPEN -> next != OPEN;
            case TUNNEL, LINGERING -> next == CLOSING || next == CLOSED;
            case CLOSING -> next == CLOSING || next == CLOSED;
            case CLOSED -> false;
        };
    }

    Life become(Life next) {
        assert mayBecome(next) : this + " → " + next;
        return next;
    }
}
