package dev.millrace.http;

/**
 * A body is larger than what its reader wants to hold. A handler that lets it through answers with 413 (RFC 9110
 * §15.5.14).
 */
public final class BodyTooLargeException extends HttpException {
    private static final long serialVersionUID = 1L;

    /**
     * A body over its reader's bound.
     *
     * @param max the bound in bytes
     */
    public BodyTooLargeException(long max) {
        super("the body is larger than " + max + " bytes", Initiator.PEER, Phase.BODY, false, null);
    }
}
