package dev.millrace.cli;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** Writes an address as the origin that a browser takes. */
final class Origin {
    private Origin() {}

    /** {@return {@code http://127.0.0.1:8080}, or {@code http://[::1]:8080}: brackets as RFC 3986 §3.2.2 wants them} */
    static String of(InetSocketAddress address) {
        return of("http", address);
    }

    /** {@return such as {@code https://127.0.0.1:8443}} */
    static String of(String scheme, InetSocketAddress address) {
        InetAddress host = address.getAddress();
        StringBuilder origin = new StringBuilder(scheme).append("://");
        if (host instanceof Inet6Address) {
            origin.append('[');
            appendCompressed(origin, host.getAddress());
            origin.append(']');
        } else if (host == null) {
            origin.append(address.getHostString());
        } else {
            origin.append(host.getHostAddress());
        }
        return origin.append(':').append(address.getPort()).toString();
    }

    /** RFC 5952 §4: the longest run of two or more zero groups, the first of equals, becomes {@code ::}. */
    private static void appendCompressed(StringBuilder out, byte[] bytes) {
        int[] groups = new int[8];
        for (int i = 0; i < 8; i++) {
            groups[i] = (bytes[2 * i] & 0xff) << 8 | bytes[2 * i + 1] & 0xff;
        }
        int start = -1;
        int length = 1;
        for (int i = 0; i < 8; i++) {
            int end = i;
            while (end < 8 && groups[end] == 0) {
                end++;
            }
            if (end - i > length) {
                start = i;
                length = end - i;
            }
        }
        for (int i = 0; i < 8; i++) {
            if (i == start) {
                out.append("::");
                i += length - 1;
            } else {
                if (i > 0 && i != start + length) {
                    out.append(':');
                }
                out.append(Integer.toHexString(groups[i]));
            }
        }
    }
}
