package dev.millrace.internal.h1;

import dev.millrace.http.Version;
import dev.millrace.internal.bytes.Ascii;
import dev.millrace.internal.bytes.ByteScanner;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.exchange.Authority;

/**
 * The header section of a request: gathers what Host, Content-Length, Transfer-Encoding, Connection, Expect and
 * Upgrade say (RFC 9112 §3.2, §6.3, §9.3) while its lines go by. Whatever is ambiguous is refused, for each ambiguity
 * is a way to smuggle a request past somebody who reads it differently.
 */
final class RequestFields extends FieldLines {
    private final long maxBody;

    private Version version = Version.HTTP_1_1;
    private boolean connect;
    private @Nullable String host;
    private long contentLength;
    private boolean coded;
    private boolean chunked;
    private boolean otherCoding;
    private boolean close;
    private boolean keepAlive;
    private boolean upgradeOption;
    private boolean upgradeField;
    private boolean expectContinue;

    RequestFields(ByteScanner scanner, int maxBytes, int maxFields, long maxBody) {
        super(scanner, maxBytes, maxFields);
        this.maxBody = maxBody;
    }

    /** Starts over for a request of that version. */
    void reset(Version requestVersion, boolean connectMethod) {
        version = requestVersion;
        connect = connectMethod;
        host = null;
        contentLength = -1;
        coded = false;
        chunked = false;
        otherCoding = false;
        close = false;
        keepAlive = false;
        upgradeOption = false;
        upgradeField = false;
        expectContinue = false;
    }

    @Override
    boolean keeps(KnownField field) {
        return true;
    }

    @Override
    @Nullable
    Violation meet(KnownField.Role role, byte[] b, int from, int to, String value) {
        return switch (role) {
            case HOST -> host(b, from, to, value);
            case CONTENT_LENGTH -> contentLength(b, from, to);
            case TRANSFER_ENCODING -> transferEncoding(b, from, to);
            case CONNECTION -> {
                connection(b, from, to);
                yield null;
            }
            case EXPECT -> expect(value);
            case UPGRADE -> {
                upgradeField = true;
                yield null;
            }
            case ORDINARY -> null;
        };
    }

    private @Nullable Violation host(byte[] b, int from, int to, String value) {
        if (host != null) {
            return Violation.HOST_REPEATED;
        }
        // an http or https URI without a host is invalid (RFC 9110 §4.2.1); HTTP/1.0 may leave it out
        boolean absent = from == to && version == Version.HTTP_1_0;
        if (!absent && !Authority.valid(b, from, to)) {
            return Violation.HOST_INVALID;
        }
        host = value;
        return null;
    }

    private @Nullable Violation contentLength(byte[] b, int from, int to) {
        if (contentLength >= 0) {
            return Violation.LENGTH_REPEATED;
        }
        if (coded) {
            return Violation.LENGTH_WITH_CODING;
        }
        if (connect) {
            return Violation.CONNECT_CONTENT;
        }
        long length = 0;
        boolean tooLarge = false;
        for (int i = from; i < to; i++) {
            int digit = b[i] - '0';
            if (digit < 0 || digit > 9) {
                return Violation.LENGTH_INVALID;
            }
            if (length > (Long.MAX_VALUE - digit) / 10) {
                tooLarge = true;
            } else {
                length = length * 10 + digit;
            }
        }
        if (from == to) {
            return Violation.LENGTH_INVALID;
        }
        contentLength = length;
        return tooLarge || length > maxBody ? Violation.CONTENT_TOO_LARGE : null;
    }

    private @Nullable Violation transferEncoding(byte[] b, int from, int to) {
        if (version == Version.HTTP_1_0) {
            return Violation.CODING_IN_1_0;
        }
        if (contentLength >= 0) {
            return Violation.LENGTH_WITH_CODING;
        }
        if (connect) {
            return Violation.CONNECT_CONTENT;
        }
        coded = true;
        for (int start = from; ; ) {
            int comma = comma(b, start, to);
            Violation bad = coding(b, start, comma);
            if (bad != null) {
                return bad;
            }
            if (comma == to) {
                return null;
            }
            start = comma + 1;
        }
    }

    /** One element of Transfer-Encoding. Parameters are for other codings, which are refused anyway. */
    private @Nullable Violation coding(byte[] b, int start, int end) {
        int from = skipWhite(b, start, end);
        int to = from;
        while (to < end && Ascii.isTokenByte(b[to])) {
            to++;
        }
        if (to == from) {
            return Violation.CODING_INVALID;
        }
        int after = skipWhite(b, to, end);
        boolean parameters = after < end;
        if (parameters && b[after] != ';') {
            return Violation.CODING_INVALID;
        }
        if (chunked) {
            return Violation.CODING_NOT_CHUNKED;
        }
        if (!is("chunked", b, from, to)) {
            otherCoding = true;
        } else if (parameters) {
            return Violation.CODING_INVALID;
        } else {
            chunked = true;
        }
        return null;
    }

    private void connection(byte[] b, int from, int to) {
        for (int start = from; start < to; ) {
            int comma = comma(b, start, to);
            int first = skipWhite(b, start, comma);
            int last = comma;
            while (last > first && (b[last - 1] == ' ' || b[last - 1] == '\t')) {
                last--;
            }
            if (is("close", b, first, last)) {
                close = true;
            } else if (is("keep-alive", b, first, last)) {
                keepAlive = true;
            } else if (is("upgrade", b, first, last)) {
                upgradeOption = true;
            }
            start = comma + 1;
        }
    }

    private @Nullable Violation expect(String value) {
        if (version == Version.HTTP_1_0) {
            return null; // RFC 9110 §10.1.1: a server ignores it there
        }
        expectContinue = true;
        return Ascii.equalsIgnoreCase(value, "100-continue") ? null : Violation.EXPECTATION;
    }

    private static int comma(byte[] b, int from, int to) {
        int i = from;
        while (i < to && b[i] != ',') {
            i++;
        }
        return i;
    }

    private static int skipWhite(byte[] b, int from, int to) {
        int i = from;
        while (i < to && (b[i] == ' ' || b[i] == '\t')) {
            i++;
        }
        return i;
    }

    private static boolean is(String lower, byte[] b, int from, int to) {
        if (to - from != lower.length()) {
            return false;
        }
        for (int i = from; i < to; i++) {
            if (Ascii.lower(b[i]) != lower.charAt(i - from)) {
                return false;
            }
        }
        return true;
    }

    /** What is wrong with the section as a whole, now that it is complete. */
    @Nullable
    Violation conclude() {
        if (coded && !chunked) {
            return Violation.CODING_NOT_CHUNKED;
        }
        if (otherCoding) {
            return Violation.CODING_UNKNOWN;
        }
        return host == null && version != Version.HTTP_1_0 ? Violation.HOST_MISSING : null;
    }

    /** The section, of which {@link #conclude()} found nothing wrong. */
    HeaderSection section() {
        RequestHead.Framing framing = chunked
                ? RequestHead.Framing.CHUNKED
                : contentLength >= 0 ? RequestHead.Framing.LENGTH : RequestHead.Framing.NONE;
        boolean current = version != Version.HTTP_1_0;
        return new HeaderSection(
                headers(),
                host == null ? "" : host,
                framing,
                framing == RequestHead.Framing.NONE ? 0 : contentLength,
                !close && (current || keepAlive),
                expectContinue,
                current && upgradeOption && upgradeField);
    }
}
