package dev.millrace.benchmarks;

import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** The same pseudo-random delays and order for every timer that is compared. */
final class TimerDelays {

    private TimerDelays() {}

    /**
     * Delays of timeouts as a server arms them: nothing of this comes due while a benchmark runs.
     *
     * @return a power of two of delays between 60 and 120 s, in nanoseconds
     */
    static long[] timeouts() {
        RandomGenerator random = random();
        long[] delays = new long[1 << 16];
        for (int i = 0; i < delays.length; i++) {
            delays[i] = random.nextLong(TimeUnit.SECONDS.toNanos(60), TimeUnit.SECONDS.toNanos(120));
        }
        return delays;
    }

    /**
     * The numbers from 0 on, shuffled, so that what is touched next is seldom in a cache.
     *
     * @param count how many
     * @return them
     */
    static int[] order(int count) {
        RandomGenerator random = random();
        int[] order = new int[count];
        for (int i = 0; i < count; i++) {
            int j = random.nextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }

    private static RandomGenerator random() {
        return RandomGeneratorFactory.of("L64X128MixRandom").create(42);
    }
}
