package dev.millrace.testkit;

import dev.millrace.internal.transport.Holding;
import dev.millrace.internal.transport.LoopBuffers;

/** What another connection of a loop holds, as a test says. Counts what it is told. */
public final class OthersHolding implements Holding.Owner {
    private final Holding holding;
    private int heldBack;
    private int relieved;

    /**
     * A connection that holds nothing yet.
     *
     * @param loop what counts for its loop
     */
    public OthersHolding(LoopBuffers loop) {
        this.holding = new Holding(loop, this);
    }

    /** {@return what it holds} */
    public Holding holding() {
        return holding;
    }

    /**
     * More bytes are held.
     *
     * @param bytes how many
     * @return this
     */
    public OthersHolding add(long bytes) {
        holding.add(bytes);
        return this;
    }

    @Override
    public void holdBack() {
        heldBack++;
    }

    @Override
    public void relieve() {
        relieved++;
    }

    /** {@return how often it was held back} */
    public int heldBack() {
        return heldBack;
    }

    /** {@return how often it was told that there is room} */
    public int relieved() {
        return relieved;
    }
}
