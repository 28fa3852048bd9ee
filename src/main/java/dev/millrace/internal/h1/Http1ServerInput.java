package dev.millrace.internal.h1;

import dev.millrace.http.Body;
import dev.millrace.http.HttpException;
import dev.millrace.http.Status;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.transport.Transport;
import dev.millrace.observe.CloseReason;

/**
 * The way into a server's connection: the bytes of the one request that is under way, its head first, then its content
 * (RFC 9112 §2.1). Used again for the next request.
 */
final class Http1ServerInput {
    private static final int NOTHING = -1;

    private final Http1Connection connection;
    private final Transport transport;
    private final Http1Context context;
    private Inbound inbound = Inbound.READ_VERSION;
    private @Nullable RequestHead head;
    private @Nullable RequestBody body;
    private int seen; // how much of an incomplete head was decoded
    private int offered = NOTHING; // the end of the bytes that are being looked at
    private int taken; // of them

    Http1ServerInput(Http1Connection connection) {
        this.connection = connection;
        this.transport = connection.transport;
        this.context = connection.context;
    }

    // ---- bytes in

    /** Takes bytes, as {@link dev.millrace.internal.transport.Protocol#onBytes} does, as far as one step goes. */
    int onBytes(byte[] bytes, int at, int end) {
        offered = end;
        taken = at;
        int next = switch (inbound) {
            case READ_VERSION, READ_HEADERS -> {
                if (!transport.writable()) { // a peer that asks and asks but does not read
                    transport.pauseReading();
                    yield at;
                }
                yield readHead(bytes, at, end);
            }
            case BODY -> readBody(bytes, at, end);
            case DONE -> { // pipelined: its turn comes when the response before it is out
                transport.pauseReading();
                yield at;
            }
        };
        offered = NOTHING;
        return next;
    }

    private int readHead(byte[] bytes, int at, int end) {
        if (inbound == Inbound.READ_VERSION) {
            become(Inbound.READ_HEADERS);
            connection.requestBegins();
            seen = 0;
        }
        OtherVersion other = context.other;
        if (connection.fresh() && other != null) {
            switch (other.match(bytes, at, end)) {
                case PERHAPS:
                    return at;
                case YES:
                    return connection.handOver(other, bytes, at, end);
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

    private void begin(RequestHead request) {
        head = request;
        if (request.framing() == RequestHead.Framing.NONE || request.contentLength() == 0) {
            become(Inbound.DONE);
            connection.begin(request, Body.empty(), null);
        } else {
            become(Inbound.BODY);
            RequestBody arriving = new RequestBody(
                    connection.stream, request, context.limits, transport.loop().now(), context.deadlines.window);
            body = arriving;
            connection.begin(request, arriving.content(), arriving.reader());
        }
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
                connection.progressed();
                done();
                break;
            case REJECTED:
                connection.ending.blame(
                        arriving.overBound() ? CloseReason.LIMIT_EXCEEDED : CloseReason.PROTOCOL_ERROR,
                        connection.phase());
                connection.ending.framingLost();
                done();
                return end;
            case TOO_MUCH:
                connection.ending.framingLost();
                done();
                break;
        }
        if (next > at && inbound == Inbound.BODY && !arriving.takes()) {
            connection.progressed(); // from now on it is the handler that is waited for
        }
        return next;
    }

    /** The request's head breaks a rule: answers it and ends the connection, whose framing is lost. */
    private void reject(Status status, String detail) {
        boolean limit = status == Status.URI_TOO_LONG
                || status == Status.REQUEST_HEADER_FIELDS_TOO_LARGE
                || status == Status.CONTENT_TOO_LARGE;
        connection.ending.blame(limit ? CloseReason.LIMIT_EXCEEDED : CloseReason.PROTOCOL_ERROR, connection.phase());
        connection.refuse(status, detail);
    }

    // ---- its end

    /** No more content comes. The state changes before the reader hears of it, who may answer at once. */
    void done() {
        if (inbound == Inbound.BODY) {
            become(Inbound.DONE);
            RequestBody over = body;
            if (over != null) {
                over.tellReader();
            }
            connection.requestDone();
        }
    }

    /** The rest of the content does not come, or is not waited for. */
    void cutOff(HttpException why) {
        connection.progressed();
        if (body != null) {
            body.cutOff(why);
        }
        done();
    }

    /** Request and response are complete. */
    void over() {
        body = null;
    }

    /** Another request may come. */
    void next() {
        head = null;
        become(Inbound.READ_VERSION);
    }

    private void become(Inbound next) {
        inbound = inbound.become(next);
    }

    // ---- how far it has come

    Inbound state() {
        return inbound;
    }

    /** {@return the head of the request that is under way, or was the last, or {@code null}} */
    @Nullable
    RequestHead head() {
        return head;
    }

    /** {@return the content that is arriving, or {@code null} if none is} */
    @Nullable
    RequestBody arriving() {
        return inbound == Inbound.BODY ? body : null;
    }

    /** {@return whether bytes are being looked at: what they bring is not over} */
    boolean busy() {
        return offered != NOTHING;
    }

    /** {@return whether nothing has arrived of another request} */
    boolean nothingBehind() {
        RequestBody arriving = arriving();
        long missing = arriving == null ? 0 : arriving.missing();
        if (offered == NOTHING) {
            return transport.unread() <= missing;
        }
        int at = arriving == null ? taken : Math.max(taken, arriving.position());
        return offered - at <= missing;
    }
}
