package dev.millrace.benchmarks;

import dev.millrace.internal.time.Deadline;
import dev.millrace.internal.time.TimerWheel;
import io.netty.util.HashedWheelTimer;
import io.netty.util.TimerTask;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Expiring all of many deadlines that lie in a quarter of a second; a callback only counts. Divide by their number for the
 * time of one.
 *
 * <p>The wheel is walked through that time in steps of 1 ms. The peers run on a clock and a thread of their own, so their
 * waiting must not be measured: a first callback holds that thread until all is due, and the time runs from its release
 * until the last callback. Two hand-offs between threads, some tens of microseconds, are in it.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
        value = 2,
        jvmArgsAppend = {"-Xms3g", "-Xmx3g"})
@Warmup(iterations = 5)
@Measurement(iterations = 5)
public class TimerExpiry {

    private static final long SPREAD_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
    private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    /** Deadlines that count down as they expire. */
    @State(Scope.Thread)
    public abstract static class Pending {
        @Param({"10000", "1000000"})
        public int pending;

        private int[] order;

        /** Draws the order of arming. */
        @Setup
        public void draw() {
            order = TimerDelays.order(pending);
        }

        /** When the deadline that is armed as the n-th is due, in nanoseconds after the first of all. */
        long offset(int n) {
            return order[n] * SPREAD_NANOS / pending;
        }
    }

    /** The timer wheel of an event loop, and its present. */
    public static class Millrace extends Pending {
        private TimerWheel wheel;
        private long nowNanos;
        private int left;

        /** Arms all deadlines, on a new wheel. */
        @Setup(Level.Iteration)
        public void arm() {
            wheel = new TimerWheel(0);
            nowNanos = 0;
            left = pending;
            for (int i = 0; i < pending; i++) {
                wheel.arm(new Counting(this), STEP_NANOS + offset(i));
            }
            if (wheel.size() != pending) {
                throw new IllegalStateException("armed " + wheel.size());
            }
        }
    }

    private static final class Counting extends Deadline {
        private final Millrace of;

        Counting(Millrace of) {
            this.of = of;
        }

        @Override
        protected void expired(long nowNanos) {
            of.left--;
        }
    }

    /** What holds the thread of a peer until all is due, and counts what it expires. */
    private static final class Gate {
        private final Pending of;
        private final long holdNanos;
        private final long firstNanos;
        private final CountDownLatch open = new CountDownLatch(1);
        private final CountDownLatch done = new CountDownLatch(1);
        private int left; // by the timer's thread only

        /** A gate whose deadlines begin in a while, long enough for arming them all. */
        Gate(Pending of, long leadNanos) {
            this.of = of;
            left = of.pending;
            holdNanos = System.nanoTime() + leadNanos;
            firstNanos = holdNanos + TimeUnit.MILLISECONDS.toNanos(50);
        }

        /** How long arming may take, as a first guess. */
        static long leadNanos(Pending of) {
            return TimeUnit.MILLISECONDS.toNanos(200) + 4_000L * of.pending;
        }

        /** How long from now to the callback that holds the thread. */
        long delay() {
            return holdNanos - System.nanoTime();
        }

        /** How long from now to the deadline that is armed as the n-th. */
        long delay(int n) {
            return firstNanos + of.offset(n) - System.nanoTime();
        }

        /** The callback that comes first. */
        void hold() {
            try {
                open.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        /** The callback of all others. */
        void count() {
            if (--left == 0) {
                done.countDown();
            }
        }

        /** After arming: waits until all is due, or returns false at once if arming took too long to be fair. */
        boolean awaitDue() throws InterruptedException {
            if (delay() < 0) {
                return false;
            }
            TimeUnit.NANOSECONDS.sleep(
                    firstNanos - System.nanoTime() + SPREAD_NANOS + TimeUnit.MILLISECONDS.toNanos(20));
            return true;
        }

        /** What is measured. */
        void release() throws InterruptedException {
            open.countDown();
            done.await();
        }
    }

    /** Netty's wheel with its shortest tick. */
    public static class Netty extends Pending {
        private HashedWheelTimer timer;
        private Gate gate;

        /** Arms all deadlines, and waits until they are due. */
        @Setup(Level.Iteration)
        public void arm() throws InterruptedException {
            long lead = Gate.leadNanos(this);
            while (!arm(lead)) {
                stop();
                lead *= 2;
            }
        }

        private boolean arm(long leadNanos) throws InterruptedException {
            timer = new HashedWheelTimer(1, TimeUnit.MILLISECONDS, 4096);
            gate = new Gate(this, leadNanos);
            Gate counting = gate;
            TimerTask count = timeout -> counting.count();
            timer.newTimeout(timeout -> counting.hold(), gate.delay(), TimeUnit.NANOSECONDS);
            for (int i = 0; i < pending; i++) {
                timer.newTimeout(count, gate.delay(i), TimeUnit.NANOSECONDS);
            }
            return gate.awaitDue();
        }

        /** Ends the timer's thread. */
        @TearDown(Level.Iteration)
        public void stop() {
            timer.stop();
        }
    }

    /** The JDK's heap of tasks. */
    public static class Jdk extends Pending {
        private ScheduledThreadPoolExecutor timer;
        private Gate gate;

        /** Arms all deadlines, and waits until they are due. */
        @Setup(Level.Iteration)
        public void arm() throws InterruptedException {
            long lead = Gate.leadNanos(this);
            while (!arm(lead)) {
                stop();
                lead *= 2;
            }
        }

        private boolean arm(long leadNanos) throws InterruptedException {
            timer = new ScheduledThreadPoolExecutor(1);
            gate = new Gate(this, leadNanos);
            Runnable count = gate::count;
            timer.schedule(gate::hold, gate.delay(), TimeUnit.NANOSECONDS);
            for (int i = 0; i < pending; i++) {
                timer.schedule(count, gate.delay(i), TimeUnit.NANOSECONDS);
            }
            return gate.awaitDue();
        }

        /** Ends the timer's thread. */
        @TearDown(Level.Iteration)
        public void stop() {
            timer.shutdownNow();
        }
    }

    @Benchmark
    public int millrace(Millrace m) {
        while (m.left > 0) {
            m.nowNanos += STEP_NANOS;
            m.wheel.advance(m.nowNanos);
        }
        return m.wheel.size();
    }

    @Benchmark
    public int netty(Netty n) throws InterruptedException {
        n.gate.release();
        return n.gate.left;
    }

    @Benchmark
    public int jdk(Jdk j) throws InterruptedException {
        j.gate.release();
        return j.gate.left;
    }
}
