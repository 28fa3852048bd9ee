package dev.millrace.internal.loop;

import dev.millrace.internal.bytes.Nullable;
import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/** Where a listener's connections come from, so that a test can have the operating system refuse. */
@FunctionalInterface
interface ConnectionSource {
    /** {@return a connection, or {@code null} if none waits} */
    @Nullable
    SocketChannel accept() throws IOException;

    /** {@return whether the operating system has no descriptor left} */
    default boolean exhausted() {
        return false;
    }

    /**
     * The connections that the kernel has completed.
     *
     * @param socket listens
     */
    record Kernel(ServerSocketChannel socket) implements ConnectionSource {
        @Override
        public @Nullable SocketChannel accept() throws IOException {
            return socket.accept();
        }

        @Override
        public boolean exhausted() {
            try {
                SocketChannel.open().close();
                return false;
            } catch (IOException e) {
                return true;
            }
        }
    }
}
