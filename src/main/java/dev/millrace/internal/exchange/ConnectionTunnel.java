package dev.millrace.internal.exchange;

import dev.millrace.http.Tunnel;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.transport.Loop;
import dev.millrace.observe.CloseReason;
import java.net.InetSocketAddress;

/** A tunnel through one of our own connections, as another connection sees it that is built on it. */
public interface ConnectionTunnel extends Tunnel {
    /** {@return the loop that it lives on: everything done there is done at once} */
    Loop loop();

    /** {@return how many bytes wait because the peer does not take them; to be called on the loop} */
    long pending();

    /** {@return the address of the peer of the connection} */
    @Nullable
    InetSocketAddress remoteAddress();

    /** {@return this side's address of the connection} */
    @Nullable
    InetSocketAddress localAddress();

    /**
     * Ends it at once so that the peer cannot take what it got for the whole; to be called on the loop.
     *
     * @param reason why
     */
    void close(CloseReason reason);
}
