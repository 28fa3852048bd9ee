package dev.millrace.http;

/** A deadline of {@link Timeouts} passed. */
public final class DeadlineException extends HttpException {
    private static final long serialVersionUID = 1L;

    /**
     * A deadline that passed.
     *
     * @param message which one
     * @param initiator who was waited for
     * @param phase how far the request had come
     */
    public DeadlineException(String message, Initiator initiator, Phase phase) {
        super(message, initiator, phase, false, null);
    }
}
