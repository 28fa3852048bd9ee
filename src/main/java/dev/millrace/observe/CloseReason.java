package dev.millrace.observe;

import dev.millrace.http.Initiator;

/**
 * Why a connection ended. Every connection ends with exactly one, the first cause wins, and it is decided by the
 * connection's state, never by an exception's text.
 */
public enum CloseReason {
    /** Served at least one request and came to an orderly end. */
    COMPLETED(Initiator.PEER, true),
    /** Without encryption: connected and left in an orderly way without one byte. */
    PEER_SILENT(Initiator.PEER, true),
    /** The peer ended its sending in the middle of a request. */
    TRUNCATED_REQUEST(Initiator.PEER, false),
    /** No byte of a first request came in time. */
    FIRST_BYTE_TIMEOUT(Initiator.PEER, false),
    /** The header section was not complete in time. */
    HEADERS_TIMEOUT(Initiator.PEER, false),
    /** The content of a request stopped arriving, or trickled. */
    BODY_TIMEOUT(Initiator.PEER, false),
    /** The handler did not answer, or did not go on with its answer, in time. */
    HANDLER_TIMEOUT(Initiator.LOCAL, false),
    /** The peer stopped reading, or read too slowly. */
    WRITE_TIMEOUT(Initiator.PEER, false),
    /** A persistent connection got no further request in time. */
    IDLE_TIMEOUT(Initiator.LOCAL, true),
    /** The peer reset the connection. */
    PEER_RESET(Initiator.PEER, false),
    /** The peer left before the response was out. */
    PEER_CLOSED_EARLY(Initiator.PEER, false),
    /** The peer broke the protocol's rules. */
    PROTOCOL_ERROR(Initiator.PEER, false),
    /** The peer passed a bound of {@link dev.millrace.http.Limits}. */
    LIMIT_EXCEEDED(Initiator.PEER, false),
    /** A handler failed in a way that the response could not express any more. */
    HANDLER_ERROR(Initiator.LOCAL, false),
    /** The server asked for the end after a response, as a handler or the protocol wanted it. */
    SERVER_CLOSED(Initiator.LOCAL, true),
    /** Closed by a graceful stop with nothing under way. */
    DRAINED(Initiator.LOCAL, true),
    /** Cut off by a stop whose deadline had passed. */
    DRAIN_FORCED(Initiator.LOCAL, false),
    /** The connection had become a tunnel, which has ended. */
    UPGRADED(Initiator.PEER, true),
    /** The operating system failed us. */
    IO_ERROR(Initiator.NETWORK, false),
    /** A mistake in the library. */
    INTERNAL_ERROR(Initiator.LOCAL, false);

    private final Initiator initiator;
    private final boolean normal;

    CloseReason(Initiator initiator, boolean normal) {
        this.initiator = initiator;
        this.normal = normal;
    }

    /** {@return who caused the end} */
    public Initiator initiator() {
        return initiator;
    }

    /** {@return whether this is how connections are meant to end} */
    public boolean normal() {
        return normal;
    }
}
