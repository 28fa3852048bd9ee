package dev.millrace.internal.tunnel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.AsyncHandler;
import dev.millrace.http.Body;
import dev.millrace.http.HttpException;
import dev.millrace.http.Initiator;
import dev.millrace.http.Limits;
import dev.millrace.http.PeerClosedException;
import dev.millrace.http.Phase;
import dev.millrace.http.Response;
import dev.millrace.http.Timeouts;
import dev.millrace.http.Tunnel;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.tls.TlsAccess;
import dev.millrace.internal.transport.Protocol;
import dev.millrace.net.Tls;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.ConnectionState;
import dev.millrace.testkit.HeldTunnel;
import dev.millrace.testkit.Http1Fixture;
import dev.millrace.testkit.Http2Frame;
import dev.millrace.testkit.Http2Peer;
import dev.millrace.testkit.ManualClock;
import dev.millrace.testkit.TestLoop;
import dev.millrace.testkit.TestSubscriber;
import dev.millrace.testkit.TlsFixture;
import dev.millrace.testkit.TlsPeer;
import dev.millrace.testkit.TunnelFixture;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections on tunnels: through HTTP/1.1, through HTTP/2, and through what users make. */
class TunnelTransportTest {
    private static final String CONNECT = "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n";
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    private static final Tls SERVER = TlsFixture.build(TlsFixture.SELF.server());

    /** A connection whose CONNECT was answered, and the one in the tunnel. */
    private static final class Carried {
        private final TunnelFixture[] box = new TunnelFixture[1];
        final Http1Fixture outer;
        final int head;

        Carried(@Nullable Tls tls, Timeouts timeouts, AsyncHandler handler) {
            outer = Http1Fixture.builder()
                    .answering(r -> Response.tunnel(tunnel -> inner().serve(tunnel)))
                    .connect();
            box[0] = new TunnelFixture(outer.loop(), tls, timeouts, handler);
            outer.peer().send(CONNECT);
            head = outer.transport().received().length;
            assertTrue(
                    outer.peer().text().startsWith("HTTP/1.1 200 "),
                    outer.peer().text());
        }

        Carried(@Nullable Tls tls, AsyncHandler handler) {
            this(tls, Timeouts.defaults(), handler);
        }

        TunnelFixture inner() {
            return box[0];
        }

        TlsPeer tlsPeer(String version) {
            Tls client = TlsFixture.build(TlsFixture.client().protocols(version));
            TlsPeer peer = new TlsPeer(
                    outer.transport(), outer.loop(), TlsAccess.settings(client).newClientEngine("localhost", 1, null));
            return peer.skip(head);
        }

        String text() {
            return outer.peer().text().substring(head);
        }

        void ended(CloseReason reason) {
            outer.loop().runTasks();
            assertEquals(1, inner().ends().size(), "one end");
            assertEquals(reason, inner().ends().get(0).reason());
            assertEquals(0, inner().open());
            assertEquals(List.of(), inner().errors());
        }
    }

    private static CompletableFuture<Response> done(Response response) {
        return CompletableFuture.completedFuture(response);
    }

    private static String pattern(int size) {
        StringBuilder text = new StringBuilder(size);
        for (int i = 0; text.length() < size; i++) {
            text.append(i).append(' ');
        }
        return text.substring(0, size);
    }

    // ---- through HTTP/1.1

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void requestsOverTls(String version) {
        Carried c = new Carried(
                SERVER,
                r -> done(Response.text(r.path() + " " + r.scheme() + " "
                        + r.tls().protocol() + " " + r.remoteAddress().getPort())));
        TlsPeer peer = c.tlsPeer(version).handshake();
        assertTrue(peer.open());
        peer.send(GET).send(GET);
        assertEquals(2, peer.responses().size());
        assertEquals("/ https " + version + " 50000", peer.responses().get(1).text());
        assertEquals(ConnectionState.TUNNEL, c.outer.transport().state());
        peer.close();
        assertTrue(peer.closed());
        c.ended(CloseReason.COMPLETED);
        assertTrue(c.outer.transport().outputEnded());
        assertFalse(c.outer.transport().closed(), "the peer has a moment to end its side");
        c.outer.peer().end();
        c.outer.assertClosed(CloseReason.UPGRADED);
        assertEquals(2, c.inner().stats().get(0).requests());
        assertTrue(c.inner().stats().get(0).bytesIn() > 300);
        assertTrue(c.inner().stats().get(0).bytesOut() > 500);
    }

    @Test
    void requestsInClear() {
        Carried c = new Carried(null, r -> done(Response.text(r.scheme() + r.tls())));
        c.outer.peer().send(GET + GET);
        assertTrue(c.text().endsWith("httpnull"), c.text());
        assertEquals(2, c.text().split("HTTP/1.1 200 ", -1).length - 1);
        c.outer.peer().end();
        c.ended(CloseReason.COMPLETED);
        c.outer.assertClosed(CloseReason.UPGRADED);
    }

    @Test
    void theFirstBytesMayComeWithTheRequestForTheTunnel() {
        TunnelFixture[] inner = new TunnelFixture[1];
        Http1Fixture outer = Http1Fixture.answering(r -> Response.tunnel(t -> inner[0].serve(t)));
        inner[0] = new TunnelFixture(outer.loop(), null, Timeouts.defaults(), r -> done(Response.text("early")));
        outer.peer().send(CONNECT + GET);
        assertTrue(outer.peer().text().endsWith("early"));
    }

    @Test
    void whatOneEventBringsLeavesTogether() {
        Carried c = new Carried(SERVER, r -> done(Response.text("x".repeat(100))));
        TlsPeer peer = c.tlsPeer("TLSv1.3").handshake();
        int before = peer.records(TlsPeer.CONTENT);
        peer.send(GET.repeat(20));
        assertEquals(20, peer.responses().size());
        assertEquals(1, peer.records(TlsPeer.CONTENT) - before);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aLargeResponseWaitsForAPeerThatDoesNotRead(boolean file, @TempDir Path folder) throws IOException {
        String content = pattern(3_000_000);
        Path path = Files.writeString(folder.resolve("f"), content);
        for (Tls tls : new Tls[] {SERVER, null}) {
            Carried c = new Carried(
                    tls,
                    r -> done(Response.ok(
                            "text/plain",
                            file ? Body.file(path) : Body.of(content.getBytes(StandardCharsets.US_ASCII)))));
            TlsPeer peer = c.tlsPeer("TLSv1.3");
            if (tls != null) {
                peer.handshake();
            }
            c.outer.transport().peerStopsReading();
            if (tls != null) {
                peer.send(GET);
            } else {
                c.outer.peer().send(GET);
            }
            long bound = Limits.defaults().outboundBuffer() + 65_536L;
            assertTrue(c.outer.transport().pending() > 0);
            assertTrue(
                    c.outer.transport().pending() <= bound,
                    "outer: " + c.outer.transport().pending());
            assertFalse(c.inner().transport().writable());
            long most = 0;
            for (int i = 0; i < 100; i++) {
                c.outer.transport().peerReads(50_001);
                c.outer.loop().runTasks();
                most = Math.max(most, c.outer.transport().pending());
            }
            assertTrue(most <= bound, "outer at most: " + most);
            c.outer.transport().peerReadsAll();
            c.outer.loop().runTasks();
            if (tls != null) {
                assertEquals(content, peer.responses().get(0).text());
                peer.send(GET);
                assertEquals(content, peer.responses().get(1).text());
            } else {
                assertTrue(c.text().endsWith(content));
            }
        }
    }

    @Test
    void aPeerThatStopsReadingIsCutOff() {
        Carried c = new Carried(SERVER, r -> done(Response.text(pattern(3_000_000))));
        TlsPeer peer = c.tlsPeer("TLSv1.3").handshake();
        c.outer.transport().peerStopsReading();
        peer.send(GET);
        c.outer.advance(Timeouts.defaults().progressWindow().plusSeconds(1));
        c.ended(CloseReason.PEER_RESET);
        c.outer.assertClosed(CloseReason.WRITE_TIMEOUT);
    }

    /** A peer that reads at little more than the least rate is served to the end, by either watch. */
    @Test
    void aPeerThatReadsSlowlyIsServed() {
        Carried c =
                new Carried(SERVER, r -> done(Response.text(pattern(300_000)).withHeader("Connection", "close")));
        TlsPeer peer = c.tlsPeer("TLSv1.3").handshake();
        c.outer.transport().peerStopsReading();
        peer.send(GET);
        for (int i = 0; i < 36; i++) {
            c.outer.advance(Duration.ofSeconds(25));
            assertFalse(c.outer.transport().closed(), "after " + i);
            c.outer.transport().peerReads(8_000);
            c.outer.loop().runTasks();
        }
        c.outer.transport().peerReadsAll();
        c.outer.loop().runTasks();
        assertEquals(pattern(300_000), peer.responses().get(0).text());
        c.outer.peer().end();
        c.ended(CloseReason.SERVER_CLOSED);
        c.outer.assertClosed(CloseReason.UPGRADED);
    }

    @Test
    void aHandlerThatDoesNotReadSlowsThePeerDown() {
        List<Body> bodies = new ArrayList<>();
        Carried c = new Carried(SERVER, r -> {
            bodies.add(r.body());
            return new CompletableFuture<>();
        });
        TlsPeer peer = c.tlsPeer("TLSv1.3").handshake();
        peer.sendRaw(peer.encrypt("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n"));
        for (int i = 0; i < 40; i++) {
            peer.sendRaw(peer.encrypt(pattern(10_000)));
        }
        assertTrue(
                c.outer.transport().onTheWire() > 100_000,
                "on the wire: " + c.outer.transport().onTheWire());
        TestSubscriber reader = TestSubscriber.eager();
        bodies.get(0).publisher().subscribe(reader);
        c.outer.loop().runTasks();
        assertEquals(400_000, reader.text().length());
        assertEquals(0, c.outer.transport().onTheWire());
    }

    @Test
    void theInnerDeadlinesAreWatched() {
        Carried handshake = new Carried(SERVER, r -> done(Response.text("x")));
        handshake.outer.advance(Timeouts.defaults().handshake().plusMillis(20));
        handshake.ended(CloseReason.HANDSHAKE_TIMEOUT);

        Carried silent = new Carried(SERVER, r -> done(Response.text("x")));
        TlsPeer peer = silent.tlsPeer("TLSv1.3").handshake();
        silent.outer.advance(Timeouts.defaults().firstByte().plusMillis(20));
        silent.ended(CloseReason.FIRST_BYTE_TIMEOUT);
        assertTrue(peer.closed());

        Carried idle = new Carried(null, r -> done(Response.text("x")));
        idle.outer.peer().send(GET);
        idle.outer.advance(Timeouts.defaults().keepAliveIdle().plusMillis(20));
        idle.ended(CloseReason.IDLE_TIMEOUT);
    }

    @Test
    void thePeerHasAMomentToEndItsSide() {
        Carried c = new Carried(SERVER, r -> done(Response.text("x")));
        c.tlsPeer("TLSv1.3").handshake();
        c.outer.advance(Timeouts.defaults().firstByte().plusMillis(20));
        c.ended(CloseReason.FIRST_BYTE_TIMEOUT);
        assertFalse(c.outer.transport().closed());
        c.outer.peer().send("what still comes is thrown away");
        c.outer.advance(Timeouts.defaults().linger().plusMillis(20));
        assertTrue(c.outer.transport().closed());
        c.outer.assertClosed(CloseReason.UPGRADED);
    }

    @Test
    void theOuterConnectionIsReset() {
        List<CompletableFuture<Void>> cancelled = new ArrayList<>();
        Carried c = new Carried(SERVER, r -> {
            cancelled.add(r.cancelled().toCompletableFuture());
            return new CompletableFuture<>();
        });
        c.tlsPeer("TLSv1.3").handshake().send(GET);
        c.outer.transport().peerResets();
        c.ended(CloseReason.PEER_RESET);
        assertTrue(cancelled.get(0).isDone());
        assertEquals(Phase.HANDLER, c.inner().ends().get(0).phase());
        c.outer.assertClosed(CloseReason.PEER_RESET);
    }

    @Test
    void thePeerEndsItsSideAndWaits() {
        CompletableFuture<Response> answer = new CompletableFuture<>();
        Carried c = new Carried(null, r -> answer);
        c.outer.peer().send(GET).end();
        assertFalse(c.outer.transport().closed());
        answer.complete(Response.text("late"));
        c.outer.loop().runTasks();
        assertTrue(c.text().endsWith("late"));
        c.ended(CloseReason.COMPLETED);
        c.outer.assertClosed(CloseReason.UPGRADED);
    }

    @Test
    void endsOfHandshakes() {
        Carried silent = new Carried(SERVER, r -> done(Response.text("x")));
        silent.outer.peer().end();
        silent.ended(CloseReason.PEER_SILENT);
        silent.outer.assertClosed(CloseReason.UPGRADED);

        Carried nothing = new Carried(SERVER, r -> done(Response.text("x")));
        TlsPeer peer = nothing.tlsPeer("TLSv1.3").handshake();
        peer.close();
        nothing.ended(CloseReason.CLIENT_SILENT);

        Carried plain = new Carried(SERVER, r -> done(Response.text("x")));
        plain.outer.peer().send(GET);
        assertTrue(plain.text().startsWith("HTTP/1.1 400 "), plain.text());
        plain.outer.peer().end();
        plain.ended(CloseReason.PLAINTEXT_ON_TLS);
    }

    @Test
    void drain() {
        CompletableFuture<Response> answer = new CompletableFuture<>();
        Carried busy = new Carried(SERVER, r -> answer);
        TlsPeer peer = busy.tlsPeer("TLSv1.3").handshake().send(GET);
        busy.inner().transport().drain();
        assertEquals(1, busy.inner().open());
        answer.complete(Response.text("last"));
        busy.outer.loop().runTasks();
        assertEquals("last", peer.responses().get(0).text());
        busy.outer.peer().end();
        busy.ended(CloseReason.SERVER_CLOSED);
        busy.outer.assertClosed(CloseReason.UPGRADED);

        Carried idle = new Carried(SERVER, r -> answer);
        idle.tlsPeer("TLSv1.3").handshake();
        idle.inner().transport().drain();
        idle.ended(CloseReason.DRAINED);
    }

    @Test
    void anAbortResetsTheOuterConnection() {
        Carried c = new Carried(
                null,
                r -> done(Response.ok("text/plain", Body.writer(out -> {
                    out.write(new byte[10]);
                    out.flush();
                    throw new IOException("broken");
                }))));
        c.outer.peer().send("GET / HTTP/1.0\r\n\r\n");
        c.outer.loop().runTasks();
        assertEquals(CloseReason.HANDLER_ERROR, c.inner().ends().get(0).reason());
        assertTrue(c.outer.transport().wasReset(), "else it would look like the whole");
        c.outer.assertClosed(CloseReason.HANDLER_ERROR);
    }

    @Test
    void aTunnelInATunnelInATunnel() {
        TunnelFixture[] inner = new TunnelFixture[1];
        Http1Fixture outer = Http1Fixture.answering(r -> Response.tunnel(t -> inner[0].serve(t)));
        inner[0] = new TunnelFixture(
                outer.loop(),
                null,
                Timeouts.defaults(),
                r -> done(r.path().equals("/") ? Response.text("deep") : Response.tunnel(t -> inner[0].serve(t))));
        outer.peer().send(CONNECT).send(CONNECT).send(CONNECT).send(GET);
        assertTrue(outer.peer().text().endsWith("deep"), outer.peer().text());
        assertEquals(3, inner[0].open());
        outer.peer().end();
        outer.loop().runTasks();
        assertEquals(
                List.of(CloseReason.COMPLETED, CloseReason.UPGRADED, CloseReason.UPGRADED),
                inner[0].ends().stream().map(end -> end.reason()).toList());
        outer.assertClosed(CloseReason.UPGRADED);
    }

    /** TLS within TLS on one loop: the two share the buffers, and neither may write over the other's. */
    @Test
    void tlsInTlsInTls() {
        TunnelFixture[] inner = new TunnelFixture[1];
        Http1Fixture outer = Http1Fixture.answering(r -> Response.tunnel(t -> inner[0].serve(t)));
        String content = pattern(500_000);
        inner[0] = new TunnelFixture(
                outer.loop(),
                SERVER,
                Timeouts.defaults(),
                r -> done(r.path().equals("/") ? Response.text(content) : Response.tunnel(t -> inner[0].serve(t))));
        outer.peer().send(CONNECT);
        Tls client = TlsFixture.build(TlsFixture.client());
        TlsPeer first = new TlsPeer(
                        outer.transport(),
                        outer.loop(),
                        TlsAccess.settings(client).newClientEngine("localhost", 1, null))
                .skip(outer.transport().received().length)
                .handshake();
        first.send(CONNECT);
        TlsPeer second = first.within(TlsAccess.settings(client).newClientEngine("localhost", 2, null));
        second.handshake();
        assertTrue(second.open());
        second.send(GET + GET);
        assertEquals(2, second.responses().size());
        assertEquals(content, second.responses().get(1).text());
        second.close();
        outer.loop().runTasks();
        assertEquals(CloseReason.COMPLETED, inner[0].ends().get(0).reason());
    }

    // ---- through HTTP/2

    @Test
    void throughAStreamOfHttp2() {
        TunnelFixture[] inner = new TunnelFixture[1];
        Http1Fixture outer = Http1Fixture.answering(r -> Response.tunnel(t -> inner[0].serve(t)));
        String content = pattern(100_000);
        inner[0] = new TunnelFixture(outer.loop(), null, Timeouts.defaults(), r -> done(Response.text(content)));
        Http2Peer peer = outer.http2();
        peer.open();
        peer.send(Http2Peer.headers(1, false, ":method", "CONNECT", ":authority", "a:1"));
        assertEquals("200", peer.status(1));
        peer.send(Http2Peer.data(1, false, GET));
        assertEquals(65_535, peer.content(1).length, "as much as the window lets through");
        assertTrue(inner[0].transport().pending() > 30_000, "the rest waits");
        peer.send(Http2Peer.windowUpdate(1, 1 << 20), Http2Peer.windowUpdate(0, 1 << 20));
        assertTrue(peer.text(1).endsWith(content));
        peer.send(Http2Peer.data(1, true, ""));
        outer.loop().runTasks();
        assertEquals(CloseReason.COMPLETED, inner[0].ends().get(0).reason());
        assertTrue(peer.ended(1));
        assertEquals(-1, peer.resetCode(1));

        peer.send(Http2Peer.headers(3, false, ":method", "CONNECT", ":authority", "a:1"));
        peer.send(Http2Peer.reset(3, 8));
        outer.loop().runTasks();
        assertEquals(CloseReason.PEER_RESET, inner[0].ends().get(1).reason());
        assertEquals(0, peer.frames(Http2Frame.GOAWAY).size());
    }

    // ---- through what users make

    private static final class Foreign {
        final TestLoop loop = new TestLoop(new ManualClock());
        final HeldTunnel tunnel = new HeldTunnel();
        final TunnelFixture inner;

        Foreign(AsyncHandler handler) {
            inner = new TunnelFixture(loop, null, Timeouts.defaults(), handler);
            inner.serve(tunnel);
        }

        void ended(CloseReason reason) {
            loop.runTasks();
            assertEquals(1, inner.ends().size(), "one end");
            assertEquals(reason, inner.ends().get(0).reason());
            assertEquals(0, inner.open());
            assertEquals(List.of(), loop.reports());
        }
    }

    @Test
    void aUsersTunnelThatCallsFromElsewhere() {
        Foreign f = new Foreign(r -> done(Response.text("hello")));
        f.loop.outside(() -> f.tunnel.send(GET));
        assertEquals("", f.tunnel.text(), "only the loop goes on with it");
        f.loop.runTasks();
        assertTrue(f.tunnel.text().endsWith("hello"));
        assertTrue(f.tunnel.wanted());
        f.loop.outside(f.tunnel::end);
        f.loop.runTasks();
        assertEquals(1, f.tunnel.outputEnds());
        f.ended(CloseReason.COMPLETED);
        assertEquals(0, f.loop.armed());
    }

    @Test
    void nothingIsWrittenBeforeTheLastWasTaken() {
        String content = pattern(500_000);
        Foreign f = new Foreign(r -> done(Response.text(content)));
        f.tunnel.hold();
        f.tunnel.send(GET);
        f.loop.runTasks();
        assertEquals(1, f.tunnel.waiting());
        int pieces = 0;
        while (f.tunnel.waiting() > 0) {
            assertEquals(1, f.tunnel.waiting());
            f.loop.outside(f.tunnel::take);
            f.loop.runTasks();
            pieces++;
        }
        assertTrue(f.tunnel.text().endsWith(content));
        assertEquals(8, pieces, "of 64 KiB");
    }

    @Test
    void aTunnelThatTakesNothingIsGivenUp() {
        Foreign f = new Foreign(r -> done(Response.text("x")));
        f.tunnel.hold();
        f.tunnel.send(GET);
        f.loop.runTasks();
        f.loop.advance(Timeouts.defaults().progressWindow().minusSeconds(1));
        assertEquals(1, f.inner.open());
        f.loop.advance(Timeouts.defaults().progressWindow());
        f.ended(CloseReason.WRITE_TIMEOUT);
        assertTrue(f.tunnel.closed().toCompletableFuture().isDone());
        assertEquals(0, f.loop.armed());
    }

    @Test
    void aTunnelThatFails() {
        Foreign write = new Foreign(r -> done(Response.text("x")));
        write.tunnel.hold();
        write.tunnel.send(GET);
        write.loop.runTasks();
        write.tunnel.refuse(new IOException("gone"));
        write.ended(CloseReason.PEER_CLOSED_EARLY);

        Foreign read = new Foreign(r -> done(Response.text("x")));
        IOException cause = new IOException("broken");
        read.tunnel.fail(cause);
        read.ended(CloseReason.IO_ERROR);
        assertSame(cause, read.inner.ends().get(0).cause());

        Foreign peer = new Foreign(r -> done(Response.text("x")));
        peer.tunnel.fail(new PeerClosedException("gone", Phase.TUNNEL, null));
        peer.ended(CloseReason.PEER_RESET);

        Foreign local = new Foreign(r -> done(Response.text("x")));
        local.tunnel.fail(new HttpException("stopped", Initiator.LOCAL, Phase.TUNNEL, false, null));
        local.ended(CloseReason.SERVER_CLOSED);

        Foreign closed = new Foreign(r -> done(Response.text("x")));
        closed.tunnel.close();
        closed.ended(CloseReason.SERVER_CLOSED);
    }

    @Test
    void aProtocolThatFailsHarmsNobodyElse() {
        TestLoop loop = new TestLoop(new ManualClock());
        HeldTunnel tunnel = new HeldTunnel();
        TunnelFixture inner = new TunnelFixture(loop, null, Timeouts.defaults(), r -> done(Response.text("x")));
        IllegalStateException error = new IllegalStateException("on purpose");
        inner.serve(tunnel, transport -> new Broken(error));
        tunnel.send(GET);
        loop.runTasks();
        assertEquals(CloseReason.INTERNAL_ERROR, inner.ends().get(0).reason());
        assertSame(error, inner.ends().get(0).cause());
        assertEquals(1, loop.reports().size());
        assertTrue(tunnel.closed().toCompletableFuture().isDone());
    }

    @Test
    void aProtocolThatCannotBeMadeLeavesNothing() {
        TestLoop loop = new TestLoop(new ManualClock());
        TunnelFixture inner = new TunnelFixture(loop, null, Timeouts.defaults(), r -> done(Response.text("x")));
        OutOfMemoryError error = new OutOfMemoryError("a test's");
        assertSame(
                error,
                assertThrows(
                        OutOfMemoryError.class,
                        () -> inner.serve(new HeldTunnel(), transport -> {
                            throw error;
                        })));
        assertEquals(0, inner.open());
        assertEquals(0, loop.armed());
    }

    @Test
    void aTunnelThatCannotBeReadIsGivenUpAtOnce() {
        TestLoop loop = new TestLoop(new ManualClock());
        TunnelFixture inner = new TunnelFixture(loop, null, Timeouts.defaults(), r -> done(Response.text("x")));
        IllegalStateException error = new IllegalStateException("on purpose");
        Unreadable tunnel = new Unreadable(error, new CompletableFuture<>());
        inner.serve(tunnel);
        loop.runTasks();
        assertEquals(CloseReason.INTERNAL_ERROR, inner.ends().get(0).reason());
        assertSame(error, inner.ends().get(0).cause());
        assertEquals(0, inner.open());
        assertEquals(0, loop.armed());
        assertEquals(1, loop.reports().size());
        assertTrue(tunnel.closed.isDone());
    }

    private record Unreadable(RuntimeException error, CompletableFuture<Void> closed) implements Tunnel {
        @Override
        public Body input() {
            throw error;
        }

        @Override
        public CompletionStage<Void> write(ByteBuffer bytes) {
            throw error;
        }

        @Override
        public OutputStream outputStream() {
            throw error;
        }

        @Override
        public void closeOutput() {}

        @Override
        public void close() {
            closed.complete(null);
        }
    }

    private record Broken(RuntimeException error) implements Protocol {
        @Override
        public int onBytes(byte[] bytes, int offset, int end) {
            throw error;
        }

        @Override
        public void onEnd() {}

        @Override
        public void onWritable() {}

        @Override
        public void onDeadline(long now) {}

        @Override
        public void onDrain() {}

        @Override
        public Phase phase() {
            return Phase.OPENED;
        }

        @Override
        public void onClosed(CloseReason reason, @Nullable Throwable cause) {
            assertNotNull(cause);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = CloseReason.class,
            names = {"SERVER_CLOSED", "IDLE_TIMEOUT"})
    void anIdleConnectionHoldsNothing(CloseReason how) {
        Foreign f = new Foreign(r -> done(
                how == CloseReason.SERVER_CLOSED
                        ? Response.text("x").withHeader("Connection", "close")
                        : Response.text("x")));
        f.tunnel.send(GET);
        f.loop.runTasks();
        assertEquals(0, f.inner.transport().pending());
        assertEquals(1, f.loop.armed());
        f.loop.advance(Duration.ofSeconds(70));
        f.ended(how);
        assertEquals(0, f.loop.armed());
        assertTrue(f.tunnel.closed().toCompletableFuture().isDone());
    }
}
