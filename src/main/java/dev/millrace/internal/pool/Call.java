package dev.millrace.internal.pool;

import dev.millrace.http.Body;
import dev.millrace.http.Headers;
import dev.millrace.http.HttpException;
import dev.millrace.http.Method;
import dev.millrace.http.PeerClosedException;
import dev.millrace.http.Phase;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.http.Status;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.exchange.ClientExchange;
import dev.millrace.internal.exchange.ExchangeSpans;
import dev.millrace.internal.transport.Loop;
import dev.millrace.session.ClientTimeouts;
import dev.millrace.session.ExchangeTimeoutException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;

/**
 * What a caller asked for: a request that becomes one exchange, or another one where the first certainly did nothing, or where
 * doing its work twice is doing it once. Its {@link #result} is what the caller holds.
 *
 * <pre>
 *   WAITING ⇄ GIVEN → UNDER_WAY → RESPONDED → ENDED
 *                     UNDER_WAY → WAITING       (another try)
 *   any → ENDED                                 (failed, or cancelled)
 * </pre>
 */
final class Call implements ClientExchange.Outcome {
    /** As often may a request be sent that was never looked at: a server may let many sessions end in a row. */
    private static final int MOST_TRIES = 10;

    private enum State {
        WAITING,
        UNDER_WAY,
        RESPONDED,
        ENDED
    }

    /** What the caller holds. Cancelling it gives the exchange up. */
    private final class Result extends CompletableFuture<Response> {
        @Override
        public boolean cancel(boolean mayInterruptIfRunning) {
            boolean cancelled = super.cancel(mayInterruptIfRunning);
            if (cancelled) {
                giveUp();
            }
            return cancelled;
        }
    }

    private final SessionPool pool;
    private final PoolKey key;
    private final Request request;
    private final ExchangeSpans spans;
    private final BiConsumer<Status, Headers> interims;
    private final long asked;
    private final Result result = new Result();
    private State state = State.WAITING; // guarded by this
    private @Nullable ClientExchange exchange; // guarded by this: the one that is under way
    private @Nullable ClientSession session; // guarded by this: that carries it
    private int tries; // on the loop
    private int repeated; // of these, those after a try that may have done the work
    private long waitEnd; // under the origin's lock

    Call(
            SessionPool pool,
            PoolKey key,
            Request request,
            ExchangeSpans spans,
            BiConsumer<Status, Headers> interims,
            long asked) {
        this.pool = pool;
        this.key = key;
        this.request = request;
        this.spans = spans;
        this.interims = interims;
        this.asked = asked;
    }

    CompletableFuture<Response> result() {
        return result;
    }

    PoolKey key() {
        return key;
    }

    ExchangeSpans spans() {
        return spans;
    }

    // ---- waiting for a session

    /** It begins to wait; says until when. Under the origin's lock. */
    long waits(boolean forOpening) {
        ClientTimeouts bounds = spans.timeouts();
        long longest = bounds.poolWait().toNanos();
        if (forOpening) { // whose steps have deadlines of their own, which are more telling
            longest += bounds.resolve()
                    .plus(bounds.connect())
                    .plus(bounds.proxy())
                    .plus(bounds.handshake())
                    .toNanos();
        }
        long end = pool.now() + longest;
        long whole = spans.exchangeEnd(asked);
        waitEnd = ExchangeSpans.first(end, whole);
        return waitEnd;
    }

    /** {@return until when it waits. Under the origin's lock} */
    long waitEnd() {
        return waitEnd;
    }

    /** It has waited for too long, and is not among those any more who wait. */
    void waitedTooLong(long now) {
        long whole = spans.exchangeEnd(asked);
        boolean all = whole != ExchangeSpans.NEVER && now - whole >= 0;
        fails(new ExchangeTimeoutException(all ? "exchange" : "poolWait", Phase.POOL_WAIT, true, null));
    }

    // ---- its exchange

    /** A session has taken it; says whether there is still something to do. On the session's loop. */
    synchronized boolean begins() {
        if (state == State.ENDED) {
            return false;
        }
        state = State.UNDER_WAY;
        return true;
    }

    /** {@return the exchange that a session is to send. On the session's loop} */
    ClientExchange exchange(ClientSession on) {
        tries++;
        ClientExchange made = new ClientExchange(request, spans, asked, pool.blocking(), this, on::snapshot);
        synchronized (this) {
            exchange = made;
            session = on;
        }
        return made;
    }

    @Override
    public void interim(Status status, Headers headers) {
        interims.accept(status, headers);
    }

    @Override
    public void responded(Response response) {
        synchronized (this) {
            if (state != State.ENDED) {
                state = State.RESPONDED;
            }
        }
        if (!result.complete(response)) { // cancelled: the exchange is about to be
            response.body().abandon();
        }
    }

    @Override
    public void completed() {
        synchronized (this) {
            state = State.ENDED;
            exchange = null;
            session = null;
        }
    }

    @Override
    public void failed(Throwable failure) {
        boolean again;
        synchronized (this) {
            again = state == State.UNDER_WAY && mayTryAgain(failure);
            state = again ? State.WAITING : State.ENDED;
            exchange = null;
            session = null;
        }
        if (failure instanceof ExchangeTimeoutException) {
            pool.counts().timedOut.increment();
        }
        if (again) {
            pool.counts().retried.increment();
            pool.submit(this, true);
        } else {
            result.completeExceptionally(failure);
        }
    }

    /**
     * Whether another try cannot do the request's work twice: nothing of it was processed, or doing it twice is doing it once
     * (RFC 9110 §9.2.2) and the connection was closed before a response began (RFC 9112 §9.3.1), which is tried once.
     */
    private boolean mayTryAgain(Throwable failure) {
        if (!(failure instanceof HttpException ended) || !replayable() || ended instanceof ExchangeTimeoutException) {
            return false;
        }
        if (ended.retrySafe()) {
            return tries < MOST_TRIES;
        }
        return ended instanceof PeerClosedException && idempotent(request.method()) && repeated++ == 0;
    }

    private boolean replayable() {
        Body.Source source = request.body().source();
        return source instanceof Body.Bytes || source instanceof Body.FileRegion;
    }

    private static boolean idempotent(Method method) {
        return method == Method.GET
                || method == Method.HEAD
                || method == Method.OPTIONS
                || method == Method.TRACE
                || method == Method.PUT
                || method == Method.DELETE;
    }

    // ---- the end

    /** It comes to nothing before a session has carried it. */
    void fails(Throwable failure) {
        synchronized (this) {
            state = State.ENDED;
        }
        if (failure instanceof ExchangeTimeoutException) {
            pool.counts().timedOut.increment();
        }
        request.body().abandon();
        result.completeExceptionally(failure);
    }

    /** The caller wants nothing any more. */
    private void giveUp() {
        ClientExchange under;
        ClientSession on;
        synchronized (this) {
            if (state == State.ENDED) {
                return;
            }
            under = exchange;
            on = session;
            state = State.ENDED;
        }
        if (under == null || on == null) {
            pool.withdraw(this);
            return;
        }
        Loop loop = on.loop();
        CancellationException why = new CancellationException("the caller has given the exchange up");
        if (loop.inLoop()) {
            under.cancel(why);
        } else {
            loop.execute(() -> under.cancel(why));
        }
    }
}
