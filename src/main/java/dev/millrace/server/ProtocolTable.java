package dev.millrace.server;

import dev.millrace.http.Limits;
import dev.millrace.http.Timeouts;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.exchange.Dispatcher;
import dev.millrace.internal.h1.Http1Connection;
import dev.millrace.internal.h1.Http1Context;
import dev.millrace.internal.loop.EventLoop;
import dev.millrace.internal.loop.LoopGroup;
import dev.millrace.internal.tls.TlsContext;
import dev.millrace.internal.tls.TlsSettings;
import dev.millrace.internal.tls.TlsTransport;
import dev.millrace.internal.transport.Protocol;
import dev.millrace.internal.transport.Transport;
import dev.millrace.observe.CloseReason;
import java.util.IdentityHashMap;
import java.util.concurrent.Executor;
import java.util.function.Function;

/** Makes a server's connections speak: has what they share, for each loop. */
final class ProtocolTable implements Function<EventLoop, Protocol.Factory> {
    private final IdentityHashMap<EventLoop, Protocol.Factory> factories = new IdentityHashMap<>();

    ProtocolTable(
            LoopGroup group,
            Limits limits,
            Timeouts timeouts,
            Dispatcher dispatcher,
            String serverName,
            @Nullable TlsSettings tls,
            Executor tasks) {
        String scheme = tls == null ? "http" : "https";
        for (EventLoop loop : group.loops()) {
            Http1Context http =
                    new Http1Context(limits, timeouts, dispatcher, loop.clock(), serverName, scheme, new Uncounted());
            factories.put(
                    loop,
                    tls == null
                            ? new InClear(http)
                            : new Encrypted(
                                    new TlsContext(tls, timeouts.handshake().toNanos(), tasks, new OverTls(http))));
        }
    }

    @Override
    public Protocol.Factory apply(EventLoop loop) {
        Protocol.Factory factory = factories.get(loop);
        if (factory == null) {
            throw new IllegalArgumentException("a loop of another runtime");
        }
        return factory;
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

    private record OverTls(Http1Context http) implements TlsContext.Upper {
        @Override
        public Protocol create(Transport transport, String alpn) {
            return new Http1Connection(transport, http);
        }
    }

    private static final class Uncounted implements Http1Context.Closings {
        @Override
        public void closed(CloseReason reason) {}
    }
}
