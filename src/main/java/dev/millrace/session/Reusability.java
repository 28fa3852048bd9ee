package dev.millrace.session;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/**
 * Whether another exchange may begin on a session, and everything that speaks against it. A value: immutable, compared by
 * what it names, safe for any thread.
 */
public final class Reusability {
    private static final Veto[] VETOES = Veto.values();
    private static final Reusability[] SINGLE = new Reusability[VETOES.length];
    private static final int FINAL;

    /** Nothing speaks against it. */
    public static final Reusability REUSABLE = new Reusability(0);

    static {
        int last = 0;
        for (Veto veto : VETOES) {
            SINGLE[Integer.numberOfTrailingZeros(bit(veto))] = new Reusability(bit(veto));
            last |= veto.isFinal() ? bit(veto) : 0;
        }
        FINAL = last;
    }

    private final int mask;

    private Reusability(int mask) {
        this.mask = mask;
    }

    @SuppressWarnings("EnumOrdinal") // a set of enum constants is what this is
    private static int bit(Veto veto) {
        return 1 << veto.ordinal();
    }

    private static Reusability of(int mask) {
        if (mask == 0) {
            return REUSABLE;
        }
        return Integer.bitCount(mask) == 1 ? SINGLE[Integer.numberOfTrailingZeros(mask)] : new Reusability(mask);
    }

    /** {@return whether nothing speaks against another exchange} */
    public boolean reusable() {
        return mask == 0;
    }

    /** {@return whether a veto holds that holds for ever} */
    public boolean over() {
        return (mask & FINAL) != 0;
    }

    /** {@return everything that speaks against another exchange, in the order of {@link Veto}; empty if nothing does} */
    public Set<Veto> vetoes() {
        EnumSet<Veto> all = EnumSet.noneOf(Veto.class);
        for (Veto veto : VETOES) {
            if (has(veto)) {
                all.add(veto);
            }
        }
        return all;
    }

    /**
     * Whether something speaks against another exchange.
     *
     * @param veto what
     * @return whether it does
     */
    public boolean has(Veto veto) {
        return (mask & bit(veto)) != 0;
    }

    /**
     * This and one more veto.
     *
     * @param veto what speaks against another exchange, too
     * @return the changed value
     */
    public Reusability with(Veto veto) {
        return has(veto) ? this : of(mask | bit(veto));
    }

    /**
     * This without a veto.
     *
     * @param veto what does not speak against another exchange
     * @return the changed value
     */
    public Reusability without(Veto veto) {
        return has(veto) ? of(mask & ~bit(veto)) : this;
    }

    /**
     * The vetoes of both.
     *
     * @param other what else speaks against another exchange
     * @return all of them
     */
    public Reusability and(Reusability other) {
        int both = mask | other.mask;
        return both == mask ? this : both == other.mask ? other : of(both);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Reusability that && mask == that.mask;
    }

    @Override
    public int hashCode() {
        return mask;
    }

    /** {@return {@code reusable}, or the vetoes in lower case with commas between} */
    @Override
    public String toString() {
        if (mask == 0) {
            return "reusable";
        }
        StringBuilder text = new StringBuilder();
        for (Veto veto : VETOES) {
            if (has(veto)) {
                text.append(text.length() == 0 ? "" : ",").append(veto.name().toLowerCase(Locale.ROOT));
            }
        }
        return text.toString();
    }
}
