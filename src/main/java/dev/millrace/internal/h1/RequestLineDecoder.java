package dev.millrace.internal.h1;

import dev.millrace.http.Method;
import dev.millrace.http.Version;
import dev.millrace.internal.bytes.Ascii;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.exchange.Authority;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Decodes a request line (RFC 9112 §3): {@code method SP request-target SP HTTP-version CRLF} with single spaces.
 *
 * <p>A target holds visible ASCII without {@code #}, and each {@code %} has two hexadecimal digits. The characters
 * {@code " < > \ ^ ` { | }}, which RFC 3986 leaves out, are let through as they are, as other servers do: clients send
 * them, and they cannot be taken for an end of the target.
 *
 * <p>Violations are met in the order of the bytes, so a line gets the same verdict however it is cut; only an authority
 * is judged when the target is complete.
 */
final class RequestLineDecoder {
    private static final byte BAD = 1;
    private static final byte SPACE = 2;
    private static final byte QUERY = 3;
    private static final byte PERCENT = 4;
    private static final byte[] TARGET = new byte[256];
    private static final Method[] METHODS = {
        Method.GET,
        Method.POST,
        Method.PUT,
        Method.HEAD,
        Method.OPTIONS,
        Method.DELETE,
        Method.PATCH,
        Method.CONNECT,
        Method.TRACE
    };

    static {
        for (int c = 0; c < 256; c++) {
            TARGET[c] = c <= 0x20 || c >= 0x7f ? BAD : 0;
        }
        TARGET['#'] = BAD;
        TARGET[' '] = SPACE;
        TARGET['?'] = QUERY;
        TARGET['%'] = PERCENT;
    }

    private final int maxBytes;
    private Method method = Method.GET;
    private Version version = Version.HTTP_1_1;
    private RequestTarget target = new RequestTarget("/", "/", null, null, null);
    private @Nullable Violation violation;

    /**
     * Sets the bound.
     *
     * @param maxBytes of a request line with its CRLF
     */
    RequestLineDecoder(int maxBytes) {
        this.maxBytes = maxBytes;
    }

    /**
     * Decodes a line.
     *
     * @param b holds the line
     * @param start where it starts
     * @param end up to where there are bytes
     * @return the offset after the CRLF, {@link FieldLines#INCOMPLETE} or {@link FieldLines#REJECTED}
     */
    int decode(byte[] b, int start, int end) {
        int limit = end - start > maxBytes ? start + maxBytes : end;
        int next = line(b, start, limit);
        return next == FieldLines.INCOMPLETE && limit - start == maxBytes
                ? reject(Violation.REQUEST_LINE_TOO_LONG)
                : next;
    }

    private int line(byte[] b, int start, int end) {
        int space = start;
        while (space < end && Ascii.isTokenByte(b[space])) {
            space++;
        }
        if (space == end) {
            return FieldLines.INCOMPLETE;
        }
        if (space == start || b[space] != ' ') {
            return reject(Violation.METHOD);
        }
        method = method(b, start, space);
        int next = target(b, space + 1, end);
        return next < 0 ? next : version(b, next, end);
    }

    private static Method method(byte[] b, int from, int to) {
        for (Method known : METHODS) {
            if (is(known.name(), b, from, to)) {
                return known;
            }
        }
        return Method.of(new String(b, from, to - from, StandardCharsets.ISO_8859_1));
    }

    private static boolean is(String text, byte[] b, int from, int to) {
        if (to - from != text.length()) {
            return false;
        }
        for (int i = from; i < to; i++) {
            if (b[i] != text.charAt(i - from)) {
                return false;
            }
        }
        return true;
    }

    /** Decodes the target and the space after it. */
    private int target(byte[] b, int start, int end) {
        if (start == end) {
            return FieldLines.INCOMPLETE;
        }
        byte first = b[start];
        if (first != '/' || method.equals(Method.CONNECT)) {
            Violation bad = beginning(b, start, end);
            if (bad != null) {
                return reject(bad);
            }
        }
        int query = -1;
        int i = start;
        for (; i < end; i++) {
            byte kind = TARGET[b[i] & 0xff];
            if (kind == 0) {
                continue;
            }
            if (kind == SPACE) {
                break;
            }
            if (kind == QUERY) {
                query = query < 0 ? i : query;
            } else if (kind == BAD) {
                return reject(b[i] == '\n' ? Violation.BARE_LF : Violation.TARGET_CHARACTER);
            } else if ((i + 1 < end && Ascii.hexDigit(b[i + 1]) < 0) || (i + 2 < end && Ascii.hexDigit(b[i + 2]) < 0)) {
                return reject(Violation.TARGET_PERCENT);
            }
        }
        if (i == end) {
            return FieldLines.INCOMPLETE;
        }
        if (first == '/') {
            String text = FieldLines.text(b, start, i);
            target = query < 0
                    ? new RequestTarget(text, text, null, null, null)
                    : new RequestTarget(
                            text, FieldLines.text(b, start, query), FieldLines.text(b, query + 1, i), null, null);
        } else {
            Violation bad = otherForm(b, start, query, i);
            if (bad != null) {
                return reject(bad);
            }
        }
        return i + 1;
    }

    /** Whether a target that is not in origin form can become valid. */
    private @Nullable Violation beginning(byte[] b, int start, int end) {
        byte first = b[start];
        if (method.equals(Method.CONNECT)) {
            return Authority.mayStart(first) ? null : Violation.CONNECT_TARGET;
        }
        if (first == '*' && method.equals(Method.OPTIONS)) {
            return start + 1 < end && b[start + 1] != ' ' ? Violation.TARGET_FORM : null;
        }
        return schemeEnd(b, start, end) == FieldLines.REJECTED ? Violation.TARGET_FORM : null;
    }

    /** The offset after "http://" or "https://". */
    private static int schemeEnd(byte[] b, int start, int end) {
        String scheme = start + 4 < end && Ascii.lower(b[start + 4]) == 's' ? "https://" : "http://";
        int to = Math.min(end, start + scheme.length());
        for (int i = start; i < to; i++) {
            if (Ascii.lower(b[i]) != scheme.charAt(i - start)) {
                return FieldLines.REJECTED;
            }
        }
        return to - start == scheme.length() ? to : FieldLines.INCOMPLETE;
    }

    private @Nullable Violation otherForm(byte[] b, int start, int query, int end) {
        String text = FieldLines.text(b, start, end);
        if (method.equals(Method.CONNECT)) {
            target = new RequestTarget(text, "", null, null, text);
            return Authority.validWithPort(b, start, end) ? null : Violation.CONNECT_TARGET;
        }
        if (b[start] == '*') {
            target = new RequestTarget(text, text, null, null, null);
            return null;
        }
        int authority = schemeEnd(b, start, end);
        if (authority < 0) {
            return Violation.TARGET_FORM;
        }
        int pathEnd = query < 0 ? end : query;
        int path = authority;
        while (path < pathEnd && b[path] != '/') {
            path++;
        }
        target = new RequestTarget(
                text,
                path == pathEnd ? "/" : FieldLines.text(b, path, pathEnd),
                query < 0 ? null : FieldLines.text(b, query + 1, end),
                FieldLines.text(b, start, authority - 3).toLowerCase(Locale.ROOT),
                FieldLines.text(b, authority, path));
        return Authority.valid(b, authority, path) ? null : Violation.TARGET_AUTHORITY;
    }

    /** Decodes "HTTP/1.1" and the CRLF after it. */
    private int version(byte[] b, int start, int end) {
        String form = "HTTP/1.";
        int i = start;
        for (; i < end && i - start < form.length(); i++) {
            if (b[i] != form.charAt(i - start)) {
                boolean otherMajor = i - start == 5 && b[i] >= '0' && b[i] <= '9';
                return reject(otherMajor ? Violation.VERSION_UNSUPPORTED : Violation.VERSION);
            }
        }
        if (i == end) {
            return FieldLines.INCOMPLETE;
        }
        if (b[i] < '0' || b[i] > '9') {
            return reject(Violation.VERSION);
        }
        version = b[i] == '0' ? Version.HTTP_1_0 : Version.HTTP_1_1;
        if (++i == end) {
            return FieldLines.INCOMPLETE;
        }
        if (b[i] != '\r') {
            return reject(b[i] == '\n' ? Violation.BARE_LF : Violation.VERSION);
        }
        if (++i == end) {
            return FieldLines.INCOMPLETE;
        }
        return b[i] == '\n' ? i + 1 : reject(Violation.BARE_CR);
    }

    private int reject(Violation why) {
        violation = why;
        return FieldLines.REJECTED;
    }

    /** The method of the line that was complete. */
    Method method() {
        return method;
    }

    /** The target of the line that was complete. */
    RequestTarget target() {
        return target;
    }

    /** The version of the line that was complete. */
    Version version() {
        return version;
    }

    /** Why the line was rejected. */
    Violation violation() {
        if (violation == null) {
            throw new IllegalStateException("no request line was rejected");
        }
        return violation;
    }
}
