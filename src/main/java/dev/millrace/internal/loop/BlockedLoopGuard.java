package dev.millrace.internal.loop;

import dev.millrace.internal.time.Clock;

/** Looks in on the loops now and then and reports one that has been busy with one turn for too long, once. */
final class BlockedLoopGuard implements Runnable {
    /** Long enough for a collection pause, short enough to be noticed before peers' deadlines are. */
    static final long TOO_LONG_NANOS = 2_000_000_000L;

    private static final long INTERVAL_MILLIS = 1_000;

    private final EventLoop[] loops;
    private final long[] reported;
    private final Clock clock;
    private final GuardedWatcher watcher;
    private final Thread thread = new Thread(this, "millrace-guard");

    BlockedLoopGuard(EventLoop[] loops, Clock clock, LoopWatcher watcher) {
        this.loops = loops;
        this.reported = new long[loops.length];
        this.clock = clock;
        this.watcher = GuardedWatcher.of(watcher);
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    void stop() {
        thread.interrupt();
    }

    @Override
    public void run() {
        try {
            Thread.sleep(INTERVAL_MILLIS);
            watcher.prepare();
            while (true) {
                Thread.sleep(INTERVAL_MILLIS);
                lookIn();
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private void lookIn() {
        try {
            watcher.catchUp();
            look(clock.nanos());
        } catch (Throwable e) { // a stack may take more memory than there is: looks again
            return;
        }
    }

    void look(long now) {
        for (int i = 0; i < loops.length; i++) {
            long since = loops[i].busySince();
            if (since != 0 && now - since > TOO_LONG_NANOS && reported[i] != since) {
                reported[i] = since;
                watcher.blocked(
                        loops[i].thread(), now - since, loops[i].thread().getStackTrace());
            }
        }
    }
}
