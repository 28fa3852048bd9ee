package dev.millrace.observe;

import dev.millrace.internal.bytes.Nullable;
import java.net.InetSocketAddress;

/** A connection that there is not. */
record TestConnection(
        long id,
        String listener,
        @Nullable InetSocketAddress remoteAddress,
        @Nullable InetSocketAddress localAddress) implements ConnectionInfo {
    static TestConnection of(long id) {
        return new TestConnection(id, "https", InetSocketAddress.createUnresolved("peer.example", 50_000), null);
    }
}
