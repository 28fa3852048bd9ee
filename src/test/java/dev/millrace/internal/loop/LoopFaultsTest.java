package dev.millrace.internal.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Phase;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.observer.Observer;
import dev.millrace.internal.time.Clock;
import dev.millrace.internal.time.Deadline;
import dev.millrace.internal.transport.AfterEvent;
import dev.millrace.internal.transport.BufferBound;
import dev.millrace.internal.transport.Endpoint;
import dev.millrace.internal.transport.Protocol;
import dev.millrace.internal.transport.Transport;
import dev.millrace.internal.transport.TransportSettings;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.Metrics;
import dev.millrace.testkit.ManualClock;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Loops outlive whatever is thrown on them, also where reporting it throws again, as it does when there is no memory. */
@Timeout(60)
class LoopFaultsTest {
    /** Where a connection's protocol throws. */
    private enum Place {
        BYTES,
        END_OF_EVENT,
        COLLECTED,
        TASK,
        DEADLINE,
        CLOSED
    }

    /** Has nothing left to report with. */
    private record Failing(Error error) implements LoopWatcher {
        @Override
        public void prepare() {
            throw error;
        }

        @Override
        public void error(String what, Throwable thrown) {
            throw error;
        }

        @Override
        public void blocked(Thread thread, long nanos, StackTraceElement[] stack) {
            throw error;
        }
    }

    private final List<EventLoop> started = new ArrayList<>();

    static Stream<Error> errors() {
        return Stream.of(new OutOfMemoryError("a test's"), new StackOverflowError("a test's"), new LinkageError());
    }

    static Stream<Arguments> errorsAndPlaces() {
        return errors().flatMap(error -> Stream.of(Place.values()).map(place -> Arguments.of(error, place)));
    }

    private EventLoop loop(LoopWatcher watcher) throws IOException {
        EventLoop loop = new EventLoop("loop-under-test", Clock.system(), watcher, new BufferBound(1L << 40, 1));
        started.add(loop);
        loop.start();
        return loop;
    }

    @AfterEach
    void stop() throws InterruptedException {
        for (EventLoop loop : started) {
            loop.stop();
            loop.thread().join();
        }
    }

    private static void goesOn(EventLoop loop) throws InterruptedException {
        CountDownLatch ran = new CountDownLatch(1);
        loop.execute(() -> loop.arm(
                new Deadline() {
                    @Override
                    protected void expired(long now) {
                        ran.countDown();
                    }
                },
                loop.now()));
        assertTrue(ran.await(30, TimeUnit.SECONDS));
        assertTrue(loop.thread().isAlive());
    }

    @ParameterizedTest
    @MethodSource("errors")
    void tasksDeadlinesAndEndsOfEventsThatThrow(Error error) throws Exception {
        EventLoop loop = loop(new Failing(error));
        loop.execute(() -> {
            throw error;
        });
        goesOn(loop);
        for (int i = 0; i < 3; i++) {
            loop.execute(() -> loop.arm(
                    new Deadline() {
                        @Override
                        protected void expired(long now) {
                            throw error;
                        }
                    },
                    loop.now()));
        }
        goesOn(loop);
        CountDownLatch flushed = new CountDownLatch(1);
        loop.execute(() -> {
            loop.atEventEnd(new Thrower(error, () -> {
                throw error;
            }));
            loop.atEventEnd(new Thrower(null, flushed::countDown));
        });
        assertTrue(flushed.await(30, TimeUnit.SECONDS), "the others' ends come all the same");
        goesOn(loop);
    }

    private record Thrower(@Nullable Error error, Runnable otherwise) implements AfterEvent {
        @Override
        public void flush() {
            if (error != null) {
                throw error;
            }
            otherwise.run();
        }

        @Override
        public void failed(Throwable thrown) {
            assertSame(error, thrown);
            otherwise.run();
        }
    }

    @ParameterizedTest
    @MethodSource("errorsAndPlaces")
    void aConnectionThatThrowsIsClosedAndTheOthersAreServed(Error error, Place place) throws Exception {
        ManualClock clock = new ManualClock(1);
        LoopGroup group = new LoopGroup(1, clock, new Failing(error), 1L << 40);
        try {
            LinkedBlockingQueue<Throwable> causes = new LinkedBlockingQueue<>();
            Listener listener = Listener.bind(
                    group,
                    group.first(),
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                    false,
                    new TransportSettings(1 << 16, 1 << 16, 1_000_000_000L, 1),
                    new ConnectionQuota(100),
                    loop -> new Endpoint(
                            transport -> new Faulty(transport, place, error, causes),
                            new Observer(new Metrics().recorder("test"), List.of(), () -> false, loop::report)));
            listener.start();
            for (int i = 0; i < 3; i++) {
                try (Socket bad = connect(listener);
                        Socket good = connect(listener)) {
                    good.getOutputStream().write('y');
                    assertEquals('y', good.getInputStream().read());
                    bad.getOutputStream().write('x');
                    if (place == Place.DEADLINE) {
                        assertEquals('x', bad.getInputStream().read());
                        clock.advanceNanos(1_000_000_000L);
                        group.first().execute(() -> {});
                    }
                    assertTrue(ends(bad));
                    good.getOutputStream().write('y');
                    assertEquals('y', good.getInputStream().read());
                    assertSame(error, causes.poll(30, TimeUnit.SECONDS));
                }
            }
            long patience = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            while (listener.openConnections() > 0 && System.nanoTime() < patience) {
                Thread.onSpinWait();
            }
            assertEquals(0, listener.openConnections(), "each has given its place back");
        } finally {
            group.stop();
        }
    }

    private static Socket connect(Listener listener) throws IOException {
        Socket socket = new Socket();
        socket.setSoTimeout(10_000);
        socket.connect(listener.address(), 30_000);
        return socket;
    }

    private static boolean ends(Socket socket) throws IOException {
        try {
            return socket.getInputStream().read() < 0;
        } catch (SocketException reset) {
            return true;
        }
    }

    /** Echoes; where it is sent an x, it throws. */
    private static final class Faulty implements Protocol, AfterEvent {
        private final Transport transport;
        private final Place place;
        private final Error error;
        private final LinkedBlockingQueue<Throwable> causes;

        Faulty(Transport transport, Place place, Error error, LinkedBlockingQueue<Throwable> causes) {
            this.transport = transport;
            this.place = place;
            this.error = error;
            this.causes = causes;
        }

        @Override
        public int onBytes(byte[] bytes, int offset, int end) {
            if (bytes[offset] == 'x') {
                switch (place) {
                    case BYTES, CLOSED -> throw error;
                    case END_OF_EVENT -> transport.loop().atEventEnd(this);
                    case COLLECTED -> transport.loop().afterEvent(this);
                    case TASK -> transport.loop().execute(() -> transport.loop().atEventEnd(this));
                    case DEADLINE -> {
                        transport.deadline(transport.loop().now() + 500_000_000);
                        transport.write(bytes, offset, 1);
                    }
                }
            } else {
                transport.write(bytes, offset, end - offset);
            }
            return end;
        }

        @Override
        public void flush() {
            throw error;
        }

        @Override
        public void failed(Throwable thrown) {
            transport.abort(CloseReason.INTERNAL_ERROR, thrown);
        }

        @Override
        public void onEnd() {
            transport.close(CloseReason.COMPLETED);
        }

        @Override
        public void onWritable() {}

        @Override
        public void onDeadline(long now) {
            throw error;
        }

        @Override
        public void onDrain() {}

        @Override
        public Phase phase() {
            return Phase.OPENED;
        }

        @Override
        public void onClosed(CloseReason reason, @Nullable Throwable cause) {
            if (reason == CloseReason.INTERNAL_ERROR && cause != null) {
                causes.add(cause);
            }
            if (place == Place.CLOSED) {
                throw error;
            }
        }
    }

    @Test
    void whatCouldNotBeReportedIsReportedLater() {
        List<String> told = new ArrayList<>();
        List<Throwable> thrown = new ArrayList<>();
        boolean[] fails = {true};
        GuardedWatcher watcher = GuardedWatcher.of(new LoopWatcher() {
            @Override
            public void error(String what, Throwable error) {
                if (fails[0]) {
                    throw new OutOfMemoryError("a test's");
                }
                told.add(what);
                thrown.add(error);
            }

            @Override
            public void blocked(Thread loop, long nanos, StackTraceElement[] stack) {}
        });
        IllegalStateException last = new IllegalStateException("the last");
        watcher.error("one thing", new IllegalStateException("the first"));
        watcher.error("another", last);
        watcher.catchUp();
        assertEquals(List.of(), told);
        fails[0] = false;
        watcher.catchUp();
        watcher.catchUp();
        assertEquals(List.of("2 failures were not reported; the last of them in another"), told);
        assertEquals(List.of(last), thrown);
    }

    @Test
    void errorsOfTheMachineAreReportedATenAtATime() {
        RecordingWatcher recording = new RecordingWatcher();
        GuardedWatcher watcher = GuardedWatcher.of(recording);
        OutOfMemoryError error = new OutOfMemoryError("a test's");
        for (int i = 0; i < 1000; i++) {
            watcher.error("a thing", error);
        }
        assertEquals(10, recording.errors.size());
        watcher.catchUp();
        watcher.error("a thing", error);
        assertEquals(12, recording.errors.size(), "one for all of them, and the next one");
    }

    @Test
    void theGuardOutlivesItsWatcher() throws Exception {
        ManualClock clock = new ManualClock(1_000);
        CountDownLatch looked = new CountDownLatch(2);
        Failing failing = new Failing(new OutOfMemoryError("a test's"));
        EventLoop loop = loop(failing);
        BlockedLoopGuard guard = new BlockedLoopGuard(
                new EventLoop[] {loop},
                new Clock() {
                    @Override
                    public long nanos() {
                        looked.countDown();
                        throw failing.error();
                    }

                    @Override
                    public long epochMillis() {
                        return clock.epochMillis();
                    }
                },
                failing);
        guard.start();
        assertTrue(looked.await(30, TimeUnit.SECONDS), "it looks again");
        guard.stop();
    }
}
