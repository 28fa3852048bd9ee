package dev.millrace.observe;

import dev.millrace.http.Request;
import dev.millrace.http.Status;
import dev.millrace.internal.bytes.Nullable;

/**
 * Is told what happens to connections. Called on their event loops, so it must be quick and must not block; what it throws
 * is reported and changes nothing. Events of one connection come in order, from one thread, and {@link #closed} is the
 * last and comes exactly once.
 */
public interface ConnectionListener {
    /**
     * A connection was accepted.
     *
     * @param connection which
     */
    default void opened(ConnectionInfo connection) {}

    /**
     * A TLS handshake was completed.
     *
     * @param connection which
     * @param handshake its parameters
     */
    default void handshakeCompleted(ConnectionInfo connection, HandshakeInfo handshake) {}

    /**
     * A TLS handshake was not completed.
     *
     * @param connection which
     * @param handshake as far as it had come
     * @param end why; {@link #closed} follows with the same
     */
    default void handshakeFailed(ConnectionInfo connection, HandshakeInfo handshake, ConnectionEnd end) {}

    /**
     * A request's header section was complete and its handler is about to be called.
     *
     * @param connection which
     * @param request the request; its body is its handler's
     */
    default void requestStarted(ConnectionInfo connection, Request request) {}

    /**
     * A request has ended.
     *
     * @param connection which
     * @param request the request
     * @param status the status of its response, or {@code null} if it was cut off before there was one
     * @param nanos from its header section to the end of its response
     */
    default void requestEnded(ConnectionInfo connection, Request request, @Nullable Status status, long nanos) {}

    /**
     * A connection has ended.
     *
     * @param connection which
     * @param end how
     * @param handshake the parameters of its TLS handshake as far as it had come, or {@code null} if there was none
     * @param stats what it has done
     */
    default void closed(
            ConnectionInfo connection, ConnectionEnd end, @Nullable HandshakeInfo handshake, ConnectionStats stats) {}
}
