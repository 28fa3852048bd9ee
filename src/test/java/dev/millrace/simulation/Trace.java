package dev.millrace.simulation;

import dev.millrace.internal.bytes.Nullable;

/** Everything that has happened, as a number: equal for two runs that are the same to the bit. Its lines on demand. */
final class Trace {
    private static final long PRIME = 0x100000001b3L;

    private final @Nullable StringBuilder lines;
    private long hash = 0xcbf29ce484222325L;

    Trace(boolean readable) {
        this.lines = readable ? new StringBuilder() : null;
    }

    void add(long now, String what, long number) {
        mix(now);
        mix(what.hashCode());
        mix(number);
        if (lines != null) {
            lines.append(String.format("%12.3f ms  %s %d%n", now / 1e6, what, number));
        }
    }

    /** Adds bytes; readable ones are shown. */
    void add(long now, String what, byte[] bytes) {
        mix(now);
        mix(bytes.length);
        for (byte each : bytes) {
            mix(each);
        }
        if (lines != null) {
            StringBuilder shown = new StringBuilder();
            for (int i = 0; i < Math.min(bytes.length, 400); i++) {
                char c = (char) (bytes[i] & 0xff);
                shown.append(c >= ' ' && c < 127 ? c : c == '\n' ? '$' : '.');
            }
            lines.append(String.format("%12.3f ms  %s %d bytes: %s%n", now / 1e6, what, bytes.length, shown));
        }
    }

    private void mix(long value) {
        hash = (hash ^ value) * PRIME;
        hash ^= hash >>> 29;
    }

    /** {@return the number that stands for all of it} */
    long hash() {
        return hash;
    }

    @Override
    public String toString() {
        return lines == null ? "trace " + Long.toHexString(hash) : lines.toString();
    }
}
