package dev.millrace.cli;

import dev.millrace.internal.bytes.Nullable;
import java.nio.ByteBuffer;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Gives pieces as they are asked for, on whichever thread asks or brings them, and never on two at once (Reactive Streams
 * §1.3). Whoever finds another one giving leaves it the work, so that a subscriber that asks from within {@code onNext}
 * makes no recursion and nobody waits for a lock.
 */
abstract class DemandSubscription implements Flow.Subscription {
    private enum State {
        OPEN,
        /** The subscriber asked for less than one piece, and is going to be told. */
        BAD_DEMAND,
        ENDED
    }

    private final Flow.Subscriber<? super ByteBuffer> subscriber;
    private final AtomicReference<State> state = new AtomicReference<>(State.OPEN);
    private final AtomicLong demand = new AtomicLong();
    // How many asked for a turn at giving. One from the beginning: start() gives only after onSubscribe.
    private final AtomicInteger turns = new AtomicInteger(1);

    DemandSubscription(Flow.Subscriber<? super ByteBuffer> subscriber) {
        this.subscriber = subscriber;
    }

    /** {@return whether all pieces are out} Called on the giving thread. */
    abstract boolean finished();

    /** {@return the next piece, or {@code null} if {@link #turn()} is going to be called when there is one} */
    abstract @Nullable ByteBuffer next();

    /** Called when the subscriber wants no more, on any thread. */
    void cancelled() {}

    final void start() {
        subscriber.onSubscribe(this);
        give();
    }

    final boolean ended() {
        return state.get() == State.ENDED;
    }

    @Override
    public final void request(long n) {
        if (n <= 0) {
            state.compareAndSet(State.OPEN, State.BAD_DEMAND);
        } else {
            long before = demand.get();
            while (!demand.compareAndSet(before, before + n < 0 ? Long.MAX_VALUE : before + n)) {
                before = demand.get();
            }
        }
        turn();
    }

    @Override
    public final void cancel() {
        if (state.getAndSet(State.ENDED) != State.ENDED) {
            cancelled();
        }
    }

    /** Gives what can be given. */
    final void turn() {
        if (turns.getAndIncrement() == 0) {
            give();
        }
    }

    private void give() {
        int seen = turns.get();
        do {
            givePieces();
            seen = turns.addAndGet(-seen);
        } while (seen != 0);
    }

    private void givePieces() {
        while (state.get() == State.OPEN) {
            if (finished()) {
                if (state.compareAndSet(State.OPEN, State.ENDED)) {
                    subscriber.onComplete();
                }
                return;
            }
            if (demand.get() == 0) {
                return;
            }
            ByteBuffer piece = next();
            if (piece == null) {
                return;
            }
            demand.decrementAndGet();
            subscriber.onNext(piece);
        }
        if (state.compareAndSet(State.BAD_DEMAND, State.ENDED)) {
            cancelled();
            subscriber.onError(new IllegalArgumentException("demand must be positive (Reactive Streams §3.9)"));
        }
    }
}
