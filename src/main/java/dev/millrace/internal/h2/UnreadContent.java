package dev.millrace.internal.h2;

/**
 * How much of all requests' content waits unread on one connection. Streams that nobody reads do not hold up the others, as
 * the connection's window opens as content arrives; but they may not make this side hold whatever their peer sends.
 */
final class UnreadContent {
    private final int most;
    private final int opening;
    private final Runnable room;
    private long waiting;

    /**
     * None yet.
     *
     * @param most how many bytes may wait, together with those that may be on their way
     * @param opening bytes of room that are worth telling the peer of
     * @param room is run when there is so much room again
     */
    UnreadContent(int most, int opening, Runnable room) {
        this.most = most;
        this.opening = opening;
        this.room = room;
    }

    /** Bytes begin to wait. */
    void add(int bytes) {
        waiting += bytes;
    }

    /** Bytes do not wait any more. */
    void remove(int bytes) {
        boolean tight = room() < opening;
        waiting -= bytes;
        if (tight && room() >= opening) {
            room.run();
        }
    }

    /** {@return how many bytes more may wait; below 0 if there is a frame's length too many} */
    long room() {
        return most - waiting;
    }

    /** {@return how many bytes wait} */
    long waiting() {
        return waiting;
    }
}
