package dev.millrace.internal.h1;

import dev.millrace.http.Body;
import dev.millrace.http.FieldName;
import dev.millrace.http.Headers;
import dev.millrace.http.HttpException;
import dev.millrace.http.Initiator;
import dev.millrace.http.MalformedMessageException;
import dev.millrace.http.PeerClosedException;
import dev.millrace.http.Phase;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.http.Status;
import dev.millrace.http.TlsInfo;
import dev.millrace.http.Version;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.exchange.ClientConnection;
import dev.millrace.internal.exchange.ClientExchange;
import dev.millrace.internal.exchange.InboundBody;
import dev.millrace.internal.exchange.RequestStream;
import dev.millrace.internal.observer.ConnectionFacts;
import dev.millrace.internal.transport.Loop;
import dev.millrace.internal.transport.Protocol;
import dev.millrace.internal.transport.Transport;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.ConnectionState;
import dev.millrace.session.Reusability;
import dev.millrace.session.Veto;
import java.net.InetSocketAddress;
import java.nio.channels.FileChannel;
import java.util.Arrays;

/**
 * A client's HTTP/1.1 connection (RFC 9112): one exchange at a time. How far its response has come is {@link Incoming}'s, how
 * far its request {@link Outbound}'s; when both are complete and the connection persists, another exchange may begin. What
 * speaks against that is told by name.
 *
 * <p>Knows neither sockets nor threads: bytes and time come in, bytes and calls go out. Lives on its connection's loop.
 */
public final class Http1ClientConnection implements Protocol, ClientConnection, RequestStream {
    /** Content up to this length that has come together with its head is given with it, and waits for no reader. */
    private static final int AT_ONCE = 64 << 10;

    /** Interim responses to one request; a server that sends more is having fun. */
    private static final int MOST_INTERIM = 64;

    private enum Life {
        OPEN,
        CLOSING,
        CLOSED
    }

    private final Transport transport;
    private final Http1ClientContext context;
    private final TargetForm target;
    private final Owner owner;
    private Life life = Life.OPEN;
    private Incoming incoming = Incoming.NOTHING;
    private Outbound outbound = Outbound.IDLE;
    private ContentFraming framing = ContentFraming.NONE; // of the request
    private Reusability reusability = Reusability.REUSABLE;
    private @Nullable ClientExchange exchange;
    private @Nullable RequestBody content; // of the response
    private long exchanges;
    private int interims;
    private int seen; // how much of an incomplete head was decoded
    private CloseReason leaving = CloseReason.DRAINED; // when it drains
    private long sentBefore; // by the transport, when the exchange began

    /**
     * A connection that is ready for its first exchange.
     *
     * @param transport its lower end
     * @param context what it shares with others
     * @param target the form of its targets
     * @param owner is told what becomes of it
     */
    public Http1ClientConnection(Transport transport, Http1ClientContext context, TargetForm target, Owner owner) {
        this.transport = transport;
        this.context = context;
        this.target = target;
        this.owner = owner;
        transport.state(ConnectionState.IDLE);
        transport.deadline(Transport.NEVER); // of the handshake: exchanges and sessions have deadlines of their own
    }

    // ---- the session's side

    @Override
    public Version version() {
        return Version.HTTP_1_1;
    }

    @Override
    public Reusability reusability() {
        return transport.pending() > 0 ? reusability.with(Veto.WRITES_PENDING) : reusability;
    }

    @Override
    public int active() {
        return exchange == null ? 0 : 1;
    }

    @Override
    public int capacity() {
        return 1;
    }

    /** HTTP/1.1 has no way to ask; the connection is read while it is idle, which shows a server that has left. */
    @Override
    public void probe() {}

    @Override
    public void send(ClientExchange sent) {
        Request request = sent.request();
        exchange = sent;
        exchanges++;
        interims = 0;
        seen = 0;
        sentBefore = transport.bytesOut();
        reusability = reusability.with(Veto.BUSY);
        incoming = incoming.become(Incoming.HEAD);
        outbound = outbound.become(Outbound.HEADERS);
        transport.state(ConnectionState.ACTIVE);
        framing = RequestEncoder.framingOf(request);
        if (request.headers().hasToken(FieldName.CONNECTION, "close")) {
            reusability = reusability.with(Veto.CODEC_NOT_REUSABLE);
        }
        RequestEncoder encoder = context.encoder;
        encoder.request(request, target);
        encoder.writeTo(transport);
        outbound = outbound.become(Outbound.BODY);
        if (framing == ContentFraming.NONE) {
            outbound = outbound.become(Outbound.DONE);
        }
        sent.begin(this);
    }

    @Override
    public void drain(CloseReason reason) {
        reusability = reusability.with(Veto.DRAINING);
        leaving = reason;
        if (incoming == Incoming.NOTHING && life == Life.OPEN) {
            close(reason);
        }
    }

    @Override
    public void onDrain() {
        drain(CloseReason.DRAINED);
        owner.changed();
    }

    // ---- bytes in

    @Override
    public int onBytes(byte[] bytes, int offset, int end) {
        int at = offset;
        int before;
        do {
            before = at;
            at = life == Life.OPEN ? advance(bytes, at, end) : end;
        } while (at < end && at != before);
        ClientExchange current = exchange;
        if (current != null) {
            current.look();
        }
        return at;
    }

    private int advance(byte[] bytes, int at, int end) {
        return switch (incoming) {
            case NOTHING -> unasked(end);
            case HEAD -> readHead(bytes, at, end);
            case CONTENT -> readContent(bytes, at, end);
            case COMPLETE -> unasked(end);
        };
    }

    /** Bytes that nobody asked for: whatever they are, they are no answer to a request that is still to be sent. */
    private int unasked(int end) {
        reusability = reusability.with(Veto.INGRESS_ERROR);
        if (incoming == Incoming.NOTHING) {
            close(CloseReason.PROTOCOL_ERROR);
            owner.changed();
        }
        return end;
    }

    private int readHead(byte[] bytes, int at, int end) {
        if (seen > 0 && !HeadDecoder.worthRetrying(bytes, at, at + seen, end)) {
            seen = end - at;
            return at;
        }
        ResponseDecoder decoder = context.decoder;
        switch (decoder.decode(bytes, at, end)) {
            case COMPLETE:
                seen = 0;
                int next = decoder.next();
                ResponseHead head = decoder.head();
                return head.status().informational() ? interim(head, next, end) : respond(head, bytes, next, end);
            case INCOMPLETE:
                seen = end - at;
                return at;
            case REJECTED:
                fail(
                        Veto.INGRESS_ERROR,
                        CloseReason.PROTOCOL_ERROR,
                        new MalformedMessageException(Status.BAD_GATEWAY, decoder.detail()));
                return end;
        }
        throw new AssertionError();
    }

    private ClientExchange current() {
        ClientExchange current = exchange;
        if (current == null) {
            throw new IllegalStateException("no exchange in state " + incoming);
        }
        return current;
    }

    private int interim(ResponseHead head, int next, int end) {
        if (head.status() == Status.SWITCHING_PROTOCOLS || ++interims > MOST_INTERIM) {
            fail(
                    Veto.INGRESS_ERROR,
                    CloseReason.PROTOCOL_ERROR,
                    new MalformedMessageException(
                            Status.BAD_GATEWAY,
                            interims > MOST_INTERIM
                                    ? "The server sends interim responses without end (RFC 9110 §15.2)."
                                    : "The server switches to another protocol that was not asked for (RFC 9110 §15.2.2)."));
            return end;
        }
        current().interim(head.status(), head.headers());
        return next;
    }

    private int respond(ResponseHead head, byte[] bytes, int next, int end) {
        ClientExchange asked = current();
        if (!head.keepAlive()) {
            reusability = reusability.with(Veto.CODEC_NOT_REUSABLE);
        }
        ContentFraming arriving = head.framing(asked.request().method());
        if (arriving == ContentFraming.NONE) {
            finish(head, Body.empty(), end > next);
            return next;
        }
        if (arriving == ContentFraming.LENGTH && head.contentLength() <= Math.min(AT_ONCE, end - next)) {
            int after = next + (int) head.contentLength();
            finish(head, Body.wrap(Arrays.copyOfRange(bytes, next, after)), end > after);
            return after;
        }
        if (arriving == ContentFraming.UNTIL_CLOSE) {
            reusability = reusability.with(Veto.CODEC_NOT_REUSABLE);
        }
        RequestBody body = new RequestBody(
                this,
                arriving,
                head.contentLength(),
                context.limits,
                transport.loop().now(),
                Long.MAX_VALUE >> 1);
        content = body;
        incoming = incoming.become(Incoming.CONTENT);
        asked.respond(Response.of(head.status(), head.headers(), body.content()), body.reader());
        return next;
    }

    /** The response is here as a whole. The connection is free before the caller hears of it, who may ask again at once. */
    private void finish(ResponseHead head, Body whole, boolean more) {
        ClientExchange asked = current();
        incoming = incoming.become(Incoming.COMPLETE);
        boolean free = release(more);
        asked.respond(Response.of(head.status(), head.headers(), whole), null);
        asked.contentEnded();
        if (!free) {
            releaseIfStopped(asked);
        }
    }

    private int readContent(byte[] bytes, int at, int end) {
        RequestBody arriving = content;
        if (arriving == null) {
            throw new AssertionError("no content in state CONTENT");
        }
        ClientExchange asked = current();
        RequestBody.Outcome outcome = arriving.feed(bytes, at, end);
        int next = arriving.position();
        if (exchange != asked) { // its reader has given it up meanwhile
            return end;
        }
        asked.contentMoved(next - at);
        switch (outcome) {
            case MORE:
                break;
            case PAUSED:
                transport.pauseReading();
                break;
            case COMPLETE:
                complete(asked, arriving, end > next);
                break;
            case REJECTED:
                fail(
                        Veto.INGRESS_ERROR,
                        CloseReason.PROTOCOL_ERROR,
                        new MalformedMessageException(
                                Status.BAD_GATEWAY, "The response's content breaks off its framing."));
                return end;
            case TOO_MUCH: // nobody reads it: not worth the wait
                cancelled(asked, CloseReason.EXCHANGE_CANCELLED);
                return end;
        }
        return life == Life.OPEN ? next : end;
    }

    /** The content is here to its end: the connection is free before its reader hears of that. */
    private void complete(ClientExchange asked, RequestBody arriving, boolean more) {
        content = null;
        incoming = incoming.become(Incoming.COMPLETE);
        boolean free = release(more);
        arriving.tellReader();
        asked.contentEnded();
        if (!free) {
            releaseIfStopped(asked);
        }
    }

    /** Request and response may both be complete: says whether they are, and the connection is free or gone. */
    private boolean release(boolean more) {
        if (more) { // bytes behind the response, before anything was asked that they could answer
            reusability = reusability.with(Veto.INGRESS_ERROR);
        }
        if (incoming != Incoming.COMPLETE || outbound != Outbound.DONE) {
            return false;
        }
        incoming = incoming.become(Incoming.NOTHING);
        outbound = outbound.become(Outbound.IDLE);
        exchange = null;
        reusability = reusability.without(Veto.BUSY);
        if (reusability.over()) {
            close(reusability.has(Veto.DRAINING) ? leaving : CloseReason.COMPLETED);
        } else {
            transport.state(ConnectionState.IDLE);
        }
        owner.exchangeEnded();
        return true;
    }

    /** The response is complete, and the request is not going to be: where it would end, nobody can tell any more. */
    private void releaseIfStopped(ClientExchange asked) {
        if (asked.ended() && exchange == asked) {
            reusability = reusability.with(Veto.CODEC_NOT_REUSABLE);
            exchange = null;
            close(CloseReason.COMPLETED);
            owner.exchangeEnded();
        }
    }

    @Override
    public void onEnd() {
        reusability = reusability.with(Veto.PEER_HALF_CLOSED);
        switch (incoming) {
            case NOTHING:
                close(exchanges == 0 ? CloseReason.PEER_SILENT : CloseReason.COMPLETED);
                owner.changed();
                break;
            case HEAD:
                fail(Veto.PEER_HALF_CLOSED, CloseReason.PEER_CLOSED_EARLY, gone("before it answered", null));
                break;
            case CONTENT:
                RequestBody arriving = content;
                if (arriving != null && arriving.endsWithConnection()) {
                    complete(current(), arriving, false);
                } else {
                    fail(Veto.PEER_HALF_CLOSED, CloseReason.PEER_CLOSED_EARLY, gone("within a response", null));
                }
                break;
            case COMPLETE: // it has answered and takes no more of the request
                fail(Veto.PEER_HALF_CLOSED, CloseReason.COMPLETED, gone("before it had the whole request", null));
                break;
        }
    }

    /** The peer is gone, and nothing of the request has left this side, or something has. */
    private PeerClosedException gone(String when, @Nullable Throwable cause) {
        ClientExchange asked = current();
        boolean nothingSent = transport.bytesOut() == sentBefore;
        return new PeerClosedException("the server closed the connection " + when, asked.phase(), nothingSent, cause);
    }

    // ---- the end

    private void fail(Veto why, CloseReason reason, HttpException failure) {
        ClientExchange asked = exchange;
        RequestBody arriving = content;
        exchange = null;
        content = null;
        reusability = reusability.with(why);
        close(reason);
        if (arriving != null) {
            arriving.cutOff(failure);
            arriving.tellReader();
        }
        if (asked != null) {
            asked.failed(failure);
            owner.exchangeEnded();
        }
        owner.changed();
    }

    private void close(CloseReason reason) {
        if (life == Life.OPEN) {
            life = Life.CLOSING;
            reusability = reusability.with(Veto.CLOSED);
            transport.state(ConnectionState.CLOSING);
            transport.close(reason);
        }
    }

    @Override
    public void onClosed(CloseReason reason, @Nullable Throwable cause) {
        life = Life.CLOSED;
        reusability = reusability.with(Veto.CLOSED).with(veto(reason));
        if (exchange != null) {
            HttpException failure = reason.initiator() == Initiator.PEER && reason != CloseReason.EXCHANGE_TIMEOUT
                    ? gone("in the middle of an exchange: " + reason, cause)
                    : new HttpException(
                            "the connection ended: " + reason,
                            reason.initiator(),
                            current().phase(),
                            transport.bytesOut() == sentBefore,
                            cause);
            fail(Veto.CLOSED, reason, failure);
        }
        owner.closed(reason);
    }

    /** {@return what the end of a connection says against its use} */
    public static Veto veto(CloseReason reason) {
        return switch (reason) {
            case WRITE_TIMEOUT -> Veto.WRITE_TIMEOUT;
            case PEER_RESET, PROTOCOL_ERROR, LIMIT_EXCEEDED, FLOOD -> Veto.INGRESS_ERROR;
            case IO_ERROR -> Veto.WRITE_ERROR;
            case PEER_CLOSED_EARLY, PEER_SILENT, CLIENT_SILENT -> Veto.PEER_HALF_CLOSED;
            case DRAINED, DRAIN_FORCED -> Veto.DRAINING;
            default -> Veto.CLOSED;
        };
    }

    @Override
    public void cancel(CloseReason reason, @Nullable Throwable cause) {
        ClientExchange asked = exchange;
        if (asked != null && asked.ended()) { // else another one has taken its place
            cancelled(asked, reason);
        }
    }

    /** What still comes must reach no other exchange. */
    private void cancelled(ClientExchange asked, CloseReason reason) {
        exchange = null;
        content = null;
        reusability = reusability.with(Veto.CODEC_NOT_REUSABLE);
        close(reason);
        if (!asked.ended()) { // its reader has gone, which ends it, and what was still to be sent
            asked.unwanted();
            asked.contentEnded();
        }
        owner.exchangeEnded();
    }

    // ---- the request's content

    @Override
    public void write(byte[] bytes, int offset, int length) {
        if (outbound == Outbound.BODY && life == Life.OPEN) {
            context.content.write(transport, framing, bytes, offset, length);
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
    public long pending() {
        return transport.pending();
    }

    @Override
    public void end(Headers trailers) {
        if (outbound == Outbound.BODY && life == Life.OPEN) {
            context.content.end(transport, framing, trailers);
            outbound = outbound.become(Outbound.DONE);
            release(false);
        }
    }

    @Override
    public void onWritable() {
        ClientExchange asked = exchange;
        if (asked != null) {
            asked.onWritable();
        } else {
            owner.changed(); // what was pending is out
        }
    }

    // ---- the response's content

    @Override
    public void inboundChanged() {
        RequestBody arriving = content;
        ClientExchange asked = exchange;
        if (arriving == null || asked == null) {
            return;
        }
        InboundBody reader = arriving.reader();
        if (reader.unwanted() && (arriving.notWorthDiscarding() || framingIsOpen())) {
            cancelled(asked, CloseReason.EXCHANGE_CANCELLED);
            return;
        }
        transport.resumeReading();
        ClientExchange still = exchange;
        if (still != null) {
            still.look();
        }
    }

    /** Whether the end of the content is the end of the connection, so that nothing is won by waiting for it. */
    private boolean framingIsOpen() {
        return reusability.has(Veto.CODEC_NOT_REUSABLE);
    }

    /** Nobody but the caller is waited for meanwhile, and that is bounded by the exchange. */
    @Override
    public void progressed() {}

    // ---- time

    @Override
    public void onDeadline(long now) {
        throw new AssertionError("an exchange and a session have deadlines of their own");
    }

    // ---- what it is

    @Override
    public ClientConnection connection() {
        return this;
    }

    @Override
    public Phase phase() {
        ClientExchange asked = exchange;
        if (asked != null) {
            return asked.phase();
        }
        return life != Life.OPEN ? Phase.CLOSING : exchanges == 0 ? Phase.OPENED : Phase.IDLE;
    }

    @Override
    public void describe(ConnectionFacts facts) {
        facts.requests = exchanges;
        facts.protocol = Version.HTTP_1_1;
    }

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

    @Override
    public @Nullable TlsInfo tls() {
        return transport.tls();
    }
}
