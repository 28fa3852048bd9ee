package dev.millrace.internal.h2;

import dev.millrace.http.Limits;
import dev.millrace.http.Timeouts;

/** What the HTTP/2 connections of one client on one loop share. Not safe for several threads at once. */
public final class Http2ClientContext extends Http2Context {
    final ResponseReader responses;

    /**
     * A context.
     *
     * @param limits the bounds on what a server sends
     * @param timeouts of these {@code settingsAck}, {@code ping}, {@code headers}, {@code linger}, and the progress of what is
     *     sent behind a response that is complete; an exchange has deadlines of its own
     */
    public Http2ClientContext(Limits limits, Timeouts timeouts) {
        super(limits, timeouts, Preface.ofClient(Settings.announcedByClient(limits.http2(), limits.headerSection())));
        this.responses = new ResponseReader(limits.headerSection(), limits.headerFields());
    }
}
