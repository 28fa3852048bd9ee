package dev.millrace.internal.loop;

import dev.millrace.internal.time.Clock;
import java.io.IOException;
import java.util.List;

/** The loops of a runtime and the guard that watches them. */
public final class LoopGroup {
    private final EventLoop[] loops;
    private final BlockedLoopGuard guard;

    /**
     * Starts loops.
     *
     * @param count how many, at least one
     * @param clock the source of time
     * @param watcher is told what goes wrong
     * @throws IOException if the operating system gives no selector
     */
    public LoopGroup(int count, Clock clock, LoopWatcher watcher) throws IOException {
        loops = new EventLoop[count];
        for (int i = 0; i < count; i++) {
            loops[i] = new EventLoop("millrace-loop-" + i, clock, watcher);
        }
        for (EventLoop loop : loops) {
            loop.start();
        }
        guard = new BlockedLoopGuard(loops, clock, watcher);
        guard.start();
    }

    /** {@return the loops} */
    public List<EventLoop> loops() {
        return List.of(loops);
    }

    /** {@return the first loop, which accepts where one listener serves all} */
    public EventLoop first() {
        return loops[0];
    }

    /** {@return the loop with fewest connections; the given one where it is no busier than the others} */
    EventLoop leastLoaded(EventLoop preferred) {
        EventLoop least = preferred;
        int fewest = preferred.connections().get();
        for (EventLoop loop : loops) {
            int connections = loop.connections().get();
            if (connections < fewest) {
                least = loop;
                fewest = connections;
            }
        }
        return least;
    }

    /**
     * Ends the loops; whatever is still open on them is lost. Waits for the threads unless called on one of them.
     *
     * @throws InterruptedException if interrupted while waiting
     */
    public void stop() throws InterruptedException {
        guard.stop();
        for (EventLoop loop : loops) {
            loop.stop();
        }
        for (EventLoop loop : loops) {
            if (!loop.inLoop()) {
                loop.thread().join();
            }
        }
    }
}
