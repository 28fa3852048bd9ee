package dev.millrace.internal.h2;

import dev.millrace.http.Body;
import dev.millrace.http.Headers;
import dev.millrace.http.HttpException;
import dev.millrace.http.Limits;
import dev.millrace.http.Method;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.http.Status;
import dev.millrace.http.Timeouts;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.exchange.ClientConnection;
import dev.millrace.internal.exchange.ClientExchange;
import dev.millrace.internal.exchange.ExchangeSpans;
import dev.millrace.internal.transport.TransportSettings;
import dev.millrace.observe.CloseReason;
import dev.millrace.session.ClientTimeouts;
import dev.millrace.session.SessionSnapshot;
import dev.millrace.testkit.Http2Peer;
import dev.millrace.testkit.ManualClock;
import dev.millrace.testkit.MemoryTransport;
import dev.millrace.testkit.StepExecutor;
import dev.millrace.testkit.TestLoop;
import dev.millrace.testkit.TestSubscriber;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A client's connection in memory, with a server's end that a test speaks for. */
final class Http2ClientFixture implements ClientConnection.Owner {
    /** What became of an exchange. */
    static final class Asked implements ClientExchange.Outcome {
        final TestSubscriber content;
        final List<Integer> interims = new ArrayList<>();

        @Nullable
        Response response;

        @Nullable
        Throwable failure;

        boolean completed;

        /** Runs when there is a response, and at a good end. */
        Runnable onMove = () -> {};

        @Nullable
        ClientExchange exchange;

        Asked(TestSubscriber content) {
            this.content = content;
        }

        @Override
        public void interim(Status status, Headers headers) {
            interims.add(status.code());
        }

        @Override
        public void responded(Response given) {
            if (response != null || ended()) {
                throw new AssertionError("a second response, or one after the end");
            }
            response = given;
            given.body().publisher().subscribe(content);
            onMove.run();
        }

        @Override
        public void failed(Throwable cause) {
            if (ended()) {
                throw new AssertionError("a failure after the end", cause);
            }
            failure = cause;
        }

        @Override
        public void completed() {
            if (ended() || response == null) {
                throw new AssertionError("complete after the end, or without a response");
            }
            completed = true;
            onMove.run();
        }

        boolean ended() {
            return completed || failure != null;
        }

        int status() {
            return response == null ? 0 : response.status().code();
        }

        HttpException typed() {
            if (failure instanceof HttpException typed) {
                return typed;
            }
            throw new AssertionError("no failure with a type: " + failure, failure);
        }

        @Override
        public String toString() {
            return status() + " " + interims + " " + content.text() + " " + completed + " "
                    + (failure == null ? "" : failure.getClass().getSimpleName());
        }
    }

    final TestLoop loop = new TestLoop(new ManualClock(0));
    final StepExecutor executor = new StepExecutor(loop);
    final MemoryTransport transport;
    final Http2Peer peer;
    final List<Integer> endedAt = new ArrayList<>(); // how many were active when an end was told
    final List<CloseReason> closed = new ArrayList<>();
    int changes;
    private @Nullable Http2ClientConnection connection;
    private boolean sending;

    Http2ClientFixture() {
        this(Limits.defaults(), Timeouts.defaults(), 1);
    }

    Http2ClientFixture(Limits limits, Timeouts timeouts, int firstId) {
        Http2ClientContext context = new Http2ClientContext(limits, timeouts);
        transport = new MemoryTransport(
                loop,
                new TransportSettings(
                        limits.outboundBuffer(),
                        limits.inboundBuffer(),
                        timeouts.progressWindow().toNanos(),
                        timeouts.progressBytes()));
        peer = new Http2Peer(transport, loop);
        transport.connect(lower -> {
            Http2ClientConnection made = new Http2ClientConnection(lower, context, this, firstId);
            connection = made;
            return made;
        });
    }

    Http2ClientConnection connection() {
        if (connection == null) {
            throw new AssertionError();
        }
        return connection;
    }

    // ---- requests

    static Request get(String path) {
        return Request.to(Method.GET, "http://test" + path).build();
    }

    static Request post(String path, Body body) {
        return Request.to(Method.POST, "http://test" + path).body(body).build();
    }

    Asked ask(Request request) {
        return ask(request, TestSubscriber.eager());
    }

    Asked ask(Request request, TestSubscriber reader) {
        return ask(request, reader, ClientTimeouts.defaults());
    }

    Asked ask(Request request, TestSubscriber reader, ClientTimeouts timeouts) {
        Asked asked = new Asked(reader);
        ClientExchange exchange = new ClientExchange(
                request, ExchangeSpans.of(timeouts), loop.now(), executor, asked, Http2ClientFixture::noSession);
        asked.exchange = exchange;
        sending = true;
        connection().send(exchange);
        sending = false;
        loop.runTasks();
        return asked;
    }

    private static SessionSnapshot noSession() {
        return new SessionSnapshot(
                1,
                "http://test",
                "direct",
                null,
                null,
                dev.millrace.session.Reusability.REUSABLE,
                0,
                0,
                Duration.ZERO,
                Duration.ZERO,
                0,
                0);
    }

    // ---- what it tells

    @Override
    public void changed() {
        mayBeTold();
        changes++;
    }

    @Override
    public void exchangeEnded() {
        mayBeTold();
        endedAt.add(connection().active());
    }

    @Override
    public void closed(CloseReason reason) {
        mayBeTold();
        closed.add(reason);
    }

    private void mayBeTold() {
        if (sending || !closed.isEmpty()) {
            throw new AssertionError(sending ? "told within send" : "told after the end");
        }
    }

    void advance(Duration span) {
        loop.advance(span);
    }

    void assertNothingLeft() {
        if (loop.armed() != 0 || transport.pending() != 0 || transport.kept() != 0) {
            throw new AssertionError("left: " + loop.armed() + " deadlines, " + transport.pending() + " bytes out, "
                    + transport.kept() + " bytes in");
        }
        assertNothingReported();
    }

    void assertNothingReported() {
        if (!loop.reports().isEmpty()) {
            throw new AssertionError(
                    "reported: " + loop.reports(), loop.reports().get(0).error());
        }
    }
}
