package dev.millrace.internal.h2;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.AsyncHandler;
import dev.millrace.http.Body;
import dev.millrace.http.FieldName;
import dev.millrace.http.Headers;
import dev.millrace.http.Http2Limits;
import dev.millrace.http.Limits;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.http.Status;
import dev.millrace.http.Version;
import dev.millrace.observe.CloseReason;
import dev.millrace.testkit.Http1Fixture;
import dev.millrace.testkit.Http2Frame;
import dev.millrace.testkit.Http2Peer;
import dev.millrace.testkit.TestSubscriber;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Requests and responses over HTTP/2 (RFC 9113 §8). */
final class Http2ConnectionTest {
    private static Http1Fixture echo() {
        return Http1Fixture.async(request -> CompletableFuture.completedFuture(
                Response.ok("text/plain", Body.publisher(request.body().publisher()))));
    }

    private static Http1Fixture limited(Http2Limits bounds, AsyncHandler handler) {
        return Http1Fixture.builder()
                .async(handler)
                .limits(Limits.defaults().withHttp2(bounds))
                .connect();
    }

    @Test
    void answersARequest() {
        Http1Fixture fixture = Http1Fixture.answering(request -> {
            assertEquals(Version.HTTP_2, request.version());
            assertEquals("/a", request.path());
            assertEquals("b=c", request.query());
            assertEquals("test", request.authority());
            assertEquals("http", request.scheme());
            return Response.text("Hello");
        });
        Http2Peer peer = fixture.http2().open();
        peer.send(Http2Peer.request(1, true, "GET", "/a?b=c"));
        Headers head = peer.sections(1).get(0);
        assertEquals("200", head.get("_status"));
        assertEquals("5", head.get(FieldName.CONTENT_LENGTH));
        assertEquals("Sat, 01 Jan 2000 00:00:00 GMT", head.get(FieldName.DATE));
        assertEquals("Hello", peer.text(1));
        assertTrue(peer.ended(1));
        assertEquals(1, peer.frames(Http2Frame.DATA, 1).size());
        fixture.transport().peerEnds();
        fixture.assertClosed(CloseReason.COMPLETED);
    }

    @Test
    void contentThatIsTooShortBehindTheResponse() {
        Http1Fixture fixture = Http1Fixture.answering(request -> Response.text("Hello"));
        Http2Peer peer = fixture.http2().open();
        peer.send(Http2Peer.request(1, false, "POST", "/", "content-length", "5"));
        assertTrue(peer.ended(1));
        peer.send(Http2Peer.data(1, true, "four"));
        assertEquals(ErrorCode.PROTOCOL_ERROR.code(), peer.resetCode(1));
        fixture.transport().peerEnds();
        fixture.assertClosed(CloseReason.COMPLETED);
    }

    @Test
    void aPeerThatIsGoneOpensNoWindowOfTheConnection() {
        byte[] large = new byte[100_000];
        Http1Fixture fixture = Http1Fixture.answering(request -> Response.ok("text/plain", Body.of(large)));
        Http2Peer peer = fixture.http2().open().send(Http2Peer.settings(4, 1 << 20));
        peer.send(Http2Peer.request(1, true, "GET", "/"), Http2Peer.request(3, true, "GET", "/"));
        assertEquals(65_535, peer.content(1).length + peer.content(3).length);
        fixture.assertOpen();
        fixture.transport().peerEnds();
        fixture.assertClosed(CloseReason.PEER_CLOSED_EARLY);
    }

    /** An end without content, and trailers, need no window (RFC 9113 §6.9.1). */
    @Test
    void endsPassAClosedWindow() {
        Http1Fixture fixture = echo();
        Http2Peer peer = fixture.http2().open().send(Http2Peer.settings(4, 1 << 20));
        for (int id = 1; id < 9; id += 2) {
            peer.send(Http2Peer.request(id, false, "POST", "/"));
        }
        fixture.advance(Duration.ofSeconds(1)); // no head waits for its content any more
        peer.send(Http2Peer.data(1, false, new byte[16_000]), Http2Peer.data(3, true, new byte[16_000]));
        for (int i = 0; i < 4; i++) {
            peer.send(Http2Peer.data(1, false, new byte[16_000]));
        }
        peer.send(Http2Peer.data(5, true, ""), Http2Peer.headers(7, true, "x-sum", "1"));
        assertTrue(peer.content(1).length < 5 * 16_000);
        assertFalse(peer.ended(1));
        assertTrue(peer.ended(5));
        assertTrue(peer.ended(7));
        peer.send(Http2Peer.data(1, true, ""), Http2Peer.windowUpdate(0, 1 << 20));
        assertTrue(peer.ended(1));
        assertEquals(5 * 16_000, peer.content(1).length);
    }

    @Test
    void settingsComeFirstAndAreAcknowledged() {
        Http1Fixture fixture = Http1Fixture.answering(request -> Response.text("Hello"));
        Http2Peer peer = fixture.http2().open();
        List<Http2Frame> frames = peer.frames();
        assertEquals(Http2Frame.SETTINGS, frames.get(0).type());
        assertEquals(0, frames.get(0).flags());
        assertTrue(frames.stream().anyMatch(f -> f.type() == Http2Frame.SETTINGS && f.has(Http2Frame.ACK)));
        fixture.transport().peerEnds();
        fixture.assertClosed(CloseReason.PREFACE_ONLY);
    }

    @Test
    void takesThePrefaceByteByByte() {
        Http1Fixture fixture = Http1Fixture.answering(request -> Response.text("Hello"));
        Http2Peer peer = fixture.http2();
        for (byte b : Http2Peer.PREFACE) {
            peer.send(new byte[] {b});
        }
        peer.send(Http2Peer.settings(), Http2Peer.request(1, true, "GET", "/"));
        assertEquals("Hello", peer.text(1));
    }

    @Test
    void aRequestThatBeginsLikeThePrefaceIsHttp1() {
        Http1Fixture fixture = Http1Fixture.answering(request -> Response.text(request.method() + ""));
        fixture.peer().send("PR").send("OPFIND / HTTP/1.1\r\nHost: a\r\n\r\n");
        assertTrue(fixture.peer().text().endsWith("PROPFIND"), fixture.peer().text());
    }

    @Test
    void manyStreamsInOneReadAreAnsweredInOneWrite() {
        Http1Fixture fixture = Http1Fixture.answering(request -> Response.text(request.path()));
        Http2Peer peer = fixture.http2().open();
        byte[][] requests = new byte[50][];
        for (int i = 0; i < requests.length; i++) {
            requests[i] = Http2Peer.request(2 * i + 1, true, "GET", "/" + i);
        }
        peer.send(requests);
        for (int i = 0; i < requests.length; i++) {
            assertEquals("/" + i, peer.text(2 * i + 1));
            assertTrue(peer.ended(2 * i + 1));
        }
        fixture.assertOpen();
    }

    @Test
    void echoesABodyAndOpensTheWindowsAgain() {
        Http1Fixture fixture = echo();
        Http2Peer peer = fixture.http2().open();
        peer.send(Http2Peer.request(1, false, "POST", "/"));
        byte[] piece = new byte[16_000];
        for (int i = 0; i < 64; i++) { // more than any window
            peer.send(Http2Peer.data(1, i == 63, piece));
            peer.send(Http2Peer.windowUpdate(0, 16_000), i < 63 ? Http2Peer.windowUpdate(1, 16_000) : new byte[0]);
        }
        assertArrayEquals(new byte[64 * 16_000], peer.content(1));
        assertTrue(peer.ended(1));
        assertFalse(peer.frames(Http2Frame.WINDOW_UPDATE, 0).isEmpty());
        assertEquals(-1, peer.goAwayCode());
    }

    @Test
    void aLongAnnouncedBodyIsReadToItsEnd() {
        Http1Fixture fixture = echo();
        Http2Peer peer = fixture.http2().open();
        peer.send(Http2Peer.request(1, false, "POST", "/", "content-length", "1000000"));
        for (int i = 0; i < 100; i++) {
            peer.send(Http2Peer.data(1, i == 99, new byte[10_000]));
            peer.send(Http2Peer.windowUpdate(0, 10_000), i < 99 ? Http2Peer.windowUpdate(1, 10_000) : new byte[0]);
        }
        assertEquals(1_000_000, peer.content(1).length);
        assertEquals(-1, peer.resetCode(1));
    }

    @Test
    void theRestOfALongBodyIsNotWaitedFor() {
        Http1Fixture fixture = Http1Fixture.answering(request -> Response.text("enough"));
        Http2Peer peer = fixture.http2().open();
        peer.send(Http2Peer.request(1, false, "POST", "/", "content-length", "1000000"));
        assertEquals("enough", peer.text(1));
        assertEquals(0, peer.resetCode(1)); // NO_ERROR (RFC 9113 §8.1)
        peer.send(Http2Peer.data(1, false, new byte[10_000])); // was on its way
        peer.send(Http2Peer.request(3, false, "POST", "/", "content-length", "10"));
        assertEquals(-1, peer.resetCode(3));
        peer.send(Http2Peer.data(3, true, new byte[10]));
        assertEquals(-1, peer.goAwayCode());
    }

    @Test
    void anUnreadBodyStarvesNoOtherStream() {
        List<CompletableFuture<Response>> waiting = new ArrayList<>();
        Http1Fixture fixture = Http1Fixture.async(request -> {
            CompletableFuture<Response> later = new CompletableFuture<>();
            if (request.path().equals("/stalled")) {
                waiting.add(later);
                return later;
            }
            return request.body().bytesAsync(1 << 20).thenApply(bytes -> Response.text("got " + bytes.length));
        });
        Http2Peer peer = fixture.http2().open();
        peer.send(Http2Peer.request(1, false, "POST", "/stalled"), Http2Peer.data(1, false, new byte[16_000]));
        peer.send(Http2Peer.data(1, false, new byte[16_000]));
        peer.send(Http2Peer.request(3, false, "POST", "/"));
        for (int i = 0; i < 40; i++) {
            peer.send(Http2Peer.data(3, i == 39, new byte[16_000]));
        }
        assertEquals("got 640000", peer.text(3));
        waiting.get(0).complete(Response.text("late"));
        fixture.loop().runTasks();
        assertEquals("late", peer.text(1));
    }

    @Test
    void theConnectionsWindowOpensAgainThoughNobodyReads() {
        Http1Fixture fixture = Http1Fixture.async(request -> new CompletableFuture<>());
        Http2Peer peer = fixture.http2().open();
        long window = 65_535;
        for (int id = 1; id < 100; id += 2) {
            peer.send(Http2Peer.request(id, false, "POST", "/"));
            for (int i = 0; i < 4; i++) {
                peer.send(Http2Peer.data(id, false, new byte[16_000]));
                window -= 16_000;
            }
        }
        for (Http2Frame update : peer.frames(Http2Frame.WINDOW_UPDATE, 0)) {
            window += update.intAt(0);
        }
        assertTrue(window > 500_000, "window " + window);
    }

    private static long window(Http2Peer peer, int id, long before) {
        long window = before;
        for (Http2Frame update : peer.frames(Http2Frame.WINDOW_UPDATE, id)) {
            window += update.intAt(0);
        }
        return window;
    }

    @Test
    void whatWaitsUnreadIsBoundedForTheConnection() {
        Http2Limits bounds = Http2Limits.defaults().withMaxConnectionWindow(1 << 20);
        List<Request> requests = new ArrayList<>();
        Http1Fixture fixture = limited(bounds, request -> {
            requests.add(request);
            return new CompletableFuture<>();
        });
        Http2Peer peer = fixture.http2().open();
        long sent = 0;
        for (int id = 1; id < 200; id += 2) {
            peer.send(Http2Peer.request(id, false, "POST", "/"));
            for (int i = 0; i < 4 && sent + 16_000 <= window(peer, 0, 65_535); i++) {
                peer.send(Http2Peer.data(id, false, new byte[16_000]));
                sent += 16_000;
            }
        }
        long window = window(peer, 0, 65_535);
        assertTrue(window > (1 << 20) - 100_000 && window <= 1 << 20, "window " + window);
        assertEquals(-1, peer.goAwayCode());
        requests.forEach(request -> request.body().bytesAsync(1 << 20));
        fixture.loop().runTasks();
        assertTrue(window(peer, 0, 65_535) - sent > 1 << 19, "it opens as they are read");
    }

    @Test
    void whatWaitedForAStreamThatIsGoneDoesNotKeepTheWindowShut() {
        Http2Limits bounds = Http2Limits.defaults().withMaxConnectionWindow(1 << 20);
        Http1Fixture fixture = limited(bounds, request -> new CompletableFuture<>());
        Http2Peer peer = fixture.http2().open();
        long sent = 0;
        for (int id = 1; id < 1_000; id += 2) {
            peer.send(Http2Peer.request(id, false, "POST", "/"));
            for (int i = 0; i < 4; i++) {
                assertTrue(sent + 16_000 <= window(peer, 0, 65_535), "shut at stream " + id);
                peer.send(Http2Peer.data(id, false, new byte[16_000]));
                sent += 16_000;
            }
            peer.send(Http2Peer.reset(id, 8));
        }
        assertEquals(-1, peer.goAwayCode());
    }

    @Test
    void onlyAReaderThatKeepsUpIsSentMoreThanItsFirstWindow() {
        List<Request> requests = new ArrayList<>();
        Http1Fixture fixture = Http1Fixture.async(request -> {
            requests.add(request);
            return new CompletableFuture<>();
        });
        Http2Peer peer = fixture.http2().open();
        peer.send(Http2Peer.request(1, false, "POST", "/"));
        TestSubscriber quick = TestSubscriber.eager();
        requests.get(0).body().publisher().subscribe(quick);
        peer.send(Http2Peer.request(3, false, "POST", "/"));
        TestSubscriber stalled = TestSubscriber.paused();
        requests.get(1).body().publisher().subscribe(stalled);
        for (int i = 0; i < 4; i++) {
            peer.send(Http2Peer.data(3, false, new byte[16_000]));
        }
        long sent = 0;
        for (int i = 0; i < 12; i++) { // a window full within each round trip: it seems to be in the way
            for (long left = window(peer, 1, 65_535) - sent; left > 0; left -= 16_000) {
                int n = (int) Math.min(16_000, left);
                peer.send(Http2Peer.data(1, false, new byte[n]));
                sent += n;
            }
            fixture.advance(Duration.ofMillis(20));
            peer.answerPings();
        }
        assertTrue(window(peer, 1, 65_535) - sent > 100_000, "the window of the quick one has grown");
        assertEquals(65_535, window(peer, 3, 65_535), "the other's has not");
    }

    @Test
    void tinyFramesThatNobodyReadsAreAFlood() {
        Http1Fixture fixture = echo();
        Http2Peer peer = fixture.http2().open().send(Http2Peer.settings(4, 0)); // no echo may go out
        long sent = 0;
        for (int id = 1; id < 200 && peer.goAwayCode() < 0; id += 2) {
            peer.send(Http2Peer.request(id, false, "POST", "/"));
            long mine = 0;
            while (peer.goAwayCode() < 0 && mine + 500 <= window(peer, id, 65_535)) {
                byte[][] batch = new byte[500][];
                Arrays.fill(batch, Http2Peer.data(id, false, new byte[1]));
                peer.send(batch);
                mine += 500;
            }
            sent += mine;
        }
        assertEquals(11, peer.goAwayCode(), sent + " of them");
        assertTrue(sent < 400_000, "after " + sent);
    }

    @Test
    void trailersGoBothWays() {
        Http1Fixture fixture = Http1Fixture.async(request -> request.body()
                .bytesAsync(100)
                .thenApply(bytes -> Response.ok(
                        "text/plain",
                        Body.of("x").withTrailers(() -> request.body().trailers()))));
        Http2Peer peer = fixture.http2().open();
        peer.send(
                Http2Peer.request(1, false, "POST", "/"),
                Http2Peer.data(1, false, "abc"),
                Http2Peer.headers(1, true, "checksum", "42"));
        assertEquals("x", peer.text(1));
        assertEquals("42", peer.sections(1).get(1).get("checksum"));
        assertTrue(peer.ended(1));
    }

    @Test
    void theWindowHoldsAResponseBack() {
        Http1Fixture fixture = Http1Fixture.answering(request -> Response.ok("a/b", Body.of(new byte[100_000])));
        Http2Peer peer = fixture.http2();
        peer.send(Http2Peer.PREFACE, Http2Peer.settings(4, 10));
        peer.send(Http2Peer.request(1, true, "GET", "/"));
        assertEquals(10, peer.content(1).length);
        peer.send(Http2Peer.windowUpdate(1, 5));
        assertEquals(15, peer.content(1).length);
        peer.send(Http2Peer.settings(4, 100_000));
        assertEquals(65_535, peer.content(1).length);
        peer.send(Http2Peer.windowUpdate(0, 100_000));
        assertEquals(100_000, peer.content(1).length);
        assertTrue(peer.ended(1));
    }

    @Test
    void aResponseWithoutContentIsOneFrame() {
        Http1Fixture fixture = Http1Fixture.answering(request -> Response.of(Status.NO_CONTENT));
        Http2Peer peer = fixture.http2().open();
        peer.send(Http2Peer.request(1, true, "GET", "/"), Http2Peer.request(3, true, "HEAD", "/"));
        assertTrue(peer.frames(Http2Frame.DATA).isEmpty());
        assertTrue(peer.ended(1));
        assertTrue(peer.ended(3));
        assertEquals("204", peer.status(1));
    }

    @Test
    void drainTellsTwiceAndServesWhatIsUnderWay() {
        List<CompletableFuture<Response>> waiting = new ArrayList<>();
        Http1Fixture fixture = Http1Fixture.async(request -> {
            CompletableFuture<Response> later = new CompletableFuture<>();
            waiting.add(later);
            return later;
        });
        Http2Peer peer = fixture.http2().open();
        peer.send(Http2Peer.request(1, true, "GET", "/"));
        fixture.transport().drain();
        fixture.loop().runTasks();
        assertEquals(Integer.MAX_VALUE, peer.frames(Http2Frame.GOAWAY).get(0).intAt(0));
        Http2Frame ping = peer.frames(Http2Frame.PING).get(0);
        peer.send(Http2Peer.request(3, true, "GET", "/"));
        peer.frame(Http2Frame.PING, Http2Frame.ACK, 0, ping.payload());
        assertEquals(3, peer.frames(Http2Frame.GOAWAY).get(1).intAt(0));
        peer.send(Http2Peer.request(5, true, "GET", "/"));
        assertEquals(7, peer.resetCode(5)); // REFUSED_STREAM
        waiting.forEach(later -> later.complete(Response.text("done")));
        fixture.loop().runTasks();
        assertEquals("done", peer.text(1));
        assertEquals("done", peer.text(3));
        fixture.assertOpen(); // until the peer has read that
        fixture.peer().end();
        fixture.assertClosed(CloseReason.DRAINED);
    }

    @Test
    void extendedConnectOpensATunnel() {
        Http1Fixture fixture = Http1Fixture.answering(request -> {
            assertTrue(request.upgradeOffered("websocket"));
            return Response.switchingProtocols("websocket", tunnel -> {
                tunnel.input().publisher();
                tunnel.write(java.nio.ByteBuffer.wrap("hi".getBytes(java.nio.charset.StandardCharsets.US_ASCII)));
                tunnel.closeOutput();
            });
        });
        Http2Peer peer = fixture.http2().open();
        peer.send(Http2Peer.headers(
                1,
                false,
                ":method",
                "CONNECT",
                ":protocol",
                "websocket",
                ":scheme",
                "http",
                ":path",
                "/chat",
                ":authority",
                "test"));
        assertEquals("200", peer.status(1));
        assertEquals("hi", peer.text(1));
        assertTrue(peer.ended(1));
    }

    @Test
    void aPriorityAheadOfItsStream() {
        Http1Fixture fixture = Http1Fixture.answering(request -> Response.ok("a/b", Body.of(new byte[100_000])));
        Http2Peer peer = fixture.http2();
        peer.send(Http2Peer.PREFACE, Http2Peer.settings(4, 1_000_000));
        byte[] urgent = {0, 0, 0, 3, 'u', '=', '0'};
        peer.frame(16, 0, 0, urgent); // PRIORITY_UPDATE
        peer.send(Http2Peer.request(1, true, "GET", "/"), Http2Peer.request(3, true, "GET", "/"));
        assertEquals(0, peer.content(1).length);
        assertEquals(65_535, peer.content(3).length);
    }

    @Test
    void aPeerThatSaidGoAwayIsServedAndThenNotWaitedForLong() {
        Http1Fixture fixture = Http1Fixture.answering(request -> Response.text("fine"));
        Http2Peer peer = fixture.http2().open();
        peer.frame(Http2Frame.GOAWAY, 0, 0, new byte[8]);
        peer.send(Http2Peer.request(1, true, "GET", "/"));
        assertEquals("fine", peer.text(1));
        fixture.assertOpen();
        fixture.advance(java.time.Duration.ofSeconds(6));
        fixture.assertClosed(CloseReason.COMPLETED);
    }

    @Test
    void aLengthOfZeroIsHeldToWhatComes() {
        Http1Fixture fixture = echo();
        Http2Peer peer = fixture.http2().open();
        peer.send(Http2Peer.request(1, false, "POST", "/", "content-length", "0"));
        peer.send(Http2Peer.data(1, true, "x"));
        assertEquals(1, peer.resetCode(1));
        peer.send(Http2Peer.request(3, false, "POST", "/", "content-length", "0"), Http2Peer.data(3, true, ""));
        assertEquals("200", peer.status(3));
    }

    @Test
    void smallPiecesThatWaitAreGathered() {
        Http1Fixture fixture = echo();
        Http2Peer peer = fixture.http2();
        peer.send(Http2Peer.PREFACE, Http2Peer.settings(4, 0));
        peer.send(Http2Peer.request(1, false, "POST", "/"));
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < 20_000; i++) {
            String piece = Integer.toString(i);
            all.append(piece);
            peer.send(Http2Peer.data(1, i == 19_999, piece));
            if (i == 10_000) {
                peer.send(Http2Peer.windowUpdate(1, 1_234));
            }
        }
        peer.send(Http2Peer.windowUpdate(1, 1_000_000), Http2Peer.windowUpdate(0, 1_000_000));
        assertEquals(all.toString(), peer.text(1));
        assertTrue(peer.ended(1));
        assertTrue(peer.frames(Http2Frame.DATA, 1).size() < 200);
    }
}
