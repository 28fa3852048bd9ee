package dev.millrace.server;

import dev.millrace.http.Phase;
import dev.millrace.observe.CloseReason;
import java.time.Duration;
import java.util.Map;

/**
 * How a server has stopped.
 *
 * @param idle connections that had nothing under way and were closed at once
 * @param served connections whose requests were served to their end
 * @param ended connections that ended by themselves meanwhile: their peers left, a deadline of their own passed, a tunnel
 *     was over
 * @param forced connections that were cut off at the deadline of the stop, by how far they had come
 * @param abandoned connections that could not even be cut off, because something blocks their event loop
 * @param interrupted handlers that were interrupted at that deadline
 * @param reasons all these connections, by the reason of their end
 * @param took from the call to the end of the last of them
 */
public record DrainReport(
        int idle,
        int served,
        int ended,
        Map<Phase, Integer> forced,
        int abandoned,
        int interrupted,
        Map<CloseReason, Integer> reasons,
        Duration took) {

    /**
     * Copies what may change.
     *
     * @param idle as described above
     * @param served as described above
     * @param ended as described above
     * @param forced as described above
     * @param abandoned as described above
     * @param interrupted as described above
     * @param reasons as described above
     * @param took as described above
     */
    public DrainReport {
        forced = Map.copyOf(forced);
        reasons = Map.copyOf(reasons);
    }

    /** {@return whether nothing had to be forced: no connection was cut off or abandoned, and no handler interrupted} */
    public boolean graceful() {
        return forced.isEmpty() && abandoned == 0 && interrupted == 0;
    }

    /** {@return how many connections were cut off} */
    public int forcedConnections() {
        int count = 0;
        for (int each : forced.values()) {
            count += each;
        }
        return count;
    }
}
