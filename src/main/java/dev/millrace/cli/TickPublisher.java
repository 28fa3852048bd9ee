package dev.millrace.cli;

import dev.millrace.internal.bytes.Nullable;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Flow;
import java.util.concurrent.Future;

/**
 * Gives lines {@code chunk 1}, {@code chunk 2} and so on, the first at once and each other one a while after the one
 * before it, or when it is asked for if that is later. Waits without a thread.
 */
final class TickPublisher implements Flow.Publisher<ByteBuffer> {
    private final int chunks;
    private final long millis;
    private final Timer timer;

    TickPublisher(int chunks, long millis, Timer timer) {
        this.chunks = chunks;
        this.millis = millis;
        this.timer = timer;
    }

    @Override
    public void subscribe(Flow.Subscriber<? super ByteBuffer> subscriber) {
        new Ticks(subscriber, chunks, millis, timer).start();
    }

    private static final class Ticks extends DemandSubscription implements Runnable {
        private final int chunks;
        private final long millis;
        private final Timer timer;
        private int given;
        private volatile boolean due = true;
        private volatile @Nullable Future<?> waiting;

        Ticks(Flow.Subscriber<? super ByteBuffer> subscriber, int chunks, long millis, Timer timer) {
            super(subscriber);
            this.chunks = chunks;
            this.millis = millis;
            this.timer = timer;
        }

        @Override
        boolean finished() {
            return given == chunks;
        }

        @Override
        @Nullable
        ByteBuffer next() {
            if (!due) {
                return null;
            }
            given++;
            if (millis > 0 && given < chunks) {
                due = false;
                waiting = timer.after(millis, this);
                if (ended()) {
                    cancelled(); // it came while the timer was being set and did not see it
                }
            }
            return ByteBuffer.wrap(("chunk " + given + "\n").getBytes(StandardCharsets.US_ASCII));
        }

        /** The time has come. */
        @Override
        public void run() {
            due = true;
            turn();
        }

        @Override
        void cancelled() {
            Future<?> task = waiting;
            if (task != null) {
                task.cancel(false);
            }
        }
    }
}
