package dev.millrace.observe;

import dev.millrace.internal.bytes.Nullable;
import java.util.Arrays;

/** What a {@link Histogram} had counted at a moment. Immutable and safe for any thread. */
public final class HistogramSnapshot {
    private static final HistogramSnapshot EMPTY = new HistogramSnapshot(new long[Buckets.COUNT], 0);

    /** For each bucket how many durations are in it or in one before it. */
    private final long[] upTo;

    private final long sum;

    private HistogramSnapshot(long[] upTo, long sum) {
        this.upTo = upTo;
        this.sum = sum;
    }

    /** A snapshot of these counts for each bucket; the array becomes its own. */
    static HistogramSnapshot of(long[] counts, long sum) {
        for (int i = 1; i < counts.length; i++) {
            counts[i] += counts[i - 1];
        }
        return new HistogramSnapshot(counts, sum);
    }

    /** {@return the snapshot in which nothing has been counted} */
    public static HistogramSnapshot empty() {
        return EMPTY;
    }

    /** {@return how many durations were counted} */
    public long count() {
        return upTo[upTo.length - 1];
    }

    /** {@return the sum of the durations, in nanoseconds} */
    public long sum() {
        return sum;
    }

    /**
     * The duration that a share of the counted ones did not exceed, to within 1.6 %.
     *
     * @param share from 0, for the shortest, to 1, for the longest
     * @return nanoseconds; 0 if nothing was counted
     * @throws IllegalArgumentException for another share
     */
    public long quantile(double share) {
        if (!(share >= 0 && share <= 1)) {
            throw new IllegalArgumentException("a quantile's share is from 0 to 1, not " + share);
        }
        long count = count();
        if (count == 0) {
            return 0;
        }
        long rank = Math.max(1, Math.min(count, (long) Math.ceil(share * count)));
        int low = 0;
        int high = upTo.length - 1;
        while (low < high) { // the first bucket by which so many have been counted
            int half = (low + high) >>> 1;
            if (upTo[half] >= rank) {
                high = half;
            } else {
                low = half + 1;
            }
        }
        return Buckets.middle(low);
    }

    /**
     * How many of the counted durations were no longer than a bound. Exact for 1, 2.5 and 5 of every power of ten from
     * 10 µs to 100 s; for another bound those within 3.2 % below it may be missing.
     *
     * @param nanos the bound in nanoseconds
     * @return how many
     */
    public long countUpTo(long nanos) {
        if (nanos < 0) {
            return 0;
        }
        int bucket = Buckets.of(nanos);
        if (Buckets.bound(bucket) <= nanos) {
            return upTo[bucket];
        }
        return bucket == 0 ? 0 : upTo[bucket - 1];
    }

    /**
     * This and another snapshot in one, as of two loops.
     *
     * @param other the other one
     * @return what both have counted
     */
    public HistogramSnapshot plus(HistogramSnapshot other) {
        if (other.count() == 0) {
            return this;
        }
        if (count() == 0) {
            return other;
        }
        long[] both = upTo.clone();
        for (int i = 0; i < both.length; i++) {
            both[i] += other.upTo[i];
        }
        return new HistogramSnapshot(both, sum + other.sum);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof HistogramSnapshot that && sum == that.sum && Arrays.equals(upTo, that.upTo);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(upTo) * 31 + Long.hashCode(sum);
    }

    /** {@return count, sum and a few quantiles, for a log} */
    @Override
    public String toString() {
        return "count " + count() + ", sum " + sum + " ns, p50 " + quantile(0.5) + " ns, p99 " + quantile(0.99) + " ns";
    }
}
