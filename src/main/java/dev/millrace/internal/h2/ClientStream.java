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

    private final Http2ClientConnection client;
    private final ClientExchange exchange;
    private final long headersAt;
    private @Nullable Status status; // of the final response
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
        return status == null;
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
    void respond(Status answer, ResponseReader section, boolean endStream) throws Http2Error {
        boolean bodiless = exchange.request().method() == Method.HEAD || answer.bodiless();
        long length = bodiless ? 0 : section.contentLength();
        if (endStream && length > 0) {
            throw Http2Error.stream(id(), ErrorCode.PROTOCOL_ERROR, "less content than content-length says");
        }
        status = answer;
        if (endStream) {
            ended(Headers.empty());
            answered(Response.of(answer, section.headers(), Body.empty()), null);
            connection.streams().received(this);
            return;
        }
        InboundBody reader = new InboundBody(this);
        FrameInput in = connection.input();
        input(new StreamInput(id(), in.newWindow(id()), length, in.unread(), reader));
        // a length of 0 is not yet the end of the stream: whoever reads the content is to see whether it holds
        Body content = Body.publisher(reader, length == 0 ? Body.UNKNOWN_LENGTH : length)
                .withTrailers(reader::trailers);
        answered(Response.of(answer, section.headers(), content), reader);
    }

    private void answered(Response response, @Nullable InboundBody reader) {
        exchange.respond(response, reader);
        if (response.status().family() >= 4 && !exchange.sent() && state() != StreamState.CLOSED) {
            connection.output().remove(this);
            dropOutput(); // it would be thrown away
        }
    }

    void contentMoved(int bytes) {
        exchange.contentMoved(bytes);
    }

    void look() {
        exchange.look();
    }

    /** The response is complete. A request that goes on does so to its end, unless the answer was that it is no good. */
    @Override
    void receivedAll() {
        Status answer = status;
        if (state() == StreamState.CLOSED) {
            exchange.contentEnded();
            return;
        }
        exchange.contentEnded();
        boolean refused = answer != null && answer.family() >= 4;
        if (exchange.ended() && state() != StreamState.CLOSED && (refused || !ending())) {
            connection.streams().reset(this, ErrorCode.CANCEL);
        }
    }

    @Override
    public void inboundChanged() {
        super.inboundChanged();
        StreamInput arriving = input();
        InboundBody reader = arriving == null ? null : arriving.reader();
        if (reader != null && reader.unwanted() && state().receives()) { // nobody wants the rest
            connection.streams().reset(this, ErrorCode.CANCEL);
        } else {
            exchange.look();
        }
    }

    @Override
    boolean worthTaking(long bound) {
        return true; // what nobody wants is reset at once
    }

    @Override
    void tooLarge() {
        connection.streams().reset(this, ErrorCode.CANCEL, "The content is larger than this client takes.");
    }

    // ---- the end

    @Override
    public void cancel(CloseReason reason, @Nullable Throwable cause) {
        connection.streams().reset(this, ErrorCode.CANCEL);
    }

    @Override
    void resetByPeer(ErrorCode code) {
        if (code == ErrorCode.NO_ERROR && !state().receives()) { // RFC 9113 §8.1: it has answered, and that counts
            exchange.unwanted();
        }
        boolean refused = code == ErrorCode.REFUSED_STREAM;
        connection.streams().over(this, new StreamResetException(code.name(), exchange.phase(), refused));
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

    /** The reader of the response has gone, where nothing else was wrong: that is no failure of the exchange. */
    private boolean readerHasGone() {
        StreamInput arriving = input();
        InboundBody reader = arriving == null ? null : arriving.reader();
        return reader != null && reader.unwanted();
    }

    @Override
    void cancelled(HttpException cause) {
        if (readerHasGone()) {
            exchange.unwanted();
            exchange.contentEnded();
        }
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
        connection.streams().reset(this, ErrorCode.CANCEL);
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
