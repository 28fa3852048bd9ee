package dev.millrace.internal.exchange;

import dev.millrace.http.Headers;
import dev.millrace.http.Status;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.observe.CloseReason;

/**
 * What a protocol gives to the exchange of one request: HTTP/1.1 has one at a time on a connection, HTTP/2 many. The
 * exchange decides what is sent, the protocol how it is framed. All calls on the connection's loop.
 */
public interface ExchangeStream extends MessageStream {
    /**
     * Sends an interim response, where the peer understands one.
     *
     * @param status a 1xx status
     * @param headers its fields
     */
    void interim(Status status, Headers headers);

    /**
     * Sends the head of the response.
     *
     * @param status the status
     * @param headers the handler's fields; those that frame the message are the protocol's own and are left out
     * @param length of the content, or unknown ({@link dev.millrace.http.Body#UNKNOWN_LENGTH})
     * @param content whether content is going to be sent: not to HEAD, nor with 204 and 304
     */
    void respond(Status status, Headers headers, long length, boolean content);

    /**
     * How much is held for the peer.
     *
     * @return how many bytes the connection holds for its peer, those of all its streams
     */
    long held();

    /**
     * The response cannot be completed: the peer must notice. The exchange is over.
     *
     * @param reason why
     * @param cause what it comes from, or {@code null}
     */
    void abort(CloseReason reason, @Nullable Throwable cause);

    /**
     * Whether a tunnel can be opened in answer to the request.
     *
     * @param status 101, or a 2xx for CONNECT
     * @param headers the response's fields
     * @return what forbids it, if anything
     */
    TunnelRefusal refusesTunnel(Status status, Headers headers);

    /**
     * Sends the head of a response that makes this a tunnel. From here on {@link #write} sends bytes as they are, and what
     * arrives goes into the given body.
     *
     * @param status 101, or a 2xx for CONNECT
     * @param headers the response's fields
     * @param input takes the bytes from the peer
     */
    void openTunnel(Status status, Headers headers, InboundBody input);

    /** The handler has come to its end, whatever has become of the stream meanwhile. */
    default void handlerEnded() {}

    /** {@return the protocol that an extended CONNECT asks for (RFC 8441), or {@code null}} */
    default @Nullable String connectProtocol() {
        return null;
    }
}
