package dev.millrace.server;

import dev.millrace.http.Phase;
import dev.millrace.http.Tunnel;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.exchange.ConnectionTunnel;
import dev.millrace.internal.exchange.Dispatcher;
import dev.millrace.internal.loop.DrainTally;
import dev.millrace.internal.loop.EventLoop;
import dev.millrace.internal.loop.LoopGroup;
import dev.millrace.internal.observer.Observer;
import dev.millrace.internal.tls.TlsBuffers;
import dev.millrace.internal.tls.TlsSettings;
import dev.millrace.internal.transport.Endpoint;
import dev.millrace.internal.transport.Protocol;
import dev.millrace.internal.transport.TransportSettings;
import dev.millrace.internal.tunnel.TunnelTransport;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.ConnectionSnapshot;
import dev.millrace.observe.ConnectionState;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Serves HTTP on tunnels that are handed over, each as if it were a connection that had been accepted: counted and listed
 * with the server's own under the listener's name {@value #NAME}, and ended with them. Safe for any thread.
 */
final class TunnelService {
    static final String NAME = "tunnel";

    private final LoopGroup group;
    private final Service service;
    private final TransportSettings settings;
    private final long lingerNanos;
    private final IdentityHashMap<EventLoop, Lane> lanes = new IdentityHashMap<>();
    private final AtomicInteger open = new AtomicInteger();
    private final CompletableFuture<Void> empty = new CompletableFuture<>();
    private volatile @Nullable DrainTally tally; // from the beginning of a stop on

    TunnelService(LoopGroup group, Service service) {
        this.group = group;
        this.service = service;
        this.settings = service.transportSettings();
        this.lingerNanos = service.timeouts().linger().toNanos();
        for (EventLoop loop : group.loops()) {
            lanes.put(loop, new Lane(loop));
        }
    }

    /** What one loop's connections share; used on that loop only. */
    private final class Lane implements TunnelTransport.Registry {
        private final EventLoop loop;
        private final Observer observer;
        private final Set<TunnelTransport> transports = Collections.newSetFromMap(new IdentityHashMap<>());
        private @Nullable Versions inClear;
        private @Nullable Versions overTls;
        private @Nullable TlsBuffers buffers;

        Lane(EventLoop loop) {
            this.loop = loop;
            this.observer = service.observer(NAME, loop);
        }

        private Protocol.Factory protocols(@Nullable TlsSettings tls, Dispatcher dispatcher) {
            if (tls == null) {
                Versions known = inClear;
                if (known == null) {
                    known = Versions.inClear(service, loop, observer);
                    inClear = known;
                }
                return known.answeredBy(dispatcher);
            }
            Versions known = overTls;
            if (known == null) {
                known = Versions.overTls(service, loop, observer);
                overTls = known;
            }
            TlsBuffers shared = buffers;
            if (shared == null) {
                shared = new TlsBuffers();
                buffers = shared;
            }
            return ProtocolTable.encrypted(tls, shared, service, observer, known.answeredBy(dispatcher));
        }

        void serve(Tunnel tunnel, @Nullable TlsSettings tls, Dispatcher dispatcher) {
            open.incrementAndGet(); // first, so that who is stopping the server either sees it or is seen
            if (tally != null) {
                closed();
                tunnel.close();
                return;
            }
            try {
                Endpoint endpoint = new Endpoint(protocols(tls, dispatcher), observer);
                TunnelTransport.open(tunnel, loop, endpoint, settings, lingerNanos, this);
            } catch (Throwable e) { // no memory for a connection: who serves the tunnel hears of it
                closed();
                tunnel.close();
                throw e;
            }
        }

        @Override
        public void opened(TunnelTransport transport) {
            transports.add(transport);
        }

        @Override
        public void ended(TunnelTransport transport) {
            transports.remove(transport);
        }

        @Override
        public void left(@Nullable ConnectionState foundAs, CloseReason why, Phase phase, long requests) {
            DrainTally counts = tally;
            if (counts != null) {
                counts.ended(foundAs, why, phase, requests);
            }
            closed();
        }

        void drain() {
            for (TunnelTransport transport : List.copyOf(transports)) {
                transport.drain();
            }
        }

        void force() {
            for (TunnelTransport transport : List.copyOf(transports)) {
                transport.abort(CloseReason.DRAIN_FORCED, null);
            }
        }
    }

    private void closed() {
        if (open.decrementAndGet() == 0 && tally != null) {
            empty.complete(null);
        }
    }

    /**
     * Begins a connection.
     *
     * @param tunnel carries it
     * @param tls how it is encrypted, or {@code null} if it is not
     * @param dispatcher who answers its requests
     */
    void serve(Tunnel tunnel, @Nullable TlsSettings tls, Dispatcher dispatcher) {
        Lane lane = null;
        if (tunnel instanceof ConnectionTunnel own && own.loop() instanceof EventLoop loop) {
            lane = lanes.get(loop); // none if its connection is another runtime's
        }
        Lane chosen = lane != null ? lane : lanes.get(group.leastLoaded());
        if (chosen == null) {
            throw new AssertionError("a loop without a lane");
        }
        if (chosen.loop.inLoop()) {
            chosen.serve(tunnel, tls, dispatcher);
        } else {
            chosen.loop.execute(() -> chosen.serve(tunnel, tls, dispatcher));
        }
    }

    /** {@return the open connections on a loop; to be called there} */
    List<ConnectionSnapshot> snapshots(EventLoop loop) {
        List<ConnectionSnapshot> found = new ArrayList<>();
        Lane lane = lanes.get(loop);
        if (lane != null) {
            for (TunnelTransport transport : lane.transports) {
                found.add(transport.snapshot());
            }
        }
        return found;
    }

    /**
     * Takes no more tunnels and asks the connections to end.
     *
     * @param counts is told how they end
     * @return completes when the last one has
     */
    CompletableFuture<Void> drain(DrainTally counts) {
        tally = counts;
        if (open.get() == 0) {
            empty.complete(null);
        }
        for (Lane lane : lanes.values()) {
            lane.loop.execute(lane::drain);
        }
        return empty;
    }

    /** Ends all connections at once. */
    void force() {
        for (Lane lane : lanes.values()) {
            lane.loop.execute(lane::force);
        }
    }
}
