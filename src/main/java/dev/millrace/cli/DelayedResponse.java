package dev.millrace.cli;

import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.internal.bytes.Nullable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.function.BiConsumer;

/** A response that comes after a while, held by a timer and by no thread. Nothing of it stays once nobody waits for it. */
final class DelayedResponse implements Runnable, BiConsumer<@Nullable Void, @Nullable Throwable> {
    private final CompletableFuture<Response> result = new CompletableFuture<>();
    private final Response response;
    private final Future<?> task;

    private DelayedResponse(Response response, long millis, Timer timer) {
        this.response = response;
        this.task = timer.after(millis, this);
    }

    static CompletionStage<Response> after(long millis, Response response, Request request, Timer timer) {
        DelayedResponse delayed = new DelayedResponse(response, millis, timer);
        request.cancelled().whenComplete(delayed);
        return delayed.result;
    }

    /** The time has come. */
    @Override
    public void run() {
        result.complete(response);
    }

    /** The request is cancelled. */
    @Override
    public void accept(@Nullable Void nothing, @Nullable Throwable failure) {
        task.cancel(false);
        result.cancel(false);
    }
}
