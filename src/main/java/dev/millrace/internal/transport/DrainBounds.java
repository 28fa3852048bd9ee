package dev.millrace.internal.transport;

/** How long what has begun may go on once the server stops, whatever its own deadline says. */
public final class DrainBounds {
    /** A handshake or a header section of which a byte has arrived. */
    public static final long BEGUN_NANOS = 2_000_000_000L;

    /** A peer that has got its last response, and is waited for to end its side. */
    public static final long LINGER_NANOS = 1_000_000_000L;

    private DrainBounds() {}

    /**
     * {@return a deadline, or an earlier one if the server stops}
     *
     * @param due the deadline
     * @param since when what it bounds began
     * @param drained when the stop came, or {@link Transport#NEVER}
     * @param bound how long it may go on from then, or from its beginning if that came later
     */
    public static long apply(long due, long since, long drained, long bound) {
        if (drained == Transport.NEVER) {
            return due;
        }
        long from = since - drained > 0 ? since : drained;
        return due - (from + bound) > 0 ? from + bound : due;
    }
}
