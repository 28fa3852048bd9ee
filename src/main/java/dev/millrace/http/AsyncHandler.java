package dev.millrace.http;

import java.util.concurrent.CompletionStage;

/**
 * Answers requests on the event loop, and therefore must not block: whatever has to be waited for comes through the
 * returned stage. A loop that a handler blocks is noticed and reported with the guilty stack.
 */
@FunctionalInterface
public interface AsyncHandler {
    /**
     * Answers one request. Called by the event loop of the request's connection.
     *
     * @param request the request; its body may still be arriving
     * @return a stage that gives the response; it may be completed by any thread
     * @throws Exception as if the stage had failed with it: see {@link Handler#handle(Request)}
     */
    CompletionStage<Response> handle(Request request) throws Exception;
}
