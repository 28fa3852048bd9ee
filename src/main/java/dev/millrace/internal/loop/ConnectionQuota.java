package dev.millrace.internal.loop;

import java.util.concurrent.atomic.AtomicInteger;

/** How many connections a server's listeners may have open together. Safe for any thread. */
public final class ConnectionQuota {
    private final int most;
    private final AtomicInteger open = new AtomicInteger();

    /**
     * A quota of which nothing is taken.
     *
     * @param most how many connections
     */
    public ConnectionQuota(int most) {
        this.most = most;
    }

    /** Takes a place; says whether there was one. */
    boolean take() {
        if (open.incrementAndGet() <= most) {
            return true;
        }
        open.decrementAndGet();
        return false;
    }

    /** Gives a place back. */
    void release() {
        open.decrementAndGet();
    }
}
