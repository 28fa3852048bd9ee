package dev.millrace.net;

import dev.millrace.internal.loop.EventLoop;
import dev.millrace.internal.loop.RuntimeAccess;
import dev.millrace.testkit.ManualClock;
import java.io.IOException;
import java.time.Duration;

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

    /** Sets the wall clock. */
    public void setEpochMillis(long millis) {
        clock.setEpochMillis(millis);
    }

    @Override
    public void close() {
        runtime.close();
    }
}
