package dev.millrace.observe;

import dev.millrace.internal.bytes.Nullable;
import java.net.InetSocketAddress;

/** What is known of a connection from its first moment on. Safe for any thread; the same object in all events. */
public interface ConnectionInfo {
    /** {@return a number that no other connection of this process has} */
    long id();

    /** {@return the name of the listener that accepted it, such as {@code http} or {@code https}} */
    String listener();

    /** {@return the peer's address, or {@code null} if the connection was gone before it was asked for} */
    @Nullable
    InetSocketAddress remoteAddress();

    /** {@return this side's address, or {@code null} if the connection was gone before it was asked for} */
    @Nullable
    InetSocketAddress localAddress();
}
