package dev.millrace.internal.exchange;

import dev.millrace.http.Body;
import dev.millrace.http.DeadlineException;
import dev.millrace.http.Headers;
import dev.millrace.http.HttpException;
import dev.millrace.http.Initiator;
import dev.millrace.http.Method;
import dev.millrace.http.Phase;
import dev.millrace.http.Request;
import dev.millrace.http.RequestContext;
import dev.millrace.http.Response;
import dev.millrace.http.Status;
import dev.millrace.http.StatusException;
import dev.millrace.http.TlsInfo;
import dev.millrace.http.Tunnel;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.transport.BufferBound;
import dev.millrace.observe.CloseReason;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.FileChannel;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;

/**
 * One request and its response: calls the handler, and sends what it returns. The same for every version of HTTP.
 *
 * <pre>
 *   HANDLING → RESPONDING → DONE
 *   HANDLING → DEFERRED → RESPONDING      (a streaming response)
 *   HANDLING, DEFERRED, RESPONDING → CANCELLED
 * </pre>
 *
 * A streaming response is DEFERRED for a moment, until it has its first bytes: should it fail before them, or the request
 * that it is made of turn out to be broken, there is still time for a 500 or a 400, and head and bytes leave together.
 *
 * Lives on its connection's loop; what {@link RequestContext} offers is safe for any thread.
 */
public final class Exchange
        implements RequestContext, BiConsumer<Response, Throwable>, InboundBody.ReaderFailure, OutboundBody.Message {
    private enum State {
        HANDLING,
        DEFERRED,
        RESPONDING,
        DONE,
        CANCELLED
    }

    private final ExchangeStream stream;
    private final Dispatcher dispatcher;
    private final @Nullable InboundBody inbound;
    private final long startedNanos;
    private volatile State state = State.HANDLING;
    private boolean working = true; // the handler, even if nobody waits for it any more
    private @Nullable Request request;
    private @Nullable OutboundBody outbound;
    private @Nullable Response deferred; // in state DEFERRED
    private long deferredLength; // what its head will say
    private @Nullable StreamTunnel tunnel;
    private @Nullable HttpException
            over; // set before the response that is given in place of a handler that is too slow
    private @Nullable CompletableFuture<Void> cancelled; // guarded by this

    /**
     * The exchange of a request that is about to be made.
     *
     * @param stream what brought it
     * @param dispatcher who answers
     * @param inbound the request's content, or {@code null} if it has none
     */
    public Exchange(ExchangeStream stream, Dispatcher dispatcher, @Nullable InboundBody inbound) {
        this.stream = stream;
        this.dispatcher = dispatcher;
        this.inbound = inbound;
        if (inbound != null) {
            inbound.onReaderFailure(this);
        }
        this.startedNanos = stream.loop().now();
    }

    /** {@return when the request's header section was complete, by the loop's time} */
    public long startedNanos() {
        return startedNanos;
    }

    /** {@return the request, or {@code null} before {@link #start}} */
    public @Nullable Request request() {
        return request;
    }

    // ---- the handler

    /**
     * Calls the handler, unless all connections hold so much for their peers that nothing new is to be begun.
     *
     * @param newRequest the request
     */
    public void start(Request newRequest) {
        request = newRequest;
        if (stream.loop().buffers().pressed() && !mayBegin(newRequest)) {
            accept(FailureAnswer.busy(), null);
        } else {
            dispatcher.dispatch(newRequest, this);
        }
    }

    /** Under pressure: what has to be answered all the same, to a peer that takes its answers. */
    private boolean mayBegin(Request asked) {
        return inbound == null && dispatcher.isVital(asked) && stream.held() < BufferBound.MODEST;
    }

    /** The handler has answered, or failed. Called by any thread. */
    @Override
    public void accept(@Nullable Response response, @Nullable Throwable failure) {
        if (stream.loop().inLoop()) {
            outcome(response, failure);
        } else {
            stream.loop().execute(() -> outcome(response, failure));
        }
    }

    private void outcome(@Nullable Response response, @Nullable Throwable failure) {
        working = false;
        stream.handlerEnded();
        if (failure != null) {
            fail(failure);
        } else {
            complete(response);
        }
    }

    private void complete(@Nullable Response response) {
        if (response == null) {
            fail(new NullPointerException("the handler returned no response"));
            return;
        }
        respondUnlessCancelled(response);
    }

    private void respondUnlessCancelled(Response response) {
        if (state != State.HANDLING) {
            abandon(response.body());
            return;
        }
        try {
            respond(response);
        } catch (Throwable e) { // user code is called here too: body sources, publishers
            if (state == State.HANDLING) {
                abandon(response.body());
            }
            failLate(e);
        }
    }

    private void abandon(Body body) {
        try {
            body.abandon();
        } catch (Throwable e) { // user code
            reportFailure(e);
        }
    }

    private void fail(Throwable thrown) {
        Throwable failure =
                thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown;
        if (state != State.HANDLING) {
            reportLate(failure);
            return;
        }
        respondUnlessCancelled(answerTo(failure));
    }

    private Response answerTo(Throwable failure) {
        Response answer = FailureAnswer.to(failure);
        if (answer == null) {
            reportFailure(failure);
            return FailureAnswer.serverError();
        }
        return answer;
    }

    /** Once the exchange is over, that the handler or its body was cut off is what was meant to happen, or it has answered. */
    private void reportLate(Throwable failure) {
        if (!(failure instanceof HttpException)
                && !(failure instanceof StatusException)
                && !(failure instanceof CancellationException)) {
            reportFailure(failure);
        }
    }

    private void reportFailure(Throwable failure) {
        if (request != null) {
            try {
                dispatcher.failed(request, failure);
            } catch (Throwable e) { // user code, too
                if (e != failure) {
                    e.addSuppressed(failure);
                }
                stream.loop().report("telling of a failure", e);
            }
        }
    }

    // ---- the response

    private void respond(Response response) throws IOException {
        if (response.tunnel() != null || isConnectSuccess(response)) {
            respondWithTunnel(response);
            return;
        }
        Body body = response.body();
        Status status = response.status();
        boolean head = isMethod(Method.HEAD);
        // nothing at all to send, not even trailers: the head can say so where it ends a message
        boolean content = ResponseContent.allowed(status, head) && !(body.length() == 0 && !body.hasTrailers());
        long length = ResponseContent.length(response, head);
        FileChannel file = null;
        if (content && body.source() instanceof Body.FileRegion region) {
            file = region.length() == 0 ? null : region.open(); // before the head: one that cannot be opened is a 500
        } else if (content && !(body.source() instanceof Body.Bytes)) {
            state = State.DEFERRED;
            deferred = response;
            deferredLength = length;
            OutboundBody sending = new OutboundBody(stream, this, body, length);
            outbound = sending;
            sending.defer();
            body.publisherOn(dispatcher.executor()).subscribe(sending);
            return;
        }
        state = State.RESPONDING;
        stream.respond(status, response.headers(), length, content);
        if (!content) {
            abandon(body);
        } else if (body.source() instanceof Body.Bytes bytes) {
            if (bytes.size() > 0) {
                stream.write(bytes.array(), bytes.offset(), bytes.size());
            }
        } else if (file != null && body.source() instanceof Body.FileRegion region) {
            stream.writeFile(file, region.offset(), region.length());
        }
        finish(content ? ResponseContent.trailers(body) : Headers.empty());
    }

    private boolean isMethod(Method method) {
        return request != null && request.method() == method;
    }

    private boolean isConnectSuccess(Response response) {
        return isMethod(Method.CONNECT) && response.status().family() == 2;
    }

    private void respondWithTunnel(Response response) {
        Tunnel.Handler handler = response.tunnel();
        if (handler == null) { // the handler does not know CONNECT, and any peer may send it
            respondPlainly(FailureAnswer.noTunnels());
            return;
        }
        TunnelRefusal refusal = stream.refusesTunnel(response.status(), response.headers());
        if (refusal == TunnelRefusal.MISUSED) {
            throw new IllegalStateException(
                    "a tunnel is opened by a 2xx in answer to CONNECT, or by a 101 that names its protocol; this was "
                            + response.status() + " in answer to " + (request == null ? "nothing" : request.method()));
        }
        if (refusal != TunnelRefusal.NONE) {
            respondPlainly(refusal.answer(response.headers()));
            return;
        }
        state = State.RESPONDING;
        StreamTunnel opened = new StreamTunnel(stream);
        tunnel = opened;
        stream.openTunnel(response.status(), response.headers(), opened.inbound());
        dispatcher.run(() -> open(handler, opened));
    }

    private void open(Tunnel.Handler handler, StreamTunnel opened) {
        try {
            handler.open(opened);
        } catch (Throwable e) { // user code
            boolean ended = e instanceof HttpException; // what it uses has ended, which is not its failure
            opened.close(ended ? CloseReason.UPGRADED : CloseReason.HANDLER_ERROR);
            if (!ended) {
                reportFailure(e);
            }
        }
    }

    /** The response that was deferred begins. */
    @Override
    public void begin() {
        Response response = deferred;
        if (state == State.DEFERRED && response != null) {
            state = State.RESPONDING;
            deferred = null;
            stream.respond(response.status(), response.headers(), deferredLength, true);
        }
    }

    /** The response is complete. */
    @Override
    public void finish(Headers trailers) {
        if (state == State.RESPONDING) {
            state = State.DONE;
            outbound = null;
            if (inbound != null && inbound.open() && !inbound.unread()) {
                inbound.fail(
                        over != null
                                ? over
                                : new HttpException(
                                        "the response is complete, so the rest of the request's content is not read",
                                        Initiator.LOCAL,
                                        Phase.RESPONSE,
                                        false,
                                        null));
            }
            stream.end(trailers);
        }
    }

    /** The body of the response failed, or the response itself could not be sent. */
    @Override
    public void failLate(Throwable failure) {
        switch (state) {
            case HANDLING:
            case DEFERRED:
                respondPlainly(answerTo(failure));
                break;
            case RESPONDING:
                if (!(failure instanceof HttpException)) {
                    reportFailure(failure);
                }
                cancelled(
                        new HttpException("the response was cut off", Initiator.LOCAL, Phase.RESPONSE, false, failure));
                stream.abort(CloseReason.HANDLER_ERROR, failure);
                break;
            case DONE:
            case CANCELLED:
                reportLate(failure);
                break;
        }
    }

    /** What reads the request's content has thrown, which it must not. */
    @Override
    public void readerFailed(Throwable failure) {
        failLate(failure);
    }

    /** Answers in place of the handler, or of the response that it gave and whose head is not out yet. */
    private void respondPlainly(Response response) {
        if (outbound != null) {
            outbound.cancel();
            outbound = null;
        }
        try {
            respond(response);
        } catch (Throwable e) { // nothing that users gave takes part here
            stream.loop().report("sending an error response", e);
            stream.abort(CloseReason.INTERNAL_ERROR, e);
        }
    }

    // ---- the protocol's side

    /** {@return whether the response has not begun} */
    public boolean handling() {
        return state == State.HANDLING || state == State.DEFERRED;
    }

    /** {@return whether the handler has not come to its end, even if nobody waits for it any more} */
    public boolean working() {
        return working;
    }

    /** {@return whether the exchange goes on after this event: it has neither ended nor been cancelled} */
    public boolean active() {
        return handling() || state == State.RESPONDING;
    }

    /** More can be written: {@link ExchangeStream#writable()}. */
    public void onWritable() {
        if (outbound != null) {
            outbound.pump();
        }
        if (tunnel != null) {
            tunnel.onWritable();
        }
    }

    /** The server is stopping: tells a tunnel, which lasts as long as both its ends want. */
    public void drain() {
        if (tunnel != null) {
            tunnel.drain();
        }
    }

    /**
     * The handler took too long: answers in its place if the response has not begun, and cancels.
     *
     * @param message which deadline passed
     */
    public void timedOut(String message) {
        if (handling()) {
            over = new DeadlineException(message, Initiator.LOCAL, Phase.HANDLER);
            respondPlainly(FailureAnswer.tooSlow());
            completeCancelled();
        } else if (state == State.RESPONDING) {
            DeadlineException deadline = new DeadlineException(message, Initiator.LOCAL, Phase.RESPONSE);
            cancelled(deadline);
            stream.abort(CloseReason.HANDLER_TIMEOUT, deadline);
        }
    }

    /**
     * Nobody waits for the response any more.
     *
     * @param cause why
     */
    public void cancelled(HttpException cause) {
        if (!active()) {
            if (tunnel != null) {
                tunnel.ended(cause);
            }
            return;
        }
        state = State.CANCELLED;
        if (inbound != null) {
            inbound.fail(cause);
        }
        if (outbound != null) {
            outbound.cancel();
            outbound = null;
        }
        if (tunnel != null) {
            tunnel.ended(cause);
        }
        completeCancelled();
    }

    private void completeCancelled() {
        CompletableFuture<Void> waiting;
        synchronized (this) {
            waiting = cancelled;
            if (waiting == null) {
                cancelled = CompletableFuture.completedFuture(null);
                return;
            }
        }
        waiting.complete(null);
    }

    // ---- what the request knows

    @Override
    public @Nullable InetSocketAddress remoteAddress() {
        return stream.remoteAddress();
    }

    @Override
    public @Nullable InetSocketAddress localAddress() {
        return stream.localAddress();
    }

    @Override
    public boolean secure() {
        return stream.secure();
    }

    @Override
    public @Nullable TlsInfo tls() {
        return stream.tls();
    }

    @Override
    public @Nullable String connectProtocol() {
        return stream.connectProtocol();
    }

    @Override
    public CompletionStage<Void> cancelled() {
        if (state == State.DONE && over == null) {
            return new CompletableFuture<>(); // never cancelled, and nothing to hold on to
        }
        synchronized (this) {
            CompletableFuture<Void> current = cancelled;
            if (current == null) {
                current = new CompletableFuture<>();
                cancelled = current;
            }
            return current.minimalCompletionStage();
        }
    }

    @Override
    public void inform(Status status, Headers headers) {
        RequestContext.requireInterim(status);
        if (stream.loop().inLoop()) {
            if (handling()) {
                stream.interim(status, headers);
            }
        } else {
            stream.loop().execute(() -> inform(status, headers));
        }
    }
}
