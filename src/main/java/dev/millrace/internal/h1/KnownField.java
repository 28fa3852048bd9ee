package dev.millrace.internal.h1;

import dev.millrace.http.FieldName;
import dev.millrace.internal.bytes.Ascii;
import dev.millrace.internal.bytes.ByteScanner;
import dev.millrace.internal.bytes.Nullable;
import java.util.Locale;
import java.util.Set;

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
    private static final KnownField[] TABLE = new KnownField[1 << TABLE_BITS];

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
        for (String name : FieldName.all()) {
            KnownField field = new KnownField(name);
            int slot = slot(field.foldedFirst, field.foldedLast, field.length);
            while (TABLE[slot] != null) {
                slot = (slot + 1) & (TABLE.length - 1);
            }
            TABLE[slot] = field;
        }
    }

    private final String registered;
    private final String lower;
    private final Role role;
    private final boolean allowedInTrailers;
    private final int length;
    private final long foldedFirst;
    private final long foldedLast;
    private final long[] registeredWords;
    private final long[] lowerWords;

    private KnownField(String name) {
        this.registered = name;
        this.lower = name.toLowerCase(Locale.ROOT);
        this.role = role(name);
        this.allowedInTrailers = !NOT_IN_TRAILERS.contains(name);
        this.length = name.length();
        this.registeredWords = words(registered);
        this.lowerWords = words(lower);
        this.foldedFirst = registeredWords[0] | FOLD;
        this.foldedLast = registeredWords[registeredWords.length - 1] | FOLD;
    }

    /** The bytes as numbers of eight each, of which the last may repeat some of those before. */
    private static long[] words(String text) {
        int length = text.length();
        long[] words = new long[(length + 7) >> 3];
        for (int i = 0; i < words.length; i++) {
            int from = Math.max(0, Math.min(8 * i, length - 8));
            for (int at = Math.min(length, from + 8) - 1; at >= from; at--) {
                words[i] = (words[i] << 8) | text.charAt(at);
            }
        }
        return words;
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

    private static int slot(long first, long last, int length) {
        return (int) ((((first ^ Long.rotateLeft(last, 21)) + length) * 0x9E3779B97F4A7C15L) >>> (64 - TABLE_BITS));
    }

    /**
     * The only field that the bytes can be the name of, in whatever case, or {@code null} if they are that of none.
     *
     * @param scanner over the array
     * @param from where the name starts
     * @param length its length, at least 1
     */
    static @Nullable KnownField candidate(ByteScanner scanner, int from, int length) {
        long first = scanner.word(from, length) | FOLD;
        long last = length <= 8 ? first : scanner.word(from + length - 8, 8) | FOLD;
        int slot = slot(first, last, length);
        KnownField field = TABLE[slot];
        while (field != null && (field.foldedFirst != first || field.foldedLast != last || field.length != length)) {
            slot = (slot + 1) & (TABLE.length - 1);
            field = TABLE[slot];
        }
        return field;
    }

    /**
     * The name as registered or in lower case, whichever of them the bytes are, or {@code null}.
     *
     * @param scanner over the array
     * @param from where the name starts; it has the length of this one
     */
    @Nullable
    String spelled(ByteScanner scanner, int from) {
        return equal(registeredWords, scanner, from) ? registered : equal(lowerWords, scanner, from) ? lower : null;
    }

    private boolean equal(long[] words, ByteScanner scanner, int from) {
        int last = words.length - 1;
        if (last == 0) {
            return words[0] == scanner.word(from, length);
        }
        for (int i = 0; i < last; i++) {
            if (words[i] != scanner.word(from + 8 * i, 8)) {
                return false;
            }
        }
        return words[last] == scanner.word(from + length - 8, 8);
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
