package dev.millrace.benchmarks;

import dev.millrace.internal.loop.LoopGroup;
import dev.millrace.internal.loop.LoopWatcher;
import dev.millrace.internal.time.Clock;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Handing a task to an event loop that sleeps in its selector. {@code roundTrip}: one task, until it has run, so a wake-up
 * of the loop and one of the caller. {@code burst}: the time of one of 1,000 tasks that are handed over at once; here the
 * queue counts, and how few wake-ups are made.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class HandOff {

    private static final int BURST = 1000;

    private final Awaited last = new Awaited();
    private int ran; // by the loop's thread only
    private final Runnable counted = () -> ran++;

    /** A loop of Millrace without connections. */
    @State(Scope.Thread)
    public static class Millrace {
        private LoopGroup loops;
        private Executor loop;

        /** Starts one loop. */
        @Setup
        public void start() throws IOException {
            loops = new LoopGroup(1, Clock.system(), new Loud(), 1L << 40);
            loop = loops.first();
        }

        /** Ends it. */
        @TearDown
        public void stop() throws InterruptedException {
            loops.stop();
        }
    }

    /** Netty's loop on the JDK's selector. */
    @State(Scope.Thread)
    public static class Netty {
        private EventLoopGroup loops;
        private Executor loop;

        /** Starts one loop. */
        @Setup
        public void start() {
            loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
            loop = loops.next();
        }

        /** Ends it. */
        @TearDown
        public void stop() throws InterruptedException {
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).await();
        }
    }

    @Benchmark
    public void roundTripMillrace(Millrace m) {
        roundTrip(m.loop);
    }

    @Benchmark
    public void roundTripNetty(Netty n) {
        roundTrip(n.loop);
    }

    @Benchmark
    @OperationsPerInvocation(BURST)
    public void burstMillrace(Millrace m) {
        burst(m.loop);
    }

    @Benchmark
    @OperationsPerInvocation(BURST)
    public void burstNetty(Netty n) {
        burst(n.loop);
    }

    private void roundTrip(Executor loop) {
        last.prepare();
        loop.execute(last);
        last.await();
    }

    private void burst(Executor loop) {
        last.prepare();
        for (int i = 1; i < BURST; i++) {
            loop.execute(counted);
        }
        loop.execute(last);
        last.await();
    }

    /** Prints what goes wrong: then the figures mean nothing. */
    private static final class Loud implements LoopWatcher {
        @Override
        public void error(String what, Throwable error) {
            System.err.println(what + ": " + error);
        }

        @Override
        public void blocked(Thread loop, long nanos, StackTraceElement[] stack) {
            System.err.println(loop + " was blocked for " + nanos + " ns");
        }
    }

    /** A task whose end the caller waits for. */
    private static final class Awaited implements Runnable {
        private Thread caller;
        private volatile boolean done;

        void prepare() {
            caller = Thread.currentThread();
            done = false;
        }

        @Override
        public void run() {
            done = true;
            LockSupport.unpark(caller);
        }

        void await() {
            while (!done) {
                LockSupport.park(this);
            }
        }
    }
}
