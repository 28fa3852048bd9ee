package dev.millrace.internal.loop;

/**
 * Keeps a watcher's own failures away from what it watches: where logging fails, for lack of memory or of a descriptor to
 * load a class with, the loops go on.
 */
record GuardedWatcher(LoopWatcher watcher) implements LoopWatcher {
    @Override
    public void prepare() {
        try {
            watcher.prepare();
        } catch (Throwable e) { // nobody is left to be told
            return;
        }
    }

    @Override
    public void error(String what, Throwable error) {
        try {
            watcher.error(what, error);
        } catch (Throwable e) { // nobody is left to be told; the first failure may still reach a debugger
            if (e != error) {
                error.addSuppressed(e);
            }
        }
    }

    @Override
    public void blocked(Thread loop, long nanos, StackTraceElement[] stack) {
        try {
            watcher.blocked(loop, nanos, stack);
        } catch (Throwable e) { // nobody is left to be told
            return;
        }
    }
}
