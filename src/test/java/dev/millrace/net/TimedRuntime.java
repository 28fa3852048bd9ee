package dev.millrace.net;

import dev.millrace.internal.loop.EventLoop;
import dev.millrace.internal.loop.RuntimeAccess;
import dev.millrace.testkit.ManualClock;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A runtime with real sockets whose time moves only when it is told to. */
public final class TimedRuntime implements AutoCloseable {
    private final ManualClock clock = new ManualClock(1);
    private final NetRuntime runtime;

    /**
     * Starts the loops.
     *
     * @param loops how many
     * @throws IOException if there are no selectors
     */
    public TimedRuntime(int loops) throws IOException {
        runtime = NetRuntime.builder().loops(loops).clock(clock).start();
    }

    /**
     * Starts the loops.
     *
     * @param loops how many
     * @param executor runs what may block
     * @throws IOException if there are no selectors
     */
    public TimedRuntime(int loops, Executor executor) throws IOException {
        runtime = NetRuntime.builder()
                .loops(loops)
                .handlerExecutor(executor)
                .clock(clock)
                .start();
    }

    /** {@return what servers run on} */
    public NetRuntime runtime() {
        return runtime;
    }

    /** Moves time on, and wakes the loops so that they see it. */
    public void advance(Duration span) {
        clock.advance(span);
        for (EventLoop loop : RuntimeAccess.loops(runtime).loops()) {
            loop.execute(() -> {});
        }
    }

    /** {@return a configuration that goes by this time} */
    public Tls build(Tls.Builder builder) throws IOException {
        return builder.clock(clock).build();
    }

    /** {@return a certificate that is good from now on} */
    public SelfSigned certificate(Duration validity, String name) {
        return SelfSigned.of(clock, validity, name);
    }

    /** Waits until the loops have done what the time makes them do. */
    public void settle() throws InterruptedException, ExecutionException, TimeoutException {
        for (EventLoop loop : RuntimeAccess.loops(runtime).loops()) {
            await(loop); // the turn that sees the time
            await(loop); // and the one after it
        }
    }

    private static void await(Executor executor) throws InterruptedException, ExecutionException, TimeoutException {
        CompletableFuture.runAsync(() -> {}, executor).get(30, TimeUnit.SECONDS);
    }

    /** Sets the wall clock. */
    public void setEpochMillis(long millis) {
        clock.setEpochMillis(millis);
    }

    @Override
    public void close() {
        runtime.close();
    }
}
