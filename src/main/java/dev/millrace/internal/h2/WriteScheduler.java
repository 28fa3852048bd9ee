package dev.millrace.internal.h2;

import dev.millrace.internal.bytes.Nullable;
import java.util.function.Predicate;

/**
 * Says which stream's DATA goes next (RFC 9218 §10). Streams wait by urgency, the highest first. Among those of one
 * urgency, the ones that are not incremental go one after another, in the order of their identifiers, and incremental ones
 * go in turn; where there are both kinds, they alternate.
 *
 * <p>Nobody waits for ever. Of {@value #TURNS} turns at least one goes to an urgency that is not the highest, to each such
 * urgency in turn. A stream that is not incremental goes behind all others of its urgency when it has sent
 * {@value #SHARE} bytes, so that a response without an end does not hold up the others.
 *
 * <p>It keeps nothing but the ends of its lists. Turns, and streams that leave, cost the same however many streams wait; a
 * stream that joins is put behind the ones with lower identifiers, which are almost always all of them.
 *
 * @param <S> the streams
 */
final class WriteScheduler<S extends Scheduled> {
    /** After so many turns of the highest urgency, less one, another has one. */
    static final int TURNS = 16;

    /** Bytes that a stream may send while others of its urgency wait: more than most responses have. */
    static final int SHARE = 256 << 10;

    // two lists for each urgency: first of those that are not incremental, then of those that are
    private static final int LISTS = 2 * Priority.URGENCIES;
    private static final int URGENT = 0b11;

    private final @Nullable Scheduled[] first = new @Nullable Scheduled[LISTS];
    private final @Nullable Scheduled[] last = new @Nullable Scheduled[LISTS];
    private int waiting; // a bit for each list that is not empty
    private int alternation; // a bit for each urgency at which the incremental streams have the next turn
    private int turns; // of the highest urgency, while another waited
    private int favoured; // the urgency that had a turn last without being the highest

    /** {@return whether no stream waits} */
    boolean isEmpty() {
        return waiting == 0;
    }

    /** A stream has something to send, and may. Nothing changes if it waits already. */
    void add(S stream) {
        if (!stream.queued) {
            join(stream);
        }
    }

    /** A stream has nothing to send any more, or may not. Nothing changes if it does not wait. */
    void remove(S stream) {
        if (stream.queued) {
            leave(stream);
        }
    }

    /** Gives a stream another priority, whether it waits or not. */
    void prioritize(S stream, Priority priority) {
        if (stream.queued) {
            leave(stream);
            stream.priority = priority;
            join(stream);
        } else {
            stream.priority = priority;
        }
    }

    /** {@return the stream whose turn it is, the same until something changes; {@code null} if none waits} */
    @SuppressWarnings("unchecked") // no others come in
    @Nullable
    S next() {
        if (waiting == 0) {
            return null;
        }
        int urgency = nextUrgency();
        int lists = waiting >>> 2 * urgency & URGENT;
        int incremental = lists == URGENT ? alternation >>> urgency & 1 : lists >>> 1;
        return (S) first[2 * urgency + incremental];
    }

    /** {@return the first stream that waits, by urgency, and for which something holds; looks at all of them} */
    @SuppressWarnings("unchecked") // no others come in
    @Nullable
    S first(Predicate<S> holds) {
        for (Scheduled head : first) {
            for (Scheduled stream = head; stream != null; stream = stream.next) {
                if (holds.test((S) stream)) {
                    return (S) stream;
                }
            }
        }
        return null;
    }

    private int highestUrgency() {
        return Integer.numberOfTrailingZeros(waiting) >> 1;
    }

    private int nextUrgency() {
        int highest = highestUrgency();
        int others = waiting & ~(URGENT << 2 * highest);
        if (others == 0 || turns < TURNS - 1) {
            return highest;
        }
        int lower = others & -1 << 2 * (favoured + 1); // favoured + 1 is 8 at the most: no list has such a bit
        return Integer.numberOfTrailingZeros(lower == 0 ? others : lower) >> 1;
    }

    /**
     * A stream has used its turn. To be said of every turn, and before the stream is removed if it has nothing more.
     *
     * @param stream what {@link #next} gave
     * @param bytes how many it has sent
     */
    void sent(S stream, int bytes) {
        assert stream.queued;
        int urgency = stream.priority.urgency();
        int highest = highestUrgency();
        if (urgency != highest) {
            favoured = urgency;
            turns = 0;
        } else if ((waiting & ~(URGENT << 2 * highest)) != 0) {
            turns++;
        }
        if (stream.priority.incremental()) {
            alternation &= ~(1 << urgency);
            moveToEnd(stream);
            return;
        }
        alternation |= 1 << urgency;
        stream.behind = false;
        stream.sent += bytes;
        if (stream.sent >= SHARE) {
            stream.sent = 0;
            stream.behind = true;
            moveToEnd(stream);
        }
    }

    private static int list(Scheduled stream) {
        return 2 * stream.priority.urgency() + (stream.priority.incremental() ? 1 : 0);
    }

    private void join(Scheduled stream) {
        int list = list(stream);
        Scheduled after = last[list];
        if (!stream.priority.incremental() && !stream.behind) {
            while (after != null && !after.behind && after.streamId() > stream.streamId()) {
                after = after.previous;
            }
        }
        insert(list, stream, after);
        stream.queued = true;
        waiting |= 1 << list;
    }

    private void leave(Scheduled stream) {
        int list = list(stream);
        unlink(list, stream);
        stream.queued = false;
        if (first[list] == null) {
            waiting &= ~(1 << list);
        }
    }

    private void moveToEnd(Scheduled stream) {
        int list = list(stream);
        if (last[list] != stream) {
            unlink(list, stream);
            insert(list, stream, last[list]);
        }
    }

    /** Puts a stream behind another one, or first. */
    private void insert(int list, Scheduled stream, @Nullable Scheduled after) {
        Scheduled before = after == null ? first[list] : after.next;
        stream.previous = after;
        stream.next = before;
        if (after == null) {
            first[list] = stream;
        } else {
            after.next = stream;
        }
        if (before == null) {
            last[list] = stream;
        } else {
            before.previous = stream;
        }
    }

    private void unlink(int list, Scheduled stream) {
        Scheduled before = stream.previous;
        Scheduled after = stream.next;
        if (before == null) {
            first[list] = after;
        } else {
            before.next = after;
        }
        if (after == null) {
            last[list] = before;
        } else {
            after.previous = before;
        }
        stream.previous = null;
        stream.next = null;
    }
}
