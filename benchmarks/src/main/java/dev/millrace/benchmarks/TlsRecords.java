package dev.millrace.benchmarks;

import dev.millrace.http.Phase;
import dev.millrace.internal.observer.Observer;
import dev.millrace.internal.tls.TlsAccess;
import dev.millrace.internal.tls.TlsBuffers;
import dev.millrace.internal.tls.TlsContext;
import dev.millrace.internal.tls.TlsSettings;
import dev.millrace.internal.tls.TlsTransport;
import dev.millrace.internal.transport.Protocol;
import dev.millrace.internal.transport.Transport;
import dev.millrace.net.SelfSigned;
import dev.millrace.net.Tls;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.Metrics;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A request of 100 bytes in, an answer out, over TLS 1.3 in memory: what the way through the library's records costs beside
 * the bare engine with buffers that are used again. The client's engine, which encrypts the request and decrypts the answer,
 * is part of all three: look at the differences, not at the ratios. Netty's {@code SslHandler} runs in an {@code EmbeddedChannel}, which costs
 * something itself.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class TlsRecords {
    private static final int REQUEST = 100;
    private static final int WIRE = 256 << 10;

    /** Bytes of an answer: a small response, a full record, several. */
    @Param({"150", "16000", "131072"})
    public int answer;

    private Conversation bare;
    private Conversation library;
    private Conversation netty;

    /** A server's connection: takes records, gives those that answer. */
    private interface Server {
        int arrive(byte[] bytes, byte[] out) throws SSLException;
    }

    /** Makes the connections, and sees that they answer. */
    @Setup
    public void prepare() throws IOException {
        TlsSettings settings = TlsAccess.settings(
                SelfSigned.localhost().server().protocols("TLSv1.3").build());
        SSLEngine engine = settings.newServerEngine();
        bare = new Conversation(new Bare(engine, new byte[answer]));
        library = new Conversation(new Library(settings, new byte[answer]));
        netty = new Conversation(new Netty(settings.newServerEngine(), new byte[answer]));
    }

    @Benchmark
    public int engine() throws SSLException {
        return bare.once();
    }

    @Benchmark
    public int millrace() throws SSLException {
        return library.once();
    }

    @Benchmark
    public int netty() throws SSLException {
        return netty.once();
    }

    /** A client's engine and its server. */
    private final class Conversation {
        private final SSLEngine client = client();
        private final Server server;
        private final ByteBuffer request = ByteBuffer.allocate(REQUEST);
        private final ByteBuffer wire = ByteBuffer.allocate(WIRE);
        private final ByteBuffer clear = ByteBuffer.allocate(WIRE);
        private final byte[] out = new byte[WIRE];

        Conversation(Server server) throws SSLException {
            this.server = server;
            client.beginHandshake();
            int arrived = 0;
            int at = 0;
            for (int i = 0; i < 100 && client.getHandshakeStatus() != HandshakeStatus.NOT_HANDSHAKING; i++) {
                switch (client.getHandshakeStatus()) {
                    case NEED_TASK -> client.getDelegatedTask().run();
                    case NEED_WRAP -> {
                        client.wrap(ByteBuffer.allocate(0), wire.clear());
                        byte[] flight = new byte[wire.flip().remaining()];
                        wire.get(flight);
                        byte[] more = new byte[WIRE];
                        int n = server.arrive(flight, more);
                        System.arraycopy(more, 0, out, arrived, n);
                        arrived += n;
                    }
                    default -> {
                        ByteBuffer in = ByteBuffer.wrap(out, at, arrived - at);
                        client.unwrap(in, clear.clear());
                        at = in.position();
                    }
                }
            }
            ByteBuffer tickets = ByteBuffer.wrap(out, at, arrived - at);
            while (tickets.hasRemaining()) {
                client.unwrap(tickets, clear.clear());
            }
            for (int i = 0; i < 3; i++) {
                if (once() != answer) {
                    throw new IllegalStateException("no answer of " + answer + " bytes");
                }
            }
        }

        private static SSLEngine client() {
            try {
                return TlsAccess.settings(Tls.client()
                                .insecureTrustAll()
                                .insecureAnyHostname()
                                .build())
                        .newClientEngine("localhost", 443, null);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }

        int once() throws SSLException {
            client.wrap(request.clear(), wire.clear());
            byte[] records = new byte[wire.flip().remaining()];
            wire.get(records);
            int n = server.arrive(records, out);
            ByteBuffer in = ByteBuffer.wrap(out, 0, n);
            clear.clear();
            while (in.hasRemaining()) {
                client.unwrap(in, clear);
            }
            return clear.position();
        }
    }

    /** The floor: an engine, and heap buffers that are used again. */
    private static final class Bare implements Server {
        private final SSLEngine engine;
        private final byte[] answer;
        private final ByteBuffer clear = ByteBuffer.allocate(32 << 10);

        Bare(SSLEngine engine, byte[] answer) {
            this.engine = engine;
            this.answer = answer;
        }

        @Override
        public int arrive(byte[] bytes, byte[] out) throws SSLException {
            ByteBuffer in = ByteBuffer.wrap(bytes);
            ByteBuffer records = ByteBuffer.wrap(out);
            clear.clear();
            while (in.hasRemaining()) {
                SSLEngineResult result = engine.unwrap(in, clear);
                HandshakeStatus status = result.getHandshakeStatus();
                while (status == HandshakeStatus.NEED_TASK || status == HandshakeStatus.NEED_WRAP) {
                    if (status == HandshakeStatus.NEED_TASK) {
                        engine.getDelegatedTask().run();
                        status = engine.getHandshakeStatus();
                    } else {
                        status = engine.wrap(ByteBuffer.allocate(0), records).getHandshakeStatus();
                    }
                }
            }
            if (clear.position() > 0) {
                ByteBuffer source = ByteBuffer.wrap(answer);
                while (source.hasRemaining()) {
                    engine.wrap(source, records);
                }
            }
            return records.position();
        }
    }

    /** The library: its transport for TLS between one in memory and a protocol that answers. */
    private static final class Library implements Server {
        private final MemoryTransport transport;

        Library(TlsSettings settings, byte[] answer) {
            TlsContext context = new TlsContext(
                    settings,
                    new TlsBuffers(),
                    TimeUnit.HOURS.toNanos(1),
                    TimeUnit.SECONDS.toNanos(1),
                    null,
                    new Observer(new Metrics().recorder("benchmark"), List.of(), () -> false, (what, error) -> {}));
            transport = new MemoryTransport(
                    down -> TlsTransport.server(down, context, (upper, alpn) -> new Answering(upper, answer)));
        }

        @Override
        public int arrive(byte[] bytes, byte[] out) {
            int n = transport.arrive(bytes);
            System.arraycopy(transport.output(), 0, out, 0, n);
            return n;
        }
    }

    /** Answers each arrival. */
    private record Answering(Transport transport, byte[] answer) implements Protocol {
        @Override
        public int onBytes(byte[] bytes, int offset, int end) {
            transport.writeStable(answer, 0, answer.length);
            return end;
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
            return Phase.IDLE;
        }

        @Override
        public void onClosed(CloseReason reason, Throwable cause) {
            throw new IllegalStateException("closed: " + reason, cause);
        }
    }

    /** Netty's handler over the same engine, with pooled direct buffers. */
    private static final class Netty implements Server {
        private final EmbeddedChannel channel;

        Netty(SSLEngine engine, byte[] answer) {
            ByteBuf content = Unpooled.unreleasableBuffer(
                    Unpooled.directBuffer(answer.length).writeBytes(answer));
            channel = new EmbeddedChannel(new SslHandler(engine), new ChannelInboundHandlerAdapter() {
                @Override
                public void channelRead(ChannelHandlerContext context, Object message) {
                    ReferenceCountUtil.release(message);
                    context.write(content.duplicate(), context.voidPromise());
                }

                @Override
                public void channelReadComplete(ChannelHandlerContext context) {
                    context.flush();
                }
            });
        }

        @Override
        public int arrive(byte[] bytes, byte[] out) {
            channel.writeInbound(
                    PooledByteBufAllocator.DEFAULT.directBuffer(bytes.length).writeBytes(bytes));
            channel.runPendingTasks();
            int sent = 0;
            for (ByteBuf part; (part = channel.readOutbound()) != null; ) {
                int n = part.readableBytes();
                part.readBytes(out, sent, n);
                part.release();
                sent += n;
            }
            return sent;
        }
    }
}
