package dev.millrace.internal.exchange;

import dev.millrace.http.Headers;
import dev.millrace.internal.bytes.Nullable;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.Flow;

/**
 * The content that comes from the peer, on its way to one subscriber. The protocol takes bytes from the wire only while
 * they are asked for, so nothing is buffered here.
 *
 * <pre>
 *   UNREAD → READING → COMPLETE
 *   UNREAD, READING → FAILED
 *   UNREAD, READING → UNWANTED      (cancelled; or the exchange ended first)
 *   UNREAD → COMPLETE               (nothing came)
 * </pre>
 *
 * Subscribing and asking are safe for any thread; everything else happens on the loop.
 */
public final class InboundBody implements Flow.Publisher<ByteBuffer>, Flow.Subscription {
    private enum State {
        UNREAD,
        READING,
        COMPLETE,
        FAILED,
        UNWANTED
    }

    /** Is told what a reader throws. */
    interface ReaderFailure {
        /** A reader has thrown; the content is not read any further. On the loop. */
        void readerFailed(Throwable failure);
    }

    private final MessageStream stream;
    private @Nullable ReaderFailure failures;
    private volatile State state = State.UNREAD;
    private Flow.@Nullable Subscriber<? super ByteBuffer> subscriber;
    private @Nullable Throwable failure;
    private volatile Headers trailers = Headers.empty();
    private long demand;

    /**
     * A body that has not begun.
     *
     * @param stream what brings it
     */
    public InboundBody(MessageStream stream) {
        this.stream = stream;
    }

    // ---- the reader's side

    @Override
    public void subscribe(Flow.Subscriber<? super ByteBuffer> newSubscriber) {
        Objects.requireNonNull(newSubscriber, "subscriber");
        if (stream.loop().inLoop()) {
            connect(newSubscriber);
        } else {
            stream.loop().execute(() -> connect(newSubscriber));
        }
    }

    private void connect(Flow.Subscriber<? super ByteBuffer> newSubscriber) {
        if (subscriber != null || state == State.UNWANTED) {
            newSubscriber.onSubscribe(new NoSubscription());
            newSubscriber.onError(new IllegalStateException(
                    subscriber != null
                            ? "the body is being read already, and can be read once"
                            : "the body was dropped"));
            return;
        }
        subscriber = newSubscriber;
        if (state == State.UNREAD) {
            state = State.READING;
        }
        newSubscriber.onSubscribe(this);
        if (state == State.COMPLETE) {
            newSubscriber.onComplete();
        } else if (state == State.FAILED) {
            newSubscriber.onError(Objects.requireNonNull(failure));
        }
    }

    private static final class NoSubscription implements Flow.Subscription {
        @Override
        public void request(long n) {}

        @Override
        public void cancel() {}
    }

    @Override
    public void request(long n) {
        if (stream.loop().inLoop()) {
            ask(n);
        } else {
            stream.loop().execute(() -> ask(n));
        }
    }

    private void ask(long n) {
        if (state != State.READING) {
            return;
        }
        if (n <= 0) {
            fail(new IllegalArgumentException("demand must be positive (Reactive Streams §3.9): " + n));
            stream.inboundChanged();
            return;
        }
        boolean wanted = demand > 0;
        demand = demand + n < 0 ? Long.MAX_VALUE : demand + n;
        if (!wanted) {
            stream.inboundChanged();
        }
    }

    @Override
    public void cancel() {
        if (stream.loop().inLoop()) {
            drop();
            stream.inboundChanged();
        } else {
            stream.loop().execute(this::cancel);
        }
    }

    /**
     * The trailer section.
     *
     * @return the fields, empty if there are none
     * @throws IllegalStateException if the content has not been read to its end
     */
    public Headers trailers() {
        if (state != State.COMPLETE) {
            throw new IllegalStateException("trailers come after the content: read that to its end first");
        }
        return trailers;
    }

    /** Sets who is told what a reader throws. */
    void onReaderFailure(ReaderFailure told) {
        failures = told;
    }

    private void failed(Throwable thrown) {
        if (failures != null) {
            failures.readerFailed(thrown);
        } else {
            stream.loop().report("a subscriber to a request's body", thrown);
        }
    }

    // ---- the protocol's side

    /** {@return whether the reader asks for bytes} */
    public boolean wants() {
        return state == State.READING && demand > 0;
    }

    /** {@return whether nobody is going to read what still comes} */
    public boolean unwanted() {
        return state == State.UNWANTED || state == State.FAILED;
    }

    /** {@return whether nobody has begun to read} */
    public boolean unread() {
        return state == State.UNREAD;
    }

    /** {@return whether the end has not been reached, in whatever way} */
    public boolean open() {
        return state == State.UNREAD || state == State.READING;
    }

    /**
     * Hands bytes to the reader, who {@link #wants() wants} them.
     *
     * @param bytes holds the bytes; they are copied
     * @param offset of the first one
     * @param length how many
     */
    public void deliver(byte[] bytes, int offset, int length) {
        Flow.Subscriber<? super ByteBuffer> reader = subscriber;
        if (reader == null || state != State.READING) {
            return;
        }
        if (demand != Long.MAX_VALUE) {
            demand--;
        }
        try {
            reader.onNext(ByteBuffer.wrap(Arrays.copyOfRange(bytes, offset, offset + length)));
        } catch (Throwable e) { // a reader's failure is its own; the loop goes on
            state = State.FAILED;
            failed(e);
        }
    }

    /**
     * The content is complete.
     *
     * @param fields the trailer section
     */
    public void complete(Headers fields) {
        if (!open()) {
            return;
        }
        trailers = fields;
        state = State.COMPLETE;
        if (subscriber != null) {
            try {
                subscriber.onComplete();
            } catch (Throwable e) { // as in deliver
                failed(e);
            }
        }
    }

    /**
     * The rest of the content will not come.
     *
     * @param cause why
     */
    public void fail(Throwable cause) {
        if (!open()) {
            return;
        }
        failure = cause;
        state = State.FAILED;
        if (subscriber != null) {
            try {
                subscriber.onError(cause);
            } catch (Throwable e) { // as in deliver
                failed(e);
            }
        }
    }

    /** Nobody is going to read the rest. */
    public void drop() {
        if (open()) {
            state = State.UNWANTED;
        }
    }
}
