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
import dev.millrace.internal.transport.Protocol;
import dev.millrace.internal.transport.Transport;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.ConnectionState;

/**
 * A server's HTTP/1.1 connection (RFC 9112): one request at a time, in order, each with its response. What it does next is
 * told by three states, {@link Inbound}, {@link Outbound} and {@link Life}; when both directions of a request are done and
 * the connection persists, the next cycle begins. The way in is {@link Http1ServerInput}, the way out {@link
 * Http1ServerStream}, the end {@link Ending}.
 *
 * <p>Knows neither sockets nor threads: bytes and time come in, bytes and calls go out. Lives on its connection's loop.
 */
public final class Http1Connection implements Protocol {
    /** A part of a head that is not longer is not refused for lack of memory; it may be another version's beginning. */
    private static final int TINY = 64;

    final Transport transport;
    final Http1Context context;
    final Ending ending;
    final Http1ServerInput input;
    final Http1ServerStream stream = new Http1ServerStream(this);
    private @Nullable Exchange exchange;
    private @Nullable Http1Tunnel tunnel;
    private @Nullable Http1Drain drain; // from the moment on that the server is stopping
    private long since; // the state that is waited in was entered, or the handler last moved
    private long firstByteNanos;
    private int served;

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
        this.input = new Http1ServerInput(this);
        this.since = transport.loop().now();
        rearm();
    }

    // ---- bytes in

    @Override
    public int onBytes(byte[] bytes, int offset, int end) {
        int at = offset;
        int before;
        do {
            before = at;
            at = switch (ending.life()) {
                case OPEN -> input.onBytes(bytes, at, end);
                case TUNNEL -> tunnelBytes(bytes, at, end);
                case LINGERING -> {
                    ending.discard(end - at, context.limits.discard());
                    yield end;
                }
                case CLOSING, CLOSED -> end;
            };
        } while (at < end && at != before && ending.life() != Life.CLOSED);
        if (at == end) {
            leaveIfDrained();
        }
        if (ending.life() != Life.CLOSED) { // or another connection has taken over
            rearm();
        }
        return at;
    }

    /** The first byte of a request is there. */
    void requestBegins() {
        long now = transport.loop().now();
        if (served == 0) {
            firstByteNanos = Math.max(1, now - since);
            context.observer.firstByte(firstByteNanos);
        }
        transport.state(ConnectionState.ACTIVE);
        since = now;
    }

    /** The peer speaks another version: another connection goes on where this one is. */
    int handOver(OtherVersion other, byte[] bytes, int at, int end) {
        ending.handedOver();
        Protocol next = other.create(transport, firstByteNanos);
        transport.handOver(next);
        int from = next.onBytes(bytes, at, end);
        if (drain != null) {
            next.onDrain();
        }
        return from;
    }

    /**
     * The head of a request is complete: somebody is asked to answer it.
     *
     * @param content its content as handlers see it
     * @param reader of the content, or {@code null} if there is none
     */
    void begin(RequestHead request, Body content, @Nullable InboundBody reader) {
        ending.peerKeeps(request.keepAlive());
        stream.begin();
        since = transport.loop().now();
        Exchange started = new Exchange(stream, context.dispatcher, reader);
        exchange = started;
        Request asked = request.asked(context.scheme, content, started);
        context.observer.requestStarted(transport.info(), asked);
        started.start(asked);
    }

    /** The request is complete, or no more of it comes. */
    void requestDone() {
        if (ending.open() && input.state() == Inbound.DONE && stream.outbound() == Outbound.DONE) {
            cycle();
        }
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
        switch (input.state()) {
            case READ_VERSION:
                ending.afterOutput(orderlyEnd());
                break;
            case READ_HEADERS:
                ending.afterOutput(CloseReason.TRUNCATED_REQUEST);
                break;
            case BODY:
                ending.peerEnded();
                ending.blame(CloseReason.TRUNCATED_REQUEST, phase());
                input.cutOff(new PeerClosedException("the request's content was cut off", Phase.BODY, null));
                break;
            case DONE: // it has asked, has nothing more to say, and waits for the answer
                ending.peerEnded();
                break;
        }
    }

    // ---- what the way out asks for

    RequestHead requireHead() {
        RequestHead request = input.head();
        if (request == null) {
            throw new IllegalStateException("a response without a request");
        }
        return request;
    }

    /** {@return whether a response that begins now has to be the last, because of the content that has not come} */
    boolean endsIfAnsweredNow() {
        RequestBody arriving = input.arriving();
        return arriving != null && arriving.endsConnectionIfAnsweredNow();
    }

    /** {@return whether a response that begins now is the last, because the server is stopping and nothing has come behind} */
    boolean lastBeforeTheStop() {
        return drain != null && drain.answersLast();
    }

    /** The response is complete. */
    void responseDone() {
        RequestBody arriving = input.arriving();
        if (input.state() == Inbound.DONE) {
            cycle();
        } else if (arriving != null && ending.persists() && !arriving.notWorthDiscarding()) {
            arriving.discardRest();
            transport.resumeReading();
            rearm();
        } else {
            ending.framingLost(); // even if the peer wants the end, it is still sending
            input.done();
        }
    }

    void inboundChanged() {
        RequestBody arriving = input.arriving();
        if (ending.life() == Life.TUNNEL) {
            transport.resumeReading();
        } else if (ending.open() && arriving != null) {
            if (stream.outbound() == Outbound.HEADERS && arriving.meetExpectation()) {
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
        if (drain != null && exchange != null) {
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

    /** Something has moved: the state's deadline begins anew. */
    void progressed() {
        since = transport.loop().now();
    }

    // ---- from request to request

    /** Request and response are complete: begins the next cycle, or the end. */
    private void cycle() {
        requestEnded();
        exchange = null;
        input.over();
        served++;
        if (!ending.persists()) {
            leave();
            return;
        }
        stream.next();
        input.next();
        since = transport.loop().now();
        transport.state(ConnectionState.IDLE);
        transport.resumeReading();
        if (!input.busy() && transport.unread() == 0) {
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
    void leave() {
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
        RequestBody arriving = input.arriving();
        if (arriving != null) {
            arriving.look(transport.loop().now());
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
    Exchange exchange() {
        return exchange;
    }

    // ---- lack of memory

    @Override
    public void onHeldBack() {
        // in READ_VERSION what has come may be a part of a record of TLS, and the requests behind an answer that waits
        boolean begun = input.state() == Inbound.READ_HEADERS
                || input.state() == Inbound.READ_VERSION && transport.pending() == 0;
        if (ending.open() && begun && transport.unread() > TINY) {
            ending.blame(CloseReason.SERVER_CLOSED, phase());
            refuse(Status.SERVICE_UNAVAILABLE, "The server is busy.");
        }
    }

    // ---- the end

    @Override
    public void onDrain() {
        if (ending.life() == Life.CLOSED) {
            return;
        }
        if (drain == null) {
            drain = new Http1Drain(this, transport.loop().now(), served);
            if (ending.life() == Life.TUNNEL && exchange != null) {
                exchange.drain();
            }
        }
        if (transport.unread() == 0) {
            leaveIfDrained();
        }
        rearm();
    }

    /** All that has arrived was seen: the end, if the server is stopping and nothing is under way. */
    private void leaveIfDrained() {
        if (drain != null) {
            drain.leaveIfIdle(served);
        }
    }

    /** {@return since when the server is stopping, or {@link Transport#NEVER}} */
    long drained() {
        return drain == null ? Transport.NEVER : drain.since();
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
        RequestHead head = input.head();
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
        return switch (input.state()) {
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
}
