package dev.millrace.internal.time;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.testkit.ManualClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TimerWheelTest {

    private static final long TICK = TimerWheel.DEFAULT_TICK_NANOS;
    private static final long REVOLUTION = TICK * TimerWheel.DEFAULT_BUCKETS;
    private static final long SECOND = 1_000_000_000L;

    private final List<Deadline> fired = new ArrayList<>();

    /** Notes that it expired and then does what the test wants. */
    private class Noted extends Deadline {

        int count;
        long lastNanos;

        @Override
        protected void expired(long nowNanos) {
            assertFalse(armed());
            assertTrue(nowNanos - dueNanos() >= 0, "early");
            count++;
            lastNanos = nowNanos;
            fired.add(this);
        }
    }

    @Test
    void aNewDeadlineIsNotArmed() {
        TimerWheel wheel = new TimerWheel(0);
        Noted deadline = new Noted();
        assertFalse(deadline.armed());
        assertEquals(0, deadline.dueNanos());
        wheel.cancel(deadline);
        assertEquals(0, wheel.size());
        assertEquals(Long.MAX_VALUE, wheel.nanosToNext(0));
        assertEquals(0, wheel.advance(SECOND));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, -1, SECOND, Long.MAX_VALUE, Long.MAX_VALUE - TICK, Long.MIN_VALUE, -3 * TICK + 5})
    void expiresAtTheEndOfItsTickAndNotBefore(long start) {
        long day = 86_400 * SECOND;
        for (long after : new long[] {1, TICK - 1, TICK, TICK + 1, 10 * TICK, REVOLUTION, 60 * SECOND, day}) {
            fired.clear();
            TimerWheel wheel = new TimerWheel(start);
            Noted deadline = new Noted();
            wheel.arm(deadline, start + after);
            assertTrue(deadline.armed());
            assertEquals(start + after, deadline.dueNanos());
            long end = (after + TICK - 1) / TICK * TICK;
            assertEquals(end, wheel.nanosToNext(start));
            assertEquals(0, wheel.advance(start + end - 1));
            assertTrue(deadline.armed());
            assertEquals(1, wheel.nanosToNext(start + end - 1));
            assertEquals(1, wheel.advance(start + end));
            assertEquals(List.of(deadline), fired);
            assertEquals(start + end, deadline.lastNanos);
            assertEquals(0, wheel.size());
            assertEquals(Long.MAX_VALUE, wheel.nanosToNext(start + end));
        }
    }

    @Test
    void whatIsAlreadyDueExpiresInTheNextAdvanceThoughNoTickPassed() {
        long start = Long.MAX_VALUE - 100;
        TimerWheel wheel = new TimerWheel(start);
        long now = start + 5 * TICK + 300;
        wheel.advance(now);
        Noted atOnce = new Noted();
        Noted hourAgo = new Noted();
        wheel.arm(atOnce, now);
        wheel.arm(hourAgo, now - 3600 * SECOND);
        assertEquals(0, wheel.nanosToNext(now));
        assertEquals(2, wheel.advance(now));
        assertEquals(Long.MAX_VALUE, wheel.nanosToNext(now));
    }

    @Test
    void cancelAndReArm() {
        TimerWheel wheel = new TimerWheel(0);
        Noted moved = new Noted();
        Noted cancelled = new Noted();
        wheel.arm(moved, 5 * TICK);
        wheel.arm(cancelled, 5 * TICK);
        wheel.arm(moved, 9 * TICK);
        assertEquals(2, wheel.size());
        wheel.cancel(cancelled);
        assertFalse(cancelled.armed());
        assertEquals(1, wheel.size());
        assertEquals(0, wheel.advance(8 * TICK));
        wheel.arm(moved, 20 * TICK);
        wheel.arm(moved, 10 * TICK);
        assertEquals(1, wheel.advance(10 * TICK));
        assertEquals(List.of(moved), fired);
    }

    @Test
    void armAtMostOnlyMovesToEarlier() {
        TimerWheel wheel = new TimerWheel(Long.MAX_VALUE - TICK);
        long start = Long.MAX_VALUE - TICK;
        Noted deadline = new Noted();
        wheel.armAtMost(deadline, start + 10 * TICK);
        wheel.armAtMost(deadline, start + 11 * TICK);
        assertEquals(start + 10 * TICK, deadline.dueNanos());
        wheel.armAtMost(deadline, start + 4 * TICK);
        assertEquals(start + 4 * TICK, deadline.dueNanos());
        assertEquals(1, wheel.size());
        assertEquals(1, wheel.advance(start + 4 * TICK));
    }

    @Test
    void armAtMostDoesNotPutOffWhatIsAboutToExpire() {
        TimerWheel wheel = new TimerWheel(0);
        Noted second = new Noted();
        Noted first = new Noted() {
            @Override
            protected void expired(long nowNanos) {
                super.expired(nowNanos);
                wheel.armAtMost(second, nowNanos - SECOND);
                wheel.armAtMost(second, nowNanos + SECOND);
            }
        };
        wheel.arm(first, TICK);
        wheel.arm(second, TICK);
        assertEquals(2, wheel.advance(TICK));
        assertEquals(List.of(first, second), fired);
    }

    @Test
    void deadlinesOfALaterRevolutionStayInTheBucket() {
        TimerWheel wheel = new TimerWheel(0);
        Noted[] deadlines = new Noted[10];
        for (int i = 0; i < deadlines.length; i++) {
            deadlines[i] = new Noted();
            wheel.arm(deadlines[i], 3 * TICK + i * REVOLUTION);
        }
        for (int i = 0; i < deadlines.length; i++) {
            long end = 3 * TICK + i * REVOLUTION;
            assertEquals(0, wheel.advance(end - 1));
            assertEquals(1, wheel.nanosToNext(end - 1));
            assertEquals(1, wheel.advance(end));
            assertSame(deadlines[i], fired.get(i));
        }
    }

    @Test
    void aJumpOfHoursExpiresEverythingDueAndNothingElse() {
        TimerWheel wheel = new TimerWheel(-5);
        int count = 5000;
        for (int i = 0; i < count; i++) {
            wheel.arm(new Noted(), i * SECOND);
        }
        long now = 3600 * SECOND;
        assertEquals(3601, wheel.advance(now));
        assertEquals(count - 3601, wheel.size());
        assertEquals(count - 3601, wheel.advance(100L * 365 * 86_400 * SECOND));
    }

    @Test
    void aDueTimeAsFarAheadAsALongGoesNeverComes() {
        Noted never = new Noted();
        for (long start : new long[] {100, -100, Long.MAX_VALUE}) {
            TimerWheel wheel = new TimerWheel(start);
            wheel.arm(never, start - 10 + Long.MAX_VALUE);
            wheel.arm(never, start + 100 + Long.MAX_VALUE); // the wheel's present is behind that of who arms
            assertEquals(0, wheel.advance(start + 50));
            assertTrue(wheel.nanosToNext(start - 50) > Long.MAX_VALUE / 2);
            long later = start + 50L * 365 * 86_400 * SECOND;
            assertEquals(0, wheel.advance(later));
            wheel.armAtMost(never, later + 1);
            assertEquals(1, wheel.advance(later + SECOND));
        }
    }

    @Test
    void aPresentThatGoesBackStandsStill() {
        TimerWheel wheel = new TimerWheel(0);
        Noted deadline = new Noted();
        wheel.advance(10 * TICK);
        wheel.arm(deadline, 12 * TICK);
        assertEquals(0, wheel.advance(TICK));
        assertEquals(2 * TICK, wheel.nanosToNext(TICK));
        wheel.arm(deadline, 9 * TICK);
        assertEquals(1, wheel.advance(TICK));
        assertEquals(10 * TICK, deadline.lastNanos);
    }

    @Test
    void callbacksMayCancelAndMoveTheirNeighbours() {
        TimerWheel wheel = new TimerWheel(0);
        Noted cancelled = new Noted();
        Noted moved = new Noted();
        Noted last = new Noted();
        Noted first = new Noted() {
            @Override
            protected void expired(long nowNanos) {
                super.expired(nowNanos);
                wheel.cancel(cancelled);
                wheel.arm(moved, nowNanos + 2 * TICK);
                wheel.cancel(this);
            }
        };
        wheel.arm(first, TICK);
        wheel.arm(cancelled, TICK);
        wheel.arm(moved, TICK);
        wheel.arm(last, TICK);
        assertEquals(2, wheel.advance(TICK));
        assertEquals(List.of(first, last), fired);
        assertEquals(1, wheel.size());
        assertEquals(1, wheel.advance(3 * TICK));
        assertEquals(List.of(first, last, moved), fired);
    }

    @Test
    void whatACallbackArmsInThePastWaitsForTheNextAdvance() {
        TimerWheel wheel = new TimerWheel(0);
        Noted endless = new Noted() {
            @Override
            protected void expired(long nowNanos) {
                super.expired(nowNanos);
                wheel.arm(this, nowNanos);
            }
        };
        wheel.arm(endless, TICK);
        long now = TICK + 7;
        assertEquals(1, wheel.advance(now));
        assertEquals(0, wheel.nanosToNext(now));
        assertEquals(1, wheel.advance(now));
        assertEquals(2, endless.count);
    }

    @Test
    void aCallbackThatThrowsLosesNothing() {
        TimerWheel wheel = new TimerWheel(0);
        Noted thrower = new Noted() {
            @Override
            protected void expired(long nowNanos) {
                super.expired(nowNanos);
                throw new IllegalStateException("on purpose");
            }
        };
        Noted before = new Noted();
        Noted after = new Noted();
        Noted later = new Noted();
        Noted afterButCancelled = new Noted();
        wheel.arm(before, TICK);
        wheel.arm(thrower, TICK);
        wheel.arm(after, TICK);
        wheel.arm(afterButCancelled, TICK);
        wheel.arm(later, 5 * TICK);
        assertThrows(IllegalStateException.class, () -> wheel.advance(TICK));
        assertEquals(List.of(before, thrower), fired);
        assertFalse(thrower.armed());
        assertTrue(after.armed());
        assertEquals(3, wheel.size());
        assertEquals(0, wheel.nanosToNext(TICK));
        wheel.cancel(afterButCancelled);
        assertEquals(1, wheel.advance(TICK));
        assertEquals(4 * TICK, wheel.nanosToNext(TICK));
        assertEquals(1, wheel.advance(5 * TICK));
        assertEquals(List.of(before, thrower, after, later), fired);
    }

    @Test
    void oneBucketIsEnough() {
        TimerWheel wheel = new TimerWheel(0, 1024, 1);
        Noted a = new Noted();
        Noted b = new Noted();
        wheel.arm(b, 2000);
        wheel.arm(a, 1000);
        assertEquals(1, wheel.advance(1024));
        assertEquals(1, wheel.advance(2048));
        assertEquals(List.of(a, b), fired);
    }

    @Test
    void refusesSizesThatAreNoPowersOfTwoOrOutOfRange() {
        for (long tick : new long[] {0, -1, 1, 512, 1025, 1_000_000, 1L << 37, Long.MIN_VALUE}) {
            assertThrows(IllegalArgumentException.class, () -> new TimerWheel(0, tick, 8));
        }
        for (int buckets : new int[] {0, -1, 3, 1 << 21, Integer.MIN_VALUE}) {
            assertThrows(IllegalArgumentException.class, () -> new TimerWheel(0, 1024, buckets));
        }
    }

    @Test
    void fiveThousandIdleConnectionsCostOneWakeUp() {
        ManualClock clock = new ManualClock(Long.MAX_VALUE - SECOND);
        TimerWheel wheel = new TimerWheel(clock.nanos());
        for (int i = 0; i < 5000; i++) {
            wheel.arm(new Noted(), clock.nanos() + 60 * SECOND);
        }
        assertEquals(1, sleepUntilEmpty(clock, wheel));
        assertEquals(5000, fired.size());
    }

    @Test
    void spreadDeadlinesCostOneWakeUpForEachTickThatHasSome() {
        ManualClock clock = new ManualClock(-17);
        TimerWheel wheel = new TimerWheel(clock.nanos());
        for (int i = 0; i < 1000; i++) {
            // Two each 70 ms, so most ticks have none; the last one is due 16 revolutions ahead.
            wheel.arm(new Noted(), clock.nanos() + (i / 2) * 140_000_000L + 1);
        }
        assertEquals(500, sleepUntilEmpty(clock, wheel));
        assertEquals(1000, fired.size());
    }

    @Test
    void lazyActivityCostsOneWakeUpForEachTimeout() {
        ManualClock clock = new ManualClock();
        TimerWheel wheel = new TimerWheel(clock.nanos());
        long idle = 60 * SECOND;
        class Connection extends Noted {
            long idleUntil;
            boolean closed;

            @Override
            protected void expired(long nowNanos) {
                super.expired(nowNanos);
                if (idleUntil - nowNanos > 0) {
                    wheel.arm(this, idleUntil);
                } else {
                    closed = true;
                }
            }
        }
        Connection connection = new Connection();
        int turns = 0;
        for (int i = 0; i < 6010; i++) { // ten minutes and a second, activity each 100 ms
            connection.idleUntil = clock.nanos() + idle;
            wheel.armAtMost(connection, connection.idleUntil);
            clock.advance(Duration.ofMillis(100));
            if (wheel.nanosToNext(clock.nanos()) == 0) {
                turns++;
                wheel.advance(clock.nanos());
            }
        }
        assertEquals(10, turns);
        assertEquals(10, connection.count);
        assertFalse(connection.closed);
        sleepUntilEmpty(clock, wheel);
        assertTrue(connection.closed);
        assertTrue(clock.nanos() - connection.idleUntil <= TICK);
    }

    @Test
    void eachCancelledDeadlineCostsOneWakeUpForNothingAtMost() {
        ManualClock clock = new ManualClock();
        TimerWheel wheel = new TimerWheel(clock.nanos());
        wheel.arm(new Noted(), 600 * SECOND);
        for (int i = 0; i < 100; i++) {
            Noted cancelled = new Noted();
            // Shares a bucket with the one that stays.
            wheel.arm(cancelled, 600 * SECOND - REVOLUTION * (i % 5 + 1));
            wheel.cancel(cancelled);
        }
        int wakeUps = sleepUntilEmpty(clock, wheel);
        assertTrue(wakeUps <= 1 + 5, () -> wakeUps + " wake-ups");
        assertEquals(1, fired.size());
    }

    @Test
    void aLoneDeadlineLeavesNoTraceWhereItWas() {
        ManualClock clock = new ManualClock();
        TimerWheel wheel = new TimerWheel(clock.nanos());
        Noted deadline = new Noted();
        wheel.arm(deadline, TICK);
        wheel.cancel(deadline);
        assertEquals(Long.MAX_VALUE, wheel.nanosToNext(clock.nanos()));
        for (int i = 1; i <= 1000; i++) {
            wheel.arm(deadline, i * TICK);
            assertEquals(i * TICK, wheel.nanosToNext(clock.nanos()));
        }
        assertEquals(1, sleepUntilEmpty(clock, wheel));
    }

    @Test
    void anEmptiedBucketIsForgotten() {
        ManualClock clock = new ManualClock();
        TimerWheel wheel = new TimerWheel(clock.nanos());
        wheel.arm(new Noted(), 600 * SECOND);
        Noted moved = new Noted();
        for (int i = 1; i <= 300; i++) {
            wheel.arm(moved, i * TICK);
        }
        // One for nothing, at the first tick; then the two.
        assertEquals(3, sleepUntilEmpty(clock, wheel));
    }

    /** Sleeps and advances as a loop does, and returns how often it woke. */
    private static int sleepUntilEmpty(ManualClock clock, TimerWheel wheel) {
        int wakeUps = 0;
        while (wheel.size() > 0) {
            long sleep = wheel.nanosToNext(clock.nanos());
            assertTrue(sleep > 0 && sleep < Long.MAX_VALUE, () -> "would sleep " + sleep);
            clock.advanceNanos(sleep);
            wheel.advance(clock.nanos());
            wakeUps++;
        }
        return wakeUps;
    }
}
