package dev.millrace.client;

import dev.millrace.http.Limits;
import dev.millrace.http.Timeouts;
import dev.millrace.internal.h1.Http1ClientContext;
import dev.millrace.internal.h2.Http2ClientContext;
import dev.millrace.internal.loop.ConnectSettings;
import dev.millrace.internal.loop.Connector;
import dev.millrace.internal.loop.EventLoop;
import dev.millrace.internal.loop.LoopGroup;
import dev.millrace.internal.loop.RuntimeAccess;
import dev.millrace.internal.observer.Observer;
import dev.millrace.internal.pool.DialSettings;
import dev.millrace.internal.pool.Dialer;
import dev.millrace.internal.pool.Loops;
import dev.millrace.internal.pool.SessionPool;
import dev.millrace.internal.time.Deadline;
import dev.millrace.internal.tls.TlsAccess;
import dev.millrace.internal.tls.TlsBuffers;
import dev.millrace.internal.tls.TlsContext;
import dev.millrace.internal.tls.TlsSettings;
import dev.millrace.internal.transport.Loop;
import dev.millrace.internal.transport.TransportSettings;
import dev.millrace.net.NetRuntime;
import dev.millrace.net.Resolver;
import dev.millrace.net.Tls;
import dev.millrace.observe.ConnectionListener;
import dev.millrace.observe.JfrListener;
import dev.millrace.observe.Metrics;
import dev.millrace.session.ClientTimeouts;
import dev.millrace.session.PoolSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;

/** Puts a client together from its settings. */
final class ClientWiring implements Loops {
    private static final long LINGER_NANOS = 1_000_000_000;

    private final NetRuntime runtime;
    private final LoopGroup group;
    private final Dialer dialer;

    ClientWiring(
            NetRuntime runtime,
            Tls tls,
            Resolver resolver,
            HttpVersions versions,
            Limits limits,
            ClientTimeouts timeouts,
            Metrics metrics,
            List<ConnectionListener> listeners) {
        this.runtime = runtime;
        this.group = RuntimeAccess.loops(runtime);
        TlsSettings tlsSettings = TlsAccess.settings(tls);
        if (tlsSettings.server()) {
            throw new IllegalArgumentException("tls is a server's configuration: use Tls.client()");
        }
        List<ConnectionListener> observers = new ArrayList<>(listeners);
        JfrListener recorder = JfrListener.whenRecording();
        observers.add(recorder);
        boolean always = !listeners.isEmpty();
        Timeouts framing = Timeouts.defaults()
                .withProgressWindow(timeouts.progressWindow())
                .withProgressRate(timeouts.progressRate());
        IdentityHashMap<Loop, DialSettings.OnLoop> loops = new IdentityHashMap<>();
        for (EventLoop loop : group.loops()) {
            Observer observer = new Observer(
                    metrics.recorder("client"), observers, () -> always || recorder.active(), loop::report);
            TlsContext encrypted = new TlsContext(
                    tlsSettings,
                    new TlsBuffers(),
                    timeouts.handshake().toNanos(),
                    LINGER_NANOS,
                    runtime.handlerExecutor(),
                    observer);
            loops.put(
                    loop,
                    new DialSettings.OnLoop(
                            loop,
                            observer,
                            new Http1ClientContext(limits),
                            new Http2ClientContext(limits, framing),
                            encrypted));
        }
        TransportSettings transports = new TransportSettings(
                limits.outboundBuffer(),
                limits.inboundBuffer(),
                timeouts.progressWindow().toNanos(),
                timeouts.progressBytes());
        this.dialer = new Dialer(new DialSettings(
                new Connector(group, transports, ConnectSettings.DEFAULTS),
                resolver,
                alpn(versions),
                versions == HttpVersions.HTTP_2,
                tlsSettings::prepare,
                runtime.handlerExecutor(),
                loops));
    }

    private static List<String> alpn(HttpVersions versions) {
        return switch (versions) {
            case NEGOTIATED -> List.of("h2", "http/1.1");
            case HTTP_1_1 -> List.of("http/1.1");
            case HTTP_2 -> List.of("h2");
        };
    }

    SessionPool pool(PoolSettings settings) {
        return new SessionPool(
                settings,
                dialer,
                this,
                group.first().clock(),
                runtime.handlerExecutor(),
                System.identityHashCode(this));
    }

    /** Does something later, on a loop. */
    void after(Duration delay, Runnable action) {
        EventLoop loop = group.first();
        loop.execute(() -> loop.arm(new Later(action), loop.now() + delay.toNanos()));
    }

    private static final class Later extends Deadline {
        private final Runnable action;

        Later(Runnable action) {
            this.action = action;
        }

        @Override
        protected void expired(long now) {
            action.run();
        }
    }

    // ---- where sessions live

    @Override
    public Loop choose() {
        for (EventLoop loop : group.loops()) {
            if (loop.inLoop()) {
                return loop;
            }
        }
        return group.leastLoaded();
    }
}
