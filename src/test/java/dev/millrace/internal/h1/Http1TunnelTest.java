package dev.millrace.internal.h1;

import static dev.millrace.testkit.Http1Fixture.DATE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.HttpException;
import dev.millrace.http.Limits;
import dev.millrace.http.Response;
import dev.millrace.http.Status;
import dev.millrace.http.Timeouts;
import dev.millrace.http.Tunnel;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.observe.CloseReason;
import dev.millrace.testkit.Http1Fixture;
import dev.millrace.testkit.TestSubscriber;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import org.junit.jupiter.api.Test;

/** CONNECT and Upgrade: bytes both ways, each direction ending by itself, and what does not open a tunnel. */
class Http1TunnelTest {
    private static final String CONNECT = "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n";
    private static final String UPGRADE = "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x, y/1\r\n\r\n";

    private @Nullable Tunnel opened;

    private Tunnel tunnel() {
        if (opened == null) {
            throw new AssertionError("no tunnel was opened");
        }
        return opened;
    }

    private Http1Fixture connected() {
        Http1Fixture f = Http1Fixture.answering(r -> Response.tunnel(tunnel -> opened = tunnel));
        f.peer().send(CONNECT);
        return f;
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Sends back what comes, and ends its direction when the peer has ended its own. */
    private static void echo(Tunnel tunnel) {
        tunnel.input().publisher().subscribe(new Flow.Subscriber<>() {
            private Flow.@Nullable Subscription subscription;

            @Override
            public void onSubscribe(Flow.Subscription s) {
                subscription = s;
                s.request(1);
            }

            @Override
            public void onNext(ByteBuffer piece) {
                tunnel.write(piece).thenRun(() -> subscription.request(1));
            }

            @Override
            public void onError(Throwable error) {
                tunnel.close();
            }

            @Override
            public void onComplete() {
                tunnel.closeOutput();
            }
        });
    }

    @Test
    void connectByteForByte() {
        Http1Fixture f = Http1Fixture.answering(r -> Response.tunnel(Http1TunnelTest::echo));
        f.peer().send(CONNECT + "early").send(" bytes");
        assertEquals("HTTP/1.1 200 OK\r\n" + DATE + "\r\nearly bytes", f.peer().text());
        f.peer().send("GET / HTTP/1.1\r\n").end();
        assertTrue(f.peer().text().endsWith("bytesGET / HTTP/1.1\r\n"));
        f.assertClosed(CloseReason.UPGRADED);
    }

    @Test
    void upgradeByteForByte() {
        Http1Fixture f = Http1Fixture.answering(r -> Response.switchingProtocols("y/1", Http1TunnelTest::echo));
        f.peer().send(UPGRADE + "early").end();
        assertEquals(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: y/1\r\n" + DATE + "Connection: Upgrade\r\n\r\nearly",
                f.peer().text());
        f.assertClosed(CloseReason.UPGRADED);
    }

    @Test
    void anUpgradeAfterItsContentWasRead() {
        Http1Fixture f = Http1Fixture.async(
                r -> r.body().stringAsync(10).thenApply(t -> Response.switchingProtocols("x", Http1TunnelTest::echo)));
        f.peer()
                .send(UPGRADE.replace("GET", "POST").replace("\r\n\r\n", "\r\nContent-Length: 2\r\n\r\n") + "hi")
                .send("z");
        assertTrue(f.peer().text().startsWith("HTTP/1.1 101 "), f.peer().text());
        assertTrue(f.peer().text().endsWith("\r\n\r\nz"));
    }

    @Test
    void theServersDirectionEndsFirst() {
        Http1Fixture f = connected();
        tunnel().write(bytes("bye"));
        tunnel().closeOutput();
        assertTrue(f.transport().outputEnded());
        f.assertOpen();
        TestSubscriber input = TestSubscriber.eager();
        tunnel().input().publisher().subscribe(input);
        f.peer().send("still here");
        assertEquals("still here", input.text());
        f.peer().end();
        assertTrue(input.complete());
        f.assertClosed(CloseReason.UPGRADED);
        assertTrue(tunnel().closed().toCompletableFuture().isDone());
    }

    @Test
    void thePeersDirectionEndsFirst() {
        Http1Fixture f = connected();
        TestSubscriber input = TestSubscriber.eager();
        tunnel().input().publisher().subscribe(input);
        f.peer().end();
        assertTrue(input.complete());
        f.assertOpen();
        tunnel().write(bytes("bye"));
        tunnel().closeOutput();
        assertTrue(f.peer().text().endsWith("\r\n\r\nbye"));
        f.assertClosed(CloseReason.UPGRADED);
    }

    @Test
    void thePeerEndedBeforeTheTunnelOpened() {
        CompletableFuture<Response> response = new CompletableFuture<>();
        Http1Fixture f = Http1Fixture.async(r -> response);
        f.peer().send(CONNECT + "early").end();
        response.complete(Response.tunnel(Http1TunnelTest::echo));
        f.loop().runTasks();
        assertTrue(f.peer().text().endsWith("\r\n\r\nearly"));
        f.assertClosed(CloseReason.UPGRADED);
    }

    @Test
    void nothingIsLostWhenBothEndAndThePeerReadsSlowly() {
        Http1Fixture f = Http1Fixture.answering(r -> Response.tunnel(Http1TunnelTest::echo));
        f.peer().send(CONNECT).stopReading().send("x".repeat(1000)).end();
        assertFalse(f.transport().closed());
        f.peer().readAll();
        assertTrue(f.peer().text().endsWith("x".repeat(1000)));
        f.assertClosed(CloseReason.UPGRADED);
    }

    @Test
    void nothingIsLostWhenThePeerEndsAfterUs() {
        Http1Fixture f = connected();
        f.peer().stopReading();
        tunnel().write(bytes("x".repeat(1000)));
        tunnel().closeOutput();
        f.peer().end();
        f.peer().readAll();
        assertTrue(f.peer().text().endsWith("x".repeat(1000)));
        f.assertClosed(CloseReason.UPGRADED);
    }

    @Test
    void backPressureBothWays() {
        Http1Fixture f = Http1Fixture.builder()
                .limits(Limits.defaults().withOutboundBuffer(100).withInboundBuffer(100))
                .answering(r -> Response.tunnel(tunnel -> opened = tunnel))
                .connect();
        f.peer().send(CONNECT).stopReading();
        CompletableFuture<Void> first = tunnel().write(bytes("x".repeat(99))).toCompletableFuture();
        assertTrue(first.isDone());
        CompletableFuture<Void> second = tunnel().write(bytes("y")).toCompletableFuture();
        CompletableFuture<Void> third = tunnel().write(bytes("z")).toCompletableFuture();
        assertFalse(second.isDone());
        f.peer().read(1);
        assertFalse(second.isDone());
        f.peer().read(1);
        assertTrue(second.isDone() && third.isDone());
        TestSubscriber input = TestSubscriber.paused();
        tunnel().input().publisher().subscribe(input);
        for (int i = 0; i < 100; i++) {
            f.peer().send("0123456789");
        }
        assertEquals(0, input.pieces());
        assertTrue(f.transport().kept() <= 110);
        input.request(1);
        assertEquals(1, input.pieces());
        input.request(1000);
        f.loop().runTasks();
        assertEquals(1000, input.size());
    }

    @Test
    void writesAreReleasedWhenTheTunnelEnds() {
        Http1Fixture f = Http1Fixture.builder()
                .limits(Limits.defaults().withOutboundBuffer(1))
                .answering(r -> Response.tunnel(tunnel -> opened = tunnel))
                .connect();
        f.peer().send(CONNECT).stopReading();
        CompletableFuture<Void> waiting = tunnel().write(bytes("xyz")).toCompletableFuture();
        TestSubscriber input = TestSubscriber.eager();
        tunnel().input().publisher().subscribe(input);
        f.peer().reset();
        assertTrue(waiting.isCompletedExceptionally());
        assertInstanceOf(HttpException.class, input.error());
        assertTrue(tunnel().closed().toCompletableFuture().isDone());
        assertTrue(tunnel().write(bytes("late")).toCompletableFuture().isCompletedExceptionally());
        f.assertClosed(CloseReason.PEER_RESET);
    }

    @Test
    void closingEndsBothDirections() {
        Http1Fixture f = connected();
        tunnel().close();
        assertTrue(tunnel().closed().toCompletableFuture().isDone());
        f.assertClosed(CloseReason.UPGRADED);
        tunnel().close();
        tunnel().closeOutput();
        f.assertClosed(CloseReason.UPGRADED);
    }

    @Test
    void anotherThreadMayWriteAndClose() {
        Http1Fixture f = connected();
        f.loop().outside(() -> {
            tunnel().write(bytes("a"));
            tunnel().write(bytes("b"));
            tunnel().closeOutput();
        });
        f.loop().runTasks();
        assertTrue(f.peer().text().endsWith("\r\n\r\nab"));
        f.loop().outside(() -> tunnel().close());
        f.assertClosed(CloseReason.UPGRADED);
    }

    @Test
    void idleInBothDirections() {
        Http1Fixture f = Http1Fixture.builder()
                .timeouts(Timeouts.defaults().withTunnelIdle(Duration.ofSeconds(10)))
                .answering(r -> Response.tunnel(tunnel -> opened = tunnel))
                .connect();
        f.peer().send(CONNECT);
        for (int i = 0; i < 5; i++) {
            f.advance(Duration.ofSeconds(9));
            tunnel().write(bytes("x"));
        }
        f.assertOpen();
        TestSubscriber input = TestSubscriber.eager();
        tunnel().input().publisher().subscribe(input);
        for (int i = 0; i < 5; i++) {
            f.advance(Duration.ofSeconds(9));
            f.peer().send("y");
        }
        f.advance(Duration.ofMillis(9_999));
        f.assertOpen();
        f.advance(Http1Fixture.TICK);
        f.assertClosed(CloseReason.IDLE_TIMEOUT);
        assertInstanceOf(HttpException.class, input.error());
    }

    @Test
    void drainLetsATunnelLive() {
        Http1Fixture f = connected();
        f.transport().drain();
        f.loop().runTasks();
        f.assertOpen();
        tunnel().close();
        f.assertClosed(CloseReason.UPGRADED);
    }

    @Test
    void aHandlerThatFailsEndsTheTunnel() {
        Http1Fixture f = Http1Fixture.answering(r -> Response.tunnel(tunnel -> {
            throw new IllegalStateException("oops");
        }));
        f.peer().send(CONNECT);
        assertEquals(1, f.errors().size());
        f.assertClosed(CloseReason.HANDLER_ERROR);
    }

    @Test
    void aBlockingHandlersTunnelRunsOnTheExecutor() {
        Http1Fixture f = Http1Fixture.builder()
                .blocking(r -> Response.tunnel(tunnel -> opened = tunnel))
                .connect();
        f.peer().send(CONNECT);
        f.executor().step();
        assertNull(opened);
        f.executor().step();
        tunnel().closeOutput();
        assertTrue(f.transport().outputEnded());
    }

    @Test
    void whatOpensNoTunnel() {
        assertMisused("GET / HTTP/1.1\r\nHost: a\r\n\r\n", Response.tunnel(t -> {}));
        assertMisused(UPGRADE, Response.tunnel(t -> {}));
        assertMisused(CONNECT, Response.switchingProtocols("x", t -> {}));
    }

    @Test
    void whatAPeerDidNotOfferIsRefusedAndNoFailure() {
        assertRefused(426, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", Response.switchingProtocols("x", t -> {}));
        assertRefused(426, UPGRADE, Response.switchingProtocols("z", t -> {}));
        assertRefused(426, UPGRADE.replace("Connection: Upgrade\r\n", ""), Response.switchingProtocols("x", t -> {}));
        assertRefused(426, UPGRADE.replace("HTTP/1.1", "HTTP/1.0"), Response.switchingProtocols("x", t -> {}));
        assertRefused(501, CONNECT, Response.text("x"));
        assertRefused(
                400,
                UPGRADE.replace("\r\n\r\n", "\r\nContent-Length: 2\r\n\r\n") + "hi",
                Response.switchingProtocols("x", t -> {}));
    }

    private static void assertRefused(int status, String request, Response response) {
        Http1Fixture f = Http1Fixture.answering(r -> response);
        f.peer().send(request);
        assertEquals(status, f.peer().responses().get(0).status(), request);
        assertEquals(0, f.errors().size());
    }

    private static void assertMisused(String request, Response response) {
        Http1Fixture f = Http1Fixture.answering(r -> response);
        f.peer().send(request);
        assertEquals(500, f.peer().responses().get(0).status(), request);
        assertInstanceOf(IllegalStateException.class, f.errors().get(0));
        assertEquals(1, f.errors().size());
    }

    @Test
    void connectMayBeRefused() {
        Http1Fixture f = Http1Fixture.answering(r -> Response.text(Status.of(403), "no"));
        f.peer().send(CONNECT + "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        assertEquals(2, f.peer().responses("CONNECT", "GET").size());
    }
}
