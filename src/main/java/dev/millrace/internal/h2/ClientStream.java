package dev.millrace.internal.h2;

import dev.millrace.http.Body;
import dev.millrace.http.Headers;
import dev.millrace.http.HttpException;
import dev.millrace.http.Initiator;
import dev.millrace.http.MalformedMessageException;
import dev.millrace.http.Method;
import dev.millrace.http.PeerClosedException;
import dev.millrace.http.Phase;
import dev.millrace.http.Response;
import dev.millrace.http.Status;
import dev.millrace.http.StreamResetException;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.exchange.ClientConnection;
import dev.millrace.internal.exchange.ClientExchange;
import dev.millrace.internal.exchange.InboundBody;
import dev.millrace.internal.exchange.RequestStream;
import dev.millrace.observe.CloseReason;
import java.io.IOException;

/** A stream on which a client has sent a request: frames what its {@link ClientExchange} sends, and reads the response. */
final class ClientStream extends Http2Stream implements RequestStream {
    /** Interim responses to one request; a server that sends more is having fun. */
    private static final int MOST_INTERIM = 64;

    /** Longer than anybody waits: how long an exchange takes is its own to say. */
    private static final long NEVER = Long.MAX_VALUE >> 1;

    /** How far the response has come. */
    private enum Answer {
        AWAITED,
        /** The header section is here. Whether all of it is, the end of what was read shows. */
        HELD,
        /** The caller has it, while content may still come. */
        GIVEN,
        COMPLETE
    }

    private final Http2ClientConnection client;
    private final ClientExchange exchange;
    private final long headersAt;
    private Answer answer = Answer.AWAITED;
    private Status status = Status.OK; // of the final response
    private Headers fields = Headers.empty();
    private long length; // of the content, or unknown
    private int interims;

    /**
     * A stream that is about to be opened.
     *
     * @param client what carries it
     * @param id its number
     * @param exchange whose request it is to send
     * @param headersAt how many bytes of the connection go out before its header section
     */
    ClientStream(Http2ClientConnection client, int id, ClientExchange exchange, long headersAt) {
        super(client, id);
        this.client = client;
        this.exchange = exchange;
        this.headersAt = headersAt;
    }

    // ---- the request

    /** The header section is sent: the exchange gives what follows. */
    void begin() {
        open(false);
        connection.streams().add(this);
        if (!exchange.hasContent()) {
            endedByHeaders();
            sentEnd();
        }
        exchange.begin(this);
    }

    @Override
    void goOn() {
        exchange.onWritable();
    }

    @Override
    void sourceFailed(IOException cause) {
        exchange.failLate(cause);
    }

    @Override
    void sentAll() {} // the response may take its time

    /** {@return whether nothing of its header section can have left this side} */
    private boolean unsent() {
        return client.bytesOut() <= headersAt;
    }

    // ---- the response

    /** {@return whether the header section of the final response has not come} */
    boolean awaitsHead() {
        return answer == Answer.AWAITED;
    }

    void interim(Status interim, Headers headers) throws Http2Error {
        if (++interims > MOST_INTERIM) {
            throw Http2Error.stream(
                    id(),
                    ErrorCode.ENHANCE_YOUR_CALM,
                    "The server sends interim responses without end (RFC 9110 §15.2).");
        }
        exchange.interim(interim, headers);
    }

    /** The header section of the final response has come. */
    void respond(Status code, ResponseReader section, boolean endStream) throws Http2Error {
        boolean bodiless = exchange.request().method() == Method.HEAD || code.bodiless();
        long expected = bodiless ? 0 : section.contentLength();
        if (endStream && expected > 0) {
            throw Http2Error.stream(id(), ErrorCode.PROTOCOL_ERROR, "less content than content-length says");
        }
        status = code;
        fields = section.headers();
        // a length of 0 is not yet the end of the stream: whoever reads the content is to see whether it holds
        length = expected == 0 ? Body.UNKNOWN_LENGTH : expected;
        answer = Answer.HELD;
        if (endStream) {
            ended(Headers.empty());
        } else {
            FrameInput in = connection.input();
            input(new StreamInput(id(), in.newWindow(id()), expected, in.unread(), new InboundBody(this)));
            client.held(this);
        }
    }

    /** What was read at once ends here: a response that is not complete is given with content that is still arriving. */
    void readEnded() {
        StreamInput arriving = input();
        InboundBody reader = arriving == null ? null : arriving.reader();
        if (answer == Answer.HELD && reader != null) {
            give(Body.publisher(reader, length).withTrailers(reader::trailers), reader);
        }
    }

    private void give(Body content, @Nullable InboundBody reader) {
        answer = Answer.GIVEN;
        exchange.respond(Response.of(status, fields, content), reader);
        if (refusing() && !exchange.sent() && state() != StreamState.CLOSED) {
            connection.output().remove(this);
            dropOutput(); // it would be thrown away
        }
    }

    private boolean refusing() {
        return status.family() >= 4;
    }

    @Override
    void arrived(StreamInput arriving, int bytes) {
        exchange.contentMoved(bytes);
    }

    void look() {
        exchange.look();
    }

    /**
     * The response is complete, and its place is free before the caller hears of it, who may ask again at once. A request that
     * goes on does so to its end, unless the answer was that it is no good.
     */
    @Override
    void receivedAll(Headers trailers) {
        connection.streams().received(this);
        if (answer == Answer.HELD) {
            StreamInput arriving = input();
            Body whole = arriving == null ? Body.empty() : Body.wrap(arriving.takeAll());
            give(trailers.isEmpty() ? whole : whole.withTrailers(() -> trailers), null);
        } else {
            tellEnd(trailers);
        }
        answer = Answer.COMPLETE;
        exchange.contentEnded();
        if (exchange.ended() && (refusing() || !ending())) {
            connection.streams().abandon(this, ErrorCode.CANCEL);
        }
    }

    @Override
    public void inboundChanged() {
        super.inboundChanged();
        StreamInput arriving = input();
        InboundBody reader = arriving == null ? null : arriving.reader();
        if (reader != null && reader.unwanted() && state().receives()) { // which is no failure of the exchange
            connection.streams().abandon(this, ErrorCode.CANCEL);
            exchange.unwanted();
            exchange.contentEnded();
        } else {
            exchange.look();
        }
    }

    @Override
    boolean worthTaking(long bound) {
        return true; // what nobody wants is reset at once
    }

    // ---- the end

    @Override
    public void cancel(CloseReason reason, @Nullable Throwable cause) {
        connection.streams().abandon(this, ErrorCode.CANCEL);
    }

    @Override
    void resetByPeer(ErrorCode code) {
        if (code == ErrorCode.NO_ERROR
                && answer == Answer.COMPLETE) { // RFC 9113 §8.1: it has answered, and that counts
            connection.streams().gone(this);
            exchange.unwanted();
        } else {
            boolean refused = code == ErrorCode.REFUSED_STREAM;
            connection.streams().over(this, new StreamResetException(code.name(), exchange.phase(), refused));
        }
    }

    /** The server has left without having looked at the request. */
    void passedOver(ErrorCode code) {
        String what = "the server has said GOAWAY with " + code + ", and has not looked at the request";
        connection.streams().table().reset(id());
        connection.streams().over(this, new PeerClosedException(what, exchange.phase(), true, null));
    }

    @Override
    HttpException resetBy(ErrorCode code, String detail) {
        if (!detail.isEmpty()) {
            return new MalformedMessageException(Status.BAD_GATEWAY, detail);
        }
        return new HttpException(
                "the stream was reset with " + code, Initiator.LOCAL, exchange.phase(), unsent(), null);
    }

    @Override
    HttpException brokenOff(String what, Initiator who, Phase reached, @Nullable Throwable cause) {
        String all = what + client.goodbye();
        return who == Initiator.PEER
                ? new PeerClosedException(all, exchange.phase(), unsent(), cause)
                : new HttpException(all, who, exchange.phase(), unsent(), cause);
    }

    @Override
    void cancelled(HttpException cause) {
        readEnded(); // what has come of the response is the caller's
        exchange.failed(cause);
    }

    @Override
    void closed() {
        client.exchangeEnded();
    }

    @Override
    public ClientConnection connection() {
        return client;
    }

    // ---- time

    /** While the exchange is under way it has deadlines of its own; what is sent behind a response has not. */
    @Override
    StreamClock.Wait waitsFor() {
        return exchange.ended() ? StreamClock.Wait.WINDOW : StreamClock.Wait.LOCAL;
    }

    @Override
    long localNanos() {
        return NEVER;
    }

    @Override
    void onDeadline(StreamClock.Wait waited) {
        connection.streams().abandon(this, ErrorCode.CANCEL);
    }

    // ---- what only servers have

    @Override
    boolean tunnel() {
        return false;
    }

    @Override
    boolean working() {
        return false;
    }

    @Override
    void drain() {}
}
