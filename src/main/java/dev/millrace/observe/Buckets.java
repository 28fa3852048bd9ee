package dev.millrace.observe;

/**
 * How a {@link Histogram} divides time: below 1,024 ns in steps of 32 ns, above that every power of two in 32 equal parts,
 * and a part that one of the exported bounds falls into in two at that bound. So a value is known to 1/32 and the count at
 * or below an exported bound is exact. A bucket holds the values above the one before it, its own bound included, as
 * Prometheus counts.
 */
final class Buckets {
    private static final int SHIFT = 5;
    private static final int PARTS = 1 << SHIFT;
    /** The power of two where the parts begin to grow. */
    private static final int FIRST_POWER = 2 * SHIFT;
    /** The power of two that is not measured any more: 73 minutes. */
    private static final int LAST_POWER = 42;

    /** The greatest duration that is told from a longer one, in nanoseconds. */
    static final long HIGHEST = 1L << LAST_POWER;

    private static final int UNDIVIDED = (LAST_POWER - FIRST_POWER + 1) << SHIFT;

    /** 1, 2.5 and 5 of each power of ten from 10 µs to 100 s, in nanoseconds. */
    private static final long[] EXPORTED = {
        10_000L,
        25_000L,
        50_000L,
        100_000L,
        250_000L,
        500_000L,
        1_000_000L,
        2_500_000L,
        5_000_000L,
        10_000_000L,
        25_000_000L,
        50_000_000L,
        100_000_000L,
        250_000_000L,
        500_000_000L,
        1_000_000_000L,
        2_500_000_000L,
        5_000_000_000L,
        10_000_000_000L,
        25_000_000_000L,
        50_000_000_000L,
        100_000_000_000L
    };

    /** The number of buckets. */
    static final int COUNT = UNDIVIDED + EXPORTED.length;

    /** For each undivided bucket: the bucket that its values begin at. */
    private static final short[] BEGIN = new short[UNDIVIDED];
    /** For each undivided bucket: the bound that divides it, or the greatest number. */
    private static final long[] DIVISION = new long[UNDIVIDED];
    /** For each bucket: its bound. */
    private static final long[] BOUND = new long[COUNT];

    static {
        int next = 0;
        int bound = 0;
        for (int i = 0; i < UNDIVIDED; i++) {
            BEGIN[i] = (short) next;
            DIVISION[i] = Long.MAX_VALUE;
            long end = undividedEnd(i);
            if (bound < EXPORTED.length && EXPORTED[bound] < end) {
                DIVISION[i] = EXPORTED[bound];
                BOUND[next++] = EXPORTED[bound++];
            }
            BOUND[next++] = end;
        }
    }

    private Buckets() {}

    private static long undividedEnd(int index) {
        int power = index >> SHIFT;
        long part = index & (PARTS - 1);
        return power == 0 ? (part + 1) << SHIFT : (PARTS + part + 1) << (power - 1 + SHIFT);
    }

    /** {@return the bucket of a duration in nanoseconds; of a negative one that of 0, of one too long the last} */
    static int of(long nanos) {
        long below = nanos <= 0 ? 0 : Math.min(nanos, HIGHEST) - 1;
        int power = Math.max(63 - Long.numberOfLeadingZeros(below | 1), FIRST_POWER - 1);
        int scale = Math.max(power - SHIFT, SHIFT);
        int index = ((power - FIRST_POWER + 1) << SHIFT) + ((int) (below >>> scale) & (PARTS - 1));
        return BEGIN[index] + (below >= DIVISION[index] ? 1 : 0);
    }

    /** {@return the greatest duration of a bucket, in nanoseconds} */
    static long bound(int bucket) {
        return BOUND[bucket];
    }

    /** {@return the middle of a bucket, in nanoseconds} */
    static long middle(int bucket) {
        long below = bucket == 0 ? 0 : BOUND[bucket - 1];
        return below + (BOUND[bucket] - below + 1) / 2;
    }

    /** {@return how many bounds are exported} */
    static int exported() {
        return EXPORTED.length;
    }

    /** {@return an exported bound in nanoseconds} */
    static long exported(int index) {
        return EXPORTED[index];
    }
}
