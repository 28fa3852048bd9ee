package dev.millrace.internal.exchange;

import dev.millrace.http.Headers;
import dev.millrace.http.TlsInfo;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.transport.Loop;
import java.net.InetSocketAddress;
import java.nio.channels.FileChannel;

/**
 * What carries one message out and one in, the same for clients and servers: content, its end, and how much of it may be
 * written. All calls on the connection's loop.
 */
public interface MessageStream {
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

    /** The content that comes in is wanted, or is not wanted any more, and was not before: look at {@link InboundBody#wants()}. */
    void inboundChanged();

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
     * How many pieces of its content the source is asked for at a time: they are taken once they were asked for.
     *
     * @param most where memory is no concern
     * @return at least 1
     */
    default int pieces(int most) {
        return most;
    }

    /** {@return how many bytes of content wait because the peer does not take them} */
    long pending();

    /**
     * The content is complete; in a tunnel, the direction to the peer ends.
     *
     * @param trailers the trailer section, empty for none
     */
    void end(Headers trailers);

    /** Something came from or went to this side's program: deadlines that wait for it begin anew. */
    void progressed();
}
