package dev.millrace.internal.h2;

import dev.millrace.http.Body;
import dev.millrace.http.DeadlineException;
import dev.millrace.http.FieldName;
import dev.millrace.http.Headers;
import dev.millrace.http.HttpException;
import dev.millrace.http.Initiator;
import dev.millrace.http.MalformedMessageException;
import dev.millrace.http.PeerClosedException;
import dev.millrace.http.Phase;
import dev.millrace.http.Request;
import dev.millrace.http.Status;
import dev.millrace.http.Version;
import dev.millrace.internal.bytes.Ascii;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.exchange.Exchange;
import dev.millrace.internal.exchange.ExchangeStream;
import dev.millrace.internal.exchange.InboundBody;
import dev.millrace.internal.exchange.TunnelRefusal;
import dev.millrace.observe.CloseReason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** A stream on which a client has sent a request to a server: frames what its {@link Exchange} sends. */
final class ServerStream extends Http2Stream implements ExchangeStream {
    /** The state of {@code Expect: 100-continue} (RFC 9110 §10.1.1). */
    private enum Expectation {
        NONE,
        PENDING
    }

    private final Http2ServerContext context;
    private Expectation expectation = Expectation.NONE;
    private @Nullable RequestParts parts;
    private @Nullable Exchange exchange;
    private @Nullable Status status; // of the response that is under way
    private boolean tunnel;

    ServerStream(Http2Connection connection, int id, Http2ServerContext context) {
        super(connection, id);
        this.context = context;
    }

    // ---- the request

    /**
     * The request's header section is complete: calls the handler.
     *
     * @param request what it said
     * @param complete whether there is no content
     */
    void start(RequestParts request, boolean complete) {
        parts = request;
        Body content = Body.empty();
        InboundBody reader = null;
        if (!complete) {
            if (!request.tunnel()) { // a tunnel's bytes are no content, and wait until it is open
                reader = new InboundBody(this);
                // a length of 0 is not yet the end of the stream: whoever reads the content is to see whether it holds
                long length = request.contentLength() == 0 ? Body.UNKNOWN_LENGTH : request.contentLength();
                content = Body.publisher(reader, length).withTrailers(reader::trailers);
                expectation = request.expectContinue() ? Expectation.PENDING : Expectation.NONE;
            }
            FrameInput in = connection.input();
            input(new StreamInput(id(), in.newWindow(id()), request.contentLength(), in.unread(), reader));
        }
        Exchange started = new Exchange(this, context.dispatcher, reader);
        exchange = started;
        Request asked = new Request(
                request.method(),
                request.target(),
                request.scheme().isEmpty() ? context.scheme : request.scheme(),
                request.authority(),
                request.path(),
                request.query(),
                Version.HTTP_2,
                request.headers(),
                content,
                started);
        context.observer.requestStarted(connection.info(), asked);
        started.start(asked);
    }

    /** Answers a request that no handler gets to see, nor what else of it comes. */
    void refuse(Status answer, String detail, long contentLength) {
        if (state().receives()) {
            InboundBody nobody = new InboundBody(this);
            nobody.drop();
            FrameInput in = connection.input();
            input(new StreamInput(id(), in.newWindow(id()), contentLength, in.unread(), nobody));
        }
        byte[] text = (detail + "\n").getBytes(StandardCharsets.UTF_8);
        respond(answer, Headers.of(FieldName.CONTENT_TYPE, "text/plain; charset=utf-8"), text.length, true);
        write(text, 0, text.length);
        end(Headers.empty());
    }

    @Override
    boolean tunnel() {
        RequestParts request = parts;
        return request != null && request.tunnel();
    }

    @Override
    void arrived(StreamInput arriving, int bytes) {
        if (arriving.arrived() > context.limits.body()) {
            arriving.fail(new MalformedMessageException(
                    Status.CONTENT_TOO_LARGE, "The content is larger than this server takes."));
        }
    }

    // ---- what the exchange sends

    @Override
    public void interim(Status interim, Headers headers) {
        if (status == null && canSend()) {
            connection.output().interim(id(), interim, headers);
        }
    }

    @Override
    public void respond(Status answer, Headers headers, long length, boolean content) {
        if (!canSend()) {
            return;
        }
        status = answer;
        expectation = Expectation.NONE;
        connection
                .output()
                .response(id(), answer, headers, answer == Status.NO_CONTENT ? -1 : length, !content, context);
        if (!content) {
            endedByHeaders();
        }
    }

    @Override
    public long held() {
        return connection.held() + connection.unsent();
    }

    @Override
    public void end(Headers trailers) {
        if (canSend()) {
            super.end(trailers);
        } else if (!ending() && state().sends()) {
            sentEnd(); // by the header section
        }
    }

    @Override
    public void abort(CloseReason reason, @Nullable Throwable cause) {
        connection
                .streams()
                .reset(
                        this,
                        reason == CloseReason.UPGRADED || reason == CloseReason.HANDLER_TIMEOUT
                                ? ErrorCode.CANCEL
                                : ErrorCode.INTERNAL_ERROR);
    }

    @Override
    public TunnelRefusal refusesTunnel(Status answer, Headers headers) {
        RequestParts request = parts;
        if (request == null || !request.tunnel()) {
            return answer == Status.SWITCHING_PROTOCOLS && headers.contains(FieldName.UPGRADE)
                    ? TunnelRefusal.NOT_OFFERED
                    : TunnelRefusal.MISUSED;
        }
        if (answer.family() == 2) {
            return TunnelRefusal.NONE;
        }
        String chosen = headers.get(FieldName.UPGRADE);
        if (answer != Status.SWITCHING_PROTOCOLS || chosen == null) {
            return TunnelRefusal.MISUSED;
        }
        String offered = request.protocol();
        return offered != null && Ascii.equalsIgnoreCase(offered, chosen)
                ? TunnelRefusal.NONE
                : TunnelRefusal.NOT_OFFERED;
    }

    @Override
    public void openTunnel(Status answer, Headers headers, InboundBody bytes) {
        // there is no 101 in HTTP/2: what it says in HTTP/1.1 is here said by a 200 (RFC 8441 §5)
        status = answer == Status.SWITCHING_PROTOCOLS ? Status.OK : answer;
        tunnel = true;
        connection.output().response(id(), status, headers, -1, false, context);
        StreamInput arriving = input();
        if (arriving == null) {
            bytes.complete(Headers.empty());
        } else {
            arriving.readBy(bytes);
            connection.streams().taken(this);
        }
        if (connection.drain() != null) {
            drain();
        }
    }

    // ---- what moves

    @Override
    public void inboundChanged() {
        StreamInput arriving = input();
        if (arriving == null) {
            return;
        }
        InboundBody reader = arriving.reader();
        if (expectation == Expectation.PENDING && reader != null && reader.wants()) {
            expectation = Expectation.NONE;
            if (arriving.arrived() == 0) {
                interim(Status.CONTINUE, Headers.empty());
            }
        }
        super.inboundChanged();
    }

    @Override
    void goOn() {
        Exchange current = exchange;
        if (current != null) {
            current.onWritable();
        }
    }

    /** The response is out and the request is still coming: as much is thrown away as keeping the stream is worth. */
    @Override
    void sentAll() {
        StreamInput rest = input();
        if (rest != null && rest.reader() != null) {
            rest.drop();
        }
        connection.streams().takeOrReset(this);
    }

    @Override
    void receivedAll(Headers fields) {
        tellEnd(fields);
        connection.streams().received(this);
    }

    @Override
    boolean worthTaking(long bound) {
        StreamInput arriving = input();
        return state().sends() || arriving == null || (arriving.missing() <= bound && arriving.discarded() <= bound);
    }

    @Override
    void sourceFailed(IOException cause) {
        connection.streams().reset(this, ErrorCode.INTERNAL_ERROR);
    }

    // ---- time

    @Override
    StreamClock.Wait waitsFor() {
        StreamInput arriving = input();
        if (queue().pending() > 0 || full()) {
            return StreamClock.Wait.WINDOW;
        }
        Exchange current = exchange;
        boolean content = current != null && current.active()
                ? arriving != null && arriving.waitsForPeer()
                : state().receives(); // the response is out, and the rest of the request is thrown away
        // a tunnel may be silent for as long as it likes
        return !tunnel && content && !connection.input().shut() ? StreamClock.Wait.CONTENT : StreamClock.Wait.LOCAL;
    }

    /** {@return how long it may take on our side} */
    @Override
    long localNanos() {
        return tunnel ? context.spans.tunnelIdle : context.spans.handler;
    }

    @Override
    void onDeadline(StreamClock.Wait waited) {
        StreamInput arriving = input();
        Exchange current = exchange;
        switch (waited) {
            case WINDOW:
                connection.streams().reset(this, ErrorCode.CANCEL);
                break;
            case CONTENT:
                if (current != null && current.active() && arriving != null) {
                    arriving.fail(new DeadlineException(
                            "The request's content did not arrive in time.", Initiator.PEER, Phase.BODY));
                } else {
                    connection.streams().reset(this, ErrorCode.NO_ERROR); // the response is out
                }
                break;
            case LOCAL:
                if (current != null && current.active() && !tunnel) {
                    current.timedOut("The handler took too long.");
                } else if (state().receives() && !tunnel) { // the response is out; the rest could not come
                    connection.streams().reset(this, ErrorCode.NO_ERROR);
                } else {
                    connection.streams().reset(this, tunnel ? ErrorCode.CANCEL : ErrorCode.INTERNAL_ERROR);
                }
                break;
        }
    }

    // ---- the end

    @Override
    boolean working() {
        Exchange current = exchange;
        return current != null && current.working();
    }

    @Override
    public void handlerEnded() {
        if (state() == StreamState.CLOSED) {
            connection.streams().handlerEnded();
        }
    }

    @Override
    public @Nullable String connectProtocol() {
        return parts == null ? null : parts.protocol();
    }

    @Override
    void cancelled(HttpException cause) {
        Exchange current = exchange;
        if (current != null) {
            current.cancelled(cause);
        }
    }

    @Override
    void drain() {
        if (exchange != null) {
            exchange.drain();
        }
    }

    @Override
    void resetByPeer(ErrorCode code) {
        connection
                .streams()
                .over(this, new PeerClosedException("the peer has reset the stream: " + code, Phase.RESPONSE, null));
    }

    @Override
    HttpException resetBy(ErrorCode code, String detail) {
        Initiator initiator = code == ErrorCode.PROTOCOL_ERROR ? Initiator.PEER : Initiator.LOCAL;
        return new HttpException("the stream was reset with " + code, initiator, Phase.RESPONSE, false, null);
    }

    @Override
    HttpException brokenOff(String what, Initiator who, Phase reached, @Nullable Throwable cause) {
        return who == Initiator.PEER
                ? new PeerClosedException(what, reached, cause)
                : new HttpException(what, who, reached, false, cause);
    }

    @Override
    void closed() {
        Exchange ended = exchange;
        Request request = ended == null ? null : ended.request();
        if (ended != null && request != null) {
            context.observer.requestEnded(
                    connection.info(),
                    request,
                    Version.HTTP_2,
                    status,
                    loop().clock().nanos() - ended.startedNanos());
            if (tunnel) {
                ended.cancelled(new PeerClosedException("the tunnel has ended", Phase.TUNNEL, null));
            }
        }
    }
}
