package dev.millrace.observe;

/** What a connection is doing: the label of the gauge of connections. */
public enum ConnectionState {
    /** Negotiates TLS. */
    HANDSHAKE,
    /** Has not sent a byte of its first request. */
    SILENT,
    /** Has a request under way. */
    ACTIVE,
    /** Between two requests. */
    IDLE,
    /** Is a tunnel. */
    TUNNEL,
    /** Its last response is out, or it has failed, and it is being closed. */
    CLOSING
}
