package dev.millrace.testkit;

import dev.millrace.http.Limits;
import dev.millrace.http.Timeouts;
import dev.millrace.internal.exchange.Dispatcher;
import dev.millrace.internal.h1.Http1Connection;
import dev.millrace.internal.h1.Http1Context;
import dev.millrace.internal.h2.Http2ServerContext;
import dev.millrace.internal.h2.PriorKnowledge;
import dev.millrace.internal.observer.Observer;
import dev.millrace.internal.transport.TransportSettings;

/** A server's listener in the clear, on one loop: its connections are in memory and share what a listener's do. */
public final class MemoryServer {
    private final TestLoop loop;
    private final TransportSettings settings;
    private final Http1Context context;

    /**
     * A listener without connections. The server's name is not sent.
     *
     * @param loop where its connections live
     * @param limits their bounds
     * @param timeouts their deadlines
     * @param dispatcher answers
     * @param observer is told what happens
     */
    public MemoryServer(TestLoop loop, Limits limits, Timeouts timeouts, Dispatcher dispatcher, Observer observer) {
        this.loop = loop;
        Http2ServerContext http2 =
                new Http2ServerContext(limits, timeouts, dispatcher, loop.clock(), "", "http", observer);
        this.context = new Http1Context(
                limits, timeouts, dispatcher, loop.clock(), "", "http", observer, new PriorKnowledge(http2));
        this.settings = new TransportSettings(
                limits.outboundBuffer(),
                limits.inboundBuffer(),
                timeouts.progressWindow().toNanos(),
                timeouts.progressBytes());
    }

    /** {@return a new connection, of HTTP/1.1 or whatever else its peer speaks} */
    public MemoryTransport accept() {
        return new MemoryTransport(loop, settings).connect(lower -> new Http1Connection(lower, context));
    }
}
