package dev.millrace.http;

import dev.millrace.internal.bytes.Nullable;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;

/** Puts a body's pieces together, up to a bound. */
final class CollectingSubscriber implements Flow.Subscriber<ByteBuffer> {
    private final int max;
    private final CompletableFuture<byte[]> result = new CompletableFuture<>();
    private volatile Flow.@Nullable Subscription subscription;
    private volatile boolean cancelled;
    private byte[] bytes = new byte[0];
    private int size;

    CollectingSubscriber(int max) {
        this.max = max;
    }

    CompletableFuture<byte[]> result() {
        return result;
    }

    /** Asks for no more; the result is left as it is. Safe for any thread, and before the publisher has answered. */
    void cancel() {
        cancelled = true;
        Flow.Subscription current = subscription;
        if (current != null) {
            current.cancel();
        }
    }

    @Override
    public void onSubscribe(Flow.Subscription s) {
        subscription = s;
        if (cancelled) {
            s.cancel();
        } else {
            s.request(Long.MAX_VALUE);
        }
    }

    @Override
    public void onNext(ByteBuffer piece) {
        if (result.isDone()) {
            return;
        }
        int n = piece.remaining();
        if (n > max - size) {
            bytes = new byte[0];
            cancel();
            result.completeExceptionally(new BodyTooLargeException(max));
            return;
        }
        if (size + n > bytes.length) {
            int wanted = (int) Math.min(max, Math.max(size + (long) n, 2L * bytes.length));
            bytes = Arrays.copyOf(bytes, wanted);
        }
        piece.get(bytes, size, n);
        size += n;
    }

    @Override
    public void onError(Throwable error) {
        bytes = new byte[0];
        result.completeExceptionally(error);
    }

    @Override
    public void onComplete() {
        result.complete(size == bytes.length ? bytes : Arrays.copyOf(bytes, size));
    }
}
