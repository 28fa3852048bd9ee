package dev.millrace.internal.h2;

/**
 * What an HTTP/2 connection is good for.
 *
 * <pre>
 *   PREFACE ──SETTINGS of the peer──► OPEN ──stop──► LEAVING ──round trip──► DRAINING ──last stream──► CLOSING ──► CLOSED
 *      │                                │                                                                ▲
 *      └──────────an error──────────────┴──an error, GOAWAY──► LINGERING ────────────────────────────────┘
 * </pre>
 */
enum Http2Life {
    /** The peer's preface is not complete: its magic, then SETTINGS. Drain: closed at once if not a byte has come. */
    PREFACE,
    /** Streams are taken. */
    OPEN,
    /** The peer was told that we are going to leave; streams that were on their way are still taken. */
    LEAVING,
    /** No further stream is taken; those that there are go on. */
    DRAINING,
    /** Our direction is ended; what the peer still sends is thrown away, for a while. */
    LINGERING,
    /** Ends as soon as what was written is out. */
    CLOSING,
    /** Ended. */
    CLOSED;

    boolean mayBecome(Http2Life next) {
        return switch (this) {
            case PREFACE -> next != PREFACE;
            case OPEN -> next != PREFACE && next != OPEN;
            case LEAVING -> next.compareTo(DRAINING) >= 0;
            case DRAINING -> next.compareTo(DRAINING) > 0;
            case LINGERING, CLOSING -> next == CLOSING || next == CLOSED;
            case CLOSED -> false;
        };
    }

    Http2Life become(Http2Life next) {
        assert mayBecome(next) : this + " → " + next;
        return next;
    }

    /** {@return whether frames mean something} */
    boolean active() {
        return compareTo(LINGERING) < 0;
    }
}
