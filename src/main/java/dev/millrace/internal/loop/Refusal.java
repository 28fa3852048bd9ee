package dev.millrace.internal.loop;

import dev.millrace.internal.bytes.Nullable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/**
 * How a listener tells peers that there is no room for them, where otherwise they would wait in the kernel until there is. It
 * holds a descriptor in reserve: accepting takes one, and that may be what has run out. Used on the listener's loop only.
 */
final class Refusal {
    /** What a peer has sent already is taken away up to so many bytes: closed over it, its connection would be reset. */
    private static final int DISCARDED = 1 << 16;

    private final byte[] words;
    private @Nullable SocketChannel reserve;

    /**
     * A refusal that holds its descriptor.
     *
     * @param words what is said
     */
    Refusal(byte[] words) {
        this.words = words;
        hold();
    }

    /** Holds a descriptor, unless it does already or there is none. */
    void hold() {
        if (reserve == null) {
            try {
                reserve = SocketChannel.open();
            } catch (IOException e) {
                return; // somebody was quicker: next time, perhaps
            }
        }
    }

    /**
     * Accepts a connection and ends it.
     *
     * @param source where it comes from
     * @return whether there was one
     * @throws IOException if none can be accepted even so
     */
    boolean refuse(ConnectionSource source) throws IOException {
        try (SocketChannel accepted = accept(source)) {
            if (accepted != null) {
                tell(accepted);
            }
            return accepted != null;
        } finally {
            hold();
        }
    }

    private @Nullable SocketChannel accept(ConnectionSource source) throws IOException {
        SocketChannel held = reserve;
        if (held == null || !source.exhausted()) {
            return source.accept();
        }
        reserve = null;
        held.close();
        return source.accept();
    }

    private void tell(SocketChannel accepted) {
        try {
            accepted.configureBlocking(false);
            accepted.write(ByteBuffer.wrap(words)); // a new socket takes that much
            accepted.shutdownOutput();
            ByteBuffer discarded = ByteBuffer.allocate(DISCARDED);
            while (accepted.read(discarded) > 0) {
                // up to what has come, or the bound
            }
        } catch (IOException e) {
            return; // it is gone already
        }
    }

    /** Gives the descriptor back. */
    void close() throws IOException {
        SocketChannel held = reserve;
        reserve = null;
        if (held != null) {
            held.close();
        }
    }
}
