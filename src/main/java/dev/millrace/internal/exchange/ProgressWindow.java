package dev.millrace.internal.exchange;

/**
 * Whether a peer that is waited for makes progress: so many bytes in each window of time. While somebody else is waited for
 * the window stands still, so that nobody's slowness is blamed on the peer.
 */
final class ProgressWindow {
    /** Who has to do something next. */
    private enum Turn {
        PEER,
        OURS
    }

    private final long nanos;
    private final long enough;
    private Turn turn = Turn.OURS;
    private long end;
    private long stoodStillSince;
    private long moved;

    /**
     * A window that stands still.
     *
     * @param nanos its length
     * @param enough bytes that must move in it
     * @param now the loop's time
     */
    ProgressWindow(long nanos, long enough, long now) {
        this.nanos = nanos;
        this.enough = enough;
        this.end = now + nanos;
        this.stoodStillSince = now;
    }

    /**
     * Looks at who is waited for.
     *
     * @param peer whether it is the peer
     * @param now the loop's time
     */
    void look(boolean peer, long now) {
        Turn next = peer ? Turn.PEER : Turn.OURS;
        if (next == turn) {
            return;
        }
        if (next == Turn.PEER) {
            end += now - stoodStillSince;
        } else {
            stoodStillSince = now;
        }
        turn = next;
    }

    /** Bytes have moved. */
    void moved(long bytes) {
        moved += bytes;
    }

    /** {@return whether the peer is waited for} */
    boolean running() {
        return turn == Turn.PEER;
    }

    /** {@return when the window ends, while it {@link #running() runs}} */
    long end() {
        return end;
    }

    /**
     * The window has ended: begins the next one if enough has moved.
     *
     * @param now the loop's time
     * @return whether it had
     */
    boolean next(long now) {
        if (moved < enough) {
            return false;
        }
        moved = 0;
        end = now + nanos;
        return true;
    }
}
