package dev.millrace.observe;

import dev.millrace.internal.bytes.Nullable;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Counts durations by their length, logarithmically divided: from 1 µs to 73 minutes each is known to within 1.6 %.
 *
 * <p>One thread writes, any number of threads read, and none waits: {@link #record} is a few plain instructions and
 * allocates nothing but, once, the 9 KiB of counters. Every recorded duration is counted exactly once.
 */
public final class Histogram {
    private static final int SUM = Buckets.COUNT;

    /** The counters, and at the end the sum; there from the first record on, since many a histogram never has one. */
    private volatile @Nullable AtomicLongArray counters;

    /** An empty histogram. */
    public Histogram() {}

    /**
     * Counts a duration. Called by one thread only.
     *
     * @param nanos nanoseconds; a negative one counts as 0, one of more than 73 minutes as one of 73 minutes
     */
    public void record(long nanos) {
        AtomicLongArray all = counters;
        if (all == null) {
            all = new AtomicLongArray(SUM + 1);
            counters = all;
        }
        add(all, SUM, Math.max(0, Math.min(nanos, Buckets.HIGHEST)));
        add(all, Buckets.of(nanos), 1);
    }

    /** No read-modify-write is needed where one thread writes, only that readers see whole numbers in order. */
    private static void add(AtomicLongArray all, int index, long amount) {
        all.setRelease(index, all.getPlain(index) + amount);
    }

    /**
     * What has been counted until now. Any thread may ask; what is being recorded at this very moment may be missing, or
     * be in the sum and not in the count.
     *
     * @return an immutable copy
     */
    public HistogramSnapshot snapshot() {
        AtomicLongArray all = counters;
        if (all == null) {
            return HistogramSnapshot.empty();
        }
        long[] counts = new long[Buckets.COUNT];
        for (int i = 0; i < counts.length; i++) {
            counts[i] = all.getAcquire(i);
        }
        return HistogramSnapshot.of(counts, all.getAcquire(SUM));
    }
}
