package dev.millrace.internal.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Body;
import dev.millrace.http.Limits;
import dev.millrace.http.Response;
import dev.millrace.http.Timeouts;
import dev.millrace.observe.CloseReason;
import dev.millrace.testkit.Http1Fixture;
import dev.millrace.testkit.Http2Frame;
import dev.millrace.testkit.Http2Peer;
import dev.millrace.testkit.TestPublisher;
import dev.millrace.testkit.TestSubscriber;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** No state of an HTTP/2 connection or stream lasts for ever. */
final class Http2DeadlineTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private static Http1Fixture quiet(Timeouts timeouts) {
        return Http1Fixture.builder()
                .answering(request -> Response.ok("a/b", Body.of(new byte[100])))
                .timeouts(timeouts)
                .connect();
    }

    private static void answerPings(Http1Fixture fixture, Duration span) {
        for (long s = 0; s < span.toSeconds(); s++) {
            fixture.advance(SECOND);
            fixture.http2().answerPings();
        }
    }

    @Test
    void halfAPreface() {
        Http1Fixture fixture = quiet(Timeouts.defaults());
        fixture.http2().send(Arrays.copyOf(Http2Peer.PREFACE, 10));
        fixture.advance(Duration.ofSeconds(36));
        fixture.assertClosed(CloseReason.HEADERS_TIMEOUT);
    }

    @Test
    void aPrefaceWithoutSettings() {
        Http1Fixture fixture = quiet(Timeouts.defaults());
        fixture.http2().send(Http2Peer.PREFACE);
        fixture.advance(Duration.ofSeconds(36));
        fixture.assertClosed(CloseReason.HEADERS_TIMEOUT);
    }

    @Test
    void settingsThatAreNotAcknowledged() {
        Http1Fixture fixture = quiet(Timeouts.defaults());
        fixture.http2().send(Http2Peer.PREFACE, Http2Peer.settings());
        fixture.advance(Duration.ofSeconds(11));
        assertEquals(4, fixture.http2().goAwayCode()); // SETTINGS_TIMEOUT
        fixture.advance(Duration.ofSeconds(6));
        fixture.assertClosed(CloseReason.PROTOCOL_ERROR);
    }

    /** One long response to a peer that reads slowly is no reason to give up those behind it. */
    @Test
    void aStreamWaitsForItsTurn() {
        Http1Fixture fixture = Http1Fixture.builder()
                .limits(Limits.defaults().withOutboundBuffer(2_000))
                .answering(request ->
                        Response.ok("a/b", Body.of(new byte[request.path().equals("/1") ? 50_000 : 100])))
                .connect();
        fixture.http2().open();
        fixture.peer().stopReading();
        fixture.http2().send(Http2Peer.request(1, true, "GET", "/1"), Http2Peer.request(3, true, "GET", "/3"));
        for (int second = 0; second < 120; second++) {
            fixture.advance(SECOND);
            fixture.peer().read(1_000);
            fixture.http2().answerPings();
        }
        assertEquals(50_000, fixture.http2().content(1).length);
        assertTrue(fixture.http2().ended(3));
    }

    @Test
    void aClockMayReadLessThanZero() {
        Http1Fixture fixture = Http1Fixture.builder()
                .answering(request -> Response.ok("a/b", Body.of(new byte[100])))
                .start(-1_000_000_000_000L)
                .connect();
        fixture.http2().open().send(Http2Peer.request(1, true, "GET", "/"));
        fixture.advance(Duration.ofSeconds(59));
        fixture.assertOpen();
        fixture.advance(Duration.ofSeconds(2));
        fixture.assertClosed(CloseReason.IDLE_TIMEOUT);
    }

    @Test
    void idle() {
        Http1Fixture fixture = quiet(Timeouts.defaults());
        fixture.http2().open().send(Http2Peer.request(1, true, "GET", "/"));
        fixture.advance(Duration.ofSeconds(61));
        assertEquals(0, fixture.http2().goAwayCode());
        fixture.assertClosed(CloseReason.IDLE_TIMEOUT);
    }

    @Test
    void aHeaderSectionThatTrickles() {
        Http1Fixture fixture = quiet(Timeouts.defaults());
        fixture.http2().open();
        byte[] request = Http2Peer.request(1, true, "GET", "/");
        for (int i = 0; i < 40 && !fixture.transport().closed(); i++) {
            fixture.http2().send(new byte[] {request[i]});
            fixture.advance(SECOND);
        }
        fixture.advance(Duration.ofSeconds(6));
        fixture.assertClosed(CloseReason.HEADERS_TIMEOUT);
    }

    @Test
    void aHandlerThatTakesTooLong() {
        Http1Fixture fixture = Http1Fixture.builder()
                .async(request -> new CompletableFuture<>())
                .timeouts(Timeouts.defaults().withHandler(Duration.ofSeconds(20)))
                .connect();
        fixture.http2().open().send(Http2Peer.request(1, true, "GET", "/"));
        fixture.advance(Duration.ofSeconds(24));
        assertEquals("503", fixture.http2().status(1));
        assertTrue(fixture.http2().ended(1));
        fixture.assertOpen();
    }

    @Test
    void contentThatStopsArrives408() {
        Http1Fixture fixture = Http1Fixture.async(
                request -> request.body().bytesAsync(1_000).thenApply(bytes -> Response.text("got it")));
        fixture.http2().open().send(Http2Peer.request(1, false, "POST", "/"), Http2Peer.data(1, false, "abc"));
        answerPings(fixture, Duration.ofSeconds(35));
        assertEquals(
                "408", fixture.http2().status(1), () -> fixture.http2().frames().toString());
        fixture.assertOpen();
    }

    /** What an echo sends of it is no progress of its own. */
    @Test
    void contentThatTricklesThroughAnEcho() {
        Http1Fixture fixture = Http1Fixture.async(request -> CompletableFuture.completedFuture(
                Response.ok("text/plain", Body.publisher(request.body().publisher()))));
        fixture.http2().open().send(Http2Peer.request(1, false, "POST", "/"));
        for (int i = 0; i < 40 && fixture.http2().resetCode(1) < 0; i++) {
            fixture.http2().send(Http2Peer.data(1, false, "x"));
            answerPings(fixture, SECOND);
        }
        assertTrue(fixture.http2().resetCode(1) > 0);
        fixture.assertOpen();
    }

    /** As long as the response makes progress, the request may take its time. */
    @Test
    void aResponseThatMovesKeepsItsRequest() {
        List<TestPublisher> responses = new ArrayList<>();
        Http1Fixture fixture = Http1Fixture.async(request -> {
            request.body().publisher().subscribe(TestSubscriber.eager());
            TestPublisher response = new TestPublisher();
            responses.add(response);
            return CompletableFuture.completedFuture(Response.ok("text/plain", Body.publisher(response)));
        });
        fixture.http2().open().send(Http2Peer.request(1, false, "POST", "/"));
        for (int i = 0; i < 120; i++) {
            responses.get(0).give(500);
            fixture.loop().runTasks();
            fixture.http2().send(Http2Peer.windowUpdate(0, 500), Http2Peer.windowUpdate(1, 500));
            answerPings(fixture, SECOND);
        }
        assertEquals(-1, fixture.http2().resetCode(1));
        assertEquals(60_000, fixture.http2().content(1).length);
    }

    @Test
    void aWindowThatStaysShut() {
        Http1Fixture fixture = quiet(Timeouts.defaults());
        Http2Peer peer = fixture.http2();
        peer.send(Http2Peer.PREFACE, Http2Peer.settings(4, 10), new Http2Frame(4, 1, 0, new byte[0]).bytes());
        peer.send(Http2Peer.request(1, true, "GET", "/"));
        answerPings(fixture, Duration.ofSeconds(35));
        assertEquals(8, peer.resetCode(1)); // CANCEL
        fixture.assertOpen();
    }

    @Test
    void aPeerThatFallsSilentIsAskedAndThenLeft() {
        Http1Fixture fixture = Http1Fixture.async(request -> new CompletableFuture<>());
        fixture.http2().open().send(Http2Peer.request(1, true, "GET", "/"));
        fixture.advance(Duration.ofSeconds(34));
        assertEquals(1, fixture.http2().frames(Http2Frame.PING).size());
        fixture.assertOpen();
        fixture.advance(Duration.ofSeconds(34));
        fixture.assertClosed(CloseReason.IDLE_TIMEOUT);
    }

    @Test
    void aPeerThatAnswersIsWaitedWith() {
        Http1Fixture fixture = Http1Fixture.async(request -> new CompletableFuture<>());
        fixture.http2().open().send(Http2Peer.request(1, true, "GET", "/"));
        answerPings(fixture, Duration.ofSeconds(200));
        fixture.assertOpen();
    }

    /** A PING waits behind what was sent before it, and that is read slowly, but in time. */
    @Test
    void aPingBehindOutputThatIsReadSlowly() {
        Http1Fixture fixture = Http1Fixture.builder()
                .limits(Limits.defaults().withOutboundBuffer(16 << 10))
                .answering(request -> Response.ok("a/b", Body.of(new byte[60_000])))
                .connect();
        fixture.http2().open();
        fixture.peer().stopReading();
        fixture.http2().send(Http2Peer.request(1, true, "GET", "/"));
        for (int second = 0; second < 202; second++) {
            fixture.advance(SECOND);
            fixture.peer().read(300);
            fixture.http2().answerPings();
        }
        assertEquals(60_000, fixture.http2().content(1).length);
        fixture.assertOpen();
    }

    /** What the operating system has taken may be on its way for long, and a PING behind it. */
    @Test
    void aPingBehindWhatIsOnItsWay() {
        Http1Fixture fixture = Http1Fixture.async(request -> request.path().equals("/never")
                ? new CompletableFuture<>()
                : CompletableFuture.completedFuture(Response.ok("a/b", Body.of(new byte[24_000]))));
        fixture.http2()
                .open()
                .send(Http2Peer.request(1, true, "GET", "/never"), Http2Peer.request(3, true, "GET", "/"));
        fixture.advance(Duration.ofSeconds(100)); // at 240 bytes a second it has just come
        fixture.assertOpen();
        fixture.http2().answerPings();
        fixture.advance(Duration.ofSeconds(59));
        fixture.assertOpen();
        fixture.advance(Duration.ofSeconds(10));
        fixture.assertClosed(CloseReason.IDLE_TIMEOUT);
    }

    @Test
    void whatIsOnItsWayIsNotWaitedForForEver() {
        Http1Fixture fixture = Http1Fixture.async(request -> request.path().equals("/never")
                ? new CompletableFuture<>()
                : CompletableFuture.completedFuture(Response.ok("a/b", Body.of(new byte[24_000]))));
        fixture.http2()
                .open()
                .send(Http2Peer.request(1, true, "GET", "/never"), Http2Peer.request(3, true, "GET", "/"));
        fixture.advance(Duration.ofSeconds(168));
        fixture.assertClosed(CloseReason.IDLE_TIMEOUT);
    }

    /** A PING that measured a round trip may be the one that stays without an answer. */
    @Test
    void aPeerThatSaysSomethingElseThanTheAnswerAndFallsSilent() {
        Http1Fixture fixture = Http1Fixture.async(request -> {
            request.body().publisher().subscribe(TestSubscriber.eager());
            return new CompletableFuture<>();
        });
        fixture.http2().open().send(Http2Peer.request(1, false, "POST", "/"));
        for (int i = 0; i < 4; i++) {
            fixture.http2().send(Http2Peer.data(1, false, new byte[16_000]));
        }
        assertEquals(1, fixture.http2().frames(Http2Frame.PING).size());
        fixture.advance(SECOND);
        fixture.http2().send(Http2Peer.data(1, true, new byte[1]));
        fixture.advance(Duration.ofSeconds(59));
        fixture.assertOpen();
        fixture.advance(Duration.ofSeconds(9));
        fixture.assertClosed(CloseReason.IDLE_TIMEOUT);
    }

    /** A PING that measured a round trip is not the question whether the peer is there, which comes later. */
    @Test
    void aPeerThatFallsSilentWhileARoundTripIsMeasured() {
        Http1Fixture fixture = Http1Fixture.async(request -> {
            request.body().publisher().subscribe(TestSubscriber.eager());
            return new CompletableFuture<>();
        });
        fixture.http2().open().send(Http2Peer.request(1, false, "POST", "/"));
        for (int i = 0; i < 3; i++) {
            fixture.http2().send(Http2Peer.data(1, false, new byte[16_000]));
        }
        fixture.http2().send(Http2Peer.data(1, true, new byte[16_000]));
        assertEquals(1, fixture.http2().frames(Http2Frame.PING).size());
        fixture.advance(Duration.ofSeconds(59));
        fixture.assertOpen();
        fixture.advance(Duration.ofSeconds(9));
        fixture.assertClosed(CloseReason.IDLE_TIMEOUT);
    }
}
