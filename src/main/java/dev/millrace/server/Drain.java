package dev.millrace.server;

import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.loop.DrainTally;
import dev.millrace.internal.loop.EventLoop;
import dev.millrace.internal.loop.Listener;
import dev.millrace.internal.loop.RuntimeAccess;
import dev.millrace.internal.time.Deadline;
import dev.millrace.net.NetRuntime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/**
 * How a server stops, once. The steps are taken on a loop of its runtime, so that time is the runtime's.
 *
 * <pre>
 *   SERVING ──► ANNOUNCED ──the readiness delay──► DRAINING ──the last connection──► STOPPING ──► STOPPED
 *      └────────no delay─────────────────────────► │                                  ▲
 *                                                  └──the deadline──► FORCED ─────────│
 *                                                                        └─a moment─► INTERRUPTED
 * </pre>
 */
final class Drain extends Deadline {
    /** How long after its end a stop is not waited for any more: its loop does not answer, because something blocks it. */
    private static final long GIVE_UP_NANOS = 1_500_000_000L;

    /** A handler may have answered already, and only have to return, when its connection is cut off or gone. */
    private static final long MOMENT_NANOS = 100_000_000L;

    /** What is cut off has nothing to wait for; a handler that does not heed its interrupt is left behind after this. */
    private static final long INTERRUPTED_NANOS = 900_000_000L;

    private enum State {
        SERVING,
        /** Serves as before, but says that it is going to stop. */
        ANNOUNCED,
        /** Accepts nothing more; what is under way goes on. */
        DRAINING,
        /** All connections are cut off. */
        FORCED,
        /** And what still runs is interrupted. */
        INTERRUPTED,
        /** All is over but what belongs to the server alone. */
        STOPPING,
        STOPPED
    }

    private final NetRuntime runtime;
    private final boolean ownsRuntime;
    private final List<Listener> listeners;
    private final HandlerThreads threads;
    private final DrainSettings settings;
    private final Runnable atTheEnd;
    private final EventLoop loop;
    private @Nullable TunnelService tunnels; // guarded by this
    private final DrainTally tally = new DrainTally();
    private final CompletableFuture<DrainReport> report = new CompletableFuture<>();
    private volatile State state = State.SERVING;
    private long within = Long.MAX_VALUE; // on the loop: how long the stop may take once it drains
    private volatile long began;

    Drain(
            NetRuntime runtime,
            boolean ownsRuntime,
            List<Listener> listeners,
            HandlerThreads threads,
            DrainSettings settings,
            Runnable atTheEnd) {
        this.runtime = runtime;
        this.ownsRuntime = ownsRuntime;
        this.listeners = listeners;
        this.threads = threads;
        this.settings = settings;
        this.atTheEnd = atTheEnd;
        this.loop = RuntimeAccess.loops(runtime).first();
    }

    private synchronized boolean become(State from, State to) {
        if (state != from) {
            return false;
        }
        state = to;
        return true;
    }

    /** {@return whether new connections may begin. Safe for any thread} */
    boolean accepting() {
        return state.compareTo(State.ANNOUNCED) <= 0;
    }

    /** There are connections on tunnels, too, from now on; says whether it is not too late for that. */
    synchronized boolean also(TunnelService service) {
        if (!accepting()) {
            return false;
        }
        tunnels = service;
        return true;
    }

    private synchronized @Nullable TunnelService tunnels() {
        return tunnels;
    }

    /** {@return whether the server means to go on serving. Safe for any thread} */
    boolean serving() {
        return state == State.SERVING;
    }

    /** {@return completes when the server has stopped} */
    CompletionStage<DrainReport> report() {
        return report.minimalCompletionStage();
    }

    CompletableFuture<DrainReport> awaited() {
        return report;
    }

    /**
     * Begins to stop, or shortens a stop that has begun. Safe for any thread.
     *
     * @param deadline how long what is under way may take from now on
     */
    void begin(Duration deadline) {
        long nanos = deadline.toNanos();
        boolean first = become(State.SERVING, State.ANNOUNCED);
        if (first) {
            began = loop.clock().nanos();
        }
        if (!loop.ended()) {
            loop.execute(() -> step(first, nanos));
            awaitNoLonger((nanos == 0 ? 0 : settings.readinessDelay().toNanos()) + nanos + GIVE_UP_NANOS);
        } else if (first) { // the runtime was closed before, and everything with it
            drain(0);
        }
    }

    /** By the machine's time, and on a thread of the JDK's: the last resort must not depend on what may have failed. */
    private void awaitNoLonger(long nanos) {
        CompletionStage<DrainReport> bounded = report.copy().orTimeout(nanos, TimeUnit.NANOSECONDS);
        bounded.whenComplete((outcome, timeout) -> {
            if (timeout != null) {
                giveUp();
            }
        });
    }

    private void giveUp() {
        become(State.ANNOUNCED, State.DRAINING);
        force();
        for (Listener listener : listeners) {
            listener.unbind();
        }
        finish();
    }

    private void step(boolean first, long nanos) {
        switch (state) {
            case ANNOUNCED:
                within = Math.min(within, nanos); // a second call may overtake the first
                if (settings.readinessDelay().isZero() || nanos == 0) {
                    drain(within);
                } else if (first) {
                    loop.arm(this, loop.now() + settings.readinessDelay().toNanos());
                }
                break;
            case DRAINING:
                if (nanos == 0) {
                    force();
                } else if (loop.now() + nanos - dueNanos() < 0) {
                    loop.arm(this, loop.now() + nanos);
                }
                break;
            case SERVING, FORCED, INTERRUPTED, STOPPING, STOPPED:
                break;
        }
    }

    @Override
    protected void expired(long now) {
        switch (state) {
            case ANNOUNCED -> drain(within);
            case DRAINING -> force();
            case FORCED -> interrupt();
            case INTERRUPTED -> finish();
            case SERVING, STOPPING, STOPPED -> {}
        }
    }

    private void drain(long nanos) {
        become(State.ANNOUNCED, State.DRAINING);
        if (loop.inLoop()) {
            loop.arm(this, loop.now() + nanos);
        }
        List<CompletableFuture<Void>> empty = new ArrayList<>();
        TunnelService onTunnels = tunnels();
        if (onTunnels != null) {
            empty.add(onTunnels.drain(tally));
        }
        long grace = Math.min(settings.firstByteGrace().toNanos(), nanos);
        for (Listener listener : listeners) {
            empty.add(listener.drain(tally, grace));
        }
        CompletionStage<Void> over = CompletableFuture.allOf(empty.toArray(new CompletableFuture<?>[0]))
                .thenCompose(connections -> threads.idle());
        over.whenComplete((nothing, failure) -> finish());
        if (nanos == 0 && state == State.DRAINING) {
            force();
        }
    }

    private void force() {
        if (!become(State.DRAINING, State.FORCED)) {
            return;
        }
        TunnelService onTunnels = tunnels();
        if (onTunnels != null) {
            onTunnels.force();
        }
        for (Listener listener : listeners) {
            listener.force();
        }
        if (loop.inLoop()) {
            loop.arm(this, loop.now() + MOMENT_NANOS);
        }
    }

    private void interrupt() {
        if (become(State.FORCED, State.INTERRUPTED)) {
            threads.interrupt();
            loop.arm(this, loop.now() + INTERRUPTED_NANOS);
        }
    }

    /** Nothing is left, or nothing that can be waited for. Called by any thread. */
    void finish() {
        if (become(State.FORCED, State.STOPPING)) {
            threads.interrupt(); // if anything runs, nothing is waited for any more
        } else if (!become(State.INTERRUPTED, State.STOPPING) && !become(State.DRAINING, State.STOPPING)) {
            return;
        }
        int abandoned = 0; // the loop of these does not even come to cut them off
        for (Listener listener : listeners) {
            abandoned += listener.openConnections();
        }
        Duration took = Duration.ofNanos(loop.clock().nanos() - began);
        DrainReport outcome = new DrainReport(
                tally.idle(),
                tally.served(),
                tally.ended(),
                tally.forced(),
                abandoned,
                threads.interrupted(),
                tally.reasons(),
                took);
        if (ownsRuntime) {
            try {
                new Thread(() -> stopped(outcome), "millrace-stop").start(); // a loop cannot wait for itself
            } catch (OutOfMemoryError e) { // no thread can be made: then it does not wait
                stopped(outcome);
            }
        } else {
            loop.execute(() -> loop.cancel(this));
            stopped(outcome);
        }
    }

    private void stopped(DrainReport outcome) {
        try {
            atTheEnd.run();
            if (ownsRuntime) {
                runtime.close();
            }
        } finally {
            become(State.STOPPING, State.STOPPED);
            report.complete(outcome);
        }
    }
}
