package dev.millrace.files;

import dev.millrace.internal.bytes.Nullable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Reads a {@code Range} field (RFC 9110 §14.2) against a representation of a known size. */
final class ByteRanges {
    /** More ranges than this are ignored: nobody needs them, and each costs a part's header (RFC 9110 §17.15). */
    static final int MOST = 64;

    private static final String UNIT = "bytes=";

    private ByteRanges() {}

    /**
     * Bytes of a representation.
     *
     * @param first the place of the first one
     * @param last the place of the last one, which belongs to it
     */
    record Range(long first, long last) {
        long length() {
            return last - first + 1;
        }

        /** {@return the {@code Content-Range} (RFC 9110 §14.4)} */
        String of(long size) {
            return "bytes " + first + "-" + last + "/" + size;
        }
    }

    /**
     * The bytes that a field asks for. Ranges that overlap or touch become one, so no byte is sent twice; if there are
     * such, all come in ascending order, else in the order of the field.
     *
     * @param field the field's value
     * @param size the representation's size
     * @return the ranges; none if no range lies within the size (416); {@code null} if the field has to be ignored, for
     *     another unit, bad syntax or too many ranges
     */
    static @Nullable List<Range> read(String field, long size) {
        if (!field.regionMatches(true, 0, UNIT, 0, UNIT.length())) {
            return null;
        }
        List<Range> ranges = new ArrayList<>();
        int specs = 0;
        for (int start = UNIT.length(); start <= field.length(); ) {
            int comma = field.indexOf(',', start);
            int end = comma < 0 ? field.length() : comma;
            String spec = withoutSpace(field, start, end);
            start = end + 1;
            if (spec.isEmpty()) {
                continue; // RFC 9110 §5.6.1.2 wants empty elements accepted
            }
            if (++specs > MOST || !add(spec, size, ranges)) {
                return null;
            }
        }
        return specs == 0 ? null : merged(ranges);
    }

    /** Adds the range if it is satisfiable; says whether it is one at all. */
    private static boolean add(String spec, long size, List<Range> ranges) {
        int dash = spec.indexOf('-');
        if (dash < 0) {
            return false;
        }
        long first = number(spec, 0, dash);
        long last = number(spec, dash + 1, spec.length());
        if (dash == 0) { // the last so many bytes
            if (last < 0) {
                return false;
            }
            if (last == 0) {
                return true; // asks for nothing: unsatisfiable
            }
            if (size == 0) {
                return false; // satisfiable, but there is no Content-Range for it: the whole nothing is sent
            }
            ranges.add(new Range(Math.max(0, size - last), size - 1));
            return true;
        }
        if (first < 0 || dash + 1 < spec.length() && last < first) {
            return false;
        }
        if (first < size) {
            ranges.add(new Range(first, dash + 1 == spec.length() ? size - 1 : Math.min(last, size - 1)));
        }
        return true;
    }

    /** The number, at most the greatest long; negative if there is none. */
    private static long number(String text, int from, int to) {
        long value = 0;
        for (int i = from; i < to; i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            value = value > (Long.MAX_VALUE - digit) / 10 ? Long.MAX_VALUE : 10 * value + digit;
        }
        return from == to ? -1 : value;
    }

    private static String withoutSpace(String text, int from, int to) {
        int start = from;
        int end = to;
        while (start < end && isSpace(text.charAt(start))) {
            start++;
        }
        while (end > start && isSpace(text.charAt(end - 1))) {
            end--;
        }
        return text.substring(start, end);
    }

    private static boolean isSpace(char c) {
        return c == ' ' || c == '\t';
    }

    private static List<Range> merged(List<Range> asked) {
        List<Range> sorted = new ArrayList<>(asked);
        sorted.sort(Comparator.comparingLong(Range::first));
        List<Range> merged = new ArrayList<>(sorted.size());
        for (Range next : sorted) {
            Range before = merged.isEmpty() ? null : merged.get(merged.size() - 1);
            if (before != null && next.first <= before.last + 1) {
                merged.set(merged.size() - 1, new Range(before.first, Math.max(before.last, next.last)));
            } else {
                merged.add(next);
            }
        }
        return merged.size() == asked.size() ? asked : merged;
    }
}
