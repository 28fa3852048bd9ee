package dev.millrace.internal.transport;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;

/**
 * How many bytes all connections of a runtime may hold for their peers: what has arrived and nobody has taken, and what is
 * written and a peer does not take. Each loop counts for itself ({@link LoopBuffers}); the sum is looked at when a loop's
 * part has changed by a grain, so that it is known exactly but noticed with a slack of a sixteenth of the bound, and of at
 * most 64 KiB for each loop.
 *
 * <pre>
 *   RELIEVED ──the bound is reached──► PRESSED ──below three quarters of it──► RELIEVED
 * </pre>
 *
 * Under pressure new requests are answered 503, and connections are held back, those that hold most first: as many as hold
 * what is above three quarters, and the more of the rest the further the sum is above the bound; all, where it is a quarter
 * above. Safe for any thread.
 */
public final class BufferBound implements LongSupplier {
    /** What a connection may hold and still be served a little under pressure. */
    public static final int MODEST = 64 << 10;

    /** The smallest bound: one read of a socket. */
    public static final long LEAST = 64 << 10;

    private static final long LARGEST_GRAIN = 64 << 10;
    private static final int SLACK_PART = 16;

    private final long most;
    private final long low;
    private final long grain;
    private final List<LoopBuffers> loops = new CopyOnWriteArrayList<>();
    private final AtomicBoolean pressed = new AtomicBoolean();

    /**
     * A bound of loops that hold nothing.
     *
     * @param most how many bytes may be held
     * @param loops how many loops there are going to be
     */
    public BufferBound(long most, int loops) {
        this.most = most;
        this.low = most - most / 4;
        this.grain = Math.max(1, Math.min(LARGEST_GRAIN, most / SLACK_PART / loops));
    }

    /**
     * A loop's part.
     *
     * @param loop the loop
     * @return what counts for it
     */
    public LoopBuffers on(Loop loop) {
        LoopBuffers part = new LoopBuffers(this, loop);
        loops.add(part);
        return part;
    }

    /** {@return how many bytes may be held} */
    public long most() {
        return most;
    }

    /** {@return how many bytes are held} */
    public long bytes() {
        long sum = 0;
        for (LoopBuffers part : loops) {
            sum += part.published();
        }
        return sum;
    }

    @Override
    public long getAsLong() {
        return bytes();
    }

    /** {@return whether too much is held, or was and not enough of it is gone} */
    public boolean pressed() {
        return pressed.get();
    }

    /** {@return by how much a loop's part has to change before the sum is looked at} */
    long grain() {
        return grain;
    }

    /**
     * Looks at the sum, and tells all loops where it has passed a threshold.
     *
     * @param grown whether it has grown: where it is too large already, more connections are to be held back
     */
    void look(boolean grown) {
        long sum = bytes();
        boolean passed =
                sum >= most ? pressed.compareAndSet(false, true) : sum < low && pressed.compareAndSet(true, false);
        if (passed || grown && pressed.get()) {
            tellAll();
        }
    }

    private void tellAll() {
        Error failure = null;
        for (LoopBuffers part : loops) {
            try {
                part.tell();
            } catch (Error e) { // no memory for a task; the others are to know all the same
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** {@return the part of the bytes held now that is to be held by connections that are held back, from 0 to 1} */
    double excess() {
        long sum = bytes();
        double over = Math.max(0, sum - most);
        double free = Math.max(0, low - over * low / (most - low + 1)); // what the others may hold
        return sum == 0 ? 0 : Math.max(0, 1 - free / sum);
    }
}
