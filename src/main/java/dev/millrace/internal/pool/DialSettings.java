package dev.millrace.internal.pool;

import dev.millrace.internal.h1.Http1ClientContext;
import dev.millrace.internal.h2.Http2ClientContext;
import dev.millrace.internal.loop.Connector;
import dev.millrace.internal.loop.EventLoop;
import dev.millrace.internal.observer.Observer;
import dev.millrace.internal.tls.TlsContext;
import dev.millrace.internal.transport.Loop;
import dev.millrace.net.Resolver;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.concurrent.Executor;

/**
 * What a dialer needs.
 *
 * @param connector makes sockets
 * @param resolver finds addresses
 * @param alpn the protocols that are offered by ALPN, the preferred first
 * @param http2InClear whether HTTP/2 is spoken in the clear, by prior knowledge
 * @param prepareTls makes what all TLS connections share, which takes some time
 * @param blocking where that may take place
 * @param loops what connections share on each loop
 */
public record DialSettings(
        Connector connector,
        Resolver resolver,
        List<String> alpn,
        boolean http2InClear,
        Runnable prepareTls,
        Executor blocking,
        IdentityHashMap<Loop, OnLoop> loops) {

    /**
     * What connections share on one loop.
     *
     * @param loop the loop
     * @param observer is told what happens to them
     * @param http1 of those that speak HTTP/1.1
     * @param http2 of those that speak HTTP/2
     * @param tls of those with TLS
     */
    public record OnLoop(
            EventLoop loop, Observer observer, Http1ClientContext http1, Http2ClientContext http2, TlsContext tls) {}

    OnLoop on(Loop loop) {
        OnLoop known = loops.get(loop);
        if (known == null) {
            throw new IllegalArgumentException("a loop of another runtime");
        }
        return known;
    }
}
