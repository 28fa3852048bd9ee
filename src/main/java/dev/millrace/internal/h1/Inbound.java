package dev.millrace.internal.h1;

/**
 * How far the request of a server's connection has come in.
 *
 * <pre>
 *   READ_VERSION ──first byte──► READ_HEADERS ──content follows──► BODY ──its end──► DONE
 *        ▲                            └───────────no content────────────────────────► │
 *        └──────────────────────────the response is out, too──────────────────────────┘
 * </pre>
 */
enum Inbound {
    /** Not one byte of a request yet. Also where a connection waits between requests. Drain: closed at once. */
    READ_VERSION,
    /** The header section has begun. Drain: served if it is completed. */
    READ_HEADERS,
    /** The content is arriving. Drain: served. */
    BODY,
    /** The request is complete. Drain: served. */
    DONE;

    boolean mayBecome(Inbound next) {
        return switch (this) {
            case READ_VERSION -> next == READ_HEADERS;
            case READ_HEADERS -> next == BODY || next == DONE;
            case BODY -> next == DONE;
            case DONE -> next == READ_VERSION;
        };
    }

    Inbound become(Inbound next) {
        assert mayBecome(next) : this + " → " + next;
        return next;
    }
}
