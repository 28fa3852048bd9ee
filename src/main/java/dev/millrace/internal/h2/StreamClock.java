package dev.millrace.internal.h2;

/**
 * How long a stream has waited, and for whom. It is looked at now and then, not at each event: what is waited for is found
 * out at a look, and a wait has passed its deadline when it was the same at looks that lie so far apart and nothing has
 * moved meanwhile.
 */
final class StreamClock {
    /** Who is waited for. */
    enum Wait {
        /** The peer's content. */
        CONTENT,
        /** The peer's window: it does not take what waits. */
        WINDOW,
        /** The handler, or whoever else is on our side. */
        LOCAL
    }

    private Wait wait = Wait.LOCAL;
    private long since;
    private long sent;

    StreamClock(long now) {
        this.since = now;
    }

    /** Our side has moved: no merit of a peer that is waited for, whose content an echo sends back as it trickles in. */
    void moved(long now) {
        if (wait == Wait.LOCAL) {
            since = now;
        }
    }

    /** Bytes went to the peer. */
    void sent(int bytes) {
        sent += bytes;
    }

    /**
     * Looks.
     *
     * @param current what is waited for
     * @param received how much content has come since the last look
     * @param enough how many bytes count as progress in a window
     * @param now the loop's time
     * @param span after how long the wait is too long
     * @return whether it is
     */
    boolean look(Wait current, long received, long enough, long now, long span) {
        if (current != wait) {
            wait = current;
            restart(now);
            return false;
        }
        if (wait == Wait.CONTENT) {
            sent += received; // one number for both directions: a response that moves keeps its request, too
        }
        if (now - since < span) {
            return false;
        }
        if (wait != Wait.LOCAL && sent >= enough) {
            restart(now);
            return false;
        }
        return true;
    }

    /** For so long the peer was not read: that is none of its time. */
    void forgive(long span) {
        if (wait != Wait.LOCAL) {
            since += span;
        }
    }

    /** {@return when the wait becomes too long} */
    long due(long span) {
        return since + span;
    }

    /** Begins anew. */
    void restart(long now) {
        since = now;
        sent = 0;
    }
}
