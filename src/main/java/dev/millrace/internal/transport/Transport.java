package dev.millrace.internal.transport;

import dev.millrace.http.TlsInfo;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.ConnectionInfo;
import dev.millrace.observe.ConnectionState;
import java.net.InetSocketAddress;
import java.nio.channels.FileChannel;

/**
 * The lower end of a connection: bytes out, and the levers on bytes in. All calls on the connection's loop.
 *
 * <p>What is written within one event — the arrival of bytes, a task, a deadline — leaves together at its end, in one
 * write where it fits. Writing to a connection that is closed does nothing: the protocol hears of the end by
 * {@link Protocol#onClosed}.
 */
public interface Transport {
    /** A time that never comes, for {@link #deadline(long)}. */
    long NEVER = Long.MAX_VALUE;

    /** {@return the loop that the connection lives on} */
    Loop loop();

    /**
     * Sends bytes of an array that the caller goes on using.
     *
     * @param bytes holds the bytes
     * @param offset of the first one
     * @param length how many
     */
    void write(byte[] bytes, int offset, int length);

    /**
     * Sends bytes of an array that nobody changes any more, so that it need not be copied while it waits.
     *
     * @param bytes holds the bytes
     * @param offset of the first one
     * @param length how many
     */
    void writeStable(byte[] bytes, int offset, int length);

    /**
     * Sends a part of a file, by the operating system where the connection is not encrypted. The channel becomes the
     * transport's, which closes it in any case. A file that turns out shorter ends the connection.
     *
     * @param file the file
     * @param position of the first byte
     * @param length how many
     */
    void writeFile(FileChannel file, long position, long length);

    /**
     * From now on another protocol is told of what happens to the connection: the peer has turned out to speak that one. What
     * the current call was offered is the caller's to hand on.
     *
     * @param next the protocol, made for this transport
     */
    void handOver(Protocol next);

    /** {@return how many bytes wait in memory or in files because the peer does not take them} */
    long pending();

    /** {@return how many bytes have arrived that the protocol has not taken; not to be asked within {@code onBytes}} */
    int unread();

    /** {@return what counts the bytes that the connection holds, at whatever storey} */
    Holding holding();

    /** {@return whether so little is waiting that more may be written; else {@link Protocol#onWritable()} tells when} */
    boolean writable();

    /**
     * Offers no more bytes to the protocol. The socket is still read, up to a bound, so that the peer's leaving is
     * noticed.
     */
    void pauseReading();

    /**
     * Offers bytes to the protocol again, those that were kept first: before this returns, or, where it is called within
     * {@link Protocol#onBytes}, after that has returned.
     */
    void resumeReading();

    /**
     * Sets the one deadline of the protocol in place of the previous one. Pushing it later costs nothing.
     *
     * @param due when, of {@link Loop#now()}; {@link #NEVER} for none
     */
    void deadline(long due);

    /** Ends the direction to the peer when all that was written is out. */
    void closeOutput();

    /**
     * The peer has ended its sending, and what is written from here on is only a goodbye: that it does not arrive is no reason
     * for the end of the connection, if {@link #closeAfterOutput} gives another one.
     */
    default void farewell() {}

    /**
     * Ends the connection when all that was written is out.
     *
     * @param reason why
     */
    void closeAfterOutput(CloseReason reason);

    /**
     * Ends the connection at once; what is still waiting is lost.
     *
     * @param reason why
     */
    void close(CloseReason reason);

    /**
     * Ends the connection at once by a reset, so that the peer cannot take what it got for the whole.
     *
     * @param reason why
     * @param cause what it comes from, or {@code null}
     */
    void abort(CloseReason reason, @Nullable Throwable cause);

    /** {@return what names the connection to observers} */
    ConnectionInfo info();

    /**
     * Says what the connection is doing now.
     *
     * @param state what
     */
    void state(ConnectionState state);

    /** {@return bytes received so far, as they were on the wire} */
    long bytesIn();

    /** {@return bytes sent so far, as they were on the wire} */
    long bytesOut();

    /**
     * From now on the connection is known by other addresses: those that a trusted proxy says it stands for.
     *
     * @param remote of the proxy's peer, or {@code null} to keep the present one
     * @param local that the proxy's peer connected to, or {@code null} to keep the present one
     */
    void standsFor(@Nullable InetSocketAddress remote, @Nullable InetSocketAddress local);

    /** {@return the peer's address} */
    @Nullable
    InetSocketAddress remoteAddress();

    /** {@return this side's address} */
    @Nullable
    InetSocketAddress localAddress();

    /** {@return whether what is written is encrypted on its way} */
    boolean secure();

    /** {@return what is known of the TLS connection, or {@code null} in the clear. Safe for any thread} */
    @Nullable
    TlsInfo tls();
}
