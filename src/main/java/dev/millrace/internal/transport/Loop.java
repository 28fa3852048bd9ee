package dev.millrace.internal.transport;

import dev.millrace.internal.time.Clock;
import java.util.concurrent.Executor;

/** What a protocol sees of the event loop that its connection lives on. */
public interface Loop extends Executor {
    /** {@return whether the caller runs on the loop's thread} */
    boolean inLoop();

    /** Runs a task on the loop's thread, later and in the order of the calls. Safe for any thread. */
    @Override
    void execute(Runnable task);

    /** {@return the time of this turn of the loop, of {@link Clock#nanos()}; to be called on the loop} */
    long now();

    /** {@return the loop's clock} */
    Clock clock();

    /**
     * Tells whoever watches over the library that something threw which should not have.
     *
     * @param what was being done
     * @param error what was thrown
     */
    void report(String what, Throwable error);
}
