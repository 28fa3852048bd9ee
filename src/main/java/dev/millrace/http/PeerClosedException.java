package dev.millrace.http;

import dev.millrace.internal.bytes.Nullable;

/** The peer closed or reset its connection, or the stream, before the message was complete. */
public final class PeerClosedException extends HttpException {
    private static final long serialVersionUID = 1L;

    /**
     * A peer that went away.
     *
     * @param message what was cut off
     * @param phase how far the request had come
     * @param cause what the operating system said, or {@code null}
     */
    public PeerClosedException(String message, Phase phase, @Nullable Throwable cause) {
        super(message, Initiator.PEER, phase, false, cause);
    }

    /**
     * A peer that went away from a client.
     *
     * @param message what was cut off
     * @param phase how far the request had come
     * @param retrySafe whether the request certainly had no effect
     * @param cause what the operating system said, or {@code null}
     */
    public PeerClosedException(String message, Phase phase, boolean retrySafe, @Nullable Throwable cause) {
        super(message, Initiator.PEER, phase, retrySafe, cause);
    }
}
