package dev.millrace.internal.h2;

import dev.millrace.internal.transport.BufferBound;
import dev.millrace.internal.transport.Transport;

/**
 * How much of all requests' content waits unread on one connection. Streams that nobody reads do not hold up the others, as
 * the connection's window opens as content arrives; but they may not make this side hold whatever their peer sends.
 */
final class UnreadContent {
    private final Transport transport;
    private final int most;
    private final int opening;
    private final Runnable room;
    private long waiting;

    /**
     * None yet.
     *
     * @param transport the connection's lower end: its holding counts what waits
     * @param most how many bytes may wait, together with those that may be on their way
     * @param opening bytes of room that are worth telling the peer of
     * @param room is run when there is so much room again, or nothing waits any more
     */
    UnreadContent(Transport transport, int most, int opening, Runnable room) {
        this.transport = transport;
        this.most = most;
        this.opening = opening;
        this.room = room;
    }

    /** Bytes begin to wait. */
    void add(int bytes) {
        waiting += bytes;
        transport.holding().add(bytes);
    }

    /** Bytes do not wait any more. */
    void remove(int bytes) {
        if (bytes == 0) {
            return;
        }
        boolean tight = tight();
        waiting -= bytes;
        transport.holding().remove(bytes);
        if (waiting == 0 || tight && !tight()) {
            room.run();
        }
    }

    /** {@return whether there is so little room that the peer is not told of any} */
    boolean tight() {
        return room() < Math.min(opening, most() / 2);
    }

    private long most() {
        return transport.loop().buffers().pressed() ? Math.min(most, BufferBound.MODEST) : most;
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
