package dev.millrace.internal.time;

/**
 * The source of time. Everything that needs the time is handed a clock; an event loop samples it once a turn and hands
 * on the number. Safe to use from any thread.
 */
public interface Clock {

    /**
     * A monotonic reading for measuring spans and for deadlines.
     *
     * @return nanoseconds from an arbitrary origin, possibly negative and free to wrap: compare two readings by their
     *     difference ({@code a - b > 0}), never with {@code <}
     */
    long nanos();

    /**
     * The wall clock, for dates that people and peers read. It may jump in either direction.
     *
     * @return milliseconds since 1970-01-01T00:00:00Z
     */
    long epochMillis();

    /**
     * The clock of this machine.
     *
     * @return the one instance
     */
    static Clock system() {
        return SystemClock.INSTANCE;
    }
}
