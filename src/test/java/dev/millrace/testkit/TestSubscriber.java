package dev.millrace.testkit;

import dev.millrace.internal.bytes.Nullable;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Flow;

/** A subscriber that asks when a test says so, and finds fault with signals that must not come. */
public final class TestSubscriber implements Flow.Subscriber<ByteBuffer> {
    private final long first;
    private final long each;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private Flow.@Nullable Subscription subscription;
    private @Nullable Throwable error;
    private boolean complete;
    private long demand;
    private int pieces;

    private TestSubscriber(long first, long each) {
        this.first = first;
        this.each = each;
    }

    /** {@return one that asks for nothing by itself} */
    public static TestSubscriber paused() {
        return new TestSubscriber(0, 0);
    }

    /** {@return one that asks for a piece, and for another whenever it got one} */
    public static TestSubscriber oneByOne() {
        return new TestSubscriber(1, 1);
    }

    /** {@return one that asks for everything at once} */
    public static TestSubscriber eager() {
        return new TestSubscriber(Long.MAX_VALUE, 0);
    }

    @Override
    public void onSubscribe(Flow.Subscription s) {
        if (subscription != null) {
            throw new AssertionError("onSubscribe twice");
        }
        subscription = s;
        if (first > 0) {
            request(first);
        }
    }

    /**
     * Asks.
     *
     * @param n for how many pieces
     */
    public void request(long n) {
        demand = demand + n < 0 ? Long.MAX_VALUE : demand + n;
        subscription().request(n);
    }

    /** Wants nothing more. */
    public void cancel() {
        subscription().cancel();
    }

    private Flow.Subscription subscription() {
        if (subscription == null) {
            throw new IllegalStateException("not subscribed");
        }
        return subscription;
    }

    @Override
    public void onNext(ByteBuffer piece) {
        if (ended()) {
            throw new AssertionError("onNext after the end");
        }
        if (demand == 0) {
            throw new AssertionError("a piece that was not asked for");
        }
        if (!piece.hasRemaining()) {
            throw new AssertionError("an empty piece");
        }
        demand--;
        pieces++;
        byte[] copy = new byte[piece.remaining()];
        piece.get(copy);
        bytes.writeBytes(copy);
        if (each > 0) {
            request(each);
        }
    }

    @Override
    public void onError(Throwable cause) {
        if (ended()) {
            throw new AssertionError("onError after the end", cause);
        }
        error = cause;
    }

    @Override
    public void onComplete() {
        if (ended()) {
            throw new AssertionError("onComplete after the end");
        }
        complete = true;
    }

    /** {@return whether the end has come, a good one or a bad one} */
    public boolean ended() {
        return complete || error != null;
    }

    /** {@return whether the good end has come} */
    public boolean complete() {
        return complete;
    }

    /** {@return the error, {@code null} if none has come} */
    public @Nullable Throwable error() {
        return error;
    }

    /** {@return how many pieces have come} */
    public int pieces() {
        return pieces;
    }

    /** {@return how many bytes have come} */
    public int size() {
        return bytes.size();
    }

    /** {@return what has come, a character for each byte} */
    public String text() {
        return bytes.toString(StandardCharsets.ISO_8859_1);
    }
}
