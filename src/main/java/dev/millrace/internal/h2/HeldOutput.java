package dev.millrace.internal.h2;

import dev.millrace.internal.transport.Transport;

/** How much of all streams' content waits in memory on one connection, until its windows and its peer take it. */
final class HeldOutput {
    private final long most;
    private final Runnable room;
    private long bytes;
    private long told; // to the connection's holding

    /**
     * None yet.
     *
     * @param most how many bytes may wait before it is tight
     * @param room is run when it is not tight any more
     */
    HeldOutput(long most, Runnable room) {
        this.most = most;
        this.room = room;
    }

    /** Bytes begin to wait. */
    void add(long n) {
        bytes += n;
    }

    /** Bytes do not wait any more. */
    void remove(long n) {
        boolean before = tight();
        bytes -= n;
        if (before && !tight()) {
            room.run();
        }
    }

    /** {@return how many bytes wait} */
    long bytes() {
        return bytes;
    }

    /** The event is over: what waits now goes on waiting. */
    void tell(Transport transport) {
        if (bytes != told) {
            transport.holding().add(bytes - told); // or less
            told = bytes;
        }
    }

    /** {@return whether only streams that can send at once are to be given more} */
    boolean tight() {
        return bytes >= most;
    }
}
