package dev.millrace.internal.tls;

/**
 * How far a handshake has come.
 *
 * <pre>
 *   a server's:
 *   HELLO ──a ClientHello──► MESSAGES ⇄ TASK
 *     │                        ▲   │
 *     └──one that a hook ──► CHOOSING
 *        is asked about            └──both Finished──► OVER
 *   a client's:
 *   HELLO ──ours is out──► ANSWER ──the first byte──► MESSAGES ⇄ TASK
 *                                                        └──both Finished──► OVER
 *   any ──a failure, a deadline──► OVER
 * </pre>
 */
enum HandshakeState {
    /**
     * A server: the client's first message is arriving; drain: closed if no byte is there, else as MESSAGES. A client: its first
     * message is about to leave.
     */
    HELLO,
    /** A client's hello is out, and whether a server answers is not known yet. Drain: goes on, and what comes after it ends. */
    ANSWER,
    /** A hook chooses what to answer the hello with; nothing is read meanwhile. Drain: as MESSAGES. */
    CHOOSING,
    /** Messages go to and fro. Drain: goes on, a server's for a short while only, and the protocol above then ends. */
    MESSAGES,
    /** Something that takes long, such as a signature, is being computed elsewhere. Drain: as MESSAGES. */
    TASK,
    /** Complete, or failed. */
    OVER;

    boolean mayBecome(HandshakeState next) {
        return switch (this) {
            case HELLO -> next == CHOOSING || next == ANSWER || next == MESSAGES || next == OVER;
            case ANSWER -> next == MESSAGES || next == OVER;
            case CHOOSING -> next == MESSAGES || next == OVER;
            case MESSAGES -> next == TASK || next == OVER;
            case TASK -> next == MESSAGES || next == OVER;
            case OVER -> false;
        };
    }

    HandshakeState become(HandshakeState next) {
        assert mayBecome(next) : this + " → " + next;
        return next;
    }
}
