package dev.millrace.internal.tls;

import dev.millrace.internal.bytes.Ascii;

/** The forms of names that TLS knows peers by. */
final class ServerNames {
    private ServerNames() {}

    /** {@return a name in lower case, without a dot at its end} */
    static String normal(String name) {
        int end = name.endsWith(".") ? name.length() - 1 : name.length();
        for (int i = 0; i < end; i++) {
            char c = name.charAt(i);
            if (c >= 'A' && c <= 'Z') {
                return lower(name, end);
            }
        }
        return end == name.length() ? name : name.substring(0, end);
    }

    private static String lower(String name, int end) {
        StringBuilder out = new StringBuilder(end);
        for (int i = 0; i < end; i++) {
            char c = name.charAt(i);
            out.append(c >= 'A' && c <= 'Z' ? (char) (c | 0x20) : c);
        }
        return out.toString();
    }

    /** {@return whether a text is an IP address by its form: four decimal octets, or hexadecimal with colons} */
    static boolean isAddress(String text) {
        if (text.indexOf(':') >= 0) {
            for (int i = 0; i < text.length(); i++) {
                char c = text.charAt(i);
                if (c != ':' && c != '.' && Ascii.hexDigit(c) < 0) {
                    return false;
                }
            }
            return true;
        }
        int octets = 1;
        int value = -1;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '.' && value >= 0) {
                octets++;
                value = -1;
            } else if (c >= '0' && c <= '9' && value <= 25) {
                value = 10 * Math.max(value, 0) + c - '0';
                if (value > 255) {
                    return false;
                }
            } else {
                return false;
            }
        }
        return octets == 4 && value >= 0;
    }

    /** {@return whether a name in normal form is a DNS name in ASCII; its first label may be an asterisk} */
    static boolean isDnsName(String name) {
        int from = name.startsWith("*.") ? 2 : 0;
        if (name.length() > 253 || from == name.length()) {
            return false;
        }
        int label = 0;
        for (int i = from; i <= name.length(); i++) {
            char c = i < name.length() ? name.charAt(i) : '.';
            if (c == '.') {
                if (label == 0 || label > 63 || name.charAt(i - 1) == '-') {
                    return false;
                }
                label = 0;
            } else if (c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '-' && label > 0) {
                label++;
            } else {
                return false;
            }
        }
        return true;
    }
}
