package dev.millrace.internal.h2;

/** Measures how long PING frames of this side take to be answered (RFC 9113 §6.7): one at a time. */
final class RoundTrip {
    /** No measurement yet. */
    static final long UNKNOWN = -1;

    private boolean waiting;
    private boolean probing;
    private long probedAt;
    private long sentAt;
    private long data;
    private long smoothed = UNKNOWN;
    private long least = UNKNOWN;

    /** {@return whether a PING was sent that is not answered} */
    boolean waiting() {
        return waiting;
    }

    /** {@return when the PING was sent that is not answered} */
    long sentAt() {
        return sentAt;
    }

    /**
     * A PING is being sent. Not while one is on its way.
     *
     * @param now the loop's time
     * @return its eight bytes
     */
    long begin(long now) {
        assert !waiting;
        waiting = true;
        sentAt = now;
        return ++data;
    }

    /**
     * Somebody wants to know whether the peer is still there: the next answer says so.
     *
     * @param now the loop's time
     */
    void probe(long now) {
        probing = true;
        probedAt = now;
    }

    /** {@return whether somebody waits to know whether the peer is still there} */
    boolean probing() {
        return probing;
    }

    /** {@return since when somebody waits for that} */
    long probedAt() {
        return probedAt;
    }

    /**
     * An answer to a PING came.
     *
     * @param answered its eight bytes
     * @param now the loop's time
     * @return whether it answers the one that was sent; others mean nothing
     */
    boolean end(long answered, long now) {
        if (!waiting || answered != data) {
            return false;
        }
        waiting = false;
        probing = false;
        long sample = Math.max(0, now - sentAt);
        least = least == UNKNOWN ? sample : Math.min(least, sample);
        smoothed = smoothed == UNKNOWN ? sample : smoothed + (sample - smoothed) / 8;
        return true;
    }

    /** {@return the average in nanoseconds, of which each new one is an eighth, or {@link #UNKNOWN}} */
    long smoothed() {
        return smoothed;
    }

    /** {@return the shortest one in nanoseconds, or {@link #UNKNOWN}} */
    long least() {
        return least;
    }
}
