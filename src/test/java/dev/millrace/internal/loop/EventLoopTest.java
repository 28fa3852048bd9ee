package dev.millrace.internal.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.internal.time.Clock;
import dev.millrace.internal.time.Deadline;
import dev.millrace.internal.transport.BufferBound;
import dev.millrace.testkit.ManualClock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tasks, deadlines and the guard of real event loops. */
@Timeout(60)
class EventLoopTest {
    private final RecordingWatcher watcher = new RecordingWatcher();
    private final List<EventLoop> started = new ArrayList<>();

    private EventLoop loop(Clock clock) throws Exception {
        EventLoop loop = new EventLoop("loop-under-test", clock, watcher, new BufferBound(1L << 40, 1));
        started.add(loop);
        loop.start();
        return loop;
    }

    @AfterEach
    void stop() throws InterruptedException {
        for (EventLoop loop : started) {
            loop.stop();
            loop.thread().join();
        }
    }

    private static void await(CountDownLatch latch) throws InterruptedException {
        assertTrue(latch.await(30, TimeUnit.SECONDS));
    }

    @Test
    void tasksOfManyThreadsAllRunAndInEachThreadsOrder() throws Exception {
        EventLoop loop = loop(Clock.system());
        int threads = 8;
        int tasks = 20_000;
        int[] last = new int[threads]; // touched by the loop alone
        Arrays.fill(last, -1);
        List<String> wrong = new ArrayList<>();
        CountDownLatch done = new CountDownLatch(threads * tasks);
        for (int t = 0; t < threads; t++) {
            int thread = t;
            new Thread(() -> {
                        for (int i = 0; i < tasks; i++) {
                            int number = i;
                            loop.execute(() -> {
                                if (last[thread] != number - 1 || !loop.inLoop()) {
                                    wrong.add(thread + ": " + number + " after " + last[thread]);
                                }
                                last[thread] = number;
                                done.countDown();
                            });
                        }
                    })
                    .start();
        }
        await(done);
        assertEquals(List.of(), wrong);
    }

    @Test
    void anInterruptDoesNotKeepALoopFromWaiting() throws Exception {
        EventLoop loop = loop(Clock.system());
        CountDownLatch interrupted = new CountDownLatch(1);
        loop.execute(() -> {
            Thread.currentThread().interrupt();
            interrupted.countDown();
        });
        await(interrupted);
        CountDownLatch next = new CountDownLatch(1);
        boolean[] flag = {true};
        loop.execute(() -> loop.execute(
                () -> { // a turn later
                    flag[0] = Thread.currentThread().isInterrupted();
                    next.countDown();
                }));
        await(next);
        assertFalse(flag[0]);
    }

    @Test
    void aWatcherThatThrowsDoesNotEndALoop() throws Exception {
        EventLoop loop = new EventLoop(
                "loop-under-test",
                Clock.system(),
                GuardedWatcher.of(new LoopWatcher() {
                    @Override
                    public void error(String what, Throwable error) {
                        throw new NoClassDefFoundError("no descriptor is left to load a logger with");
                    }

                    @Override
                    public void blocked(Thread thread, long nanos, StackTraceElement[] stack) {
                        throw new IllegalStateException();
                    }
                }),
                new BufferBound(1L << 40, 1));
        started.add(loop);
        loop.start();
        loop.execute(() -> {
            throw new IllegalStateException("oops");
        });
        CountDownLatch next = new CountDownLatch(1);
        loop.execute(next::countDown);
        await(next);
    }

    @Test
    void aTaskMayAddTasks() throws Exception {
        EventLoop loop = loop(Clock.system());
        CountDownLatch done = new CountDownLatch(10_000);
        loop.execute(new Runnable() {
            @Override
            public void run() {
                done.countDown();
                if (done.getCount() > 0) {
                    loop.execute(this);
                }
            }
        });
        await(done);
    }

    @Test
    void aSleepingLoopIsWokenEachTime() throws Exception {
        EventLoop loop = loop(Clock.system());
        for (int i = 0; i < 2_000; i++) {
            CountDownLatch ran = new CountDownLatch(1);
            loop.execute(ran::countDown);
            await(ran);
        }
    }

    @Test
    void aTaskThatThrowsIsReportedAndTheLoopGoesOn() throws Exception {
        EventLoop loop = loop(Clock.system());
        CountDownLatch done = new CountDownLatch(1);
        Error error = new AssertionError("oops");
        loop.execute(() -> {
            throw error;
        });
        loop.execute(done::countDown);
        await(done);
        assertSame(error, watcher.errors.get(0));
        assertEquals(1, watcher.errors.size());
    }

    @Test
    void aDeadlineExpiresAndOneThatThrowsEndsNothing() throws Exception {
        EventLoop loop = loop(Clock.system());
        CountDownLatch expired = new CountDownLatch(2);
        class Due extends Deadline {
            private final boolean fails;

            Due(boolean fails) {
                this.fails = fails;
            }

            @Override
            protected void expired(long now) {
                expired.countDown();
                if (fails) {
                    throw new IllegalStateException("oops");
                }
            }
        }
        loop.execute(() -> {
            loop.arm(new Due(true), loop.now());
            loop.arm(new Due(false), loop.now() + 20_000_000);
        });
        await(expired);
        assertEquals(1, watcher.errors.size());
    }

    @Test
    void stoppingRunsWhatWasHandedOver() throws Exception {
        EventLoop loop = loop(Clock.system());
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        CountDownLatch ran = new CountDownLatch(1);
        loop.execute(() -> {
            entered.countDown();
            try {
                go.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        await(entered);
        loop.execute(ran::countDown);
        loop.stop();
        go.countDown();
        loop.thread().join();
        await(ran);
    }

    @Test
    void theGuardReportsABlockedLoopOnceWithItsStack() throws Exception {
        ManualClock clock = new ManualClock(1_000);
        EventLoop loop = loop(clock);
        BlockedLoopGuard guard = new BlockedLoopGuard(new EventLoop[] {loop}, clock, watcher);
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        loop.execute(() -> blockHere(entered, go));
        await(entered);
        guard.look(clock.nanos() + BlockedLoopGuard.TOO_LONG_NANOS - 1);
        assertTrue(watcher.stacks.isEmpty());
        guard.look(clock.nanos() + BlockedLoopGuard.TOO_LONG_NANOS + 2);
        guard.look(clock.nanos() + 5 * BlockedLoopGuard.TOO_LONG_NANOS);
        assertEquals(1, watcher.stacks.size(), "once for each time");
        assertTrue(Arrays.stream(watcher.stacks.get(0))
                .anyMatch(frame -> frame.getMethodName().equals("blockHere")));
        clock.advanceNanos(10 * BlockedLoopGuard.TOO_LONG_NANOS);
        go.countDown();
        CountDownLatch enteredAgain = new CountDownLatch(1);
        CountDownLatch goAgain = new CountDownLatch(1);
        loop.execute(() -> blockHere(enteredAgain, goAgain));
        await(enteredAgain);
        guard.look(clock.nanos() + BlockedLoopGuard.TOO_LONG_NANOS + 2);
        assertEquals(2, watcher.stacks.size(), "another time");
        goAgain.countDown();
    }

    @Test
    void theGuardSeesNothingInALoopThatWaits() throws Exception {
        ManualClock clock = new ManualClock(1_000);
        EventLoop loop = loop(clock);
        BlockedLoopGuard guard = new BlockedLoopGuard(new EventLoop[] {loop}, clock, watcher);
        CountDownLatch ran = new CountDownLatch(1);
        loop.execute(ran::countDown);
        await(ran);
        long patience = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (loop.busySince() != 0 && System.nanoTime() < patience) {
            Thread.onSpinWait(); // it is about to wait
        }
        guard.look(clock.nanos() + 100 * BlockedLoopGuard.TOO_LONG_NANOS);
        assertTrue(watcher.stacks.isEmpty());
    }

    @Test
    void aTurnWithManyConnectionsIsNoBlockedLoopAndKnowsTheTime() throws Exception {
        ManualClock clock = new ManualClock(1_000);
        EventLoop loop = loop(clock);
        int channels = 200;
        long each = 100_000_000;
        List<Long> lags = new ArrayList<>(); // touched by the loop alone
        List<Pipe> pipes = new ArrayList<>();
        CountDownLatch done = new CountDownLatch(channels);
        try {
            for (int i = 0; i < channels; i++) {
                Pipe pipe = Pipe.open();
                pipe.source().configureBlocking(false);
                pipe.sink().write(ByteBuffer.allocate(1));
                pipes.add(pipe);
            }
            loop.execute(() -> {
                for (Pipe pipe : pipes) {
                    register(loop, pipe, () -> {
                        lags.add(clock.nanos() - loop.now());
                        assertTrue(clock.nanos() - loop.busySince() <= 64 * each, "it does not look blocked");
                        clock.advanceNanos(each);
                        done.countDown();
                    });
                }
            });
            await(done);
        } finally {
            for (Pipe pipe : pipes) {
                pipe.sink().close();
                pipe.source().close();
            }
        }
        assertEquals(List.of(), watcher.errors);
        assertTrue(lags.stream().allMatch(lag -> lag <= 64 * each), lags::toString);
    }

    /** Runs something once, when the pipe can be read. */
    private static void register(EventLoop loop, Pipe pipe, Runnable action) {
        SelectionKey[] key = new SelectionKey[1];
        try {
            key[0] = loop.register(pipe.source(), SelectionKey.OP_READ, new Selectable() {
                @Override
                public void ready(int ops) {
                    key[0].cancel();
                    action.run();
                }

                @Override
                public void failed(Throwable error) {}

                @Override
                public void moved(SelectionKey newKey) {}

                @Override
                public boolean isOf(SocketOwner owner) {
                    return false;
                }

                @Override
                public void cutOff() {}
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void blockHere(CountDownLatch entered, CountDownLatch go) {
        entered.countDown();
        try {
            go.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void otherThreadsAreNotInTheLoop() throws Exception {
        assertFalse(loop(Clock.system()).inLoop());
    }
}
