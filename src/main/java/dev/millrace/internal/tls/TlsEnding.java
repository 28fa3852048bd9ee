package dev.millrace.internal.tls;

import dev.millrace.internal.bytes.Nullable;
import dev.millrace.observe.CloseReason;

/** What is remembered of a connection that comes to its end: why, and the alerts that were said. */
final class TlsEnding {
    /** What a peer may still send while we linger: more than any window it may have filled before it saw our alert. */
    private static final int LINGER_BYTES = 16 << 20;

    private CloseReason reason = CloseReason.SERVER_CLOSED;
    private @Nullable String alertReceived;
    private @Nullable String alertSent;
    private @Nullable String detail;
    private @Nullable Throwable cause;
    private int discarded;

    /** Why it will have ended. */
    void reason(CloseReason why) {
        reason = why;
    }

    CloseReason reason() {
        return reason;
    }

    /** What it comes from. */
    void cause(Throwable thrown) {
        cause = thrown;
    }

    /** {@return what it comes from, or {@code null} if nobody said} */
    @Nullable
    Throwable cause() {
        return cause;
    }

    void received(@Nullable String alert) {
        alertReceived = alert;
    }

    void sent(@Nullable String alert) {
        alertSent = alert;
    }

    /** What makes the reason exact, where that is not the alert. */
    void detail(String exact) {
        detail = exact;
    }

    @Nullable
    String alertReceived() {
        return alertReceived;
    }

    @Nullable
    String alertSent() {
        return alertSent;
    }

    /** {@return what makes the reason exact, or {@code null} if nothing does} */
    @Nullable
    String detail() {
        if (detail != null) {
            return detail;
        }
        return alertReceived != null ? alertReceived : alertSent;
    }

    /**
     * The reason of a failure, once it is known what the peer said.
     *
     * @param handshaking whether the handshake was not complete
     * @param silent whether no byte of a request has come, or of anything a server says
     */
    CloseReason failure(boolean handshaking, boolean silent) {
        if (alertReceived == null) {
            return handshaking ? CloseReason.HANDSHAKE_FAILED : CloseReason.PROTOCOL_ERROR;
        }
        if (handshaking && AlertNames.leaves(alertReceived)) {
            return CloseReason.HANDSHAKE_ABORTED;
        }
        return silent ? CloseReason.HANDSHAKE_REJECTED : CloseReason.PEER_CLOSED_EARLY;
    }

    /** Counts bytes that are thrown away; says whether there may be more. */
    boolean discard(int length) {
        discarded += length;
        return discarded < LINGER_BYTES;
    }
}
