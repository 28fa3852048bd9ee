package dev.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.concurrent.Flow;
import org.junit.jupiter.api.Test;

class PublishersTest {
    private static final int PIECE = 64 << 10;

    private final ManualTimer timer = new ManualTimer();

    @Test
    void aPatternComesPieceByPieceAsItIsAskedFor() {
        Probe probe = Probe.of(new PatternPublisher(2 * PIECE + 5));
        assertEquals(0, probe.pieces);
        probe.subscription.request(1);
        assertEquals(PIECE, probe.bytes);
        probe.subscription.request(1);
        assertEquals(2 * PIECE, probe.bytes);
        assertEquals(0, probe.ends);
        probe.subscription.request(1);
        assertEquals(2 * PIECE + 5, probe.bytes);
        assertEquals(1, probe.ends);
        assertNull(probe.failure);
        for (int i = 0; i < probe.text.length(); i++) {
            assertEquals(Character.forDigit(i % 16, 16), probe.text.charAt(i));
        }
        probe.subscription.request(1);
        probe.subscription.cancel();
        assertEquals(3, probe.pieces);
        assertEquals(1, probe.ends);
    }

    @Test
    void piecesAreFreshViewsOfAnAccessibleArray() {
        new PatternPublisher(2 * PIECE).subscribe(new Probe() {
            private ByteBuffer before;

            @Override
            public void onSubscribe(Flow.Subscription value) {
                value.request(2);
            }

            @Override
            public void onNext(ByteBuffer piece) {
                assertTrue(piece.hasArray());
                assertEquals(PIECE, piece.remaining());
                assertTrue(piece != before);
                before = piece.position(10);
            }
        });
    }

    @Test
    void nothingIsCompleteWithoutBeingAskedFor() {
        assertEquals(1, Probe.of(new PatternPublisher(0)).ends);
        assertEquals(1, Probe.of(new TickPublisher(0, 5, timer)).ends);
    }

    /** A subscriber that asks for one more from within each piece would overflow the stack of a recursive publisher. */
    @Test
    void askingFromWithinAPieceMakesNoRecursion() {
        long length = 200_000L * PIECE;
        Probe probe = new Probe() {
            @Override
            public void onSubscribe(Flow.Subscription value) {
                super.onSubscribe(value);
                value.request(1);
                assertEquals(0, pieces, "nothing before onSubscribe has returned (Reactive Streams §1.9)");
            }

            @Override
            public void onNext(ByteBuffer piece) {
                bytes += piece.remaining();
                subscription.request(1);
            }
        };
        new PatternPublisher(length).subscribe(probe);
        assertEquals(length, probe.bytes);
        assertEquals(1, probe.ends);
        assertNull(probe.failure);
    }

    @Test
    void demandAddsUpWithoutOverflow() {
        Probe probe = Probe.of(new PatternPublisher(5L * PIECE));
        probe.subscription.request(2);
        probe.subscription.request(Long.MAX_VALUE);
        assertEquals(5, probe.pieces);
        assertEquals(1, probe.ends);
    }

    @Test
    void demandForLessThanOneIsAnError() {
        for (long bad : new long[] {0, -1, Long.MIN_VALUE}) {
            Probe probe = Probe.of(new PatternPublisher(100));
            probe.subscription.request(bad);
            assertInstanceOf(IllegalArgumentException.class, probe.failure);
            probe.subscription.request(1);
            assertEquals(0, probe.pieces);
            assertEquals(1, probe.ends);
        }
    }

    @Test
    void cancellingFromWithinAPieceIsTheEnd() {
        Probe probe = new Probe() {
            @Override
            public void onNext(ByteBuffer piece) {
                super.onNext(piece);
                subscription.cancel();
            }
        };
        new PatternPublisher(10L * PIECE).subscribe(probe);
        probe.subscription.request(Long.MAX_VALUE);
        assertEquals(1, probe.pieces);
        assertEquals(0, probe.ends);
    }

    @Test
    void ticksComeApart() {
        Probe probe = Probe.of(new TickPublisher(3, 100, timer));
        probe.subscription.request(Long.MAX_VALUE);
        assertEquals("chunk 1\n", probe.text.toString());
        timer.pass(99);
        assertEquals(1, probe.pieces);
        timer.pass(1);
        assertEquals("chunk 1\nchunk 2\n", probe.text.toString());
        assertEquals(0, probe.ends);
        timer.pass(100);
        assertEquals("chunk 1\nchunk 2\nchunk 3\n", probe.text.toString());
        assertEquals(1, probe.ends);
        assertEquals(0, timer.waiting());
    }

    @Test
    void aTickThatIsDueWaitsForDemand() {
        Probe probe = Probe.of(new TickPublisher(3, 100, timer));
        timer.pass(1000);
        assertEquals(0, probe.pieces);
        probe.subscription.request(1);
        timer.pass(1000);
        assertEquals(1, probe.pieces);
        probe.subscription.request(1);
        assertEquals(2, probe.pieces);
        probe.subscription.request(1);
        assertEquals(2, probe.pieces);
        timer.pass(100);
        assertEquals(3, probe.pieces);
        assertEquals(1, probe.ends);
    }

    @Test
    void ticksWithoutAnIntervalComeAtOnce() {
        Probe probe = Probe.of(new TickPublisher(50, 0, timer));
        probe.subscription.request(Long.MAX_VALUE);
        assertEquals(50, probe.pieces);
        assertEquals(1, probe.ends);
        assertEquals(0, timer.waiting());
    }

    @Test
    void cancellingStopsTheTimer() {
        Probe probe = Probe.of(new TickPublisher(3, 100, timer));
        probe.subscription.request(Long.MAX_VALUE);
        assertEquals(1, timer.waiting());
        probe.subscription.cancel();
        assertEquals(0, timer.waiting());
        timer.pass(1000);
        assertEquals(1, probe.pieces);
        assertEquals(0, probe.ends);
    }

    @Test
    void badDemandStopsTheTimer() {
        Probe probe = Probe.of(new TickPublisher(3, 100, timer));
        probe.subscription.request(1);
        assertEquals(1, timer.waiting());
        probe.subscription.request(0);
        assertEquals(0, timer.waiting());
        assertInstanceOf(IllegalArgumentException.class, probe.failure);
    }
}
