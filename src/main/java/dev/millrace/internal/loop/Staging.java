package dev.millrace.internal.loop;

import dev.millrace.internal.bytes.Nullable;
import java.nio.ByteBuffer;

/**
 * The one direct buffer in which a loop collects what is to be written within one event. At most one connection has bytes
 * in it; when another one begins to write, the first one's go out.
 */
final class Staging {
    /** Large enough that a big body costs few system calls, small enough to stay in the second-level cache. */
    private static final int SIZE = 128 << 10;

    final ByteBuffer buffer = ByteBuffer.allocateDirect(SIZE);
    private @Nullable SocketOutput owner;

    /** Makes the buffer a connection's own. */
    void take(SocketOutput output) {
        if (owner != output) {
            flush();
            owner = output;
        }
    }

    /** Gives the buffer to its owner, who sends and clears it. */
    ByteBuffer release() {
        owner = null;
        return buffer;
    }

    /** Sends what is in the buffer. */
    void flush() {
        SocketOutput output = owner;
        if (output != null) {
            owner = null;
            try {
                output.sendStaged(buffer);
            } finally {
                buffer.clear(); // the next owner's bytes are not to follow these
            }
        }
    }
}
