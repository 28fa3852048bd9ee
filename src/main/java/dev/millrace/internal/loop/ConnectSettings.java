package dev.millrace.internal.loop;

import dev.millrace.internal.bytes.Nullable;
import java.net.InetSocketAddress;

/**
 * What sockets get before they are connected. Those of the Unix domain have none of it.
 *
 * @param local the address that they are bound to, port 0 for a free one; the operating system's choice if {@code null}
 * @param keepAlive how the operating system asks silent peers whether they are there; it does not if {@code null}
 */
public record ConnectSettings(
        @Nullable InetSocketAddress local, @Nullable KeepAlive keepAlive) {
    /** The operating system's choice, and no question. */
    public static final ConnectSettings DEFAULTS = new ConnectSettings(null, null);

    /**
     * TCP keep-alive (RFC 9293 §3.8.4). A number of 0 leaves it to the operating system, and so does a platform or a runtime
     * image (without the module {@code jdk.net}) that does not know the option.
     *
     * @param idleSeconds of silence before the first question
     * @param intervalSeconds between two questions
     * @param count of questions without an answer after which the connection is reset
     */
    public record KeepAlive(int idleSeconds, int intervalSeconds, int count) {}
}
