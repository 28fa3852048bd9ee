package dev.millrace.internal.exchange;

import dev.millrace.internal.bytes.Ascii;

/**
 * The grammar of {@code uri-host [ ":" port ]} (RFC 3986 §3.2.2, §3.2.3; RFC 9110 §7.2): a registered name or IPv4
 * address, or an IPv6 or future address in brackets. User information is no part of it (RFC 9110 §4.2.4).
 */
public final class Authority {
    private static final boolean[] NAME = new boolean[256];

    static {
        // unreserved and sub-delims; percent-encoding is checked apart
        String allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=";
        for (int i = 0; i < allowed.length(); i++) {
            NAME[allowed.charAt(i)] = true;
        }
    }

    private Authority() {}

    /**
     * {@return whether the bytes are a host that is not empty, with or without a port; the port may be empty}
     *
     * @param b holds the bytes
     * @param from the first one
     * @param to after the last one
     */
    public static boolean valid(byte[] b, int from, int to) {
        int end = hostEnd(b, from, to);
        return end > from && (end == to || (b[end] == ':' && port(b, end + 1, to) >= -1));
    }

    /**
     * {@return whether the bytes are a host that is not empty and a port from 1 to 65535}
     *
     * @param b holds the bytes
     * @param from the first one
     * @param to after the last one
     */
    public static boolean validWithPort(byte[] b, int from, int to) {
        int end = hostEnd(b, from, to);
        return end > from && end < to && b[end] == ':' && port(b, end + 1, to) > 0;
    }

    /**
     * {@return whether an authority may start with this byte}
     *
     * @param c the byte
     */
    public static boolean mayStart(byte c) {
        return NAME[c & 0xff] || c == '%' || c == '[';
    }

    /** The index after the host, or -1 for one that is malformed. */
    private static int hostEnd(byte[] b, int from, int to) {
        if (from < to && b[from] == '[') {
            int close = from + 1;
            while (close < to && b[close] != ']') {
                close++;
            }
            return close < to && (ipv6(b, from + 1, close) || ipFuture(b, from + 1, close)) ? close + 1 : -1;
        }
        int i = from;
        while (i < to) {
            byte c = b[i];
            if (NAME[c & 0xff]) {
                i++;
            } else if (c == '%' && i + 2 < to && Ascii.hexDigit(b[i + 1]) >= 0 && Ascii.hexDigit(b[i + 2]) >= 0) {
                i += 3;
            } else {
                return c == ':' ? i : -1;
            }
        }
        return i;
    }

    /** The port, -1 for an empty one, -2 for a malformed one or one above 65535. */
    private static int port(byte[] b, int from, int to) {
        if (from == to) {
            return -1;
        }
        int port = 0;
        for (int i = from; i < to; i++) {
            int digit = b[i] - '0';
            if (digit < 0 || digit > 9) {
                return -2;
            }
            port = port * 10 + digit;
            if (port > 65535) {
                return -2;
            }
        }
        return port;
    }

    /** IPv6address: eight groups of one to four hexadecimal digits, one run of zeros as "::", an IPv4 tail. */
    private static boolean ipv6(byte[] b, int from, int to) {
        int groups = 0;
        boolean gap = false;
        int i = from;
        if (i + 1 < to && b[i] == ':' && b[i + 1] == ':') {
            gap = true;
            i += 2;
        }
        while (i < to) {
            int start = i;
            while (i < to && i - start < 5 && Ascii.hexDigit(b[i]) >= 0) {
                i++;
            }
            if (i < to && b[i] == '.') {
                groups += 2;
                i = ipv4(b, start, to) ? to : -1;
                break;
            }
            if (i == start || i - start > 4) {
                return false;
            }
            groups++;
            if (i == to) {
                break;
            }
            if (b[i] != ':' || i + 1 == to) {
                return false;
            }
            i++;
            if (b[i] == ':') {
                if (gap) {
                    return false;
                }
                gap = true;
                i++;
            }
        }
        return i == to && (gap ? groups < 8 : groups == 8);
    }

    private static boolean ipv4(byte[] b, int from, int to) {
        int parts = 0;
        int i = from;
        while (parts < 4) {
            int start = i;
            int value = 0;
            while (i < to && i - start < 3 && b[i] >= '0' && b[i] <= '9') {
                value = value * 10 + b[i++] - '0';
            }
            if (i == start || value > 255 || (i - start > 1 && b[start] == '0')) {
                return false;
            }
            if (++parts < 4 && (i == to || b[i++] != '.')) {
                return false;
            }
        }
        return i == to;
    }

    /** IPvFuture: "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" ). */
    private static boolean ipFuture(byte[] b, int from, int to) {
        if (from == to || (b[from] | 0x20) != 'v') {
            return false;
        }
        int dot = from + 1;
        while (dot < to && Ascii.hexDigit(b[dot]) >= 0) {
            dot++;
        }
        if (dot == from + 1 || dot + 1 >= to || b[dot] != '.') {
            return false;
        }
        for (int i = dot + 1; i < to; i++) {
            if (!NAME[b[i] & 0xff] && b[i] != ':') {
                return false;
            }
        }
        return true;
    }
}
