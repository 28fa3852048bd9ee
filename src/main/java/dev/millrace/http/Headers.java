package dev.millrace.http;

import dev.millrace.internal.bytes.Ascii;
import dev.millrace.internal.bytes.Nullable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The fields of a header or trailer section (RFC 9110 §5): names and values in the order in which they were sent, with
 * repeated fields kept apart. Names have no case when looked up and keep the spelling they came with.
 *
 * <p>Immutable and safe for any thread. Building one refuses names that are not tokens and values that hold CR, LF,
 * NUL or another control character, so a value taken from elsewhere cannot smuggle a second field in.
 */
public final class Headers {
    private static final Headers EMPTY = new Headers(new String[0]);

    private final String[] lines; // name, value, name, value, …

    private Headers(String[] lines) {
        this.lines = lines;
    }

    /** {@return a section without fields} */
    public static Headers empty() {
        return EMPTY;
    }

    /**
     * A section of the given fields.
     *
     * @param namesAndValues name, value, name, value, …
     * @return the section
     * @throws IllegalArgumentException for an odd count, a bad name or a bad value
     */
    public static Headers of(String... namesAndValues) {
        if (namesAndValues.length % 2 != 0) {
            throw new IllegalArgumentException(
                    "names and values must come in pairs, but there are " + namesAndValues.length + " strings");
        }
        Builder builder = new Builder(namesAndValues.length / 2);
        for (int i = 0; i < namesAndValues.length; i += 2) {
            builder.add(namesAndValues[i], namesAndValues[i + 1]);
        }
        return builder.build();
    }

    /**
     * A section of fields that a decoder has already checked, taken as they are. For decoders: the array becomes the
     * section's own and nothing is validated. Everybody else wants {@link #of(String...)}.
     *
     * @param namesAndValues name, value, name, value, …; not to be changed afterwards
     * @return the section
     */
    public static Headers ofChecked(String[] namesAndValues) {
        return namesAndValues.length == 0 ? EMPTY : new Headers(namesAndValues);
    }

    /** {@return a builder without fields} */
    public static Builder builder() {
        return new Builder(8);
    }

    /** {@return a builder that starts with this section's fields} */
    public Builder toBuilder() {
        Builder builder = new Builder(size() + 4);
        builder.lines.addAll(Arrays.asList(lines));
        return builder;
    }

    /** {@return the number of fields, repeated ones counted each} */
    public int size() {
        return lines.length >> 1;
    }

    /** {@return whether there is no field} */
    public boolean isEmpty() {
        return lines.length == 0;
    }

    /**
     * The name of the field at a place.
     *
     * @param index from 0 to {@link #size()} - 1, in order of sending
     * @return the name as it was spelled
     */
    public String name(int index) {
        return lines[index << 1];
    }

    /**
     * The value of the field at a place.
     *
     * @param index from 0 to {@link #size()} - 1, in order of sending
     * @return the value, without white space around it
     */
    public String value(int index) {
        return lines[(index << 1) + 1];
    }

    /**
     * The place of the first field of a name at or after a place.
     *
     * @param name the field's name in any case
     * @param from the place to start at
     * @return the place, or -1 if there is none
     */
    public int indexOf(String name, int from) {
        for (int i = from << 1; i < lines.length; i += 2) {
            if (Ascii.equalsIgnoreCase(lines[i], name)) {
                return i >> 1;
            }
        }
        return -1;
    }

    /**
     * Whether there is a field of a name.
     *
     * @param name the field's name in any case
     * @return whether there is at least one
     */
    public boolean contains(String name) {
        return indexOf(name, 0) >= 0;
    }

    /**
     * The first value of a field.
     *
     * @param name the field's name in any case
     * @return the value of its first line, or {@code null} if there is none
     */
    public @Nullable String get(String name) {
        int index = indexOf(name, 0);
        return index < 0 ? null : value(index);
    }

    /**
     * The first value of a field as an {@link Optional}.
     *
     * @param name the field's name in any case
     * @return the value of its first line, or empty
     */
    public Optional<String> first(String name) {
        return Optional.ofNullable(get(name));
    }

    /**
     * All values of a field, one for each line, in order.
     *
     * @param name the field's name in any case
     * @return an immutable list, empty if there is none
     */
    public List<String> all(String name) {
        List<String> found = new ArrayList<>(2);
        for (int i = indexOf(name, 0); i >= 0; i = indexOf(name, i + 1)) {
            found.add(value(i));
        }
        return List.copyOf(found);
    }

    /**
     * The field's lines as one comma-separated value (RFC 9110 §5.3). Not for {@code Set-Cookie}.
     *
     * @param name the field's name in any case
     * @return the combined value, or {@code null} if there is none
     */
    public @Nullable String combined(String name) {
        int index = indexOf(name, 0);
        if (index < 0) {
            return null;
        }
        int next = indexOf(name, index + 1);
        if (next < 0) {
            return value(index);
        }
        StringBuilder all = new StringBuilder(value(index));
        for (; next >= 0; next = indexOf(name, next + 1)) {
            all.append(", ").append(value(next));
        }
        return all.toString();
    }

    /**
     * Whether a field whose value is a comma-separated list of tokens has that token, in any case: {@code close} in
     * {@code Connection}, {@code chunked} in {@code Transfer-Encoding}.
     *
     * @param name the field's name in any case
     * @param token the token in any case
     * @return whether one of the field's lines has it as a whole element
     */
    public boolean hasToken(String name, String token) {
        for (int i = indexOf(name, 0); i >= 0; i = indexOf(name, i + 1)) {
            if (listHas(value(i), token)) {
                return true;
            }
        }
        return false;
    }

    private static boolean listHas(String list, String token) {
        int length = list.length();
        for (int start = 0; start <= length; ) {
            int comma = list.indexOf(',', start);
            int end = comma < 0 ? length : comma;
            if (isElement(list, start, end, token)) {
                return true;
            }
            start = end + 1;
        }
        return false;
    }

    private static boolean isElement(String list, int start, int end, String token) {
        int from = start;
        int to = end;
        while (from < to && white(list.charAt(from))) {
            from++;
        }
        while (to > from && white(list.charAt(to - 1))) {
            to--;
        }
        // an empty element is none (RFC 9110 §5.6.1)
        return from < to && to - from == token.length() && Ascii.startsWithIgnoreCase(list, from, token);
    }

    /**
     * This section with one more field at its end.
     *
     * @param name the field's name
     * @param value the field's value
     * @return a new section
     * @throws IllegalArgumentException for a bad name or value
     */
    public Headers with(String name, String value) {
        String[] longer = Arrays.copyOf(lines, lines.length + 2);
        longer[lines.length] = checkName(name);
        longer[lines.length + 1] = checkValue(name, value);
        return new Headers(longer);
    }

    /**
     * This section without the fields of a name.
     *
     * @param name the field's name in any case
     * @return a section without them; this one if it has none
     */
    public Headers without(String name) {
        return contains(name) ? toBuilder().remove(name).build() : this;
    }

    @Override
    public boolean equals(Object other) {
        if (!(other instanceof Headers that) || that.lines.length != lines.length) {
            return false;
        }
        for (int i = 0; i < lines.length; i += 2) {
            if (!Ascii.equalsIgnoreCase(lines[i], that.lines[i]) || !lines[i + 1].equals(that.lines[i + 1])) {
                return false;
            }
        }
        return true;
    }

    @Override
    public int hashCode() {
        int hash = 1;
        for (int i = 0; i < lines.length; i += 2) {
            // the length stands in for the name, which has no case
            hash = 31 * (31 * hash + lines[i].length()) + lines[i + 1].hashCode();
        }
        return hash;
    }

    /** {@return the fields for a log, one {@code name: value} each; the values of credentials are left out} */
    @Override
    public String toString() {
        StringBuilder out = new StringBuilder("{");
        for (int i = 0; i < size(); i++) {
            out.append(i == 0 ? "" : ", ").append(name(i)).append(": ").append(secret(name(i)) ? "…" : value(i));
        }
        return out.append('}').toString();
    }

    private static boolean secret(String name) {
        return Ascii.equalsIgnoreCase(name, FieldName.AUTHORIZATION)
                || Ascii.equalsIgnoreCase(name, FieldName.PROXY_AUTHORIZATION)
                || Ascii.equalsIgnoreCase(name, FieldName.COOKIE)
                || Ascii.equalsIgnoreCase(name, FieldName.SET_COOKIE);
    }

    private static String checkName(String name) {
        if (!Ascii.isToken(name)) {
            throw new IllegalArgumentException(
                    "not a field name (RFC 9110 §5.1 wants a token): \"" + Ascii.printable(name) + "\"");
        }
        return name;
    }

    private static String checkValue(String name, String value) {
        int start = 0;
        int end = value.length();
        while (start < end && white(value.charAt(start))) {
            start++;
        }
        while (end > start && white(value.charAt(end - 1))) {
            end--;
        }
        for (int i = start; i < end; i++) {
            if (!Ascii.isValueChar(value.charAt(i))) {
                throw new IllegalArgumentException("the value of field " + name + " has a character that RFC 9110 §5.5"
                        + " forbids at index " + i
                        + (secret(name) ? "" : ": \"" + Ascii.printable(value) + "\""));
            }
        }
        return value.substring(start, end);
    }

    private static boolean white(char c) {
        return c == ' ' || c == '\t';
    }

    /** Collects fields for a {@link Headers}. Not safe for several threads at once. */
    public static final class Builder {
        private final List<String> lines;

        private Builder(int fields) {
            this.lines = new ArrayList<>(2 * fields);
        }

        /**
         * Adds a field at the end, whether or not one of that name is there.
         *
         * @param name the field's name: a token
         * @param value the field's value; white space around it is dropped
         * @return this
         * @throws IllegalArgumentException for a bad name or value
         */
        public Builder add(String name, String value) {
            String checked = checkValue(checkName(name), value);
            lines.add(name);
            lines.add(checked);
            return this;
        }

        /**
         * Adds all fields of a section at the end.
         *
         * @param headers the fields
         * @return this
         */
        public Builder addAll(Headers headers) {
            lines.addAll(Arrays.asList(headers.lines));
            return this;
        }

        /**
         * Replaces all fields of a name by one at the end.
         *
         * @param name the field's name in any case
         * @param value the field's value
         * @return this
         * @throws IllegalArgumentException for a bad name or value
         */
        public Builder set(String name, String value) {
            String checked = checkValue(checkName(name), value);
            remove(name);
            lines.add(name);
            lines.add(checked);
            return this;
        }

        /**
         * Drops all fields of a name.
         *
         * @param name the field's name in any case
         * @return this
         */
        public Builder remove(String name) {
            for (int i = lines.size() - 2; i >= 0; i -= 2) {
                if (Ascii.equalsIgnoreCase(lines.get(i), name)) {
                    lines.remove(i + 1);
                    lines.remove(i);
                }
            }
            return this;
        }

        /** {@return the section of the fields collected so far} */
        public Headers build() {
            return ofChecked(lines.toArray(new String[0]));
        }
    }
}
