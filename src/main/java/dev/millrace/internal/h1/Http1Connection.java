package dev.millrace.internal.h1;

import dev.millrace.http.Body;
import dev.millrace.http.DeadlineException;
import dev.millrace.http.FieldName;
import dev.millrace.http.Headers;
import dev.millrace.http.HttpException;
import dev.millrace.http.Initiator;
import dev.millrace.http.Method;
import dev.millrace.http.PeerClosedException;
import dev.millrace.http.Phase;
import dev.millrace.http.Request;
import dev.millrace.http.Status;
import dev.millrace.http.Version;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.exchange.Exchange;
import dev.millrace.internal.exchange.ExchangeStream;
import dev.millrace.internal.exchange.InboundBody;
import dev.millrace.internal.exchange.TunnelRefusal;
import dev.millrace.internal.observer.ConnectionFacts;
import dev.millrace.internal.transport.Loop;
import dev.millrace.internal.transport.Protocol;
import dev.millrace.internal.transport.Transport;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.ConnectionState;
import java.net.InetSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;

/**
 * A server's HTTP/1.1 connection (RFC 9112): one request at a time, in order, each with its response. What it does next is
 * told by three states, {@link Inbound}, {@link Outbound} and {@link Life}; when both directions of a request are done and
 * the connection persists, the next cycle begins.
 *
 * <p>Knows neither sockets nor threads: bytes and time come in, bytes and calls go out. Lives on its connection's loop.
 */
public final class Http1Connection implements Protocol, ExchangeStream {
    private static final byte[] CRLF = {'\r', '\n'};

    /** What a connection that lingers may still be sent, as a multiple of what is worth discarding to keep one. */
    private static final int LINGER_FACTOR = 256;

    private final Transport transport;
    private final Http1Context context;
    private Life life = Life.OPEN;
    private Inbound inbound = Inbound.READ_VERSION;
    private Outbound outbound = Outbound.IDLE;
    private Persistence persistence = Persistence.KEEP;
    private ResponseFraming framing = ResponseFraming.NONE;
    private @Nullable CloseReason blamed;
    private @Nullable RequestHead head;
    private @Nullable Exchange exchange;
    private @Nullable RequestBody body;
    private @Nullable InboundBody tunnelInput;
    private long since; // the state that is waited in was entered, or the handler last moved
    private int served;
    private long firstByteNanos;
    private @Nullable Status status; // of the response that is under way
    private int seen; // how much of an incomplete head was decoded; while lingering: what was thrown away

    /**
     * A connection that has just been opened.
     *
     * @param transport its lower end
     * @param context what it shares with others
     */
    public Http1Connection(Transport transport, Http1Context context) {
        this.transport = transport;
        this.context = context;
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
            at = switch (life) {
                case OPEN -> advance(bytes, at, end);
                case TUNNEL -> tunnelBytes(bytes, at, end);
                case LINGERING -> linger(at, end);
                case CLOSING, CLOSED -> end;
            };
        } while (at < end && at != before);
        rearm();
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
        } else if (!HeadDecoder.worthRetrying(bytes, at, at + seen, end)) {
            seen = end - at;
            return at;
        }
        HeadDecoder decoder = context.decoder;
        switch (decoder.decode(bytes, at, end)) {
            case COMPLETE:
                int next = decoder.next();
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

    private void begin(RequestHead request) {
        head = request;
        persistence = persistence.and(request.keepAlive());
        become(Outbound.HEADERS);
        since = transport.loop().now();
        Body content = Body.empty();
        InboundBody reader = null;
        if (request.framing() == RequestHead.Framing.NONE || request.contentLength() == 0) {
            become(Inbound.DONE);
        } else {
            become(Inbound.BODY);
            RequestBody arriving = new RequestBody(this, request, context.limits, since, context.windowNanos);
            body = arriving;
            reader = arriving.reader();
            long length =
                    request.framing() == RequestHead.Framing.LENGTH ? request.contentLength() : Body.UNKNOWN_LENGTH;
            content = Body.publisher(reader, length).withTrailers(reader::trailers);
        }
        Exchange started = new Exchange(this, context.dispatcher, reader);
        exchange = started;
        String scheme = request.scheme();
        Request asked = new Request(
                request.method(),
                request.target(),
                scheme != null ? scheme : context.scheme,
                request.authority(),
                request.path(),
                request.query(),
                request.version(),
                request.headers(),
                content,
                started);
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
                blame(arriving.overBound() ? CloseReason.LIMIT_EXCEEDED : CloseReason.PROTOCOL_ERROR);
                persistence = Persistence.CLOSE;
                inboundDone();
                return end;
            case TOO_MUCH:
                persistence = Persistence.CLOSE;
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
            if (life == Life.OPEN && inbound == Inbound.DONE && outbound == Outbound.DONE) {
                cycle();
            }
        }
    }

    /** The request's head breaks a rule: answers it and ends the connection, whose framing is lost. */
    private void reject(Status status, String detail) {
        boolean limit = status == Status.URI_TOO_LONG
                || status == Status.REQUEST_HEADER_FIELDS_TOO_LARGE
                || status == Status.CONTENT_TOO_LARGE;
        blame(limit ? CloseReason.LIMIT_EXCEEDED : CloseReason.PROTOCOL_ERROR);
        refuse(status, detail);
    }

    private void refuse(Status status, String detail) {
        byte[] text = (detail + "\n").getBytes(StandardCharsets.UTF_8);
        context.encoder.response(
                status,
                Headers.of(FieldName.CONTENT_TYPE, "text/plain; charset=utf-8"),
                text.length,
                false,
                HeadEncoder.Connection.CLOSE,
                transport.loop().now());
        writeEncoded();
        transport.write(text, 0, text.length);
        persistence = Persistence.CLOSE;
        finishConnection();
    }

    private int linger(int at, int end) {
        long thrownAway = (long) seen + (end - at);
        seen = (int) Math.min(Integer.MAX_VALUE, thrownAway);
        if (thrownAway > Math.min(Integer.MAX_VALUE, (long) LINGER_FACTOR * context.limits.discard())) {
            end(CloseReason.SERVER_CLOSED);
        }
        return end;
    }

    private int tunnelBytes(byte[] bytes, int at, int end) {
        InboundBody input = tunnelInput;
        if (input == null || input.unwanted()) {
            return end;
        }
        if (!input.wants()) {
            transport.pauseReading();
            return at;
        }
        since = transport.loop().now();
        input.deliver(bytes, at, end - at);
        return end;
    }

    @Override
    public void onEnd() {
        switch (life) {
            case OPEN:
                endWhileOpen();
                rearm();
                break;
            case TUNNEL:
                persistence = Persistence.ENDED;
                if (tunnelInput != null) {
                    tunnelInput.complete(Headers.empty());
                }
                if (life == Life.TUNNEL && outbound == Outbound.DONE) {
                    closeAfterOutput(CloseReason.UPGRADED);
                }
                break;
            case LINGERING: // it sends nothing more, but may still be reading
                closeAfterOutput(CloseReason.SERVER_CLOSED);
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
                closeAfterOutput(orderlyEnd());
                break;
            case READ_HEADERS:
                closeAfterOutput(CloseReason.TRUNCATED_REQUEST);
                break;
            case BODY:
                persistence = Persistence.ENDED;
                blame(CloseReason.TRUNCATED_REQUEST);
                if (body != null) {
                    body.cutOff(new PeerClosedException("the request's content was cut off", Phase.BODY, null));
                }
                inboundDone();
                break;
            case DONE: // it has asked, has nothing more to say, and waits for the answer
                persistence = Persistence.ENDED;
                break;
        }
    }

    // ---- the response

    @Override
    public void respond(Status status, Headers headers, long length, boolean content) {
        RequestHead request = requireHead();
        this.status = status;
        boolean old = request.version() == Version.HTTP_1_0;
        if (headers.hasToken(FieldName.CONNECTION, "close")
                || (inbound == Inbound.BODY && body != null && body.endsConnectionIfAnsweredNow())) {
            persistence = persistence.and(Persistence.CLOSE);
        }
        framing = framingOf(status, length, content, old);
        if (framing == ResponseFraming.UNTIL_CLOSE) {
            persistence = persistence.and(Persistence.CLOSE);
        }
        context.encoder.response(
                status,
                headers,
                status == Status.NO_CONTENT ? -1 : length,
                length < 0 && !old && !status.bodiless(),
                connectionField(headers, old),
                transport.loop().now());
        become(Outbound.BODY);
        writeEncoded();
    }

    private HeadEncoder.Connection connectionField(Headers headers, boolean old) {
        boolean close = persistence != Persistence.KEEP;
        if (headers.contains(FieldName.UPGRADE)) { // which is for this connection only (RFC 9110 §7.8)
            return close ? HeadEncoder.Connection.CLOSE_UPGRADE : HeadEncoder.Connection.UPGRADE;
        }
        if (close) {
            return HeadEncoder.Connection.CLOSE;
        }
        return old ? HeadEncoder.Connection.KEEP_ALIVE : HeadEncoder.Connection.DEFAULT;
    }

    private static ResponseFraming framingOf(Status status, long length, boolean content, boolean old) {
        if (!content || status.bodiless()) {
            return ResponseFraming.NONE;
        }
        if (length >= 0) {
            return ResponseFraming.LENGTH;
        }
        return old ? ResponseFraming.UNTIL_CLOSE : ResponseFraming.CHUNKED;
    }

    private RequestHead requireHead() {
        RequestHead request = head;
        if (request == null) {
            throw new IllegalStateException("a response without a request");
        }
        return request;
    }

    private void writeEncoded() {
        transport.write(context.encoder.bytes(), 0, context.encoder.length());
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
        if (framing == ResponseFraming.CHUNKED) {
            context.encoder.chunkSize(length);
            writeEncoded();
            transport.writeStable(bytes, offset, length);
            transport.write(CRLF, 0, 2);
        } else {
            transport.writeStable(bytes, offset, length);
        }
    }

    @Override
    public void writeFile(FileChannel file, long position, long length) {
        transport.writeFile(file, position, length);
    }

    @Override
    public boolean writable() {
        return transport.writable();
    }

    @Override
    public void end(Headers trailers) {
        if (life == Life.TUNNEL) {
            become(Outbound.DONE);
            if (persistence == Persistence.ENDED) {
                closeAfterOutput(CloseReason.UPGRADED);
            } else {
                transport.closeOutput();
            }
            return;
        }
        if (life != Life.OPEN) {
            return;
        }
        if (framing == ResponseFraming.CHUNKED) {
            context.encoder.lastChunk(trailers);
            writeEncoded();
        }
        become(Outbound.DONE);
        if (inbound == Inbound.DONE) {
            cycle();
        } else if (body != null && persistence == Persistence.KEEP && !body.notWorthDiscarding()) {
            body.discardRest();
            transport.resumeReading();
            rearm();
        } else {
            persistence = Persistence.CLOSE; // even if the peer wants the end, it is still sending
            inboundDone();
        }
    }

    /** Request and response are complete: begins the next cycle, or the end. */
    private void cycle() {
        requestEnded();
        exchange = null;
        body = null;
        served++;
        if (persistence != Persistence.KEEP) {
            finishConnection();
            return;
        }
        head = null;
        framing = ResponseFraming.NONE;
        become(Outbound.IDLE);
        become(Inbound.READ_VERSION);
        since = transport.loop().now();
        transport.state(ConnectionState.IDLE);
        transport.resumeReading();
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
                    status,
                    transport.loop().clock().nanos() - ended.startedNanos());
        }
        status = null;
    }

    @Override
    public void interim(Status status, Headers headers) {
        if (life == Life.OPEN && outbound == Outbound.HEADERS && requireHead().version() != Version.HTTP_1_0) {
            context.encoder.interim(status, headers);
            writeEncoded();
        }
    }

    @Override
    public void inboundChanged() {
        if (life == Life.TUNNEL) {
            transport.resumeReading();
        } else if (life == Life.OPEN && inbound == Inbound.BODY && body != null) {
            if (outbound == Outbound.HEADERS && body.meetExpectation()) {
                interim(Status.CONTINUE, Headers.empty());
            }
            transport.resumeReading();
            rearm();
        }
    }

    @Override
    public void abort(CloseReason reason, @Nullable Throwable cause) {
        if (life == Life.CLOSING || life == Life.CLOSED) {
            return;
        }
        if (life == Life.TUNNEL) {
            end(reason);
        } else if (framing == ResponseFraming.UNTIL_CLOSE) {
            life = Life.CLOSING;
            transport.abort(blamedOr(reason), cause); // an orderly end would look like the whole response
        } else {
            closeAfterOutput(reason);
        }
    }

    @Override
    public TunnelRefusal refusesTunnel(Status status, Headers headers) {
        RequestHead request = requireHead();
        if (inbound != Inbound.DONE) {
            return TunnelRefusal.CONTENT_NOT_READ;
        }
        if (request.method() == Method.CONNECT && status.family() == 2) {
            return TunnelRefusal.NONE;
        }
        String chosen = headers.get(FieldName.UPGRADE);
        if (request.method() == Method.CONNECT || status != Status.SWITCHING_PROTOCOLS || chosen == null) {
            return TunnelRefusal.MISUSED;
        }
        return request.upgradeRequested() && request.headers().hasToken(FieldName.UPGRADE, chosen)
                ? TunnelRefusal.NONE
                : TunnelRefusal.NOT_OFFERED;
    }

    @Override
    public void openTunnel(Status status, Headers headers, InboundBody input) {
        this.status = status;
        context.encoder.response(
                status,
                headers,
                -1,
                false,
                status == Status.SWITCHING_PROTOCOLS ? HeadEncoder.Connection.UPGRADE : HeadEncoder.Connection.DEFAULT,
                transport.loop().now());
        become(Outbound.BODY);
        writeEncoded();
        tunnelInput = input;
        become(Life.TUNNEL);
        framing = ResponseFraming.UNTIL_CLOSE;
        if (persistence == Persistence.ENDED) {
            input.complete(Headers.empty());
        }
        since = transport.loop().now();
        transport.resumeReading();
        rearm();
    }

    @Override
    public void progressed() {
        since = transport.loop().now();
    }

    @Override
    public void onWritable() {
        if (exchange != null) {
            exchange.onWritable();
        }
        if (life == Life.OPEN && exchange == null) {
            transport.resumeReading();
        }
        rearm();
    }

    // ---- time

    private void rearm() {
        if (inbound == Inbound.BODY && body != null) {
            body.look(transport.loop().now());
        }
        transport.deadline(due());
    }

    private long due() {
        return switch (life) {
            case OPEN -> dueWhileOpen();
            case TUNNEL -> since + context.tunnelIdleNanos;
            case LINGERING -> since + context.lingerNanos;
            case CLOSING, CLOSED -> Transport.NEVER; // the transport watches whether the peer takes the rest
        };
    }

    private long dueWhileOpen() {
        return switch (inbound) {
            case READ_VERSION -> since + (served == 0 ? context.firstByteNanos : context.idleNanos);
            case READ_HEADERS -> since + context.headersNanos;
            case BODY -> body != null && body.waitsForPeer() ? body.windowEnd() : since + context.handlerNanos;
            case DONE -> since + context.handlerNanos;
        };
    }

    @Override
    public void onDeadline(long now) {
        long due = due();
        if (due == Transport.NEVER || now - due < 0) { // something has moved since it was set
            rearm();
            return;
        }
        switch (life) {
            case OPEN:
                deadlineWhileOpen(now);
                break;
            case TUNNEL:
                end(CloseReason.IDLE_TIMEOUT);
                break;
            case LINGERING:
                if (transport.pending() > 0) { // the peer is still reading, and the transport watches that
                    since = now;
                } else {
                    end(CloseReason.SERVER_CLOSED);
                }
                break;
            case CLOSING:
            case CLOSED:
                break;
        }
        rearm();
    }

    private void deadlineWhileOpen(long now) {
        switch (inbound) {
            case READ_VERSION:
                if (transport.pending() > 0) { // the peer is still reading the response before
                    since = now;
                } else {
                    end(served == 0 ? CloseReason.FIRST_BYTE_TIMEOUT : CloseReason.IDLE_TIMEOUT);
                }
                break;
            case READ_HEADERS:
                blame(CloseReason.HEADERS_TIMEOUT);
                refuse(Status.REQUEST_TIMEOUT, "The header section did not arrive in time.");
                break;
            case BODY:
                bodyDeadline(now);
                break;
            case DONE:
                handlerDeadline(now);
                break;
        }
    }

    private void bodyDeadline(long now) {
        RequestBody arriving = body;
        if (arriving == null || !arriving.waitsForPeer()) {
            handlerDeadline(now);
        } else if (arriving.progressed(context.windowBytes)) {
            arriving.nextWindow(now + context.windowNanos);
        } else {
            blame(CloseReason.BODY_TIMEOUT);
            persistence = Persistence.CLOSE;
            arriving.cutOff(
                    new DeadlineException("The request's content did not arrive in time.", Initiator.PEER, Phase.BODY));
            since = now;
            inboundDone();
        }
    }

    private void handlerDeadline(long now) {
        if (transport.pending() > 0) { // what the handler gave is still on its way, and the transport watches that
            since = now;
        } else if (exchange != null && exchange.active()) {
            blame(CloseReason.HANDLER_TIMEOUT);
            exchange.timedOut("The handler took too long.");
        } else {
            end(CloseReason.INTERNAL_ERROR); // nobody is left to go on
        }
    }

    // ---- the end

    /** The last response is out, or on its way. */
    private void finishConnection() {
        if (persistence == Persistence.CLOSE) {
            // the peer may still be sending: a reset in answer to that could destroy the response before it is read
            become(Life.LINGERING);
            seen = 0;
            since = transport.loop().now();
            transport.closeOutput();
            transport.resumeReading();
            rearm();
        } else {
            closeAfterOutput(CloseReason.COMPLETED);
        }
    }

    private void closeAfterOutput(CloseReason reason) {
        become(Life.CLOSING);
        transport.closeAfterOutput(blamedOr(reason));
    }

    private void end(CloseReason reason) {
        become(Life.CLOSING);
        transport.close(blamedOr(reason));
    }

    /** Remembers the first cause of an end that is still to come. */
    private void blame(CloseReason reason) {
        if (blamed == null) {
            blamed = reason;
        }
    }

    private CloseReason blamedOr(CloseReason reason) {
        return blamed != null ? blamed : reason;
    }

    @Override
    public void onDrain() {
        if (life == Life.OPEN) {
            if (inbound == Inbound.READ_VERSION) {
                blame(CloseReason.DRAINED);
                closeAfterOutput(CloseReason.DRAINED);
            } else {
                persistence = persistence.and(Persistence.CLOSE);
            }
        }
    }

    @Override
    public void onClosed(CloseReason reason, @Nullable Throwable cause) {
        life = Life.CLOSED;
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
        if (tunnelInput != null) {
            return Phase.TUNNEL;
        }
        return switch (inbound) {
            case READ_VERSION -> served == 0 ? Phase.OPENED : Phase.IDLE;
            case READ_HEADERS -> Phase.HEADERS;
            case BODY -> Phase.BODY;
            case DONE ->
                switch (outbound) {
                    case HEADERS -> Phase.HANDLER;
                    case BODY -> Phase.RESPONSE;
                    case IDLE, DONE -> Phase.CLOSING;
                };
        };
    }

    private void become(Life next) {
        life = life.become(next);
        transport.state(life == Life.TUNNEL ? ConnectionState.TUNNEL : ConnectionState.CLOSING);
    }

    private void become(Inbound next) {
        inbound = inbound.become(next);
    }

    private void become(Outbound next) {
        outbound = outbound.become(next);
    }

    // ---- what it is

    @Override
    public Loop loop() {
        return transport.loop();
    }

    @Override
    public @Nullable InetSocketAddress remoteAddress() {
        return transport.remoteAddress();
    }

    @Override
    public @Nullable InetSocketAddress localAddress() {
        return transport.localAddress();
    }

    @Override
    public boolean secure() {
        return transport.secure();
    }
}
