package dev.millrace.internal.h2;

import java.util.concurrent.TimeUnit;

/**
 * Finds out how much the path from the peer holds, its bandwidth times its round-trip time, and so how large a receive
 * window has to be that does not slow the peer down. A PING goes out while DATA comes in. What has come by the time of its
 * answer is what the path holds; if that is half of the window or more, the window may be in the way, and is doubled, so that
 * it comes to two to four times what the path holds. (A peer whom the window stops gets half of it back at a time, and
 * half of it is what comes in the worst phase of that.) Only what was read counts, so that a peer cannot make a window grow
 * that nobody empties.
 *
 * <p>A peer gets few of these: one at a time, {@link #LEAST_PAUSE} apart, twice as far with each one that brought nothing,
 * none before so much has come that the window can matter, and none once the window is as large as it may become.
 */
final class Bdp {
    private static final long LEAST_PAUSE = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long MOST_PAUSE = TimeUnit.SECONDS.toNanos(2);

    private final RoundTrip roundTrip;
    private final int most;
    private int window;
    private boolean measuring;
    private long moved; // since the PING was sent, or else since the last one was answered
    private int latest;
    private long notBefore;
    private long pause = LEAST_PAUSE;

    /**
     * An estimate.
     *
     * @param roundTrip the connection's, which other PINGs may use too
     * @param window the size to begin with
     * @param most the size not to pass
     * @param now the loop's time
     */
    Bdp(RoundTrip roundTrip, int window, int most, long now) {
        this.roundTrip = roundTrip;
        this.window = window;
        this.most = most;
        this.notBefore = now;
    }

    /** {@return how large a stream's window is to be} */
    int window() {
        return window;
    }

    /**
     * Content that came was read.
     *
     * @param bytes how many
     * @param now the loop's time
     * @return whether a PING is to be sent now: {@link #begin}
     */
    boolean consumed(int bytes, long now) {
        moved += bytes;
        latest = bytes;
        return !measuring && window < most && moved >= window / 4 && !roundTrip.waiting() && now - notBefore >= 0;
    }

    /**
     * A PING is being sent.
     *
     * @param now the loop's time
     * @return its eight bytes
     */
    long begin(long now) {
        measuring = true;
        moved = latest; // often the beginning of what comes at once
        return roundTrip.begin(now);
    }

    /**
     * A PING of {@link #roundTrip} was answered; it need not be the estimate's.
     *
     * @param now the loop's time
     * @return whether the window has grown
     */
    boolean end(long now) {
        if (!measuring) {
            return false;
        }
        measuring = false;
        boolean full = moved >= window / 2;
        moved = 0;
        if (full) {
            window = (int) Math.min(most, 2L * window);
            pause = LEAST_PAUSE;
        } else {
            pause = Math.min(MOST_PAUSE, 2 * pause);
        }
        notBefore = now + pause;
        return full;
    }
}
