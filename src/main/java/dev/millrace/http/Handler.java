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
     * @throws Exception anything: the peer gets 500, or what a {@link StatusException} or {@link BodyTooLargeException}
     *     says, and the server's error hook gets the exception
     */
    Response handle(Request request) throws Exception;
}
