package dev.millrace.http;

import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.time.NonBlocking;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.concurrent.Flow;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Reads a publisher's pieces as a stream, waiting where none is there; a few are asked for ahead. */
final class SubscriberInputStream extends InputStream {
    private static final int AHEAD = 4;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<ByteBuffer> pieces = new ArrayDeque<>(AHEAD);
    private State state = State.OPEN;
    private @Nullable Throwable failure;
    private Flow.@Nullable Subscription subscription;

    private enum State {
        OPEN,
        COMPLETE,
        FAILED,
        CLOSED
    }

    Flow.Subscriber<ByteBuffer> subscriber() {
        return new Receiver();
    }

    private final class Receiver implements Flow.Subscriber<ByteBuffer> {
        @Override
        public void onSubscribe(Flow.Subscription s) {
            boolean open;
            lock.lock();
            try {
                open = state == State.OPEN;
                subscription = s;
            } finally {
                lock.unlock();
            }
            if (open) {
                s.request(AHEAD);
            } else {
                s.cancel(); // closed before the publisher came to answer
            }
        }

        @Override
        public void onNext(ByteBuffer piece) {
            if (!piece.hasRemaining()) {
                ask(); // read must not return 0
                return;
            }
            lock.lock();
            try {
                if (state == State.OPEN) {
                    pieces.add(piece);
                    changed.signal();
                }
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void onError(Throwable error) {
            end(State.FAILED, error);
        }

        @Override
        public void onComplete() {
            end(State.COMPLETE, null);
        }

        private void end(State ended, @Nullable Throwable error) {
            lock.lock();
            try {
                if (state == State.OPEN) {
                    state = ended;
                    failure = error;
                    changed.signalAll();
                }
            } finally {
                lock.unlock();
            }
        }
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        if (length == 0) {
            return 0;
        }
        int n;
        boolean used;
        lock.lock();
        try {
            ByteBuffer piece = awaitPiece();
            if (piece == null) {
                return -1;
            }
            n = Math.min(length, piece.remaining());
            piece.get(bytes, offset, n);
            used = !piece.hasRemaining();
            if (used) {
                pieces.remove();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw (InterruptedIOException) new InterruptedIOException("interrupted while reading a body").initCause(e);
        } finally {
            lock.unlock();
        }
        if (used) {
            ask(); // outside the lock: the publisher may answer on this thread
        }
        return n;
    }

    private void ask() {
        if (subscription != null) {
            subscription.request(1);
        }
    }

    private @Nullable ByteBuffer awaitPiece() throws IOException, InterruptedException {
        while (true) {
            ByteBuffer first = pieces.peek();
            if (first != null) {
                return first;
            }
            switch (state) {
                case COMPLETE -> {
                    return null;
                }
                case FAILED -> throw Body.asIOException(failure);
                case CLOSED -> throw new IOException("the stream is closed");
                case OPEN -> {
                    if (NonBlocking.current()) {
                        throw new IllegalStateException("an event loop must not wait for a body: use its publisher");
                    }
                    changed.await();
                }
            }
        }
    }

    @Override
    public int available() {
        lock.lock();
        try {
            long sum = 0;
            for (ByteBuffer piece : pieces) {
                sum += piece.remaining();
            }
            return (int) Math.min(Integer.MAX_VALUE, sum);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        Flow.Subscription cancel;
        lock.lock();
        try {
            cancel = state == State.OPEN ? subscription : null;
            state = State.CLOSED;
            pieces.clear();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (cancel != null) {
            cancel.cancel();
        }
    }
}
