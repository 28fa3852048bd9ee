package dev.millrace.internal.transport;

import dev.millrace.internal.bytes.Nullable;
import java.util.Arrays;

/**
 * Shows a protocol what has arrived and keeps what it does not take: the half of a {@link Transport} that every transport
 * has in common. Calls on the protocol are never one within another, and it holds no array while nothing is kept.
 *
 * <pre>
 *   READING ⇄ PAUSED, READING → ENDED      (the peer has ended its sending, and the protocol knows)
 *   PAUSED → HELD ⇄ REST → ENDED           (the same, but first it has to take what was kept)
 *   any → CLOSED
 * </pre>
 */
public final class Inlet {
    private static final byte[] NOTHING = new byte[0];

    private enum State {
        READING,
        PAUSED,
        HELD,
        REST,
        ENDED,
        CLOSED
    }

    /** Whether the protocol is being shown bytes right now. */
    private enum Delivery {
        NONE,
        RUNNING,
        /** Resumed while running: what is left is to be shown again. */
        AGAIN
    }

    private final Transport owner; // whose holding counts what is kept
    private @Nullable Protocol protocol;
    private State state = State.READING;
    private Delivery delivery = Delivery.NONE;
    private byte[] kept = NOTHING;
    private int keptLength;

    /**
     * Nothing is kept yet.
     *
     * @param owner the connection's transport, whose holding counts what is kept
     */
    public Inlet(Transport owner) {
        this.owner = owner;
    }

    /** Shows what comes to another protocol from now on; also while one is being shown bytes. */
    public void shownTo(Protocol next) {
        protocol = next;
    }

    /**
     * {@return the protocol that is shown what comes}
     *
     * @throws IllegalStateException if there is none yet
     */
    public Protocol protocol() {
        Protocol above = protocol;
        if (above == null) {
            throw new IllegalStateException("the connection is not open yet");
        }
        return above;
    }

    /**
     * Bytes have arrived.
     *
     * @param bytes holds them; borrowed for the call
     * @param offset of the first one
     * @param length how many
     */
    public void offer(byte[] bytes, int offset, int length) {
        if (state == State.CLOSED) {
            return;
        }
        if (keptLength > 0 || state != State.READING) {
            keep(bytes, offset, length);
            if (state == State.READING) {
                deliverKept();
            }
        } else {
            int taken = deliver(bytes, offset, offset + length);
            if (taken < offset + length && state != State.CLOSED) {
                keep(bytes, taken, offset + length - taken);
            }
        }
    }

    /** The peer has ended its sending. The protocol is told once it has been offered what came before. */
    public void end() {
        if (state == State.PAUSED) {
            state = State.HELD;
        } else if (state == State.READING) {
            state = State.ENDED;
            protocol().onEnd();
        }
    }

    /** Shows nothing more until {@link #resume}. */
    public void pause() {
        if (state == State.READING) {
            state = State.PAUSED;
        } else if (state == State.REST) {
            state = State.HELD;
        }
    }

    /** Shows bytes again, those that were kept first; not before the current call has returned. */
    public void resume() {
        if (state == State.PAUSED) {
            state = State.READING;
        } else if (state == State.HELD) {
            state = State.REST;
        }
        if (delivery != Delivery.NONE) {
            delivery = Delivery.AGAIN;
            return;
        }
        if (keptLength > 0 && (state == State.READING || state == State.REST)) {
            deliverKept();
        }
        if (state == State.REST) {
            state = State.ENDED;
            protocol().onEnd();
        }
    }

    /** Drops what was kept and shows nothing any more. */
    public void close() {
        state = State.CLOSED;
        if (keptLength > 0) {
            owner.holding().remove(keptLength);
        }
        kept = NOTHING;
        keptLength = 0;
    }

    /** {@return whether the protocol takes bytes at the moment} */
    public boolean reading() {
        return state == State.READING;
    }

    /**
     * {@return whether more is to be read from the peer: the protocol takes it, or it does not and no more than so much is
     * kept}
     */
    public boolean wants(int bound) {
        return state == State.READING || state == State.PAUSED && keptLength < bound;
    }

    /** {@return whether the peer has ended its sending, though the protocol may not know yet} */
    public boolean ended() {
        return state == State.HELD || state == State.REST || state == State.ENDED;
    }

    /** {@return whether the protocol is being shown bytes right now} */
    public boolean delivering() {
        return delivery != Delivery.NONE;
    }

    /** {@return how many bytes are kept} */
    public int kept() {
        return keptLength;
    }

    /** Shows bytes again and again while the protocol resumes itself; gives the offset up to which it took them. */
    private int deliver(byte[] bytes, int offset, int end) {
        int at = offset;
        do {
            delivery = Delivery.RUNNING;
            at = protocol().onBytes(bytes, at, end);
        } while (delivery == Delivery.AGAIN && at < end && state != State.CLOSED);
        delivery = Delivery.NONE;
        return at;
    }

    private void deliverKept() {
        byte[] bytes = kept;
        int taken = deliver(bytes, 0, keptLength);
        if (state == State.CLOSED) {
            return;
        }
        if (taken > 0) {
            owner.holding().remove(taken);
        }
        if (taken == keptLength) {
            kept = NOTHING;
            keptLength = 0;
        } else if (taken > 0) {
            keptLength -= taken;
            kept = Arrays.copyOfRange(bytes, taken, taken + keptLength);
        }
    }

    private void keep(byte[] bytes, int offset, int length) {
        int needed = keptLength + length;
        if (needed > kept.length) {
            kept = Arrays.copyOf(kept, keptLength == 0 ? needed : Math.max(needed, 2 * kept.length));
        }
        System.arraycopy(bytes, offset, kept, keptLength, length);
        keptLength = needed;
        owner.holding().add(length);
    }
}
