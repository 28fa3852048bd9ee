package dev.millrace.internal.h1;

import dev.millrace.http.FieldName;
import dev.millrace.internal.bytes.Ascii;
import dev.millrace.internal.bytes.ByteScanner;
import dev.millrace.internal.bytes.Nullable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A field name that is found without making a {@code String}: each of {@link FieldName} in its registered and in its
 * lower-case spelling. A hash of the length and of the first and last eight bytes leads to the one candidate, whose
 * bytes are then all compared.
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

    private static final int TABLE_BITS = 10;
    private static final KnownField[] TABLE = new KnownField[1 << TABLE_BITS];
    private static final KnownField[][] BY_LENGTH;
    private static final int LONGEST;

    /** Fields that frame, route, control or describe the message and so mean nothing after it (RFC 9110 §6.5.1). */
    private static final Set<String> NOT_IN_TRAILERS = Set.of(
            FieldName.ACCEPT,
            FieldName.ACCEPT_CHARSET,
            FieldName.ACCEPT_ENCODING,
            FieldName.ACCEPT_LANGUAGE,
            FieldName.AGE,
            FieldName.AUTHORIZATION,
            FieldName.CACHE_CONTROL,
            FieldName.CONNECTION,
            FieldName.CONTENT_ENCODING,
            FieldName.CONTENT_LANGUAGE,
            FieldName.CONTENT_LENGTH,
            FieldName.CONTENT_LOCATION,
            FieldName.CONTENT_RANGE,
            FieldName.CONTENT_TYPE,
            FieldName.COOKIE,
            FieldName.DATE,
            FieldName.EARLY_DATA,
            FieldName.EXPECT,
            FieldName.EXPIRES,
            FieldName.FORWARDED,
            FieldName.HOST,
            FieldName.IF_MATCH,
            FieldName.IF_MODIFIED_SINCE,
            FieldName.IF_NONE_MATCH,
            FieldName.IF_RANGE,
            FieldName.IF_UNMODIFIED_SINCE,
            FieldName.KEEP_ALIVE,
            FieldName.LOCATION,
            FieldName.MAX_FORWARDS,
            FieldName.PRAGMA,
            FieldName.PROXY_AUTHENTICATE,
            FieldName.PROXY_AUTHORIZATION,
            FieldName.PROXY_CONNECTION,
            FieldName.RANGE,
            FieldName.RETRY_AFTER,
            FieldName.SET_COOKIE,
            FieldName.TE,
            FieldName.TRAILER,
            FieldName.TRANSFER_ENCODING,
            FieldName.UPGRADE,
            FieldName.VARY,
            FieldName.VIA,
            FieldName.WWW_AUTHENTICATE,
            FieldName.X_FORWARDED_FOR,
            FieldName.X_FORWARDED_HOST,
            FieldName.X_FORWARDED_PROTO,
            FieldName.X_REAL_IP);

    static {
        List<List<KnownField>> byLength = new ArrayList<>();
        for (String name : FieldName.all()) {
            KnownField field = new KnownField(name, name);
            insert(field);
            String lower = name.toLowerCase(Locale.ROOT);
            if (!lower.equals(name)) {
                insert(new KnownField(lower, name));
            }
            while (byLength.size() <= name.length()) {
                byLength.add(new ArrayList<>());
            }
            byLength.get(name.length()).add(field);
        }
        LONGEST = byLength.size() - 1;
        BY_LENGTH = new KnownField[byLength.size()][];
        for (int i = 0; i < BY_LENGTH.length; i++) {
            BY_LENGTH[i] = byLength.get(i).toArray(new KnownField[0]);
        }
    }

    private final String text;
    private final Role role;
    private final boolean allowedInTrailers;
    private final int length;
    private final long first;
    private final long last;
    private final long[] middle;

    private KnownField(String text, String registered) {
        this.text = text;
        this.role = role(registered);
        this.allowedInTrailers = !NOT_IN_TRAILERS.contains(registered);
        this.length = text.length();
        this.first = word(text, 0, Math.min(8, length));
        this.last = length < 8 ? first : word(text, length - 8, length);
        this.middle = new long[Math.max(0, (length - 9) >> 3)];
        for (int i = 0; i < middle.length; i++) {
            middle[i] = word(text, 8 * (i + 1), 8 * (i + 2));
        }
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

    private static long word(String text, int from, int to) {
        long word = 0;
        for (int i = to - 1; i >= from; i--) {
            word = word << 8 | text.charAt(i);
        }
        return word;
    }

    private static int slot(long first, long last, int length) {
        return (int) ((first * 0x9E3779B97F4A7C15L + Long.rotateLeft(last, 29) + length) * 0xD6E8FEB86659FD93L
                >>> 64 - TABLE_BITS);
    }

    private static void insert(KnownField field) {
        int slot = slot(field.first, field.last, field.length);
        while (TABLE[slot] != null) {
            slot = slot + 1 & TABLE.length - 1;
        }
        TABLE[slot] = field;
    }

    /**
     * The field whose name is spelled exactly so, or {@code null}.
     *
     * @param scanner over the array
     * @param from where the name starts
     * @param length its length, at least 1
     */
    static @Nullable KnownField find(ByteScanner scanner, int from, int length) {
        if (length > LONGEST) {
            return null;
        }
        long first = scanner.word(from, length);
        long last = length <= 8 ? first : scanner.word(from + length - 8, 8);
        int slot = slot(first, last, length);
        while (true) {
            KnownField field = TABLE[slot];
            if (field == null) {
                return null;
            }
            if (field.first == first && field.last == last && field.length == length && field.middle(scanner, from)) {
                return field;
            }
            slot = slot + 1 & TABLE.length - 1;
        }
    }

    private boolean middle(ByteScanner scanner, int from) {
        for (int i = 0; i < middle.length; i++) {
            if (middle[i] != scanner.word(from + 8 * (i + 1), 8)) {
                return false;
            }
        }
        return true;
    }

    /** The field of that name in any case, or {@code null}. */
    static @Nullable KnownField find(String name) {
        if (name.length() <= LONGEST) {
            for (KnownField field : BY_LENGTH[name.length()]) {
                if (Ascii.equalsIgnoreCase(field.text, name)) {
                    return field;
                }
            }
        }
        return null;
    }

    /** The name in the spelling that was found. */
    String text() {
        return text;
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
