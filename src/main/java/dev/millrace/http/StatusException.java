package dev.millrace.http;

/**
 * Thrown by a handler to answer with a status and one line of text, from however deep. The library turns it into that
 * response and reports nothing.
 */
public final class StatusException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Response response;

    /**
     * An answer to throw.
     *
     * @param status the status, 400 to 599
     * @param message the text of the response
     * @throws IllegalArgumentException if the status is not an error's
     */
    public StatusException(Status status, String message) {
        super(message, null, false, false);
        if (status.code() < 400) {
            throw new IllegalArgumentException(status + " is not an error: return a Response instead");
        }
        this.response = Response.text(status, message);
    }

    /** {@return the response to send} */
    public Response response() {
        return response;
    }
}
