package dev.millrace.internal.time;

/**
 * Holds the armed {@link Deadline}s of one event loop: a hashed timer wheel. Time is cut into ticks of a fixed length;
 * a deadline belongs to the first tick that ends at or after its due time and is kept in bucket {@code tick mod
 * buckets}, so one bucket holds deadlines of the coming revolution and of later ones. It belongs to one thread and has
 * no lock.
 *
 * <h2>Precision</h2>
 *
 * A deadline never expires early, and expires at most one tick late provided {@link #advance} is called when
 * {@link #nanosToNext} says. One that is already due when it is armed expires in the next {@code advance}. In which
 * order the deadlines of one {@code advance} expire is not promised, but it is the same for the same calls.
 *
 * <p>Readings are compared by difference, so the wrap-around of {@link Clock#nanos} does no harm. A due time may lie up
 * to {@link Long#MAX_VALUE} nanoseconds ahead (such a one never comes) and up to 2<sup>62</sup> behind. A present that
 * goes backwards is taken for standing still.
 *
 * <h2>Cost</h2>
 *
 * Beside each bucket stands the earliest tick that may expire something in it, and one such number stands for the whole
 * wheel. These are lower bounds: arming lowers them, an emptied bucket forgets its own, and otherwise taking a deadline
 * out leaves them as they are.
 *
 * <ul>
 *   <li>{@link #arm}, {@link #armAtMost}, {@link #cancel}, {@link #nanosToNext}: O(1).
 *   <li>{@link #advance}: one comparison before the earliest tick. Otherwise O(buckets) at worst for finding the next
 *       earliest tick, plus the deadlines in those buckets that may expire something: O(buckets + armed) for a jump of
 *       any length. A waiting deadline is looked at once a revolution at most, plus once for each call that finds
 *       something in its bucket which was already due when it was armed.
 *   <li>A loop that sleeps for {@code nanosToNext} wakes once for each tick that has something due, never for an empty
 *       tick or a later revolution. A wake-up for nothing needs a deadline that was cancelled or moved: at most one for
 *       each, and none where activity only stores a number.
 *   <li>Nothing is allocated after construction.
 * </ul>
 */
public final class TimerWheel {

    /**
     * The default length of a tick: 2<sup>23</sup> ns, about 8.4 ms. Network timeouts are seconds and would bear more,
     * but delays asked for by a user (an answer after 20 ms) are kept here too. It also bounds a loop's timer wake-ups
     * to 119 a second, however many deadlines there are.
     */
    public static final long DEFAULT_TICK_NANOS = 1L << 23;

    /**
     * The default number of buckets: 512. With the default tick a revolution takes 4.3 s, so a bucket is walked through
     * some 14 times in the 60 s of an idle connection; 5,000 connections make ten in a bucket. A wheel takes about 22
     * KiB.
     */
    public static final int DEFAULT_BUCKETS = 512;

    private static final int MIN_TICK_SHIFT = 10;
    private static final int MAX_TICK_SHIFT = 36;
    private static final int MAX_BUCKETS = 1 << 20;

    /** As an earliest tick: nothing there. Later than every tick. */
    private static final long NONE = Long.MAX_VALUE;

    /** A due time this far behind is one far ahead whose difference overflowed. */
    private static final long PAST_LIMIT = -(1L << 62);

    private final long startNanos;
    private final int tickShift;
    private final int mask;
    private final Bucket[] buckets;

    /** For each bucket the lower bound of its ticks; one more, never read, for {@link #expiring}. */
    private final long[] earliestIn;

    /**
     * Taken out of the buckets by {@link #advance}, not yet expired. Empty between two calls unless a callback threw.
     */
    private final Bucket expiring;

    private long earliest = NONE;
    private long nowNanos;
    private int size;

    /**
     * A wheel of default size.
     *
     * @param startNanos the present, a reading of {@link Clock#nanos}
     */
    public TimerWheel(long startNanos) {
        this(startNanos, DEFAULT_TICK_NANOS, DEFAULT_BUCKETS);
    }

    /**
     * A wheel.
     *
     * @param startNanos the present, a reading of {@link Clock#nanos}
     * @param tickNanos the length of a tick in nanoseconds, a power of two from 2<sup>10</sup> to 2<sup>36</sup>
     * @param bucketCount how many buckets, a power of two from 1 to 2<sup>20</sup>
     * @throws IllegalArgumentException if a number is not a power of two or out of its range
     */
    public TimerWheel(long startNanos, long tickNanos, int bucketCount) {
        if (tickNanos < 1L << MIN_TICK_SHIFT || tickNanos > 1L << MAX_TICK_SHIFT || Long.bitCount(tickNanos) != 1) {
            throw new IllegalArgumentException("tickNanos is not a power of two from 2^10 to 2^36: " + tickNanos);
        }
        if (bucketCount < 1 || bucketCount > MAX_BUCKETS || Integer.bitCount(bucketCount) != 1) {
            throw new IllegalArgumentException("bucketCount is not a power of two from 1 to 2^20: " + bucketCount);
        }
        this.startNanos = startNanos;
        this.nowNanos = startNanos;
        this.tickShift = Long.numberOfTrailingZeros(tickNanos);
        this.mask = bucketCount - 1;
        this.buckets = new Bucket[bucketCount];
        this.earliestIn = new long[bucketCount + 1];
        for (int i = 0; i < bucketCount; i++) {
            buckets[i] = new Bucket(i);
            earliestIn[i] = NONE;
        }
        this.expiring = new Bucket(bucketCount);
    }

    /**
     * Arms a deadline, or moves it if it is armed.
     *
     * @param deadline not armed on another wheel
     * @param dueNanos when it is due, a reading of {@link Clock#nanos}; at or before the present of the last
     *     {@link #advance} it expires in the next one
     */
    public void arm(Deadline deadline, long dueNanos) {
        if (deadline.armed()) {
            remove(deadline);
        }
        deadline.dueNanos = dueNanos;
        long tick = tickOf(ahead(dueNanos));
        int index = (int) tick & mask;
        deadline.linkBefore(buckets[index]);
        size++;
        earliestIn[index] = Math.min(earliestIn[index], tick);
        earliest = Math.min(earliest, tick);
    }

    /**
     * Sees to it that a deadline is due no later than at a given time: arms it if it is not armed or is due later, and
     * does nothing otherwise, nor if it is due already. It may therefore expire before {@code dueNanos} and has to look
     * then whether its time has come. Pushing a deadline to later costs nothing this way.
     *
     * @param deadline not armed on another wheel
     * @param dueNanos when it is due at the latest, a reading of {@link Clock#nanos}
     */
    public void armAtMost(Deadline deadline, long dueNanos) {
        if (!deadline.armed() || Math.max(0, ahead(dueNanos)) < ahead(deadline.dueNanos)) {
            arm(deadline, dueNanos);
        }
    }

    /**
     * Disarms a deadline: it will not expire. Does nothing if it is not armed.
     *
     * @param deadline not armed on another wheel
     */
    public void cancel(Deadline deadline) {
        if (deadline.armed()) {
            remove(deadline);
        }
    }

    /**
     * Moves the present and expires every deadline whose tick has ended, and no deadline that is due after the present.
     * A deadline that is armed by a callback meanwhile does not expire before the next call, even if it is due already.
     *
     * <p>If a callback throws, that comes out at once and the wheel is as if the call ended there: the deadline that
     * threw is done with, and those that were to expire after it stay armed. While there are any, {@link #nanosToNext}
     * is 0; the next call expires them.
     *
     * @param nowNanos the present, a reading of {@link Clock#nanos}
     * @return how many deadlines expired
     */
    public int advance(long nowNanos) {
        if (nowNanos - this.nowNanos > 0) {
            this.nowNanos = nowNanos;
        }
        long tick = currentTick();
        if (tick >= earliest) {
            collect(tick);
        }
        int expired = 0;
        while (expiring.armed()) {
            Deadline deadline = expiring.next;
            remove(deadline);
            expired++;
            deadline.expired(this.nowNanos);
        }
        return expired;
    }

    /**
     * How long a loop may sleep before the next {@link #advance}: to the end of the earliest tick that has something to
     * expire, so that all deadlines of one tick cost one wake-up. Round it up to the unit of the sleep; rounded down it
     * makes the loop turn for nothing.
     *
     * @param nowNanos the present, a reading of {@link Clock#nanos}
     * @return nanoseconds, 0 if something can expire at once, {@link Long#MAX_VALUE} if nothing is armed
     */
    public long nanosToNext(long nowNanos) {
        if (expiring.armed()) {
            return 0;
        }
        if (earliest == NONE) {
            return Long.MAX_VALUE;
        }
        long sinceStart = Math.max(nowNanos - startNanos, this.nowNanos - startNanos);
        return Math.max(0, (earliest << tickShift) - sinceStart);
    }

    /**
     * How many deadlines are armed.
     *
     * @return the number
     */
    public int size() {
        return size;
    }

    /** Moves what is due from the buckets to {@link #expiring}, and brings the lower bounds up to date. */
    private void collect(long tick) {
        long last = Math.min(tick, earliest + mask);
        for (long t = earliest; t <= last; t++) {
            int index = (int) t & mask;
            if (earliestIn[index] <= tick) {
                earliestIn[index] = collectFrom(buckets[index]);
            }
        }
        earliest = earliestAfter(tick);
    }

    /** Moves what is due from one bucket, and returns the earliest tick of what stays. */
    private long collectFrom(Bucket bucket) {
        long found = NONE;
        Deadline deadline = bucket.next;
        while (deadline != bucket) {
            Deadline following = deadline.next;
            long ahead = ahead(deadline.dueNanos);
            if (ahead <= 0) {
                deadline.unlink();
                deadline.linkBefore(expiring);
            } else {
                found = Math.min(found, tickOf(ahead));
            }
            deadline = following;
        }
        return found;
    }

    /** The earliest tick of all buckets, when none is left at or before the given one. */
    private long earliestAfter(long tick) {
        long found = NONE;
        for (long t = tick + 1; t <= tick + buckets.length; t++) {
            long candidate = earliestIn[(int) t & mask];
            if (candidate == t) {
                return t; // in the coming revolution: what was passed over belongs to later ones
            }
            found = Math.min(found, candidate);
        }
        return found;
    }

    private void remove(Deadline deadline) {
        Deadline before = deadline.prev;
        if (before == deadline.next) {
            // Only the head of the list is left.
            earliestIn[((Bucket) before).index] = NONE;
        }
        deadline.unlink();
        if (--size == 0) {
            earliest = NONE;
        }
    }

    /** How far ahead of the present a due time lies; zero or less if it has come. */
    private long ahead(long dueNanos) {
        long ahead = dueNanos - nowNanos;
        return ahead < PAST_LIMIT ? Long.MAX_VALUE : ahead;
    }

    private long currentTick() {
        return (nowNanos - startNanos) >> tickShift;
    }

    /** The tick at whose end a deadline so far ahead expires: the next one to end, or the current one if it is due. */
    private long tickOf(long ahead) {
        if (ahead <= 0) {
            return currentTick();
        }
        long sinceStart = (nowNanos - startNanos) + ahead;
        if (sinceStart < 0) {
            sinceStart = Long.MAX_VALUE;
        }
        long roundedUp = -(-sinceStart >> tickShift);
        return Math.min(roundedUp, Long.MAX_VALUE >> tickShift);
    }

    /** The head of a list of deadlines. */
    private static final class Bucket extends Deadline {

        final int index;

        Bucket(int index) {
            this.index = index;
        }

        @Override
        protected void expired(long nowNanos) {
            throw new AssertionError("the head of a list expired");
        }
    }
}
