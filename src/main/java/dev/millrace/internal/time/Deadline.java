package dev.millrace.internal.time;

/**
 * A moment after which something has to happen. It is itself the node of the list in which a {@link TimerWheel} keeps
 * it, so arming allocates nothing; what it guards extends it or holds it in a field. Two references and a {@code long}
 * are all it adds.
 *
 * <p>It belongs to the thread of the wheel it is armed on, has no lock, and may be armed on one wheel at a time.
 *
 * <p>The intended use is lazy: activity only stores a number, the wheel is not touched, and a deadline that expires
 * looks at the number.
 *
 * <pre>{@code
 * void onBytes(long nowNanos) {
 *     idleUntil = nowNanos + idleNanos;           // no timer operation
 * }
 *
 * void enter(State next, long dueNanos) {
 *     wheel.armAtMost(this, idleUntil = dueNanos); // touches the wheel only if this one comes earlier
 * }
 *
 * protected void expired(long nowNanos) {
 *     if (idleUntil - nowNanos > 0) {
 *         wheel.arm(this, idleUntil);             // there was activity: look again then
 *     } else {
 *         close(IDLE_TIMEOUT);
 *     }
 * }
 * }</pre>
 */
public abstract class Deadline {

    // Not armed: both point to this node itself. So there is no null to test for when a node is taken out.
    Deadline prev;
    Deadline next;
    long dueNanos;

    /** A deadline that is not armed. */
    protected Deadline() {
        prev = this;
        next = this;
    }

    /**
     * Called once each time this deadline expires, on the wheel's thread, from {@link TimerWheel#advance}. By then it
     * is no longer armed. It may arm, re-arm or cancel any deadline of the wheel, itself included, but must not call
     * {@code advance}. What it throws comes out of {@code advance}.
     *
     * @param nowNanos the wheel's present, never before {@link #dueNanos()}
     */
    protected abstract void expired(long nowNanos);

    /**
     * Whether a wheel holds this deadline.
     *
     * @return true from {@code arm} until {@code cancel} or until just before {@link #expired}
     */
    public final boolean armed() {
        return next != this;
    }

    /**
     * When this deadline is due.
     *
     * @return the reading of {@link Clock#nanos} it was last armed with, also after it expired or was cancelled; 0 if
     *     it was never armed
     */
    public final long dueNanos() {
        return dueNanos;
    }

    /** Puts this node, which is in no list, before {@code other}: at the end of the list if that is the list's head. */
    final void linkBefore(Deadline other) {
        prev = other.prev;
        next = other;
        prev.next = this;
        other.prev = this;
    }

    /** Takes this node out of its list, if it is in one. */
    final void unlink() {
        prev.next = next;
        next.prev = prev;
        prev = this;
        next = this;
    }
}
