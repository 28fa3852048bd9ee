package dev.millrace.internal.tls;

/**
 * How far a server's handshake has come.
 *
 * <pre>
 *   HELLO ──a ClientHello──► MESSAGES ⇄ TASK
 *     │                        ▲   │
 *     └──one that a hook ──► CHOOSING
 *        is asked about            └──both Finished──► OVER
 *   any ──a failure, a deadline──► OVER
 * </pre>
 */
enum HandshakeState {
    /** The client's first message is arriving. Drain: closed if no byte is there, else as MESSAGES. */
    HELLO,
    /** A hook chooses what to answer the hello with; nothing is read meanwhile. Drain: as MESSAGES. */
    CHOOSING,
    /** Messages go to and fro. Drain: goes on for a short while, and the protocol above then ends. */
    MESSAGES,
    /** Something that takes long, such as a signature, is being computed elsewhere. Drain: as MESSAGES. */
    TASK,
    /** Complete, or failed. */
    OVER;

    boolean mayBecome(HandshakeState next) {
        return switch (this) {
            case HELLO -> next == CHOOSING || next == MESSAGES || next == OVER;
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
