package dev.millrace.http;

import dev.millrace.internal.bytes.Nullable;
import java.nio.ByteBuffer;
import java.util.concurrent.Flow;

/** Gives bytes in memory as read-only buffers of bounded size, on the thread that asks. */
record BytesPublisher(Body.Bytes bytes) implements Flow.Publisher<ByteBuffer> {
    private static final int PIECE = 64 << 10;

    @Override
    public void subscribe(Flow.Subscriber<? super ByteBuffer> subscriber) {
        Pieces pieces = new Pieces(bytes, subscriber);
        subscriber.onSubscribe(pieces);
        pieces.give(); // the end of a body without bytes needs no demand
    }

    /** Locked only while it changes, not while the subscriber is called: another thread may cancel in between. */
    private static final class Pieces implements Flow.Subscription {
        private final Body.Bytes bytes;
        private final Flow.Subscriber<? super ByteBuffer> subscriber;
        private int given;
        private long demand;
        private @Nullable IllegalArgumentException badDemand;
        private State state = State.WAITING;

        private enum State {
            /** For demand. */
            WAITING,
            /** One thread, in {@link #give}, calls the subscriber. */
            GIVING,
            ENDED
        }

        Pieces(Body.Bytes bytes, Flow.Subscriber<? super ByteBuffer> subscriber) {
            this.bytes = bytes;
            this.subscriber = subscriber;
        }

        @Override
        public void request(long n) {
            synchronized (this) {
                if (n <= 0) {
                    badDemand = new IllegalArgumentException("demand must be positive (Reactive Streams §3.9): " + n);
                } else {
                    demand = demand + n < 0 ? Long.MAX_VALUE : demand + n;
                }
            }
            give();
        }

        /** Gives what is asked for; does nothing if that is under way, on this thread further up or on another. */
        void give() {
            synchronized (this) {
                if (state != State.WAITING) {
                    return;
                }
                state = State.GIVING;
            }
            while (true) {
                int from;
                int size;
                IllegalArgumentException bad;
                synchronized (this) {
                    if (state == State.ENDED) {
                        return;
                    }
                    bad = badDemand;
                    from = given;
                    size = Math.min(PIECE, bytes.size() - given);
                    if (bad != null || size == 0) {
                        state = State.ENDED;
                    } else if (demand == 0) {
                        state = State.WAITING;
                        return;
                    } else {
                        given += size;
                        demand--;
                    }
                }
                if (bad != null) {
                    subscriber.onError(bad);
                    return;
                }
                if (size == 0) {
                    subscriber.onComplete();
                    return;
                }
                subscriber.onNext(ByteBuffer.wrap(bytes.array(), bytes.offset() + from, size)
                        .slice()
                        .asReadOnlyBuffer());
            }
        }

        @Override
        public synchronized void cancel() {
            state = State.ENDED;
        }
    }
}
