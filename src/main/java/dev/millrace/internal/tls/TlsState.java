package dev.millrace.internal.tls;

/**
 * What a TLS connection is doing.
 *
 * <pre>
 *   HELLO ──a ClientHello──► HANDSHAKE ⇄ TASK
 *     │                          │
 *     │                          └──complete──► OPEN ──we end it──► CLOSING ──► CLOSED
 *     └──something else, a failure, a deadline────────────────────► CLOSING
 * </pre>
 */
enum TlsState {
    /** The client's first message is arriving. Drain: closed if no byte is there, else as HANDSHAKE. */
    HELLO,
    /** Messages go to and fro. Drain: goes on to its deadline, and the protocol above then ends. */
    HANDSHAKE,
    /** Something that takes long, such as a signature, is being computed elsewhere. */
    TASK,
    /** The protocol above speaks. Drain: is the protocol's. */
    OPEN,
    /** Our close_notify or alert is out, or on its way; nothing more is read. */
    CLOSING,
    /** Ended. */
    CLOSED;

    boolean mayBecome(TlsState next) {
        return switch (this) {
            case HELLO -> next == HANDSHAKE || next == CLOSING || next == CLOSED;
            case HANDSHAKE -> next == TASK || next == OPEN || next == CLOSING || next == CLOSED;
            case TASK -> next == HANDSHAKE || next == OPEN || next == CLOSING || next == CLOSED;
            case OPEN -> next == CLOSING || next == CLOSED;
            case CLOSING -> next == CLOSING || next == CLOSED;
            case CLOSED -> next == CLOSED;
        };
    }

    TlsState become(TlsState next) {
        assert mayBecome(next) : this + " → " + next;
        return next;
    }
}
