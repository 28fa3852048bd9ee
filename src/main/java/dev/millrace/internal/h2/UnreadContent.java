package dev.millrace.internal.h2;

/**
 * How much of all requests' content waits unread on one connection. Streams that nobody reads do not hold up the others, as
 * the connection's window opens as content arrives; but they may not make this side hold whatever their peer sends.
 */
final class UnreadContent {
    private final ContentBudget budget;
    private final int most;
    private final int opening;
    private final Runnable room;
    private long waiting;
    private boolean closed;

    /**
     * None yet.
     *
     * @param budget what all connections share
     * @param most how many bytes may wait, together with those that may be on their way
     * @param opening bytes of room that are worth telling the peer of
     * @param room is run when there is so much room again
     */
    UnreadContent(ContentBudget budget, int most, int opening, Runnable room) {
        this.budget = budget;
        this.most = most;
        this.opening = opening;
        this.room = room;
    }

    /** Bytes begin to wait. */
    void add(int bytes) {
        waiting += bytes;
        if (!closed) {
            budget.add(bytes);
        }
    }

    /** Bytes do not wait any more. */
    void remove(int bytes) {
        boolean tight = tight();
        waiting -= bytes;
        if (!closed) {
            budget.add(-bytes);
        }
        if (tight && !tight()) {
            room.run();
        }
    }

    private boolean tight() {
        return room() < Math.min(opening, most() / 2);
    }

    /**
     * The connection has ended: what waits does not count for the others any more, as it is bounded by the number of handlers
     * that may work.
     */
    void close() {
        if (!closed) {
            closed = true;
            budget.add(-waiting);
        }
    }

    private long most() {
        return budget.used() ? Math.min(most, ContentBudget.MODEST) : most;
    }

    /** {@return how many bytes more may wait; below 0 if there is a frame's length too many} */
    long room() {
        return most() - waiting;
    }

    /** {@return how many bytes wait} */
    long waiting() {
        return waiting;
    }
}
