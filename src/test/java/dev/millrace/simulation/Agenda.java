package dev.millrace.simulation;

import dev.millrace.internal.bytes.Nullable;
import java.util.PriorityQueue;

/** What is going to happen in a simulated world, by its time; what has the same time happens in the order of the calls. */
final class Agenda {
    /**
     * One thing that is going to happen.
     *
     * @param at when, of {@link Simulation#now()}
     * @param order its place among those of the same time
     * @param what what the trace says of it
     * @param link the connection that it is about, or {@code null}
     * @param far whether it happens at a client, whatever the server's loop does
     * @param action what happens
     */
    record Entry(long at, long order, String what, @Nullable Link link, boolean far, Runnable action) {}

    private final PriorityQueue<Entry> entries =
            new PriorityQueue<>((a, b) -> a.at != b.at ? Long.compare(a.at, b.at) : Long.compare(a.order, b.order));
    private long orders;

    /** Something happens to the server. */
    void at(long time, String what, @Nullable Link link, Runnable action) {
        entries.add(new Entry(time, orders++, what, link, false, action));
    }

    /** Something happens at a client. */
    void atClient(long time, String what, Link link, Runnable action) {
        entries.add(new Entry(time, orders++, what, link, true, action));
    }

    /** {@return when the next entry is, {@link Long#MAX_VALUE} if there is none} */
    long nextAt() {
        Entry first = entries.peek();
        return first == null ? Long.MAX_VALUE : first.at;
    }

    /** {@return the next entry, which is taken out} */
    Entry next() {
        return entries.remove();
    }
}
