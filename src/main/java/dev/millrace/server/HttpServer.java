package dev.millrace.server;

import dev.millrace.http.AsyncHandler;
import dev.millrace.http.Handler;
import dev.millrace.http.Limits;
import dev.millrace.http.Request;
import dev.millrace.http.Timeouts;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.exchange.Dispatcher;
import dev.millrace.internal.loop.EventLoop;
import dev.millrace.internal.loop.Listener;
import dev.millrace.internal.loop.LoopGroup;
import dev.millrace.internal.loop.RuntimeAccess;
import dev.millrace.internal.transport.TransportSettings;
import dev.millrace.net.NetRuntime;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
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
    private final List<Listener> listeners;
    private final List<InetSocketAddress> addresses;
    private final AtomicReference<State> state = new AtomicReference<>(State.RUNNING);
    private final CountDownLatch stopped = new CountDownLatch(1);

    private HttpServer(
            NetRuntime runtime,
            boolean ownsRuntime,
            Timeouts timeouts,
            List<Listener> listeners,
            List<InetSocketAddress> addresses) {
        this.runtime = runtime;
        this.ownsRuntime = ownsRuntime;
        this.timeouts = timeouts;
        this.listeners = listeners;
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
            CompletableFuture<?>[] drains = new CompletableFuture<?>[listeners.size()];
            for (int i = 0; i < drains.length; i++) {
                drains[i] = listeners.get(i).drain();
            }
            CompletableFuture<Void> all = CompletableFuture.allOf(drains);
            if (!ended(all, timeouts.drain().toMillis())) {
                for (Listener listener : listeners) {
                    listener.force();
                }
                ended(all, 1_000);
            }
        } finally {
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
        private final List<InetSocketAddress> binds = new ArrayList<>();
        private @Nullable Handler handler;
        private @Nullable AsyncHandler asyncHandler;
        private @Nullable NetRuntime runtime;
        private int loops;
        private boolean reusePort;
        private Limits limits = Limits.defaults();
        private Timeouts timeouts = Timeouts.defaults();
        private String serverName = "millrace";
        private BiConsumer<Request, Throwable> errors = new Log();

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
            binds.add(address);
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
                throw new IllegalStateException("no listener: call http");
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
            List<Listener> listeners = new ArrayList<>();
            try {
                List<InetSocketAddress> addresses = bind(running, listeners);
                for (Listener listener : listeners) {
                    listener.start();
                }
                return new HttpServer(running, runtime == null, timeouts, List.copyOf(listeners), addresses);
            } catch (IOException | RuntimeException e) {
                for (Listener listener : listeners) {
                    listener.unbind();
                }
                if (runtime == null) {
                    running.close();
                }
                throw e;
            }
        }

        private List<InetSocketAddress> bind(NetRuntime running, List<Listener> listeners) throws IOException {
            LoopGroup group = RuntimeAccess.loops(running);
            TransportSettings settings = new TransportSettings(
                    limits.outboundBuffer(),
                    limits.inboundBuffer(),
                    timeouts.progressWindow().toNanos(),
                    timeouts.progressBytes());
            ProtocolTable protocols = new ProtocolTable(group, limits, timeouts, dispatcher(running), serverName);
            List<InetSocketAddress> addresses = new ArrayList<>();
            for (InetSocketAddress wanted : binds) {
                InetSocketAddress address = wanted;
                List<EventLoop> acceptors = reusePort ? group.loops() : List.of(group.first());
                for (EventLoop acceptor : acceptors) {
                    Listener listener = Listener.bind(
                            group, acceptor, address, reusePort, settings, limits.connections(), protocols);
                    listeners.add(listener);
                    address = listener.address(); // with SO_REUSEPORT all take the port that the first one got
                }
                addresses.add(address);
            }
            return List.copyOf(addresses);
        }

        private Dispatcher dispatcher(NetRuntime running) {
            BiConsumer<Request, Throwable> hook = errors;
            Executor executor = new LazyExecutor(running);
            if (asyncHandler != null) {
                return Dispatcher.async(asyncHandler, executor, hook::accept);
            }
            Handler blocking = handler;
            if (blocking == null) {
                throw new AssertionError("checked by start");
            }
            return Dispatcher.blocking(blocking, executor, limits.handlers(), hook::accept);
        }

        /** Most servers with asynchronous handlers never need the threads: they are made on first use. */
        private record LazyExecutor(NetRuntime runtime) implements Executor {
            @Override
            public void execute(Runnable task) {
                runtime.handlerExecutor().execute(task);
            }
        }

        /** Reports failures of users' code through the platform's logging. */
        private static final class Log implements BiConsumer<Request, Throwable> {
            @Override
            public void accept(Request request, Throwable error) {
                System.getLogger("dev.millrace").log(System.Logger.Level.ERROR, "serving " + request, error);
            }
        }
    }
}
