package dev.millrace.client;

import dev.millrace.http.FieldName;
import dev.millrace.http.Limits;
import dev.millrace.http.Method;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.exchange.ExchangeSpans;
import dev.millrace.internal.pool.PoolKey;
import dev.millrace.internal.pool.Route;
import dev.millrace.internal.pool.SessionPool;
import dev.millrace.internal.time.NonBlocking;
import dev.millrace.net.NetRuntime;
import dev.millrace.net.Resolver;
import dev.millrace.net.Tls;
import dev.millrace.observe.ConnectionListener;
import dev.millrace.observe.Metrics;
import dev.millrace.session.ClientTimeouts;
import dev.millrace.session.ExchangeOptions;
import dev.millrace.session.PoolMetrics;
import dev.millrace.session.PoolSettings;
import dev.millrace.session.SessionSnapshot;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Sends requests and gives their responses, over HTTP/1.1 and HTTP/2, on connections that it keeps and uses again. One client
 * is meant to serve a whole program. Safe for any thread.
 *
 * <p>{@link #send(Request)} has the shape of a {@link dev.millrace.http.Handler} and {@link #sendAsync(Request)} that of an
 * {@link dev.millrace.http.AsyncHandler}, so either can stand where a handler is wanted.
 *
 * <p><b>Content.</b> A response is given when its header section is there. Its content arrives as it is read, and holds its
 * place on the connection until it was read to its end or dropped ({@code Body.abandon()}, or closing its stream):
 * {@link ClientTimeouts#exchange()} bounds how long.
 *
 * <p><b>Failures</b> are {@link dev.millrace.http.HttpException}s, which say who caused them, in which phase, and whether
 * sending the request again is safe; a deadline is an {@link dev.millrace.session.ExchangeTimeoutException}. Where nothing of a
 * request was processed, or its method is idempotent and the connection was closed before it was answered, it has been tried
 * again on a fresh connection already, unless its content can be read only once.
 */
public final class HttpClient implements AutoCloseable {
    private final NetRuntime runtime;
    private final boolean ownRuntime;
    private final ClientWiring wiring;
    private final SessionPool pool;
    private final ExchangeSpans spans;
    private final ExchangeOptions options;
    private final String userAgent;
    private final Duration drain;

    private HttpClient(Builder builder) throws IOException {
        NetRuntime given = builder.runtime;
        this.runtime = given != null ? given : NetRuntime.start();
        this.ownRuntime = given == null;
        this.options = ExchangeOptions.of(builder.timeouts);
        this.spans = ExchangeSpans.of(builder.timeouts);
        this.userAgent = builder.userAgent;
        this.drain = builder.drain;
        try {
            Tls tls = builder.tls;
            Resolver resolver = builder.resolver;
            this.wiring = new ClientWiring(
                    runtime,
                    tls != null ? tls : Tls.client().build(),
                    resolver != null ? resolver : Resolver.cached(runtime, Resolver.system(runtime.handlerExecutor())),
                    builder.versions,
                    builder.limits,
                    builder.timeouts,
                    builder.metrics,
                    List.copyOf(builder.listeners));
            this.pool = wiring.pool(builder.pool);
        } catch (IOException | RuntimeException e) {
            if (ownRuntime) {
                runtime.close();
            }
            throw e;
        }
    }

    /** {@return a builder of a client} */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * A client with the defaults.
     *
     * @return the client
     * @throws IOException if the operating system gives no selectors
     */
    public static HttpClient create() throws IOException {
        return builder().build();
    }

    // ---- requests

    /**
     * Sends a request and waits for its response, so not on an event loop.
     *
     * @param request the request, such as {@link Request#get(String)} makes it
     * @return the response, whose content may still be arriving
     * @throws IOException if there is no response: mostly a {@link dev.millrace.http.HttpException}
     * @throws IllegalArgumentException if the request does not say which host it is for
     * @throws IllegalStateException on an event loop: use {@link #sendAsync(Request)} there
     */
    public Response send(Request request) throws IOException {
        return await(sendAsync(request));
    }

    /**
     * Sends a request with options of its own and waits for its response.
     *
     * @param request the request
     * @param chosen what is different for this one
     * @return the response, whose content may still be arriving
     * @throws IOException if there is no response
     * @throws IllegalArgumentException if the request does not say which host it is for
     * @throws IllegalStateException on an event loop
     */
    public Response send(Request request, ExchangeOptions chosen) throws IOException {
        return await(sendAsync(request, chosen));
    }

    /**
     * Sends a request. Does not wait.
     *
     * @param request the request
     * @return gives the response on the event loop once its header section is there, or fails; cancelling it gives the exchange
     *     up at once
     * @throws IllegalArgumentException if the request does not say which host it is for
     */
    public CompletableFuture<Response> sendAsync(Request request) {
        return pool.send(key(request), prepared(request), spans, options.interims());
    }

    /**
     * Sends a request with options of its own. Does not wait.
     *
     * @param request the request
     * @param chosen what is different for this one
     * @return as {@link #sendAsync(Request)}
     * @throws IllegalArgumentException if the request does not say which host it is for
     */
    public CompletableFuture<Response> sendAsync(Request request, ExchangeOptions chosen) {
        ExchangeSpans own = chosen.timeouts() == options.timeouts() ? spans : ExchangeSpans.of(chosen.timeouts());
        return pool.send(key(request), prepared(request), own, chosen.interims());
    }

    private static PoolKey key(Request request) {
        if (request.method() == Method.CONNECT) {
            throw new IllegalArgumentException("CONNECT is for proxies, and the client sends it by itself");
        }
        return PoolKey.of(request, Route.DIRECT);
    }

    private Request prepared(Request request) {
        return userAgent.isEmpty() || request.headers().contains(FieldName.USER_AGENT)
                ? request
                : request.toBuilder().header(FieldName.USER_AGENT, userAgent).build();
    }

    private static Response await(CompletableFuture<Response> result) throws IOException {
        if (NonBlocking.current() && !result.isDone()) {
            result.cancel(true);
            throw new IllegalStateException("an event loop must not wait for a response: use sendAsync");
        }
        try {
            return result.get();
        } catch (InterruptedException e) {
            result.cancel(true);
            Thread.currentThread().interrupt();
            throw (InterruptedIOException)
                    new InterruptedIOException("interrupted while waiting for a response").initCause(e);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            if (cause instanceof IOException io) {
                throw io;
            }
            if (cause instanceof RuntimeException runtimeFailure) {
                throw runtimeFailure;
            }
            if (cause instanceof Error error) {
                throw error;
            }
            throw new IOException(cause);
        }
    }

    /**
     * Opens sessions ahead of the first request for them; does not wait for them.
     *
     * @param url a URL of the origin
     * @param sessions how many there are to be, within the pool's bounds; where HTTP/2 may be spoken, one
     * @throws IllegalArgumentException if that is no URL
     */
    public void warmUp(String url, int sessions) {
        pool.warmUp(key(Request.get(url)), sessions, spans);
    }

    // ---- what it is doing

    /**
     * The sessions, open or on their way.
     *
     * @return gives them, each as it was at one moment; completed by an event loop
     */
    public CompletionStage<List<SessionSnapshot>> sessions() {
        return pool.sessions();
    }

    /** {@return what the pool has counted so far} */
    public PoolMetrics metrics() {
        return pool.metrics();
    }

    /** {@return what carries the client's connections} */
    public NetRuntime runtime() {
        return runtime;
    }

    // ---- the end

    /**
     * Ends the client gracefully: nothing more begins, what is under way goes on.
     *
     * @param longest after which what is still under way is cut off
     * @return completes when no connection is left
     */
    public CompletionStage<Void> drain(Duration longest) {
        CompletableFuture<Void> empty = pool.close().toCompletableFuture();
        wiring.after(longest, () -> {
            if (!empty.isDone()) {
                pool.force();
            }
        });
        return empty;
    }

    /**
     * Ends the client as {@link #drain} does, with the deadline that was configured, and waits for that unless called on an
     * event loop. A runtime that was made for the client ends, too.
     */
    @Override
    public void close() {
        CompletionStage<Void> empty = drain(drain);
        if (NonBlocking.current()) {
            if (ownRuntime) {
                empty.thenRun(runtime::close);
            }
            return;
        }
        try {
            empty.toCompletableFuture().get(drain.toMillis() + 1_000, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            pool.force();
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) { // a loop that is blocked; nothing more can be done
            System.getLogger("dev.millrace").log(System.Logger.Level.WARNING, "closing a client", e);
        }
        if (ownRuntime) {
            runtime.close();
        }
    }

    /** Settings of an {@link HttpClient}. Not safe for several threads at once. */
    public static final class Builder {
        private @Nullable NetRuntime runtime;
        private @Nullable Tls tls;
        private @Nullable Resolver resolver;
        private HttpVersions versions = HttpVersions.NEGOTIATED;
        private Limits limits = Limits.defaults().withBody(Long.MAX_VALUE);
        private ClientTimeouts timeouts = ClientTimeouts.defaults();
        private PoolSettings pool = PoolSettings.defaults();
        private Metrics metrics = new Metrics();
        private final List<ConnectionListener> listeners = new ArrayList<>();
        private String userAgent = "Millrace";
        private Duration drain = Duration.ofSeconds(10);

        private Builder() {}

        /**
         * Sets what carries the client's connections; one of its own if not called, which ends with it.
         *
         * @param value the runtime, which may carry servers, too
         * @return this
         */
        public Builder runtime(NetRuntime value) {
            runtime = Objects.requireNonNull(value, "runtime");
            return this;
        }

        /**
         * Sets the TLS configuration; if not called, the platform's roots are trusted and host names are checked.
         *
         * @param value one made by {@link Tls#client()}
         * @return this
         */
        public Builder tls(Tls value) {
            tls = Objects.requireNonNull(value, "tls");
            return this;
        }

        /**
         * Sets what finds the addresses of names; the operating system's resolver with a small cache if not called.
         *
         * @param value the resolver
         * @return this
         */
        public Builder resolver(Resolver value) {
            resolver = Objects.requireNonNull(value, "resolver");
            return this;
        }

        /**
         * Sets the versions of HTTP; {@link HttpVersions#NEGOTIATED} if not called.
         *
         * @param value the versions
         * @return this
         */
        public Builder versions(HttpVersions value) {
            versions = Objects.requireNonNull(value, "versions");
            return this;
        }

        /**
         * Sets the bounds on what servers send, and on what is buffered; those of a server without a bound on content if not
         * called.
         *
         * @param value the bounds
         * @return this
         */
        public Builder limits(Limits value) {
            limits = Objects.requireNonNull(value, "limits");
            return this;
        }

        /**
         * Sets the deadlines; {@link ClientTimeouts#defaults()} if not called.
         *
         * @param value the deadlines
         * @return this
         */
        public Builder timeouts(ClientTimeouts value) {
            timeouts = Objects.requireNonNull(value, "timeouts");
            return this;
        }

        /**
         * Sets the bounds of the pool; {@link PoolSettings#defaults()} if not called.
         *
         * @param value the bounds
         * @return this
         */
        public Builder pool(PoolSettings value) {
            pool = Objects.requireNonNull(value, "pool");
            return this;
        }

        /**
         * Sets what counts the client's connections, under the listener name {@code client}; its own if not called.
         *
         * @param value the metrics, which may be a server's, too
         * @return this
         */
        public Builder metrics(Metrics value) {
            metrics = Objects.requireNonNull(value, "metrics");
            return this;
        }

        /**
         * Adds who is told what happens to the client's connections.
         *
         * @param value is called on the event loop, so it must not block
         * @return this
         */
        public Builder connectionListener(ConnectionListener value) {
            listeners.add(Objects.requireNonNull(value, "connectionListener"));
            return this;
        }

        /**
         * Sets the {@code User-Agent} of requests that have none; {@code Millrace} if not called.
         *
         * @param value the field's value, empty for no field
         * @return this
         * @throws IllegalArgumentException if it cannot stand in a field value
         */
        public Builder userAgent(String value) {
            if (!value.isEmpty()) {
                dev.millrace.http.Headers.of(FieldName.USER_AGENT, value); // checks it
            }
            userAgent = value;
            return this;
        }

        /**
         * Sets how long {@link HttpClient#close()} lets what is under way go on; 10 seconds if not called.
         *
         * @param value zero or more
         * @return this
         * @throws IllegalArgumentException if it is negative
         */
        public Builder drain(Duration value) {
            if (value.isNegative()) {
                throw new IllegalArgumentException("drain is " + value + " but must not be negative");
            }
            drain = value;
            return this;
        }

        /**
         * Makes the client. No connection is opened.
         *
         * @return the client
         * @throws IOException if the operating system gives no selectors, or the TLS defaults cannot be had
         */
        public HttpClient build() throws IOException {
            return new HttpClient(this);
        }
    }
}
