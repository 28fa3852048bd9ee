package dev.millrace.internal.h1;

import dev.millrace.http.Limits;
import dev.millrace.http.Timeouts;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.exchange.Dispatcher;
import dev.millrace.internal.observer.Observer;
import dev.millrace.internal.time.Clock;

/** What the HTTP/1.1 connections of one listener on one loop share. Not safe for several threads at once. */
public final class Http1Context {
    final Limits limits;
    final Dispatcher dispatcher;
    final Observer observer;
    final HeadDecoder decoder;
    final HeadEncoder encoder;
    final ContentWriter content;
    final String scheme;
    final Http1Deadlines deadlines;
    final @Nullable OtherVersion other;

    /**
     * A context of connections that speak HTTP/1.1 only.
     *
     * @param limits the bounds
     * @param timeouts the deadlines
     * @param dispatcher who answers
     * @param clock tells the date
     * @param server the {@code Server} field's value, empty for none
     * @param scheme {@code http} or {@code https}
     * @param observer is told what happens to requests
     */
    public Http1Context(
            Limits limits,
            Timeouts timeouts,
            Dispatcher dispatcher,
            Clock clock,
            String server,
            String scheme,
            Observer observer) {
        this(limits, timeouts, dispatcher, clock, server, scheme, observer, null);
    }

    /**
     * A context.
     *
     * @param limits the bounds
     * @param timeouts the deadlines
     * @param dispatcher who answers
     * @param clock tells the date
     * @param server the {@code Server} field's value, empty for none
     * @param scheme {@code http} or {@code https}
     * @param observer is told what happens to requests
     * @param other what else a peer may speak on a connection, or {@code null}
     */
    public Http1Context(
            Limits limits,
            Timeouts timeouts,
            Dispatcher dispatcher,
            Clock clock,
            String server,
            String scheme,
            Observer observer,
            @Nullable OtherVersion other) {
        this.limits = limits;
        this.dispatcher = dispatcher;
        this.observer = observer;
        this.decoder = new HeadDecoder(limits);
        this.encoder = new HeadEncoder(clock, server);
        this.content = new ContentWriter(encoder);
        this.scheme = scheme;
        this.deadlines = new Http1Deadlines(timeouts);
        this.other = other;
    }

    private Http1Context(Http1Context base, Dispatcher dispatcher, @Nullable OtherVersion other) {
        this.limits = base.limits;
        this.dispatcher = dispatcher;
        this.observer = base.observer;
        this.decoder = base.decoder;
        this.encoder = base.encoder;
        this.content = base.content;
        this.scheme = base.scheme;
        this.deadlines = base.deadlines;
        this.other = other;
    }

    /** {@return whether a peer may speak something else, too} */
    public boolean speaksMore() {
        return other != null;
    }

    /**
     * The same for connections whose requests somebody else answers.
     *
     * @param answers who
     * @param speaks what else a peer may speak on a connection, or {@code null}
     * @return the other context, on the same loop
     */
    public Http1Context answeredBy(Dispatcher answers, @Nullable OtherVersion speaks) {
        return new Http1Context(this, answers, speaks);
    }
}
