package dev.millrace.server;

import dev.millrace.http.AsyncHandler;
import dev.millrace.http.Handler;
import dev.millrace.http.Limits;
import dev.millrace.http.Request;
import dev.millrace.http.Timeouts;
import dev.millrace.http.Tunnel;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.exchange.Dispatcher;
import dev.millrace.internal.loop.EventLoop;
import dev.millrace.internal.loop.Listener;
import dev.millrace.internal.loop.RuntimeAccess;
import dev.millrace.internal.time.NonBlocking;
import dev.millrace.internal.tls.TlsAccess;
import dev.millrace.internal.tls.TlsSettings;
import dev.millrace.internal.transport.AddressRanges;
import dev.millrace.net.NetRuntime;
import dev.millrace.net.Tls;
import dev.millrace.observe.ConnectionListener;
import dev.millrace.observe.ConnectionSnapshot;
import dev.millrace.observe.Metrics;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;

/**
 * An HTTP server.
 *
 * <pre>{@code
 * try (HttpServer server = HttpServer.builder()
 *         .handler(request -> Response.text("Hello, " + request.path()))
 *         .http(8080)
 *         .start()) {
 *     server.awaitStop();
 * }
 * }</pre>
 *
 * <p>Safe for any thread.
 */
public final class HttpServer implements AutoCloseable {
    private static final Duration LONGEST = Duration.ofDays(365);

    private final NetRuntime runtime;
    private final Timeouts timeouts;
    private final Metrics metrics;
    private final ServerWiring wiring;
    private final List<Listener> listeners;
    private final List<InetSocketAddress> addresses;
    private final Drain drain;
    private @Nullable TunnelService tunnels; // guarded by this; from the first tunnel on

    private HttpServer(
            NetRuntime runtime,
            Timeouts timeouts,
            Metrics metrics,
            ServerWiring wiring,
            List<InetSocketAddress> addresses,
            Drain drain) {
        this.runtime = runtime;
        this.timeouts = timeouts;
        this.metrics = metrics;
        this.wiring = wiring;
        this.listeners = wiring.listeners();
        this.addresses = addresses;
        this.drain = drain;
    }

    /** {@return a builder of a server} */
    public static Builder builder() {
        return new Builder();
    }

    /** {@return the addresses that are listened on, with the ports that were chosen, in the order of the builder's calls} */
    public List<InetSocketAddress> addresses() {
        return addresses;
    }

    /** {@return what the server has counted} */
    public Metrics metrics() {
        return metrics;
    }

    /**
     * The open connections, each as it was at one moment of its own loop. Cheap enough to be asked for often.
     *
     * @return gives the connections, in no order
     */
    public CompletionStage<List<ConnectionSnapshot>> connections() {
        CompletableFuture<List<ConnectionSnapshot>> all = new CompletableFuture<>();
        List<EventLoop> loops = RuntimeAccess.loops(runtime).loops();
        List<ConnectionSnapshot> found = Collections.synchronizedList(new ArrayList<>());
        AtomicInteger waiting = new AtomicInteger(loops.size());
        TunnelService onTunnels = tunnels();
        for (EventLoop loop : loops) {
            loop.execute(() -> {
                for (Listener listener : listeners) {
                    found.addAll(listener.snapshots(loop));
                }
                if (onTunnels != null) {
                    found.addAll(onTunnels.snapshots(loop));
                }
                if (waiting.decrementAndGet() == 0) {
                    all.complete(List.copyOf(found));
                }
            });
        }
        return all;
    }

    /**
     * Serves HTTP on a tunnel, as if it were a connection that had been accepted: with this server's limits and deadlines,
     * its metrics and listeners (who see a connection of the listener {@code tunnel}), and ended with the server. With TLS
     * the client chooses the version of HTTP by ALPN. So a handler that answers {@code CONNECT} can take the place of the
     * host that was asked for:
     *
     * <pre>{@code
     * request -> request.method() == Method.CONNECT
     *         ? Response.tunnel(tunnel -> server.serve(tunnel, tls, inner -> answer(request.authority(), inner)))
     *         : Response.of(Status.NOT_FOUND)
     * }</pre>
     *
     * <p>The tunnel is this server's from here on, and is closed when the connection on it has ended; its own connection goes
     * on being watched by whoever opened it ({@link Timeouts#tunnelIdle()} there). A server that is being stopped closes the
     * tunnel at once. Does not block, and may be called on any thread.
     *
     * @param tunnel any, of a server of any version of HTTP or of the caller's own make, that nobody has begun to read
     * @param tls how the connection is encrypted, or {@code null} if it is not
     * @param handler answers its requests, on threads that may block
     * @throws IllegalArgumentException if the configuration is a client's
     */
    public void serve(Tunnel tunnel, @Nullable Tls tls, Handler handler) {
        serve(
                tunnel,
                tls,
                wiring.service()
                        .dispatcher()
                        .answeredBy(
                                Objects.requireNonNull(handler, "handler"),
                                wiring.service().limits().handlers()));
    }

    /**
     * Serves HTTP on a tunnel with an asynchronous handler; else as {@link #serve(Tunnel, Tls, Handler)}.
     *
     * @param tunnel any that nobody has begun to read
     * @param tls how the connection is encrypted, or {@code null} if it is not
     * @param handler answers its requests, on the event loop
     * @throws IllegalArgumentException if the configuration is a client's
     */
    public void serveAsync(Tunnel tunnel, @Nullable Tls tls, AsyncHandler handler) {
        serve(tunnel, tls, wiring.service().dispatcher().answeredBy(Objects.requireNonNull(handler, "handler")));
    }

    private void serve(Tunnel tunnel, @Nullable Tls tls, Dispatcher dispatcher) {
        Objects.requireNonNull(tunnel, "tunnel");
        TlsSettings settings = tls == null ? null : TlsAccess.serverSettings(tls);
        TunnelService service = null;
        synchronized (this) {
            if (tunnels == null && drain.accepting()) {
                TunnelService made = new TunnelService(RuntimeAccess.loops(runtime), wiring.service());
                if (drain.also(made)) {
                    tunnels = made;
                }
            }
            service = tunnels; // which refuses by itself once the server stops
        }
        if (service == null) {
            tunnel.close();
        } else {
            service.serve(tunnel, settings, dispatcher);
        }
    }

    private synchronized @Nullable TunnelService tunnels() {
        return tunnels;
    }

    /** {@return the port of the first listener} */
    public int port() {
        return addresses.get(0).getPort();
    }

    /** {@return whether the server means to go on serving: from its start to the beginning of its stop} */
    public boolean ready() {
        return drain.serving();
    }

    /**
     * Waits until the server has stopped.
     *
     * @throws InterruptedException if interrupted while waiting
     */
    public void awaitStop() throws InterruptedException {
        try {
            drain.awaited().get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("stopping a server", e);
        }
    }

    /**
     * Stops the server gracefully, and returns at once. It accepts nothing more; connections that have sent no byte of a
     * request, or wait between two, are closed; every request of which a byte has arrived is served, those that were
     * pipelined behind it included, and the last response on a connection says {@code Connection: close} (HTTP/2: GOAWAY, RFC
     * 9113 §6.8). A handshake or a header section that has begun gets what is left of its own deadline, but at most two
     * seconds; a peer that has its last response at most one to end its side. Tunnels are told by {@link
     * dev.millrace.http.Tunnel#draining()}. What is left at the deadline is cut off, and handlers that block are interrupted.
     *
     * <p>May be called from anywhere, a handler included. A further call returns the same outcome; if its deadline comes
     * earlier, that one counts: {@link Duration#ZERO} cuts off at once.
     *
     * @param deadline how long what is under way may take, not negative; counted from the end of the {@linkplain
     *     Builder#readinessDelay readiness delay}, which zero leaves out
     * @return completes when the last connection has ended, and where the runtime is the server's own, when that is closed;
     *     what depends on it may run on an event loop and must not block
     * @throws IllegalArgumentException if the deadline is negative, or longer than a year
     */
    public CompletionStage<DrainReport> drain(Duration deadline) {
        if (deadline.isNegative() || deadline.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(
                    "drain: the deadline is " + deadline + " but must be from 0 to 365 days");
        }
        drain.begin(deadline);
        return drain.report();
    }

    /**
     * Stops the server as {@link #drain} does, with {@link Timeouts#drain()} as its deadline, and waits for that unless called
     * on an event loop. A blocking handler that calls it waits for its own request, up to the deadline: call {@code drain}
     * there.
     */
    @Override
    public void close() {
        drain.begin(timeouts.drain());
        if (Thread.currentThread() instanceof NonBlocking) {
            return;
        }
        boolean interrupted = false;
        while (true) {
            try {
                awaitStop();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Settings of an {@link HttpServer}. Not safe for several threads at once. */
    public static final class Builder {
        private final List<Bind> binds = new ArrayList<>();
        private @Nullable Handler handler;
        private @Nullable AsyncHandler asyncHandler;
        private @Nullable NetRuntime runtime;
        private int loops;
        private long bufferedBytes;
        private boolean reusePort;
        private Limits limits = Limits.defaults();
        private Timeouts timeouts = Timeouts.defaults();
        private String serverName = "millrace";
        private BiConsumer<Request, Throwable> errors = new ErrorLog();
        private Metrics metrics = new Metrics();
        private final List<ConnectionListener> connectionListeners = new ArrayList<>();

        private DrainSettings drain = DrainSettings.NONE;
        private @Nullable HealthCheck health;
        private final Set<String> vital = new HashSet<>();

        private Builder() {}

        /**
         * Sets who answers requests, on threads that may block. Either this or {@link #asyncHandler} is called.
         *
         * @param value the handler
         * @return this
         */
        public Builder handler(Handler value) {
            Objects.requireNonNull(value, "handler");
            handler = value;
            return this;
        }

        /**
         * Sets who answers requests, on the event loops. Either this or {@link #handler} is called.
         *
         * @param value the handler
         * @return this
         */
        public Builder asyncHandler(AsyncHandler value) {
            Objects.requireNonNull(value, "asyncHandler");
            asyncHandler = value;
            return this;
        }

        /**
         * Adds a listener without encryption on all of the machine's addresses.
         *
         * @param port 0 to 65535; 0 takes a free one
         * @return this
         * @throws IllegalArgumentException for another number
         */
        public Builder http(int port) {
            return http(new InetSocketAddress(port));
        }

        /**
         * Adds a listener without encryption.
         *
         * @param address where to listen; port 0 takes a free one
         * @return this
         * @throws IllegalArgumentException if the address's host name could not be resolved
         */
        public Builder http(InetSocketAddress address) {
            if (address.isUnresolved()) {
                throw new IllegalArgumentException("http: no address is known for the host " + address.getHostString());
            }
            binds.add(new Bind(address, null, null, false));
            return this;
        }

        /**
         * Adds a listener with TLS on all of the machine's addresses.
         *
         * @param port 0 to 65535; 0 takes a free one
         * @param tls the certificates and what else TLS needs
         * @return this
         * @throws IllegalArgumentException for another number
         */
        public Builder https(int port, Tls tls) {
            return https(new InetSocketAddress(port), tls);
        }

        /**
         * Adds a listener with TLS.
         *
         * @param address where to listen; port 0 takes a free one
         * @param tls the certificates and what else TLS needs
         * @return this
         * @throws IllegalArgumentException if the address's host name could not be resolved, or the configuration is a
         *     client's
         */
        public Builder https(InetSocketAddress address, Tls tls) {
            if (address.isUnresolved()) {
                throw new IllegalArgumentException(
                        "https: no address is known for the host " + address.getHostString());
            }
            binds.add(new Bind(address, TlsAccess.serverSettings(tls), null, false));
            return this;
        }

        /**
         * Has the listener that was added last take the PROXY protocol, versions 1 and 2, from some peers: their connections
         * must begin with its header, before any TLS, and are then known by the addresses that it tells. From all others
         * the header is refused like any other bytes that are neither TLS nor HTTP, and their own address counts.
         *
         * @param trustedFrom addresses, and ranges such as {@code 10.0.0.0/8}; only of proxies that let no peer's own header
         *     pass, for whoever sends one chooses its address
         * @return this
         * @throws IllegalArgumentException for none, or one that is not an address or a range
         * @throws IllegalStateException if no listener has been added
         */
        public Builder proxyProtocol(String... trustedFrom) {
            if (trustedFrom.length == 0) {
                throw new IllegalArgumentException("proxyProtocol: name the addresses of the proxies");
            }
            AddressRanges ranges = new AddressRanges(trustedFrom);
            Bind last = last("proxyProtocol");
            binds.add(new Bind(last.address(), last.tls(), ranges, last.refuses()));
            return this;
        }

        /**
         * Has the listener that was added last refuse peers while {@link Limits#connections()} are open or the operating system
         * has no descriptor left: with 503 in clear, with an alert where there is TLS. A descriptor is held in reserve for that.
         * If not called, they wait in the kernel until there is room, and may wait long.
         *
         * @return this
         * @throws IllegalStateException if no listener has been added
         */
        public Builder refuseWhenFull() {
            Bind last = last("refuseWhenFull");
            binds.add(new Bind(last.address(), last.tls(), last.proxies(), true));
            return this;
        }

        /** Takes the listener that was added last away, so that it can be put back changed. */
        private Bind last(String setting) {
            if (binds.isEmpty()) {
                throw new IllegalStateException(setting + " is a setting of a listener: call http or https before");
            }
            return binds.remove(binds.size() - 1);
        }

        /**
         * Sets what the server runs on; its own runtime, closed with it, if not called.
         *
         * @param value the runtime
         * @return this
         */
        public Builder runtime(NetRuntime value) {
            Objects.requireNonNull(value, "runtime");
            runtime = value;
            return this;
        }

        /**
         * Bounds what all connections hold for their peers, in the server's own runtime; a quarter of the greatest heap if not
         * called. See {@link NetRuntime.Builder#bufferedBytes(long)}.
         *
         * @param bytes at least 64 KiB
         * @return this
         * @throws IllegalArgumentException for less
         */
        public Builder bufferedBytes(long bytes) {
            NetRuntime.builder().bufferedBytes(bytes); // checks
            bufferedBytes = bytes;
            return this;
        }

        /**
         * Sets the number of event loops of the server's own runtime; as many as there are processors if not called.
         *
         * @param count at least one
         * @return this
         * @throws IllegalArgumentException for less
         */
        public Builder loops(int count) {
            if (count < 1) {
                throw new IllegalArgumentException("loops is " + count + " but must be at least 1");
            }
            loops = count;
            return this;
        }

        /**
         * Lets each event loop accept for itself on a socket of its own (SO_REUSEPORT), and other processes share the port;
         * off if not called, when one listener hands connections to the loop that has fewest.
         *
         * @param value whether to
         * @return this
         */
        public Builder reusePort(boolean value) {
            reusePort = value;
            return this;
        }

        /**
         * Sets the bounds; {@link Limits#defaults()} if not called.
         *
         * @param value the bounds
         * @return this
         */
        public Builder limits(Limits value) {
            Objects.requireNonNull(value, "limits");
            limits = value;
            return this;
        }

        /**
         * Sets the deadlines; {@link Timeouts#defaults()} if not called.
         *
         * @param value the deadlines
         * @return this
         */
        public Builder timeouts(Timeouts value) {
            Objects.requireNonNull(value, "timeouts");
            timeouts = value;
            return this;
        }

        /**
         * Sets the {@code Server} field of responses; {@code millrace} if not called.
         *
         * @param value the field's value, empty to send none
         * @return this
         */
        public Builder serverName(String value) {
            Objects.requireNonNull(value, "serverName");
            dev.millrace.http.Headers.of("Server", value); // refuses what a field value must not have
            serverName = value;
            return this;
        }

        /**
         * Sets who is told when a handler, a body or a tunnel fails; the platform's logging if not called. Called by any
         * thread. What peers do is never an error.
         *
         * @param hook gets the request and what was thrown
         * @return this
         */
        public Builder onError(BiConsumer<Request, Throwable> hook) {
            Objects.requireNonNull(hook, "onError");
            errors = hook;
            return this;
        }

        /**
         * Adds who is told what happens to connections.
         *
         * @param listener called on the event loops
         * @return this
         */
        public Builder connectionListener(ConnectionListener listener) {
            connectionListeners.add(listener);
            return this;
        }

        /**
         * Sets where the server counts, for servers that count together; an object of its own if not called.
         *
         * @param value counts
         * @return this
         */
        public Builder metrics(Metrics value) {
            metrics = value;
            return this;
        }

        /**
         * Sets how long a stop goes on accepting and serving as before once it has begun; not at all if not called. Meanwhile
         * {@link HttpServer#ready()} is false and the {@linkplain #healthPath health path} answers 503, so that load balancers
         * send nothing new before the listeners are closed: give it as long as they need to see that.
         *
         * @param value from 0 to 365 days
         * @return this
         * @throws IllegalArgumentException for anything else
         */
        public Builder readinessDelay(Duration value) {
            drain = new DrainSettings(bounded("readinessDelay", value), drain.firstByteGrace());
            return this;
        }

        /**
         * Sets how long a stop lets connections be that have not sent a byte yet; not at all if not called. A request that is
         * on its way on one of them is then served.
         *
         * @param value from 0 to 365 days; the deadline of the stop bounds it, too
         * @return this
         * @throws IllegalArgumentException for anything else
         */
        public Builder firstByteGrace(Duration value) {
            drain = new DrainSettings(drain.readinessDelay(), bounded("firstByteGrace", value));
            return this;
        }

        private static Duration bounded(String name, Duration value) {
            if (value.isNegative() || value.compareTo(LONGEST) > 0) {
                throw new IllegalArgumentException(name + " is " + value + " but must be from 0 to 365 days");
            }
            return value;
        }

        /**
         * Has the server answer GET and HEAD at a path itself: 200 while it means to go on serving, 503 once it stops. No
         * such path if not called.
         *
         * @param path such as {@code /health}
         * @return this
         * @throws IllegalArgumentException if it does not begin with a slash
         */
        public Builder healthPath(String path) {
            if (!path.startsWith("/")) {
                throw new IllegalArgumentException("healthPath must begin with a slash: " + path);
            }
            health = new HealthCheck(path);
            return this;
        }

        /**
         * Names paths that are served also while the runtime's connections hold more for their peers than they may ({@link
         * NetRuntime.Builder#bufferedBytes(long)}) and all other requests are answered 503: those by which somebody watches
         * the server, such as {@code /metrics}. It holds for GET and HEAD, and only for peers that take what they ask for.
         * The {@linkplain #healthPath health path} is one of them: pressure passes, and a balancer that took a server out
         * because of it would move the load to the others. May be called several times.
         *
         * @param paths as in {@link Request#path()}, each beginning with a slash
         * @return this
         * @throws IllegalArgumentException if one does not
         */
        public Builder vitalPaths(String... paths) {
            for (String path : paths) {
                if (!path.startsWith("/")) {
                    throw new IllegalArgumentException("vitalPaths must begin with a slash: " + path);
                }
                vital.add(path);
            }
            return this;
        }

        private NetRuntime ownRuntime() throws IOException {
            NetRuntime.Builder own = NetRuntime.builder();
            if (loops > 0) {
                own.loops(loops);
            }
            if (bufferedBytes > 0) {
                own.bufferedBytes(bufferedBytes);
            }
            return own.start();
        }

        /**
         * Starts the server.
         *
         * @return the server, accepting connections
         * @throws IOException if an address cannot be bound ({@link java.net.BindException} if it is taken)
         * @throws IllegalStateException if there is no handler or no listener, or both kinds of handler
         */
        public HttpServer start() throws IOException {
            if ((handler == null) == (asyncHandler == null)) {
                throw new IllegalStateException("set either handler or asyncHandler");
            }
            if (binds.isEmpty()) {
                throw new IllegalStateException("no listener: call http or https");
            }
            if (runtime != null && (loops > 0 || bufferedBytes > 0)) {
                throw new IllegalStateException((loops > 0 ? "loops" : "bufferedBytes")
                        + " is a setting of the server's own runtime, but runtime was called");
            }
            NetRuntime running = runtime;
            if (running == null) {
                running = ownRuntime();
            }
            HandlerThreads threads = new HandlerThreads(running);
            HealthCheck check = health;
            if (check != null) {
                vital.add(check.path());
            }
            ServerWiring wiring = new ServerWiring(
                    binds,
                    handler == null || check == null ? handler : check.around(handler),
                    asyncHandler == null || check == null ? asyncHandler : check.aroundAsync(asyncHandler),
                    threads,
                    reusePort,
                    limits,
                    timeouts,
                    serverName,
                    errors,
                    metrics,
                    connectionListeners,
                    Set.copyOf(vital));
            List<InetSocketAddress> addresses;
            try {
                addresses = wiring.start(running);
            } catch (IOException | RuntimeException e) {
                if (runtime == null) {
                    running.close();
                }
                throw e;
            }
            Drain stop = new Drain(running, runtime == null, wiring.listeners(), threads, drain, wiring::end);
            if (check != null) {
                check.started(stop);
            }
            return new HttpServer(running, timeouts, metrics, wiring, addresses, stop);
        }
    }
}
