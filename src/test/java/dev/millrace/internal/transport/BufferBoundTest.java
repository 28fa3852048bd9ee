package dev.millrace.internal.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.testkit.ManualClock;
import dev.millrace.testkit.OthersHolding;
import dev.millrace.testkit.TestLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class BufferBoundTest {
    private static final int MOST = 1 << 20;

    private final BufferBound bound = new BufferBound(MOST, 2);
    private final TestLoop loop = new TestLoop(new ManualClock(), bound);
    private final TestLoop other = new TestLoop(new ManualClock(), bound);

    private OthersHolding on(TestLoop where) {
        return new OthersHolding(where.buffers());
    }

    private void run() {
        loop.runTasks();
        other.runTasks();
    }

    @Test
    void allLoopsAreToldAtTheTwoThresholds() {
        OthersHolding here = on(loop).add(MOST / 2);
        OthersHolding there = on(other).add(MOST / 2 - 1);
        run();
        assertFalse(loop.buffers().pressed());
        there.add(bound.grain() + 1);
        assertTrue(other.buffers().pressed(), "at once where it is noticed");
        run();
        assertTrue(loop.buffers().pressed());
        here.holding().remove(MOST / 4);
        run();
        assertTrue(loop.buffers().pressed(), "not yet below three quarters");
        here.holding().remove(2 * bound.grain());
        assertFalse(other.buffers().pressed(), "known before it is told");
        run();
        assertFalse(loop.buffers().pressed());
        assertEquals(0, loop.waitingTasks());
    }

    @Test
    void belowTheGrainNothingIsLookedAtButAllIsCounted() {
        OthersHolding all = on(loop).add(MOST - 1);
        for (int i = 1; i < bound.grain(); i++) {
            all.add(1);
        }
        assertFalse(bound.pressed());
        assertEquals(MOST + bound.grain() - 2, bound.bytes());
        all.add(1);
        assertTrue(bound.pressed());
        all.holding().close();
        assertEquals(0, bound.bytes());
        assertFalse(bound.pressed());
    }

    @Test
    void thoseThatHoldMostAreHeldBackFirst() {
        List<OthersHolding> few = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            few.add(on(loop).add(MOST / 300));
        }
        OthersHolding large = on(loop).add(MOST / 8);
        OthersHolding largest = on(loop).add(MOST * 11 / 20);
        run();
        assertTrue(bound.pressed());
        assertTrue(largest.holding().heldBack());
        assertFalse(large.holding().heldBack(), "what the largest holds is more than what is too much");
        assertTrue(few.stream().noneMatch(holding -> holding.holding().heldBack()));
        large.add(MOST / 8);
        run();
        assertTrue(large.holding().heldBack(), "the sum has grown, and with it what is too much");
        few.get(0).add(MOST / 8);
        few.get(1).add(MOST / 8);
        run();
        assertTrue(
                few.stream().allMatch(holding -> holding.holding().heldBack()),
                "a quarter above the bound nobody is to bring more");
    }

    @Test
    void whoWasHeldBackIsToldThatThereIsRoom() {
        OthersHolding stays = on(loop).add(MOST / 2);
        OthersHolding small = on(other).add(1);
        OthersHolding gone = on(loop).add(MOST / 2);
        run();
        assertEquals(1, stays.heldBack() + gone.heldBack(), "one is enough");
        stays.add(MOST / 2);
        run();
        assertTrue(stays.holding().heldBack()
                && gone.holding().heldBack()
                && small.holding().heldBack());
        small.holding().remove(1);
        gone.holding().close();
        assertTrue(bound.pressed());
        stays.holding().remove(MOST / 2);
        run();
        assertFalse(bound.pressed());
        assertEquals(List.of(1, 1, 0), List.of(stays.relieved(), small.relieved(), gone.relieved()));
        assertFalse(stays.holding().heldBack() || small.holding().heldBack());
        stays.holding().close();
        assertEquals(0, bound.bytes());
    }

    @Test
    void aConnectionThatHasEndedHoldsNothingAnyMore() {
        OthersHolding ended = on(loop).add(100);
        ended.holding().close();
        ended.add(1000).holding().remove(7);
        ended.holding().close();
        assertEquals(0, ended.holding().bytes());
        assertEquals(0, bound.bytes());
    }

    /** Whatever comes: the sum is right, and what a threshold wants is noticed with the slack that is promised. */
    @Test
    void randomHoldings() {
        for (long seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            BufferBound any = new BufferBound(100 + random.nextInt(100_000), 2);
            TestLoop[] loops = {new TestLoop(new ManualClock(), any), new TestLoop(new ManualClock(), any)};
            List<OthersHolding> all = new ArrayList<>();
            for (int step = 0; step < 400; step++) {
                if (all.isEmpty() || random.nextInt(5) == 0) {
                    all.add(on(loops[random.nextInt(2)]));
                }
                OthersHolding one = all.get(random.nextInt(all.size()));
                int amount = random.nextInt((int) any.most() / 4);
                switch (random.nextInt(4)) {
                    case 0, 1 -> one.add(amount);
                    case 2 -> one.holding().remove(Math.min(one.holding().bytes(), amount));
                    default -> {
                        one.holding().close();
                        all.remove(one);
                    }
                }
                long sum =
                        all.stream().mapToLong(each -> each.holding().bytes()).sum();
                assertEquals(sum, any.bytes(), "seed " + seed);
                long slack = 2 * any.grain();
                assertTrue(any.pressed() || sum < any.most() + slack, "seed " + seed);
                assertTrue(!any.pressed() || sum >= any.most() * 3 / 4 - 2 * slack - 1, "seed " + seed);
                if (random.nextInt(3) == 0) {
                    loops[0].runTasks();
                    loops[1].runTasks();
                    for (OthersHolding each : all) {
                        assertTrue(any.pressed() || !each.holding().heldBack(), "seed " + seed);
                    }
                }
            }
            all.forEach(each -> each.holding().close());
            loops[0].runTasks();
            loops[1].runTasks();
            assertFalse(any.pressed());
            assertFalse(loops[0].buffers().pressed() || loops[1].buffers().pressed());
        }
    }
}
