package dev.millrace.internal.h1;

import dev.millrace.http.Body;
import dev.millrace.http.Headers;
import dev.millrace.http.HttpException;
import dev.millrace.http.Initiator;
import dev.millrace.http.PeerClosedException;
import dev.millrace.http.Phase;
import dev.millrace.http.Request;
import dev.millrace.http.Status;
import dev.millrace.http.Version;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.exchange.Exchange;
import dev.millrace.internal.exchange.InboundBody;
import dev.millrace.internal.observer.ConnectionFacts;
import dev.millrace.internal.transport.DrainBounds;
import dev.millrace.internal.transport.Protocol;
import dev.millrace.internal.transport.Transport;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.ConnectionState;

/**
 * A server's HTTP/1.1 connection (RFC 9112): one request at a time, in order, each with its response. What it does next is
 * told by three states, {@link Inbound}, {@link Outbound} and {@link Life}; when both directions of a request are done and
 * the connection persists, the next cycle begins. The way out is {@link Http1ServerStream}, the end {@link Ending}.
 *
 * <p>Knows neither sockets nor threads: bytes and time come in, bytes and calls go out. Lives on its connection's loop.
 */
public final class Http1Connection implements Protocol {
    private static final int NOTHING = -1;

    final Transport transport;
    final Http1Context context;
    final Ending ending;
    private final Http1ServerStream stream = new Http1ServerStream(this);
    private Inbound inbound = Inbound.READ_VERSION;
    private @Nullable RequestHead head;
    private @Nullable Exchange exchange;
    private @Nullable RequestBody body;
    private @Nullable Http1Tunnel tunnel;
    private long since; // the state that is waited in was entered, or the handler last moved
    private long firstByteNanos;
    private int served;
    private int seen; // how much of an incomplete head was decoded
    private int offered = NOTHING; // the end of the bytes that onBytes is looking at
    private int taken; // of them
    private int servedBefore; // when the server began to stop
    private long drained = Transport.NEVER; // since when the server is stopping

    /**
     * A connection that has just been opened.
     *
     * @param transport its lower end
     * @param context what it shares with others
     */
    public Http1Connection(Transport transport, Http1Context context) {
        this.transport = transport;
        this.context = context;
        this.ending = new Ending(transport);
        this.since = transport.loop().now();
        rearm();
    }

    // ---- bytes in

    @Override
    public int onBytes(byte[] bytes, int offset, int end) {
        int at = offset;
        int before;
        offered = end;
        do {
            before = at;
            taken = at;
            at = switch (ending.life()) {
                case OPEN -> advance(bytes, at, end);
                case TUNNEL -> tunnelBytes(bytes, at, end);
                case LINGERING -> {
                    ending.discard(end - at, context.limits.discard());
                    yield end;
                }
                case CLOSING, CLOSED -> end;
            };
        } while (at < end && at != before && ending.life() != Life.CLOSED);
        offered = NOTHING;
        if (at == end) {
            leaveIfDrained();
        }
        if (ending.life() != Life.CLOSED) { // or another connection has taken over
            rearm();
        }
        return at;
    }

    private int advance(byte[] bytes, int at, int end) {
        switch (inbound) {
            case READ_VERSION:
            case READ_HEADERS:
                if (!transport.writable()) { // a peer that asks and asks but does not read
                    transport.pauseReading();
                    return at;
                }
                return readHead(bytes, at, end);
            case BODY:
                return readBody(bytes, at, end);
            case DONE: // pipelined: its turn comes when the response before it is out
                transport.pauseReading();
                return at;
        }
        throw new AssertionError(inbound);
    }

    private int readHead(byte[] bytes, int at, int end) {
        if (inbound == Inbound.READ_VERSION) {
            become(Inbound.READ_HEADERS);
            long now = transport.loop().now();
            if (served == 0) {
                firstByteNanos = Math.max(1, now - since);
                context.observer.firstByte(firstByteNanos);
            }
            transport.state(ConnectionState.ACTIVE);
            since = now;
            seen = 0;
        }
        OtherVersion other = context.other;
        if (served == 0 && other != null) {
            switch (other.match(bytes, at, end)) {
                case PERHAPS:
                    return at;
                case YES:
                    return handOver(other, bytes, at, end);
                case NO:
                    break;
            }
        }
        if (seen > 0 && !HeadDecoder.worthRetrying(bytes, at, at + seen, end)) {
            seen = end - at;
            return at;
        }
        HeadDecoder decoder = context.decoder;
        switch (decoder.decode(bytes, at, end)) {
            case COMPLETE:
                int next = decoder.next();
                taken = next;
                if ("https".equals(decoder.head().scheme()) && !transport.secure()) { // RFC 9110 §7.4
                    reject(Status.MISDIRECTED_REQUEST, "The target is https, and the connection is not secured.");
                    return end;
                }
                begin(decoder.head());
                return next;
            case INCOMPLETE:
                seen = end - at;
                return at;
            case REJECTED:
                reject(decoder.status(), decoder.detail());
                return end;
        }
        throw new AssertionError();
    }

    /** The peer speaks another version: another connection goes on where this one is. */
    private int handOver(OtherVersion other, byte[] bytes, int at, int end) {
        ending.handedOver();
        Protocol next = other.create(transport, firstByteNanos);
        transport.handOver(next);
        int from = next.onBytes(bytes, at, end);
        if (drained != Transport.NEVER) {
            next.onDrain();
        }
        return from;
    }

    private void begin(RequestHead request) {
        head = request;
        ending.peerKeeps(request.keepAlive());
        stream.begin();
        since = transport.loop().now();
        Body content = Body.empty();
        InboundBody reader = null;
        if (request.framing() == RequestHead.Framing.NONE || request.contentLength() == 0) {
            become(Inbound.DONE);
        } else {
            become(Inbound.BODY);
            RequestBody arriving = new RequestBody(stream, request, context.limits, since, context.deadlines.window);
            body = arriving;
            reader = arriving.reader();
            content = arriving.content();
        }
        Exchange started = new Exchange(stream, context.dispatcher, reader);
        exchange = started;
        Request asked = request.asked(context.scheme, content, started);
        context.observer.requestStarted(transport.info(), asked);
        started.start(asked);
    }

    private int readBody(byte[] bytes, int at, int end) {
        RequestBody arriving = body;
        if (arriving == null) {
            throw new AssertionError("no body in state BODY");
        }
        RequestBody.Outcome outcome = arriving.feed(bytes, at, end);
        int next = arriving.position();
        taken = next;
        switch (outcome) {
            case MORE:
                break;
            case PAUSED:
                transport.pauseReading();
                break;
            case COMPLETE:
                since = transport.loop().now();
                inboundDone();
                break;
            case REJECTED:
                ending.blame(arriving.overBound() ? CloseReason.LIMIT_EXCEEDED : CloseReason.PROTOCOL_ERROR, phase());
                ending.framingLost();
                inboundDone();
                return end;
            case TOO_MUCH:
                ending.framingLost();
                inboundDone();
                break;
        }
        if (next > at && inbound == Inbound.BODY && !arriving.takes()) {
            since = transport.loop().now(); // from now on it is the handler that is waited for
        }
        return next;
    }

    /** No more content comes. The state changes before the reader hears of it, who may answer at once. */
    private void inboundDone() {
        if (inbound == Inbound.BODY) {
            become(Inbound.DONE);
            RequestBody over = body;
            if (over != null) {
                over.tellReader();
            }
            if (ending.open() && inbound == Inbound.DONE && stream.outbound() == Outbound.DONE) {
                cycle();
            }
        }
    }

    /** The request's head breaks a rule: answers it and ends the connection, whose framing is lost. */
    private void reject(Status status, String detail) {
        boolean limit = status == Status.URI_TOO_LONG
                || status == Status.REQUEST_HEADER_FIELDS_TOO_LARGE
                || status == Status.CONTENT_TOO_LARGE;
        ending.blame(limit ? CloseReason.LIMIT_EXCEEDED : CloseReason.PROTOCOL_ERROR, phase());
        refuse(status, detail);
    }

    /** Answers what does not become a request, and ends the connection. */
    void refuse(Status status, String detail) {
        stream.refuse(status, detail);
        ending.framingLost();
        leave();
    }

    private int tunnelBytes(byte[] bytes, int at, int end) {
        Http1Tunnel open = requireTunnel();
        if (open.wants()) {
            since = transport.loop().now();
        }
        return open.onBytes(bytes, at, end);
    }

    @Override
    public void onEnd() {
        switch (ending.life()) {
            case OPEN:
                endWhileOpen();
                rearm();
                break;
            case TUNNEL:
                ending.peerEnded();
                requireTunnel().inputEnded();
                break;
            case LINGERING: // it sends nothing more, but may still be reading
                ending.afterOutput(CloseReason.SERVER_CLOSED);
                break;
            case CLOSING:
            case CLOSED:
                break;
        }
    }

    private CloseReason orderlyEnd() {
        if (served > 0) {
            return CloseReason.COMPLETED;
        }
        return transport.secure() ? CloseReason.CLIENT_SILENT : CloseReason.PEER_SILENT;
    }

    private void endWhileOpen() {
        switch (inbound) {
            case READ_VERSION:
                ending.afterOutput(orderlyEnd());
                break;
            case READ_HEADERS:
                ending.afterOutput(CloseReason.TRUNCATED_REQUEST);
                break;
            case BODY:
                ending.peerEnded();
                ending.blame(CloseReason.TRUNCATED_REQUEST, phase());
                cutOffBody(new PeerClosedException("the request's content was cut off", Phase.BODY, null));
                break;
            case DONE: // it has asked, has nothing more to say, and waits for the answer
                ending.peerEnded();
                break;
        }
    }

    // ---- what the way out asks for

    RequestHead requireHead() {
        RequestHead request = head;
        if (request == null) {
            throw new IllegalStateException("a response without a request");
        }
        return request;
    }

    Inbound inbound() {
        return inbound;
    }

    /** {@return whether a response that begins now has to be the last, because of the content that has not come} */
    boolean endsIfAnsweredNow() {
        return inbound == Inbound.BODY && body != null && body.endsConnectionIfAnsweredNow();
    }

    /** The response is complete. */
    void responseDone() {
        if (inbound == Inbound.DONE) {
            cycle();
        } else if (body != null && ending.persists() && !body.notWorthDiscarding()) {
            body.discardRest();
            transport.resumeReading();
            rearm();
        } else {
            ending.framingLost(); // even if the peer wants the end, it is still sending
            inboundDone();
        }
    }

    void inboundChanged() {
        if (ending.life() == Life.TUNNEL) {
            transport.resumeReading();
        } else if (ending.open() && inbound == Inbound.BODY && body != null) {
            if (stream.outbound() == Outbound.HEADERS && body.meetExpectation()) {
                stream.interim(Status.CONTINUE, Headers.empty());
            }
            transport.resumeReading();
            rearm();
        }
    }

    void openTunnel(Http1Tunnel opened) {
        tunnel = opened;
        ending.tunnel();
        if (ending.persistence() == Persistence.ENDED) {
            opened.inputEnded();
        }
        since = transport.loop().now();
        if (drained != Transport.NEVER && exchange != null) {
            exchange.drain();
        }
        transport.resumeReading();
        rearm();
    }

    Http1Tunnel requireTunnel() {
        Http1Tunnel open = tunnel;
        if (open == null) {
            throw new AssertionError("no tunnel in state TUNNEL");
        }
        return open;
    }

    /** Something came from or went to the handler's side. */
    void progressed() {
        since = transport.loop().now();
    }

    // ---- from request to request

    /** Request and response are complete: begins the next cycle, or the end. */
    private void cycle() {
        requestEnded();
        exchange = null;
        body = null;
        served++;
        if (!ending.persists()) {
            leave();
            return;
        }
        head = null;
        stream.next();
        become(Inbound.READ_VERSION);
        since = transport.loop().now();
        transport.state(ConnectionState.IDLE);
        transport.resumeReading();
        if (offered == NOTHING && transport.unread() == 0) {
            leaveIfDrained();
        }
        rearm();
    }

    private void requestEnded() {
        Exchange ended = exchange;
        Request request = ended == null ? null : ended.request();
        if (ended != null && request != null) {
            context.observer.requestEnded(
                    transport.info(),
                    request,
                    request.version(),
                    stream.status(),
                    transport.loop().clock().nanos() - ended.startedNanos());
        }
    }

    /** The last response is out, or on its way. */
    private void leave() {
        since = transport.loop().now();
        ending.leave();
        rearm();
    }

    @Override
    public void onWritable() {
        if (exchange != null) {
            exchange.onWritable();
        }
        if (ending.open() && exchange == null) {
            transport.resumeReading();
        }
        rearm();
    }

    // ---- time

    private void rearm() {
        if (inbound == Inbound.BODY && body != null) {
            body.look(transport.loop().now());
        }
        transport.deadline(context.deadlines.due(this));
    }

    @Override
    public void onDeadline(long now) {
        long due = context.deadlines.due(this);
        if (due != Transport.NEVER && now - due >= 0) { // else something has moved since it was set
            context.deadlines.passed(this, now);
        }
        rearm();
    }

    /** {@return since when the state lasts, or when the handler last moved} */
    long since() {
        return since;
    }

    /** {@return whether nothing has been served yet} */
    boolean fresh() {
        return served == 0;
    }

    @Nullable
    RequestBody body() {
        return body;
    }

    @Nullable
    Exchange exchange() {
        return exchange;
    }

    /** The state's deadline begins anew. */
    void waitOn(long now) {
        since = now;
    }

    /** The rest of the content does not come, or is not waited for. */
    void cutOffBody(HttpException why) {
        since = transport.loop().now();
        if (body != null) {
            body.cutOff(why);
        }
        inboundDone();
    }

    // ---- the end

    @Override
    public void onDrain() {
        if (ending.life() == Life.CLOSED) {
            return;
        }
        if (drained == Transport.NEVER) {
            drained = transport.loop().now();
            servedBefore = served;
            if (ending.life() == Life.TUNNEL && exchange != null) {
                exchange.drain();
            }
        }
        if (transport.unread() == 0) {
            leaveIfDrained();
        }
        rearm();
    }

    /** Nothing is under way, and nothing has arrived: the end, if the server is stopping. */
    private void leaveIfDrained() {
        if (drained != Transport.NEVER && ending.open() && inbound == Inbound.READ_VERSION) {
            if (served == servedBefore) {
                ending.afterOutput(CloseReason.DRAINED);
            } else { // the peer may believe that the connection goes on, and ask again before it has read the response
                ending.announced();
                leave();
            }
        }
    }

    /** {@return since when the server is stopping, or {@link Transport#NEVER}} */
    long drained() {
        return drained;
    }

    /** {@return whether a response that begins now is the last, because the server is stopping and nothing has come behind} */
    boolean lastBeforeTheStop() {
        if (drained == Transport.NEVER) {
            return false;
        }
        if (transport.loop().now() - drained >= DrainBounds.BEGUN_NANOS) { // a peer that goes on and on
            return true;
        }
        RequestBody arriving = inbound == Inbound.BODY ? body : null;
        if (offered == NOTHING) {
            return transport.unread() <= (arriving == null ? 0 : arriving.missing());
        }
        int at = arriving == null ? taken : Math.max(taken, arriving.position());
        return offered - at <= (arriving == null ? 0 : arriving.missing());
    }

    @Override
    public void onClosed(CloseReason reason, @Nullable Throwable cause) {
        ending.closed();
        Exchange open = exchange;
        if (open != null) {
            requestEnded();
            exchange = null;
            open.cancelled(
                    reason.initiator() == Initiator.PEER
                            ? new PeerClosedException("the peer is gone: " + reason, phase(), cause)
                            : new HttpException(
                                    "the connection ended: " + reason, reason.initiator(), phase(), false, cause));
        }
    }

    @Override
    public void describe(ConnectionFacts facts) {
        facts.requests = (long) served + (exchange == null ? 0 : 1);
        facts.firstByteNanos = firstByteNanos;
        facts.protocol = head == null ? Version.HTTP_1_1 : head.version();
    }

    @Override
    public Phase phase() {
        Phase blamed = ending.blamedIn();
        if (blamed != null) {
            return blamed;
        }
        if (tunnel != null) {
            return Phase.TUNNEL;
        }
        return switch (inbound) {
            case READ_VERSION -> served == 0 ? Phase.OPENED : Phase.IDLE;
            case READ_HEADERS -> Phase.HEADERS;
            case BODY -> Phase.BODY;
            case DONE ->
                switch (stream.outbound()) {
                    case HEADERS -> Phase.HANDLER;
                    case BODY -> Phase.RESPONSE;
                    case IDLE, DONE -> Phase.CLOSING;
                };
        };
    }

    private void become(Inbound next) {
        inbound = inbound.become(next);
    }
}
