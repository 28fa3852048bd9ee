package dev.millrace.internal.transport;

import dev.millrace.internal.time.Clock;
import dev.millrace.internal.time.Deadline;
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

    /** {@return what the connections of this loop hold for their peers; to be used on the loop} */
    LoopBuffers buffers();

    /**
     * Asks for a call at the end of the current event, before what is staged for sockets leaves. At most one collects at
     * a time: another one's turn ends with this call.
     *
     * @param collector is called once
     */
    void afterEvent(AfterEvent collector);

    /**
     * Asks for one call at the end of the current event, before what is collected leaves. Whoever asks several times is
     * called several times.
     *
     * @param last is called once; what it writes leaves with the event
     */
    void atEventEnd(AfterEvent last);

    /**
     * Arms a deadline on the loop's wheel, or moves it; to be called on the loop.
     *
     * @param deadline what expires
     * @param due when, of {@link #now()}
     */
    void arm(Deadline deadline, long due);

    /**
     * Arms a deadline on the loop's wheel unless it is armed for an earlier time; to be called on the loop.
     *
     * @param deadline what expires
     * @param due when, of {@link #now()}
     */
    void armAtMost(Deadline deadline, long due);

    /**
     * Disarms a deadline; to be called on the loop.
     *
     * @param deadline armed or not
     */
    void cancel(Deadline deadline);

    /**
     * Tells whoever watches over the library that something threw which should not have.
     *
     * @param what was being done
     * @param error what was thrown
     */
    void report(String what, Throwable error);
}
