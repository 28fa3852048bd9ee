package dev.millrace.testkit;

import dev.millrace.internal.time.Clock;
import dev.millrace.internal.time.Deadline;
import dev.millrace.internal.time.TimerWheel;
import dev.millrace.internal.transport.AfterEvent;
import dev.millrace.internal.transport.BufferBound;
import dev.millrace.internal.transport.Loop;
import dev.millrace.internal.transport.LoopBuffers;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * A loop that turns when a test tells it to: its thread is the one that made it, its time is a {@link ManualClock}'s, and
 * what is handed to {@link #execute} waits for {@link #runTasks()}. Only {@code execute} may be called by other threads.
 */
public final class TestLoop implements Loop {
    private static final long PATIENCE_MILLIS = 20_000;

    /** The condition may come to hold without a task. */
    private static final long LOOK_MILLIS = 5;

    /**
     * What was reported.
     *
     * @param what what was being done
     * @param error what was thrown
     */
    public record Report(String what, Throwable error) {}

    private final Thread thread = Thread.currentThread();
    private final ManualClock clock;
    private final TimerWheel wheel;
    private final BufferBound bound;
    private final LoopBuffers buffers;
    private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    private final List<Report> reports = new ArrayList<>();
    private boolean outside;
    private AfterEvent collecting;
    private final ArrayDeque<AfterEvent> ending = new ArrayDeque<>();

    /**
     * A loop with an empty wheel.
     *
     * @param clock its time
     */
    public TestLoop(ManualClock clock) {
        this(clock, new BufferBound(1L << 40, 1));
    }

    /**
     * A loop with an empty wheel.
     *
     * @param clock its time
     * @param bound of what its connections hold
     */
    public TestLoop(ManualClock clock, BufferBound bound) {
        this.bound = bound;
        this.buffers = bound.on(this);
        this.clock = clock;
        this.wheel = new TimerWheel(clock.nanos());
    }

    @Override
    public boolean inLoop() {
        return !outside && Thread.currentThread() == thread;
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
    }

    @Override
    public long now() {
        return clock.nanos();
    }

    @Override
    public Clock clock() {
        return clock;
    }

    /** {@return the clock, to be moved by {@link #advance}} */
    public ManualClock manualClock() {
        return clock;
    }

    @Override
    public LoopBuffers buffers() {
        return buffers;
    }

    /** {@return the bound of what its connections hold} */
    public BufferBound bound() {
        return bound;
    }

    @Override
    public void afterEvent(AfterEvent collector) {
        AfterEvent before = collecting;
        if (before != collector) {
            collecting = collector;
            if (before != null) {
                before.flush();
            }
        }
    }

    @Override
    public void atEventEnd(AfterEvent last) {
        ending.add(last);
    }

    /** Ends an event: what was collected in it goes out. */
    public void flush() {
        do {
            for (AfterEvent last; (last = ending.poll()) != null; ) {
                last.flush();
            }
            AfterEvent collector = collecting;
            collecting = null;
            if (collector != null) {
                collector.flush();
            }
        } while (collecting != null || !ending.isEmpty());
    }

    @Override
    public void arm(Deadline deadline, long due) {
        wheel.arm(deadline, due);
    }

    @Override
    public void armAtMost(Deadline deadline, long due) {
        wheel.armAtMost(deadline, due);
    }

    @Override
    public void cancel(Deadline deadline) {
        wheel.cancel(deadline);
    }

    @Override
    public void report(String what, Throwable error) {
        reports.add(new Report(what, error));
    }

    /** {@return what was reported so far} */
    public List<Report> reports() {
        return reports;
    }

    /** {@return how many deadlines are armed} */
    public int armed() {
        return wheel.size();
    }

    /** {@return how long it is to the next deadline that may expire, {@link Long#MAX_VALUE} if none is armed} */
    public long nanosToNext() {
        return wheel.size() == 0 ? Long.MAX_VALUE : wheel.nanosToNext(clock.nanos());
    }

    /** {@return how many tasks wait} */
    public int waitingTasks() {
        return tasks.size();
    }

    /** Runs the tasks that wait, and those that they add, in order. */
    public void runTasks() {
        flush(); // the event before
        for (Runnable task; (task = tasks.poll()) != null; ) {
            task.run();
            flush();
        }
    }

    /**
     * Runs tasks, waiting for other threads to hand some over, until something holds.
     *
     * @param condition looked at after each task and now and then
     */
    public void runTasksUntil(BooleanSupplier condition) {
        runTasks();
        int idle = 0;
        while (!condition.getAsBoolean()) {
            try {
                Runnable task = tasks.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
                if (task != null) {
                    task.run();
                    flush();
                    idle = 0;
                } else if (++idle * LOOK_MILLIS > PATIENCE_MILLIS) {
                    throw new AssertionError("nothing happened for " + PATIENCE_MILLIS + " ms");
                }
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            runTasks();
        }
    }

    /**
     * Runs something on this thread as if it were another one: {@link #inLoop()} says no meanwhile.
     *
     * @param task what to run
     */
    public void outside(Runnable task) {
        boolean before = outside;
        outside = true;
        try {
            task.run();
        } finally {
            outside = before;
        }
    }

    /**
     * Lets time pass in which the loop does nothing, as when something blocks it: what becomes due is late, and happens at the
     * next {@link #advance}.
     *
     * @param span how long
     */
    public void standStill(Duration span) {
        clock.advance(span);
    }

    /**
     * Lets time pass: everything that becomes due on the way happens at its time, and the tasks after it.
     *
     * @param span how long
     */
    public void advance(Duration span) {
        runTasks();
        long target = clock.nanos() + span.toNanos();
        while (true) {
            long next = wheel.nanosToNext(clock.nanos());
            long left = target - clock.nanos();
            if (next > left) {
                break;
            }
            clock.advanceNanos(next);
            wheel.advance(clock.nanos());
            runTasks();
            if (next == 0 && left == 0) {
                break;
            }
        }
        clock.set(target);
        wheel.advance(clock.nanos());
        runTasks();
    }
}
