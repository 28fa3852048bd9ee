package dev.millrace.internal.h1;

/**
 * Whether another request may follow on a connection (RFC 9112 §9.3, §9.6).
 *
 * <pre>
 *   KEEP ──the request says close──► PEER_CLOSES
 *   KEEP ──the response says close──► CLOSE
 *   any  ──the framing is lost──► CLOSE
 *   any  ──the peer ends its sending──► ENDED
 * </pre>
 */
enum Persistence {
    /** One may. */
    KEEP,
    /** The peer asked for the end after this response, and sends nothing more. */
    PEER_CLOSES,
    /** The peer has ended its sending. */
    ENDED,
    /** We end it, and the peer may not know. */
    CLOSE;

    /** What holds when the peer's request says whether it keeps the connection. */
    Persistence and(boolean keepAlive) {
        return this == KEEP && !keepAlive ? PEER_CLOSES : this;
    }

    /** What holds when this and another thing hold: the first reason to end it stays. */
    Persistence and(Persistence other) {
        return this == KEEP ? other : this;
    }
}
