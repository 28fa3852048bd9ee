package dev.millrace.internal.time;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Comparator;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Random operations on a wheel and on a sorted set beside it. A failing case is replayed by its seed. */
class TimerWheelModelTest {

    private static final int OPERATIONS = 100_000;
    private static final int DEADLINES = 100;
    private static final long HOUR = 3_600_000_000_000L;

    @ParameterizedTest
    @CsvSource({
        // seed, start, tick shift, buckets
        "1, 0, 23, 512",
        "2, 9223372036854775807, 23, 512",
        "3, 9223372036853775807, 20, 64",
        "4, -9223372036854775808, 24, 8",
        "5, -1, 10, 16",
        "6, 9223368436854775807, 26, 512", // one hour before the wrap-around
        "7, -3600000000000, 23, 1",
        "8, 123456789012345, 36, 4"
    })
    void theWheelDoesWhatASortedSetDoes(long seed, long start, int tickShift, int buckets) {
        Run run = new Run(seed, start, 1L << tickShift, buckets);
        for (int i = 0; i < OPERATIONS; i++) {
            try {
                run.step();
            } catch (AssertionError e) {
                throw new AssertionError("seed " + seed + ", operation " + i + ": " + e.getMessage(), e);
            }
        }
        assertTrue(run.expiredInAll > OPERATIONS / 10, () -> "only " + run.expiredInAll + " expired");
        assertTrue(run.thrown > 100, () -> "only " + run.thrown + " threw");
    }

    private static final class OnPurpose extends RuntimeException {
        private static final long serialVersionUID = 1;

        OnPurpose() {
            super(null, null, false, false);
        }
    }

    private static final class Run {
        final SplittableRandom random;
        final long start;
        final long tick;
        final long revolution;
        final TimerWheel wheel;
        final Modelled[] all = new Modelled[DEADLINES];
        final TreeSet<Modelled> model =
                new TreeSet<>(Comparator.<Modelled>comparingLong(d -> d.latest).thenComparingInt(d -> d.id));

        /** The present, counted from the start: never wraps, and neither does anything else in the model. */
        long elapsed;

        long advances;
        boolean inAdvance;
        int expiredNow;
        int expiredInAll;
        int thrown;

        Run(long seed, long start, long tick, int buckets) {
            this.random = new SplittableRandom(seed);
            this.start = start;
            this.tick = tick;
            this.revolution = tick * buckets;
            this.wheel = new TimerWheel(start, tick, buckets);
            for (int i = 0; i < all.length; i++) {
                all[i] = new Modelled(this, i);
            }
        }

        void step() {
            if (random.nextInt(4) == 0) {
                advance();
            } else {
                operate();
            }
            check();
        }

        void operate() {
            Modelled deadline = all[random.nextInt(all.length)];
            long due = elapsed + someSpan();
            switch (random.nextInt(8)) {
                case 0 -> cancel(deadline);
                case 1, 2 -> armAtMost(deadline, due);
                default -> arm(deadline, due);
            }
        }

        long someSpan() {
            return switch (random.nextInt(8)) {
                case 0 -> -random.nextLong(HOUR);
                case 1 -> 0;
                case 2 -> random.nextLong(tick);
                case 3 -> random.nextLong(10) * tick - elapsed % tick + random.nextLong(3) - 1;
                case 4 -> random.nextLong(revolution);
                case 5 -> random.nextLong(20) * revolution;
                case 6 -> random.nextLong(20 * revolution);
                default -> random.nextLong(24 * HOUR);
            };
        }

        void arm(Modelled deadline, long due) {
            wheel.arm(deadline, start + due);
            armed(deadline, due);
        }

        void armAtMost(Modelled deadline, long due) {
            boolean expected = !deadline.inModel || (deadline.due > elapsed && due < deadline.due);
            wheel.armAtMost(deadline, start + due);
            if (expected) {
                armed(deadline, due);
            }
        }

        void armed(Modelled deadline, long due) {
            model.remove(deadline);
            deadline.due = due;
            deadline.latest = due <= elapsed ? elapsed : (due + tick - 1) / tick * tick;
            deadline.armedIn = inAdvance ? advances : 0;
            model.add(deadline);
            deadline.inModel = true;
        }

        void cancel(Modelled deadline) {
            wheel.cancel(deadline);
            model.remove(deadline);
            deadline.inModel = false;
        }

        void advance() {
            elapsed += switch (random.nextInt(8)) {
                case 0 -> 0;
                case 1 -> random.nextLong(tick);
                case 2 -> tick - elapsed % tick;
                case 3 -> random.nextLong(revolution);
                case 4 -> random.nextInt(50) == 0 ? random.nextLong(HOUR) : 1;
                default -> sleep();
            };
            advances++;
            boolean again = true;
            while (again) {
                again = false;
                expiredNow = 0;
                inAdvance = true;
                try {
                    assertEquals(wheel.advance(start + elapsed), expiredNow);
                } catch (OnPurpose e) {
                    again = true;
                    thrown++;
                    // What is left over expires next; what callbacks armed before the throw may then, too.
                    for (Modelled deadline : all) {
                        deadline.armedIn = 0;
                    }
                }
                inAdvance = false;
                if (again) {
                    check();
                }
            }
            for (Modelled deadline : model) {
                assertTrue(
                        deadline.latest > elapsed || deadline.armedIn == advances,
                        () -> "late by " + (elapsed - deadline.latest));
            }
        }

        long sleep() {
            long sleep = wheel.nanosToNext(start + elapsed);
            return sleep == Long.MAX_VALUE ? 0 : sleep;
        }

        void check() {
            assertEquals(model.size(), wheel.size(), "size");
            for (Modelled deadline : all) {
                assertEquals(deadline.inModel, deadline.armed(), "armed");
                if (deadline.inModel) {
                    assertEquals(start + deadline.due, deadline.dueNanos(), "due time");
                }
            }
            long sleep = wheel.nanosToNext(start + elapsed);
            assertTrue(sleep >= 0, "negative sleep");
            if (model.isEmpty()) {
                assertEquals(Long.MAX_VALUE, sleep);
            } else {
                long atMost = Math.max(0, model.first().latest - elapsed);
                assertTrue(sleep <= atMost, () -> "would oversleep by " + (sleep - atMost));
            }
        }

        void expired(Modelled deadline, long nowNanos) {
            assertTrue(inAdvance);
            assertEquals(start + elapsed, nowNanos, "present");
            assertTrue(model.remove(deadline), "expired though not armed");
            deadline.inModel = false;
            assertFalse(deadline.armed(), "armed while it expires");
            assertTrue(deadline.due <= elapsed, () -> "early by " + (deadline.due - elapsed));
            assertTrue(deadline.armedIn != advances, "armed in this advance");
            expiredNow++;
            expiredInAll++;
            if (random.nextInt(3) == 0) {
                arm(deadline, elapsed + someSpan());
            }
            for (int i = random.nextInt(4); i > 0; i--) {
                operate();
            }
            if (random.nextInt(50) == 0) {
                throw new OnPurpose();
            }
        }
    }

    private static final class Modelled extends Deadline {
        final Run run;
        final int id;
        long due;
        long latest;
        long armedIn;
        boolean inModel;

        Modelled(Run run, int id) {
            this.run = run;
            this.id = id;
        }

        @Override
        protected void expired(long nowNanos) {
            run.expired(this, nowNanos);
        }
    }
}
