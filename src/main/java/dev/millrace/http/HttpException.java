package dev.millrace.http;

import dev.millrace.internal.bytes.Nullable;
import java.io.IOException;

/**
 * What ended a message before its time. The type says what happened; {@link #initiator()} says who caused it,
 * {@link #phase()} when, and {@link #retrySafe()} whether sending the request again cannot do its work twice.
 *
 * <p>Peers that go away or misbehave are daily life, so an exception that a peer caused carries no stack trace: it would
 * name only the event loop and cost more than the connection did.
 */
public class HttpException extends IOException {
    private static final long serialVersionUID = 1L;

    private final Initiator initiator;
    private final Phase phase;
    private final boolean retrySafe;

    /**
     * An ending.
     *
     * @param message what happened
     * @param initiator who caused it
     * @param phase how far the request had come
     * @param retrySafe whether the request certainly had no effect
     * @param cause what it comes from, or {@code null}
     */
    @SuppressWarnings("this-escape") // fillInStackTrace reads a field that is set before it is called here
    public HttpException(
            String message, Initiator initiator, Phase phase, boolean retrySafe, @Nullable Throwable cause) {
        super(message, cause);
        this.initiator = initiator;
        this.phase = phase;
        this.retrySafe = retrySafe;
        if (initiator == Initiator.LOCAL) {
            super.fillInStackTrace();
        }
    }

    /** {@return who caused it} */
    public final Initiator initiator() {
        return initiator;
    }

    /** {@return how far the request had come} */
    public final Phase phase() {
        return phase;
    }

    /** {@return whether the request certainly had no effect, so that sending it again is safe} */
    public final boolean retrySafe() {
        return retrySafe;
    }

    /** Left out at first: the constructor fills the trace in where this side is the cause. */
    @Override
    public Throwable fillInStackTrace() {
        return this;
    }
}
