package dev.millrace.server;

import dev.millrace.internal.loop.EventLoop;
import dev.millrace.internal.loop.LoopGroup;
import dev.millrace.internal.observer.Observer;
import dev.millrace.internal.tls.TlsBuffers;
import dev.millrace.internal.tls.TlsContext;
import dev.millrace.internal.tls.TlsSettings;
import dev.millrace.internal.tls.TlsTransport;
import dev.millrace.internal.transport.AddressRanges;
import dev.millrace.internal.transport.Endpoint;
import dev.millrace.internal.transport.Protocol;
import dev.millrace.internal.transport.ProxiedConnection;
import dev.millrace.internal.transport.Transport;
import java.net.InetSocketAddress;
import java.util.IdentityHashMap;
import java.util.function.Function;

/** Makes the connections of a listener speak: has what they share, for each loop. */
final class ProtocolTable implements Function<EventLoop, Endpoint> {
    private final IdentityHashMap<EventLoop, Endpoint> endpoints = new IdentityHashMap<>();

    ProtocolTable(LoopGroup group, Service service, Bind bind) {
        TlsSettings tls = bind.tls();
        for (EventLoop loop : group.loops()) {
            Observer observer = service.observer(tls == null ? "http" : "https", loop);
            Protocol.Factory protocols = tls == null
                    ? Versions.inClear(service, loop, observer)
                    : encrypted(tls, new TlsBuffers(), service, observer, Versions.overTls(service, loop, observer));
            AddressRanges proxies = bind.proxies();
            if (proxies != null) {
                protocols = new Proxied(
                        protocols,
                        proxies,
                        service.timeouts().firstByte().toNanos(),
                        service.timeouts().headers().toNanos());
            }
            endpoints.put(loop, new Endpoint(protocols, observer));
        }
    }

    /** {@return what makes connections with TLS on a loop} */
    static Protocol.Factory encrypted(
            TlsSettings tls, TlsBuffers buffers, Service service, Observer observer, Versions versions) {
        TlsContext context = new TlsContext(
                tls,
                buffers,
                service.timeouts().handshake().toNanos(),
                service.timeouts().linger().toNanos(),
                service.tasks(),
                observer);
        return new Encrypted(context, versions);
    }

    @Override
    public Endpoint apply(EventLoop loop) {
        Endpoint endpoint = endpoints.get(loop);
        if (endpoint == null) {
            throw new IllegalArgumentException("a loop of another runtime");
        }
        return endpoint;
    }

    private record Proxied(Protocol.Factory protocols, AddressRanges proxies, long firstByteNanos, long headerNanos)
            implements Protocol.Factory {
        @Override
        public Protocol create(Transport transport) {
            InetSocketAddress peer = transport.remoteAddress();
            return peer != null && proxies.contains(peer.getAddress())
                    ? new ProxiedConnection(transport, protocols, firstByteNanos, headerNanos)
                    : protocols.create(transport);
        }
    }

    private record Encrypted(TlsContext tls, Versions versions) implements Protocol.Factory {
        @Override
        public Protocol create(Transport transport) {
            return TlsTransport.server(transport, tls, versions);
        }
    }
}
