package dev.millrace.internal.h1;

/**
 * How far the response on a client's connection has come in.
 *
 * <pre>
 *   NOTHING ──a request is sent──► HEAD ──content follows──► CONTENT ──its end──► COMPLETE
 *      ▲                            └──────no content──────────────────────────────► │
 *      └────────────────the request is out, too────────────────────────────────────┘
 * </pre>
 */
enum Incoming {
    /** No request is under way, and nothing may come. Drain: closed at once. */
    NOTHING,
    /** A request has begun; interim responses come and go, the final one has not come. Drain: waited for. */
    HEAD,
    /** The content is arriving. Drain: waited for. */
    CONTENT,
    /** The response is complete, the request is not. Drain: waited for. */
    COMPLETE;

    boolean mayBecome(Incoming next) {
        return switch (this) {
            case NOTHING -> next == HEAD;
            case HEAD -> next == CONTENT || next == COMPLETE;
            case CONTENT -> next == COMPLETE;
            case COMPLETE -> next == NOTHING;
        };
    }

    Incoming become(Incoming next) {
        assert mayBecome(next) : this + " → " + next;
        return next;
    }
}
