package dev.millrace.observe;

/** How a TLS handshake came out. */
public enum HandshakeResult {
    /** Completed in full. */
    COMPLETED,
    /** Completed by taking up an earlier session. */
    RESUMED,
    /** The peer refused it with an alert. */
    REJECTED,
    /** The peer or the network left half-way. */
    ABORTED,
    /** This side refused it. */
    FAILED,
    /** It was not complete in time. */
    TIMEOUT;

    /**
     * The result of a handshake that was completed.
     *
     * @param resumed whether an earlier session was taken up
     * @return {@link #RESUMED} or {@link #COMPLETED}
     */
    public static HandshakeResult completed(boolean resumed) {
        return resumed ? RESUMED : COMPLETED;
    }

    /**
     * The result of a handshake during which the connection ended.
     *
     * @param reason why it ended
     * @return one of those that are not a success
     */
    public static HandshakeResult failed(CloseReason reason) {
        return switch (reason) {
            case HANDSHAKE_REJECTED -> REJECTED;
            case HANDSHAKE_TIMEOUT -> TIMEOUT;
            case HANDSHAKE_ABORTED, PEER_RESET, PEER_SILENT, IO_ERROR -> ABORTED;
            default -> FAILED;
        };
    }
}
