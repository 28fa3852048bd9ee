package dev.millrace.internal.pool;

import static dev.millrace.internal.pool.PoolFixture.OK;
import static dev.millrace.internal.pool.PoolFixture.failure;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Body;
import dev.millrace.http.HttpException;
import dev.millrace.http.MalformedMessageException;
import dev.millrace.http.Method;
import dev.millrace.http.PeerClosedException;
import dev.millrace.http.Phase;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.internal.exchange.ExchangeSpans;
import dev.millrace.internal.pool.PoolFixture.Opened;
import dev.millrace.observe.CloseReason;
import dev.millrace.session.ClientTimeouts;
import dev.millrace.session.ExchangeTimeoutException;
import dev.millrace.session.PoolSettings;
import dev.millrace.session.Veto;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Who gets which session, which vetoes take one out, and what is tried again. */
class SessionPoolTest {
    private PoolFixture f = new PoolFixture();

    // ---- which session

    @Test
    void aFreeSessionIsUsedAgainAndTheLastUsedFirst() {
        CompletableFuture<Response> one = f.get("/1");
        CompletableFuture<Response> two = f.get("/2");
        assertEquals(2, f.openings.size());
        f.opened(0).connect();
        f.opened(1).connect();
        f.opened(0).says(OK);
        f.opened(1).says(OK);
        assertEquals("ok", f.text(one));
        assertEquals("ok", f.text(two));
        CompletableFuture<Response> three = f.get("/3");
        assertEquals(2, f.opened(1).requests());
        f.opened(1).says(OK);
        assertEquals("ok", f.text(three));
        assertEquals(1, f.pool.metrics().reused());
        f.closeAndCheck();
    }

    @Test
    void callsThatWaitAreServedInTheirOrder() {
        f = new PoolFixture(PoolSettings.defaults().withPerOrigin(1));
        CompletableFuture<Response> one = f.get("/1");
        CompletableFuture<Response> two = f.get("/2");
        CompletableFuture<Response> three = f.get("/3");
        assertEquals(1, f.openings.size());
        Opened only = f.opened(0).connect();
        assertTrue(only.heard().startsWith("GET /1 "));
        only.says(OK);
        assertTrue(one.isDone());
        assertTrue(only.heard().contains("GET /2 "));
        assertFalse(only.heard().contains("GET /3 "));
        only.says(OK).says(OK);
        assertEquals("ok", f.text(two));
        assertEquals("ok", f.text(three));
        f.closeAndCheck();
    }

    @Test
    void moreThanMayWaitFailAtOnce() {
        f = new PoolFixture(PoolSettings.defaults().withPerOrigin(1).withWaiting(1));
        f.begin("/1");
        f.opened(0).connect();
        CompletableFuture<Response> waits = f.get("/2");
        CompletableFuture<Response> refused = f.get("/3");
        assertFalse(waits.isDone());
        HttpException failure = assertInstanceOf(HttpException.class, failure(refused));
        assertEquals(Phase.POOL_WAIT, failure.phase());
        assertTrue(failure.retrySafe());
        assertEquals(1, f.pool.metrics().refused());
        f.closeAndCheck();
        assertTrue(waits.isCompletedExceptionally());
    }

    @Test
    void anIdleSessionOfAnotherOriginMakesRoom() {
        f = new PoolFixture(PoolSettings.defaults().withTotal(1));
        Opened first = f.idle();
        CompletableFuture<Response> other = f.send(Request.get("http://b/"), ClientTimeouts.defaults());
        assertEquals(CloseReason.DRAINED, first.transport().closedFor());
        f.opened(1).connect().says(OK);
        assertEquals("ok", f.text(other));
        assertEquals(1, f.evicted(Veto.DRAINING));
        f.closeAndCheck();
    }

    @Test
    void whereHttp2MayBeSpokenTheFirstSessionIsWaitedFor() {
        CompletableFuture<Response> one = f.send(Request.get("https://a/1"), ClientTimeouts.defaults());
        CompletableFuture<Response> two = f.send(Request.get("https://a/2"), ClientTimeouts.defaults());
        assertEquals(1, f.openings.size());
        f.opened(0).connect(); // it turns out to speak HTTP/1.1
        assertEquals(2, f.openings.size());
        f.opened(0).says(OK);
        assertEquals("ok", f.text(one));
        assertEquals("ok", f.text(two.isDone() ? two : answered(two)));
        f.closeAndCheck();
    }

    private CompletableFuture<Response> answered(CompletableFuture<Response> asked) {
        f.opened(0).says(OK);
        return asked;
    }

    @Test
    void sessionsAreOpenedAheadWithinTheBound() {
        f = new PoolFixture(PoolSettings.defaults().withPerOrigin(2));
        f.pool.warmUp(
                PoolKey.of(Request.get("http://a/"), Route.DIRECT), 5, ExchangeSpans.of(ClientTimeouts.defaults()));
        f.loop.runTasks();
        assertEquals(2, f.openings.size());
        f.opened(0).connect();
        CompletableFuture<Response> asked = f.get("/");
        f.opened(0).says(OK);
        assertEquals("ok", f.text(asked));
        f.closeAndCheck();
        assertTrue(f.opened(1).cancelled);
    }

    // ---- failures to open

    @Test
    void aConnectionThatFailsFailsOneCallWhileOthersAreOnTheirWay() {
        CompletableFuture<Response> one = f.get("/1");
        CompletableFuture<Response> two = f.get("/2");
        f.opened(0).fail();
        assertTrue(one.isCompletedExceptionally());
        assertFalse(two.isDone());
        f.opened(1).fail();
        assertEquals(
                Phase.CONNECT,
                assertInstanceOf(HttpException.class, failure(two)).phase());
        assertEquals(2, f.pool.metrics().notOpened());
        assertEquals(0, f.pool.metrics().open());
        f.closeAndCheck();
    }

    @Test
    void theOnlyConnectionThatFailsFailsAllThatWait() {
        f = new PoolFixture(PoolSettings.defaults().withPerOrigin(1));
        CompletableFuture<Response> one = f.get("/1");
        CompletableFuture<Response> two = f.get("/2");
        f.opened(0).fail();
        assertTrue(one.isCompletedExceptionally());
        assertTrue(two.isCompletedExceptionally());
        f.closeAndCheck();
    }

    // ---- vetoes

    @Test
    void whileConnectingTheVetoSaysSo() {
        f.begin("/1");
        assertEquals("connecting", f.opened(0).session.reusability().toString());
        f.closeAndCheck();
    }

    @Test
    void whileBusyTheVetoSaysSo() {
        f.begin("/1");
        f.opened(0).connect();
        assertEquals("busy", f.opened(0).session.reusability().toString());
        f.opened(0).says(OK);
        assertEquals("reusable", f.opened(0).session.reusability().toString());
        f.closeAndCheck();
    }

    private void evictedFor(Veto veto, Opened session) {
        assertTrue(session.session.reusability().has(veto), session.session.toString());
        assertEquals(1, f.evicted(veto), f.pool.metrics().toString());
        f.begin("/again");
        assertEquals(2, f.openings.size(), "it was used again");
        f.closeAndCheck();
    }

    @Test
    void aResponseThatClosesIsTheLast() {
        CompletableFuture<Response> asked = f.get("/1");
        Opened session = f.opened(0).connect();
        session.says("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
        assertEquals("ok", f.text(asked));
        assertEquals(CloseReason.COMPLETED, session.transport().closedFor());
        evictedFor(Veto.CODEC_NOT_REUSABLE, session);
    }

    @Test
    void http10IsTheLast() {
        CompletableFuture<Response> asked = f.get("/1");
        Opened session = f.opened(0).connect();
        session.says("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok");
        assertEquals("ok", f.text(asked));
        evictedFor(Veto.CODEC_NOT_REUSABLE, session);
    }

    @Test
    void contentUntilTheEndOfTheConnectionIsTheLast() {
        CompletableFuture<Response> asked = f.get("/1");
        Opened session = f.opened(0).connect();
        session.says("HTTP/1.1 200 OK\r\n\r\nok");
        CompletableFuture<String> text =
                PoolFixture.now(asked).body().stringAsync(10).toCompletableFuture();
        f.loop.runTasks();
        session.transport().peerEnds();
        f.loop.runTasks();
        assertEquals("ok", PoolFixture.now(text));
        assertTrue(f.evicted(Veto.CODEC_NOT_REUSABLE) + f.evicted(Veto.PEER_HALF_CLOSED) == 1);
        f.closeAndCheck();
    }

    @Test
    void bytesThatNobodyAskedForEndAnIdleSession() {
        Opened session = f.idle();
        session.says("HTTP/1.1 408 Request Timeout\r\n\r\n");
        assertEquals(CloseReason.PROTOCOL_ERROR, session.transport().closedFor());
        evictedFor(Veto.INGRESS_ERROR, session);
    }

    @Test
    void bytesBehindAResponseEndTheSessionAndReachNobody() {
        CompletableFuture<Response> asked = f.get("/1");
        Opened session = f.opened(0).connect();
        session.says(OK + OK);
        assertEquals("ok", f.text(asked));
        evictedFor(Veto.INGRESS_ERROR, session);
    }

    @Test
    void whatIsNoHttpFailsTheExchange() {
        CompletableFuture<Response> asked = f.get("/1");
        Opened session = f.opened(0).connect();
        session.says("220 mail.example ESMTP\r\n");
        assertInstanceOf(MalformedMessageException.class, failure(asked));
        evictedFor(Veto.INGRESS_ERROR, session);
    }

    @Test
    void aResetEndsAnIdleSession() {
        Opened session = f.idle();
        session.transport().peerResets();
        f.loop.runTasks();
        evictedFor(Veto.INGRESS_ERROR, session);
    }

    @Test
    void aServerThatClosesAnIdleSessionIsSeen() {
        Opened session = f.idle();
        session.transport().peerEnds();
        f.loop.runTasks();
        assertEquals(CloseReason.COMPLETED, session.transport().closedFor());
        evictedFor(Veto.PEER_HALF_CLOSED, session);
    }

    @Test
    void anIdleSessionIsDrainedAfterItsTime() {
        f = new PoolFixture(PoolSettings.defaults().withIdle(Duration.ofSeconds(5)));
        Opened session = f.idle();
        f.later(Duration.ofSeconds(4));
        assertFalse(session.transport().closed());
        f.passes(Duration.ofSeconds(1));
        assertEquals(CloseReason.IDLE_TIMEOUT, session.transport().closedFor());
        evictedFor(Veto.IDLE_EXPIRED, session);
    }

    @Test
    void useBeginsTheIdleTimeAnew() {
        f = new PoolFixture(PoolSettings.defaults().withIdle(Duration.ofSeconds(5)));
        Opened session = f.idle();
        for (int i = 0; i < 5; i++) {
            f.later(Duration.ofSeconds(4));
            CompletableFuture<Response> asked = f.get("/" + i);
            session.says(OK);
            assertEquals("ok", f.text(asked));
        }
        assertEquals(1, f.openings.size());
        f.closeAndCheck();
    }

    @Test
    void zeroLetsSessionsIdleForEver() {
        f = new PoolFixture(PoolSettings.defaults().withIdle(Duration.ZERO).withMaxAge(Duration.ZERO));
        Opened session = f.idle();
        f.later(Duration.ofDays(30));
        assertFalse(session.transport().closed());
        assertEquals(0, f.loop.armed());
        f.closeAndCheck();
    }

    @Test
    void anOldSessionIsRetired() {
        f = new PoolFixture(PoolSettings.defaults().withIdle(Duration.ZERO).withMaxAge(Duration.ofSeconds(100)));
        Opened session = f.idle();
        f.later(Duration.ofSeconds(89));
        assertFalse(session.transport().closed());
        f.passes(Duration.ofSeconds(11));
        assertEquals(CloseReason.RETIRED, session.transport().closedFor());
        evictedFor(Veto.MAX_AGE, session);
    }

    @Test
    void anOldSessionServesWhatIsUnderWay() {
        f = new PoolFixture(PoolSettings.defaults().withMaxAge(Duration.ofSeconds(10)));
        Opened session = f.idle();
        f.later(Duration.ofMillis(8_900));
        CompletableFuture<Response> asked = f.get("/2");
        f.later(Duration.ofSeconds(2));
        session.says(OK);
        assertEquals("ok", f.text(asked));
        f.closeAndCheck();
    }

    @Test
    void aSessionCarriesSoManyExchanges() {
        f = new PoolFixture(PoolSettings.defaults().withMaxExchanges(2));
        Opened session = f.idle();
        CompletableFuture<Response> asked = f.get("/2");
        session.says(OK);
        assertEquals("ok", f.text(asked));
        assertEquals(CloseReason.RETIRED, session.transport().closedFor());
        evictedFor(Veto.MAX_REQUESTS, session);
    }

    @Test
    void aClosedClientDrains() {
        Opened session = f.idle();
        f.pool.close();
        f.loop.runTasks();
        assertEquals(CloseReason.DRAINED, session.transport().closedFor());
        assertEquals(1, f.evicted(Veto.DRAINING));
        assertInstanceOf(HttpException.class, failure(f.get("/late")));
    }

    @Test
    void aClosedClientLetsTheLastExchangeEnd() {
        CompletableFuture<Response> asked = f.get("/1");
        Opened session = f.opened(0).connect();
        CompletableFuture<Void> empty = f.pool.close().toCompletableFuture();
        f.loop.runTasks();
        assertFalse(empty.isDone());
        session.says(OK);
        assertEquals("ok", f.text(asked));
        assertTrue(empty.isDone());
        assertEquals(0, f.pool.metrics().open());
    }

    // ---- deadlines

    @Test
    void waitingForASessionHasADeadline() {
        f = new PoolFixture(PoolSettings.defaults().withPerOrigin(1));
        f.begin("/1");
        f.opened(0).connect();
        ClientTimeouts hasty = ClientTimeouts.defaults().withPoolWait(Duration.ofSeconds(3));
        CompletableFuture<Response> waits = f.send(Request.get("http://a/2"), hasty);
        f.later(Duration.ofSeconds(2));
        assertFalse(waits.isDone());
        f.passes(Duration.ofSeconds(1));
        ExchangeTimeoutException late = assertInstanceOf(ExchangeTimeoutException.class, failure(waits));
        assertEquals("poolWait", late.deadline());
        assertEquals(Phase.POOL_WAIT, late.phase());
        assertTrue(late.retrySafe());
        f.opened(0).says(OK);
        assertEquals(1, f.opened(0).requests(), "a call that has failed was sent");
        f.closeAndCheck();
    }

    @Test
    void theWholeHasADeadlineWhileItWaits() {
        f = new PoolFixture(PoolSettings.defaults().withPerOrigin(1));
        f.begin("/1");
        f.opened(0).connect();
        CompletableFuture<Response> waits =
                f.send(Request.get("http://a/2"), ClientTimeouts.defaults().withExchange(Duration.ofSeconds(2)));
        f.passes(Duration.ofSeconds(2));
        assertEquals(
                "exchange",
                assertInstanceOf(ExchangeTimeoutException.class, failure(waits)).deadline());
        f.closeAndCheck();
    }

    @Test
    void aTimeoutEndsTheSessionAndLateBytesReachNobody() {
        ClientTimeouts hasty = ClientTimeouts.defaults().withResponseHead(Duration.ofSeconds(3));
        CompletableFuture<Response> asked = f.send(Request.get("http://a/1"), hasty);
        Opened session = f.opened(0).connect();
        f.passes(Duration.ofSeconds(3));
        ExchangeTimeoutException late = assertInstanceOf(ExchangeTimeoutException.class, failure(asked));
        assertEquals("responseHead", late.deadline());
        assertEquals(Phase.RESPONSE_HEAD, late.phase());
        assertFalse(late.retrySafe());
        assertTrue(late.session() != null && late.session().reusability().has(Veto.BUSY));
        assertEquals(CloseReason.EXCHANGE_TIMEOUT, session.transport().closedFor());
        CompletableFuture<Response> next = f.get("/2");
        f.opened(1).connect().says(OK);
        assertEquals("ok", f.text(next));
        assertEquals(1, f.pool.metrics().timedOut());
        f.closeAndCheck();
    }

    @Test
    void contentThatTricklesIsTimedOutAndContentThatNobodyReadsIsNot() {
        ClientTimeouts hasty = ClientTimeouts.defaults()
                .withProgressWindow(Duration.ofSeconds(10))
                .withProgressRate(10);
        CompletableFuture<Response> asked = f.send(Request.get("http://a/1"), hasty);
        Opened session = f.opened(0).connect();
        session.says("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
        f.later(Duration.ofSeconds(60));
        assertFalse(session.transport().closed(), "nobody reads it, so nobody waits for the server");
        CompletableFuture<String> text =
                PoolFixture.now(asked).body().stringAsync(2000).toCompletableFuture();
        f.loop.runTasks();
        for (int i = 0; i < 12 && !text.isDone(); i++) {
            session.says("x");
            f.later(Duration.ofSeconds(1));
        }
        assertTrue(text.isCompletedExceptionally());
        assertEquals(CloseReason.EXCHANGE_TIMEOUT, session.transport().closedFor());
        f.closeAndCheck();
    }

    @Test
    void anUploadThatTheServerDoesNotTakeIsTimedOut() {
        CompletableFuture<Response> asked = f.send(
                Request.post("http://a/1", "text/plain", Body.wrap(new byte[1 << 20])),
                ClientTimeouts.defaults().withRequest(Duration.ofSeconds(4)).withResponseHead(Duration.ofSeconds(9)));
        f.opened(0).connect();
        f.passes(Duration.ofSeconds(9));
        assertInstanceOf(ExchangeTimeoutException.class, failure(asked));
        f.closeAndCheck();
    }

    // ---- second tries

    @Test
    void anIdempotentRequestThatMeetsACloseIsTriedAgainOnAFreshSession() {
        Opened session = f.idle();
        CompletableFuture<Response> asked = f.get("/2");
        assertEquals(2, session.requests());
        session.transport().peerEnds();
        f.loop.runTasks();
        assertEquals(2, f.openings.size());
        f.opened(1).connect().says(OK);
        assertEquals("ok", f.text(asked));
        assertEquals(1, f.pool.metrics().retried());
        f.closeAndCheck();
    }

    @Test
    void itIsTriedAgainOnlyOnce() {
        Opened session = f.idle();
        CompletableFuture<Response> asked = f.get("/2");
        session.transport().peerEnds();
        f.loop.runTasks();
        f.opened(1).connect().transport().peerEnds();
        f.loop.runTasks();
        assertInstanceOf(PeerClosedException.class, failure(asked));
        assertEquals(2, f.openings.size());
        f.closeAndCheck();
    }

    @Test
    void aFreshSessionThatClosesIsAReasonToo() {
        CompletableFuture<Response> asked = f.get("/1");
        f.opened(0).connect().transport().peerEnds();
        f.loop.runTasks();
        f.opened(1).connect().says(OK);
        assertEquals("ok", f.text(asked));
        f.closeAndCheck();
    }

    @Test
    void aPostOnAFreshSessionIsNotTriedAgain() {
        CompletableFuture<Response> asked = f.post("/1", Body.of("once"));
        f.opened(0).connect().transport().peerEnds();
        f.loop.runTasks();
        assertFalse(assertInstanceOf(PeerClosedException.class, failure(asked)).retrySafe());
        assertEquals(1, f.openings.size());
        f.closeAndCheck();
    }

    @Test
    void aPostThatWasSentIsNotTriedAgain() {
        Opened session = f.idle();
        CompletableFuture<Response> asked = f.post("/2", Body.of("once"));
        assertEquals(2, session.requests());
        session.transport().peerResets();
        f.loop.runTasks();
        assertInstanceOf(PeerClosedException.class, failure(asked));
        assertEquals(0, f.pool.metrics().retried());
        f.closeAndCheck();
    }

    @Test
    void contentThatCanBeReadOnceIsNotSentTwice() {
        Opened session = f.idle();
        Request put = Request.to(Method.PUT, "http://a/2")
                .body(Body.stream(new ByteArrayInputStream("once".getBytes(StandardCharsets.US_ASCII))))
                .build();
        CompletableFuture<Response> asked = f.send(put, ClientTimeouts.defaults());
        session.transport().peerResets();
        f.loop.runTasks();
        assertTrue(asked.isCompletedExceptionally());
        assertEquals(1, f.openings.size());
        f.closeAndCheck();
    }

    @Test
    void aResponseThatBreaksOffIsNotTriedAgain() {
        Opened session = f.idle();
        CompletableFuture<Response> asked = f.get("/2");
        session.says("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
        CompletableFuture<String> text =
                PoolFixture.now(asked).body().stringAsync(100).toCompletableFuture();
        session.transport().peerEnds();
        f.loop.runTasks();
        assertTrue(text.isCompletedExceptionally());
        assertEquals(0, f.pool.metrics().retried());
        f.closeAndCheck();
    }

    // ---- giving up

    @Test
    void aCallThatWaitsCanBeCancelled() {
        f = new PoolFixture(PoolSettings.defaults().withPerOrigin(1));
        f.begin("/1");
        Opened session = f.opened(0).connect();
        CompletableFuture<Response> waits = f.get("/2");
        CompletableFuture<Response> after = f.get("/3");
        assertTrue(waits.cancel(true));
        session.says(OK);
        assertFalse(session.heard().contains("GET /2 "));
        assertTrue(session.heard().contains("GET /3 "));
        session.says(OK);
        assertEquals("ok", f.text(after));
        assertInstanceOf(CancellationException.class, failure(waits));
        f.closeAndCheck();
    }

    @Test
    void aCallThatIsUnderWayCanBeCancelledAndItsPlaceIsFreeAtOnce() {
        f = new PoolFixture(PoolSettings.defaults().withPerOrigin(1));
        CompletableFuture<Response> asked = f.get("/1");
        Opened session = f.opened(0).connect();
        CompletableFuture<Response> after = f.get("/2");
        assertTrue(asked.cancel(true));
        f.loop.runTasks();
        assertEquals(CloseReason.EXCHANGE_CANCELLED, session.transport().closedFor());
        assertEquals(2, f.openings.size());
        f.opened(1).connect().says(OK);
        assertEquals("ok", f.text(after));
        f.closeAndCheck();
    }

    @Test
    void aSmallRestThatNobodyReadsIsThrownAwayAndTheSessionStays() {
        CompletableFuture<Response> asked = f.get("/1");
        Opened session = f.opened(0).connect();
        session.says("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nha");
        PoolFixture.now(asked).body().abandon();
        f.loop.runTasks();
        session.says("lf");
        assertEquals("reusable", session.session.reusability().toString());
        f.closeAndCheck();
    }

    @Test
    void aLargeRestThatNobodyReadsEndsTheSession() {
        CompletableFuture<Response> asked = f.get("/1");
        Opened session = f.opened(0).connect();
        session.says("HTTP/1.1 200 OK\r\nContent-Length: 400000000\r\n\r\nha");
        PoolFixture.now(asked).body().abandon();
        f.loop.runTasks();
        assertEquals(CloseReason.EXCHANGE_CANCELLED, session.transport().closedFor());
        assertEquals(1, f.evicted(Veto.CODEC_NOT_REUSABLE));
        f.closeAndCheck();
    }
}
