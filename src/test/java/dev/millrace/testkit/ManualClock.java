package dev.millrace.testkit;

import dev.millrace.internal.time.Clock;
import java.time.Duration;

/** A clock that moves only when it is told to. Safe to use from any thread. */
public final class ManualClock implements Clock {

    private static final long NANOS_PER_MILLI = 1_000_000;

    private long nanos;
    private long epochNanosOfMilli;
    private long epochMillis;

    /** A clock at 0 ns and 2000-01-01T00:00:00Z. */
    public ManualClock() {
        this(0);
    }

    /**
     * A clock at 2000-01-01T00:00:00Z.
     *
     * @param nanos its monotonic reading, any number
     */
    public ManualClock(long nanos) {
        this.nanos = nanos;
        this.epochMillis = 946_684_800_000L;
    }

    @Override
    public synchronized long nanos() {
        return nanos;
    }

    @Override
    public synchronized long epochMillis() {
        return epochMillis;
    }

    /**
     * Moves both readings on; the monotonic one wraps.
     *
     * @param span zero or more
     */
    public void advance(Duration span) {
        advanceNanos(span.toNanos());
    }

    /**
     * Moves both readings on; the monotonic one wraps.
     *
     * @param span nanoseconds, zero or more
     */
    public synchronized void advanceNanos(long span) {
        if (span < 0) {
            throw new IllegalArgumentException("time does not go back: " + span);
        }
        nanos += span;
        epochMillis += span / NANOS_PER_MILLI;
        epochNanosOfMilli += span % NANOS_PER_MILLI;
        if (epochNanosOfMilli >= NANOS_PER_MILLI) {
            epochNanosOfMilli -= NANOS_PER_MILLI;
            epochMillis++;
        }
    }

    /**
     * Moves on to a monotonic reading, and the wall clock by as much.
     *
     * @param reading not before {@link #nanos()}, compared by difference
     */
    public synchronized void set(long reading) {
        advanceNanos(reading - nanos);
    }

    /**
     * Sets the wall clock alone, in either direction, as an administrator or NTP does.
     *
     * @param millis milliseconds since 1970-01-01T00:00:00Z
     */
    public synchronized void setEpochMillis(long millis) {
        epochMillis = millis;
        epochNanosOfMilli = 0;
    }

    @Override
    public synchronized String toString() {
        return "manual clock at " + nanos + " ns, " + epochMillis + " ms";
    }
}
