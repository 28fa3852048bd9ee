package dev.millrace.internal.tls;

/**
 * What a TLS connection is doing.
 *
 * <pre>
 *   HANDSHAKE ──complete──► OPEN ──we end it──► CLOSING ──► CLOSED
 *       │                    │                     ▲
 *       │                    └──the peer's fault──►│
 *       └──a failure, a deadline──► LINGERING ────►│
 *                                    (or at once, if our last word was not an alert)
 * </pre>
 */
enum TlsState {
    /** What {@link HandshakeState} says. */
    HANDSHAKE,
    /** The protocol above speaks. Drain: is the protocol's. */
    OPEN,
    /**
     * It has failed, the alert that says so is out, and our direction is ended. What still comes is thrown away, until the
     * peer ends its sending or a deadline: closed at once, a reset in answer to it could destroy the alert before it is read.
     * Drain: closed at once.
     */
    LINGERING,
    /** Our close_notify or alert is out, or on its way; nothing more is read. */
    CLOSING,
    /** Ended. */
    CLOSED;

    boolean mayBecome(TlsState next) {
        return switch (this) {
            case HANDSHAKE -> next != HANDSHAKE;
            case OPEN -> next == LINGERING || next == CLOSING || next == CLOSED;
            case LINGERING -> next == CLOSING || next == CLOSED;
            case CLOSING -> next == CLOSED;
            case CLOSED -> false;
        };
    }

    TlsState become(TlsState next) {
        assert mayBecome(next) : this + " → " + next;
        return next;
    }
}
