package dev.millrace.internal.exchange;

import dev.millrace.http.Body;
import dev.millrace.http.FieldName;
import dev.millrace.http.Headers;
import dev.millrace.http.HttpException;
import dev.millrace.http.Phase;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.http.Status;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.time.Deadline;
import dev.millrace.observe.CloseReason;
import dev.millrace.session.ClientTimeouts;
import dev.millrace.session.ExchangeTimeoutException;
import dev.millrace.session.SessionSnapshot;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * One request of a client and its response, on the one connection that carries it: gives the protocol the request's content,
 * the caller the response, and keeps the deadlines. The same for every version of HTTP; a second try is a second exchange.
 *
 * <pre>
 *   out:  WAITING → HELD → CONTENT → SENT      (HELD: content waits for a 100)
 *         WAITING, HELD, CONTENT → STOPPED     (the peer has answered and does not want the rest)
 *   in:   HEAD → CONTENT → COMPLETE
 * </pre>
 *
 * <p>It is itself the node in the timer wheel of its connection's loop, where it lives.
 */
public final class ClientExchange extends Deadline implements OutboundBody.Message, InboundBody.ReaderFailure {
    /** Is told what becomes of an exchange. On the loop. */
    public interface Outcome {
        /**
         * An interim response has come (RFC 9110 §15.2).
         *
         * @param status a 1xx status other than 101
         * @param headers its fields
         */
        void interim(Status status, Headers headers);

        /**
         * The response's header section has come.
         *
         * @param response the response, with content that is still arriving
         */
        void responded(Response response);

        /**
         * The exchange has failed, before or after the response's header section; the last call.
         *
         * @param failure how
         */
        void failed(Throwable failure);

        /** Request and response are complete; the last call. */
        void completed();
    }

    private enum Life {
        NEW,
        UNDER_WAY,
        ENDED
    }

    private enum Sending {
        WAITING,
        HELD,
        CONTENT,
        SENT,
        STOPPED
    }

    private enum Receiving {
        HEAD,
        CONTENT,
        COMPLETE
    }

    private final Request request;
    private final Executor blocking;
    private final Outcome outcome;
    private final Supplier<SessionSnapshot> session;
    private final ExchangeSpans spans;
    private final long asked;
    private Life life = Life.NEW;
    private Sending sending = Sending.WAITING;
    private Receiving receiving = Receiving.HEAD;
    private @Nullable RequestStream stream;
    private @Nullable OutboundBody outbound;
    private @Nullable InboundBody inbound;
    private @Nullable ProgressWindow progress; // of the direction that is waited for
    private long began;
    private long since; // what is waited for now
    private long taken; // by the peer, of the content that was written, when the window began
    private long written;

    /**
     * An exchange that is about to be sent.
     *
     * @param request the request
     * @param spans the deadlines
     * @param asked when the caller asked for it, by the loop's clock
     * @param blocking runs content that is written, and reads files
     * @param outcome is told what becomes of it
     * @param session tells of the session that carries it
     */
    public ClientExchange(
            Request request,
            ExchangeSpans spans,
            long asked,
            Executor blocking,
            Outcome outcome,
            Supplier<SessionSnapshot> session) {
        this.request = request;
        this.spans = spans;
        this.asked = asked;
        this.blocking = blocking;
        this.outcome = outcome;
        this.session = session;
    }

    /** {@return the request} */
    public Request request() {
        return request;
    }

    // ---- the way out

    /** {@return whether content follows the request's header section} */
    public boolean hasContent() {
        return RequestContent.follows(request);
    }

    /** {@return whether the request's content waits for a 100 (RFC 9110 §10.1.1)} */
    public boolean expectsContinue() {
        return hasContent() && request.headers().hasToken(FieldName.EXPECT, "100-continue");
    }

    /**
     * The protocol has sent the request's header section: from here on what happens is told. Gives the content, if there is
     * any; else the protocol has ended the request with the section.
     *
     * @param carrier takes the content
     */
    public void begin(RequestStream carrier) {
        stream = carrier;
        life = Life.UNDER_WAY;
        began = carrier.loop().now();
        since = began;
        if (!hasContent()) {
            sending = Sending.SENT;
        } else if (expectsContinue()) {
            sending = Sending.HELD;
        } else {
            sendContent(carrier);
        }
        arm();
    }

    private void sendContent(RequestStream carrier) {
        sending = Sending.CONTENT;
        since = carrier.loop().now();
        progress = new ProgressWindow(spans.window(), spans.windowBytes(), since);
        Body body = request.body();
        try {
            if (body.source() instanceof Body.Bytes bytes) {
                written += bytes.size();
                if (bytes.size() > 0) {
                    carrier.write(bytes.array(), bytes.offset(), bytes.size());
                }
                finish(ResponseContent.trailers(body));
            } else if (body.source() instanceof Body.FileRegion region && !body.hasTrailers()) {
                if (region.length() > 0) {
                    FileChannel file = region.open();
                    written += region.length();
                    carrier.writeFile(file, region.offset(), region.length());
                }
                finish(ResponseContent.trailers(body));
            } else {
                OutboundBody content = new OutboundBody(carrier, this, body, body.length());
                outbound = content;
                body.publisherOn(blocking).subscribe(content);
            }
        } catch (IOException | RuntimeException | Error e) { // files and publishers are the caller's
            failLate(e);
        }
    }

    /** Nothing is held back here: the head is out before the content is asked for. */
    @Override
    public void begin() {}

    @Override
    public void finish(Headers trailers) {
        RequestStream carrier = stream;
        if (sending == Sending.CONTENT && life == Life.UNDER_WAY && carrier != null) {
            sending = Sending.SENT;
            outbound = null;
            since = carrier.loop().now();
            carrier.end(trailers);
            if (life == Life.UNDER_WAY) {
                if (receiving == Receiving.COMPLETE) {
                    complete();
                } else {
                    if (receiving == Receiving.CONTENT) { // which came early, and is what is waited for now
                        progress = new ProgressWindow(spans.window(), spans.windowBytes(), since);
                    }
                    look();
                }
            }
        }
    }

    /** The request's content failed: the peer must not take what it got for the whole. */
    @Override
    public void failLate(Throwable failure) {
        giveUp(CloseReason.EXCHANGE_CANCELLED, failure);
    }

    /** The peer has answered and wants nothing more of the request's content (RFC 9113 §8.1). */
    public void unwanted() {
        if (life == Life.UNDER_WAY) {
            stopSending();
            if (receiving == Receiving.COMPLETE) {
                complete();
            }
        }
    }

    /** {@return whether the request is out with all its content} */
    public boolean sent() {
        return sending == Sending.SENT;
    }

    /** More content can be written: {@link MessageStream#writable()}. */
    public void onWritable() {
        OutboundBody content = outbound;
        if (content != null) {
            content.pump();
        }
    }

    private void stopSending() {
        if (sending == Sending.WAITING || sending == Sending.HELD || sending == Sending.CONTENT) {
            boolean held = sending != Sending.CONTENT;
            sending = Sending.STOPPED;
            OutboundBody content = outbound;
            outbound = null;
            if (content != null) {
                content.cancel();
            } else if (held) {
                abandon();
            }
        }
    }

    /** What the content that is not sent holds open is closed. */
    private void abandon() {
        try {
            request.body().abandon();
        } catch (RuntimeException | Error e) { // the caller's code
            report("abandoning a request's content", e);
        }
    }

    // ---- the way in

    /**
     * An interim response has come.
     *
     * @param status a 1xx status other than 101
     * @param headers its fields
     */
    public void interim(Status status, Headers headers) {
        RequestStream carrier = stream;
        if (life != Life.UNDER_WAY || carrier == null) {
            return;
        }
        try {
            outcome.interim(status, headers);
        } catch (RuntimeException | Error e) { // the caller's code
            report("telling of an interim response", e);
        }
        if (status.code() == 100 && sending == Sending.HELD) {
            sendContent(carrier);
            arm();
        }
    }

    /**
     * The response's header section has come.
     *
     * @param response what it says
     * @param content takes its content, {@code null} if there is none; {@link #contentEnded} follows in any case
     */
    public void respond(Response response, @Nullable InboundBody content) {
        RequestStream carrier = stream;
        if (life != Life.UNDER_WAY || carrier == null) {
            return;
        }
        receiving = Receiving.CONTENT;
        inbound = content;
        since = carrier.loop().now();
        if (content != null) {
            content.onReaderFailure(this);
        }
        if (response.status().family() >= 4 || sending == Sending.HELD) {
            stopSending(); // what comes behind would be thrown away (RFC 9110 §10.1.1, RFC 9112 §9.5)
        }
        if (sending != Sending.CONTENT) {
            progress = content == null ? null : new ProgressWindow(spans.window(), spans.windowBytes(), since);
        }
        try {
            outcome.responded(response);
        } catch (RuntimeException | Error e) { // the caller's code
            report("giving a response", e);
        }
        look();
    }

    /**
     * Content of the response has arrived.
     *
     * @param bytes how many
     */
    public void contentMoved(long bytes) {
        ProgressWindow window = progress;
        if (window != null && sending != Sending.CONTENT) {
            window.moved(bytes);
        }
    }

    /** At the end of an event: is the peer waited for? */
    public void look() {
        RequestStream carrier = stream;
        if (life != Life.UNDER_WAY || carrier == null) {
            return;
        }
        ProgressWindow window = progress;
        if (window != null && sending != Sending.CONTENT) {
            InboundBody content = inbound;
            window.look(
                    content != null && (content.wants() || content.unwanted()),
                    carrier.loop().now());
        }
        arm();
    }

    /** The response is complete. */
    public void contentEnded() {
        if (life != Life.UNDER_WAY) {
            return;
        }
        receiving = Receiving.COMPLETE;
        if (sending == Sending.SENT || sending == Sending.STOPPED) {
            complete();
        }
    }

    private void complete() {
        end();
        outcome.completed();
    }

    /** {@return whether the response's header section has not come} */
    public boolean awaitsHead() {
        return receiving == Receiving.HEAD;
    }

    /** {@return whether nothing more is to come of it or to be done for it} */
    public boolean ended() {
        return life == Life.ENDED;
    }

    /** {@return how far it has come} */
    public Phase phase() {
        if (receiving != Receiving.HEAD) {
            return Phase.RESPONSE;
        }
        return sending == Sending.SENT ? Phase.RESPONSE_HEAD : Phase.REQUEST;
    }

    // ---- the end

    /** What reads the response's content has thrown, which it must not. */
    @Override
    public void readerFailed(Throwable failure) {
        report("a subscriber to a response's content", failure);
        giveUp(CloseReason.EXCHANGE_CANCELLED, failure);
    }

    /**
     * Its connection, or its stream, has failed. The protocol has done with it.
     *
     * @param failure how
     */
    public void failed(HttpException failure) {
        if (life == Life.ENDED) {
            return;
        }
        stopSending();
        end();
        InboundBody content = inbound;
        if (content != null) {
            content.fail(failure);
        }
        outcome.failed(failure);
    }

    /**
     * Nobody waits for the response any more. On the loop.
     *
     * @param why what the caller is told
     */
    public void cancel(Throwable why) {
        giveUp(CloseReason.EXCHANGE_CANCELLED, why);
    }

    /** Ends it from this side. */
    private void giveUp(CloseReason reason, Throwable cause) {
        if (life == Life.ENDED) {
            return;
        }
        RequestStream carrier = stream;
        stopSending();
        end();
        if (carrier != null) {
            carrier.cancel(reason, cause);
        }
        InboundBody content = inbound;
        if (content != null) {
            content.fail(cause);
        }
        outcome.failed(cause);
    }

    private void end() {
        RequestStream carrier = stream;
        life = Life.ENDED;
        if (carrier != null) {
            carrier.loop().cancel(this);
        }
    }

    private void report(String what, Throwable error) {
        RequestStream carrier = stream;
        if (carrier != null) {
            carrier.loop().report(what, error);
        }
    }

    // ---- time

    private void arm() {
        RequestStream carrier = stream;
        if (life == Life.UNDER_WAY && carrier != null) {
            long due = due();
            if (due != ExchangeSpans.NEVER) {
                carrier.loop().armAtMost(this, due);
            }
        }
    }

    /** When the first of the deadlines that run is. */
    private long due() {
        long due = spans.exchangeEnd(asked);
        switch (sending) {
            case WAITING, STOPPED -> {}
            case HELD -> due = ExchangeSpans.first(due, since + spans.expectContinue());
            case CONTENT -> {
                due = ExchangeSpans.first(due, spans.requestEnd(began));
                ProgressWindow window = progress;
                due = window == null ? due : ExchangeSpans.first(due, window.end());
            }
            case SENT -> {
                if (receiving == Receiving.HEAD) {
                    due = ExchangeSpans.first(due, since + spans.responseHead());
                }
            }
        }
        ProgressWindow window = progress;
        if (receiving == Receiving.CONTENT && sending != Sending.CONTENT && window != null && window.running()) {
            due = ExchangeSpans.first(due, window.end());
        }
        return due;
    }

    @Override
    protected void expired(long now) {
        RequestStream carrier = stream;
        if (life != Life.UNDER_WAY || carrier == null) {
            return;
        }
        if (passed(spans.exchangeEnd(asked), now)) {
            timedOut("exchange");
        } else if (sending == Sending.HELD && passed(since + spans.expectContinue(), now)) {
            sendContent(carrier); // RFC 9110 §10.1.1: not for ever
        } else if (sending == Sending.CONTENT) {
            whileSending(carrier, now);
        } else if (receiving == Receiving.HEAD) {
            whileAwaited(carrier, now);
        } else {
            ProgressWindow window = progress;
            if (window != null && window.running() && passed(window.end(), now) && !window.next(now)) {
                timedOut("progressWindow");
            }
        }
        arm();
    }

    private void whileSending(RequestStream carrier, long now) {
        ProgressWindow window = progress;
        if (passed(spans.requestEnd(began), now)) {
            timedOut("request");
        } else if (window != null && passed(window.end(), now)) {
            OutboundBody content = outbound;
            long out = written + (content == null ? 0 : content.sent()) - carrier.pending();
            window.moved(
                    carrier.writable() ? spans.windowBytes() : out - taken); // else the content is what is waited for
            taken = out;
            if (!window.next(now)) {
                timedOut("progressWindow");
            }
        }
    }

    /** The request is written, but what was written last may still be on its way: the transport watches that. */
    private void whileAwaited(RequestStream carrier, long now) {
        if (sending == Sending.SENT && passed(since + spans.responseHead(), now)) {
            if (carrier.pending() > 0) {
                since = now;
            } else {
                timedOut("responseHead");
            }
        }
    }

    private static boolean passed(long due, long now) {
        return due != ExchangeSpans.NEVER && now - due >= 0;
    }

    private void timedOut(String deadline) {
        giveUp(CloseReason.EXCHANGE_TIMEOUT, new ExchangeTimeoutException(deadline, phase(), false, session.get()));
    }

    /** {@return the deadlines in the form that they were given} */
    public ClientTimeouts timeouts() {
        return spans.timeouts();
    }
}
