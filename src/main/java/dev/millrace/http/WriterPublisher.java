package dev.millrace.http;

import dev.millrace.internal.bytes.Nullable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Turns a writer into a publisher: the writer runs on a thread that may wait and waits there until the subscriber asks
 * for more. Can be subscribed once.
 */
final class WriterPublisher implements Flow.Publisher<ByteBuffer> {
    private static final int PIECE = 16 << 10;

    private final Body.Writer writer;
    private final Executor executor;

    WriterPublisher(Body.Writer writer, Executor executor) {
        this.writer = writer;
        this.executor = executor;
    }

    @Override
    public void subscribe(Flow.Subscriber<? super ByteBuffer> subscriber) {
        subscriber.onSubscribe(new Writing(writer, executor, subscriber));
    }

    private enum State {
        /** Nobody has asked for anything yet. */
        NEW,
        RUNNING,
        /** Ended by itself, or because the subscriber wants no more. */
        ENDED
    }

    private static final class Writing extends OutputStream implements Flow.Subscription, Runnable {
        private final Body.Writer writer;
        private final Executor executor;
        private final Flow.Subscriber<? super ByteBuffer> subscriber;
        // a lock and not a monitor, so that a virtual thread that waits gives its carrier back on every JDK
        private final ReentrantLock lock = new ReentrantLock();
        private final Condition changed = lock.newCondition();
        private State state = State.NEW;
        private long demand;
        private @Nullable IllegalArgumentException badDemand;
        private byte[] piece = new byte[0];
        private int filled;

        Writing(Body.Writer writer, Executor executor, Flow.Subscriber<? super ByteBuffer> subscriber) {
            this.writer = writer;
            this.executor = executor;
            this.subscriber = subscriber;
        }

        @Override
        public void request(long n) {
            State before;
            lock.lock();
            try {
                before = state;
                if (before == State.ENDED) {
                    return;
                }
                if (n <= 0) {
                    badDemand = new IllegalArgumentException("demand must be positive (Reactive Streams §3.9): " + n);
                } else {
                    demand = demand + n < 0 ? Long.MAX_VALUE : demand + n;
                }
                state = State.RUNNING;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
            if (before == State.NEW) {
                start();
            }
        }

        @Override
        public void cancel() {
            State before;
            lock.lock();
            try {
                before = state;
                state = State.ENDED;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
            if (before == State.NEW) {
                writer.abandon();
            }
        }

        private void start() {
            if (badDemand != null) {
                end(badDemand);
                writer.abandon();
                return;
            }
            try {
                executor.execute(this);
            } catch (RuntimeException | OutOfMemoryError e) { // refused, or no thread to be had
                end(e); // first: abandoning may fail too, and the subscriber must hear of an end
                writer.abandon();
            }
        }

        @Override
        public void run() {
            Throwable failure = null;
            try {
                writer.writeTo(this);
                flush();
            } catch (Throwable e) { // whatever a user's writer throws belongs to the subscriber
                failure = e;
            }
            end(failure);
        }

        /** Ends the writing and tells the subscriber, unless it has cancelled. */
        private void end(@Nullable Throwable failure) {
            Throwable told;
            lock.lock();
            try {
                if (state == State.ENDED) {
                    return;
                }
                state = State.ENDED;
                // the writer may have wrapped it or made nothing of it, but it is the first cause
                told = badDemand != null ? badDemand : failure;
            } finally {
                lock.unlock();
            }
            if (told == null) {
                subscriber.onComplete();
            } else {
                subscriber.onError(told);
            }
        }

        @Override
        public void write(int b) throws IOException {
            if (filled > 0 && filled == piece.length) {
                flush(); // the flush that was due when it became full has failed
            }
            if (piece.length == 0) {
                piece = new byte[PIECE];
            }
            piece[filled++] = (byte) b;
            if (filled == piece.length) {
                flush();
            }
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            Objects.checkFromIndexSize(offset, length, bytes.length);
            int from = offset;
            int left = length;
            while (left > 0) {
                if (piece.length == 0) {
                    piece = new byte[PIECE];
                }
                int n = Math.min(left, piece.length - filled);
                System.arraycopy(bytes, from, piece, filled, n);
                filled += n;
                from += n;
                left -= n;
                if (filled == piece.length) {
                    flush();
                }
            }
        }

        @Override
        public void flush() throws IOException {
            awaitDemand(filled > 0);
            if (filled > 0) {
                ByteBuffer given;
                if (filled <= PIECE / 4) {
                    // a small piece in a large array would hold many times the memory that its reader counts
                    given = ByteBuffer.wrap(Arrays.copyOf(piece, filled));
                } else {
                    given = ByteBuffer.wrap(piece, 0, filled);
                    piece = new byte[0];
                }
                filled = 0;
                subscriber.onNext(given);
            }
        }

        private void awaitDemand(boolean take) throws IOException {
            lock.lock();
            try {
                while (take && state == State.RUNNING && demand == 0 && badDemand == null) {
                    changed.await();
                }
                if (state == State.ENDED) {
                    throw new PeerClosedException("the rest of the body is not wanted any more", Phase.RESPONSE, null);
                }
                if (badDemand != null) {
                    throw badDemand;
                }
                if (take) {
                    demand--;
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw (InterruptedIOException)
                        new InterruptedIOException("interrupted while writing a body").initCause(e);
            } finally {
                lock.unlock();
            }
        }
    }
}
