package dev.millrace.internal.h2;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Body;
import dev.millrace.http.FieldName;
import dev.millrace.http.Headers;
import dev.millrace.http.Method;
import dev.millrace.http.Request;
import dev.millrace.internal.h2.Http2ClientFixture.Asked;
import dev.millrace.observe.CloseReason;
import dev.millrace.session.ClientTimeouts;
import dev.millrace.session.ExchangeTimeoutException;
import dev.millrace.testkit.Http2Frame;
import dev.millrace.testkit.Http2Peer;
import dev.millrace.testkit.TestPublisher;
import dev.millrace.testkit.TestSubscriber;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Requests of a client and their responses over HTTP/2 (RFC 9113 §8). */
final class Http2ClientTest {
    private final Http2ClientFixture client = new Http2ClientFixture();
    private final Http2Peer peer = client.peer;

    private Asked get() {
        return client.ask(Http2ClientFixture.get("/a?b=c"));
    }

    @Test
    void beginsWithItsPrefaceAndRefusesPush() {
        Asked asked = get();
        peer.serve();
        List<Http2Frame> frames = peer.frames();
        assertEquals(Http2Frame.SETTINGS, frames.get(0).type());
        assertEquals(Settings.ENABLE_PUSH, frames.get(0).intAt(0) >>> 16);
        assertEquals(0, frames.get(0).intAt(2));
        assertEquals(1, peer.frames(Http2Frame.HEADERS, 1).size()); // ahead of the server's first word
        assertFalse(asked.ended());
    }

    @Test
    void asksAndIsAnswered() {
        peer.serve();
        Asked asked = get();
        Headers head = peer.sections(1).get(0);
        assertEquals("GET", head.get("_method"));
        assertEquals("http", head.get("_scheme"));
        assertEquals("test", head.get("_authority"));
        assertEquals("/a?b=c", head.get("_path"));
        assertEquals(4, head.size());
        assertTrue(peer.ended(1));
        peer.send(Http2Peer.response(1, false, 200, "x", "y"), Http2Peer.data(1, false, "Hel"));
        assertEquals("y", asked.response.headers().get("x"));
        assertEquals("Hel", asked.content.text());
        assertEquals(1, client.connection().active());
        peer.send(Http2Peer.data(1, false, "lo"), Http2Peer.headers(1, true, "sum", "5"));
        assertEquals("Hello", asked.content.text());
        assertEquals("5", asked.response.body().trailers().get("sum"));
        assertTrue(asked.completed);
        assertEquals(List.of(0), client.endedAt);
        client.assertNothingReported();
    }

    @Test
    void fieldsOfTheConnectionStayBehind() {
        peer.serve();
        client.ask(Request.to(Method.GET, "http://test/")
                .header("Host", "other")
                .header("Connection", "X-Hop, keep-alive")
                .header("X-Hop", "1")
                .header("Keep-Alive", "5")
                .header("Upgrade", "h2c")
                .header("TE", "gzip, trailers")
                .header("Proxy-Connection", "x")
                .header("Transfer-Encoding", "chunked")
                .header("X-Stays", "2")
                .build());
        Headers head = peer.sections(1).get(0);
        assertEquals("test", head.get("_authority"));
        assertEquals("trailers", head.get("te"));
        assertEquals("2", head.get("x-stays"));
        assertEquals(6, head.size(), head::toString);
    }

    @Test
    void sendsContentWithItsLengthAndTrailers() {
        peer.serve();
        Asked asked = client.ask(Http2ClientFixture.post("/", Body.of("Hello")));
        assertEquals("5", peer.sections(1).get(0).get(FieldName.CONTENT_LENGTH));
        assertEquals("Hello", peer.text(1));
        assertTrue(peer.ended(1));
        client.ask(Http2ClientFixture.post("/", Body.of("x").withTrailers(() -> Headers.of("sum", "1"))));
        assertEquals("1", peer.sections(3).get(1).get("sum"));
        client.ask(Http2ClientFixture.post("/", Body.empty()));
        assertEquals("0", peer.sections(5).get(0).get(FieldName.CONTENT_LENGTH));
        peer.send(Http2Peer.response(1, true, 204));
        assertEquals(204, asked.status());
        assertTrue(asked.completed);
        assertTrue(asked.content.complete());
    }

    @Test
    void interimResponsesComeFirst() {
        peer.serve();
        Asked asked = client.ask(Request.to(Method.POST, "http://test/")
                .header("Expect", "100-continue")
                .body(Body.of("Hello"))
                .build());
        assertEquals("", peer.text(1));
        peer.send(Http2Peer.response(1, false, 103, "link", "x"), Http2Peer.response(1, false, 100));
        assertEquals("Hello", peer.text(1));
        assertEquals(List.of(103, 100), asked.interims);
        peer.send(Http2Peer.response(1, true, 200));
        assertTrue(asked.completed);
    }

    @Test
    void interimResponsesWithoutEndAreTooMany() {
        peer.serve();
        Asked asked = get();
        for (int i = 0; i < 65; i++) {
            peer.send(Http2Peer.response(1, false, 103));
        }
        assertEquals(ErrorCode.ENHANCE_YOUR_CALM.code(), peer.resetCode(1));
        assertEquals(64, asked.interims.size());
        asked.typed();
    }

    @Test
    void aHeadHasALengthAndNoContent() {
        peer.serve();
        Asked asked = client.ask(Request.to(Method.HEAD, "http://test/").build());
        peer.send(Http2Peer.response(1, true, 200, "content-length", "100"));
        assertTrue(asked.completed);
        assertEquals("100", asked.response.headers().get(FieldName.CONTENT_LENGTH));
        Asked late = client.ask(Request.to(Method.HEAD, "http://test/").build());
        peer.send(Http2Peer.response(3, false, 200, "content-length", "100"), Http2Peer.data(3, true, ""));
        assertTrue(late.completed);
        Asked wrong = client.ask(Request.to(Method.HEAD, "http://test/").build());
        peer.send(Http2Peer.response(5, false, 200, "content-length", "100"), Http2Peer.data(5, true, "x"));
        assertEquals(ErrorCode.PROTOCOL_ERROR.code(), peer.resetCode(5));
        wrong.typed();
        Asked notModified = get();
        peer.send(Http2Peer.response(7, true, 304, "content-length", "100"));
        assertTrue(notModified.completed);
    }

    @Test
    void largeContentComesAsFastAsItIsRead() {
        peer.serve();
        TestSubscriber reader = TestSubscriber.paused();
        Asked asked = client.ask(Http2ClientFixture.get("/"), reader);
        peer.send(Http2Peer.response(1, false, 200));
        for (int i = 0; i < 4; i++) {
            peer.send(Http2Peer.data(1, false, new byte[16_000]));
        }
        assertEquals(List.of(), peer.frames(Http2Frame.WINDOW_UPDATE, 1)); // nobody reads
        reader.request(Long.MAX_VALUE);
        client.loop.runTasks();
        assertEquals(64_000, reader.size());
        assertFalse(peer.frames(Http2Frame.WINDOW_UPDATE, 1).isEmpty());
        peer.send(Http2Peer.data(1, true, new byte[10_000]));
        assertEquals(74_000, reader.size());
        assertTrue(asked.completed);
    }

    @Test
    void contentThatWaitsForItsReaderOutlivesItsStream() {
        peer.serve();
        TestSubscriber reader = TestSubscriber.paused();
        Asked asked = client.ask(Http2ClientFixture.get("/"), reader);
        peer.send(Http2Peer.response(1, false, 200), Http2Peer.data(1, true, "Hello"));
        assertTrue(asked.completed);
        assertEquals(List.of(0), client.endedAt);
        reader.request(Long.MAX_VALUE);
        assertEquals("Hello", reader.text());
        assertTrue(reader.complete());
    }

    @Test
    void largeContentGoesAsFastAsItsWindowsOpen() {
        peer.serve();
        byte[] content = FrameBytes.filler(200_000);
        Asked asked = client.ask(Http2ClientFixture.post("/", Body.of(content)));
        assertEquals(65_535, peer.content(1).length);
        peer.send(Http2Peer.windowUpdate(1, 1_000_000));
        assertEquals(65_535, peer.content(1).length);
        peer.send(Http2Peer.windowUpdate(0, 1_000_000));
        assertArrayEquals(content, peer.content(1));
        peer.send(Http2Peer.response(1, true, 200));
        assertTrue(asked.completed);
    }

    @Test
    void aPublisherIsAskedWhileThereIsRoom() {
        peer.serve();
        TestPublisher source = new TestPublisher();
        Asked asked = client.ask(Http2ClientFixture.post("/", Body.publisher(source)));
        client.executor.runAll();
        client.loop.runTasks();
        while (source.demand() > 0) {
            source.give(40_000);
            client.loop.runTasks();
        }
        assertEquals(65_535, peer.content(1).length);
        peer.send(Http2Peer.windowUpdate(0, 1_000_000), Http2Peer.windowUpdate(1, 1_000_000));
        assertTrue(source.demand() > 0);
        source.complete();
        client.loop.runTasks();
        assertTrue(peer.ended(1));
        peer.send(Http2Peer.response(1, true, 200));
        assertTrue(asked.completed);
    }

    @Test
    void anAnswerThatIsGoodLetsTheRequestGoOn() {
        peer.serve();
        Asked asked = client.ask(Http2ClientFixture.post("/", Body.of(new byte[100_000])));
        peer.send(Http2Peer.response(1, true, 200));
        assertTrue(asked.completed); // it was handed over as a whole
        assertEquals(1, client.connection().active());
        peer.send(Http2Peer.windowUpdate(0, 100_000), Http2Peer.windowUpdate(1, 100_000));
        assertTrue(peer.ended(1));
        assertEquals(-1, peer.resetCode(1));
        assertEquals(List.of(0), client.endedAt);
    }

    @Test
    void aRequestBehindItsAnswerThatNobodyTakesEndsInTime() {
        peer.serve();
        client.ask(Http2ClientFixture.post("/", Body.of(new byte[100_000])));
        peer.send(Http2Peer.response(1, true, 200));
        client.advance(Duration.ofSeconds(100));
        assertEquals(ErrorCode.CANCEL.code(), peer.resetCode(1));
        assertEquals(List.of(0), client.endedAt);
        assertTrue(client.connection().reusability().reusable());
    }

    @Test
    void anAnswerThatIsNotStopsIt() {
        peer.serve();
        TestPublisher source = new TestPublisher();
        Asked asked = client.ask(Http2ClientFixture.post("/", Body.publisher(source)));
        client.executor.runAll();
        client.loop.runTasks();
        source.give("some");
        client.loop.runTasks();
        peer.send(Http2Peer.response(1, false, 413), Http2Peer.data(1, false, "too"));
        assertTrue(source.cancelled());
        assertEquals(-1, peer.resetCode(1));
        peer.send(Http2Peer.data(1, true, " large"));
        assertEquals("too large", asked.content.text());
        assertTrue(asked.completed);
        assertEquals(ErrorCode.CANCEL.code(), peer.resetCode(1));
        assertFalse(peer.ended(1));
        assertEquals(List.of(0), client.endedAt);
    }

    @Test
    void aResetWithNoErrorAfterTheAnswerIsNoFailure() {
        peer.serve();
        TestPublisher source = new TestPublisher();
        Asked asked = client.ask(Http2ClientFixture.post("/", Body.publisher(source)));
        client.executor.runAll();
        client.loop.runTasks();
        peer.send(Http2Peer.response(1, true, 200));
        assertFalse(asked.ended());
        peer.send(Http2Peer.reset(1, ErrorCode.NO_ERROR.code()));
        assertTrue(asked.completed);
        assertTrue(source.cancelled());
        assertEquals(List.of(0), client.endedAt);
    }

    @Test
    void aCancelledExchangeEndsAlone() {
        peer.serve();
        Asked first = get();
        Asked second = get();
        client.ask(Http2ClientFixture.get("/"), TestSubscriber.eager());
        first.exchange.cancel(new IllegalStateException("enough"));
        client.loop.runTasks();
        assertEquals(ErrorCode.CANCEL.code(), peer.resetCode(1));
        assertEquals(List.of(2), client.endedAt);
        peer.send(Http2Peer.response(1, false, 200), Http2Peer.data(1, true, "late"));
        peer.send(Http2Peer.response(3, true, 200));
        assertTrue(second.completed);
        assertEquals("enough", first.failure.getMessage());
        assertTrue(client.connection().reusability().reusable());
    }

    @Test
    void aTimeoutEndsItsExchangeAlone() {
        peer.serve();
        Asked first = client.ask(
                Http2ClientFixture.get("/"),
                TestSubscriber.eager(),
                ClientTimeouts.defaults().withResponseHead(Duration.ofSeconds(5)));
        Asked second = get();
        client.advance(Duration.ofSeconds(6));
        assertEquals("responseHead", ((ExchangeTimeoutException) first.typed()).deadline());
        assertEquals(ErrorCode.CANCEL.code(), peer.resetCode(1));
        peer.send(Http2Peer.response(3, true, 200));
        assertTrue(second.completed);
    }

    @Test
    void contentThatNobodyWantsIsCancelled() {
        peer.serve();
        Asked asked = client.ask(Http2ClientFixture.get("/"), TestSubscriber.paused());
        peer.send(Http2Peer.response(1, false, 200), Http2Peer.data(1, false, "x"));
        asked.content.cancel();
        client.loop.runTasks();
        assertEquals(ErrorCode.CANCEL.code(), peer.resetCode(1));
        assertTrue(asked.completed);
        assertEquals(List.of(0), client.endedAt);
        peer.send(Http2Peer.data(1, true, "late"));
        assertTrue(client.connection().reusability().reusable());
    }

    @Test
    void aStreamThatIsCancelledWhileItsHeadIsGivenIsGone() {
        peer.serve();
        Asked asked = get();
        asked.exchange.cancel(new IllegalStateException("enough"));
        asked.exchange.cancel(new IllegalStateException("again"));
        peer.send(Http2Peer.response(1, true, 200));
        assertEquals(0, client.connection().active());
        assertEquals(0, asked.status());
    }

    @Test
    void endsInOrderOnceItIsToDrain() {
        peer.serve();
        Asked asked = get();
        client.connection().drain(CloseReason.RETIRED);
        client.loop.runTasks();
        assertEquals(List.of(), client.closed);
        peer.send(Http2Peer.response(1, true, 200));
        assertTrue(asked.completed);
        assertEquals(0, peer.goAwayCode());
        assertEquals(List.of(CloseReason.RETIRED), client.closed);
        client.assertNothingLeft();
    }
}
