package dev.millrace.internal.h2;

import dev.millrace.http.Flood;
import dev.millrace.http.Http2Limits;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * Counts what costs a peer little and this side more, and ends the connection when there is too much of it. {@link Flood}
 * says what each kind is, how its bucket fills up, and why. All that is kept of a bucket is the time at which it is going to
 * be full, and what has been allowed since that was reckoned.
 */
final class FloodGuard {
    /** A DATA frame below this is not worth its header, unless there is no more to say. */
    static final int TINY = 256;

    /** In which an empty bucket fills up. */
    private static final long FILLING = TimeUnit.SECONDS.toNanos(10);

    /** Parameters that are worth one SETTINGS frame. */
    private static final int PARAMETERS = 32;

    private static final int PRIORITIES_A_STREAM = 4;
    private static final int UNKNOWN_A_STREAM = 4;
    private static final int UPDATES_A_STREAM = 2;
    private static final int UPDATES_A_FRAME = 4;
    private static final int BYTES_AN_UPDATE = 512;

    /** Frames of a stream that may be on their way when it is given up: a window full of long ones. */
    private static final int FRAMES_ON_THEIR_WAY = 256;

    private final Http2Limits limits;
    private final long[] fullAt = new long[Flood.values().length];
    private final int[] allowed = new int[fullAt.length];
    private int unread;

    /**
     * A guard for one connection.
     *
     * @param limits has the bounds
     * @param now the loop's time
     */
    FloodGuard(Http2Limits limits, long now) {
        this.limits = limits;
        Arrays.fill(fullAt, now);
    }

    /**
     * The peer has done something once. Not for {@link Flood#CONTINUATION}, which the decoder counts, nor for
     * {@link Flood#UNREAD_ANSWERS} ({@link #answered}).
     *
     * @param kind what
     * @param now the loop's time
     * @throws Http2Error if that was too much
     */
    void count(Flood kind, long now) throws Http2Error {
        count(kind, 1, now);
    }

    private void count(Flood kind, int times, long now) throws Http2Error {
        int k = bucket(kind);
        int bound = limits.flood(kind);
        long each = FILLING / bound;
        long full = fullAt[k] - Math.min(allowed[k], bound) * each;
        allowed[k] = 0;
        full = (full - now < 0 ? now : full) + times * each;
        fullAt[k] = full;
        if (full - now > FILLING) {
            throw tooMuch(kind);
        }
    }

    /**
     * A SETTINGS frame came.
     *
     * @param entries how many parameters it has
     * @param now the loop's time
     * @throws Http2Error if that was too much
     */
    void settings(int entries, long now) throws Http2Error {
        count(Flood.SETTINGS, 1 + entries / PARAMETERS, now);
    }

    /** A stream was opened, and was not refused. */
    void streamOpened() {
        allow(Flood.PING, 1);
        allow(Flood.PRIORITY, PRIORITIES_A_STREAM);
        allow(Flood.EMPTY_FRAMES, 1);
        allow(Flood.WINDOW_UPDATE, UPDATES_A_STREAM);
        allow(Flood.UNKNOWN_FRAMES, UNKNOWN_A_STREAM);
    }

    /** A stream has come to its end in both directions, with no reset. */
    void streamCompleted() {
        allow(Flood.RAPID_RESET, 1);
        allow(Flood.PROVOKED_RESET, 1);
        allow(Flood.HEADER_LIST, 1);
        allow(Flood.STALE_FRAMES, 1);
    }

    /** This side has given up a stream of its own accord: what is on its way is no fault of the peer's. */
    void streamAbandoned() {
        allow(Flood.STALE_FRAMES, FRAMES_ON_THEIR_WAY);
    }

    /** A DATA frame with content came. */
    void dataReceived() {
        allow(Flood.PING, 1);
    }

    /**
     * A reader has taken content that had waited for it.
     *
     * @param bytes how many, each of which may have come in a frame of its own
     */
    void dataRead(int bytes) {
        allow(Flood.TINY_DATA, bytes);
    }

    /**
     * A DATA frame goes to the peer.
     *
     * @param bytes of its content
     * @param cut whether there is more to send, which the peer's windows do not let go
     * @param now the loop's time
     * @throws Http2Error if the peer has had too many that its window made tiny
     */
    void dataSent(int bytes, boolean cut, long now) throws Http2Error {
        if (cut && bytes < TINY) {
            count(Flood.WINDOW_UPDATE, now);
            return;
        }
        allow(Flood.PING, 1);
        allow(Flood.WINDOW_UPDATE, UPDATES_A_FRAME + bytes / BYTES_AN_UPDATE);
    }

    /**
     * An answer goes to the peer that it has provoked: an acknowledgement or RST_STREAM.
     *
     * @param waits whether it waits behind what the peer does not read
     * @throws Http2Error if too many wait
     */
    void answered(boolean waits) throws Http2Error {
        if (!waits) {
            unread = 0;
        } else if (++unread > limits.flood(Flood.UNREAD_ANSWERS)) {
            throw tooMuch(Flood.UNREAD_ANSWERS);
        }
    }

    private void allow(Flood kind, int times) {
        int k = bucket(kind);
        // as much as any bucket holds is enough, and it cannot overflow
        allowed[k] = (int) Math.min(Integer.MAX_VALUE, (long) allowed[k] + times);
    }

    @SuppressWarnings("EnumOrdinal") // places in arrays of this process, never written anywhere
    private static int bucket(Flood kind) {
        return kind.ordinal();
    }

    private static Http2Error tooMuch(Flood kind) {
        return Http2Error.flood(kind, "Too much of one thing: " + kind.detail() + " (RFC 9113 §10.5).");
    }
}
