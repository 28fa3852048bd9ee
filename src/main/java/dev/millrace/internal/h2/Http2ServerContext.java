package dev.millrace.internal.h2;

import dev.millrace.http.Limits;
import dev.millrace.http.Timeouts;
import dev.millrace.internal.exchange.CurrentDate;
import dev.millrace.internal.exchange.Dispatcher;
import dev.millrace.internal.observer.Observer;
import dev.millrace.internal.time.Clock;

/** What the HTTP/2 connections of one listener on one loop share. Not safe for several threads at once. */
public final class Http2ServerContext extends Http2Context {
    final Dispatcher dispatcher;
    final Observer observer;
    final String scheme;
    final String serverName;
    final CurrentDate date;
    final RequestReader requests;

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
     */
    public Http2ServerContext(
            Limits limits,
            Timeouts timeouts,
            Dispatcher dispatcher,
            Clock clock,
            String server,
            String scheme,
            Observer observer) {
        super(limits, timeouts, Preface.ofServer(Settings.announcedByServer(limits.http2(), limits.headerSection())));
        this.dispatcher = dispatcher;
        this.observer = observer;
        this.scheme = scheme;
        this.serverName = server;
        this.date = new CurrentDate(clock);
        this.requests = new RequestReader(limits.headerSection(), limits.headerFields());
    }

    private Http2ServerContext(Http2ServerContext base, Dispatcher dispatcher) {
        super(base);
        this.dispatcher = dispatcher;
        this.observer = base.observer;
        this.scheme = base.scheme;
        this.serverName = base.serverName;
        this.date = base.date;
        this.requests = base.requests;
    }

    /**
     * The same for connections whose requests somebody else answers.
     *
     * @param answers who
     * @return the other context, on the same loop
     */
    public Http2ServerContext answeredBy(Dispatcher answers) {
        return new Http2ServerContext(this, answers);
    }
}
