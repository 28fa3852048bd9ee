package dev.millrace.internal.exchange;

import dev.millrace.http.AsyncHandler;
import dev.millrace.http.Body;
import dev.millrace.http.BodyTooLargeException;
import dev.millrace.http.DeadlineException;
import dev.millrace.http.FieldName;
import dev.millrace.http.Handler;
import dev.millrace.http.Headers;
import dev.millrace.http.HttpException;
import dev.millrace.http.Initiator;
import dev.millrace.http.MalformedMessageException;
import dev.millrace.http.Method;
import dev.millrace.http.PeerClosedException;
import dev.millrace.http.Phase;
import dev.millrace.http.Request;
import dev.millrace.http.RequestContext;
import dev.millrace.http.Response;
import dev.millrace.http.Status;
import dev.millrace.http.StatusException;
import dev.millrace.http.Tunnel;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.observe.CloseReason;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.FileChannel;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BiConsumer;

/**
 * One request and its response: calls the handler, and sends what it returns. The same for every version of HTTP.
 *
 * <pre>
 *   HANDLING → RESPONDING → DONE
 *   HANDLING → DEFERRED → RESPONDING
 *   HANDLING, DEFERRED, RESPONDING → CANCELLED
 * </pre>
 *
 * A streaming response to a request whose content is still arriving is DEFERRED for a moment, until it has its first
 * bytes: where the response is made of the request and that turns out to be broken, there is still time for a 400.
 *
 * Lives on its connection's loop; what {@link RequestContext} offers is safe for any thread.
 */
public final class Exchange implements RequestContext, BiConsumer<Response, Throwable> {
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
    private @Nullable Request request;
    private @Nullable OutboundBody outbound;
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
     * Calls the handler.
     *
     * @param newRequest the request
     */
    public void start(Request newRequest) {
        request = newRequest;
        AsyncHandler async = dispatcher.asyncHandler();
        if (async == null) {
            startBlocking(newRequest);
            return;
        }
        CompletionStage<Response> stage;
        try {
            stage = async.handle(newRequest);
            if (stage instanceof CompletableFuture<Response> future && future.isDone()) {
                complete(future.join());
                return;
            }
            stage.whenComplete(this);
        } catch (Throwable e) { // a handler may throw anything; the loop goes on
            fail(e);
        }
    }

    private void startBlocking(Request newRequest) {
        if (!dispatcher.enter()) {
            respondUnlessCancelled(busy());
            return;
        }
        try {
            dispatcher.executor().execute(() -> {
                Response response = null;
                Throwable failure = null;
                try {
                    Handler handler = dispatcher.blockingHandler();
                    response = handler == null ? null : handler.handle(newRequest);
                } catch (Throwable e) { // a handler may throw anything
                    failure = e;
                } finally {
                    dispatcher.leave();
                }
                accept(response, failure);
            });
        } catch (RejectedExecutionException e) {
            dispatcher.leave();
            respondUnlessCancelled(busy());
        }
    }

    private static Response busy() {
        return Response.text(Status.SERVICE_UNAVAILABLE, "The server is busy.\n")
                .withHeader(FieldName.RETRY_AFTER, "1");
    }

    /** The handler's stage is complete. Called by any thread. */
    @Override
    public void accept(@Nullable Response response, @Nullable Throwable failure) {
        if (stream.loop().inLoop()) {
            outcome(response, failure);
        } else {
            stream.loop().execute(() -> outcome(response, failure));
        }
    }

    private void outcome(@Nullable Response response, @Nullable Throwable failure) {
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
        if (failure instanceof StatusException status) {
            return status.response();
        }
        if (failure instanceof BodyTooLargeException) {
            return Response.text(Status.CONTENT_TOO_LARGE, failure.getMessage() + "\n");
        }
        if (failure instanceof MalformedMessageException malformed) {
            return closing(Response.text(malformed.status(), malformed.getMessage() + "\n"));
        }
        if (failure instanceof PeerClosedException) {
            return closing(Response.text(Status.BAD_REQUEST, "The request was cut off.\n"));
        }
        if (failure instanceof DeadlineException deadline && deadline.initiator() == Initiator.PEER) {
            return closing(Response.text(Status.REQUEST_TIMEOUT, deadline.getMessage() + "\n"));
        }
        reportFailure(failure);
        return Response.text(Status.INTERNAL_SERVER_ERROR, "Internal Server Error\n");
    }

    private static Response closing(Response response) {
        return response.withHeader(FieldName.CONNECTION, "close");
    }

    /** Once the exchange is over, that the handler or its body was cut off is what was meant to happen. */
    private void reportLate(Throwable failure) {
        if (!(failure instanceof HttpException) && !(failure instanceof CancellationException)) {
            reportFailure(failure);
        }
    }

    private void reportFailure(Throwable failure) {
        if (request != null) {
            dispatcher.failed(request, failure);
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
        boolean reset =
                status == Status.RESET_CONTENT; // which never has content either, and says so (RFC 9110 §15.3.6)
        boolean content = !head && !status.bodiless() && !reset;
        long length = reset ? 0 : lengthOf(response, head);
        FileChannel file = null;
        if (content && body.source() instanceof Body.FileRegion region && region.length() > 0) {
            file = region.open(); // before the head: a file that cannot be opened is a 500
        }
        if (content && inbound != null && inbound.open() && !(body.source() instanceof Body.Bytes) && file == null) {
            state = State.DEFERRED;
            OutboundBody sending = new OutboundBody(stream, this, body, length);
            sending.defer(status, response.headers());
            outbound = sending;
            body.publisherOn(dispatcher.executor()).subscribe(sending);
            return;
        }
        state = State.RESPONDING;
        stream.respond(status, response.headers(), length, content);
        if (!content) {
            abandon(body);
            finish(Headers.empty());
        } else if (body.source() instanceof Body.Bytes bytes) {
            if (bytes.size() > 0) {
                stream.write(bytes.array(), bytes.offset(), bytes.size());
            }
            finish(trailersOf(body));
        } else if (body.source() instanceof Body.FileRegion region) {
            if (file != null) {
                stream.writeFile(file, region.offset(), region.length());
            }
            finish(trailersOf(body));
        } else {
            OutboundBody sending = new OutboundBody(stream, this, body, length);
            outbound = sending;
            body.publisherOn(dispatcher.executor()).subscribe(sending);
        }
    }

    static Headers trailersOf(Body body) {
        Headers fields = body.hasTrailers() ? body.trailers() : Headers.empty();
        if (fields == null) {
            throw new NullPointerException("the supplier of a response's trailers gave null");
        }
        return fields;
    }

    /** The length that the response's framing will say; a handler's own Content-Length must agree with its body. */
    private static long lengthOf(Response response, boolean head) {
        long length = response.body().length();
        String declared = response.headers().get(FieldName.CONTENT_LENGTH);
        if (declared == null) {
            return response.status() == Status.NOT_MODIFIED ? Body.UNKNOWN_LENGTH : length;
        }
        long stated;
        try {
            stated = Long.parseLong(declared);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("the response's Content-Length is not a number: " + declared, e);
        }
        if (stated < 0
                || length >= 0
                        && stated != length
                        && !((head || response.status() == Status.NOT_MODIFIED) && length == 0)) {
            throw new IllegalArgumentException(
                    "the response's Content-Length says " + stated + " but its body has " + length + " bytes");
        }
        return stated;
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
            refuse(Status.NOT_IMPLEMENTED, "This server opens no tunnels.\n", Headers.empty());
            return;
        }
        TunnelRefusal refusal = stream.refusesTunnel(response.status(), response.headers());
        switch (refusal) {
            case NONE:
                break;
            case NOT_OFFERED:
                String wanted = response.headers().get(FieldName.UPGRADE);
                refuse(
                        Status.UPGRADE_REQUIRED,
                        "This resource speaks another protocol.\n",
                        wanted == null ? Headers.empty() : Headers.of(FieldName.UPGRADE, wanted));
                return;
            case CONTENT_NOT_READ:
                refuse(Status.BAD_REQUEST, "A request that changes the protocol has no content.\n", Headers.empty());
                return;
            case MISUSED:
                throw new IllegalStateException(
                        "a tunnel is opened by a 2xx in answer to CONNECT, or by a 101 that names"
                                + " its protocol; this was " + response.status() + " in answer to "
                                + (request == null ? "nothing" : request.method()));
        }
        state = State.RESPONDING;
        StreamTunnel opened = new StreamTunnel(stream);
        tunnel = opened;
        stream.openTunnel(response.status(), response.headers(), opened.inbound());
        if (dispatcher.asyncHandler() != null) {
            open(handler, opened);
        } else {
            dispatcher.executor().execute(() -> open(handler, opened));
        }
    }

    /** The peer asked for something that the handler's answer does not fit: not the handler's failure. */
    private void refuse(Status status, String text, Headers more) {
        Response plain = Response.text(status, text);
        respondPlainly(
                plain.withHeaders(plain.headers().toBuilder().addAll(more).build()));
    }

    private void open(Tunnel.Handler handler, StreamTunnel opened) {
        try {
            handler.open(opened);
        } catch (Throwable e) { // user code
            opened.close();
            if (!(e instanceof HttpException)) {
                reportFailure(e);
            }
        }
    }

    /** The response that was deferred begins. */
    void begin(Status status, Headers headers, long length) {
        if (state == State.DEFERRED) {
            state = State.RESPONDING;
            stream.respond(status, headers, length, true);
        }
    }

    /** The response is complete. */
    void finish(Headers trailers) {
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
    void failLate(Throwable failure) {
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

    /**
     * The handler took too long: answers in its place if the response has not begun, and cancels.
     *
     * @param message which deadline passed
     */
    public void timedOut(String message) {
        if (handling()) {
            over = new DeadlineException(message, Initiator.LOCAL, Phase.HANDLER);
            respondPlainly(closing(Response.text(Status.SERVICE_UNAVAILABLE, "The handler took too long.\n")));
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
