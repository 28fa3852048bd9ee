package dev.millrace.internal.h2;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How much content of requests may wait unread on all connections together. Once it is used up, a connection is sent more
 * only while little waits on it: those that hold much are stopped, and those whose readers keep up go on. Safe for any thread;
 * touched only where something waits.
 */
final class ContentBudget {
    /** What may wait on a connection when the budget is used up. */
    static final int MODEST = 64 << 10;

    /** The budget of this process: of its memory, an eighth. */
    static final ContentBudget PROCESS = new ContentBudget(Runtime.getRuntime().maxMemory() / 8);

    private final long most;
    private final AtomicLong waiting = new AtomicLong();

    /**
     * A budget of which nothing is used.
     *
     * @param most how many bytes may wait
     */
    ContentBudget(long most) {
        this.most = most;
    }

    /** Bytes begin to wait; negative, they do not any more. */
    void add(long bytes) {
        waiting.addAndGet(bytes);
    }

    /** {@return whether it is used up} */
    boolean used() {
        return waiting.get() >= most;
    }

    /** {@return how many bytes wait} */
    long waiting() {
        return waiting.get();
    }
}
