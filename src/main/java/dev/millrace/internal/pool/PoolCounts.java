package dev.millrace.internal.pool;

import dev.millrace.observe.CloseReason;
import dev.millrace.session.PoolMetrics;
import dev.millrace.session.Veto;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** Counts what happens in a pool. Safe for any thread. */
final class PoolCounts {
    final LongAdder opened = new LongAdder();
    final LongAdder notOpened = new LongAdder();
    final LongAdder reused = new LongAdder();
    final LongAdder closedNormally = new LongAdder();
    final LongAdder closedAbnormally = new LongAdder();
    final LongAdder waited = new LongAdder();
    final LongAdder refused = new LongAdder();
    final LongAdder exchanges = new LongAdder();
    final LongAdder retried = new LongAdder();
    final LongAdder timedOut = new LongAdder();
    private final Map<Veto, LongAdder> evicted = new EnumMap<>(Veto.class);

    PoolCounts() {
        for (Veto veto : Veto.values()) {
            evicted.put(veto, new LongAdder());
        }
    }

    /** A session was taken out of the pool because of a veto. */
    void evicted(Veto veto) {
        LongAdder count = evicted.get(veto);
        if (count != null) {
            count.increment();
        }
    }

    /** A connection has ended. */
    void ended(CloseReason reason) {
        (reason.normal() ? closedNormally : closedAbnormally).increment();
    }

    /** An exchange has begun on a session. */
    void began(boolean usedBefore) {
        if (usedBefore) {
            reused.increment();
        }
    }

    PoolMetrics snapshot(int open, int waiting) {
        Map<Veto, Long> byVeto = new EnumMap<>(Veto.class);
        evicted.forEach((veto, count) -> byVeto.put(veto, count.sum()));
        return new PoolMetrics(
                opened.sum(),
                notOpened.sum(),
                reused.sum(),
                Map.copyOf(byVeto),
                closedNormally.sum(),
                closedAbnormally.sum(),
                exchanges.sum(),
                retried.sum(),
                timedOut.sum(),
                waited.sum(),
                refused.sum(),
                open,
                waiting);
    }
}
