package dev.millrace.internal.loop;

import dev.millrace.http.Phase;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.transport.TransportSettings;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.ConnectionSnapshot;
import dev.millrace.observe.ConnectionState;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Whoever makes sockets' transports, by accepting or by connecting: has what they go by, knows how many there are, and takes
 * them to their end when it stops. Safe for any thread where nothing else is said.
 */
public abstract class SocketOwner {
    private final LoopGroup group;
    private final TransportSettings settings;
    private final AtomicInteger open = new AtomicInteger();
    private final CompletableFuture<Void> empty = new CompletableFuture<>();
    private volatile @Nullable DrainTally tally; // from the beginning of a stop on
    private volatile boolean patient; // with peers that have not said anything yet
    private volatile boolean closed;

    /**
     * An owner of no socket yet.
     *
     * @param group the loops that its sockets live on
     * @param settings of its transports
     */
    SocketOwner(LoopGroup group, TransportSettings settings) {
        this.group = group;
        this.settings = settings;
    }

    /** {@return the loops that its sockets live on} */
    final LoopGroup group() {
        return group;
    }

    /** {@return what its transports go by} */
    final TransportSettings settings() {
        return settings;
    }

    // ---- the count

    /** A connection is on its way; {@link #released} follows. */
    final void opened() {
        open.incrementAndGet();
    }

    /** A connection has ended. On its loop. */
    final void released(@Nullable ConnectionState found, CloseReason reason, Phase phase, long requests) {
        DrainTally counts = tally;
        if (counts != null) {
            counts.ended(found, reason, phase, requests);
        }
        released();
    }

    /** A connection has ended, or did not come to be. */
    void released() {
        if (open.decrementAndGet() == 0 && closed) {
            empty.complete(null);
        }
    }

    /** {@return how many connections are open; a moment's value} */
    public final int openConnections() {
        return open.get();
    }

    /** {@return the open connections that live on a loop; to be called there} */
    public final List<ConnectionSnapshot> snapshots(EventLoop on) {
        return on.snapshots(this);
    }

    // ---- a stop

    /** {@return whether the connections are to end; a new one asks at each turn of its life} */
    final boolean draining() {
        return tally != null;
    }

    /** {@return whether a peer that has not said anything yet may still do so} */
    final boolean patient() {
        return patient;
    }

    /** From now on connections are to end, and {@code counts} is told how they do. */
    final void beginStop(DrainTally counts, boolean withPatience) {
        patient = withPatience;
        tally = counts;
    }

    /** The patience with silent peers is over. */
    final void endPatience() {
        patient = false;
        sweep();
    }

    /** Asks all connections to end. */
    final void sweep() {
        for (EventLoop each : group.loops()) {
            each.execute(() -> each.drain(this, patient));
        }
    }

    /** Ends all connections at once, those that are on their way included. */
    final void cutAllOff() {
        for (EventLoop each : group.loops()) {
            each.execute(() -> each.force(this));
        }
    }

    /** No further connection comes: without any it is empty. */
    final void hasClosed() {
        closed = true;
        if (open.get() == 0) {
            empty.complete(null);
        }
    }

    /** {@return completes when no further connection comes and the last one has ended} */
    final CompletableFuture<Void> empty() {
        return empty;
    }
}
