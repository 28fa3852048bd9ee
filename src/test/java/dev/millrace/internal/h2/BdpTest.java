package dev.millrace.internal.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.testkit.ManualClock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** {@link RoundTrip} and {@link Bdp}: what is measured, and how often a peer is asked. */
class BdpTest {
    private static final long MILLI = 1_000_000;

    // ---- round trips

    @Test
    void measuresOnePingAtATime() {
        ManualClock clock = new ManualClock(-5 * MILLI);
        RoundTrip trip = new RoundTrip();
        assertFalse(trip.waiting());
        assertEquals(RoundTrip.UNKNOWN, trip.smoothed());
        assertEquals(RoundTrip.UNKNOWN, trip.least());
        long data = trip.begin(clock.nanos());
        assertTrue(trip.waiting());
        assertEquals(-5 * MILLI, trip.sentAt());
        assertThrows(AssertionError.class, () -> trip.begin(0));
        clock.advance(Duration.ofMillis(20));
        assertFalse(trip.end(data + 1, clock.nanos()));
        assertTrue(trip.waiting());
        assertTrue(trip.end(data, clock.nanos()));
        assertFalse(trip.waiting());
        assertEquals(20 * MILLI, trip.smoothed());
        assertEquals(20 * MILLI, trip.least());
        assertFalse(trip.end(data, clock.nanos()), "an answer twice");
    }

    @Test
    void eachPingIsAnother() {
        RoundTrip trip = new RoundTrip();
        long first = trip.begin(0);
        trip.end(first, 10);
        long second = trip.begin(20);
        assertFalse(trip.end(first, 30));
        assertTrue(trip.end(second, 30));
    }

    @Test
    void theAverageFollowsSlowlyAndTheLeastStays() {
        RoundTrip trip = new RoundTrip();
        trip.end(trip.begin(0), 8_000);
        trip.end(trip.begin(0), 16_000);
        assertEquals(9_000, trip.smoothed());
        assertEquals(8_000, trip.least());
        trip.end(trip.begin(0), 1_000);
        assertEquals(8_000, trip.smoothed());
        assertEquals(1_000, trip.least());
    }

    // ---- windows

    /**
     * A peer that sends all it may, over a path with a bandwidth and a round-trip time, to a reader with a speed. Virtual
     * time goes on in steps; a step's bytes come at its end.
     */
    private static final class Path {
        static final long STEP = MILLI / 4;

        private record Update(long at, long bytes) {}

        final RoundTrip trip = new RoundTrip();
        final Bdp bdp;
        final ReceiveWindow window;
        final long bytesAStep;
        final long readAStep;
        final long oneWay;
        final ArrayDeque<Update> arriving = new ArrayDeque<>(); // content on its way here
        final ArrayDeque<Update> updates = new ArrayDeque<>(); // increments on their way to the peer
        long now;
        long peerMaySend;
        long pingBack = Long.MAX_VALUE;
        long ping;
        int pings;
        long moved;

        Path(int initial, int most, double bytesASecond, double readASecond, long roundTrip) {
            bdp = new Bdp(trip, initial, most, 0);
            window = new ReceiveWindow(1, initial, initial);
            bytesAStep = Math.max(1, (long) (bytesASecond * STEP / 1e9));
            readAStep = (long) (readASecond * STEP / 1e9);
            oneWay = roundTrip / 2;
            peerMaySend = initial;
        }

        Path run(Duration howLong) throws Http2Error {
            for (long end = now + howLong.toNanos(); now < end; now += STEP) {
                while (!updates.isEmpty() && updates.peek().at <= now) {
                    peerMaySend += updates.poll().bytes;
                }
                long sent = Math.min(bytesAStep, peerMaySend);
                if (sent > 0) {
                    peerMaySend -= sent;
                    arriving.add(new Update(now + oneWay, sent));
                }
                while (!arriving.isEmpty() && arriving.peek().at <= now) {
                    window.received((int) arriving.poll().bytes);
                }
                if (now >= pingBack) {
                    pingBack = Long.MAX_VALUE;
                    assertTrue(trip.end(ping, now));
                    if (bdp.end(now)) {
                        window.resize(bdp.window());
                    }
                }
                int read = (int) Math.min(window.held(), readAStep);
                if (read > 0) {
                    window.consumed(read);
                    moved += read;
                    if (bdp.consumed(read, now)) {
                        ping = bdp.begin(now);
                        pings++;
                        pingBack = now + 2 * oneWay;
                    }
                }
                int increment = window.increment();
                if (increment > 0) {
                    updates.add(new Update(now + oneWay, increment));
                }
            }
            return this;
        }
    }

    private static final double FAST = 1e12;

    @Test
    void aWindowGrowsUntilThePathIsFull() throws Http2Error {
        // 100 Mbit/s over 40 ms hold 500,000 bytes
        Path path = new Path(65_535, 4 << 20, 12.5e6, FAST, 40 * MILLI).run(Duration.ofSeconds(3));
        assertTrue(path.bdp.window() >= 500_000, "window " + path.bdp.window());
        assertTrue(path.bdp.window() <= 4 * 500_000, "window " + path.bdp.window());
        long before = path.moved;
        path.run(Duration.ofSeconds(1));
        assertTrue(path.moved - before > 0.95 * 12.5e6, "moved " + (path.moved - before) + " in a second");
        assertEquals(40 * MILLI, path.trip.least());
    }

    @Test
    void anyPathIsFilledAndNotMuchMoreThanThat() throws Http2Error {
        for (int seed = 0; seed < 40; seed++) {
            Random random = new Random(seed);
            long roundTrip = MILLI * (1 + random.nextInt(200));
            double bandwidth = 100e3 * Math.pow(10, 3.5 * random.nextDouble()); // up to 300 MB/s
            long holds = (long) (bandwidth * roundTrip / 1e9);
            Path path = new Path(65_535, 64 << 20, bandwidth, FAST, roundTrip).run(Duration.ofSeconds(20));
            String what = "seed " + seed + ": a path that holds " + holds + ", a window of " + path.bdp.window();
            assertTrue(path.bdp.window() >= Math.min(64 << 20, holds), what);
            // what has come with the PING counts too
            assertTrue(path.bdp.window() <= Math.max(65_535, 4.5 * (holds + 2 * path.bytesAStep)), what);
            long before = path.moved;
            path.run(Duration.ofSeconds(10));
            if (path.bdp.window() < 64 << 20) {
                assertTrue(path.moved - before > 0.9 * 10 * bandwidth, what + ": moved " + (path.moved - before));
            }
        }
    }

    @Test
    void aPathThatIsFullBeforeTheWindowIsLeavesItAlone() throws Http2Error {
        // 1 Mbit/s over 40 ms hold 5,000 bytes
        Path path = new Path(65_535, 4 << 20, 125e3, FAST, 40 * MILLI).run(Duration.ofSeconds(60));
        assertEquals(65_535, path.bdp.window());
        assertTrue(path.pings >= 1 && path.pings <= 40, "pings " + path.pings);
    }

    @Test
    void aWindowHasItsBound() throws Http2Error {
        Path path = new Path(65_535, 300_000, 1e9, FAST, 40 * MILLI).run(Duration.ofSeconds(3));
        assertEquals(300_000, path.bdp.window());
        int pings = path.pings;
        assertTrue(pings <= 4, "pings " + pings);
        path.run(Duration.ofSeconds(30));
        assertEquals(pings, path.pings, "there is nothing left to find out");
    }

    @Test
    void aReaderThatIsSlowGetsNoLargerWindow() throws Http2Error {
        // the path holds 5 MB, the reader takes 500 kB a second: 20 kB a round trip
        Path path = new Path(65_535, 8 << 20, 125e6, 500e3, 40 * MILLI).run(Duration.ofSeconds(20));
        assertEquals(65_535, path.bdp.window());
        assertEquals(true, path.window.held() <= 65_535);
    }

    @Test
    void whatNobodyReadsAsksNothing() throws Http2Error {
        Path path = new Path(65_535, 8 << 20, 125e6, 0, 40 * MILLI);
        path.run(Duration.ofSeconds(5));
        assertEquals(65_535, path.bdp.window());
        assertEquals(0, path.pings);
    }

    @Test
    void evenWithoutAnyLatencyAPeerGetsFewPings() throws Http2Error {
        Path path = new Path(65_535, 4 << 20, 1e9, FAST, 0).run(Duration.ofSeconds(60));
        assertTrue(path.pings <= 40, "pings " + path.pings);
    }

    @Test
    void aMessageNowAndThenAsksNothing() {
        Bdp bdp = new Bdp(new RoundTrip(), 65_535, 1 << 20, 0);
        for (int i = 0; i < 16; i++) {
            assertFalse(bdp.consumed(1_000, i * 1_000L * MILLI));
        }
        assertTrue(bdp.consumed(1_000, 0), "a quarter of a window has come");
        bdp.begin(0);
        assertFalse(bdp.consumed(1 << 20, 1), "one at a time");
    }

    @Test
    void anotherPingOfTheConnectionIsNotDisturbed() {
        RoundTrip trip = new RoundTrip();
        Bdp bdp = new Bdp(trip, 65_535, 1 << 20, 0);
        long probe = trip.begin(0);
        assertFalse(bdp.consumed(65_535, 1));
        assertTrue(trip.end(probe, 2));
        assertFalse(bdp.end(2), "it was not the estimate's");
        assertEquals(65_535, bdp.window());
        assertTrue(bdp.consumed(1, 3));
    }

    @Test
    void theLargestWindowDoesNotOverflow() {
        Bdp bdp = new Bdp(new RoundTrip(), Integer.MAX_VALUE - 1, Integer.MAX_VALUE, 0);
        assertTrue(bdp.consumed(Integer.MAX_VALUE, 0));
        bdp.begin(0);
        bdp.consumed(Integer.MAX_VALUE, 1);
        assertTrue(bdp.end(2));
        assertEquals(Integer.MAX_VALUE, bdp.window());
    }
}
