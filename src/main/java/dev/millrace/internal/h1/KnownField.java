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
 * lower case, are then compared with all bytes.
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
        for (String name : FieldName.all()) {
            KnownField field = new KnownField(name);
            long key = key(field.first, field.last, field.length);
            int slot = slot(key);
            while (TABLE[slot] != null) {
                slot = (slot + 1) & (TABLE.length - 1);
            }
            KEYS[slot] = key;
            TABLE[slot] = field;
        }
    }

    private final String registered;
    private final String lower;
    private final Role role;
    private final boolean allowedInTrailers;
    private final int length;
    private final long first;
    private final long last;
    private final long[] middle;
    private final long lowerFirst;
    private final long lowerLast;
    private final long[] lowerMiddle;

    private KnownField(String name) {
        this.registered = name;
        this.lower = name.toLowerCase(Locale.ROOT);
        this.role = role(name);
        this.allowedInTrailers = TrailerNames.allowed(name);
        this.length = name.length();
        int end = Math.max(0, length - 8);
        this.first = word(registered, 0);
        this.last = word(registered, end);
        this.middle = middle(registered);
        this.lowerFirst = word(lower, 0);
        this.lowerLast = word(lower, end);
        this.lowerMiddle = middle(lower);
    }

    private static long word(String text, int from) {
        long word = 0;
        for (int i = Math.min(text.length(), from + 8) - 1; i >= from; i--) {
            word = (word << 8) | text.charAt(i);
        }
        return word;
    }

    /** What the first and the last eight bytes leave out. */
    private static long[] middle(String text) {
        long[] middle = new long[Math.max(0, (text.length() - 9) >> 3)];
        for (int i = 0; i < middle.length; i++) {
            middle[i] = word(text, 8 * (i + 1));
        }
        return middle;
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
     * The name as registered or in lower case, whichever of them the bytes are, or {@code null}.
     *
     * @param begin the first eight bytes, or all
     * @param end the last eight bytes, or all
     * @param count how many they are
     * @param scanner over the array
     * @param from where they start
     */
    @Nullable
    String spelled(long begin, long end, int count, ByteScanner scanner, int from) {
        if (count != length) {
            return null;
        }
        if (begin == first && end == last && equal(middle, scanner, from)) {
            return registered;
        }
        return begin == lowerFirst && end == lowerLast && equal(lowerMiddle, scanner, from) ? lower : null;
    }

    private static boolean equal(long[] middle, ByteScanner scanner, int from) {
        for (int i = 0; i < middle.length; i++) {
            if (middle[i] != scanner.word(from + 8 * (i + 1), 8)) {
                return false;
            }
        }
        return true;
    }

    /** Whether that is the name, in any case. */
    boolean named(String name) {
        return Ascii.equalsIgnoreCase(registered, name);
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
