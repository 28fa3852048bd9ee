package dev.millrace.internal.h2;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Body;
import dev.millrace.http.Response;
import dev.millrace.internal.h2.Http2ClientFixture.Asked;
import dev.millrace.observe.CloseReason;
import dev.millrace.testkit.Http1Fixture;
import dev.millrace.testkit.Http2Frame;
import dev.millrace.testkit.Http2Peer;
import dev.millrace.testkit.TestSubscriber;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Servers that keep to no rule, bytes that come in any pieces, and our own server at the other end. */
final class Http2ClientErrorTest {
    private static final int SEEDS = 200;

    private static final int[] STATUSES = {200, 201, 301, 404, 413, 500};

    private static DynamicTest streamError(String name, ErrorCode code, byte[]... frames) {
        return DynamicTest.dynamicTest(name, () -> {
            Http2ClientFixture client = new Http2ClientFixture();
            client.peer.serve();
            Asked asked = client.ask(Http2ClientFixture.get("/"));
            Asked other = client.ask(Http2ClientFixture.get("/"));
            client.peer.send(frames);
            assertEquals(code.code(), client.peer.resetCode(1));
            asked.typed();
            assertEquals(-1, client.peer.goAwayCode());
            client.peer.send(Http2Peer.response(3, true, 200));
            assertTrue(other.completed);
            client.assertNothingReported();
        });
    }

    private static DynamicTest malformed(String name, byte[]... frames) {
        return streamError(name, ErrorCode.PROTOCOL_ERROR, frames);
    }

    @TestFactory
    Stream<DynamicTest> responsesThatAreNone() {
        return Stream.of(
                malformed("no status", Http2Peer.headers(1, true, "a", "b")),
                malformed("two statuses", Http2Peer.headers(1, true, ":status", "200", ":status", "200")),
                malformed("a status behind a field", Http2Peer.headers(1, true, "a", "b", ":status", "200")),
                malformed("a status of two digits", Http2Peer.headers(1, true, ":status", "20")),
                malformed("a status of letters", Http2Peer.headers(1, true, ":status", "2x0")),
                malformed("a status of 600", Http2Peer.headers(1, true, ":status", "600")),
                malformed("101", Http2Peer.headers(1, false, ":status", "101")),
                malformed("a path", Http2Peer.headers(1, true, ":status", "200", ":path", "/")),
                malformed("a pseudo-header field of nobody's", Http2Peer.headers(1, true, ":status", "200", ":x", "/")),
                malformed("upper case", Http2Peer.headers(1, true, ":status", "200", "Abc", "d")),
                malformed("connection", Http2Peer.headers(1, true, ":status", "200", "connection", "close")),
                malformed("chunked", Http2Peer.headers(1, true, ":status", "200", "transfer-encoding", "chunked")),
                malformed("te", Http2Peer.headers(1, true, ":status", "200", "te", "trailers")),
                malformed("an interim response at the end", Http2Peer.response(1, true, 103)),
                malformed(
                        "two lengths", Http2Peer.response(1, true, 200, "content-length", "0", "content-length", "0")),
                malformed("no number", Http2Peer.response(1, true, 200, "content-length", "x")),
                malformed("no content", Http2Peer.response(1, true, 200, "content-length", "1")),
                malformed("content ahead", Http2Peer.data(1, false, "x")),
                malformed("content ahead and the end", Http2Peer.data(1, true, "x")),
                malformed("content of a 204", Http2Peer.response(1, false, 204), Http2Peer.data(1, true, "x")),
                malformed(
                        "too much content",
                        Http2Peer.response(1, false, 200, "content-length", "1"),
                        Http2Peer.data(1, true, "xy")),
                malformed(
                        "too little content",
                        Http2Peer.response(1, false, 200, "content-length", "3"),
                        Http2Peer.data(1, true, "xy")),
                malformed("a second response", Http2Peer.response(1, false, 200), Http2Peer.response(1, false, 200)),
                malformed(
                        "a status among trailers", Http2Peer.response(1, false, 200), Http2Peer.response(1, true, 200)),
                malformed("a colon", Http2Peer.headers(1, true, ":status", "200", "a:b", "c")),
                streamError("a large section", ErrorCode.ENHANCE_YOUR_CALM, large()));
    }

    /** More fields than are taken. */
    private static byte[] large() {
        String[] fields = new String[600];
        Arrays.fill(fields, "x");
        return Http2Peer.response(1, true, 200, fields);
    }

    private static DynamicTest connectionError(String name, ErrorCode code, byte[]... frames) {
        return DynamicTest.dynamicTest(name, () -> {
            Http2ClientFixture client = new Http2ClientFixture();
            client.peer.serve();
            Asked asked = client.ask(Http2ClientFixture.get("/"));
            client.peer.send(frames);
            assertEquals(code.code(), client.peer.goAwayCode());
            assertFalse(asked.typed().retrySafe());
            assertFalse(client.connection().reusability().reusable());
            client.advance(java.time.Duration.ofSeconds(10));
            assertEquals(1, client.closed.size());
            client.assertNothingLeft();
        });
    }

    @TestFactory
    Stream<DynamicTest> connectionsThatEnd() {
        byte[] promise = new Http2Frame(Http2Frame.PUSH_PROMISE, Http2Frame.END_HEADERS, 1, Http2Peer.int32(2)).bytes();
        return Stream.of(
                connectionError("a push", ErrorCode.PROTOCOL_ERROR, promise),
                connectionError("a stream of the server's", ErrorCode.PROTOCOL_ERROR, Http2Peer.response(2, true, 200)),
                connectionError("a stream to come", ErrorCode.PROTOCOL_ERROR, Http2Peer.response(3, true, 200)),
                connectionError("content of one", ErrorCode.PROTOCOL_ERROR, Http2Peer.data(3, true, "x")),
                connectionError("push enabled", ErrorCode.PROTOCOL_ERROR, Http2Peer.settings(Settings.ENABLE_PUSH, 1)),
                connectionError(
                        "a priority update",
                        ErrorCode.PROTOCOL_ERROR,
                        new Http2Frame(0x10, 0, 0, new byte[] {0, 0, 0, 1, 'u'}).bytes()),
                connectionError(
                        "a block that is none",
                        ErrorCode.COMPRESSION_ERROR,
                        new Http2Frame(Http2Frame.HEADERS, Http2Frame.END_HEADERS, 1, new byte[] {(byte) 0x80})
                                .bytes()),
                flood("settings", Http2Peer.settings()),
                flood("pings", Http2Peer.ping(1, false)),
                flood("answers to no question", Http2Peer.ping(1, true)),
                flood("window updates", Http2Peer.windowUpdate(0, 1)),
                flood("goodbyes", Http2Peer.goAway(1, 0)),
                flood("unknown frames", new Http2Frame(99, 0, 0, new byte[0]).bytes()),
                flood("empty content", Http2Peer.response(1, false, 200), Http2Peer.data(1, false, "")));
    }

    private static DynamicTest flood(String name, byte[]... frames) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (int i = 0; i + 1 < frames.length; i++) {
            all.writeBytes(frames[i]);
        }
        for (int i = 0; i < 3_000; i++) {
            all.writeBytes(frames[frames.length - 1]);
        }
        return connectionError(name, ErrorCode.ENHANCE_YOUR_CALM, all.toByteArray());
    }

    // ---- any pieces

    private static byte[] conversation(Random random) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int id = 1; id < 40; id += 2) {
            if (random.nextInt(4) == 0) {
                out.writeBytes(Http2Peer.response(id, false, 103, "link", "x"));
            }
            boolean whole = random.nextBoolean();
            out.writeBytes(Http2Peer.response(id, whole, STATUSES[random.nextInt(STATUSES.length)], "x", "y" + id));
            if (!whole) {
                for (int i = random.nextInt(4); i > 0; i--) {
                    out.writeBytes(Http2Peer.data(id, false, new byte[random.nextInt(500)]));
                }
                out.writeBytes(
                        random.nextBoolean() ? Http2Peer.data(id, true, "end") : Http2Peer.headers(id, true, "t", "u"));
            }
            if (random.nextInt(5) == 0) {
                out.writeBytes(Http2Peer.ping(id, false));
            }
        }
        return out.toByteArray();
    }

    private static List<Asked> twenty(Http2ClientFixture client) {
        client.peer.serve();
        List<Asked> asked = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            asked.add(client.ask(Http2ClientFixture.get("/" + i)));
        }
        return asked;
    }

    private static void sendRandomly(Http2ClientFixture client, byte[] bytes, Random random) {
        for (int at = 0; at < bytes.length && !client.transport.closed(); ) {
            int next = Math.min(bytes.length, at + 1 + random.nextInt(random.nextBoolean() ? 3 : 300));
            client.peer.send(Arrays.copyOfRange(bytes, at, next));
            at = next;
        }
    }

    @Test
    void cutAnywhere() {
        for (int seed = 0; seed < SEEDS; seed++) {
            Random random = new Random(seed);
            byte[] bytes = conversation(random);
            Http2ClientFixture whole = new Http2ClientFixture();
            List<Asked> expected = twenty(whole);
            whole.peer.send(bytes);
            Http2ClientFixture cut = new Http2ClientFixture();
            List<Asked> asked = twenty(cut);
            sendRandomly(cut, bytes, random);
            assertEquals(expected.toString(), asked.toString(), "seed " + seed);
            assertTrue(asked.stream().allMatch(each -> each.completed), "seed " + seed);
        }
    }

    @Test
    void anythingEndsInADefinedWay() {
        for (int seed = 0; seed < SEEDS; seed++) {
            Random random = new Random(seed);
            byte[] bytes = conversation(random);
            Http2ClientFixture client = new Http2ClientFixture();
            List<Asked> asked = twenty(client);
            for (int i = 1 + random.nextInt(8); i > 0; i--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            sendRandomly(client, bytes, random);
            if (!client.transport.closed()) {
                client.transport.peerEnds();
            }
            client.advance(java.time.Duration.ofHours(1));
            String name = "seed " + seed;
            assertEquals(1, client.closed.size(), name);
            assertTrue(client.closed.get(0) != CloseReason.INTERNAL_ERROR, name);
            assertEquals(20, client.endedAt.size(), name);
            assertTrue(asked.stream().allMatch(Asked::ended), name);
            client.assertNothingLeft();
        }
    }

    // ---- our own server

    @Test
    void asksOurOwnServer() {
        Http1Fixture server = Http1Fixture.async(request -> CompletableFuture.completedFuture(
                Response.ok("text/plain", Body.publisher(request.body().publisher()))));
        Http2ClientFixture client = new Http2ClientFixture();
        byte[] content = FrameBytes.filler(1_000_000);
        Asked large = client.ask(Http2ClientFixture.post("/", Body.of(content)));
        List<Asked> others = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            others.add(client.ask(Http2ClientFixture.post("/", Body.of("small " + i)), TestSubscriber.oneByOne()));
        }
        int there = 0;
        int back = 0;
        for (boolean moved = true; moved; ) {
            byte[] out = client.transport.received(there);
            there += out.length;
            server.http2().send(out);
            byte[] in = server.transport().received(back);
            back += in.length;
            client.peer.send(in);
            moved = out.length + in.length > 0;
        }
        assertTrue(large.completed);
        assertArrayEquals(content, large.content.text().getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
        for (int i = 0; i < 10; i++) {
            assertEquals("small " + i, others.get(i).content.text());
            assertTrue(others.get(i).completed);
        }
        assertTrue(client.connection().reusability().reusable());
        assertEquals(11, client.endedAt.size());
        client.assertNothingReported();
        server.assertNothingReported();
    }
}
