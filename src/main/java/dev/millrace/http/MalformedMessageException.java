package dev.millrace.http;

/** The peer's message breaks the protocol's rules in a place where its head had already been accepted. */
public final class MalformedMessageException extends HttpException {
    private static final long serialVersionUID = 1L;

    private final transient Status status;

    /**
     * A broken message.
     *
     * @param status what the peer is answered, if a response can still be sent
     * @param message which rule it breaks
     */
    public MalformedMessageException(Status status, String message) {
        super(message, Initiator.PEER, Phase.BODY, false, null);
        this.status = status;
    }

    /** {@return what the peer is answered, if a response can still be sent: 400 or 413} */
    public Status status() {
        return status;
    }
}
