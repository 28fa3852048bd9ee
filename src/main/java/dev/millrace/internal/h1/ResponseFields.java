package dev.millrace.internal.h1;

import dev.millrace.http.Status;
import dev.millrace.http.Version;
import dev.millrace.internal.bytes.Ascii;
import dev.millrace.internal.bytes.ByteScanner;
import dev.millrace.internal.bytes.Nullable;

/**
 * The header section of a response: gathers what Content-Length, Transfer-Encoding and Connection say (RFC 9112 §6.3, §9.3)
 * while its lines go by.
 *
 * <p>Content-Length may be said again as long as it says the same (RFC 9110 §8.6). Where it stands beside Transfer-Encoding,
 * that counts, and the connection is not used again (RFC 9112 §6.3).
 */
final class ResponseFields extends FieldLines {
    private Version version = Version.HTTP_1_1;
    private long contentLength;
    private boolean chunked;
    private boolean close;
    private boolean keepAlive;

    ResponseFields(ByteScanner scanner, int maxBytes, int maxFields) {
        super(scanner, maxBytes, maxFields);
    }

    /** Starts over for a response of that version. */
    void reset(Version responseVersion) {
        version = responseVersion;
        contentLength = -1;
        chunked = false;
        close = false;
        keepAlive = false;
    }

    @Override
    boolean keeps(KnownField field) {
        return true;
    }

    @Override
    @Nullable
    Violation meet(KnownField.Role role, byte[] b, int from, int to, String value) {
        return switch (role) {
            case CONTENT_LENGTH -> contentLength(value);
            case TRANSFER_ENCODING -> transferEncoding(value);
            case CONNECTION -> {
                connection(value);
                yield null;
            }
            case HOST, EXPECT, UPGRADE, ORDINARY -> null;
        };
    }

    private @Nullable Violation contentLength(String value) {
        for (int start = 0; ; ) {
            int comma = value.indexOf(',', start);
            long length = length(
                    value.substring(start, comma < 0 ? value.length() : comma).strip());
            if (length < 0) {
                return Violation.LENGTH_INVALID;
            }
            if (contentLength >= 0 && contentLength != length) {
                return Violation.LENGTH_REPEATED;
            }
            contentLength = length;
            if (comma < 0) {
                return null;
            }
            start = comma + 1;
        }
    }

    /** The length that a text says, or -1. */
    private static long length(String text) {
        long length = 0;
        for (int i = 0; i < text.length(); i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9 || length > (Long.MAX_VALUE - digit) / 10) {
                return -1;
            }
            length = length * 10 + digit;
        }
        return text.isEmpty() ? -1 : length;
    }

    private @Nullable Violation transferEncoding(String value) {
        if (version == Version.HTTP_1_0) {
            return Violation.CODING_IN_1_0;
        }
        if (chunked) {
            return Violation.CODING_NOT_CHUNKED;
        }
        if (!Ascii.equalsIgnoreCase(value, "chunked")) {
            return Violation.CODING_UNKNOWN;
        }
        chunked = true;
        return null;
    }

    private void connection(String value) {
        for (int start = 0; start <= value.length(); ) {
            int comma = value.indexOf(',', start);
            int end = comma < 0 ? value.length() : comma;
            String option = value.substring(start, end).strip();
            if (Ascii.equalsIgnoreCase(option, "close")) {
                close = true;
            } else if (Ascii.equalsIgnoreCase(option, "keep-alive")) {
                keepAlive = true;
            }
            start = end + 1;
        }
    }

    /** The head whose section was complete. */
    ResponseHead head(Status status) {
        boolean ambiguous = chunked && contentLength >= 0;
        return new ResponseHead(
                status,
                version,
                headers(),
                chunked,
                chunked ? -1 : contentLength,
                !close && !ambiguous && (version != Version.HTTP_1_0 || keepAlive));
    }
}
