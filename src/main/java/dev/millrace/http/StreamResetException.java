package dev.millrace.http;

/** The peer has ended the stream of a request by RST_STREAM (RFC 9113 §6.4) before the response was complete. */
public final class StreamResetException extends HttpException {
    private static final long serialVersionUID = 1L;

    private final String code;

    /**
     * A stream that was reset.
     *
     * @param code the name of the error code (RFC 9113 §7)
     * @param phase how far the request had come
     * @param retrySafe whether the request certainly had no effect
     */
    public StreamResetException(String code, Phase phase, boolean retrySafe) {
        super("the peer has reset the stream: " + code, Initiator.PEER, phase, retrySafe, null);
        this.code = code;
    }

    /** {@return the name of the error code as in RFC 9113 §7, such as {@code ENHANCE_YOUR_CALM}} */
    public String code() {
        return code;
    }

    /** {@return whether the peer wants the request over HTTP/1.1} */
    public boolean wantsHttp11() {
        return code.equals("HTTP_1_1_REQUIRED");
    }
}
