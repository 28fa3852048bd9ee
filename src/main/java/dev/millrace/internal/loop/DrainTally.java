package dev.millrace.internal.loop;

import dev.millrace.http.Phase;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.ConnectionState;
import java.util.EnumMap;
import java.util.Map;

/** Counts how the connections of a server that stops come to their end. Safe for any thread. */
public final class DrainTally {
    private int idle;
    private int served;
    private int ended;
    private final Map<Phase, Integer> forced = new EnumMap<>(Phase.class);
    private final Map<CloseReason, Integer> reasons = new EnumMap<>(CloseReason.class);

    /**
     * A connection has ended.
     *
     * @param found what it was doing when the stop reached it, or {@code null} if it was quicker
     * @param reason why it has ended
     * @param phase how far it had come
     * @param requests how many requests it brought in all
     */
    public synchronized void ended(@Nullable ConnectionState found, CloseReason reason, Phase phase, long requests) {
        reasons.merge(reason, 1, Integer::sum);
        if (reason == CloseReason.DRAIN_FORCED) {
            forced.merge(phase, 1, Integer::sum);
        } else if (!leaves(reason) || found == null) {
            ended++;
        } else if (found == ConnectionState.ACTIVE
                || requests > 0 && (found == ConnectionState.SILENT || found == ConnectionState.HANDSHAKE)) {
            served++;
        } else if (reason == CloseReason.DRAINED) {
            idle++;
        } else {
            ended++;
        }
    }

    private static boolean leaves(CloseReason reason) {
        return reason == CloseReason.DRAINED || reason == CloseReason.SERVER_CLOSED || reason == CloseReason.COMPLETED;
    }

    /** {@return connections that were closed with nothing under way} */
    public synchronized int idle() {
        return idle;
    }

    /** {@return connections whose requests were served to their end} */
    public synchronized int served() {
        return served;
    }

    /** {@return connections that their peers, or deadlines of their own, ended meanwhile} */
    public synchronized int ended() {
        return ended;
    }

    /** {@return connections that were cut off, by how far they had come} */
    public synchronized Map<Phase, Integer> forced() {
        return new EnumMap<>(forced);
    }

    /** {@return all of them, by the reason of their end} */
    public synchronized Map<CloseReason, Integer> reasons() {
        return new EnumMap<>(reasons);
    }
}
