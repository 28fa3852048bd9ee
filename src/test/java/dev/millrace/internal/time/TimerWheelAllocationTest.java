package dev.millrace.internal.time;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

class TimerWheelAllocationTest {

    private static final int OPERATIONS = 100_000;
    private static final int ROUNDS = 5;
    private static final long STEP = 1_000_000;

    private final TimerWheel wheel = new TimerWheel(0);
    private final Again[] deadlines = new Again[512];
    private long now;
    private long checksum;

    private final class Again extends Deadline {
        @Override
        protected void expired(long nowNanos) {
            checksum++;
            wheel.arm(this, nowNanos + 3 * TimerWheel.DEFAULT_TICK_NANOS);
        }
    }

    @Test
    void nothingIsAllocatedAfterConstruction() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        assumeTrue(threads.isThreadAllocatedMemorySupported() && threads.isThreadAllocatedMemoryEnabled());
        for (int i = 0; i < deadlines.length; i++) {
            deadlines[i] = new Again();
        }
        operate();
        // What the wheel allocates, it allocates in each round; what the machine does once by chance, not in each.
        long least = Long.MAX_VALUE;
        for (int round = 0; round < ROUNDS; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            operate();
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertEquals(0, least, "bytes allocated in " + OPERATIONS + " operations");
        assertTrue(checksum > OPERATIONS, "deadlines expired meanwhile");
    }

    private void operate() {
        for (int i = 0; i < OPERATIONS; i++) {
            Again deadline = deadlines[i & (deadlines.length - 1)];
            switch (i & 7) {
                case 0 -> wheel.cancel(deadline);
                case 1 -> wheel.armAtMost(deadline, now + 60_000_000_000L);
                case 2 -> wheel.arm(deadline, now - 1);
                case 3 -> checksum += wheel.nanosToNext(now) & 1;
                default -> wheel.arm(deadline, now + (i & 63) * STEP);
            }
            now += STEP;
            wheel.advance(now);
        }
    }
}
