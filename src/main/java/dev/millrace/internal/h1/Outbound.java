package dev.millrace.internal.h1;

/**
 * How far the response of a server's connection has gone out.
 *
 * <pre>
 *   IDLE ──request──► HEADERS ──final head is out──► BODY ──content is out──► DONE ──the request is in, too──► IDLE
 * </pre>
 */
enum Outbound {
    /** No response is owed. */
    IDLE,
    /** A response is owed; interim ones may have been sent. */
    HEADERS,
    /** The head is out. */
    BODY,
    /** The response is complete. */
    DONE;

    boolean mayBecome(Outbound next) {
        return switch (this) {
            case IDLE -> next == HEADERS;
            case HEADERS -> next == BODY;
            case BODY -> next == DONE;
            case DONE -> next == IDLE;
        };
    }

    Outbound become(Outbound next) {
        assert mayBecome(next) : this + " → " + next;
        return next;
    }
}
