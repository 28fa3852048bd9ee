package dev.millrace.internal.time;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.testkit.ManualClock;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ClockTest {

    @Test
    void theSystemClockReadsTheMachinesClocks() {
        Clock clock = Clock.system();
        assertSame(clock, Clock.system());

        long nanosBefore = System.nanoTime();
        long nanos = clock.nanos();
        assertTrue(nanos - nanosBefore >= 0);
        assertTrue(System.nanoTime() - nanos >= 0);
        // The wall clock may be set at any moment, so only what cannot be another clock's reading: after 2020, in ms.
        assertTrue(clock.epochMillis() > 1_577_836_800_000L);
        assertTrue(clock.epochMillis() < 1_577_836_800_000L * 100);
    }

    @Test
    void theManualClockMovesBothReadingsAndKeepsFractionsOfAMillisecond() {
        ManualClock clock = new ManualClock(7);
        long epoch = clock.epochMillis();
        clock.advanceNanos(600_000);
        assertEquals(600_007, clock.nanos());
        assertEquals(epoch, clock.epochMillis());
        clock.advanceNanos(600_000);
        assertEquals(epoch + 1, clock.epochMillis());
        clock.advance(Duration.ofSeconds(3));
        assertEquals(3_001_200_007L, clock.nanos());
        assertEquals(epoch + 3001, clock.epochMillis());
    }

    @Test
    void theManualClockWrapsAndDoesNotGoBack() {
        ManualClock clock = new ManualClock(Long.MAX_VALUE);
        long epoch = clock.epochMillis();
        clock.set(Long.MIN_VALUE + 999_999);
        assertEquals(Long.MIN_VALUE + 999_999, clock.nanos());
        assertEquals(epoch + 1, clock.epochMillis());
        assertThrows(IllegalArgumentException.class, () -> clock.set(Long.MAX_VALUE));
        assertThrows(IllegalArgumentException.class, () -> clock.advanceNanos(-1));
    }

    @Test
    void theManualWallClockJumpsAlone() {
        ManualClock clock = new ManualClock();
        clock.advanceNanos(500_000);
        clock.setEpochMillis(5);
        assertEquals(500_000, clock.nanos());
        clock.advanceNanos(999_999);
        assertEquals(5, clock.epochMillis());
        clock.advanceNanos(1);
        assertEquals(6, clock.epochMillis());
    }
}
