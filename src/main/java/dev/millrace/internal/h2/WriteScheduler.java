package dev.millrace.internal.h2;

import dev.millrace.internal.bytes.Nullable;

/**
 * Says which stream's DATA goes next (RFC 9218 §10). Streams wait by urgency, the highest first. Among those of one
 * urgency, the ones that are not incremental go one after another, in the order of their identifiers, and incremental ones
 * go in turn; where there are both kinds, they alternate.
 *
 * <p>Nobody waits for ever. Of {@value #TURNS} turns at least one goes to an urgency that is not the highest, to each such
 * urgency in turn. A stream that is not incremental goes behind all others of its urgency when it has sent
 * {@value #SHARE} bytes, so that a response without an end does not hold up the others.
 *
 * <p>It keeps no more than the heads of its lists. Turns, and streams that leave, cost the same however many streams wait; a
 * stream that joins is put behind the ones with lower identifiers, which are almost always all of them.
 *
 * @param <S> the streams
 */
final class WriteScheduler<S extends Scheduled> {
    /** After so many turns of the highest urgency, less one, another has one. */
    static final int TURNS = 16;

    /** Bytes that a stream may send while others of its urgency wait: large enough for most responses. */
    static final int SHARE = 1 << 20;

    /** The streams of one urgency that are incremental, or that are not. */
    private static final class Queue {
        @Nullable
        Scheduled first;

        @Nullable
        Scheduled last;

        boolean isEmpty() {
            return first == null;
        }

        /** Puts a stream behind another one, or first. */
        void insert(Scheduled stream, @Nullable Scheduled after) {
            Scheduled before = after == null ? first : after.next;
            stream.previous = after;
            stream.next = before;
            if (after == null) {
                first = stream;
            } else {
                after.next = stream;
            }
            if (before == null) {
                last = stream;
            } else {
                before.previous = stream;
            }
        }

        void remove(Scheduled stream) {
            Scheduled before = stream.previous;
            Scheduled after = stream.next;
            if (before == null) {
                first = after;
            } else {
                before.next = after;
            }
            if (after == null) {
                last = before;
            } else {
                after.previous = before;
            }
            stream.previous = null;
            stream.next = null;
        }
    }

    private final Queue[] inOrder = new Queue[Priority.URGENCIES];
    private final Queue[] inTurn = new Queue[Priority.URGENCIES];
    private int urgencies; // a bit for each at which a stream waits
    private int alternation; // a bit for each at which the incremental streams have the next turn
    private int turns; // of the highest urgency, while another waited
    private int favoured; // the urgency that had a turn last without being the highest
    private int size;

    WriteScheduler() {
        for (int i = 0; i < Priority.URGENCIES; i++) {
            inOrder[i] = new Queue();
            inTurn[i] = new Queue();
        }
    }

    /** {@return whether no stream waits} */
    boolean isEmpty() {
        return urgencies == 0;
    }

    /** {@return how many streams wait} */
    int size() {
        return size;
    }

    /** A stream has something to send, and may. Nothing changes if it waits already. */
    void add(S stream) {
        if (!stream.queued) {
            insert(stream);
        }
    }

    /** A stream has nothing to send any more, or may not. Nothing changes if it does not wait. */
    void remove(S stream) {
        if (stream.queued) {
            take(stream);
        }
    }

    /** Gives a stream another priority, whether it waits or not. */
    void prioritize(S stream, Priority priority) {
        if (stream.queued) {
            take(stream);
            stream.priority = priority;
            insert(stream);
        } else {
            stream.priority = priority;
        }
    }

    /** {@return the stream whose turn it is, the same until something changes; {@code null} if none waits} */
    @SuppressWarnings("unchecked") // only streams of this type come in
    @Nullable
    S next() {
        if (urgencies == 0) {
            return null;
        }
        int urgency = urgency();
        Queue ordered = inOrder[urgency];
        Queue rotating = inTurn[urgency];
        boolean incremental = ordered.isEmpty() || (!rotating.isEmpty() && (alternation & 1 << urgency) != 0);
        return (S) (incremental ? rotating.first : ordered.first);
    }

    private int urgency() {
        int highest = Integer.numberOfTrailingZeros(urgencies);
        int others = urgencies & (urgencies - 1);
        if (others == 0 || turns < TURNS - 1) {
            return highest;
        }
        int behindFavoured = others & -2 << favoured;
        return Integer.numberOfTrailingZeros(behindFavoured == 0 ? others : behindFavoured);
    }

    /**
     * A stream has used its turn.
     *
     * @param stream what {@link #next} gave
     * @param bytes how many it has sent
     */
    void sent(S stream, int bytes) {
        int urgency = stream.priority.urgency();
        if (urgency != Integer.numberOfTrailingZeros(urgencies)) {
            favoured = urgency;
            turns = 0;
        } else if ((urgencies & (urgencies - 1)) != 0) {
            turns++;
        }
        boolean incremental = stream.priority.incremental();
        if (incremental) {
            alternation &= ~(1 << urgency);
            moveToEnd(inTurn[urgency], stream);
            return;
        }
        alternation |= 1 << urgency;
        stream.behind = false;
        stream.sent += bytes;
        if (stream.sent >= SHARE) {
            stream.sent = 0;
            stream.behind = true;
            moveToEnd(inOrder[urgency], stream);
        }
    }

    private static void moveToEnd(Queue queue, Scheduled stream) {
        if (queue.last != stream) {
            queue.remove(stream);
            queue.insert(stream, queue.last);
        }
    }

    private void insert(S stream) {
        int urgency = stream.priority.urgency();
        if (stream.priority.incremental()) {
            inTurn[urgency].insert(stream, inTurn[urgency].last);
        } else {
            Queue queue = inOrder[urgency];
            Scheduled after = queue.last;
            if (!stream.behind) {
                while (after != null && !after.behind && after.streamId() > stream.streamId()) {
                    after = after.previous;
                }
            }
            queue.insert(stream, after);
        }
        stream.queued = true;
        urgencies |= 1 << urgency;
        size++;
    }

    private void take(S stream) {
        int urgency = stream.priority.urgency();
        (stream.priority.incremental() ? inTurn : inOrder)[urgency].remove(stream);
        stream.queued = false;
        size--;
        if (inOrder[urgency].isEmpty() && inTurn[urgency].isEmpty()) {
            urgencies &= ~(1 << urgency);
        }
    }
}
