package dev.millrace.server;

import dev.millrace.http.AsyncHandler;
import dev.millrace.http.Handler;
import dev.millrace.http.Limits;
import dev.millrace.http.Method;
import dev.millrace.http.Request;
import dev.millrace.http.Timeouts;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.exchange.Dispatcher;
import dev.millrace.internal.loop.ConnectionQuota;
import dev.millrace.internal.loop.EventLoop;
import dev.millrace.internal.loop.Listener;
import dev.millrace.internal.loop.LoopGroup;
import dev.millrace.internal.loop.RuntimeAccess;
import dev.millrace.internal.tls.TlsSettings;
import dev.millrace.internal.transport.TransportSettings;
import dev.millrace.net.NetRuntime;
import dev.millrace.observe.ConnectionListener;
import dev.millrace.observe.JfrListener;
import dev.millrace.observe.Metrics;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;

/** Puts a server together from its settings: binds its addresses, and gives each listener what speaks on it. */
final class ServerWiring {
    private final List<Bind> binds;
    private final @Nullable Handler handler;
    private final @Nullable AsyncHandler asyncHandler;
    private final Executor executor; // of what may block
    private final boolean reusePort;
    private final Limits limits;
    private final Timeouts timeouts;
    private final String serverName;
    private final BiConsumer<Request, Throwable> errors;
    private final Metrics metrics;
    private final List<ConnectionListener> connectionListeners;
    private final Set<String> vital; // paths
    private final List<Listener> listeners = new ArrayList<>();
    private @Nullable ExpiryWatch expiryWatch;
    private @Nullable Service service; // once it is started

    ServerWiring(
            List<Bind> binds,
            @Nullable Handler handler,
            @Nullable AsyncHandler asyncHandler,
            Executor executor,
            boolean reusePort,
            Limits limits,
            Timeouts timeouts,
            String serverName,
            BiConsumer<Request, Throwable> errors,
            Metrics metrics,
            List<ConnectionListener> connectionListeners,
            Set<String> vital) {
        this.binds = binds;
        this.handler = handler;
        this.asyncHandler = asyncHandler;
        this.executor = executor;
        this.reusePort = reusePort;
        this.limits = limits;
        this.timeouts = timeouts;
        this.serverName = serverName;
        this.errors = errors;
        this.metrics = metrics;
        this.connectionListeners = connectionListeners;
        this.vital = vital;
    }

    /**
     * Binds all addresses and begins to accept.
     *
     * @param runtime what the server runs on
     * @return the addresses, with the ports that were chosen
     * @throws IOException if one cannot be bound; then none is
     */
    List<InetSocketAddress> start(NetRuntime runtime) throws IOException {
        try {
            List<InetSocketAddress> addresses = bind(runtime);
            for (Listener listener : listeners) {
                listener.start();
            }
            if (expiryWatch != null) {
                expiryWatch.start();
            }
            return addresses;
        } catch (IOException | RuntimeException e) {
            for (Listener listener : listeners) {
                listener.unbind();
            }
            throw e;
        }
    }

    /** Ends what goes on beside the listeners. */
    void end() {
        if (expiryWatch != null) {
            expiryWatch.stop();
        }
    }

    /** {@return what all connections have in common} */
    Service service() {
        Service wired = service;
        if (wired == null) {
            throw new IllegalStateException("not started");
        }
        return wired;
    }

    /** {@return what accepts} */
    List<Listener> listeners() {
        return List.copyOf(listeners);
    }

    private List<InetSocketAddress> bind(NetRuntime runtime) throws IOException {
        LoopGroup group = RuntimeAccess.loops(runtime);
        metrics.bufferedBytes(group.bound(), group.bound().most());
        ConnectionQuota quota = new ConnectionQuota(limits.connections());
        List<ConnectionListener> observers = new ArrayList<>(connectionListeners);
        JfrListener recorder = JfrListener.whenRecording();
        observers.add(recorder);
        boolean always = !connectionListeners.isEmpty();
        Service wired = new Service(
                limits,
                timeouts,
                dispatcher().withVital(this::isVital),
                serverName,
                executor,
                metrics,
                List.copyOf(observers),
                () -> always || recorder.active());
        service = wired;
        watchCertificates(group.first(), executor);
        List<InetSocketAddress> addresses = new ArrayList<>();
        for (Bind wanted : binds) {
            ProtocolTable protocols = new ProtocolTable(group, wired, wanted);
            InetSocketAddress address = wanted.address();
            for (EventLoop acceptor : reusePort ? group.loops() : List.of(group.first())) {
                Listener listener = bind(group, acceptor, address, wired.transportSettings(), quota, protocols);
                listeners.add(listener);
                if (wanted.refuses()) {
                    listener.refuse(wanted.refusal());
                }
                address = listener.address(); // with SO_REUSEPORT all take the port that the first one got
            }
            addresses.add(address);
        }
        return List.copyOf(addresses);
    }

    private Listener bind(
            LoopGroup group,
            EventLoop acceptor,
            InetSocketAddress address,
            TransportSettings settings,
            ConnectionQuota quota,
            ProtocolTable protocols)
            throws IOException {
        try {
            return Listener.bind(group, acceptor, address, reusePort, settings, quota, protocols);
        } catch (BindException e) {
            BindException named = new BindException(
                    address.getAddress().getHostAddress() + ":" + address.getPort() + ": " + e.getMessage());
            named.initCause(e);
            throw named;
        }
    }

    /** Has the certificates' expiry among the metrics, and somebody warned of it. */
    private void watchCertificates(EventLoop loop, Executor executor) {
        List<TlsSettings> all = new ArrayList<>();
        for (Bind wanted : binds) {
            TlsSettings tls = wanted.tls();
            if (tls != null && !all.contains(tls)) {
                all.add(tls);
                metrics.certificates(tls::expiries);
            }
        }
        if (!all.isEmpty()) {
            expiryWatch = new ExpiryWatch(loop, executor, List.copyOf(all));
        }
    }

    private boolean isVital(Request request) {
        return !vital.isEmpty()
                && vital.contains(request.path())
                && (request.method() == Method.GET || request.method() == Method.HEAD);
    }

    private Dispatcher dispatcher() {
        BiConsumer<Request, Throwable> hook = errors;
        if (asyncHandler != null) {
            return Dispatcher.async(asyncHandler, executor, hook::accept);
        }
        if (handler == null) {
            throw new IllegalStateException("no handler");
        }
        return Dispatcher.blocking(handler, executor, limits.handlers(), hook::accept);
    }
}
