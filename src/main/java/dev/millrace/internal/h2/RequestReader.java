package dev.millrace.internal.h2;

import dev.millrace.http.Method;
import dev.millrace.internal.bytes.Ascii;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.exchange.Authority;
import dev.millrace.internal.hpack.HeaderField;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Reads the header section of a request (RFC 9113 §8.3.1, RFC 8441 §4): what its pseudo-header fields say, and whether the
 * whole makes a request.
 */
final class RequestReader extends MessageReader {
    private @Nullable String method;
    private @Nullable String scheme;
    private @Nullable String authority;
    private @Nullable String path;
    private @Nullable String protocol;
    private @Nullable String host;
    private @Nullable String priority;
    private boolean expectContinue;
    private boolean unknownExpectation;
    private int cookie;

    RequestReader(int maxBytes, int maxFields) {
        super(maxBytes, maxFields);
    }

    @Override
    void begin() {
        super.begin();
        method = null;
        scheme = null;
        authority = null;
        path = null;
        protocol = null;
        host = null;
        priority = null;
        expectContinue = false;
        unknownExpectation = false;
        cookie = -1;
    }

    @Override
    void meet(HeaderField field) {
        String value = field.value();
        switch (field.kind()) {
            case METHOD -> method = pseudo(":method", method, value);
            case SCHEME -> scheme = pseudo(":scheme", scheme, value);
            case AUTHORITY -> authority = pseudo(":authority", authority, value);
            case PATH -> path = pseudo(":path", path, value);
            case PROTOCOL -> {
                protocol = pseudo(":protocol", protocol, value);
                if (!Ascii.isToken(value)) {
                    fault(":protocol is no token (RFC 8441 §4)");
                }
            }
            case STATUS, UNKNOWN_PSEUDO -> fault("a request has no such pseudo-header field");
            case MALFORMED, TOO_LONG -> fault("a field's name or value has a character that it may not have");
            case CONNECTION_SPECIFIC -> fault("a field is for one connection of HTTP/1.1");
            case TE -> te(field);
            case HOST -> host(field);
            case CONTENT_LENGTH -> contentLength(field);
            case COOKIE -> cookie(field);
            case EXPECT -> {
                if (Ascii.equalsIgnoreCase(value, "100-continue")) {
                    expectContinue = true;
                } else {
                    unknownExpectation = true;
                }
                keep(field.name(), value);
            }
            case PRIORITY -> {
                priority = priority == null ? value : priority + "," + value;
                keep(field.name(), value);
            }
            case REGULAR -> keep(field.name(), value);
        }
    }

    private void te(HeaderField field) {
        if (!Ascii.equalsIgnoreCase(field.value(), "trailers")) {
            fault("te says something else than trailers");
        }
        keep(field.name(), field.value());
    }

    private void host(HeaderField field) {
        if (host != null) {
            fault("host is repeated");
        }
        host = field.value();
        keep(field.name(), field.value());
    }

    /** Clients cut cookies up so that HPACK works; they belong together again (RFC 9113 §8.2.3). */
    private void cookie(HeaderField field) {
        if (cookie < 0) {
            cookie = kept();
            keep(field.name(), field.value());
        } else if (cookie < kept()) {
            replace(cookie, value(cookie) + "; " + field.value());
        }
    }

    /** {@return whether the request expects something that nobody knows} */
    boolean unknownExpectation() {
        return unknownExpectation;
    }

    /** {@return the length of the target} */
    int targetLength() {
        return path == null ? 0 : path.length();
    }

    /** {@return the request, or {@code null} if it breaks a rule: {@link #fault()}} */
    @Nullable
    RequestParts finish() {
        if (fault() != null) {
            return null;
        }
        String verb = method;
        if (verb == null || !Ascii.isToken(verb)) {
            fault(verb == null ? ":method is missing" : ":method is not a method");
            return null;
        }
        boolean connect = verb.equals("CONNECT");
        if (protocol != null && !connect) {
            fault(":protocol is only for CONNECT");
        } else if (connect && protocol == null) {
            checkConnect();
        } else {
            checkTarget(verb);
        }
        String named = authority();
        if (fault() != null || named == null) {
            return null;
        }
        String target = connect && protocol == null ? named : path == null ? "" : path;
        int question = connect && protocol == null ? -1 : target.indexOf('?');
        return new RequestParts(
                Method.of(verb),
                scheme == null ? "" : scheme.toLowerCase(Locale.ROOT),
                named,
                target,
                connect && protocol == null ? "" : question < 0 ? target : target.substring(0, question),
                question < 0 ? null : target.substring(question + 1),
                protocol,
                headers(),
                contentLength(),
                expectContinue,
                priority);
    }

    private void checkConnect() {
        if (scheme != null || path != null) {
            fault("a CONNECT has no :scheme and no :path");
        } else if (authority == null) {
            fault("a CONNECT has no :authority");
        } else if (contentLength() >= 0) {
            fault("a CONNECT has content");
        } else {
            byte[] bytes = bytes(authority);
            if (!Authority.validWithPort(bytes, 0, bytes.length)) {
                fault("a CONNECT's :authority is not a host and a port");
            }
        }
    }

    private void checkTarget(String verb) {
        if (scheme == null || path == null) {
            fault(scheme == null ? ":scheme is missing" : ":path is missing");
        } else if (!validScheme(scheme)) {
            fault(":scheme is not a scheme");
        } else if (path.isEmpty() || (path.charAt(0) != '/' && !(path.equals("*") && verb.equals("OPTIONS")))) {
            fault(":path is no path");
        } else {
            checkPath(path);
        }
    }

    private static boolean validScheme(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
            if (!letter && (i == 0 || !(c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.'))) {
                return false;
            }
        }
        return !text.isEmpty();
    }

    /** The characters that HTTP/1.1 takes in a target, too. */
    private void checkPath(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c <= ' ' || c >= 0x7f || c == '#') {
                fault(":path has a character that it may not have");
                return;
            }
            if (c == '%' && !(hex(text, i + 1) && hex(text, i + 2))) {
                fault(":path has a % without two hexadecimal digits");
                return;
            }
        }
    }

    private static boolean hex(String text, int index) {
        return index < text.length() && Ascii.hexDigit((byte) text.charAt(index)) >= 0;
    }

    /** Who the request is for. Two answers, or a wrong one, are a way to smuggle it past somebody who reads the other. */
    private @Nullable String authority() {
        String named = authority != null ? authority : host;
        if (named == null) {
            fault("there is neither :authority nor host");
            return null;
        }
        if (authority != null && host != null && !Ascii.equalsIgnoreCase(host, authority)) {
            fault(":authority and host are different");
        }
        byte[] bytes = bytes(named);
        if (!Authority.valid(bytes, 0, bytes.length)) {
            fault("the authority is not a host with or without a port");
        }
        return named;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
