package dev.millrace.internal.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.internal.transport.Endpoint;
import dev.millrace.observe.CloseReason;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How a client's connection comes to be, or does not, and that its outcome is told once and nothing is left. */
@Timeout(60)
@SuppressWarnings("try") // connections that only wait
class ConnectorTest {
    private static void write(SocketChannel socket, String text) throws IOException {
        socket.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1)));
    }

    private static String read(SocketChannel socket, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        while (buffer.hasRemaining() && socket.read(buffer) >= 0) {}
        return new String(buffer.array(), 0, buffer.position(), StandardCharsets.ISO_8859_1);
    }

    @Test
    void connects() throws Exception {
        try (Connects c = new Connects();
                ServerSocketChannel server = c.listen()) {
            Connects.Told told = c.connect(server.getLocalAddress());
            SocketTransport transport = told.transport();
            try (SocketChannel accepted = server.accept()) {
                assertEquals(server.getLocalAddress(), transport.remoteAddress());
                assertEquals(accepted.getRemoteAddress(), transport.localAddress());
                assertTrue(c.opened.get(0).getOption(StandardSocketOptions.TCP_NODELAY));
                assertEquals(1, c.connector.openConnections());
                assertEquals(1, c.onLoop(() -> c.connector.snapshots(c.loop)).size());
                write(accepted, "hello");
                c.onLoop(() -> {
                    transport.write(new byte[] {'h', 'i'}, 0, 2);
                    return true;
                });
                assertEquals("hi", read(accepted, 2));
            }
            assertEquals("hello", c.protocols.get(0).ended.get(30, TimeUnit.SECONDS));
            assertEquals(CloseReason.COMPLETED, c.protocols.get(0).closed.get(30, TimeUnit.SECONDS));
            assertEquals(1, told.times());
            c.assertNothingLeft();
            assertEquals(List.of("opened", "closed COMPLETED in OPENED"), c.events);
        }
    }

    @Test
    void theOutcomeIsNeverToldWithinTheCall(@TempDir Path folder) throws Exception {
        UnixDomainSocketAddress path = UnixDomainSocketAddress.of(folder.resolve("s"));
        try (Connects c = new Connects();
                ServerSocketChannel server = c.listen();
                ServerSocketChannel unix = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            unix.bind(path);
            for (SocketAddress to : List.of(server.getLocalAddress(), path, c.refusing())) {
                Connects.Told told = new Connects.Told();
                int times = c.onLoop(() -> {
                    c.connector.connect(c.loop, to, c.endpoint, Connects.TIMEOUT_NANOS, told);
                    return told.times();
                });
                assertEquals(0, times, to.toString());
                CompletableFuture.anyOf(told.connected, told.failed).get(30, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void refused() throws Exception {
        try (Connects c = new Connects()) {
            InetSocketAddress to = c.refusing();
            Connects.Told told = c.connect(to);
            IOException failure = told.failure();
            assertInstanceOf(ConnectException.class, failure);
            assertTrue(failure.getMessage().contains("" + to.getPort()), failure.getMessage());
            assertEquals(CloseReason.CONNECT_FAILED, told.reason);
            c.assertNothingLeft();
            assertEquals(1, told.times());
            assertEquals(List.of("opened", "closed CONNECT_FAILED in CONNECT"), c.events);
        }
    }

    @Test
    void timedOut() throws Exception {
        try (Connects c = new Connects()) {
            Connects.Told told = c.connect(c.silent());
            c.advance(Duration.ofMillis(9_990));
            assertEquals(0, told.times());
            c.advance(Duration.ofMillis(100));
            assertInstanceOf(SocketTimeoutException.class, told.failure());
            assertEquals(CloseReason.CONNECT_TIMEOUT, told.reason);
            c.assertNothingLeft();
            assertEquals(1, told.times());
            assertEquals(List.of("opened", "closed CONNECT_TIMEOUT in CONNECT"), c.events);
        }
    }

    @Test
    void noAddressThatWeCouldHave() throws Exception {
        InetSocketAddress notOurs = new InetSocketAddress(InetAddress.getByName("192.0.2.1"), 0); // RFC 5737
        try (Connects c = new Connects(new ConnectSettings(notOurs, null))) {
            Connects.Told told = c.connect(c.refusing());
            assertInstanceOf(BindException.class, told.failure());
            assertEquals(CloseReason.CONNECT_FAILED, told.reason);
            c.assertNothingLeft();
        }
    }

    @Test
    void theLocalAddressIsTheOneAskedFor() throws Exception {
        InetSocketAddress local = new InetSocketAddress(InetAddress.getByName("127.0.0.2"), 0);
        try (Connects c = new Connects(new ConnectSettings(local, null));
                ServerSocketChannel server = c.listen()) {
            SocketTransport transport = c.connect(server.getLocalAddress()).transport();
            assertEquals(local.getAddress(), transport.localAddress().getAddress());
        }
    }

    @Test
    void aNameThatIsNotResolvedIsAFailure() throws Exception {
        try (Connects c = new Connects()) {
            Connects.Told told = c.connect(InetSocketAddress.createUnresolved("a.test", 1));
            assertTrue(told.failure().getMessage().contains("a.test"));
            c.assertNothingLeft();
        }
    }

    @Test
    void noDescriptorLeft() throws Exception {
        try (Connects c = new Connects()) {
            c.connector.source(to -> {
                throw new IOException("Too many open files");
            });
            Connects.Told told = c.connect(c.refusing());
            assertTrue(told.failure().getMessage().contains("Too many open files"));
            assertEquals(CloseReason.CONNECT_FAILED, told.reason);
            c.assertNothingLeft();
            assertEquals(1, told.times());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"runtime", "memory"})
    void aProtocolThatCannotBeMade(String kind) throws Exception {
        try (Connects c = new Connects();
                ServerSocketChannel server = c.listen()) {
            Connects.Told told = new Connects.Told();
            Endpoint failing = new Endpoint(
                    transport -> {
                        if (kind.equals("memory")) {
                            throw new OutOfMemoryError("a test's");
                        }
                        throw new IllegalStateException("a test's");
                    },
                    c.endpoint.observer());
            SocketAddress to = server.getLocalAddress();
            c.onLoop(() -> c.connector.connect(c.loop, to, failing, Connects.TIMEOUT_NANOS, told));
            assertTrue(told.failure().getMessage().contains("a test's"));
            assertEquals(CloseReason.INTERNAL_ERROR, told.reason);
            assertEquals(1, c.watcher.errors.size());
            c.watcher.errors.clear();
            c.assertNothingLeft();
        }
    }

    @Test
    void whoIsToldMayThrow() throws Exception {
        try (Connects c = new Connects();
                ServerSocketChannel server = c.listen()) {
            IllegalStateException thrown = new IllegalStateException("a test's");
            SocketAddress to = server.getLocalAddress();
            c.onLoop(() ->
                    c.connector.connect(c.loop, to, c.endpoint, Connects.TIMEOUT_NANOS, new Connecting.Outcome() {
                        @Override
                        public void connected(SocketTransport transport) {
                            throw thrown;
                        }

                        @Override
                        public void failed(CloseReason reason, IOException cause) {
                            throw new AssertionError("failed", cause);
                        }
                    }));
            server.accept().close();
            c.settle();
            assertEquals(CloseReason.INTERNAL_ERROR, c.protocols.get(0).closed.get(30, TimeUnit.SECONDS));
            assertSame(thrown, c.watcher.errors.get(0));
            c.watcher.errors.clear();
            c.assertNothingLeft();
        }
    }

    @Test
    void cancelled() throws Exception {
        try (Connects c = new Connects();
                ServerSocketChannel server = c.listen()) {
            for (SocketAddress to : List.of(c.silent(), server.getLocalAddress(), c.refusing())) {
                Connects.Told told = new Connects.Told();
                Connecting begun = c.onLoop(() -> {
                    Connecting connecting = c.connector.connect(c.loop, to, c.endpoint, Connects.TIMEOUT_NANOS, told);
                    connecting.cancel();
                    connecting.cancel();
                    return connecting;
                });
                c.advance(Duration.ofSeconds(11));
                assertEquals(0, told.times());
                c.onLoop(() -> {
                    begun.cancel();
                    return true;
                });
                c.assertNothingLeft();
            }
            assertEquals(List.of(), c.events);
        }
    }

    @Test
    void theUnixDomain(@TempDir Path folder) throws Exception {
        UnixDomainSocketAddress path = UnixDomainSocketAddress.of(folder.resolve("s"));
        byte[] content = new byte[3_000_000];
        for (int i = 0; i < content.length; i++) {
            content[i] = (byte) (i * 31 >> 3);
        }
        Path file = Files.write(folder.resolve("f"), content);
        try (Connects c = new Connects(new ConnectSettings(
                        new InetSocketAddress(InetAddress.getByName("192.0.2.1"), 0),
                        new ConnectSettings.KeepAlive(10, 10, 3)));
                ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(path);
            SocketTransport transport = c.connect(path).transport();
            assertNull(transport.remoteAddress());
            assertNull(transport.localAddress());
            try (SocketChannel accepted = server.accept()) {
                write(accepted, "hello");
                c.onLoop(() -> {
                    transport.write(new byte[] {'h', 'i'}, 0, 2);
                    transport.writeFile(FileChannel.open(file, StandardOpenOption.READ), 0, content.length);
                    return true;
                });
                assertEquals(
                        "hi" + new String(content, StandardCharsets.ISO_8859_1), read(accepted, 2 + content.length));
                c.onLoop(() -> {
                    transport.abort(CloseReason.EXCHANGE_CANCELLED, null);
                    return true;
                });
                assertEquals(
                        CloseReason.EXCHANGE_CANCELLED,
                        c.protocols.get(0).closed.get(30, TimeUnit.SECONDS));
                c.assertNothingLeft();
            }
            Connects.Told missing = c.connect(UnixDomainSocketAddress.of(folder.resolve("none")));
            assertTrue(missing.failure().getMessage().contains("none"));
            c.assertNothingLeft();
        }
    }

    @Test
    void keepAlive() throws Exception {
        try (Connects c = new Connects(new ConnectSettings(null, new ConnectSettings.KeepAlive(77, 7, 5)));
                ServerSocketChannel server = c.listen()) {
            c.connect(server.getLocalAddress()).transport();
            SocketChannel socket = c.opened.get(0);
            assertTrue(socket.getOption(StandardSocketOptions.SO_KEEPALIVE));
            Map<String, Object> found = new TreeMap<>();
            for (SocketOption<?> option : socket.supportedOptions()) {
                if (option.name().startsWith("TCP_KEEP")) {
                    found.put(option.name(), socket.getOption(option));
                }
            }
            assertEquals(Map.of("TCP_KEEPIDLE", 77, "TCP_KEEPINTERVAL", 7, "TCP_KEEPCOUNT", 5), found);
        }
    }

    @Test
    void withoutKeepAlive() throws Exception {
        try (Connects c = new Connects();
                ServerSocketChannel server = c.listen()) {
            c.connect(server.getLocalAddress()).transport();
            assertFalse(c.opened.get(0).getOption(StandardSocketOptions.SO_KEEPALIVE));
        }
    }

    // ---- a stop

    @Test
    void aStopAsksWhatIsOpenAndWhatIsOnItsWay() throws Exception {
        try (Connects c = new Connects();
                ServerSocketChannel server = c.listen()) {
            c.connect(server.getLocalAddress()).transport();
            Connects.Told late = new Connects.Told();
            DrainTally tally = new DrainTally();
            SocketAddress to = server.getLocalAddress();
            CompletableFuture<Void> empty = c.onLoop(() -> {
                c.connector.connect(c.loop, to, c.endpoint, Connects.TIMEOUT_NANOS, late);
                return c.connector.drain(tally);
            });
            empty.get(30, TimeUnit.SECONDS);
            late.transport();
            assertEquals(Map.of(CloseReason.DRAINED, 2), tally.reasons());
            c.assertNothingLeft();
        }
    }

    @Test
    void aForcedStopCutsOffWhatIsOnItsWay() throws Exception {
        try (Connects c = new Connects();
                ServerSocketChannel server = c.listen()) {
            c.connect(server.getLocalAddress()).transport();
            Connects.Told waiting = c.connect(c.silent());
            DrainTally tally = new DrainTally();
            c.connector.force();
            c.connector.drain(tally).get(30, TimeUnit.SECONDS);
            waiting.failure();
            assertEquals(CloseReason.DRAIN_FORCED, waiting.reason);
            assertEquals(CloseReason.DRAIN_FORCED, c.protocols.get(0).closed.get(30, TimeUnit.SECONDS));
            for (SocketAddress to : List.of(c.silent(), server.getLocalAddress())) {
                Connects.Told late = c.connect(to);
                late.failure();
                assertEquals(CloseReason.DRAIN_FORCED, late.reason);
            }
            c.assertNothingLeft();
        }
    }

    @Test
    void theEndOfTheLoopIsAnOutcome() throws Exception {
        Connects.Told waiting;
        try (Connects c = new Connects()) {
            waiting = c.connect(c.silent());
        }
        waiting.failure();
        assertEquals(CloseReason.DRAIN_FORCED, waiting.reason);
        assertEquals(1, waiting.times());
    }
}
