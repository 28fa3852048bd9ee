package dev.millrace.internal.exchange;

import dev.millrace.http.AsyncHandler;
import dev.millrace.http.Handler;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.internal.bytes.Nullable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Predicate;

/** Who answers a server's requests, and where that runs. Safe for any thread. */
public final class Dispatcher {
    private final @Nullable AsyncHandler async;
    private final @Nullable Handler blocking;
    private final Executor executor;
    private final int maxHandlers;
    private final ErrorHook errors;
    private final AtomicInteger running;
    private final Predicate<Request> vital;

    private Dispatcher(
            @Nullable AsyncHandler async,
            @Nullable Handler blocking,
            Executor executor,
            int maxHandlers,
            ErrorHook errors,
            AtomicInteger running,
            Predicate<Request> vital) {
        this.async = async;
        this.blocking = blocking;
        this.executor = executor;
        this.maxHandlers = maxHandlers;
        this.errors = errors;
        this.running = running;
        this.vital = vital;
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
        return new Dispatcher(handler, null, executor, Integer.MAX_VALUE, errors, new AtomicInteger(), none -> false);
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
        return new Dispatcher(null, handler, executor, maxHandlers, errors, new AtomicInteger(), none -> false);
    }

    /**
     * The same, with requests that are answered also when all connections hold too much for their peers.
     *
     * @param chosen says which, where they have no content
     * @return the other dispatcher
     */
    public Dispatcher withVital(Predicate<Request> chosen) {
        return new Dispatcher(async, blocking, executor, maxHandlers, errors, running, chosen);
    }

    /** {@return whether the request is answered also when all connections hold too much for their peers} */
    boolean isVital(Request request) {
        return vital.test(request);
    }

    /** {@return the same with another handler, which answers on the loop} */
    public Dispatcher answeredBy(AsyncHandler handler) {
        return new Dispatcher(handler, null, executor, maxHandlers, errors, running, none -> false);
    }

    /**
     * The same with another handler, which may wait and shares the places.
     *
     * @param handler answers
     * @param places how many may run or wait for a thread at a time
     * @return the other dispatcher
     */
    public Dispatcher answeredBy(Handler handler, int places) {
        return new Dispatcher(null, handler, executor, places, errors, running, none -> false);
    }

    /**
     * Calls the handler, on the loop or on a thread that may wait.
     *
     * @param request for it
     * @param outcome is told once, by any thread, what it answers or how it fails; throws nothing
     */
    void dispatch(Request request, BiConsumer<Response, Throwable> outcome) {
        if (async == null) {
            dispatchBlocking(request, outcome);
            return;
        }
        Response response = null;
        Throwable failure = null;
        try {
            CompletionStage<Response> stage = async.handle(request);
            if (!(stage instanceof CompletableFuture<Response> future && future.isDone())) {
                stage.whenComplete(outcome);
                return;
            }
            response = future.join();
        } catch (Throwable e) { // a handler may throw anything; the loop goes on
            failure = e;
        }
        outcome.accept(response, failure);
    }

    private void dispatchBlocking(Request request, BiConsumer<Response, Throwable> outcome) {
        if (!enter()) {
            outcome.accept(FailureAnswer.busy(), null);
            return;
        }
        try {
            executor.execute(() -> {
                Response response = null;
                Throwable failure = null;
                try {
                    response = blocking == null ? null : blocking.handle(request);
                } catch (Throwable e) { // a handler may throw anything
                    failure = e;
                } finally {
                    leave();
                }
                outcome.accept(response, failure);
            });
        } catch (RejectedExecutionException e) {
            leave();
            outcome.accept(FailureAnswer.busy(), null);
        } catch (Throwable e) { // no thread could be made: for want of memory, say
            leave();
            outcome.accept(null, e);
        }
    }

    /** Runs more of a handler's code where handlers run. */
    void run(Runnable code) {
        if (async != null) {
            code.run();
        } else {
            executor.execute(code);
        }
    }

    Executor executor() {
        return executor;
    }

    void failed(Request request, Throwable error) {
        errors.failed(request, error);
    }

    /** Takes one of the places for blocking handlers; says whether there was one. */
    private boolean enter() {
        if (running.incrementAndGet() <= maxHandlers) {
            return true;
        }
        running.decrementAndGet();
        return false;
    }

    /** Gives a place back. */
    private void leave() {
        running.decrementAndGet();
    }
}
