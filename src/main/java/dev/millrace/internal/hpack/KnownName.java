package dev.millrace.internal.hpack;

import dev.millrace.http.FieldName;
import dev.millrace.internal.bytes.Nullable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * A name of {@link FieldName}, of the static table or of a pseudo-header field, with what is to be known of it. It is
 * found without making a {@code String}: from a string, as registered or in lower case, by the hash that strings keep,
 * and from bytes by a hash of a few of them.
 */
final class KnownName {
    private static final int TABLE_BITS = 9;
    private static final int MASK = (1 << TABLE_BITS) - 1;
    private static final @Nullable String[] SPELLINGS = new @Nullable String[1 << TABLE_BITS];
    private static final KnownName[] NAMES = new KnownName[1 << TABLE_BITS];
    private static final @Nullable KnownName[] BYTES = new @Nullable KnownName[1 << TABLE_BITS];

    static {
        List<String> names = new ArrayList<>(FieldName.all());
        names.add(":protocol"); // RFC 8441 §4
        for (String name : names) {
            put(name);
        }
        for (int i = 1; i <= StaticTable.LENGTH; i++) {
            if (of(StaticTable.name(i)) == null) {
                put(StaticTable.name(i));
            }
        }
    }

    private final String lower;
    private final byte[] bytes;
    private final int staticIndex;
    private final boolean staticValues;
    private final FieldKind kind;
    private final Indexing indexing;

    private KnownName(String registered) {
        // interned, so that a program's constants are the same object and compare at once
        this.lower = registered.toLowerCase(Locale.ROOT).intern();
        this.bytes = lower.getBytes(StandardCharsets.ISO_8859_1);
        int first = StaticTable.LENGTH;
        while (first > StaticTable.NONE && !StaticTable.name(first).equals(lower)) {
            first--;
        }
        boolean values = first > StaticTable.NONE && !StaticTable.value(first).isEmpty();
        while (first > 1 && StaticTable.name(first - 1).equals(lower)) {
            first--;
        }
        this.staticIndex = first;
        this.staticValues = values;
        this.kind = FieldKind.named(lower);
        this.indexing = Indexing.of(lower);
    }

    private static void put(String registered) {
        KnownName name = new KnownName(registered);
        int slot = slot(hash(name.bytes, 0, name.bytes.length));
        while (BYTES[slot] != null) {
            slot = (slot + 1) & MASK;
        }
        BYTES[slot] = name;
        put(name.lower, name);
        if (!registered.equals(name.lower)) {
            put(registered, name);
        }
    }

    private static void put(String spelling, KnownName name) {
        int slot = slot(spelling.hashCode());
        while (SPELLINGS[slot] != null) {
            slot = (slot + 1) & MASK;
        }
        SPELLINGS[slot] = spelling;
        NAMES[slot] = name;
    }

    private static int slot(int hash) {
        return (hash * 0x9E3779B9) >>> (32 - TABLE_BITS);
    }

    /** The name, as registered or in lower case, or {@code null} if it is none of these. */
    @SuppressWarnings("ReferenceEquality") // the identical object is the common case and the cheap one
    static @Nullable KnownName of(String name) {
        int slot = slot(name.hashCode());
        while (true) {
            String spelling = SPELLINGS[slot];
            if (spelling == null) {
                return null;
            }
            if (spelling == name || spelling.equals(name)) {
                return NAMES[slot];
            }
            slot = (slot + 1) & MASK;
        }
    }

    /** The name whose lower-case form the bytes are, or {@code null}. */
    static @Nullable KnownName of(byte[] b, int from, int to) {
        if (from == to) {
            return null;
        }
        int slot = slot(hash(b, from, to));
        for (KnownName name = BYTES[slot]; name != null; name = BYTES[slot]) {
            if (Arrays.equals(name.bytes, 0, name.bytes.length, b, from, to)) {
                return name;
            }
            slot = (slot + 1) & MASK;
        }
        return null;
    }

    /** Looks at few bytes only: those by which names differ most. */
    private static int hash(byte[] b, int from, int to) {
        int length = to - from;
        return ((b[from] * 31 + b[to - 1]) * 31 + b[from + (length >> 1)]) * 31
                + b[from + (length >> 2)]
                + length * 4099;
    }

    /** The name in lower case, one object for all uses. */
    String lower() {
        return lower;
    }

    /** Where the static table has it first, or {@link StaticTable#NONE}. */
    int staticIndex() {
        return staticIndex;
    }

    /** Where the static table has it with that value, or {@link StaticTable#NONE}. */
    int staticIndex(String value) {
        if (staticValues) {
            for (int i = staticIndex;
                    i <= StaticTable.LENGTH && StaticTable.name(i).equals(lower);
                    i++) {
                if (StaticTable.value(i).equals(value)) {
                    return i;
                }
            }
        }
        return StaticTable.NONE;
    }

    /** What a field of that name is. */
    FieldKind kind() {
        return kind;
    }

    /** Whether it gets an entry of the encoder's table. */
    Indexing indexing() {
        return indexing;
    }
}
