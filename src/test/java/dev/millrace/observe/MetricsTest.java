package dev.millrace.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.http.Phase;
import dev.millrace.http.Version;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class MetricsTest {
    @Test
    void everythingIsThereAtZero() {
        Metrics metrics = new Metrics();
        metrics.recorder("https");
        MetricsSnapshot snapshot = metrics.snapshot();
        assertEquals(List.of("https"), snapshot.listeners());
        for (CloseReason reason : CloseReason.values()) {
            assertEquals(0, snapshot.closed(reason));
        }
        for (ConnectionState state : ConnectionState.values()) {
            assertEquals(0, snapshot.connections(state));
        }
        for (HandshakeResult result : HandshakeResult.values()) {
            assertEquals(0, snapshot.handshakes(result));
        }
        for (Version version : Version.values()) {
            for (int family = 0; family <= 5; family++) {
                assertEquals(0, snapshot.requests(version, family));
            }
            assertEquals(0, snapshot.requestDurations(version).count());
        }
    }

    @Test
    void loopsAreAddedUpAndListenersKeptApart() {
        Metrics metrics = new Metrics();
        Metrics.Recorder one = metrics.recorder("https");
        Metrics.Recorder two = metrics.recorder("https");
        Metrics.Recorder plain = metrics.recorder("http");
        one.opened();
        two.opened();
        plain.opened();
        one.closed(CloseReason.CLIENT_SILENT, Phase.OPENED);
        two.closed(CloseReason.CLIENT_SILENT, Phase.OPENED);
        two.closed(CloseReason.PEER_RESET, Phase.BODY);
        plain.closed(CloseReason.PEER_RESET, Phase.IDLE);
        MetricsSnapshot snapshot = metrics.snapshot();
        assertEquals(List.of("http", "https"), snapshot.listeners());
        assertEquals(3, snapshot.opened());
        assertEquals(2, snapshot.opened("https"));
        assertEquals(0, snapshot.opened("other"));
        assertEquals(4, snapshot.closed());
        assertEquals(2, snapshot.closed(CloseReason.CLIENT_SILENT));
        assertEquals(2, snapshot.closed("https", CloseReason.CLIENT_SILENT));
        assertEquals(0, snapshot.closed("http", CloseReason.CLIENT_SILENT));
        assertEquals(2, snapshot.closed(CloseReason.PEER_RESET));
        assertEquals(1, snapshot.closed("https", CloseReason.PEER_RESET, Phase.BODY));
        assertEquals(0, snapshot.closed("https", CloseReason.PEER_RESET, Phase.IDLE));
        assertEquals(1, snapshot.closed("http", CloseReason.PEER_RESET, Phase.IDLE));
        assertEquals(0, snapshot.closed("other", CloseReason.PEER_RESET, Phase.IDLE));
    }

    @Test
    void everyResultOfAHandshakeHasItsPlace() {
        assertEquals(HandshakeResult.values().length, Metrics.Recorder.RESULTS);
    }

    /** Every counter has a place of its own: one event of each kind moves one number each. */
    @Test
    void noTwoCountersShareAPlace() {
        for (CloseReason reason : CloseReason.values()) {
            for (Phase phase : Phase.values()) {
                Metrics metrics = new Metrics();
                metrics.recorder("http").closed(reason, phase);
                MetricsSnapshot snapshot = metrics.snapshot();
                assertEquals(1, snapshot.closed("http", reason, phase));
                assertEquals(List.of(1L, 0L, 0L, 0L), totals(snapshot), reason + " " + phase);
            }
        }
        for (ConnectionState state : ConnectionState.values()) {
            Metrics metrics = new Metrics();
            metrics.recorder("http").state(null, state);
            assertEquals(1, metrics.snapshot().connections(state));
            assertEquals(List.of(0L, 1L, 0L, 0L), totals(metrics.snapshot()), state.name());
        }
        for (HandshakeResult result : HandshakeResult.values()) {
            Metrics metrics = new Metrics();
            metrics.recorder("http").handshake(result, 1);
            assertEquals(1, metrics.snapshot().handshakes(result));
            assertEquals(List.of(0L, 0L, 1L, 0L), totals(metrics.snapshot()), result.name());
        }
        for (Version version : Version.values()) {
            for (int family = 1; family <= 5; family++) {
                Metrics metrics = new Metrics();
                metrics.recorder("http").request(version, family * 100 + 99, 1);
                assertEquals(1, metrics.snapshot().requests(version, family));
                assertEquals(List.of(0L, 0L, 0L, 1L), totals(metrics.snapshot()), version + " " + family);
            }
        }
    }

    private static List<Long> totals(MetricsSnapshot snapshot) {
        long handshakes = 0;
        for (HandshakeResult result : HandshakeResult.values()) {
            handshakes += snapshot.handshakes(result);
        }
        long requests = 0;
        for (Version version : Version.values()) {
            for (int family = 0; family <= 5; family++) {
                requests += snapshot.requests(version, family);
            }
        }
        assertEquals(0, snapshot.opened());
        return List.of(snapshot.closed(), snapshot.connections(), handshakes, requests);
    }

    @Test
    void statesMove() {
        Metrics metrics = new Metrics();
        Metrics.Recorder recorder = metrics.recorder("https");
        recorder.state(null, ConnectionState.HANDSHAKE);
        recorder.state(null, ConnectionState.HANDSHAKE);
        recorder.state(ConnectionState.HANDSHAKE, ConnectionState.SILENT);
        assertEquals(1, metrics.snapshot().connections(ConnectionState.HANDSHAKE));
        assertEquals(1, metrics.snapshot().connections(ConnectionState.SILENT));
        assertEquals(2, metrics.snapshot().connections());
        recorder.state(ConnectionState.HANDSHAKE, null);
        recorder.state(ConnectionState.SILENT, null);
        assertEquals(0, metrics.snapshot().connections());
    }

    @Test
    void onlyCompletedHandshakesAreMeasured() {
        Metrics metrics = new Metrics();
        Metrics.Recorder recorder = metrics.recorder("https");
        for (HandshakeResult result : HandshakeResult.values()) {
            recorder.handshake(result, 1_000);
        }
        assertEquals(2, metrics.snapshot().handshakeDurations().count());
        assertEquals(2_000, metrics.snapshot().handshakeDurations().sum());
    }

    @Test
    void requestsWithoutAStatusAreCountedApart() {
        Metrics metrics = new Metrics();
        Metrics.Recorder recorder = metrics.recorder("http");
        recorder.request(Version.HTTP_2, 0, 1_000);
        recorder.request(Version.HTTP_2, 600, 1_000);
        recorder.request(Version.HTTP_2, 99, 1_000);
        recorder.request(Version.HTTP_2, 204, 1_000);
        MetricsSnapshot snapshot = metrics.snapshot();
        assertEquals(3, snapshot.requests(Version.HTTP_2, 0));
        assertEquals(1, snapshot.requests(Version.HTTP_2, 2));
        assertEquals(1, snapshot.requestDurations(Version.HTTP_2).count());
        assertEquals(0, snapshot.requestDurations(Version.HTTP_1_1).count());
        assertThrows(IllegalArgumentException.class, () -> snapshot.requests(Version.HTTP_2, 6));
        assertThrows(IllegalArgumentException.class, () -> snapshot.requests(Version.HTTP_2, -1));
    }

    @Test
    void certificatesAreAskedAtEachSnapshotAndOneThatFailsIsMissing() {
        Metrics metrics = new Metrics();
        AtomicLong expiry = new AtomicLong(100);
        metrics.certificate("b", expiry::get);
        metrics.certificate("a", () -> 7);
        metrics.certificate("broken", () -> {
            throw new IllegalStateException();
        });
        assertEquals(Map.of("a", 7L, "b", 100L), metrics.snapshot().certificates());
        assertEquals(
                List.of("a", "b"), List.copyOf(metrics.snapshot().certificates().keySet()));
        expiry.set(200);
        metrics.certificate("a", () -> 8);
        assertEquals(Map.of("a", 8L, "b", 200L), metrics.snapshot().certificates());
    }

    @Test
    void certificatesThatComeAndGo() {
        Metrics metrics = new Metrics();
        AtomicReference<Map<String, Long>> loaded = new AtomicReference<>(Map.of("one", 5L, "b", 6L));
        metrics.certificates(loaded::get);
        metrics.certificates(() -> Map.of("a", 9L, "b", 4L));
        metrics.certificates(() -> {
            throw new IllegalStateException();
        });
        assertEquals(
                "{a=9, b=4, one=5}", metrics.snapshot().certificates().toString(), "in order, the earlier end counts");
        loaded.set(Map.of("two", 7L));
        assertEquals("{a=9, b=4, two=7}", metrics.snapshot().certificates().toString());
    }

    @Test
    void resultsOfHandshakes() {
        assertEquals(HandshakeResult.RESUMED, HandshakeResult.completed(true));
        assertEquals(HandshakeResult.COMPLETED, HandshakeResult.completed(false));
        assertEquals(HandshakeResult.REJECTED, HandshakeResult.failed(CloseReason.HANDSHAKE_REJECTED));
        assertEquals(HandshakeResult.TIMEOUT, HandshakeResult.failed(CloseReason.HANDSHAKE_TIMEOUT));
        assertEquals(HandshakeResult.ABORTED, HandshakeResult.failed(CloseReason.PEER_RESET));
        assertEquals(HandshakeResult.FAILED, HandshakeResult.failed(CloseReason.HANDSHAKE_FAILED));
        assertEquals(HandshakeResult.FAILED, HandshakeResult.failed(CloseReason.INTERNAL_ERROR));
    }

    @Test
    void severalLoopsCountExactlyWhileOthersRead() throws InterruptedException {
        Metrics metrics = new Metrics();
        int loops = 3;
        int each = 100_000;
        AtomicBoolean done = new AtomicBoolean();
        AtomicReference<String> mistake = new AtomicReference<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < loops; i++) {
            Metrics.Recorder recorder = metrics.recorder("https");
            threads.add(new Thread(() -> {
                for (int n = 0; n < each; n++) {
                    recorder.opened();
                    recorder.state(null, ConnectionState.SILENT);
                    recorder.firstByte(n);
                    recorder.state(ConnectionState.SILENT, ConnectionState.ACTIVE);
                    recorder.request(Version.HTTP_1_1, 200, n);
                    recorder.state(ConnectionState.ACTIVE, null);
                    recorder.closed(CloseReason.COMPLETED, Phase.IDLE);
                }
            }));
        }
        Thread reader = new Thread(() -> {
            long before = 0;
            while (!done.get()) {
                MetricsSnapshot snapshot = metrics.snapshot();
                if (snapshot.closed() < before || snapshot.closed() > snapshot.opened()) {
                    mistake.set("after " + before + ": " + snapshot);
                }
                before = snapshot.closed();
            }
        });
        reader.start();
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        done.set(true);
        reader.join();
        assertEquals(null, mistake.get());
        MetricsSnapshot snapshot = metrics.snapshot();
        long all = (long) loops * each;
        assertEquals(all, snapshot.opened());
        assertEquals(all, snapshot.closed(CloseReason.COMPLETED));
        assertEquals(all, snapshot.closed());
        assertEquals(all, snapshot.requests(Version.HTTP_1_1, 2));
        assertEquals(all, snapshot.requestDurations(Version.HTTP_1_1).count());
        assertEquals(all, snapshot.firstByteDurations().count());
        assertEquals(0, snapshot.connections());
    }
}
