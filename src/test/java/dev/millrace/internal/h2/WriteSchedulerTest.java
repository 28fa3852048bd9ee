package dev.millrace.internal.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** {@link WriteScheduler}: RFC 9218 §10, and that nobody waits for ever. */
class WriteSchedulerTest {
    private static final int FRAME = 16_384;

    private static final class Stream extends Scheduled {
        long waitingSince;

        Stream(int id) {
            super(id);
        }

        @Override
        public String toString() {
            return Integer.toString(streamId());
        }
    }

    private final WriteScheduler<Stream> scheduler = new WriteScheduler<>();

    private Stream stream(int id, String priority) {
        Stream stream = new Stream(id);
        scheduler.prioritize(stream, Priority.parse(priority));
        return stream;
    }

    private Stream waits(int id, String priority) {
        Stream stream = stream(id, priority);
        scheduler.add(stream);
        return stream;
    }

    private Stream turn(int bytes) {
        Stream next = scheduler.next();
        assertSame(next, scheduler.next(), "asking changes nothing");
        scheduler.sent(next, bytes);
        return next;
    }

    /** Whose turns follow, if each of them goes on. */
    private List<Integer> turns(int count) {
        List<Integer> ids = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            ids.add(turn(FRAME).streamId());
        }
        return ids;
    }

    /** In which order streams are served that have one frame each. */
    private List<Integer> order() {
        List<Integer> ids = new ArrayList<>();
        while (!scheduler.isEmpty()) {
            Stream next = turn(100);
            scheduler.remove(next);
            ids.add(next.streamId());
        }
        return ids;
    }

    @Test
    void nobodyWaits() {
        assertTrue(scheduler.isEmpty());
        assertNull(scheduler.next());
        Stream one = waits(1, "u=3");
        scheduler.add(one);
        assertSame(one, scheduler.next());
        scheduler.remove(one);
        scheduler.remove(one);
        assertTrue(scheduler.isEmpty());
        assertNull(scheduler.next());
    }

    @Test
    void theHighestUrgencyFirst() {
        int[] urgencies = {4, 0, 7, 2, 6, 1, 5, 3};
        for (int urgency : urgencies) {
            waits(1 + 2 * urgency, "u=" + urgency + (urgency % 2 == 0 ? ", i" : ""));
        }
        assertEquals(List.of(1, 3, 5, 7, 9, 11, 13, 15), order());
    }

    @Test
    void oneAfterAnotherInTheOrderOfIdentifiers() {
        for (int id : new int[] {9, 3, 15, 1, 7, 13, 5, 11}) {
            waits(id, "");
        }
        assertEquals(List.of(1, 1, 1, 1, 1), turns(5));
        assertEquals(List.of(1, 3, 5, 7, 9, 11, 13, 15), order());
    }

    @Test
    void aStreamThatComesBackTakesItsPlace() {
        Stream one = waits(1, "");
        waits(3, "");
        waits(5, "");
        scheduler.remove(one); // its window is full
        assertEquals(List.of(3, 3), turns(2));
        scheduler.add(one);
        assertEquals(List.of(1, 3, 5), order());
    }

    @Test
    void incrementalStreamsGoInTurn() {
        waits(5, "i");
        Stream one = waits(1, "i");
        waits(3, "i");
        assertEquals(List.of(5, 1, 3, 5, 1, 3, 5), turns(7));
        scheduler.remove(one);
        assertEquals(List.of(3, 5, 3), turns(3));
        scheduler.add(one);
        assertEquals(List.of(5, 3, 1, 5, 3, 1), turns(6), "who comes back is the last");
    }

    @Test
    void bothKindsAlternate() {
        waits(1, "");
        waits(3, "i");
        waits(5, "");
        waits(7, "i");
        assertEquals(List.of(1, 3, 1, 7, 1, 3, 1, 7), turns(8));
        Stream one = scheduler.next();
        assertEquals(1, one.streamId());
        scheduler.remove(one);
        assertEquals(List.of(5, 3, 5, 7), turns(4));
    }

    @Test
    void anotherPriorityCountsAtOnce() {
        Stream one = waits(1, "u=5");
        Stream three = waits(3, "u=5");
        Stream five = stream(5, "u=5");
        scheduler.prioritize(three, Priority.of(1, true));
        assertSame(three, scheduler.next());
        scheduler.prioritize(five, Priority.of(0, false));
        assertSame(three, scheduler.next(), "it does not wait");
        scheduler.add(five);
        assertSame(five, scheduler.next());
        scheduler.prioritize(five, Priority.of(7, false));
        scheduler.prioritize(three, Priority.of(7, true));
        assertEquals(Priority.of(7, true), three.priority());
        assertSame(one, scheduler.next());
    }

    @Test
    void ofSixteenTurnsOneGoesToAnotherUrgency() {
        waits(1, "u=0");
        waits(3, "u=3");
        waits(5, "u=7, i");
        List<Integer> ids = turns(16 * 20);
        for (int i = 0; i < ids.size(); i += 16) {
            assertEquals(i % 32 == 0 ? 3 : 5, ids.get(i + 15));
            assertEquals(1, ids.subList(i, i + 15).stream().distinct().count());
        }
    }

    @Test
    void turnsOfStreamsThatComeAndGoCountToo() {
        Stream background = waits(1, "u=7");
        int others = 0;
        for (int id = 3; scheduler.next() == background || others < 100; id += 2) {
            Stream urgent = waits(id, "u=0");
            Stream next = turn(10);
            if (next == background) {
                break;
            }
            assertSame(urgent, next);
            scheduler.remove(urgent);
            others++;
        }
        assertEquals(15, others);
    }

    @Test
    void aResponseWithoutAnEndLetsOthersPass() {
        waits(1, "");
        waits(3, "");
        int each = WriteScheduler.SHARE / FRAME;
        List<Integer> ids = turns(each * 4);
        for (int i = 0; i < ids.size(); i++) {
            assertEquals(i / each % 2 == 0 ? 1 : 3, ids.get(i), "turn " + i);
        }
        waits(5, "");
        assertEquals(5, turns(each * 2 + 1).get(each * 2), "it comes behind both");
    }

    @Test
    void whoLeavesAndComesBackDoesNotPassForEver() {
        Stream one = waits(1, "");
        Stream three = waits(3, "");
        long sent = 0;
        while (scheduler.next() == one) {
            turn(1000);
            sent += 1000;
            scheduler.remove(one); // what it had is out, and there is more
            scheduler.add(one);
            assertTrue(sent < 2 * WriteScheduler.SHARE);
        }
        assertSame(three, scheduler.next());
        assertTrue(sent >= WriteScheduler.SHARE);
        scheduler.remove(one);
        scheduler.add(one);
        assertSame(three, scheduler.next(), "coming back again does not help");
    }

    /** What {@link WriteScheduler} promises, with lists that are searched. */
    private static final class Model {
        final List<List<Stream>> ordered = new ArrayList<>();
        final List<List<Stream>> rotating = new ArrayList<>();
        final boolean[] rotatingNext = new boolean[8];
        int turns;
        int favoured;

        Model() {
            for (int i = 0; i < 8; i++) {
                ordered.add(new ArrayList<>());
                rotating.add(new ArrayList<>());
            }
        }

        List<Integer> urgencies() {
            List<Integer> all = new ArrayList<>();
            for (int u = 0; u < 8; u++) {
                if (!ordered.get(u).isEmpty() || !rotating.get(u).isEmpty()) {
                    all.add(u);
                }
            }
            return all;
        }

        Stream next() {
            List<Integer> urgencies = urgencies();
            if (urgencies.isEmpty()) {
                return null;
            }
            int u = urgencies.get(0);
            if (turns >= 15 && urgencies.size() > 1) {
                u = urgencies.get(1);
                for (int other : urgencies.subList(1, urgencies.size())) {
                    if (other > favoured) {
                        u = other;
                        break;
                    }
                }
            }
            boolean rotate = ordered.get(u).isEmpty() || (!rotating.get(u).isEmpty() && rotatingNext[u]);
            return (rotate ? rotating : ordered).get(u).get(0);
        }

        void sent(Stream stream, Stream[] shares, long[] bytes, boolean[] behind, int n) {
            int u = stream.priority().urgency();
            if (u != urgencies().get(0)) {
                favoured = u;
                turns = 0;
            } else if (urgencies().size() > 1) {
                turns++;
            }
            rotatingNext[u] = !stream.priority().incremental();
            if (stream.priority().incremental()) {
                rotating.get(u).remove(stream);
                rotating.get(u).add(stream);
                return;
            }
            int i = index(shares, stream);
            behind[i] = false;
            bytes[i] += n;
            if (bytes[i] >= WriteScheduler.SHARE) {
                bytes[i] = 0;
                behind[i] = true;
                ordered.get(u).remove(stream);
                ordered.get(u).add(stream);
            }
        }

        static int index(Stream[] all, Stream one) {
            for (int i = 0; i < all.length; i++) {
                if (all[i] == one) {
                    return i;
                }
            }
            throw new AssertionError();
        }

        void add(Stream stream, Stream[] all, boolean[] behind) {
            int u = stream.priority().urgency();
            if (stream.priority().incremental()) {
                rotating.get(u).add(stream);
                return;
            }
            List<Stream> list = ordered.get(u);
            int at = list.size();
            while (!behind[index(all, stream)]
                    && at > 0
                    && !behind[index(all, list.get(at - 1))]
                    && list.get(at - 1).streamId() > stream.streamId()) {
                at--;
            }
            list.add(at, stream);
        }

        boolean waits(Stream stream) {
            int u = stream.priority().urgency();
            return ordered.get(u).contains(stream) || rotating.get(u).contains(stream);
        }

        boolean remove(Stream stream) {
            int u = stream.priority().urgency();
            return ordered.get(u).remove(stream) || rotating.get(u).remove(stream);
        }
    }

    @Test
    void itDoesWhatTheModelDoes() {
        for (int seed = 0; seed < 400; seed++) {
            Random random = new Random(seed);
            WriteScheduler<Stream> own = new WriteScheduler<>();
            Model model = new Model();
            Stream[] all = new Stream[1 + random.nextInt(12)];
            long[] bytes = new long[all.length];
            boolean[] behind = new boolean[all.length];
            int urgencies = 1 + random.nextInt(8);
            for (int i = 0; i < all.length; i++) {
                all[i] = new Stream(2 * i + 1);
            }
            for (int step = 0; step < 500; step++) {
                String what = "seed " + seed + " step " + step;
                Stream stream = all[random.nextInt(all.length)];
                switch (random.nextInt(8)) {
                    case 0, 1 -> {
                        if (!model.waits(stream)) {
                            model.add(stream, all, behind);
                        }
                        own.add(stream);
                    }
                    case 2 -> {
                        model.remove(stream);
                        own.remove(stream);
                    }
                    case 3 -> {
                        boolean waited = model.remove(stream);
                        own.prioritize(stream, Priority.of(random.nextInt(urgencies), random.nextBoolean()));
                        if (waited) {
                            model.add(stream, all, behind);
                        }
                    }
                    default -> {
                        Stream next = model.next();
                        if (next != null) {
                            int n = random.nextInt(100_000);
                            model.sent(next, all, bytes, behind, n);
                            own.sent(next, n);
                        }
                    }
                }
                assertSame(model.next(), own.next(), what);
                assertEquals(model.urgencies().isEmpty(), own.isEmpty(), what);
            }
        }
    }

    /** All streams want to send for ever, some leave and come back: each gets its turn in a bounded number of turns. */
    @Test
    void nobodyWaitsForEver() {
        for (int seed = 0; seed < 20; seed++) {
            Random random = new Random(seed);
            WriteScheduler<Stream> own = new WriteScheduler<>();
            List<Stream> all = new ArrayList<>();
            int count = 2 + random.nextInt(8);
            for (int i = 0; i < count; i++) {
                Stream stream = new Stream(2 * i + 1);
                own.prioritize(stream, Priority.of(random.nextInt(8), random.nextBoolean()));
                own.add(stream);
                all.add(stream);
            }
            // another urgency: one in 16 turns, for one of 7; there, each second turn; there, all others' shares first
            long bound = 16L * 7 * 2 * count * (WriteScheduler.SHARE / FRAME + 1);
            for (long turn = 0; turn < 4 * bound; turn++) {
                Stream next = own.next();
                assertTrue(turn - next.waitingSince <= bound, "seed " + seed + ": " + next + " at " + turn);
                next.waitingSince = turn;
                own.sent(next, FRAME);
                if (random.nextInt(3) == 0) {
                    own.remove(next);
                    own.add(next);
                }
            }
            for (Stream stream : all) {
                assertTrue(4 * bound - stream.waitingSince <= bound, "seed " + seed + ": " + stream + " waits still");
            }
        }
    }
}
