package dev.millrace.internal.exchange;

import dev.millrace.http.Headers;
import dev.millrace.http.Status;
import dev.millrace.http.TlsInfo;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.transport.Loop;
import dev.millrace.observe.CloseReason;
import java.net.InetSocketAddress;
import java.nio.channels.FileChannel;

/**
 * What a protocol gives to the exchange of one request: HTTP/1.1 has one at a time on a connection, HTTP/2 many. The
 * exchange decides what is sent, the protocol how it is framed. All calls on the connection's loop.
 */
public interface ExchangeStream {
    /** {@return the loop of the connection} */
    Loop loop();

    /** {@return the peer's address} */
    @Nullable
    InetSocketAddress remoteAddress();

    /** {@return this side's address} */
    @Nullable
    InetSocketAddress localAddress();

    /** {@return whether the connection is encrypted} */
    boolean secure();

    /** {@return what is known of the TLS connection, or {@code null} in the clear. Safe for any thread} */
    @Nullable
    TlsInfo tls();

    /** The request's body is wanted, or is not wanted any more, and was not before: look at {@link InboundBody#wants()}. */
    void inboundChanged();

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
     * Sends content in an array that nobody changes any more.
     *
     * @param bytes holds the content
     * @param offset of its first byte
     * @param length how many
     */
    void write(byte[] bytes, int offset, int length);

    /**
     * Sends a part of a file as content, and closes the file in any case.
     *
     * @param file the file
     * @param position of the first byte
     * @param length how many
     */
    void writeFile(FileChannel file, long position, long length);

    /** {@return whether more content may be written without holding too much; else the exchange is told when} */
    boolean writable();

    /**
     * How many pieces of its content the response is asked for at a time: they are taken once they were asked for.
     *
     * @param most where memory is no concern
     * @return at least 1
     */
    default int pieces(int most) {
        return most;
    }

    /** {@return how many bytes of content wait because the peer does not take them} */
    long pending();

    /** {@return how many bytes the connection holds for its peer, those of all its streams} */
    long held();

    /**
     * The content is complete; in a tunnel, the direction to the peer ends.
     *
     * @param trailers the trailer section, empty for none
     */
    void end(Headers trailers);

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

    /** Something came from or went to the handler's side: deadlines that wait for it begin anew. */
    void progressed();
}
