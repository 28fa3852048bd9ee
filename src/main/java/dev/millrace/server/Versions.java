package dev.millrace.server;

import dev.millrace.internal.exchange.Dispatcher;
import dev.millrace.internal.h1.Http1Connection;
import dev.millrace.internal.h1.Http1Context;
import dev.millrace.internal.h2.Http2ServerConnection;
import dev.millrace.internal.h2.Http2ServerContext;
import dev.millrace.internal.h2.PriorKnowledge;
import dev.millrace.internal.loop.EventLoop;
import dev.millrace.internal.observer.Observer;
import dev.millrace.internal.tls.TlsContext;
import dev.millrace.internal.transport.Protocol;
import dev.millrace.internal.transport.Transport;

/**
 * The versions of HTTP that a server's connections speak on one loop: over TLS a peer chooses by ALPN, in the clear by what
 * it says first.
 *
 * @param http1 what connections of HTTP/1.1 share
 * @param http2 what connections of HTTP/2 share
 */
record Versions(Http1Context http1, Http2ServerContext http2) implements TlsContext.Upper, Protocol.Factory {
    static Versions inClear(Service service, EventLoop loop, Observer observer) {
        Http2ServerContext http2 = http2(service, loop, "http", observer);
        return new Versions(
                new Http1Context(
                        service.limits(),
                        service.timeouts(),
                        service.dispatcher(),
                        loop.clock(),
                        service.serverName(),
                        "http",
                        observer,
                        new PriorKnowledge(http2)),
                http2);
    }

    static Versions overTls(Service service, EventLoop loop, Observer observer) {
        Http1Context http1 = new Http1Context(
                service.limits(),
                service.timeouts(),
                service.dispatcher(),
                loop.clock(),
                service.serverName(),
                "https",
                observer);
        return new Versions(http1, http2(service, loop, "https", observer));
    }

    private static Http2ServerContext http2(Service service, EventLoop loop, String scheme, Observer observer) {
        return new Http2ServerContext(
                service.limits(),
                service.timeouts(),
                service.dispatcher(),
                loop.clock(),
                service.serverName(),
                scheme,
                observer);
    }

    /** {@return the same for connections whose requests somebody else answers} */
    Versions answeredBy(Dispatcher dispatcher) {
        Http2ServerContext other = http2.answeredBy(dispatcher);
        return new Versions(http1.answeredBy(dispatcher, http1.speaksMore() ? new PriorKnowledge(other) : null), other);
    }

    @Override
    public Protocol create(Transport transport, String alpn) {
        return alpn.equals("h2")
                ? new Http2ServerConnection(transport, http2, 0)
                : new Http1Connection(transport, http1);
    }

    @Override
    public Protocol create(Transport transport) {
        return new Http1Connection(transport, http1);
    }
}
