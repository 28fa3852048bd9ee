package dev.millrace.internal.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.millrace.http.Phase;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.observer.Observer;
import dev.millrace.internal.transport.Endpoint;
import dev.millrace.internal.transport.Protocol;
import dev.millrace.internal.transport.Transport;
import dev.millrace.internal.transport.TransportSettings;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.Metrics;
import dev.millrace.testkit.ManualClock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** No error of accepting ends a listener, whatever it is. */
@Timeout(60)
@SuppressWarnings("try") // connections that only wait
class ListenerTest {
    private final ManualClock clock = new ManualClock(1);
    private final RecordingWatcher watcher = new RecordingWatcher();
    private final ConnectionQuota quota = new ConnectionQuota(3);
    private LoopGroup group;
    private Listener listener;

    /** Greets, and ends the connection. */
    private record Greeting(Transport transport) implements Protocol {
        @Override
        public int onBytes(byte[] bytes, int offset, int end) {
            return end;
        }

        @Override
        public void onEnd() {
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
        public void onClosed(CloseReason reason, @Nullable Throwable cause) {}
    }

    @BeforeEach
    void start() throws IOException {
        group = new LoopGroup(2, clock, watcher, 1L << 40);
    }

    @AfterEach
    void stop() throws InterruptedException {
        group.stop();
    }

    private void listen(Function<EventLoop, Endpoint> endpoints) throws IOException {
        listener = Listener.bind(
                group,
                group.first(),
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                false,
                new TransportSettings(1 << 16, 1 << 16, 1_000_000_000L, 1),
                quota,
                endpoints);
    }

    private Endpoint greeting(EventLoop loop) {
        return new Endpoint(
                transport -> {
                    byte[] hello = {'h', 'i'};
                    transport.write(hello, 0, 2);
                    return new Greeting(transport);
                },
                new Observer(new Metrics().recorder("test"), List.of(), () -> false, loop::report));
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket();
        socket.setSoTimeout(30_000);
        socket.connect(listener.address(), 30_000);
        return socket;
    }

    private void onLoop(Runnable task) throws Exception {
        CompletableFuture<Void> done = new CompletableFuture<>();
        group.first().execute(() -> {
            task.run();
            done.complete(null);
        });
        done.get(30, TimeUnit.SECONDS);
    }

    private void greeted(Socket socket) throws IOException {
        assertEquals('h', socket.getInputStream().read());
        assertEquals('i', socket.getInputStream().read());
    }

    @ParameterizedTest
    @ValueSource(strings = {"ENFILE", "runtime", "memory", "stack"})
    void acceptingGoesOnAfterAnyError(String kind) throws Exception {
        listen(this::greeting);
        AtomicInteger refusals = new AtomicInteger(5);
        AtomicInteger asked = new AtomicInteger();
        CompletableFuture<Void> first = new CompletableFuture<>();
        ConnectionSource kernel = listener.source();
        listener.source(() -> {
            asked.incrementAndGet();
            if (refusals.getAndDecrement() > 0) {
                first.complete(null);
                throw failure(kind);
            }
            return kernel.accept();
        });
        listener.start();
        try (Socket one = connect();
                Socket two = connect();
                Socket three = connect()) {
            first.get(30, TimeUnit.SECONDS);
            for (int i = 0; i < 5; i++) {
                clock.advance(Duration.ofMillis(110));
                onLoop(() -> {});
                onLoop(() -> {}); // time has been seen
                onLoop(() -> {}); // whatever became ready has been served
                int before = asked.get();
                onLoop(() -> {});
                if (refusals.get() > 0) {
                    assertEquals(before, asked.get(), "it pauses, and does not try again at once");
                }
            }
            for (Socket each : List.of(one, two, three)) {
                greeted(each); // nor has the quota lost a place
            }
            assertEquals(1, watcher.errors.size(), "one line, not one for each: " + watcher.errors);
        }
    }

    /** Thrown whatever its type. */
    private static IOException failure(String kind) {
        switch (kind) {
            case "runtime":
                throw new IllegalStateException("a mistake of the JDK's");
            case "memory":
                throw new OutOfMemoryError("a test's");
            case "stack":
                throw new StackOverflowError("a test's");
            default:
                return new IOException("Too many open files in system");
        }
    }

    @Test
    void aProtocolThatCannotBeMadeCostsItsConnection() throws Exception {
        OutOfMemoryError error = new OutOfMemoryError("a test's");
        AtomicInteger failures = new AtomicInteger(10);
        listen(loop -> {
            Endpoint good = greeting(loop);
            return new Endpoint(
                    transport -> {
                        if (failures.getAndDecrement() > 0) {
                            throw error;
                        }
                        return good.protocols().create(transport);
                    },
                    good.observer());
        });
        listener.start();
        for (int i = 0; i < 10; i++) {
            try (Socket refused = connect()) {
                assertEquals(-1, refused.getInputStream().read());
            }
        }
        try (Socket socket = connect()) {
            greeted(socket);
        }
        assertEquals(10, watcher.errors.size());
        assertSame(error, watcher.errors.get(0));
    }

    @Test
    void aStopDuringAPauseEnds() throws Exception {
        listen(this::greeting);
        CompletableFuture<Void> refused = new CompletableFuture<>();
        listener.source(() -> {
            refused.complete(null);
            throw new IOException("Too many open files in system");
        });
        listener.start();
        try (Socket waiting = connect()) {
            refused.get(30, TimeUnit.SECONDS);
            listener.drain(new DrainTally(), 0).get(30, TimeUnit.SECONDS);
            assertEquals(0, listener.openConnections());
        }
    }

    @Test
    void aStopDuringAPauseTriesOnceMore() throws Exception {
        listen(this::greeting);
        CompletableFuture<Void> refused = new CompletableFuture<>();
        ConnectionSource kernel = listener.source();
        listener.source(() -> {
            if (refused.complete(null)) {
                throw new IOException("Too many open files in system");
            }
            return kernel.accept();
        });
        listener.start();
        try (Socket waiting = connect()) {
            refused.get(30, TimeUnit.SECONDS);
            listener.drain(new DrainTally(), 0).get(30, TimeUnit.SECONDS);
            greeted(waiting);
        }
    }

    @Test
    void whateverIsThrownWhenTheLastAreAcceptedAStopEnds() throws Exception {
        listen(this::greeting);
        listener.refuse("no room".getBytes(StandardCharsets.US_ASCII));
        listener.start();
        try (Socket open = connect()) {
            greeted(open);
            StackOverflowError error = new StackOverflowError("a test's");
            onLoop(() -> listener.source(new ConnectionSource() {
                @Override
                public SocketChannel accept() throws IOException {
                    throw new IOException("Too many open files in system");
                }

                @Override
                public boolean exhausted() {
                    throw error;
                }
            }));
            listener.drain(new DrainTally(), 0).get(30, TimeUnit.SECONDS);
            assertEquals(-1, open.getInputStream().read());
            assertEquals(List.of(error), watcher.errors);
        }
    }

    /** Takes what comes, and makes nothing of it. Leaves when a stop finds nothing that it was not shown. */
    private static final class Taking implements Protocol {
        final CompletableFuture<CloseReason> ended = new CompletableFuture<>();
        final List<Integer> unread = new CopyOnWriteArrayList<>(); // when the stop came, and came again
        private final Transport transport;

        Taking(Transport transport) {
            this.transport = transport;
        }

        @Override
        public int onBytes(byte[] bytes, int offset, int end) {
            return end;
        }

        @Override
        public void onEnd() {
            transport.close(CloseReason.COMPLETED);
        }

        @Override
        public void onWritable() {}

        @Override
        public void onDeadline(long now) {}

        @Override
        public void onDrain() {
            unread.add(transport.unread());
            if (transport.unread() == 0) {
                transport.close(CloseReason.DRAINED);
            }
        }

        @Override
        public Phase phase() {
            return Phase.OPENED;
        }

        @Override
        public void onClosed(CloseReason reason, @Nullable Throwable cause) {
            ended.complete(reason);
        }
    }

    /** Such as a record that is TLS's own: what had arrived need not be the beginning of anything. */
    @Test
    void aStopIsToldAgainWhenWhatHadArrivedWasShown() throws Exception {
        BlockingQueue<Taking> made = new LinkedBlockingQueue<>();
        listen(loop -> new Endpoint(
                transport -> {
                    Taking protocol = new Taking(transport);
                    made.add(protocol);
                    return protocol;
                },
                new Observer(new Metrics().recorder("test"), List.of(), () -> false, loop::report)));
        listener.start();
        List<Integer> unread = List.of();
        for (int i = 0; i < 100 && unread.size() < 2; i++) { // the byte may come too late, if the kernel is slow
            try (Socket socket = connect()) {
                Taking protocol = made.poll(30, TimeUnit.SECONDS);
                EventLoop loop = (EventLoop) protocol.transport.loop();
                loop.execute(
                        () -> { // in one task, so that nothing reads the byte before the stop does
                            try {
                                socket.getOutputStream().write('x');
                                loop.drain(listener, false);
                            } catch (IOException e) {
                                throw new UncheckedIOException(e);
                            }
                        });
                assertEquals(CloseReason.DRAINED, protocol.ended.get(30, TimeUnit.SECONDS));
                unread = List.copyOf(protocol.unread);
            }
        }
        assertEquals(List.of(1, 0), unread);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void assertRefused(Socket socket) throws IOException {
        assertEquals("no room", new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII));
    }

    @Test
    void whoFindsNoPlaceIsToldSo() throws Exception {
        listen(this::greeting);
        listener.refuse("no room".getBytes(StandardCharsets.US_ASCII));
        listener.start();
        try (Socket one = connect();
                Socket two = connect();
                Socket three = connect()) {
            for (Socket each : List.of(one, two, three)) {
                greeted(each);
            }
            for (int i = 0; i < 200; i++) {
                try (Socket refused = connect()) {
                    assertRefused(refused);
                }
            }
            CountDownLatch sent = new CountDownLatch(1);
            group.first().execute(() -> awaitQuietly(sent));
            try (Socket refused = connect()) {
                refused.getOutputStream().write(new byte[1000]); // left unread, it would be answered by a reset
                sent.countDown();
                assertRefused(refused);
            }
            onLoop(() -> {}); // nobody is being refused any more
            one.close();
            while (listener.openConnections() == 3) {
                Thread.onSpinWait();
            }
            try (Socket served = connect()) {
                greeted(served);
            }
        }
        assertEquals(List.of(), watcher.errors);
    }

    /** The kernel with no descriptor left, but for the one that is given up. */
    private static final class Exhausted implements ConnectionSource {
        private final ConnectionSource kernel;
        private volatile boolean full = true;
        private int asked; // on the loop

        Exhausted(ConnectionSource kernel) {
            this.kernel = kernel;
        }

        @Override
        public @Nullable SocketChannel accept() throws IOException {
            if (full && asked++ == 0) {
                throw new IOException("Too many open files");
            }
            return kernel.accept();
        }

        @Override
        public boolean exhausted() {
            return full;
        }
    }

    @Test
    void theReserveIsGivenUpToTellThemSo() throws Exception {
        listen(this::greeting);
        Exhausted source = new Exhausted(listener.source());
        listener.source(source);
        listener.refuse("no room".getBytes(StandardCharsets.US_ASCII));
        listener.start();
        try (Socket refused = connect()) {
            assertRefused(refused);
        }
        onLoop(() -> source.full = false); // not while it looks whether there is another one
        try (Socket served = connect()) { // it has not even paused
            greeted(served);
        }
        assertEquals(1, watcher.errors.size());
    }

    @Test
    void anErrorThatIsNoWantOfDescriptorsRefusesNobody() throws Exception {
        listen(this::greeting);
        CompletableFuture<Void> failed = new CompletableFuture<>();
        ConnectionSource kernel = listener.source();
        listener.source(() -> {
            if (failed.complete(null)) {
                throw new IOException("Software caused connection abort");
            }
            return kernel.accept();
        });
        listener.refuse("no room".getBytes(StandardCharsets.US_ASCII));
        listener.start();
        try (Socket served = connect()) {
            failed.get(30, TimeUnit.SECONDS);
            onLoop(() -> {}); // it has paused
            clock.advance(Duration.ofMillis(110));
            onLoop(() -> {});
            greeted(served);
        }
    }
}
