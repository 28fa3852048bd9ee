package dev.millrace.internal.exchange;

/** Why a response does not open a tunnel. */
public enum TunnelRefusal {
    /** It does. */
    NONE,
    /** The peer did not offer the protocol, or cannot: it is told which one is wanted. */
    NOT_OFFERED,
    /** The request has content, which has not been read. */
    CONTENT_NOT_READ,
    /** The handler opens a tunnel in a way that no request allows. */
    MISUSED
}
