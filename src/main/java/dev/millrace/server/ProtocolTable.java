package dev.millrace.server;

import dev.millrace.internal.bytes.Nullable;
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
import java.util.IdentityHashMap;
import java.util.function.Function;

/** Makes the connections of a listener speak: has what they share, for each loop. */
final class ProtocolTable implements Function<EventLoop, Endpoint> {
    private final IdentityHashMap<EventLoop, Endpoint> endpoints = new IdentityHashMap<>();

    ProtocolTable(LoopGroup group, Service service, @Nullable TlsSettings tls) {
        for (EventLoop loop : group.loops()) {
            Observer observer = service.observer(tls == null ? "http" : "https", loop);
            Protocol.Factory protocols = tls == null
                    ? Versions.inClear(service, loop, observer)
                    : encrypted(tls, new TlsBuffers(), service, observer, Versions.overTls(service, loop, observer));
            endpoints.put(loop, new Endpoint(protocols, observer));
        }
    }

    /** {@return what makes connections with TLS on a loop} */
    static Protocol.Factory encrypted(
            TlsSettings tls, TlsBuffers buffers, Service service, Observer observer, Versions versions) {
        return new Encrypted(new TlsContext(
                tls,
                buffers,
                service.timeouts().handshake().toNanos(),
                service.timeouts().linger().toNanos(),
                service.tasks(),
                observer,
                versions));
    }

    @Override
    public Endpoint apply(EventLoop loop) {
        Endpoint endpoint = endpoints.get(loop);
        if (endpoint == null) {
            throw new IllegalArgumentException("a loop of another runtime");
        }
        return endpoint;
    }

    private record Encrypted(TlsContext tls) implements Protocol.Factory {
        @Override
        public Protocol create(Transport transport) {
            return new TlsTransport(transport, tls);
        }
    }
}
