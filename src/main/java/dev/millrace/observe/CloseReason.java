package dev.millrace.observe;

import dev.millrace.http.Initiator;

/**
 * Why a connection ended. Every connection ends with exactly one, the first cause wins, and it is decided by the
 * connection's state, never by an exception's text.
 */
public enum CloseReason {
    /** Completed the TLS handshake and left in an orderly way, by close_notify or FIN, without one byte of a request. */
    CLIENT_SILENT(Initiator.PEER, true),
    /** Connected and left in an orderly way without one byte, where no TLS handshake was completed. */
    PEER_SILENT(Initiator.PEER, true),
    /** Spoke the HTTP/2 preface, opened no stream, and left. */
    PREFACE_ONLY(Initiator.PEER, true),
    /** The peer ended its sending in the middle of a request. */
    TRUNCATED_REQUEST(Initiator.PEER, false),
    /** Served at least one request and came to an orderly end. */
    COMPLETED(Initiator.PEER, true),
    /** The peer refused the TLS handshake with an alert, such as {@code unknown_ca}. */
    HANDSHAKE_REJECTED(Initiator.PEER, false),
    /** The peer left in the middle of the TLS handshake. */
    HANDSHAKE_ABORTED(Initiator.PEER, false),
    /** This side refused the TLS handshake: no common version or suite, a bad message, a missing certificate. */
    HANDSHAKE_FAILED(Initiator.LOCAL, false),
    /** The TLS handshake was not complete in time. */
    HANDSHAKE_TIMEOUT(Initiator.PEER, false),
    /** Spoke plain HTTP where TLS is wanted. */
    PLAINTEXT_ON_TLS(Initiator.PEER, false),
    /** Spoke something where TLS is wanted that is neither TLS nor HTTP. */
    NOT_TLS(Initiator.PEER, false),
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
    /** A persistent connection got no further request in time, or a tunnel no byte. */
    IDLE_TIMEOUT(Initiator.LOCAL, true),
    /** The peer reset the connection. */
    PEER_RESET(Initiator.PEER, false),
    /** The peer left before the response was out. */
    PEER_CLOSED_EARLY(Initiator.PEER, false),
    /** The peer broke the protocol's rules. */
    PROTOCOL_ERROR(Initiator.PEER, false),
    /** The peer passed a bound of {@link dev.millrace.http.Limits}. */
    LIMIT_EXCEEDED(Initiator.PEER, false),
    /** The peer did too much of something that costs it little. */
    FLOOD(Initiator.PEER, false),
    /** A handler failed in a way that the response could not express any more. */
    HANDLER_ERROR(Initiator.LOCAL, false),
    /** This side asked for the end after a response, as a handler or the protocol wanted it. */
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
    INTERNAL_ERROR(Initiator.LOCAL, false),
    /** A client's exchange was not over in time, and the connection cannot carry another one. */
    EXCHANGE_TIMEOUT(Initiator.PEER, false),
    /** A client's exchange was given up by its program, and the connection cannot carry another one. */
    EXCHANGE_CANCELLED(Initiator.LOCAL, true),
    /** A client does not use the connection again: it is too old, has carried enough, or does not fit for another message. */
    RETIRED(Initiator.LOCAL, true),
    /** A client could not connect. */
    CONNECT_FAILED(Initiator.NETWORK, false),
    /** A client was not connected in time. */
    CONNECT_TIMEOUT(Initiator.NETWORK, false),
    /** A proxy did not let a client through. */
    PROXY_REFUSED(Initiator.PEER, false);

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

    /** {@return whether only the connections of clients can end so} */
    public boolean ofClients() {
        return compareTo(INTERNAL_ERROR) > 0;
    }
}
