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
import dev.millrace.internal.tls.TlsAccess;
import dev.millrace.internal.tls.TlsSettings;
import dev.millrace.net.NetRuntime;
import dev.millrace.net.Tls;
import dev.millrace.observe.ConnectionListener;
import dev.millrace.observe.ConnectionSnapshot;
import dev.millrace.observe.Metrics;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
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
    private enum State {
        RUNNING,
        STOPPING,
        STOPPED
    }

    private final NetRuntime runtime;
    private final boolean ownsRuntime;
    private final Timeouts timeouts;
    private final Metrics metrics;
    private final ServerWiring wiring;
    private final List<Listener> listeners;
    private final List<InetSocketAddress> addresses;
    private final AtomicReference<State> state = new AtomicReference<>(State.RUNNING);
    private final CountDownLatch stopped = new CountDownLatch(1);
    private @Nullable TunnelService tunnels; // guarded by this; from the first tunnel on

    private HttpServer(
            NetRuntime runtime,
            boolean ownsRuntime,
            Timeouts timeouts,
            Metrics metrics,
            ServerWiring wiring,
            List<InetSocketAddress> addresses) {
        this.runtime = runtime;
        this.ownsRuntime = ownsRuntime;
        this.timeouts = timeouts;
        this.metrics = metrics;
        this.wiring = wiring;
        this.listeners = wiring.listeners();
        this.addresses = addresses;
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
            if (state.get() == State.RUNNING) {
                service = tunnels;
                if (service == null) {
                    service = new TunnelService(RuntimeAccess.loops(runtime), wiring.service());
                    tunnels = service;
                }
            }
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

    /**
     * Waits until the server has stopped.
     *
     * @throws InterruptedException if interrupted while waiting
     */
    public void awaitStop() throws InterruptedException {
        stopped.await();
    }

    /**
     * Stops the server: accepts nothing more, closes connections that are idle, lets started requests be served to their end,
     * and after {@link Timeouts#drain()} cuts off what is left. Waits for that, unless called on an event loop; a second
     * call waits for the first. A blocking handler that calls it waits for its own request, up to that deadline: hand the
     * call to another thread there.
     */
    @Override
    public void close() {
        boolean onLoop = Thread.currentThread() instanceof dev.millrace.internal.time.NonBlocking;
        if (state.compareAndSet(State.RUNNING, State.STOPPING)) {
            if (onLoop) {
                new Thread(this::stop, "millrace-stop").start();
                return;
            }
            stop();
        } else if (!onLoop) {
            awaitStopUninterruptibly();
        }
    }

    private void awaitStopUninterruptibly() {
        boolean interrupted = false;
        while (true) {
            try {
                stopped.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void stop() {
        try {
            TunnelService onTunnels = tunnels();
            List<CompletableFuture<Void>> drains = new ArrayList<>();
            if (onTunnels != null) {
                drains.add(onTunnels.drain());
            }
            for (Listener listener : listeners) {
                drains.add(listener.drain());
            }
            CompletableFuture<Void> all = CompletableFuture.allOf(drains.toArray(new CompletableFuture<?>[0]));
            if (!ended(all, timeouts.drain().toMillis())) {
                if (onTunnels != null) {
                    onTunnels.force();
                }
                for (Listener listener : listeners) {
                    listener.force();
                }
                ended(all, 1_000);
            }
        } finally {
            wiring.end();
            if (ownsRuntime) {
                runtime.close();
            }
            state.set(State.STOPPED);
            stopped.countDown();
        }
    }

    private static boolean ended(CompletableFuture<Void> all, long millis) {
        try {
            all.get(millis, TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException notYet) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (java.util.concurrent.ExecutionException e) {
            throw new IllegalStateException("stopping a server", e);
        }
    }

    /** Settings of an {@link HttpServer}. Not safe for several threads at once. */
    public static final class Builder {
        private final List<Bind> binds = new ArrayList<>();
        private @Nullable Handler handler;
        private @Nullable AsyncHandler asyncHandler;
        private @Nullable NetRuntime runtime;
        private int loops;
        private boolean reusePort;
        private Limits limits = Limits.defaults();
        private Timeouts timeouts = Timeouts.defaults();
        private String serverName = "millrace";
        private BiConsumer<Request, Throwable> errors = new ErrorLog();
        private Metrics metrics = new Metrics();
        private final List<ConnectionListener> connectionListeners = new ArrayList<>();

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
            binds.add(new Bind(address, null));
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
            binds.add(new Bind(address, TlsAccess.serverSettings(tls)));
            return this;
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
            if (runtime != null && loops > 0) {
                throw new IllegalStateException(
                        "loops is a setting of the server's own runtime, but runtime was called");
            }
            NetRuntime running = runtime;
            if (running == null) {
                NetRuntime.Builder own = NetRuntime.builder();
                running = (loops > 0 ? own.loops(loops) : own).start();
            }
            ServerWiring wiring = new ServerWiring(
                    binds,
                    handler,
                    asyncHandler,
                    reusePort,
                    limits,
                    timeouts,
                    serverName,
                    errors,
                    metrics,
                    connectionListeners);
            List<InetSocketAddress> addresses;
            try {
                addresses = wiring.start(running);
            } catch (IOException | RuntimeException e) {
                if (runtime == null) {
                    running.close();
                }
                throw e;
            }
            return new HttpServer(running, runtime == null, timeouts, metrics, wiring, addresses);
        }
    }
}
