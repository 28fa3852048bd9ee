package dev.millrace.internal.exchange;

import dev.millrace.http.Body;
import dev.millrace.http.Headers;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.time.Deadline;
import java.nio.ByteBuffer;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Sends what the publisher of a message's content gives, asking it for more only while the connection takes it. Signals may
 * come on any thread; everything happens on the loop.
 */
final class OutboundBody implements Flow.Subscriber<ByteBuffer> {
    /** Whose content it is. */
    interface Message {
        /** The first bytes are there, or have been waited for long enough: the head is to go out if it was held back. */
        void begin();

        /** The content is out. */
        void finish(Headers trailers);

        /** The content failed. */
        void failLate(Throwable failure);
    }

    /** Buffers asked for at a time: a few, so that a publisher on another thread need not be asked for each. */
    private static final int ASKED = 4;

    /** Bytes after which a publisher that gives at once, to a peer that takes at once, lets others have their turn. */
    private static final int TURN = 1 << 20;

    /** What a piece counts for besides its bytes: a publisher of tiny pieces is to yield, too. */
    private static final int PIECE_COST = 64;

    private enum State {
        OPEN,
        /** Inside the publisher's {@code request}: what it gives at once does not ask again by itself. */
        ASKING,
        /** Has had its turn; others have theirs before it asks again. */
        YIELDED,
        ENDED
    }

    /** How long a deferred head waits for the first bytes. */
    private static final long GRACE_NANOS = 100_000_000;

    /** When a deferred head goes out by itself. */
    private final class Grace extends Deadline {
        @Override
        protected void expired(long now) {
            begin();
        }
    }

    private final MessageStream stream;
    private final Message message;
    private final Body body;
    private State state = State.OPEN;
    private Flow.@Nullable Subscription subscription;
    private @Nullable Grace grace;
    private final long announced; // the length in the head, negative if there is none
    private long left; // of that
    private final AtomicInteger underWay = new AtomicInteger(); // pieces on their way from another thread
    private int outstanding;
    private int given;
    private long sent;

    /**
     * The content of a message that is about to be sent.
     *
     * @param stream takes it
     * @param message whose content it is
     * @param body the content
     * @param length what its head says, negative if it says none
     */
    OutboundBody(MessageStream stream, Message message, Body body, long length) {
        this.stream = stream;
        this.message = message;
        this.body = body;
        this.announced = length;
        this.left = length < 0 ? -1 : length;
    }

    /** Holds the head back until the first bytes are there, or for a moment. */
    void defer() {
        Grace wait = new Grace();
        grace = wait;
        stream.loop().arm(wait, stream.loop().now() + GRACE_NANOS);
    }

    private void begin() {
        if (undefer()) {
            message.begin();
        }
    }

    private boolean undefer() {
        Grace wait = grace;
        if (wait == null) {
            return false;
        }
        grace = null;
        stream.loop().cancel(wait);
        return true;
    }

    private void onLoop(Runnable signal) {
        if (stream.loop().inLoop()) {
            signal.run();
        } else {
            stream.loop().execute(signal);
        }
    }

    @Override
    public void onSubscribe(Flow.Subscription s) {
        requireGiven(s, "a subscription");
        onLoop(() -> {
            if (state == State.ENDED || subscription != null) {
                s.cancel();
            } else {
                subscription = s;
                pump();
            }
        });
    }

    @Override
    public void onNext(ByteBuffer piece) {
        requireGiven(piece, "a buffer");
        if (stream.loop().inLoop()) {
            take(piece);
        } else if (underWay.incrementAndGet() <= ASKED) {
            stream.loop().execute(() -> {
                underWay.decrementAndGet();
                take(piece);
            });
        } else {
            onError(tooMuch());
        }
    }

    private static IllegalStateException tooMuch() {
        return new IllegalStateException(
                "the publisher of a message's body gives more than it is asked for (Reactive Streams §1.1)");
    }

    private void take(ByteBuffer piece) {
        if (state == State.ENDED) {
            return;
        }
        outstanding--;
        if (outstanding < 0 && !stream.writable()) {
            fail(tooMuch()); // it would fill the memory
            return;
        }
        int length = piece.remaining();
        if (left >= 0 && length > left) {
            fail(new IllegalStateException(
                    "the message's body is longer than the " + announced + " bytes that were announced"));
            return;
        }
        if (left >= 0) {
            left -= length;
        }
        begin();
        given += PIECE_COST + length;
        sent += length;
        if (length > 0) {
            if (piece.hasArray()) {
                stream.write(piece.array(), piece.arrayOffset() + piece.position(), length);
            } else {
                byte[] bytes = new byte[length];
                piece.get(bytes);
                stream.write(bytes, 0, length);
            }
        }
        stream.progressed();
        ask();
    }

    /** Begins a turn: asks for more while it can be written. */
    void pump() {
        if (state == State.OPEN) {
            given = 0;
            ask();
        }
    }

    private void ask() {
        Flow.Subscription source = subscription;
        while (source != null && state == State.OPEN && outstanding <= 0 && stream.writable()) {
            if (given >= TURN) {
                state = State.YIELDED;
                stream.loop().execute(() -> {
                    if (state == State.YIELDED) {
                        state = State.OPEN;
                        pump();
                    }
                });
                return;
            }
            int asked = stream.pieces(ASKED);
            outstanding = asked;
            state = State.ASKING;
            try {
                source.request(asked);
            } catch (Throwable e) { // a publisher must not throw here, but it is a user's
                fail(e);
                return;
            }
            if (state == State.ASKING) {
                state = State.OPEN;
            }
        }
    }

    @Override
    public void onError(Throwable error) {
        requireGiven(error, "an error");
        onLoop(() -> fail(error));
    }

    /** What a publisher may not leave out (Reactive Streams §2.13). */
    private void requireGiven(@Nullable Object given, String what) {
        if (given == null) {
            NullPointerException e = new NullPointerException("a publisher gave null instead of " + what);
            onLoop(() -> fail(e));
            throw e;
        }
    }

    private void fail(Throwable error) {
        if (state == State.ENDED) {
            return;
        }
        cancel();
        message.failLate(error);
    }

    @Override
    public void onComplete() {
        onLoop(() -> {
            if (state == State.ENDED) {
                return;
            }
            if (left > 0) {
                fail(new IllegalStateException("the message's body is " + left + " bytes shorter than announced"));
                return;
            }
            begin();
            state = State.ENDED;
            try {
                message.finish(ResponseContent.trailers(body));
            } catch (Throwable e) { // the trailers come from user code
                message.failLate(e);
            }
        });
    }

    /** {@return how many bytes of content were written} */
    long sent() {
        return sent;
    }

    /** Wants nothing more. */
    void cancel() {
        state = State.ENDED;
        undefer();
        Flow.Subscription source = subscription;
        if (source != null) {
            try {
                source.cancel();
            } catch (Throwable e) { // user code
                stream.loop().report("cancelling a message's body", e);
            }
        }
    }
}
