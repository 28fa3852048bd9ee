package dev.millrace.testkit;

import dev.millrace.http.AsyncHandler;
import dev.millrace.http.Handler;
import dev.millrace.http.Limits;
import dev.millrace.http.Timeouts;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.exchange.Dispatcher;
import dev.millrace.internal.h1.Http1Connection;
import dev.millrace.internal.h1.Http1Context;
import dev.millrace.internal.observer.Observer;
import dev.millrace.internal.tls.TlsAccess;
import dev.millrace.internal.tls.TlsBuffers;
import dev.millrace.internal.tls.TlsContext;
import dev.millrace.internal.tls.TlsTransport;
import dev.millrace.internal.transport.TransportSettings;
import dev.millrace.net.SelfSigned;
import dev.millrace.net.Tls;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.Metrics;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A server's connection with HTTP/1.1 over TLS over a {@link MemoryTransport}, and its peer, which has a client's engine. */
public final class TlsFixture {
    /** The server's certificate unless a test brings another. */
    public static final SelfSigned SELF = SelfSigned.localhost();

    private static final Tls SERVER = build(SELF.server());

    private final TestLoop loop = new TestLoop(new ManualClock());
    private final StepExecutor executor = new StepExecutor(loop);
    private final StepExecutor tasks = new StepExecutor(loop);
    private final MemoryTransport transport;
    private final List<Throwable> errors = new ArrayList<>();
    private final TlsTransport tls;
    private final TlsPeer peer;

    private TlsFixture(Builder builder) {
        Limits limits = builder.limits;
        Timeouts timeouts = builder.timeouts;
        Dispatcher dispatcher = builder.blocking != null
                ? Dispatcher.blocking(
                        builder.blocking, executor, limits.handlers(), (request, error) -> errors.add(error))
                : Dispatcher.async(builder.async(), executor, (request, error) -> errors.add(error));
        Observer observer = new Observer(new Metrics().recorder("test"), List.of(), () -> false, loop::report);
        Http1Context http = new Http1Context(limits, timeouts, dispatcher, loop.clock(), "", "https", observer);
        TlsContext context = new TlsContext(
                TlsAccess.settings(builder.server),
                new TlsBuffers(),
                timeouts.handshake().toNanos(),
                timeouts.linger().toNanos(),
                builder.stepped ? tasks : null,
                observer);
        this.transport = new MemoryTransport(
                loop,
                new TransportSettings(
                        limits.outboundBuffer(),
                        limits.inboundBuffer(),
                        timeouts.progressWindow().toNanos(),
                        timeouts.progressBytes()));
        TlsTransport[] made = new TlsTransport[1];
        transport.connect(lower ->
                made[0] = TlsTransport.server(lower, context, (upper, alpn) -> new Http1Connection(upper, http)));
        this.tls = made[0];
        this.peer = new TlsPeer(
                transport, loop, TlsAccess.settings(builder.client).newClientEngine(builder.name, 443, null));
        if (builder.stepped) {
            peer.meanwhile(tasks::runAll);
        }
    }

    /** {@return the loop} */
    public TestLoop loop() {
        return loop;
    }

    /** {@return where blocking handlers run} */
    public StepExecutor executor() {
        return executor;
    }

    /** {@return where the engine's tasks run, if not on the loop} */
    public StepExecutor tasks() {
        return tasks;
    }

    /** {@return the transport below} */
    public MemoryTransport transport() {
        return transport;
    }

    /** {@return what is tested} */
    public TlsTransport tls() {
        return tls;
    }

    /** {@return the peer} */
    public TlsPeer peer() {
        return peer;
    }

    /** {@return what the error hook was told} */
    public List<Throwable> errors() {
        return errors;
    }

    /** {@return what the protocol above was told of the end} */
    public List<CloseReason> closings() {
        return transport.closings();
    }

    /** Lets time pass. */
    public void advance(Duration span) {
        loop.advance(span);
    }

    /** The peer ends its sending by a FIN. */
    public TlsFixture end() {
        transport.peerEnds();
        loop.runTasks();
        return this;
    }

    /** {@return why the connection ended, {@code null} if it has not} */
    public @Nullable CloseReason closedFor() {
        loop.runTasks();
        return transport.closedFor();
    }

    /**
     * The connection has ended, for that reason, the protocol above knows if there is one, and nothing is left. If it is only
     * waiting for the peer to read its last word, the peer reads that and ends its own sending.
     *
     * @param reason why it should have
     */
    public void assertClosed(CloseReason reason) {
        loop.runTasks();
        if (!transport.closed() && transport.outputEnded()) {
            end();
        }
        if (transport.closedFor() != reason) {
            throw new AssertionError(
                    "ended with " + transport.closedFor() + " (" + tls.closeDetail() + ") instead of " + reason);
        }
        if (!closings().isEmpty() && !closings().equals(List.of(reason))) {
            throw new AssertionError("the protocol was told " + closings());
        }
        assertNothingLeft();
    }

    /**
     * The connection has ended, for that reason and with that detail.
     *
     * @param reason why it should have
     * @param detail the name of an alert
     */
    public void assertClosed(CloseReason reason, String detail) {
        assertClosed(reason);
        if (!detail.equals(tls.closeDetail())) {
            throw new AssertionError("the detail is " + tls.closeDetail() + " instead of " + detail);
        }
    }

    /** Nothing is armed, waits, or was reported. */
    public void assertNothingLeft() {
        if (loop.armed() != 0 || transport.pending() != 0 || transport.kept() != 0 || tls.pending() != 0) {
            throw new AssertionError("left: " + loop.armed() + " deadlines, " + transport.pending() + " of "
                    + tls.pending() + " bytes out, " + transport.kept() + " bytes in");
        }
        assertNothingReported();
    }

    /** Nobody had anything to report. */
    public void assertNothingReported() {
        if (!loop.reports().isEmpty()) {
            throw new AssertionError(
                    "reported: " + loop.reports(), loop.reports().get(0).error());
        }
    }

    /** {@return a configuration, for builders that read no files} */
    public static Tls build(Tls.Builder builder) {
        try {
            return builder.build();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@return a client that trusts the server} */
    public static Tls.Builder client() {
        return Tls.client().trust(SELF.certificate());
    }

    /** {@return settings of a connection} */
    public static Builder builder() {
        return new Builder();
    }

    /** Settings. */
    public static final class Builder {
        private @Nullable AsyncHandler async;
        private @Nullable Handler blocking;
        private Limits limits = Limits.defaults();
        private Timeouts timeouts = Timeouts.defaults();
        private Tls server = SERVER;
        private Tls client = TlsFixture.build(TlsFixture.client());
        private String name = "localhost";
        private boolean stepped;

        private Builder() {}

        private AsyncHandler async() {
            if (async == null) {
                throw new IllegalStateException("no handler");
            }
            return async;
        }

        /** Sets a handler that answers asynchronously. */
        public Builder async(AsyncHandler handler) {
            async = handler;
            return this;
        }

        /** Sets a handler that answers at once, on the loop. */
        public Builder answering(Handler handler) {
            return async(request -> {
                try {
                    return CompletableFuture.completedFuture(handler.handle(request));
                } catch (Exception e) {
                    return CompletableFuture.failedFuture(e);
                }
            });
        }

        /** Sets a handler that may block, run by the executor. */
        public Builder blocking(Handler handler) {
            blocking = handler;
            return this;
        }

        /** Sets the bounds. */
        public Builder limits(Limits value) {
            limits = value;
            return this;
        }

        /** Sets the deadlines. */
        public Builder timeouts(Timeouts value) {
            timeouts = value;
            return this;
        }

        /** Sets the server's configuration. */
        public Builder server(Tls.Builder value) {
            server = TlsFixture.build(value);
            return this;
        }

        /** Sets the server's configuration, to be shared with other connections. */
        public Builder server(Tls value) {
            server = value;
            return this;
        }

        /** Sets the client's configuration. */
        public Builder client(Tls.Builder value) {
            client = TlsFixture.build(value);
            return this;
        }

        /** Sets the client's configuration, to be shared with other connections. */
        public Builder client(Tls value) {
            client = value;
            return this;
        }

        /** Sets the version that the client speaks. */
        public Builder version(String value) {
            return client(TlsFixture.client().protocols(value));
        }

        /** Sets the name that the client asks for. */
        public Builder name(String value) {
            name = value;
            return this;
        }

        /** Lets the engine's tasks wait for the test, instead of running on the loop. */
        public Builder stepped() {
            stepped = true;
            return this;
        }

        /** {@return the connection, before its first byte} */
        public TlsFixture connect() {
            return new TlsFixture(this);
        }

        /** {@return the connection, its handshake complete} */
        public TlsFixture open() {
            TlsFixture fixture = connect();
            fixture.peer.handshake();
            if (!fixture.peer.open()) {
                throw new AssertionError("no handshake", fixture.peer.failure());
            }
            return fixture;
        }
    }
}
