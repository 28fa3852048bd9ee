package dev.millrace.internal.loop;

/** Is told what goes wrong in loops. Called by any thread; must be quick. */
public interface LoopWatcher {
    /**
     * Loads what reporting takes, some time after the start: when there is something to report, descriptors or memory may
     * have run out.
     */
    default void prepare() {}

    /**
     * Something threw that should not have; the loop goes on.
     *
     * @param what what was being done
     * @param error what was thrown
     */
    void error(String what, Throwable error);

    /**
     * A loop has been busy with one thing for longer than it should: something blocks it. Reported once for each time.
     *
     * @param loop the loop's thread
     * @param nanos for how long already
     * @param stack where it is
     */
    void blocked(Thread loop, long nanos, StackTraceElement[] stack);
}
