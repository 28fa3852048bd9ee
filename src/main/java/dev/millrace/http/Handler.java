package dev.millrace.http;

/**
 * Answers requests, in a way that may block: each call runs on a virtual thread (JDK 21 and later) or on a thread of a
 * bounded pool (JDK 17). A middleware is a function from handler to handler.
 */
@FunctionalInterface
public interface Handler {
    /**
     * Answers one request. Called by many threads at once.
     *
     * @param request the request; its body may still be arriving
     * @return the response
     * @throws Exception anything: the peer gets 500 and the server's error hook the exception. Those that are about the
     *     peer are answered with their own status and reported to nobody: a {@link StatusException} with its response, a
     *     {@link BodyTooLargeException} with 413, a {@link MalformedMessageException} with its status, a
     *     {@link PeerClosedException} with 400, a {@link DeadlineException} that the peer caused with 408
     */
    Response handle(Request request) throws Exception;
}
