package dev.millrace.internal.h2;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.internal.transport.BufferBound;
import dev.millrace.internal.transport.TransportSettings;
import dev.millrace.testkit.IgnoringProtocol;
import dev.millrace.testkit.ManualClock;
import dev.millrace.testkit.MemoryTransport;
import dev.millrace.testkit.TestLoop;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** {@link SendWindow} and {@link ReceiveWindow}: RFC 9113 §6.9. */
class WindowsTest {
    private static void fails(String error, Step step) {
        assertEquals(error, RecordingSink.describe(assertThrows(Http2Error.class, step::run)));
    }

    private interface Step {
        void run() throws Http2Error;
    }

    // ---- sending

    @Test
    void takesAndIsUpdated() throws Http2Error {
        SendWindow window = new SendWindow(1, 65_535);
        window.take(65_535);
        assertEquals(0, window.available());
        window.update(1);
        assertEquals(1, window.available());
        window.take(0);
        window.take(1);
        assertThrows(AssertionError.class, () -> window.take(1));
        assertEquals(0, window.available());
    }

    @Test
    void aWindowEndsAtTheLargestNumber() throws Http2Error {
        SendWindow stream = new SendWindow(7, 1);
        fails("7 FLOW_CONTROL_ERROR", () -> stream.update(Integer.MAX_VALUE));
        stream.update(Integer.MAX_VALUE - 1);
        assertEquals(Integer.MAX_VALUE, stream.available());
        fails("7 FLOW_CONTROL_ERROR", () -> stream.update(1));
        SendWindow connection = new SendWindow(0, Integer.MAX_VALUE);
        fails("0 FLOW_CONTROL_ERROR", () -> connection.update(1));
        assertEquals(Integer.MAX_VALUE, connection.available());
    }

    /** The example of RFC 9113 §6.9.2. */
    @Test
    void aSettingTakesBackWhatWasNotSentAndMore() throws Http2Error {
        SendWindow window = new SendWindow(1, 65_535);
        window.take(60_000);
        window.adjust(16_384 - 65_535);
        assertEquals(-43_616, window.available());
        window.take(0);
        assertThrows(AssertionError.class, () -> window.take(1));
        assertThrows(AssertionError.class, () -> window.take(-1));
        window.update(43_616);
        assertEquals(0, window.available());
        window.update(10);
        assertEquals(10, window.available());
    }

    @Test
    void aSettingThatMakesAWindowTooLargeEndsTheConnection() throws Http2Error {
        SendWindow window = new SendWindow(7, 65_535);
        window.update(1);
        fails("0 FLOW_CONTROL_ERROR", () -> window.adjust(Integer.MAX_VALUE - 65_535));
        window.adjust(Integer.MAX_VALUE - 65_536);
        assertEquals(Integer.MAX_VALUE, window.available());
        window.adjust(-Integer.MAX_VALUE);
        assertEquals(0, window.available());
    }

    @Test
    void sendingFollowsTheSumOfWhatWasSaid() {
        for (int seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            int initial = amount(random);
            SendWindow window = new SendWindow(3, initial);
            long sum = initial; // of the initial size and all updates, less what was sent
            for (int i = 0; i < 60; i++) {
                String what = "seed " + seed + " step " + i;
                switch (random.nextInt(3)) {
                    case 0 -> {
                        int bytes = Math.min(amount(random), (int) Math.max(0, sum));
                        window.take(bytes);
                        sum -= bytes;
                    }
                    case 1 -> {
                        int bytes = 1 + amount(random) / 2;
                        if (sum + bytes > Integer.MAX_VALUE) {
                            fails("3 FLOW_CONTROL_ERROR", () -> window.update(bytes));
                        } else {
                            assertTrue(ok(() -> window.update(bytes)), what);
                            sum += bytes;
                        }
                    }
                    default -> {
                        int other = amount(random);
                        int difference = other - initial;
                        if (sum + difference > Integer.MAX_VALUE) {
                            fails("0 FLOW_CONTROL_ERROR", () -> window.adjust(difference));
                        } else {
                            assertTrue(ok(() -> window.adjust(difference)), what);
                            sum += difference;
                            initial = other;
                        }
                    }
                }
                assertEquals(sum, window.available(), what);
            }
        }
    }

    private static boolean ok(Step step) {
        try {
            step.run();
            return true;
        } catch (Http2Error e) {
            return false;
        }
    }

    /** Small ones, usual ones, and those at the edge. */
    private static int amount(Random random) {
        return switch (random.nextInt(4)) {
            case 0 -> random.nextInt(10);
            case 1 -> Integer.MAX_VALUE - random.nextInt(10);
            default -> random.nextInt(200_000);
        };
    }

    // ---- receiving

    @Test
    void whatWasConsumedIsAnnouncedOnceItIsHalf() throws Http2Error {
        ReceiveWindow window = new ReceiveWindow(1, 100, 100);
        window.received(60);
        assertEquals(0, window.increment());
        window.consumed(49);
        assertEquals(0, window.increment());
        window.consumed(1);
        assertEquals(50, window.increment());
        assertEquals(0, window.increment());
        assertEquals(90, window.available());
        assertEquals(10, window.held());
        window.received(90);
        fails("1 FLOW_CONTROL_ERROR", () -> window.received(1));
        assertEquals(0, window.increment(), "nothing is announced of what is held");
        window.consumed(100);
        assertEquals(100, window.increment());
    }

    @Test
    void nobodySendsMoreThanWasAnnounced() throws Http2Error {
        ReceiveWindow connection = new ReceiveWindow(0, 100, 100);
        fails("0 FLOW_CONTROL_ERROR", () -> connection.received(101));
        connection.received(100);
        connection.consumed(100);
        fails("0 FLOW_CONTROL_ERROR", () -> connection.received(1));
        connection.received(0);
        assertThrows(AssertionError.class, () -> connection.consumed(1));
    }

    @Test
    void aWindowOfOneByteWorks() throws Http2Error {
        ReceiveWindow window = new ReceiveWindow(1, 1, 1);
        window.received(1);
        assertEquals(0, window.increment());
        window.consumed(1);
        assertEquals(1, window.increment());
        window.received(1);
    }

    @Test
    void aConnectionBeginsWithTheProtocolsWindow() {
        ReceiveWindow window = new ReceiveWindow(0, Settings.DEFAULT_WINDOW, 1 << 20);
        assertEquals((1 << 20) - 65_535, window.increment());
        assertEquals(1 << 20, window.available());
        assertEquals(0, window.increment());
    }

    @Test
    void aWindowGrows() throws Http2Error {
        ReceiveWindow window = new ReceiveWindow(1, 100, 100);
        window.received(30);
        window.consumed(10);
        window.resize(200);
        assertEquals(200, window.size());
        assertEquals(110, window.increment());
        assertEquals(180, window.available());
        window.resize(201);
        assertEquals(0, window.increment(), "a little growth is no reason for a frame");
        window.resize(Integer.MAX_VALUE);
        assertEquals(Integer.MAX_VALUE - 200, window.increment());
        assertEquals(Integer.MAX_VALUE - 20, window.available());
    }

    @Test
    void aWindowShrinksByAnnouncingLess() throws Http2Error {
        ReceiveWindow window = new ReceiveWindow(1, 100, 100);
        window.resize(20);
        window.received(50);
        window.consumed(50);
        assertEquals(0, window.increment());
        assertEquals(50, window.available(), "what was announced may come");
        window.received(40);
        window.consumed(40);
        assertEquals(10, window.increment());
        assertEquals(20, window.available());
    }

    /** What a client sends before it has seen the settings goes by the protocol's window, not by ours. */
    @Test
    void aSmallInitialWindowCountsOnceItIsAcknowledged() throws Http2Error {
        ReceiveWindow window = new ReceiveWindow(1, 65_535, 1_000);
        window.received(60_000);
        window.consumed(60_000);
        assertEquals(0, window.increment());
        window.adjust(1_000 - 65_535);
        assertEquals(-59_000, window.available());
        assertEquals(60_000, window.increment());
        assertEquals(1_000, window.available());
        window.received(1_000);
        fails("1 FLOW_CONTROL_ERROR", () -> window.received(1));
    }

    @Test
    void receivingNeverHoldsMoreThanTheWindowAndNeverStopsForGood() throws Http2Error {
        for (int seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            int size = 1 + random.nextInt(random.nextBoolean() ? 10 : 100_000);
            int largest = size;
            ReceiveWindow window = new ReceiveWindow(3, size, size);
            long peer = size; // what it may send, by what it was told
            long held = 0;
            for (int i = 0; i < 200; i++) {
                String what = "seed " + seed + " step " + i;
                switch (random.nextInt(8)) {
                    case 0, 1, 2 -> {
                        int bytes = (int) Math.min(peer, random.nextInt(1 + size));
                        window.received(bytes);
                        peer -= bytes;
                        held += bytes;
                    }
                    case 3, 4, 5 -> {
                        int bytes = (int) Math.min(held, random.nextInt(1 + size));
                        window.consumed(bytes);
                        held -= bytes;
                    }
                    case 6 -> {
                        size = 1 + random.nextInt(2 * size);
                        largest = Math.max(largest, size);
                        window.resize(size);
                    }
                    default -> {
                        int increment = window.increment();
                        assertTrue(increment == 0 || 2L * increment >= size, what + ": " + increment);
                        peer += increment;
                    }
                }
                assertEquals(peer, window.available(), what);
                assertEquals(held, window.held(), what);
                assertTrue(peer + held <= largest, what);
                if (peer < Integer.MAX_VALUE) {
                    int tooMuch = (int) peer + 1;
                    fails("3 FLOW_CONTROL_ERROR", () -> window.received(tooMuch));
                }
            }
            window.consumed((int) held);
            window.increment();
            assertTrue(window.available() > 0, "seed " + seed + ": the peer can go on once all is consumed");
        }
    }

    @Test
    void aWindowMayBeHeldSmallerThanItsSizeForAWhile() throws Http2Error {
        ReceiveWindow window = new ReceiveWindow(0, 100, 1_000);
        assertEquals(0, window.increment(100));
        assertEquals(0, window.increment(150), "not worth a frame");
        assertEquals(300, window.increment(400));
        window.received(400);
        window.consumed(400);
        assertEquals(0, window.increment(0));
        assertEquals(0, window.increment(-5));
        assertEquals(10, window.increment(10));
        assertEquals(990, window.increment());
    }

    private static MemoryTransport transport(TestLoop loop) {
        return new MemoryTransport(loop, new TransportSettings(1, 1, 1, 1)).connect(IgnoringProtocol::new);
    }

    @Test
    void unreadContentTellsWhenThereIsRoomAgain() {
        List<Long> told = new ArrayList<>();
        UnreadContent[] self = new UnreadContent[1];
        UnreadContent unread =
                new UnreadContent(transport(new TestLoop(new ManualClock())), 100, 40, () -> told.add(self[0].room()));
        self[0] = unread;
        unread.add(50);
        unread.remove(10);
        assertEquals(List.of(), told, "there was enough");
        unread.add(70);
        assertEquals(-10, unread.room());
        unread.remove(20);
        assertEquals(List.of(), told);
        unread.remove(30);
        assertEquals(List.of(40L), told);
        unread.remove(10);
        assertEquals(List.of(40L), told, "once is enough");
        unread.remove(50);
        assertEquals(List.of(40L, 100L), told, "all is read");
        assertEquals(0, unread.waiting());
    }

    @Test
    void unreadContentIsModestWhereAllConnectionsTogetherHoldTooMuch() {
        TestLoop loop = new TestLoop(new ManualClock(), new BufferBound(1 << 20, 1));
        List<String> told = new ArrayList<>();
        UnreadContent much = new UnreadContent(transport(loop), 2 << 20, 1 << 19, () -> told.add("much"));
        UnreadContent little = new UnreadContent(transport(loop), 2 << 20, 1 << 19, () -> told.add("little"));
        much.add(1 << 20);
        assertTrue(much.room() < 0, "it has its part");
        assertEquals(BufferBound.MODEST, little.room());
        little.add(60_000);
        little.remove(60_000);
        assertEquals(List.of("little"), told, "its readers keep up");
        much.remove(1 << 19);
        assertEquals((2L << 20) - (1 << 19), much.room(), "the pressure has ended");
    }

    @Test
    void waitingBytesComeOutAsTheyWentIn() {
        for (long seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            WaitingBytes waiting = new WaitingBytes();
            ByteArrayOutputStream in = new ByteArrayOutputStream();
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            for (int step = 0; step < 300; step++) {
                if (random.nextInt(3) > 0) {
                    byte[] piece = new byte[random.nextInt(random.nextBoolean() ? 4 : 3_000)];
                    random.nextBytes(piece);
                    int offset = piece.length == 0 ? 0 : random.nextInt(piece.length);
                    waiting.add(piece, offset, piece.length - offset);
                    in.write(piece, offset, piece.length - offset);
                } else if (waiting.length() > 0) {
                    int n = waiting.firstLength();
                    out.write(waiting.remove(), 0, n);
                }
                assertEquals(in.size() - out.size(), waiting.length(), "seed " + seed);
            }
            while (waiting.length() > 0) {
                int n = waiting.firstLength();
                out.write(waiting.remove(), 0, n);
            }
            assertEquals(0, waiting.firstLength());
            assertArrayEquals(in.toByteArray(), out.toByteArray(), "seed " + seed);
        }
    }

    @Test
    void tinyPiecesAreGatheredInFewArrays() {
        WaitingBytes waiting = new WaitingBytes();
        for (int i = 0; i < 65_535; i++) {
            waiting.add(new byte[] {(byte) i}, 0, 1);
        }
        int pieces = 0;
        long held = 0;
        while (waiting.length() > 0) {
            held += waiting.remove().length;
            pieces++;
        }
        assertTrue(pieces < 16, pieces + " pieces");
        assertTrue(held < 2 * 65_535, held + " bytes");
    }
}
