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

    private static final int POWERS = LAST_POWER - FIRST_POWER + 1;
    private static final int EXPORTED_COUNT = 22;

    /** The number of buckets. */
    static final int COUNT = (POWERS << SHIFT) + EXPORTED_COUNT;

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

    /** For each power of two: the bound that divides one of its parts, or the greatest number. There is at most one. */
    private static final long[] DIVISION = new long[POWERS];
    /** For each power of two: how many parts below it are divided. */
    private static final int[] DIVIDED = new int[POWERS];

    static {
        int bound = 0;
        for (int power = 0; power < POWERS; power++) {
            DIVIDED[power] = bound;
            DIVISION[power] = bound < EXPORTED_COUNT && EXPORTED[bound] < 1L << (power + FIRST_POWER)
                    ? EXPORTED[bound++]
                    : Long.MAX_VALUE;
        }
    }

    /** The bounds of all buckets, which only readers want. */
    private static final class Bounds {
        static final long[] OF = new long[COUNT];

        static {
            int bucket = 0;
            int exported = 0;
            for (int i = 0; i < POWERS << SHIFT; i++) {
                long end = end(i >> SHIFT, i & (PARTS - 1));
                if (exported < EXPORTED_COUNT && EXPORTED[exported] < end) {
                    OF[bucket++] = EXPORTED[exported++];
                }
                OF[bucket++] = end;
            }
        }

        private static long end(int power, long part) {
            return power == 0 ? (part + 1) << SHIFT : (PARTS + part + 1) << (power - 1 + SHIFT);
        }
    }

    private Buckets() {}

    /** {@return the bucket of a duration in nanoseconds; of a negative one that of 0, of one too long the last} */
    static int of(long nanos) {
        long below = nanos <= 0 ? 0 : Math.min(nanos, HIGHEST) - 1;
        int power = Math.max(64 - FIRST_POWER - Long.numberOfLeadingZeros(below | 1), 0);
        int scale = Math.max(power - 1, 0) + SHIFT;
        int part = (int) (below >>> scale) & (PARTS - 1);
        // what is above the division of its power has one more bucket below it
        return (power << SHIFT) + part + DIVIDED[power] + (below >= DIVISION[power] ? 1 : 0);
    }

    /** {@return the greatest duration of a bucket, in nanoseconds} */
    static long bound(int bucket) {
        return Bounds.OF[bucket];
    }

    /** {@return the middle of a bucket, in nanoseconds} */
    static long middle(int bucket) {
        long below = bucket == 0 ? 0 : bound(bucket - 1);
        return below + (bound(bucket) - below + 1) / 2;
    }

    /** {@return how many bounds are exported} */
    static int exported() {
        return EXPORTED_COUNT;
    }

    /** {@return an exported bound in nanoseconds} */
    static long exported(int index) {
        return EXPORTED[index];
    }
}
