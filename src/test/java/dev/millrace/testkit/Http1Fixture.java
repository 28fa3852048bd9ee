package dev.millrace.testkit;

import dev.millrace.http.AsyncHandler;
import dev.millrace.http.Handler;
import dev.millrace.http.Limits;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.http.Timeouts;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.exchange.Dispatcher;
import dev.millrace.internal.observer.Observer;
import dev.millrace.internal.transport.BufferBound;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.Metrics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;

/**
 * A server's connection in the clear over a {@link MemoryTransport}, HTTP/1.1 or whatever else its peer speaks, with its peer, its time and its handler's executor in the
 * test's hands. The server's name is not sent; the date is that of a new {@link ManualClock}.
 */
public final class Http1Fixture {
    /** The {@code Date} line as long as the clock has not moved. */
    public static final String DATE = "Date: Sat, 01 Jan 2000 00:00:00 GMT\r\n";

    /** A little more than the timer wheel's tick: what a deadline may be late. */
    public static final Duration TICK = Duration.ofMillis(10);

    private final TestLoop loop;
    private final StepExecutor executor;
    private final MemoryServer server;
    private final MemoryTransport transport;
    private final ScriptedPeer peer;
    private final Http2Peer http2Peer;
    private final List<Throwable> errors = new ArrayList<>();

    private Http1Fixture(Builder builder) {
        this.loop = new TestLoop(new ManualClock(builder.start), new BufferBound(builder.bufferedBytes, 1));
        this.executor = new StepExecutor(loop);
        Dispatcher dispatcher = builder.async != null
                ? Dispatcher.async(builder.async, executor, (request, error) -> errors.add(error))
                : Dispatcher.blocking(
                        builder.blocking(), executor, builder.limits.handlers(), (request, error) -> errors.add(error));
        Limits limits = builder.limits;
        Timeouts timeouts = builder.timeouts;
        Observer observer = new Observer(new Metrics().recorder("test"), List.of(), () -> false, loop::report);
        this.server = new MemoryServer(loop, limits, timeouts, dispatcher.withVital(builder.vital), observer);
        this.transport = server.accept();
        this.peer = new ScriptedPeer(transport, loop);
        this.http2Peer = new Http2Peer(transport, loop);
    }

    /**
     * A connection with an asynchronous handler and defaults.
     *
     * @param handler answers
     * @return the connection
     */
    public static Http1Fixture async(AsyncHandler handler) {
        return builder().async(handler).connect();
    }

    /**
     * A connection whose handler answers at once, on the loop.
     *
     * @param handler answers
     * @return the connection
     */
    public static Http1Fixture answering(Handler handler) {
        return builder().answering(handler).connect();
    }

    /** {@return settings of a connection} */
    public static Builder builder() {
        return new Builder();
    }

    /** {@return the loop} */
    public TestLoop loop() {
        return loop;
    }

    /** {@return where blocking handlers and writers run} */
    public StepExecutor executor() {
        return executor;
    }

    /** {@return the transport} */
    public MemoryTransport transport() {
        return transport;
    }

    /** {@return the peer} */
    public ScriptedPeer peer() {
        return peer;
    }

    /** {@return the same peer, for tests in which it begins with the preface of HTTP/2} */
    public Http2Peer http2() {
        return http2Peer;
    }

    /** {@return another connection of the same server} */
    public MemoryTransport another() {
        return server.accept();
    }

    /** {@return what the error hook was told} */
    public List<Throwable> errors() {
        return errors;
    }

    /** {@return how the connection ended, one entry if it has} */
    public List<CloseReason> closings() {
        return transport.closings();
    }

    /** Lets time pass. */
    public void advance(Duration span) {
        loop.advance(span);
    }

    /**
     * The connection has ended, for that reason, told once, and left nothing behind.
     *
     * @param reason why it should have
     */
    public void assertClosed(CloseReason reason) {
        loop.runTasks();
        if (!closings().equals(List.of(reason))) {
            throw new AssertionError("ended with " + closings() + " instead of " + reason);
        }
        assertNothingLeft();
    }

    /** The connection is open. */
    public void assertOpen() {
        if (transport.closed() || !closings().isEmpty()) {
            throw new AssertionError("ended with " + closings());
        }
    }

    /** Nothing is armed, waits, or was reported. */
    public void assertNothingLeft() {
        if (loop.armed() != 0 || transport.pending() != 0 || transport.kept() != 0) {
            throw new AssertionError("left: " + loop.armed() + " deadlines, " + transport.pending() + " bytes out, "
                    + transport.kept() + " bytes in");
        }
        assertNothingReported();
    }

    /** Nothing was reported that should not have been thrown. */
    public void assertNothingReported() {
        if (!loop.reports().isEmpty()) {
            throw new AssertionError(
                    "reported: " + loop.reports(), loop.reports().get(0).error());
        }
    }

    /** Settings. */
    public static final class Builder {
        private @Nullable AsyncHandler async;
        private @Nullable Handler blocking;
        private Limits limits = Limits.defaults();
        private Timeouts timeouts = Timeouts.defaults();
        private long start;
        private Predicate<Request> vital = none -> false;
        private long bufferedBytes = 1L << 40;

        private Builder() {}

        private Handler blocking() {
            if (blocking == null) {
                throw new IllegalStateException("no handler");
            }
            return blocking;
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

        /** Sets a handler that may block, run by the {@link StepExecutor}. */
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

        /** Sets which requests are answered also when more is held than may be. */
        public Builder vital(Predicate<Request> value) {
            vital = value;
            return this;
        }

        /** Sets how many bytes may be held for peers. */
        public Builder bufferedBytes(long value) {
            bufferedBytes = value;
            return this;
        }

        /** Sets the reading that the clock starts at. */
        public Builder start(long nanos) {
            start = nanos;
            return this;
        }

        /** {@return the connection, open} */
        public Http1Fixture connect() {
            return new Http1Fixture(this);
        }
    }

    /** {@return the bytes of a response with text and a length, as {@link Response#text} makes it} */
    public static String okText(String text) {
        return "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n" + DATE + "Content-Length: "
                + text.length() + "\r\n\r\n" + text;
    }
}
