package dev.millrace.internal.transport;

import dev.millrace.internal.bytes.Nullable;

/**
 * How many bytes one connection holds for its peer, at all its storeys: what has arrived and nobody has taken, and what is
 * written and the peer does not take. Files that wait do not count, nor does what leaves with the event that brings it. Lives
 * on the connection's loop.
 */
public final class Holding {
    /** Whose bytes these are. */
    public interface Owner {
        /** All connections together hold too much, and this one is among those that hold most; may be told again. */
        void holdBack();

        /** All connections together do not hold too much any more. */
        void relieve();
    }

    private final LoopBuffers loop;
    private final Owner owner;
    private long bytes;
    private boolean heldBack;
    private boolean closed;

    @Nullable
    Holding previous; // of the loop's

    @Nullable
    Holding next;

    int round;

    /**
     * Of a connection that holds nothing yet.
     *
     * @param loop what counts for its loop
     * @param owner is told what comes of it
     */
    public Holding(LoopBuffers loop, Owner owner) {
        this.loop = loop;
        this.owner = owner;
    }

    /**
     * More bytes are held.
     *
     * @param n how many, 0 or more
     */
    public void add(long n) {
        change(n);
    }

    /**
     * Bytes are not held any more.
     *
     * @param n how many, 0 or more
     */
    public void remove(long n) {
        change(-n);
    }

    private void change(long difference) {
        if (difference == 0 || closed) {
            return;
        }
        boolean before = linked();
        bytes += difference;
        assert bytes >= 0 : bytes;
        relink(before);
        loop.changed(difference);
    }

    private boolean linked() {
        return bytes > 0 || heldBack;
    }

    private void relink(boolean before) {
        if (before != linked()) {
            if (before) {
                loop.unlink(this);
            } else {
                loop.link(this);
            }
        }
    }

    /** {@return how many bytes are held} */
    public long bytes() {
        return bytes;
    }

    /** {@return whether the connection is held back: nothing is to be read ahead} */
    public boolean heldBack() {
        return heldBack;
    }

    void holdBack() {
        if (!closed) {
            heldBack = true;
            owner.holdBack();
        }
    }

    void relieve() {
        boolean before = linked();
        heldBack = false;
        relink(before);
        owner.relieve();
    }

    /** The connection has ended: nothing is held, nor will be. */
    public void close() {
        if (!closed) {
            boolean before = linked();
            long held = bytes;
            bytes = 0;
            heldBack = false;
            closed = true;
            relink(before);
            if (held > 0) {
                loop.changed(-held);
            }
        }
    }
}
