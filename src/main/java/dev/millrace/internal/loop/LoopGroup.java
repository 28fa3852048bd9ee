package dev.millrace.internal.loop;

import dev.millrace.internal.time.Clock;
import dev.millrace.internal.transport.BufferBound;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.List;

/** The loops of a runtime and the guard that watches them. */
public final class LoopGroup {
    private static final long STOP_MILLIS = 2_000;

    private final EventLoop[] loops;
    private final BlockedLoopGuard guard;
    private final BufferBound bound;

    /**
     * Starts loops.
     *
     * @param count how many, at least one
     * @param clock the source of time
     * @param watching is told what goes wrong
     * @param bufferedBytes how many bytes all their connections together may hold for their peers
     * @throws IOException if the operating system gives no selector
     */
    public LoopGroup(int count, Clock clock, LoopWatcher watching, long bufferedBytes) throws IOException {
        LoopWatcher watcher = GuardedWatcher.of(watching);
        // the JDK's first closing of a socket needs a descriptor of its own, and fails for ever if none is left then
        SocketChannel.open().close();
        bound = new BufferBound(bufferedBytes, count);
        loops = new EventLoop[count];
        for (int i = 0; i < count; i++) {
            loops[i] = new EventLoop("millrace-loop-" + i, clock, watcher, bound);
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

    /** {@return the bound of what their connections hold for their peers} */
    public BufferBound bound() {
        return bound;
    }

    /** {@return the first loop, which accepts where one listener serves all} */
    public EventLoop first() {
        return loops[0];
    }

    /** {@return the loop with fewest connections} */
    public EventLoop leastLoaded() {
        return leastLoaded(loops[0]);
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
                loop.thread().join(STOP_MILLIS); // not for ever: a handler may be blocking it
            }
        }
    }
}
