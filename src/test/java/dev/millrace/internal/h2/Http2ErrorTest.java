package dev.millrace.internal.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Flood;
import dev.millrace.http.Http2Limits;
import dev.millrace.http.Limits;
import dev.millrace.http.Response;
import dev.millrace.observe.CloseReason;
import dev.millrace.testkit.Http1Fixture;
import dev.millrace.testkit.Http2Frame;
import dev.millrace.testkit.Http2Peer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a peer does wrong, alone or too often, and what it is told (RFC 9113 §5.4, §8.1.1, §10.5). */
final class Http2ErrorTest {
    private final Http1Fixture fixture = Http1Fixture.answering(request -> Response.text("fine"));
    private final Http2Peer peer = fixture.http2();

    private void stillServes(int stream) {
        peer.send(Http2Peer.request(stream, true, "GET", "/"));
        assertEquals("fine", peer.text(stream), () -> peer.frames().toString());
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                ":method,GET,:scheme,http,:authority,a,-,-",
                ":method,GET,:path,/,:authority,a,-,-",
                ":scheme,http,:path,/,:authority,a,-,-",
                ":method,GET,:scheme,http,:path,/,-,-",
                ":method,GET,:scheme,http,:path,x,:authority,a",
                ":method,GET,:scheme,http,:path,/ x,:authority,a",
                ":method,GET,:scheme,http,:path,/%zz,:authority,a",
                ":method,G T,:scheme,http,:path,/,:authority,a",
                ":method,CONNECT,:authority,a,-,-,-,-",
                ":method,CONNECT,:authority,a:1,:path,/,-,-",
                ":method,GET,:scheme,1http,:path,/,:authority,a",
                ":method,GET,:scheme,http,:path,/,:authority,u@a",
            })
    void aSectionThatMakesNoRequest(String a, String b, String c, String d, String e, String f, String g, String h) {
        List<String> fields = new ArrayList<>();
        for (String one : new String[] {a, b, c, d, e, f, g, h}) {
            if (one != null) {
                fields.add(one);
            }
        }
        peer.open().send(Http2Peer.headers(1, true, fields.toArray(new String[0])));
        assertEquals(1, peer.resetCode(1));
        stillServes(3);
    }

    /** RST_STREAM must not name an idle stream (RFC 9113 §6.4), so what is wrong with one ends the connection. */
    @ParameterizedTest
    @CsvSource({"2,0000000509,1", "2,00000001,6", "8,00000000,1"})
    void aWrongFrameOnAnIdleStream(int type, String payload, int code) {
        peer.open().frame(type, 0, 5, HexFormat.of().parseHex(payload));
        assertTrue(peer.frames(Http2Frame.RST_STREAM).isEmpty());
        assertEquals(code, peer.goAwayCode());
    }

    @ParameterizedTest
    @CsvSource({"2,0000000509,1", "2,00000001,6", "8,00000000,1"})
    void theSameOnAnOpenStream(int type, String payload, int code) {
        peer.open().send(Http2Peer.request(5, false, "POST", "/"));
        peer.frame(type, 0, 5, HexFormat.of().parseHex(payload));
        assertEquals(code, peer.resetCode(5));
        stillServes(7);
    }

    @ParameterizedTest
    @CsvSource({
        "connection,close",
        "transfer-encoding,chunked",
        "upgrade,x",
        "te,gzip",
        "Upper,x",
        "host,other",
        ":path,/again",
        ":status,200",
        ":unknown,x",
        "content-length,x",
        "content-length,5",
    })
    void aFieldThatMustNotBe(String name, String value) {
        peer.open().send(Http2Peer.request(1, true, "GET", "/", name, value));
        assertEquals(1, peer.resetCode(1), () -> peer.frames().toString());
        stillServes(3);
    }

    @Test
    void aPseudoFieldAfterOthers() {
        peer.open()
                .send(Http2Peer.headers(
                        1, true, ":method", "GET", ":scheme", "http", "x", "y", ":path", "/", ":authority", "a"));
        assertEquals(1, peer.resetCode(1));
    }

    @Test
    void contentThatIsNotAsLongAsItSays() {
        peer.open()
                .send(Http2Peer.request(1, false, "POST", "/", "content-length", "5"), Http2Peer.data(1, true, "abc"));
        assertEquals(1, peer.resetCode(1));
        stillServes(3);
    }

    @Test
    void aSectionBeyondTheBoundsIsAnsweredAndTheConnectionGoesOn() {
        String big = "x".repeat(40_000);
        byte[] block =
                Http2Peer.block(":method", "GET", ":scheme", "http", ":path", "/", ":authority", "test", "big", big);
        byte[] first = java.util.Arrays.copyOf(block, 16_000);
        byte[] second = java.util.Arrays.copyOfRange(block, 16_000, 32_000);
        byte[] third = java.util.Arrays.copyOfRange(block, 32_000, block.length);
        peer.open()
                .frame(Http2Frame.HEADERS, Http2Frame.END_STREAM, 1, first)
                .frame(Http2Frame.CONTINUATION, 0, 1, second)
                .frame(Http2Frame.CONTINUATION, Http2Frame.END_HEADERS, 1, third);
        assertEquals("431", peer.status(1), () -> peer.frames().toString());
        assertTrue(peer.ended(1));
        stillServes(3);
    }

    @Test
    void anExpectationThatNobodyKnows() {
        peer.open().send(Http2Peer.request(1, true, "GET", "/", "expect", "the-unexpected"));
        assertEquals("417", peer.status(1));
        stillServes(3);
    }

    @Test
    void moreStreamsThanAllowedAreRefused() {
        List<CompletableFuture<Response>> waiting = new ArrayList<>();
        Http1Fixture busy = Http1Fixture.builder()
                .async(request -> {
                    CompletableFuture<Response> later = new CompletableFuture<>();
                    waiting.add(later);
                    return later;
                })
                .limits(Limits.defaults().withHttp2(Http2Limits.defaults().withConcurrentStreams(2)))
                .connect();
        Http2Peer client = busy.http2().open();
        client.send(
                Http2Peer.request(1, true, "GET", "/"),
                Http2Peer.request(3, true, "GET", "/"),
                Http2Peer.request(5, true, "GET", "/"));
        assertEquals(7, client.resetCode(5));
        client.send(Http2Peer.reset(1, 8), Http2Peer.request(7, true, "GET", "/"));
        assertEquals(7, client.resetCode(7), "the handler of the stream that was reset goes on working");
        waiting.get(0).complete(Response.text("nobody waits"));
        client.send(Http2Peer.request(9, true, "GET", "/"));
        assertEquals(-1, client.resetCode(9));
        assertEquals(3, waiting.size());
    }

    @Test
    void aResetCancelsTheHandler() {
        List<Boolean> cancelled = new ArrayList<>();
        Http1Fixture waiting = Http1Fixture.async(request -> {
            request.cancelled().thenRun(() -> cancelled.add(true));
            return new CompletableFuture<>();
        });
        waiting.http2().open().send(Http2Peer.request(1, true, "GET", "/"), Http2Peer.reset(1, 8));
        assertEquals(List.of(true), cancelled);
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "3, 1", "8, 1"}) // DATA, RST_STREAM, WINDOW_UPDATE
    void aFrameOnAnIdleStream(int type, int code) {
        peer.open().frame(type, 0, 1, Http2Peer.int32(8));
        assertEquals(code, peer.goAwayCode());
        fixture.transport().peerEnds();
        fixture.assertClosed(CloseReason.PROTOCOL_ERROR);
    }

    @Test
    void evenAndDecreasingNumbers() {
        peer.open().send(Http2Peer.request(5, true, "GET", "/"), Http2Peer.request(3, true, "GET", "/"));
        assertEquals(1, peer.goAwayCode());
        assertEquals(5, peer.frames(Http2Frame.GOAWAY).get(0).intAt(0));
    }

    @Test
    void framesAfterTheEndOfAStream() {
        peer.open().send(Http2Peer.request(1, true, "GET", "/"), Http2Peer.data(1, true, "late"));
        assertEquals(5, peer.resetCode(1)); // STREAM_CLOSED
        peer.send(Http2Peer.headers(1, true, "late", "trailer"));
        assertEquals(-1, peer.goAwayCode(), "we have reset it: what comes was on its way");
    }

    @Test
    void headersOnAStreamThatEndedByItself() {
        peer.open().send(Http2Peer.request(1, true, "GET", "/"));
        peer.send(Http2Peer.headers(1, true, "late", "trailer"));
        assertEquals(5, peer.goAwayCode());
    }

    @Test
    void moreContentThanTheWindow() {
        Http1Fixture unread = Http1Fixture.async(request -> new CompletableFuture<>());
        Http2Peer client = unread.http2().open();
        client.send(Http2Peer.request(1, false, "POST", "/"));
        for (int i = 0; i < 5; i++) {
            client.send(Http2Peer.data(1, false, new byte[16_000]));
        }
        assertEquals(3, client.resetCode(1)); // FLOW_CONTROL_ERROR
        assertEquals(-1, client.goAwayCode());
    }

    @Test
    void somethingElseThanThePreface() {
        peer.send("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        String answer = new String(fixture.transport().received(), StandardCharsets.ISO_8859_1);
        assertTrue(answer.startsWith("HTTP/1.1 505") || answer.startsWith("HTTP/1.1 400"), answer);
    }

    @Test
    void headersOnATunnel() {
        Http1Fixture tunnels = Http1Fixture.answering(request -> Response.tunnel(tunnel -> {}));
        Http2Peer client = tunnels.http2().open();
        client.send(Http2Peer.headers(1, false, ":method", "CONNECT", ":authority", "test:1"));
        assertEquals("200", client.status(1));
        client.send(Http2Peer.headers(1, true, "a", "trailer"));
        assertEquals(1, client.resetCode(1));
    }

    // ---- too much of one thing

    private void flooded(Flood kind, Http1Fixture flood) {
        Http2Peer client = flood.http2();
        assertEquals(
                11, client.goAwayCode(), () -> kind + ": " + client.frames().size() + " frames");
        flood.transport().peerEnds();
        flood.assertClosed(CloseReason.FLOOD);
    }

    @Test
    void rapidReset() {
        Http1Fixture flood = Http1Fixture.async(request -> new CompletableFuture<>());
        flood.http2().open();
        for (int i = 1; i < 3_000 && flood.http2().goAwayCode() < 0; i += 2) {
            flood.http2().send(Http2Peer.request(i, true, "GET", "/"), Http2Peer.reset(i, 8));
        }
        for (int i = 3_001; i < 60_000 && flood.http2().goAwayCode() < 0; i += 2) {
            flood.http2().send(Http2Peer.request(i, true, "GET", "/"), Http2Peer.reset(i, 8));
        }
        flooded(Flood.RAPID_RESET, flood);
    }

    @Test
    void resetsThatWeAreMadeToSend() {
        Http1Fixture flood = Http1Fixture.async(request -> new CompletableFuture<>());
        flood.http2().open();
        for (int i = 1; i < 10_000 && flood.http2().goAwayCode() < 0; i += 2) {
            flood.http2().send(Http2Peer.request(i, true, "GET", "/"), Http2Peer.windowUpdate(i, 0));
        }
        flooded(Flood.PROVOKED_RESET, flood);
    }

    @ParameterizedTest
    @CsvSource({"PING, 6, 8, 0", "SETTINGS, 4, 0, 0", "PRIORITY, 2, 5, 1"})
    void framesThatSayNothing(Flood kind, int type, int length, int stream) {
        Http2Peer client = fixture.http2().open();
        for (int i = 0; i < 20_000 && client.goAwayCode() < 0; i++) {
            client.frame(type, 0, stream, new byte[length]);
        }
        flooded(kind, fixture);
    }

    @Test
    void emptyData() {
        Http1Fixture flood = Http1Fixture.async(request -> new CompletableFuture<>());
        Http2Peer client = flood.http2().open();
        client.send(Http2Peer.request(1, false, "POST", "/"));
        for (int i = 0; i < 20_000 && client.goAwayCode() < 0; i++) {
            client.send(Http2Peer.data(1, false, ""));
        }
        flooded(Flood.EMPTY_FRAMES, flood);
    }

    @Test
    void aBlockWithoutEnd() {
        Http2Peer client = fixture.http2().open();
        client.frame(Http2Frame.HEADERS, 0, 1, Http2Peer.block("a", "b"));
        for (int i = 0; i < 1_000 && client.goAwayCode() < 0; i++) {
            client.frame(Http2Frame.CONTINUATION, 0, 1, new byte[0]);
        }
        flooded(Flood.CONTINUATION, fixture);
    }

    @Test
    void anHonestClientTripsNothing() {
        Http2Peer client = fixture.http2().open();
        for (int i = 0; i < 20_000; i++) {
            client.send(Http2Peer.request(2 * i + 1, true, "GET", "/"), Http2Peer.ping(i, false));
            if (i % 500 == 0) {
                client.forget();
                assertFalse(fixture.transport().closed());
            }
        }
        fixture.assertOpen();
    }
}
