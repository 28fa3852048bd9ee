package dev.millrace.internal.transport;

import dev.millrace.internal.bytes.Nullable;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.Comparator;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What the connections of one loop hold for their peers. Knows those that hold something, in no order; where nothing waits
 * it costs nothing. Everything happens on the loop, except for what says otherwise.
 */
public final class LoopBuffers {
    private static final VarHandle BYTES;

    static {
        try {
            BYTES = MethodHandles.lookup().findVarHandle(LoopBuffers.class, "bytes", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final BufferBound bound;
    private final Loop loop;
    private final Runnable look = this::look;
    private long bytes; // read by others through BYTES
    private long looked; // how many there were when the sum was looked at
    private boolean pressed;
    private final AtomicBoolean asked = new AtomicBoolean(); // for a look
    private int round; // of telling all holders that there is room
    private @Nullable Holding first;
    private @Nullable Holding last;
    private int holders;

    LoopBuffers(BufferBound bound, Loop loop) {
        this.bound = bound;
        this.loop = loop;
    }

    /** {@return whether all connections together hold too much: nothing new is to be begun} */
    public boolean pressed() {
        return pressed && bound.pressed();
    }

    /** {@return how many bytes are held on this loop. Safe for any thread} */
    long published() {
        return (long) BYTES.getOpaque(this);
    }

    // ---- what holdings say

    /** More bytes are held, or fewer. */
    void changed(long difference) {
        long now = bytes + difference;
        BYTES.setOpaque(this, now);
        long since = now - looked;
        if (since >= bound.grain() || -since >= bound.grain()) {
            looked = now;
            BYTES.setVolatile(this, now); // of two loops that look at the same time one sees both
            bound.look(since > 0);
            pressed |= bound.pressed(); // also for what comes before the look
        }
    }

    /** A holding is to be known. */
    void link(Holding holding) {
        holding.round = round;
        holding.next = null;
        holding.previous = last;
        if (last == null) {
            first = holding;
        } else {
            last.next = holding;
        }
        last = holding;
        holders++;
    }

    /** A holding need not be known any more. */
    void unlink(Holding holding) {
        Holding before = holding.previous;
        Holding after = holding.next;
        if (before == null) {
            first = after;
        } else {
            before.next = after;
        }
        if (after == null) {
            last = before;
        } else {
            after.previous = before;
        }
        holding.previous = null;
        holding.next = null;
        holders--;
    }

    // ---- the two thresholds

    /** The sum has passed a threshold, or grown while it is too large. Safe for any thread. */
    void tell() {
        if (asked.compareAndSet(false, true)) {
            try {
                loop.execute(look);
            } catch (Error e) { // no memory for a task
                asked.set(false);
                throw e;
            }
        }
    }

    private void look() {
        asked.set(false);
        boolean now = bound.pressed();
        boolean before = pressed;
        pressed = now;
        if (now) {
            holdBack();
        } else if (before) {
            relieve();
        }
    }

    /** Holds back as many connections as hold what is too much, those first that hold most. */
    private void holdBack() {
        double excess = bytes * bound.excess();
        Holding[] all = new Holding[holders];
        int n = 0;
        for (Holding holding = first; holding != null; holding = holding.next) {
            all[n++] = holding;
        }
        Arrays.sort(all, Comparator.comparingLong(Holding::bytes).reversed());
        for (int i = 0; i < n && excess > 0; i++) {
            excess -= all[i].bytes();
            all[i].holdBack();
        }
    }

    /** Tells all that hold something, without any memory. */
    private void relieve() {
        round++;
        for (Holding holding = first; holding != null && holding.round != round; holding = first) {
            unlink(holding);
            link(holding); // behind the others, and with this round's number
            holding.relieve();
        }
    }
}
