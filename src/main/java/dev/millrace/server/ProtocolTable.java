package dev.millrace.server;

import dev.millrace.http.Limits;
import dev.millrace.http.Timeouts;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.exchange.Dispatcher;
import dev.millrace.internal.h1.Http1Connection;
import dev.millrace.internal.h1.Http1Context;
import dev.millrace.internal.h2.Http2Connection;
import dev.millrace.internal.h2.Http2Context;
import dev.millrace.internal.h2.PriorKnowledge;
import dev.millrace.internal.loop.EventLoop;
import dev.millrace.internal.loop.LoopGroup;
import dev.millrace.internal.observer.Observer;
import dev.millrace.internal.tls.TlsBuffers;
import dev.millrace.internal.tls.TlsContext;
import dev.millrace.internal.tls.TlsSettings;
import dev.millrace.internal.tls.TlsTransport;
import dev.millrace.internal.transport.Endpoint;
import dev.millrace.internal.transport.Protocol;
import dev.millrace.internal.transport.Transport;
import dev.millrace.observe.ConnectionListener;
import dev.millrace.observe.Metrics;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Function;

/** Makes a server's connections speak: has what they share, for each loop. */
final class ProtocolTable implements Function<EventLoop, Endpoint> {
    private final IdentityHashMap<EventLoop, Endpoint> endpoints = new IdentityHashMap<>();

    ProtocolTable(
            LoopGroup group,
            Limits limits,
            Timeouts timeouts,
            Dispatcher dispatcher,
            String serverName,
            @Nullable TlsSettings tls,
            Executor tasks,
            Metrics metrics,
            List<ConnectionListener> listeners,
            Observer.Activity activity) {
        String scheme = tls == null ? "http" : "https";
        for (EventLoop loop : group.loops()) {
            Observer observer = new Observer(metrics.recorder(scheme), listeners, activity, loop::report);
            Http2Context http2 =
                    new Http2Context(limits, timeouts, dispatcher, loop.clock(), serverName, scheme, observer);
            Http1Context http1 = new Http1Context(
                    limits,
                    timeouts,
                    dispatcher,
                    loop.clock(),
                    serverName,
                    scheme,
                    observer,
                    tls == null ? new PriorKnowledge(http2) : null); // over TLS a peer says so by ALPN
            Protocol.Factory protocols = tls == null
                    ? new InClear(http1)
                    : new Encrypted(new TlsContext(
                            tls,
                            new TlsBuffers(),
                            timeouts.handshake().toNanos(),
                            timeouts.linger().toNanos(),
                            tasks,
                            observer,
                            new OverTls(http1, http2)));
            endpoints.put(loop, new Endpoint(protocols, observer));
        }
    }

    @Override
    public Endpoint apply(EventLoop loop) {
        Endpoint endpoint = endpoints.get(loop);
        if (endpoint == null) {
            throw new IllegalArgumentException("a loop of another runtime");
        }
        return endpoint;
    }

    private record InClear(Http1Context http) implements Protocol.Factory {
        @Override
        public Protocol create(Transport transport) {
            return new Http1Connection(transport, http);
        }
    }

    private record Encrypted(TlsContext tls) implements Protocol.Factory {
        @Override
        public Protocol create(Transport transport) {
            return new TlsTransport(transport, tls);
        }
    }

    private record OverTls(Http1Context http1, Http2Context http2) implements TlsContext.Upper {
        @Override
        public Protocol create(Transport transport, String alpn) {
            return alpn.equals("h2") ? new Http2Connection(transport, http2, 0) : new Http1Connection(transport, http1);
        }
    }
}
