package dev.millrace.internal.loop;

import dev.millrace.http.Phase;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.observer.Observer;
import dev.millrace.internal.transport.Endpoint;
import dev.millrace.internal.transport.Protocol;
import dev.millrace.internal.transport.Transport;
import dev.millrace.internal.transport.TransportSettings;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.ConnectionEnd;
import dev.millrace.observe.ConnectionInfo;
import dev.millrace.observe.ConnectionListener;
import dev.millrace.observe.ConnectionStats;
import dev.millrace.observe.HandshakeInfo;
import dev.millrace.observe.Metrics;
import dev.millrace.testkit.ManualClock;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** A client's connections on real sockets and a clock that is moved by hand, and what was told of them. */
final class Connects implements AutoCloseable {
    static final long TIMEOUT_NANOS = 10_000_000_000L;

    final ManualClock clock = new ManualClock(1);
    final RecordingWatcher watcher = new RecordingWatcher();
    final LoopGroup group;
    final EventLoop loop;
    final Connector connector;
    final List<SocketChannel> opened = new CopyOnWriteArrayList<>();
    final List<SocketAddress> asked = new CopyOnWriteArrayList<>();
    final List<String> events = new CopyOnWriteArrayList<>();
    final List<Speaking> protocols = new CopyOnWriteArrayList<>();
    final Endpoint endpoint;
    private final List<Closeable> closing = new ArrayList<>();

    Connects() throws IOException {
        this(ConnectSettings.DEFAULTS);
    }

    Connects(ConnectSettings settings) throws IOException {
        group = new LoopGroup(1, clock, watcher, 1L << 40);
        loop = group.first();
        connector = new Connector(group, new TransportSettings(1 << 16, 1 << 16, 1_000_000_000L, 1), settings);
        connector.source(to -> {
            asked.add(to);
            SocketChannel socket = to instanceof InetSocketAddress
                    ? SocketChannel.open()
                    : SocketChannel.open(StandardProtocolFamily.UNIX);
            opened.add(socket);
            return socket;
        });
        Observer observer = new Observer(
                new Metrics().recorder("client"), List.of(new Listening(events)), () -> true, loop::report);
        endpoint = new Endpoint(
                transport -> {
                    Speaking made = new Speaking(transport);
                    protocols.add(made);
                    return made;
                },
                observer);
    }

    /** Notes what observers hear. */
    private record Listening(List<String> events) implements ConnectionListener {
        @Override
        public void opened(ConnectionInfo connection) {
            events.add("opened");
        }

        @Override
        public void closed(
                ConnectionInfo connection,
                ConnectionEnd end,
                @Nullable HandshakeInfo handshake,
                ConnectionStats stats) {
            events.add("closed " + end.reason() + " in " + end.phase());
        }
    }

    /** Keeps what it is told. */
    static final class Speaking implements Protocol {
        final Transport transport;
        final ByteArrayOutputStream received = new ByteArrayOutputStream();
        final CompletableFuture<String> ended = new CompletableFuture<>();
        final CompletableFuture<CloseReason> closed = new CompletableFuture<>();

        Speaking(Transport transport) {
            this.transport = transport;
        }

        @Override
        public int onBytes(byte[] bytes, int offset, int end) {
            received.write(bytes, offset, end - offset);
            return end;
        }

        @Override
        public void onEnd() {
            ended.complete(received.toString(StandardCharsets.ISO_8859_1));
            transport.close(CloseReason.COMPLETED);
        }

        @Override
        public void onWritable() {}

        @Override
        public void onDeadline(long now) {}

        @Override
        public void onDrain() {
            transport.close(CloseReason.DRAINED);
        }

        @Override
        public Phase phase() {
            return Phase.OPENED;
        }

        @Override
        public void onClosed(CloseReason reason, @Nullable Throwable cause) {
            closed.complete(reason);
        }
    }

    /** What came of a connection: exactly one thing. */
    static final class Told implements Connecting.Outcome {
        final CompletableFuture<SocketTransport> connected = new CompletableFuture<>();
        final CompletableFuture<IOException> failed = new CompletableFuture<>();
        private final List<String> all = new CopyOnWriteArrayList<>();
        volatile CloseReason reason = CloseReason.INTERNAL_ERROR;

        @Override
        public void connected(SocketTransport transport) {
            all.add("connected");
            connected.complete(transport);
        }

        @Override
        public void failed(CloseReason why, IOException cause) {
            all.add("failed");
            reason = why;
            failed.complete(cause);
        }

        int times() {
            return all.size();
        }

        SocketTransport transport() throws Exception {
            return connected.get(30, TimeUnit.SECONDS);
        }

        IOException failure() throws Exception {
            return failed.get(30, TimeUnit.SECONDS);
        }
    }

    /** Does something on the loop. */
    <T> T onLoop(Callable<T> task) throws Exception {
        CompletableFuture<T> done = new CompletableFuture<>();
        loop.execute(() -> {
            try {
                done.complete(task.call());
            } catch (Throwable e) { // told to the test
                done.completeExceptionally(e);
            }
        });
        return done.get(30, TimeUnit.SECONDS);
    }

    Told connect(SocketAddress to) throws Exception {
        Told told = new Told();
        onLoop(() -> connector.connect(loop, to, endpoint, TIMEOUT_NANOS, told));
        return told;
    }

    /** Lets the loop do what it has to. */
    void settle() throws Exception {
        for (int i = 0; i < 3; i++) {
            onLoop(() -> true);
        }
    }

    void advance(Duration span) throws Exception {
        clock.advance(span);
        settle();
    }

    /** {@return a listening socket} */
    ServerSocketChannel listen() throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open();
        closing.add(server);
        return server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    /** {@return an address that nobody listens on} */
    InetSocketAddress refusing() throws IOException {
        try (ServerSocketChannel server = ServerSocketChannel.open()) {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            return (InetSocketAddress) server.getLocalAddress();
        }
    }

    /** {@return an address that does not answer: the queue of who listens there is full, so the kernel drops each SYN} */
    InetSocketAddress silent() throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open();
        closing.add(server);
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1);
        InetSocketAddress address = (InetSocketAddress) server.getLocalAddress();
        for (int i = 0; i < 4; i++) {
            SocketChannel filler = SocketChannel.open();
            closing.add(filler);
            filler.configureBlocking(false);
            filler.connect(address);
        }
        return address;
    }

    /** Nothing is left: no socket, no deadline, no count. */
    void assertNothingLeft() throws Exception {
        settle();
        for (SocketChannel each : opened) {
            if (each.isOpen()) {
                throw new AssertionError("open: " + each);
            }
        }
        int armed = onLoop(() -> loop.wheel().size());
        if (armed != 0 || connector.openConnections() != 0 || loop.connections().get() != 0) {
            throw new AssertionError(armed + " deadlines, " + connector.openConnections() + " open, "
                    + loop.connections().get() + " on the loop");
        }
        if (!watcher.errors.isEmpty()) {
            throw new AssertionError("reported: " + watcher.errors, watcher.errors.get(0));
        }
    }

    @Override
    public void close() throws IOException {
        try {
            group.stop();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        for (Closeable each : closing) {
            each.close();
        }
    }
}
