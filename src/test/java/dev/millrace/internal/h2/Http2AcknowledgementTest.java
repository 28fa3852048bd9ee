package dev.millrace.internal.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.AsyncHandler;
import dev.millrace.http.Http2Limits;
import dev.millrace.http.Limits;
import dev.millrace.http.Response;
import dev.millrace.testkit.Http1Fixture;
import dev.millrace.testkit.Http2Frame;
import dev.millrace.testkit.Http2Peer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** From when on settings hold (RFC 9113 §6.5.3): ours from their acknowledgement on, the peer's one after the other. */
final class Http2AcknowledgementTest {
    private static final byte[] ACK = new Http2Frame(Http2Frame.SETTINGS, Http2Frame.ACK, 0, new byte[0]).bytes();

    // a literal that the table is to hold: x-a: b
    private static final byte[] INDEXED_LITERAL = {
        (byte) 0x82, (byte) 0x86, (byte) 0x84, 0x41, 1, 'a', 0x40, 3, 'x', '-', 'a', 1, 'b'
    };
    private static final byte[] FROM_THE_TABLE = {(byte) 0x82, (byte) 0x86, (byte) 0x84, (byte) 0xbf, (byte) 0xbe};

    private static Http1Fixture fixture(Http2Limits limits, AsyncHandler handler) {
        return Http1Fixture.builder()
                .async(handler)
                .limits(Limits.defaults().withHttp2(limits))
                .connect();
    }

    private static Http1Fixture answering(Http2Limits limits) {
        return fixture(
                limits,
                request -> CompletableFuture.completedFuture(
                        Response.text(String.valueOf(request.headers().get("x-a")))));
    }

    private static byte[] headers(int stream, byte[] block) {
        return new Http2Frame(Http2Frame.HEADERS, 0x5, stream, block).bytes();
    }

    @Test
    void aClientMayUseTheTableOfTheProtocolUntilItKnowsOurs() {
        Http1Fixture fixture = answering(Http2Limits.defaults().withHeaderTable(0));
        Http2Peer peer = fixture.http2().send(Http2Peer.PREFACE, Http2Peer.settings());
        peer.send(headers(1, INDEXED_LITERAL), headers(3, FROM_THE_TABLE));
        assertEquals("b", peer.text(1));
        assertEquals("b", peer.text(3));
        peer.send(ACK, headers(5, new byte[] {0x20, (byte) 0x82, (byte) 0x86, (byte) 0x84, 0x41, 1, 'a'}));
        assertEquals("null", peer.text(5));
        assertEquals(-1, peer.goAwayCode());
    }

    @Test
    void aTableLargerThanWeTakeEndsWithTheAcknowledgement() {
        Http1Fixture fixture = answering(Http2Limits.defaults().withHeaderTable(0));
        Http2Peer peer = fixture.http2().send(Http2Peer.PREFACE, Http2Peer.settings());
        peer.send(headers(1, INDEXED_LITERAL), ACK, headers(3, FROM_THE_TABLE));
        assertEquals(9, peer.goAwayCode());
    }

    @Test
    void aLargerTableMayBeUsedOnceItIsKnown() {
        Http1Fixture fixture = answering(Http2Limits.defaults().withHeaderTable(8_192));
        Http2Peer peer = fixture.http2().open();
        peer.send(headers(1, new byte[] {
            0x3f, (byte) 0xe1, 0x3f, (byte) 0x82, (byte) 0x86, (byte) 0x84, 0x41, 1, 'a' // a table of 8,192
        }));
        assertEquals("null", peer.text(1));
        assertEquals(-1, peer.goAwayCode());
    }

    @Test
    void aSmallWindowThatTheClientHearsOfLateOpensAgain() {
        Http1Fixture fixture = fixture(
                Http2Limits.defaults().withStreamWindow(1_000).withMaxStreamWindow(1_000),
                request -> request.body().bytesAsync(1 << 20).thenApply(bytes -> Response.text("got " + bytes.length)));
        Http2Peer peer = fixture.http2().send(Http2Peer.PREFACE, Http2Peer.settings());
        peer.send(Http2Peer.request(1, false, "POST", "/"), ACK);
        int window = 1_000;
        for (int i = 0; i < 50; i++) {
            int told = 0;
            for (Http2Frame update : peer.frames(Http2Frame.WINDOW_UPDATE, 1)) {
                told += update.intAt(0);
            }
            assertTrue(window + told >= 100, "stalled after " + i);
            window -= 100;
            peer.send(Http2Peer.data(1, i == 49, new byte[100]));
        }
        assertEquals("got 5000", peer.text(1));
    }

    @Test
    void whatWasSentBeforeASmallWindowWasKnownIsTaken() {
        Http1Fixture fixture = fixture(
                Http2Limits.defaults().withStreamWindow(1_000).withMaxStreamWindow(1_000),
                request -> new CompletableFuture<>());
        Http2Peer peer = fixture.http2().send(Http2Peer.PREFACE, Http2Peer.settings());
        peer.send(Http2Peer.request(1, false, "POST", "/"), Http2Peer.data(1, false, new byte[16_000]), ACK);
        assertEquals(-1, peer.resetCode(1));
        peer.send(Http2Peer.data(1, false, new byte[1]));
        assertEquals(3, peer.resetCode(1), "a window below zero");
    }

    @Test
    void aTableSizeThatIsSaidTwiceIsSignalledTwice() {
        Http1Fixture fixture = answering(Http2Limits.defaults());
        Http2Peer peer = fixture.http2().open();
        peer.send(Http2Peer.request(1, true, "GET", "/"));
        peer.send(Http2Peer.settings(1, 0, 1, 4_096), Http2Peer.request(3, true, "GET", "/"));
        byte[] block = peer.frames(Http2Frame.HEADERS, 3).get(0).payload();
        assertEquals(0x20, block[0], "emptied first (RFC 7541 §4.2)");
        assertEquals(0x3f, block[1]);
    }

    @Test
    void aWindowThatIsTooLargeForAMomentIsAnError() {
        Http1Fixture fixture = fixture(Http2Limits.defaults(), request -> new CompletableFuture<>());
        Http2Peer peer = fixture.http2().open();
        peer.send(Http2Peer.request(1, false, "POST", "/"), Http2Peer.windowUpdate(1, 1));
        peer.send(Http2Peer.settings(4, Integer.MAX_VALUE, 4, 0));
        assertEquals(3, peer.goAwayCode());
    }

    @Test
    void acknowledgementsThatNobodyAskedForAreAFlood() {
        for (byte[] frame : new byte[][] {ACK, Http2Peer.ping(42, true)}) {
            Http1Fixture fixture = answering(Http2Limits.defaults());
            Http2Peer peer = fixture.http2().open();
            int sent = 0;
            while (peer.goAwayCode() < 0 && sent < 10_000) {
                peer.send(frame);
                sent++;
            }
            assertEquals(11, peer.goAwayCode(), "after " + sent);
            assertFalse(sent < 90, "after " + sent);
        }
    }

    @Test
    void debugDataNamesTheSection() {
        Http1Fixture fixture = answering(Http2Limits.defaults());
        Http2Peer peer = fixture.http2().open();
        peer.send(Http2Peer.data(0, false, new byte[1]));
        byte[] payload = peer.frames(Http2Frame.GOAWAY).get(0).payload();
        String text = new String(payload, 8, payload.length - 8, StandardCharsets.US_ASCII);
        assertTrue(text.contains("RFC 9113 section "), text);
    }
}
