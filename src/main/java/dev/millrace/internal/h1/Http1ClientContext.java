package dev.millrace.internal.h1;

import dev.millrace.http.Limits;

/** What the HTTP/1.1 connections of one client on one loop share. Not safe for several threads at once. */
public final class Http1ClientContext {
    final Limits limits;
    final ResponseDecoder decoder;
    final RequestEncoder encoder = new RequestEncoder();
    final ContentWriter content = new ContentWriter(encoder);

    /**
     * A context.
     *
     * @param limits the bounds on what a server sends
     */
    public Http1ClientContext(Limits limits) {
        this.limits = limits;
        this.decoder = new ResponseDecoder(limits);
    }
}
