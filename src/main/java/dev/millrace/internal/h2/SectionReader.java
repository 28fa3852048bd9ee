package dev.millrace.internal.h2;

import dev.millrace.http.Headers;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.hpack.FieldKind;
import dev.millrace.internal.hpack.FieldSink;
import dev.millrace.internal.hpack.HeaderField;
import java.util.Arrays;

/**
 * Gathers the fields of a header or trailer section as they come out of HPACK, and keeps them to what every section has to
 * keep to (RFC 9113 §8.2). One for each loop; a section is begun with {@link #begin()}.
 *
 * <p>A section beyond its bounds is still gone through to its end, since the tables that both sides hold depend on it, but
 * none of it is kept.
 */
abstract class SectionReader implements FieldSink {
    private static final int FIRST_ROOM = 32;

    private final int maxBytes;
    private final int maxFields;
    private String[] lines = new String[FIRST_ROOM];
    private int count; // of strings
    private int fields;
    private long bytes;
    private @Nullable String fault;

    /**
     * A reader.
     *
     * @param maxBytes of a section, counted as RFC 9113 §6.5.2 has it
     * @param maxFields of a section, pseudo-header fields left out
     */
    SectionReader(int maxBytes, int maxFields) {
        this.maxBytes = maxBytes;
        this.maxFields = maxFields;
    }

    /** Begins a section. */
    void begin() {
        Arrays.fill(lines, 0, count, null);
        count = 0;
        fields = 0;
        bytes = 0;
        fault = null;
    }

    @Override
    public final void field(HeaderField field) {
        bytes += field.kind() == FieldKind.TOO_LONG ? Math.max(field.size(), maxBytes + 1L) : field.size();
        if (bytes > maxBytes || fault != null) {
            return;
        }
        meet(field);
    }

    /** Looks at the next field. */
    abstract void meet(HeaderField field);

    /** Keeps a field. */
    final void keep(String name, String value) {
        fields++;
        if (fields > maxFields) {
            return;
        }
        if (count == lines.length) {
            lines = Arrays.copyOf(lines, 2 * count);
        }
        lines[count++] = name;
        lines[count++] = value;
    }

    /** {@return the number of fields kept so far} */
    final int kept() {
        return count >> 1;
    }

    /** Puts another value in the place of one that is kept. */
    final void replace(int index, String value) {
        lines[2 * index + 1] = value;
    }

    /** {@return a kept value} */
    final String value(int index) {
        return lines[2 * index + 1];
    }

    /** The section breaks a rule; the first one counts. */
    final void fault(String rule) {
        if (fault == null) {
            fault = rule;
        }
    }

    /** {@return which rule the section breaks, or {@code null}} */
    final @Nullable String fault() {
        return fault;
    }

    /** {@return whether the section is beyond its bounds} */
    final boolean tooLarge() {
        return bytes > maxBytes || fields > maxFields;
    }

    /** {@return how large the section was} */
    final long bytes() {
        return bytes;
    }

    /** {@return the fields that were kept} */
    final Headers headers() {
        return Headers.ofChecked(Arrays.copyOf(lines, count));
    }
}
