package dev.millrace.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Handler;
import dev.millrace.http.Phase;
import dev.millrace.http.Response;
import dev.millrace.internal.loop.EventLoop;
import dev.millrace.internal.loop.RuntimeAccess;
import dev.millrace.net.NetRuntime;
import dev.millrace.net.TimedRuntime;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.ConnectionState;
import dev.millrace.testkit.ResponseParser;
import dev.millrace.testkit.TlsFixture;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Stopping whole servers, and what is said of it. */
@Timeout(120)
@SuppressWarnings("try") // closing is what is tested
class DrainTest {
    private static final Duration LONG = Duration.ofMinutes(5);

    private static InetSocketAddress free() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    private static HttpServer.Builder server(Handler handler) {
        return HttpServer.builder().http(free()).handler(handler);
    }

    private static DrainReport get(CompletionStage<DrainReport> report) throws Exception {
        return report.toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    /** Begins to stop a server, and waits until all its connections know. */
    private static CompletionStage<DrainReport> drain(HttpServer server) throws Exception {
        CompletionStage<DrainReport> report = server.drain(LONG);
        settle(server);
        return report;
    }

    /** Waits for what the loops hand to each other: the step of a stop, each listener's part of it, each loop's. */
    private static void settle(HttpServer server) throws Exception {
        for (int i = 0; i < 3; i++) {
            server.connections().toCompletableFuture().get(60, TimeUnit.SECONDS);
        }
    }

    private static void await(CountDownLatch latch) throws InterruptedException {
        assertTrue(latch.await(60, TimeUnit.SECONDS));
    }

    @Test
    void theReportSaysWhatBecameOfEach() throws Exception {
        ObservedServer server = new ObservedServer();
        try (server;
                Client silent = server.client();
                TlsClient shaken = server.client("TLSv1.3").handshake();
                Client idle = server.client().get("/");
                Client served = server.client();
                Client gone = server.client();
                Client stuck = server.client()) {
            idle.responses(1);
            for (Client each : List.of(served, gone, stuck)) {
                each.get("/never");
                server.awaitAll(6, any -> true);
            }
            stuck.send("GET / HTTP/1.1\r\nHo");
            server.awaitAll(6, any -> any.bytesIn() > 0 || any.state() == ConnectionState.SILENT);
            awaitActive(server, 3);
            CompletionStage<DrainReport> report = server.server().drain(LONG);
            for (int i = 0; i < 3; i++) {
                assertEquals(CloseReason.DRAINED, server.ending().end().reason());
            }
            gone.reset();
            server.ending().is(CloseReason.PEER_RESET, Phase.HANDLER, null);
            assertFalse(report.toCompletableFuture().isDone());
            server.advance(LONG.plusSeconds(1));
            server.ending().is(CloseReason.DRAIN_FORCED, Phase.HANDLER, null);
            server.ending().is(CloseReason.DRAIN_FORCED, Phase.HANDLER, null);
            DrainReport outcome = get(report);
            assertEquals(3, outcome.idle());
            assertEquals(0, outcome.served());
            assertEquals(1, outcome.ended());
            assertEquals(Map.of(Phase.HANDLER, 2), outcome.forced());
            assertEquals(2, outcome.forcedConnections());
            assertFalse(outcome.graceful());
            assertEquals(
                    Map.of(CloseReason.DRAINED, 3, CloseReason.PEER_RESET, 1, CloseReason.DRAIN_FORCED, 2),
                    outcome.reasons());
            assertTrue(outcome.took().compareTo(LONG) >= 0, "" + outcome.took());
            assertEquals(0, silent.rest().length);
            assertTrue(shaken.goodbye());
        }
    }

    private static void awaitActive(ObservedServer server, int count) throws Exception {
        while (server.server().connections().toCompletableFuture().get(30, TimeUnit.SECONDS).stream()
                        .filter(each -> each.requests() > 0 && each.state() == ConnectionState.ACTIVE)
                        .count()
                < count) {
            Thread.onSpinWait();
        }
    }

    @Test
    void aServedRequestCountsAsServed() throws Exception {
        ObservedServer server = new ObservedServer();
        try (server;
                Client client = server.client().get("/never")) {
            awaitActive(server, 1);
            CompletionStage<DrainReport> report = drain(server.server());
            assertFalse(server.server().ready());
            server.release("served");
            assertTrue(client.responses(1).get(0).closes());
            client.endSending();
            server.ending().is(CloseReason.SERVER_CLOSED, Phase.CLOSING, null);
            DrainReport outcome = get(report);
            assertEquals(1, outcome.served());
            assertTrue(outcome.graceful());
            assertEquals(outcome, get(server.server().drain(Duration.ZERO)), "the same at each call");
        }
    }

    @Test
    void aHandshakeInProgressIsCompletedOrBounded() throws Exception {
        ObservedServer server = new ObservedServer();
        try (server;
                TlsClient slow = server.client("TLSv1.3");
                TlsClient stuck = server.client("TLSv1.3")) {
            byte[] hello = slow.hello();
            slow.raw(java.util.Arrays.copyOf(hello, 100));
            stuck.raw(java.util.Arrays.copyOf(stuck.hello(), 100));
            server.awaitAll(2, each -> each.bytesIn() == 100);
            CompletionStage<DrainReport> report = drain(server.server());
            server.awaitAll(2, each -> each.state() == ConnectionState.HANDSHAKE);
            slow.raw(java.util.Arrays.copyOfRange(hello, 100, hello.length));
            slow.handshake();
            assertTrue(slow.goodbye());
            server.ending().is(CloseReason.DRAINED, Phase.OPENED, null);
            server.advance(Duration.ofMillis(2020));
            server.ending().is(CloseReason.HANDSHAKE_TIMEOUT, Phase.HANDSHAKE, null);
            DrainReport outcome = get(report);
            assertEquals(1, outcome.idle());
            assertEquals(1, outcome.ended());
        }
    }

    @Test
    void aRequestThatComesTogetherWithTheEndOfTheHandshakeIsServed() throws Exception {
        ObservedServer server = new ObservedServer();
        try (server;
                TlsClient client = server.client("TLSv1.3")) {
            byte[] hello = client.hello();
            client.raw(java.util.Arrays.copyOf(hello, 100));
            server.await(each -> each.bytesIn() == 100);
            CompletionStage<DrainReport> report = drain(server.server());
            client.raw(java.util.Arrays.copyOfRange(hello, 100, hello.length));
            client.handshakeAndSend("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            assertTrue(client.goodbye());
            assertTrue(client.text().contains("Connection: close"), client.text());
            assertTrue(client.text().endsWith("hello"), client.text());
            client.closeNotify().fin();
            server.ending().is(CloseReason.SERVER_CLOSED, Phase.CLOSING, null);
            assertEquals(1, get(report).served());
        }
    }

    @Test
    void fromInsideAHandlerWithoutWaitingForItself() throws Exception {
        HttpServer[] server = new HttpServer[1];
        CompletableFuture<CompletionStage<DrainReport>> report = new CompletableFuture<>();
        server[0] = server(r -> {
                    report.complete(server[0].drain(LONG));
                    return Response.text("x");
                })
                .start();
        try (Client client = new Client(server[0].port()).get("/")) {
            assertEquals("x", client.responses(1).get(0).text());
            client.close();
            DrainReport outcome = get(report.get(60, TimeUnit.SECONDS));
            assertEquals(0, outcome.interrupted());
            assertTrue(outcome.graceful());
        }
    }

    @Test
    void aBlockedHandlerIsInterruptedAtTheDeadlineAndNotBefore() throws Exception {
        try (TimedRuntime time = new TimedRuntime(1)) {
            CountDownLatch entered = new CountDownLatch(1);
            CountDownLatch interrupted = new CountDownLatch(1);
            HttpServer server = server(r -> {
                        entered.countDown();
                        try {
                            new CountDownLatch(1).await();
                        } catch (InterruptedException e) {
                            interrupted.countDown();
                        }
                        return Response.text("x");
                    })
                    .runtime(time.runtime())
                    .start();
            try (Client client = new Client(server.port()).get("/")) {
                await(entered);
                CompletionStage<DrainReport> report = server.drain(Duration.ofSeconds(10));
                settle(server);
                time.advance(Duration.ofMillis(9_900));
                server.connections().toCompletableFuture().get(60, TimeUnit.SECONDS); // the loops have seen it
                assertEquals(1, interrupted.getCount());
                time.advance(Duration.ofMillis(120));
                assertThrows(IOException.class, client::rest);
                assertEquals(1, interrupted.getCount(), "it may be about to end");
                time.advance(Duration.ofMillis(120));
                await(interrupted);
                DrainReport outcome = get(report);
                assertEquals(1, outcome.interrupted());
                assertEquals(Map.of(Phase.HANDLER, 1), outcome.forced());
            }
        }
    }

    @Test
    void aHandlerWhosePeerIsGoneMayEnd() throws Exception {
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        CompletableFuture<Boolean> undisturbed = new CompletableFuture<>();
        HttpServer server = server(r -> {
                    entered.countDown();
                    go.await();
                    undisturbed.complete(!Thread.currentThread().isInterrupted());
                    return Response.text("x");
                })
                .start();
        Client client = new Client(server.port()).get("/");
        await(entered);
        client.reset();
        CompletionStage<DrainReport> report = server.drain(LONG);
        while (!server.connections()
                .toCompletableFuture()
                .get(60, TimeUnit.SECONDS)
                .isEmpty()) {
            Thread.onSpinWait();
        }
        assertFalse(report.toCompletableFuture().isDone(), "it may be writing to a database");
        go.countDown();
        assertTrue(get(report).graceful());
        assertTrue(undisturbed.get(60, TimeUnit.SECONDS));
    }

    @Test
    void aHandlerThatIsAboutToEndIsNotInterruptedEvenAtOnce() throws Exception {
        try (TimedRuntime time = new TimedRuntime(1)) {
            CountDownLatch entered = new CountDownLatch(1);
            CountDownLatch go = new CountDownLatch(1);
            HttpServer server = server(r -> {
                        entered.countDown();
                        go.await();
                        return Response.text("x");
                    })
                    .runtime(time.runtime())
                    .start();
            Client client = new Client(server.port()).get("/");
            await(entered);
            client.reset();
            while (!server.connections()
                    .toCompletableFuture()
                    .get(60, TimeUnit.SECONDS)
                    .isEmpty()) {
                Thread.onSpinWait();
            }
            CompletionStage<DrainReport> report = server.drain(Duration.ZERO);
            settle(server);
            go.countDown();
            DrainReport outcome = get(report);
            assertEquals(0, outcome.interrupted());
            assertTrue(outcome.graceful());
        }
    }

    @Test
    void aSecondCallMayShortenTheFirst() throws Exception {
        CountDownLatch entered = new CountDownLatch(1);
        HttpServer server = HttpServer.builder()
                .http(free())
                .asyncHandler(r -> {
                    entered.countDown();
                    return new CompletableFuture<>();
                })
                .start();
        try (Client client = new Client(server.port()).get("/")) {
            await(entered);
            CompletionStage<DrainReport> first = server.drain(LONG);
            CompletionStage<DrainReport> longer = server.drain(LONG.multipliedBy(2));
            assertFalse(first.toCompletableFuture().isDone());
            DrainReport outcome = get(server.drain(Duration.ZERO));
            assertEquals(1, outcome.forcedConnections());
            assertEquals(outcome, get(first));
            assertEquals(outcome, get(longer));
            assertThrows(IOException.class, client::rest);
        }
    }

    @Test
    void atOnceStillEndsIdleConnectionsInOrder() throws Exception {
        HttpServer server = server(r -> Response.text("x")).start();
        try (Client silent = new Client(server.port());
                Client idle = new Client(server.port()).get("/")) {
            idle.responses(1);
            DrainReport outcome = get(server.drain(Duration.ZERO));
            assertTrue(outcome.graceful(), "" + outcome);
            assertEquals(0, silent.rest().length);
            assertEquals(1, ResponseParser.parse(idle.rest(), true).size());
        }
    }

    @Test
    void readinessIsTakenBackBeforeTheListenerIsClosed() throws Exception {
        try (TimedRuntime time = new TimedRuntime(2)) {
            HttpServer server = server(r -> Response.text("x"))
                    .runtime(time.runtime())
                    .readinessDelay(Duration.ofSeconds(3))
                    .healthPath("/health")
                    .start();
            try (Client kept = new Client(server.port()).get("/health")) {
                assertEquals(200, kept.responses(1).get(0).status());
                assertTrue(server.ready());
                CompletionStage<DrainReport> report = drain(server);
                assertFalse(server.ready());
                assertEquals(503, kept.get("/health").responses(2).get(1).status());
                try (Client late = new Client(server.port()).get("/")) {
                    assertFalse(late.responses(1).get(0).closes(), "served as before");
                }
                time.advance(Duration.ofMillis(2_900));
                assertEquals("x", kept.get("/").responses(3).get(2).text());
                time.advance(Duration.ofMillis(120));
                assertEquals(3, ResponseParser.parse(kept.rest(), true).size());
                assertTrue(get(report).graceful());
                assertThrows(IOException.class, () -> new Client(server.port()).close());
            }
        }
    }

    @Test
    void graceForTheFirstByteOfAConnectionMadeAhead() throws Exception {
        try (TimedRuntime time = new TimedRuntime(2)) {
            HttpServer server = HttpServer.builder()
                    .http(free())
                    .https(free(), TlsFixture.build(TlsFixture.SELF.server()))
                    .handler(r -> Response.text("x"))
                    .runtime(time.runtime())
                    .firstByteGrace(Duration.ofSeconds(3))
                    .start();
            try (Client idle = new Client(server.port()).get("/");
                    Client silent = new Client(server.port());
                    Client soon = new Client(server.port());
                    Client untilTls = new Client(server.addresses().get(1).getPort())) {
                idle.responses(1);
                while (server.connections()
                                .toCompletableFuture()
                                .get(60, TimeUnit.SECONDS)
                                .size()
                        < 4) {
                    Thread.onSpinWait();
                }
                CompletionStage<DrainReport> report = drain(server);
                assertEquals(1, ResponseParser.parse(idle.rest(), true).size(), "has had its first byte");
                time.advance(Duration.ofMillis(2_900));
                assertTrue(soon.get("/").responses(1).get(0).closes());
                soon.close();
                time.advance(Duration.ofMillis(120));
                assertEquals(0, silent.rest().length);
                assertEquals(0, untilTls.rest().length);
                DrainReport outcome = get(report);
                assertEquals(3, outcome.idle());
                assertEquals(1, outcome.served() + outcome.ended());
            }
        }
    }

    @Test
    void connectionsThatNobodyHasAcceptedYetAreServed() throws Exception {
        try (NetRuntime runtime = NetRuntime.builder().loops(1).start()) {
            CountDownLatch busy = new CountDownLatch(1);
            CountDownLatch entered = new CountDownLatch(1);
            HttpServer server = HttpServer.builder()
                    .http(free())
                    .runtime(runtime)
                    .asyncHandler(r -> {
                        if (r.path().equals("/busy")) { // holds the loop, as no handler should
                            entered.countDown();
                            awaitQuietly(busy);
                        }
                        return CompletableFuture.completedFuture(Response.text("x"));
                    })
                    .start();
            List<Client> waiting = new ArrayList<>();
            try (Client holder = new Client(server.port()).get("/busy")) {
                await(entered);
                for (int i = 0; i < 200; i++) {
                    waiting.add(new Client(server.port()).get("/" + i));
                }
                CompletionStage<DrainReport> report = server.drain(LONG);
                busy.countDown();
                for (Client each : waiting) {
                    assertTrue(each.responses(1).get(0).closes());
                    each.close();
                }
                assertNotNull(holder.responses(1));
                holder.close();
                assertTrue(get(report).graceful());
            }
        }
    }

    @Test
    void aRequestWithinTheGraceIsAnsweredAsTheLastEvenIfAtOnce() throws Exception {
        try (TimedRuntime time = new TimedRuntime(1)) {
            HttpServer server = HttpServer.builder()
                    .http(free())
                    .asyncHandler(r -> CompletableFuture.completedFuture(Response.text("x")))
                    .runtime(time.runtime())
                    .firstByteGrace(Duration.ofSeconds(3))
                    .start();
            try (Client idle = new Client(server.port()).get("/");
                    Client soon = new Client(server.port())) {
                idle.responses(1);
                CompletionStage<DrainReport> report = server.drain(LONG);
                assertEquals(1, ResponseParser.parse(idle.rest(), true).size());
                assertTrue(soon.get("/").responses(1).get(0).closes());
                soon.close();
                assertTrue(get(report).graceful());
            }
        }
    }

    @Test
    void callsAtTheSameTimeDoNotShortenEachOther() throws Exception {
        try (NetRuntime runtime = NetRuntime.builder().loops(1).start()) {
            for (int i = 0; i < 50; i++) {
                CompletableFuture<Response> held = new CompletableFuture<>();
                CountDownLatch entered = new CountDownLatch(1);
                HttpServer server = HttpServer.builder()
                        .http(free())
                        .runtime(runtime)
                        .asyncHandler(r -> {
                            entered.countDown();
                            return held;
                        })
                        .start();
                try (Client client = new Client(server.port()).get("/")) {
                    await(entered);
                    CountDownLatch both = new CountDownLatch(2);
                    List<CompletableFuture<CompletionStage<DrainReport>>> calls = new ArrayList<>();
                    for (int call = 0; call < 2; call++) {
                        calls.add(CompletableFuture.supplyAsync(
                                () -> {
                                    both.countDown();
                                    awaitQuietly(both);
                                    return server.drain(LONG);
                                },
                                each -> new Thread(each).start()));
                    }
                    for (CompletableFuture<CompletionStage<DrainReport>> each : calls) {
                        each.get(60, TimeUnit.SECONDS);
                    }
                    server.connections().toCompletableFuture().get(60, TimeUnit.SECONDS); // the loop has seen both
                    held.complete(Response.text("x"));
                    assertEquals("x", client.responses(1).get(0).text());
                    client.close();
                    for (CompletableFuture<CompletionStage<DrainReport>> each : calls) {
                        assertTrue(get(each.join()).graceful());
                    }
                }
            }
        }
    }

    @Test
    void aConnectionWhoseLoopIsBlockedIsAbandonedAndTheReportSaysSo() throws Exception {
        try (TimedRuntime time = new TimedRuntime(2)) {
            CountDownLatch entered = new CountDownLatch(1);
            CountDownLatch go = new CountDownLatch(1);
            HttpServer server = HttpServer.builder()
                    .http(free())
                    .runtime(time.runtime())
                    .asyncHandler(r -> {
                        if (!RuntimeAccess.loops(time.runtime()).first().inLoop()) { // which runs the stop
                            entered.countDown();
                            awaitQuietly(go);
                        }
                        return CompletableFuture.completedFuture(Response.text("x"));
                    })
                    .start();
            try (Client one = new Client(server.port()).get("/");
                    Client other = new Client(server.port()).get("/")) { // they are shared out among the loops
                await(entered);
                EventLoop stopping = RuntimeAccess.loops(time.runtime()).first();
                CompletionStage<DrainReport> report = server.drain(LONG);
                for (Duration step : List.of(LONG, Duration.ofMillis(100), Duration.ofMillis(900))) {
                    turns(stopping);
                    time.advance(step.plusMillis(20));
                }
                turns(stopping);
                DrainReport outcome = get(report);
                assertEquals(1, outcome.abandoned());
                assertFalse(outcome.graceful());
                go.countDown();
                assertNotNull(one.restOrReset());
                assertNotNull(other.restOrReset());
            }
        }
    }

    /** Waits until a loop has seen the time, and done what that makes it do. */
    private static void turns(EventLoop loop) throws Exception {
        for (int i = 0; i < 2; i++) {
            CompletableFuture.runAsync(() -> {}, loop).get(60, TimeUnit.SECONDS);
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void serversOnOneRuntimeStopApart() throws Exception {
        try (NetRuntime runtime = NetRuntime.builder().loops(2).start()) {
            HttpServer first =
                    server(r -> Response.text("first")).runtime(runtime).start();
            HttpServer second =
                    server(r -> Response.text("second")).runtime(runtime).start();
            try (Client one = new Client(first.port()).get("/");
                    Client other = new Client(second.port()).get("/")) {
                one.responses(1);
                other.responses(1);
                assertEquals(1, get(first.drain(LONG)).idle());
                assertThrows(IOException.class, () -> new Client(first.port()).close(), "nobody listens any more");
                assertEquals("second", other.get("/").responses(2).get(1).text());
                assertTrue(second.ready());
            }
            second.close();
        }
    }

    @Test
    void afterItsRuntimeWasClosed() throws Exception {
        NetRuntime runtime = NetRuntime.builder().loops(2).start();
        HttpServer server = server(r -> Response.text("x")).runtime(runtime).start();
        runtime.close();
        assertTrue(get(server.drain(LONG)).graceful());
        server.close();
        server.awaitStop();
    }

    @Test
    void wrongSettings() throws Exception {
        assertThrows(
                IllegalArgumentException.class,
                () -> server(r -> Response.text("x")).healthPath("health"));
        assertThrows(
                IllegalArgumentException.class,
                () -> server(r -> Response.text("x")).readinessDelay(Duration.ofSeconds(-1)));
        assertThrows(
                IllegalArgumentException.class,
                () -> server(r -> Response.text("x")).firstByteGrace(Duration.ofDays(366)));
        try (HttpServer server = server(r -> Response.text("x")).start()) {
            assertThrows(IllegalArgumentException.class, () -> server.drain(Duration.ofNanos(-1)));
            assertTrue(server.ready());
        }
    }
}
