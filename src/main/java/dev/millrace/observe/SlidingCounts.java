package dev.millrace.observe;

import dev.millrace.internal.bytes.Nullable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Counts over a window that slides in steps. What is broken down is chosen by peers, so each step keeps only so many
 * different keys and counts the rest together. Not safe for several threads at once.
 */
final class SlidingCounts {
    static final int SERVER_NAME = 0;
    static final int FINGERPRINT = 1;
    static final int VERSION = 2;

    private static final int STEPS = 20;
    private static final int KEYS = 64;
    private static final String OTHER = "(other)";

    /** The counts of one step. */
    private static final class Step {
        private long total;
        private long matching;
        /** By key, for each kind; {@code null} while nothing matched, which is the rule. */
        private @Nullable List<Map<String, Long>> keys;
    }

    private final long stepNanos;
    private final int top;
    private final Step[] steps = new Step[STEPS];
    private long start;
    private int current;
    private long total;
    private long matching;

    SlidingCounts(long windowNanos, long now, int top) {
        this.stepNanos = windowNanos / STEPS;
        this.top = top;
        this.start = now;
        for (int i = 0; i < STEPS; i++) {
            steps[i] = new Step();
        }
    }

    /** Forgets what has left the window. A time before the current step counts into that. */
    void advance(long now) {
        long passed = (now - start) / stepNanos;
        if (passed <= 0) {
            return;
        }
        start += passed * stepNanos;
        for (long i = Math.min(passed, STEPS); i > 0; i--) {
            current = (current + 1) % STEPS;
            total -= steps[current].total;
            matching -= steps[current].matching;
            steps[current] = new Step();
        }
    }

    void add(int more) {
        steps[current].total += more;
        total += more;
    }

    void match(String serverName, String fingerprint, String version) {
        Step step = steps[current];
        step.matching++;
        matching++;
        List<Map<String, Long>> keys = step.keys;
        if (keys == null) {
            keys = List.of(new HashMap<>(), new HashMap<>(), new HashMap<>());
            step.keys = keys;
        }
        add(keys.get(SERVER_NAME), serverName);
        add(keys.get(FINGERPRINT), fingerprint);
        add(keys.get(VERSION), version);
    }

    private static void add(Map<String, Long> counts, String key) {
        counts.merge(counts.size() < KEYS || counts.containsKey(key) ? key : OTHER, 1L, Long::sum);
    }

    long total() {
        return total;
    }

    long matching() {
        return matching;
    }

    /** {@return the most frequent keys of a kind with their counts, in order, and what is left under {@code (other)}} */
    Map<String, Long> top(int kind) {
        Map<String, Long> sums = new HashMap<>();
        for (Step step : steps) {
            if (step.keys != null) {
                step.keys.get(kind).forEach((key, count) -> sums.merge(key, count, Long::sum));
            }
        }
        Long rest = sums.remove(OTHER);
        long other = rest == null ? 0 : rest;
        List<Map.Entry<String, Long>> sorted = new ArrayList<>(sums.entrySet());
        sorted.sort(Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder())
                .thenComparing(Map.Entry.comparingByKey()));
        Map<String, Long> found = new LinkedHashMap<>();
        for (Map.Entry<String, Long> entry : sorted) {
            if (found.size() < top) {
                found.put(entry.getKey(), entry.getValue());
            } else {
                other += entry.getValue();
            }
        }
        if (other > 0) {
            found.put(OTHER, other);
        }
        return Collections.unmodifiableMap(found);
    }
}
