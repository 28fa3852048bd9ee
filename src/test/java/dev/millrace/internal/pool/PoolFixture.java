package dev.millrace.internal.pool;

import dev.millrace.http.Body;
import dev.millrace.http.HttpException;
import dev.millrace.http.Initiator;
import dev.millrace.http.Limits;
import dev.millrace.http.Method;
import dev.millrace.http.Phase;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.exchange.ExchangeSpans;
import dev.millrace.internal.h1.Http1ClientConnection;
import dev.millrace.internal.h1.Http1ClientContext;
import dev.millrace.internal.h1.TargetForm;
import dev.millrace.internal.transport.TransportSettings;
import dev.millrace.session.ClientTimeouts;
import dev.millrace.session.PoolSettings;
import dev.millrace.session.Veto;
import dev.millrace.testkit.ManualClock;
import dev.millrace.testkit.MemoryTransport;
import dev.millrace.testkit.StepExecutor;
import dev.millrace.testkit.TestLoop;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** A pool whose connections, of HTTP/1.1, are in memory; a test speaks for the servers. */
final class PoolFixture implements SessionOpener {
    static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    final TestLoop loop = new TestLoop(new ManualClock(0));
    final StepExecutor executor = new StepExecutor(loop);
    final List<Opened> openings = new ArrayList<>();
    final SessionPool pool;
    private final List<CompletableFuture<Response>> begun = new ArrayList<>();
    private final Http1ClientContext context =
            new Http1ClientContext(Limits.defaults().withBody(Long.MAX_VALUE));

    PoolFixture() {
        this(PoolSettings.defaults());
    }

    PoolFixture(PoolSettings settings) {
        pool = new SessionPool(settings, this, () -> loop, loop.clock(), executor, 1);
    }

    /** A connection that was wished for. */
    final class Opened implements Opening {
        final ClientSession session;
        boolean cancelled;
        boolean over; // it has failed
        private @Nullable MemoryTransport transport;

        Opened(ClientSession session) {
            this.session = session;
        }

        @Override
        public void cancel() {
            cancelled = true;
        }

        Opened connect() {
            MemoryTransport lower =
                    new MemoryTransport(loop, new TransportSettings(64 << 10, 64 << 10, 30_000_000_000L, 1));
            Http1ClientConnection[] made = new Http1ClientConnection[1];
            transport = lower;
            over = false;
            lower.connect(down -> made[0] = new Http1ClientConnection(down, context, TargetForm.ORIGIN, session));
            session.opened(made[0], lower);
            loop.runTasks();
            return this;
        }

        boolean fresh() {
            return transport == null;
        }

        boolean connected() {
            return transport != null && !transport.closed();
        }

        void fail() {
            over = true;
            session.notOpened(new HttpException("refused", Initiator.NETWORK, Phase.CONNECT, true, null));
            loop.runTasks();
        }

        MemoryTransport transport() {
            if (transport == null) {
                throw new AssertionError("not connected");
            }
            return transport;
        }

        Opened says(String text) {
            transport().peerSends(text.getBytes(StandardCharsets.ISO_8859_1));
            loop.runTasks();
            return this;
        }

        String heard() {
            return new String(transport().received(), StandardCharsets.ISO_8859_1);
        }

        int requests() {
            return heard().split(" HTTP/1.1\r\n", -1).length - 1;
        }
    }

    @Override
    public Opening open(ClientSession session) {
        Opened opened = new Opened(session);
        openings.add(opened);
        return opened;
    }

    @Override
    public boolean mayShare(PoolKey key) {
        return key.secure();
    }

    Opened opened(int index) {
        return openings.get(index);
    }

    /** A session that has carried an exchange and is idle. */
    Opened idle() {
        CompletableFuture<Response> first = get("/first");
        Opened opened = openings.get(openings.size() - 1).connect().says(OK);
        text(first);
        return opened;
    }

    // ---- requests

    CompletableFuture<Response> get(String path) {
        return send(Request.get("http://a" + path), ClientTimeouts.defaults());
    }

    /** A request whose response nobody looks at. */
    void begin(String path) {
        begun.add(get(path));
    }

    CompletableFuture<Response> post(String path, Body body) {
        return send(Request.to(Method.POST, "http://a" + path).body(body).build(), ClientTimeouts.defaults());
    }

    CompletableFuture<Response> send(Request request, ClientTimeouts timeouts) {
        CompletableFuture<Response> asked = pool.send(
                PoolKey.of(request, Route.DIRECT), request, ExchangeSpans.of(timeouts), (status, headers) -> {});
        loop.runTasks();
        return asked;
    }

    String text(CompletableFuture<Response> asked) {
        loop.runTasks();
        CompletableFuture<String> text = now(asked).body().stringAsync(1 << 20).toCompletableFuture();
        loop.runTasks();
        return now(text);
    }

    /** {@return what is there already: there is no other thread to wait for} */
    static <T> T now(CompletableFuture<T> future) {
        if (!future.isDone()) {
            throw new AssertionError("it is not there");
        }
        return future.join();
    }

    /** {@return how a call has failed} */
    static Throwable failure(CompletableFuture<Response> asked) {
        if (!asked.isCompletedExceptionally()) {
            throw new AssertionError("it has not failed");
        }
        try {
            asked.join();
        } catch (CompletionException e) {
            return e.getCause();
        } catch (RuntimeException e) {
            return e;
        }
        throw new AssertionError();
    }

    void later(Duration span) {
        loop.advance(span);
        loop.runTasks();
    }

    /** A deadline passes: the wheel may be late by a tick. */
    void passes(Duration span) {
        later(span.plusMillis(300));
    }

    long evicted(Veto veto) {
        return pool.metrics().evicted().get(veto);
    }

    /** Nothing may be left once the client is closed. */
    void closeAndCheck() {
        pool.close();
        loop.runTasks();
        if (pool.metrics().open() > 0) {
            pool.force();
            loop.runTasks();
        }
        if (pool.metrics().open() != 0
                || pool.metrics().waiting() != 0
                || !loop.reports().isEmpty()) {
            throw new AssertionError(pool.metrics() + " " + loop.reports());
        }
        for (CompletableFuture<Response> asked : begun) {
            if (!asked.isDone()) {
                throw new AssertionError("a call has no end");
            }
        }
    }
}
