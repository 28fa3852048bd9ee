package dev.millrace.internal.exchange;

import dev.millrace.http.Request;

/** Is told of failures of handlers, bodies and hooks. Called by any thread. */
@FunctionalInterface
public interface ErrorHook {
    /**
     * A user's code failed.
     *
     * @param request what was being served
     * @param error what was thrown
     */
    void failed(Request request, Throwable error);
}
