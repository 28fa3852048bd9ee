package dev.millrace.benchmarks;

import dev.millrace.internal.time.Deadline;
import dev.millrace.internal.time.TimerWheel;
import io.netty.util.HashedWheelTimer;
import io.netty.util.Timeout;
import io.netty.util.TimerTask;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
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
 * What a connection does to a timer while many other deadlines wait: arm one, and cancel it again ({@code armCancel}), or
 * move one of the waiting to another time ({@code rearm}; the peers have no such operation: cancel and arm).
 *
 * <p>The wheel belongs to one thread and is given the time. The peers are safe for any thread and read the clock: that is
 * part of their price here. Netty's timer puts part of the work off to its own thread, which runs on another core: its
 * figure is what the caller waits, not all that is spent.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
        value = 2,
        jvmArgsAppend = {"-Xms3g", "-Xmx3g"})
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class TimerArming {

    /** How many deadlines wait, and what they are touched with. */
    @State(Scope.Thread)
    public abstract static class Waiting {
        @Param({"10000", "1000000"})
        public int pending;

        private long[] delays;
        private int[] order;
        private int turn;

        /** Draws the delays: first thing in each set-up, since JMH does not promise to call a superclass's before. */
        final void draw() {
            delays = TimerDelays.timeouts();
            order = TimerDelays.order(pending);
        }

        /** The place of the next deadline to touch. */
        int next() {
            int at = turn;
            turn = at + 1 == order.length ? 0 : at + 1;
            return order[at];
        }

        long delay(int index) {
            return delays[(index + turn) & (delays.length - 1)];
        }
    }

    /** The timer wheel of an event loop. */
    public static class Millrace extends Waiting {
        private final TimerWheel wheel = new TimerWheel(0);
        private final Deadline further = new Unheard();
        private Deadline[] waiting;

        /** Arms the waiting deadlines. */
        @Setup
        public void arm() {
            draw();
            waiting = new Deadline[pending];
            for (int i = 0; i < waiting.length; i++) {
                waiting[i] = new Unheard();
                wheel.arm(waiting[i], delay(i));
            }
        }
    }

    private static final class Unheard extends Deadline {
        @Override
        protected void expired(long nowNanos) {
            throw new IllegalStateException("expired");
        }
    }

    /** Netty's wheel, with as many buckets as keep a deadline from being looked at before its time. */
    public static class Netty extends Waiting {
        private static final TimerTask UNHEARD = timeout -> {};

        private final HashedWheelTimer timer = new HashedWheelTimer(10, TimeUnit.MILLISECONDS, 16384);
        private Timeout[] waiting;

        /** Arms the waiting deadlines. */
        @Setup
        public void arm() {
            draw();
            waiting = new Timeout[pending];
            for (int i = 0; i < waiting.length; i++) {
                waiting[i] = timer.newTimeout(UNHEARD, delay(i), TimeUnit.NANOSECONDS);
            }
        }

        /** Ends the timer's thread. */
        @TearDown
        public void stop() {
            timer.stop();
        }
    }

    /** The JDK's heap of tasks, told to forget what is cancelled. */
    public static class Jdk extends Waiting {
        private static final Runnable UNHEARD = () -> {};

        private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1);
        private ScheduledFuture<?>[] waiting;

        /** Arms the waiting deadlines. */
        @Setup
        public void arm() {
            draw();
            timer.setRemoveOnCancelPolicy(true);
            waiting = new ScheduledFuture<?>[pending];
            for (int i = 0; i < waiting.length; i++) {
                waiting[i] = timer.schedule(UNHEARD, delay(i), TimeUnit.NANOSECONDS);
            }
        }

        /** Ends the timer's thread. */
        @TearDown
        public void stop() {
            timer.shutdownNow();
        }
    }

    @Benchmark
    public Object armCancelMillrace(Millrace m) {
        m.wheel.arm(m.further, m.delay(m.next()));
        m.wheel.cancel(m.further);
        return m.further;
    }

    @Benchmark
    public Object armCancelNetty(Netty n) {
        Timeout further = n.timer.newTimeout(Netty.UNHEARD, n.delay(n.next()), TimeUnit.NANOSECONDS);
        further.cancel();
        return further;
    }

    @Benchmark
    public Object armCancelJdk(Jdk j) {
        ScheduledFuture<?> further = j.timer.schedule(Jdk.UNHEARD, j.delay(j.next()), TimeUnit.NANOSECONDS);
        further.cancel(false);
        return further;
    }

    @Benchmark
    public Object rearmMillrace(Millrace m) {
        int index = m.next();
        m.wheel.arm(m.waiting[index], m.delay(index));
        return m.wheel;
    }

    @Benchmark
    public Object rearmNetty(Netty n) {
        int index = n.next();
        n.waiting[index].cancel();
        return n.waiting[index] = n.timer.newTimeout(Netty.UNHEARD, n.delay(index), TimeUnit.NANOSECONDS);
    }

    @Benchmark
    public Object rearmJdk(Jdk j) {
        int index = j.next();
        j.waiting[index].cancel(false);
        return j.waiting[index] = j.timer.schedule(Jdk.UNHEARD, j.delay(index), TimeUnit.NANOSECONDS);
    }
}
