package dev.millrace.internal.loop;

import dev.millrace.internal.bytes.Nullable;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Keeps a watcher's own failures away from what it watches: where logging fails, for lack of memory or of a descriptor to
 * load a class with, the loops go on. What could not be reported is counted, which takes no memory, and reported later.
 */
final class GuardedWatcher implements LoopWatcher {
    /** Reports of a virtual machine at its end, between two looks of the guard: they come by the thousand. */
    private static final int MOST = 10;

    private final LoopWatcher watcher;
    private final AtomicInteger fatal = new AtomicInteger();
    private final AtomicInteger lost = new AtomicInteger();
    private volatile @Nullable String lastWhat;
    private volatile @Nullable Throwable lastError;

    private GuardedWatcher(LoopWatcher watcher) {
        this.watcher = watcher;
    }

    /** {@return a watcher that never throws} */
    static GuardedWatcher of(LoopWatcher watcher) {
        return watcher instanceof GuardedWatcher guarded ? guarded : new GuardedWatcher(watcher);
    }

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
            if (error instanceof VirtualMachineError && fatal.incrementAndGet() > MOST) {
                lost(what, error);
            } else {
                watcher.error(what, error);
            }
        } catch (Throwable e) { // told later, when there may be memory again
            lost(what, error);
        }
    }

    private void lost(String what, Throwable error) {
        lastWhat = what;
        lastError = error;
        lost.incrementAndGet();
    }

    @Override
    public void blocked(Thread loop, long nanos, StackTraceElement[] stack) {
        try {
            watcher.blocked(loop, nanos, stack);
        } catch (Throwable e) { // nobody is left to be told
            return;
        }
    }

    /** Reports what could not be reported when it happened. Called now and then. */
    void catchUp() {
        fatal.set(0);
        int count = lost.get();
        String what = lastWhat;
        Throwable error = lastError;
        if (count == 0 || what == null || error == null) {
            return;
        }
        try {
            watcher.error(count + " failures were not reported; the last of them in " + what, error);
            lastError = null;
            lost.addAndGet(-count);
        } catch (Throwable e) { // the next time, then
            return;
        }
    }
}
