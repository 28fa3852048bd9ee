package dev.millrace.internal.h1;

import dev.millrace.http.FieldName;
import dev.millrace.internal.bytes.Ascii;
import dev.millrace.internal.bytes.ByteScanner;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.exchange.TrailerNames;
import java.util.Locale;

/**
 * A name of {@link FieldName}, found from bytes without making a {@code String}. A hash of the length and of the first
 * and last eight bytes, all without case, leads to the one candidate; the two usual spellings, as registered and in
 * lower case, are then compared with all bytes, eight at a time.
 */
final class KnownField {
    /** What a field means to the decoding of the message itself. */
    enum Role {
        ORDINARY,
        HOST,
        CONTENT_LENGTH,
        TRANSFER_ENCODING,
        CONNECTION,
        EXPECT,
        UPGRADE
    }

    /** Makes letters lower case; other characters of a token do not come to look like one of a known name. */
    private static final long FOLD = 0x2020202020202020L;

    private static final int TABLE_BITS = 9;
    private static final long[] KEYS = new long[1 << TABLE_BITS];
    private static final KnownField[] TABLE = new KnownField[1 << TABLE_BITS];

    static {
        int number = 0;
        for (String name : FieldName.all()) {
            KnownField field = new KnownField(name, number++);
            long key = key(field.registered.first, field.registered.last, name.length());
            int slot = slot(key);
            while (TABLE[slot] != null) {
                slot = (slot + 1) & (TABLE.length - 1);
            }
            KEYS[slot] = key;
            TABLE[slot] = field;
        }
    }

    /** A name as it is usually spelled, with its bytes as numbers to compare by. */
    static final class Spelling {
        /** What no bytes are. */
        static final Spelling NONE = new Spelling(null, "", -1);

        private final @Nullable KnownField field;
        private final String name;
        private final int number;
        private final int length;
        private final long mask;
        private final long first;
        private final long second;
        private final long third;
        private final long last;

        private Spelling(@Nullable KnownField field, String name, int number) {
            this.field = field;
            this.name = name;
            this.number = number;
            this.length = name.length();
            this.mask = length < 8 ? ~(-1L << (length << 3)) : -1L;
            this.first = length == 0 ? 1 : word(name, 0); // more than the mask lets through
            this.second = word(name, 8);
            this.third = word(name, 16);
            this.last = word(name, Math.max(0, length - 8));
        }

        /**
         * Whether the name and a colon stand at a place.
         *
         * @param scanner over the array
         * @param b the array
         * @param from the place, at most {@link ByteScanner#lastWord()}
         * @param end up to where there are bytes
         */
        boolean standsAt(ByteScanner scanner, byte[] b, int from, int end) {
            int colon = from + length;
            return (scanner.eight(from) & mask) == first
                    && colon < end
                    && b[colon] == ':'
                    && (length <= 8 || scanner.eight(colon - 8) == last && (length <= 16 || middle(scanner, from)));
        }

        private boolean middle(ByteScanner scanner, int from) {
            return scanner.eight(from + 8) == second && (length <= 24 || scanner.eight(from + 16) == third);
        }

        /** {@return the field} */
        KnownField field() {
            if (field == null) {
                throw new IllegalStateException("of no field");
            }
            return field;
        }

        String name() {
            return name;
        }

        int length() {
            return length;
        }

        int number() {
            return number;
        }
    }

    /** Names are compared by their first 24 and last eight bytes; none is longer. */
    private static final int LONGEST = 32;

    private final Spelling registered;
    private final Spelling lower;
    private final Role role;
    private final boolean allowedInTrailers;

    private KnownField(String name, int number) {
        if (name.length() > LONGEST) {
            throw new IllegalArgumentException("too long: " + name);
        }
        this.registered = new Spelling(this, name, 2 * number);
        this.lower = new Spelling(this, name.toLowerCase(Locale.ROOT), 2 * number + 1);
        this.role = role(name);
        this.allowedInTrailers = TrailerNames.allowed(name);
    }

    /** {@return how many spellings there are; their numbers are below} */
    static int spellings() {
        return 2 * FieldName.all().size();
    }

    private static long word(String text, int from) {
        long word = 0;
        for (int i = Math.min(text.length(), from + 8) - 1; i >= from; i--) {
            word = (word << 8) | text.charAt(i);
        }
        return word;
    }

    private static Role role(String registered) {
        return switch (registered) {
            case FieldName.HOST -> Role.HOST;
            case FieldName.CONTENT_LENGTH -> Role.CONTENT_LENGTH;
            case FieldName.TRANSFER_ENCODING -> Role.TRANSFER_ENCODING;
            case FieldName.CONNECTION -> Role.CONNECTION;
            case FieldName.EXPECT -> Role.EXPECT;
            case FieldName.UPGRADE -> Role.UPGRADE;
            default -> Role.ORDINARY;
        };
    }

    private static long key(long first, long last, int length) {
        return ((first | FOLD) ^ Long.rotateLeft(last | FOLD, 21)) + length;
    }

    private static int slot(long key) {
        return (int) ((key * 0x9E3779B97F4A7C15L) >>> (64 - TABLE_BITS));
    }

    /**
     * The only field that bytes can be the name of, in whatever case, or {@code null} if they are that of none.
     *
     * @param first the first eight bytes, or all, as {@link ByteScanner#word} gives them
     * @param last the last eight bytes, or all
     * @param length how many they are, at least 1
     */
    static @Nullable KnownField candidate(long first, long last, int length) {
        long key = key(first, last, length);
        int slot = slot(key);
        while (KEYS[slot] != key) {
            if (TABLE[slot] == null) {
                return null;
            }
            slot = (slot + 1) & (TABLE.length - 1);
        }
        return TABLE[slot];
    }

    /**
     * How the bytes spell the name, or {@code null} if it is not one of the two usual ways or no colon follows.
     *
     * @param scanner over the array
     * @param b the array
     * @param from where they start
     * @param end up to where there are bytes
     */
    @Nullable
    Spelling spelling(ByteScanner scanner, byte[] b, int from, int end) {
        if (from > scanner.lastWord()) { // so near to the array's end that it does not matter
            return null;
        }
        if (registered.standsAt(scanner, b, from, end)) {
            return registered;
        }
        return lower.standsAt(scanner, b, from, end) ? lower : null;
    }

    /** Whether that is the name, in any case. */
    boolean named(String name) {
        return Ascii.equalsIgnoreCase(registered.name, name);
    }

    /** What it means to the decoding. */
    Role role() {
        return role;
    }

    /** Whether it may come after the content (RFC 9110 §6.5.1). */
    boolean allowedInTrailers() {
        return allowedInTrailers;
    }
}
