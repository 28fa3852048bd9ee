package dev.millrace.internal.h2;

import dev.millrace.internal.bytes.Nullable;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * The open streams that the peer has initiated, by their numbers, and what has to be remembered of the others: a number that
 * is not in the table is idle, was skipped, was reset by us a moment ago, or is closed (RFC 9113 §5.1.1).
 */
final class StreamTable {
    private static final int FIRST_ROOM = 16;

    /** Streams whose peer may not have heard yet that we have reset them: as many as it may provoke at once. */
    private static final int RESETS = 1024;

    private static final int FIRST_RESETS = 16;

    private static final int GAPS = 8;

    private static final Http2Stream[] NONE = new Http2Stream[0];

    private @Nullable Http2Stream[] slots = NONE;
    private int size;
    private int last;
    private int[] resets = new int[0];
    private int resetCount;
    private int[] gaps = new int[0]; // from, to, from, to, …
    private int gapCount;

    /** {@return how many streams are open} */
    int size() {
        return size;
    }

    /** {@return the highest number that the peer has used} */
    int last() {
        return last;
    }

    /** A number is used: it and those below it are idle no more. */
    void use(int id) {
        if (id > last + 2) {
            if (gaps.length == 0) {
                gaps = new int[2 * GAPS];
            }
            int at = 2 * (gapCount++ % GAPS);
            gaps[at] = last + 1;
            gaps[at + 1] = id - 1;
        }
        last = id;
    }

    /** {@return whether the peer never used a number and cannot any more} */
    boolean skipped(int id) {
        for (int i = 0; i < 2 * Math.min(gapCount, GAPS); i += 2) {
            if (id >= gaps[i] && id <= gaps[i + 1]) {
                return true;
            }
        }
        return false;
    }

    /** Remembers that we have reset a stream: frames of it may be on their way. */
    void reset(int id) {
        if (resetCount == resets.length && resets.length < RESETS) {
            resets = Arrays.copyOf(resets, Math.max(FIRST_RESETS, 2 * resets.length));
        }
        resets[resetCount++ % resets.length] = id;
    }

    /** {@return whether we have reset a stream not long ago} */
    boolean wasReset(int id) {
        for (int i = 0; i < Math.min(resetCount, resets.length); i++) {
            if (resets[i] == id) {
                return true;
            }
        }
        return false;
    }

    private int slot(int id) {
        return (id >>> 1) & (slots.length - 1); // successive numbers are two apart
    }

    /** {@return an open stream, or {@code null}} */
    @Nullable
    Http2Stream get(int id) {
        if (size == 0) {
            return null;
        }
        for (int i = slot(id); ; i = (i + 1) & (slots.length - 1)) {
            Http2Stream found = slots[i];
            if (found == null || found.id() == id) {
                return found;
            }
        }
    }

    /** Adds a stream that is not there yet. */
    void add(Http2Stream stream) {
        if (2 * (size + 1) > slots.length) {
            @Nullable Http2Stream[] before = slots;
            slots = new Http2Stream[Math.max(FIRST_ROOM, 2 * before.length)];
            for (Http2Stream each : before) {
                if (each != null) {
                    put(each);
                }
            }
        }
        put(stream);
        size++;
    }

    private void put(Http2Stream stream) {
        int i = slot(stream.id());
        while (slots[i] != null) {
            i = (i + 1) & (slots.length - 1);
        }
        slots[i] = stream;
    }

    /** {@return whether a stream was there; it is not any more} */
    boolean remove(Http2Stream stream) {
        if (size == 0) {
            return false;
        }
        int mask = slots.length - 1;
        int hole = slot(stream.id());
        while (slots[hole] != stream) {
            if (slots[hole] == null) {
                return false;
            }
            hole = (hole + 1) & mask;
        }
        slots[hole] = null;
        size--;
        // what was pushed behind it by collisions moves up, so that a look-up still meets no hole before it
        for (int i = (hole + 1) & mask; ; i = (i + 1) & mask) {
            Http2Stream next = slots[i];
            if (next == null) {
                return true;
            }
            int home = slot(next.id());
            if (((i - home) & mask) >= ((i - hole) & mask)) {
                slots[hole] = next;
                slots[i] = null;
                hole = i;
            }
        }
    }

    /** {@return whether a stream has content that is not sent} */
    boolean anyToSend() {
        for (Http2Stream stream : slots) {
            if (stream != null && stream.queue().pending() > 0) {
                return true;
            }
        }
        return false;
    }

    /** {@return how many streams are in a state} */
    int count(StreamState state) {
        int n = 0;
        for (Http2Stream stream : slots) {
            if (stream != null && stream.state() == state) {
                n++;
            }
        }
        return n;
    }

    /** Does something with each stream that is open now, whatever that does to the table. */
    void forEach(Consumer<Http2Stream> action) {
        for (Http2Stream stream : Arrays.copyOf(slots, slots.length)) {
            if (stream != null) {
                action.accept(stream);
            }
        }
    }
}
