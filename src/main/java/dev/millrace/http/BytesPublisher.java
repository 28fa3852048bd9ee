package dev.millrace.http;

import java.nio.ByteBuffer;
import java.util.concurrent.Flow;

/** Gives bytes in memory as read-only buffers of bounded size, on the thread that asks. */
record BytesPublisher(Body.Bytes bytes) implements Flow.Publisher<ByteBuffer> {
    private static final int PIECE = 64 << 10;

    @Override
    public void subscribe(Flow.Subscriber<? super ByteBuffer> subscriber) {
        subscriber.onSubscribe(new Pieces(bytes, subscriber));
    }

    private static final class Pieces implements Flow.Subscription {
        private final Body.Bytes bytes;
        private final Flow.Subscriber<? super ByteBuffer> subscriber;
        private int given;
        private long demand;
        private State state = State.WAITING;

        private enum State {
            WAITING,
            GIVING,
            ENDED
        }

        Pieces(Body.Bytes bytes, Flow.Subscriber<? super ByteBuffer> subscriber) {
            this.bytes = bytes;
            this.subscriber = subscriber;
        }

        @Override
        public synchronized void request(long n) {
            if (state == State.ENDED) {
                return;
            }
            if (n <= 0) {
                state = State.ENDED;
                subscriber.onError(
                        new IllegalArgumentException("demand must be positive (Reactive Streams §3.9): " + n));
                return;
            }
            demand = demand + n < 0 ? Long.MAX_VALUE : demand + n;
            if (state == State.GIVING) {
                return; // asked from within onNext: the loop below goes on
            }
            state = State.GIVING;
            while (state == State.GIVING && demand > 0 && given < bytes.size()) {
                int size = Math.min(PIECE, bytes.size() - given);
                ByteBuffer piece = ByteBuffer.wrap(bytes.array(), bytes.offset() + given, size)
                        .slice()
                        .asReadOnlyBuffer();
                given += size;
                demand--;
                subscriber.onNext(piece);
            }
            if (state == State.ENDED) {
                return;
            }
            if (given == bytes.size()) {
                state = State.ENDED;
                subscriber.onComplete();
            } else {
                state = State.WAITING;
            }
        }

        @Override
        public synchronized void cancel() {
            state = State.ENDED;
        }
    }
}
