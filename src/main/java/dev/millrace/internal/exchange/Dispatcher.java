package dev.millrace.internal.exchange;

import dev.millrace.http.AsyncHandler;
import dev.millrace.http.Handler;
import dev.millrace.http.Request;
import dev.millrace.internal.bytes.Nullable;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/** Who answers a server's requests, and where that runs. Safe for any thread. */
public final class Dispatcher {
    private final @Nullable AsyncHandler async;
    private final @Nullable Handler blocking;
    private final Executor executor;
    private final int maxHandlers;
    private final ErrorHook errors;
    private final AtomicInteger running = new AtomicInteger();

    private Dispatcher(
            @Nullable AsyncHandler async,
            @Nullable Handler blocking,
            Executor executor,
            int maxHandlers,
            ErrorHook errors) {
        this.async = async;
        this.blocking = blocking;
        this.executor = executor;
        this.maxHandlers = maxHandlers;
        this.errors = errors;
    }

    /**
     * Requests are answered on the loop.
     *
     * @param handler answers
     * @param executor runs what may block nevertheless: bodies that are written
     * @param errors is told what fails
     * @return the dispatcher
     */
    public static Dispatcher async(AsyncHandler handler, Executor executor, ErrorHook errors) {
        return new Dispatcher(handler, null, executor, Integer.MAX_VALUE, errors);
    }

    /**
     * Requests are answered on threads that may wait.
     *
     * @param handler answers
     * @param executor where
     * @param maxHandlers how many may run or wait for a thread at a time
     * @param errors is told what fails
     * @return the dispatcher
     */
    public static Dispatcher blocking(Handler handler, Executor executor, int maxHandlers, ErrorHook errors) {
        return new Dispatcher(null, handler, executor, maxHandlers, errors);
    }

    @Nullable
    AsyncHandler asyncHandler() {
        return async;
    }

    @Nullable
    Handler blockingHandler() {
        return blocking;
    }

    Executor executor() {
        return executor;
    }

    void failed(Request request, Throwable error) {
        errors.failed(request, error);
    }

    /** Takes one of the places for blocking handlers; says whether there was one. */
    boolean enter() {
        if (running.incrementAndGet() <= maxHandlers) {
            return true;
        }
        running.decrementAndGet();
        return false;
    }

    /** Gives a place back. */
    void leave() {
        running.decrementAndGet();
    }
}
