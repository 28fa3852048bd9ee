package dev.millrace.http;

import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;

/** A publisher that takes one subscriber: the second one fails, even where the publisher itself would serve it. */
final class OneShotPublisher implements Flow.Publisher<ByteBuffer> {
    private final Flow.Publisher<ByteBuffer> publisher;
    private final AtomicBoolean used = new AtomicBoolean();

    OneShotPublisher(Flow.Publisher<ByteBuffer> publisher) {
        this.publisher = publisher;
    }

    @Override
    public void subscribe(Flow.Subscriber<? super ByteBuffer> subscriber) {
        Objects.requireNonNull(subscriber, "subscriber");
        if (used.compareAndSet(false, true)) {
            publisher.subscribe(subscriber);
            return;
        }
        subscriber.onSubscribe(new Nothing());
        subscriber.onError(new IllegalStateException(
                "the body has been read, sent or abandoned before and can be used only once"));
    }

    /** What a refused subscriber gets first (Reactive Streams §1.9). */
    private static final class Nothing implements Flow.Subscription {
        @Override
        public void request(long n) {}

        @Override
        public void cancel() {}
    }
}
