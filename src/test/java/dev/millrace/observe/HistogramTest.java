package dev.millrace.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class HistogramTest {
    private static final long HOUR = 3_600_000_000_000L;

    @Test
    void bucketsFollowEachOtherWithoutGap() {
        long before = 0;
        for (int i = 0; i < Buckets.COUNT; i++) {
            long bound = Buckets.bound(i);
            assertTrue(bound > before, "bucket " + i + " ends at " + bound + ", the one before at " + before);
            assertEquals(i, Buckets.of(bound), "the bound itself");
            assertEquals(i, Buckets.of(before + 1), "the first value above the bucket before");
            assertEquals(i, Buckets.of(Buckets.middle(i)), "the middle");
            before = bound;
        }
        assertEquals(Buckets.HIGHEST, before);
    }

    @Test
    void eachDurationIsKnownToWithinThreePercent() {
        Random random = new Random(3);
        for (int i = 0; i < 100_000; i++) {
            long nanos = (long) Math.exp(Math.log(1_000) + random.nextDouble() * Math.log(HOUR / 1_000.0));
            long known = Buckets.middle(Buckets.of(nanos));
            assertTrue(Math.abs(known - nanos) <= nanos * 0.016 + 1, nanos + " is taken for " + known);
        }
    }

    @Test
    void boundsAreInclusiveAndExact() {
        for (int i = 0; i < Buckets.exported(); i++) {
            long bound = Buckets.exported(i);
            Histogram histogram = new Histogram();
            histogram.record(bound);
            histogram.record(bound + 1);
            HistogramSnapshot snapshot = histogram.snapshot();
            assertEquals(0, snapshot.countUpTo(bound - 1), "below " + bound);
            assertEquals(1, snapshot.countUpTo(bound), "at " + bound);
            assertEquals(2, snapshot.countUpTo(HOUR), "in all");
        }
    }

    @Test
    void countsAtBoundsAreThoseOfASortedList() {
        Random random = new Random(17);
        Histogram histogram = new Histogram();
        long[] all = new long[20_000];
        long sum = 0;
        for (int i = 0; i < all.length; i++) {
            all[i] = (long) Math.exp(random.nextDouble() * Math.log(HOUR));
            sum += all[i];
            histogram.record(all[i]);
        }
        Arrays.sort(all);
        HistogramSnapshot snapshot = histogram.snapshot();
        assertEquals(all.length, snapshot.count());
        assertEquals(sum, snapshot.sum());
        for (int i = 0; i < Buckets.exported(); i++) {
            long bound = Buckets.exported(i);
            assertEquals(Arrays.stream(all).filter(nanos -> nanos <= bound).count(), snapshot.countUpTo(bound));
        }
        for (double share : new double[] {0.01, 0.5, 0.9, 0.99, 0.999, 1}) {
            long exact = all[(int) Math.ceil(share * all.length) - 1];
            assertEquals((double) exact, (double) snapshot.quantile(share), exact * 0.016 + 17, "quantile " + share);
        }
    }

    @Test
    void extremesAreCountedAtTheEnds() {
        Histogram histogram = new Histogram();
        histogram.record(Long.MIN_VALUE);
        histogram.record(-1);
        histogram.record(0);
        histogram.record(Long.MAX_VALUE);
        HistogramSnapshot snapshot = histogram.snapshot();
        assertEquals(4, snapshot.count());
        assertEquals(Buckets.HIGHEST, snapshot.sum());
        assertEquals(3, snapshot.countUpTo(32));
        assertEquals(3, snapshot.countUpTo(HOUR));
        assertEquals(4, snapshot.countUpTo(Long.MAX_VALUE));
        assertEquals(0, snapshot.countUpTo(-1));
        assertEquals(0, snapshot.countUpTo(0), "within the first bucket nothing is told apart");
    }

    @Test
    void emptyHasNothing() {
        HistogramSnapshot empty = new Histogram().snapshot();
        assertSame(HistogramSnapshot.empty(), empty);
        assertEquals(0, empty.count());
        assertEquals(0, empty.sum());
        assertEquals(0, empty.quantile(0.5));
        assertEquals(0, empty.countUpTo(HOUR));
    }

    @Test
    void quantilesAreShares() {
        HistogramSnapshot empty = HistogramSnapshot.empty();
        assertThrows(IllegalArgumentException.class, () -> empty.quantile(-0.1));
        assertThrows(IllegalArgumentException.class, () -> empty.quantile(1.1));
        assertThrows(IllegalArgumentException.class, () -> empty.quantile(Double.NaN));
    }

    @Test
    void twoMergeIntoWhatOneWouldHaveCounted() {
        Random random = new Random(5);
        Histogram left = new Histogram();
        Histogram right = new Histogram();
        Histogram both = new Histogram();
        for (int i = 0; i < 5_000; i++) {
            long nanos = random.nextLong() >>> (22 + random.nextInt(40));
            (random.nextBoolean() ? left : right).record(nanos);
            both.record(nanos);
        }
        HistogramSnapshot merged = left.snapshot().plus(right.snapshot());
        assertEquals(both.snapshot(), merged);
        assertEquals(both.snapshot().hashCode(), merged.hashCode());
        assertSame(merged, merged.plus(HistogramSnapshot.empty()));
        assertSame(merged, HistogramSnapshot.empty().plus(merged));
    }

    @Test
    void aSnapshotDoesNotChange() {
        Histogram histogram = new Histogram();
        histogram.record(1_000);
        HistogramSnapshot snapshot = histogram.snapshot();
        histogram.record(1_000);
        assertEquals(1, snapshot.count());
        assertEquals(2, histogram.snapshot().count());
    }

    @Test
    void readersNeverSeeCountsGoBackAndTheEndIsExact() throws InterruptedException {
        Histogram histogram = new Histogram();
        AtomicBoolean done = new AtomicBoolean();
        AtomicReference<String> mistake = new AtomicReference<>();
        Thread reader = new Thread(() -> {
            long before = 0;
            long shortBefore = 0;
            while (!done.get()) {
                HistogramSnapshot snapshot = histogram.snapshot();
                if (snapshot.count() < before || snapshot.countUpTo(10_000) < shortBefore) {
                    mistake.set("went back from " + before + " to " + snapshot);
                }
                before = snapshot.count();
                shortBefore = snapshot.countUpTo(10_000);
            }
        });
        reader.start();
        int count = 300_000;
        for (int i = 0; i < count; i++) {
            histogram.record(i);
        }
        done.set(true);
        reader.join();
        assertEquals(null, mistake.get());
        assertEquals(count, histogram.snapshot().count());
        assertEquals((long) count * (count - 1) / 2, histogram.snapshot().sum());
    }
}
