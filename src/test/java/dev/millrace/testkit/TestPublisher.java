package dev.millrace.testkit;

import dev.millrace.internal.bytes.Nullable;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Flow;

/** A publisher that a test moves by hand, whether or not that is what it has been asked for. For one subscriber. */
public final class TestPublisher implements Flow.Publisher<ByteBuffer>, Flow.Subscription {
    private Flow.@Nullable Subscriber<? super ByteBuffer> subscriber;
    private long demand;
    private int requests;
    private int cancels;

    @Override
    public void subscribe(Flow.Subscriber<? super ByteBuffer> newSubscriber) {
        if (subscriber != null) {
            throw new IllegalStateException("a second subscriber");
        }
        subscriber = newSubscriber;
        newSubscriber.onSubscribe(this);
    }

    @Override
    public void request(long n) {
        requests++;
        demand += n;
    }

    @Override
    public void cancel() {
        cancels++;
    }

    private Flow.Subscriber<? super ByteBuffer> subscriber() {
        if (subscriber == null) {
            throw new IllegalStateException("no subscriber");
        }
        return subscriber;
    }

    /**
     * Gives one piece.
     *
     * @param text its bytes, one for each character
     */
    public void give(String text) {
        give(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /**
     * Gives one piece.
     *
     * @param bytes which
     */
    public void give(byte[] bytes) {
        demand--;
        subscriber().onNext(ByteBuffer.wrap(bytes));
    }

    /**
     * Gives one piece of zeros.
     *
     * @param size how many
     */
    public void give(int size) {
        demand--;
        subscriber().onNext(ByteBuffer.allocate(size));
    }

    /** Completes. */
    public void complete() {
        subscriber().onComplete();
    }

    /**
     * Fails.
     *
     * @param error with what
     */
    public void fail(Throwable error) {
        subscriber().onError(error);
    }

    /** {@return whether there is a subscriber} */
    public boolean subscribed() {
        return subscriber != null;
    }

    /** {@return pieces that were asked for and not given} */
    public long demand() {
        return demand;
    }

    /** {@return how often it was asked} */
    public int requests() {
        return requests;
    }

    /** {@return whether it was cancelled} */
    public boolean cancelled() {
        return cancels > 0;
    }
}
