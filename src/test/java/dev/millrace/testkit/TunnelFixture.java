package dev.millrace.testkit;

import dev.millrace.http.AsyncHandler;
import dev.millrace.http.Limits;
import dev.millrace.http.Timeouts;
import dev.millrace.http.Tunnel;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.exchange.Dispatcher;
import dev.millrace.internal.h1.Http1Connection;
import dev.millrace.internal.h1.Http1Context;
import dev.millrace.internal.observer.Observer;
import dev.millrace.internal.tls.TlsAccess;
import dev.millrace.internal.tls.TlsBuffers;
import dev.millrace.internal.tls.TlsContext;
import dev.millrace.internal.tls.TlsTransport;
import dev.millrace.internal.transport.Endpoint;
import dev.millrace.internal.transport.Protocol;
import dev.millrace.internal.transport.TransportSettings;
import dev.millrace.internal.tunnel.TunnelTransport;
import dev.millrace.net.Tls;
import dev.millrace.observe.ConnectionEnd;
import dev.millrace.observe.ConnectionInfo;
import dev.millrace.observe.ConnectionListener;
import dev.millrace.observe.ConnectionStats;
import dev.millrace.observe.HandshakeInfo;
import dev.millrace.observe.Metrics;
import java.util.ArrayList;
import java.util.List;

/** Connections of HTTP/1.1, in clear or with TLS, on tunnels; and what observers are told of their ends. */
public final class TunnelFixture implements TunnelTransport.Registry, ConnectionListener {
    private final TestLoop loop;
    private final Timeouts timeouts;
    private final TransportSettings settings;
    private final Endpoint endpoint;
    private final List<TunnelTransport> open = new ArrayList<>();
    private final List<ConnectionEnd> ends = new ArrayList<>();
    private final List<ConnectionStats> stats = new ArrayList<>();
    private final List<Throwable> errors = new ArrayList<>();

    /**
     * Connections that nobody has opened yet.
     *
     * @param loop where they live
     * @param tls how they are encrypted, or {@code null} if they are not
     * @param timeouts their deadlines
     * @param handler answers
     */
    public TunnelFixture(TestLoop loop, @Nullable Tls tls, Timeouts timeouts, AsyncHandler handler) {
        this.loop = loop;
        this.timeouts = timeouts;
        Limits limits = Limits.defaults();
        this.settings = new TransportSettings(
                limits.outboundBuffer(),
                limits.inboundBuffer(),
                timeouts.progressWindow().toNanos(),
                timeouts.progressBytes());
        Observer observer = new Observer(new Metrics().recorder("tunnel"), List.of(this), () -> true, loop::report);
        Dispatcher dispatcher = Dispatcher.async(handler, Runnable::run, (request, error) -> errors.add(error));
        Http1Context http = new Http1Context(
                limits, timeouts, dispatcher, loop.clock(), "", tls == null ? "http" : "https", observer);
        Protocol.Factory protocols = lower -> new Http1Connection(lower, http);
        if (tls != null) {
            TlsContext context = new TlsContext(
                    TlsAccess.settings(tls),
                    new TlsBuffers(),
                    timeouts.handshake().toNanos(),
                    timeouts.linger().toNanos(),
                    null,
                    observer);
            this.endpoint = new Endpoint(
                    lower -> TlsTransport.server(lower, context, (upper, alpn) -> protocols.create(upper)), observer);
        } else {
            this.endpoint = new Endpoint(protocols, observer);
        }
    }

    /** Opens a connection on a tunnel. */
    public void serve(Tunnel tunnel) {
        serve(tunnel, endpoint);
    }

    /** Opens a connection of another protocol on a tunnel. */
    public void serve(Tunnel tunnel, Protocol.Factory protocols) {
        serve(tunnel, new Endpoint(protocols, endpoint.observer()));
    }

    private void serve(Tunnel tunnel, Endpoint with) {
        TunnelTransport.open(tunnel, loop, with, settings, timeouts.linger().toNanos(), this);
    }

    @Override
    public void opened(TunnelTransport transport) {
        open.add(transport);
    }

    @Override
    public void ended(TunnelTransport transport) {
        if (!open.remove(transport)) {
            throw new AssertionError("ended twice, or never opened");
        }
    }

    @Override
    public void closed(
            ConnectionInfo connection, ConnectionEnd end, @Nullable HandshakeInfo handshake, ConnectionStats counted) {
        ends.add(end);
        stats.add(counted);
    }

    /** {@return the connection that is open} */
    public TunnelTransport transport() {
        if (open.size() != 1) {
            throw new AssertionError(open.size() + " are open");
        }
        return open.get(0);
    }

    /** {@return how many are open} */
    public int open() {
        return open.size();
    }

    /** {@return what observers were told of ends} */
    public List<ConnectionEnd> ends() {
        return ends;
    }

    /** {@return what observers were told that ended connections have done} */
    public List<ConnectionStats> stats() {
        return stats;
    }

    /** {@return what the error hook was told} */
    public List<Throwable> errors() {
        return errors;
    }
}
