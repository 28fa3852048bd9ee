package dev.millrace.internal.bytes;

/** Classes of characters of RFC 9110 §5.6 and small comparisons that know only ASCII. */
public final class Ascii {
    private static final byte TOKEN = 1;
    private static final byte VALUE = 2;
    private static final byte[] CLASSES = new byte[256];

    static {
        for (int c = 'a'; c <= 'z'; c++) {
            CLASSES[c] = TOKEN;
            CLASSES[c - 'a' + 'A'] = TOKEN;
        }
        for (int c = '0'; c <= '9'; c++) {
            CLASSES[c] = TOKEN;
        }
        String others = "!#$%&'*+-.^_`|~";
        for (int i = 0; i < others.length(); i++) {
            CLASSES[others.charAt(i)] = TOKEN;
        }
        for (int c = 0x20; c < 256; c++) {
            CLASSES[c] |= c == 0x7f ? 0 : VALUE;
        }
        CLASSES['\t'] = VALUE;
    }

    private Ascii() {}

    /** {@return whether the character may stand in a token (RFC 9110 §5.6.2)} */
    public static boolean isTokenChar(int c) {
        return c >= 0 && c < 256 && (CLASSES[c] & TOKEN) != 0;
    }

    /** {@return whether the byte may stand in a token (RFC 9110 §5.6.2)} */
    public static boolean isTokenByte(byte b) {
        return (CLASSES[b & 0xff] & TOKEN) != 0;
    }

    /** {@return whether the byte may stand in a field value: HTAB, SP, visible ASCII or obs-text (RFC 9110 §5.5)} */
    public static boolean isValueByte(byte b) {
        return (CLASSES[b & 0xff] & VALUE) != 0;
    }

    /** {@return whether the character may stand in a field value (RFC 9110 §5.5)} */
    public static boolean isValueChar(char c) {
        return c < 256 && (CLASSES[c] & VALUE) != 0;
    }

    /** {@return whether the text is a token: not empty, token characters only} */
    public static boolean isToken(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (!isTokenChar(text.charAt(i))) {
                return false;
            }
        }
        return !text.isEmpty();
    }

    /** {@return the lower-case form of an ASCII letter, any other value unchanged} */
    public static int lower(int c) {
        return c >= 'A' && c <= 'Z' ? c + 32 : c;
    }

    /** {@return whether two texts are equal when ASCII letters have no case} */
    @SuppressWarnings("ReferenceEquality") // the identical object is the common case and the cheap one
    public static boolean equalsIgnoreCase(String a, String b) {
        if (a == b) {
            return true;
        }
        int length = a.length();
        if (length != b.length()) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            char x = a.charAt(i);
            char y = b.charAt(i);
            if (x != y && lower(x) != lower(y)) {
                return false;
            }
        }
        return true;
    }

    /** {@return whether a text has another one, ASCII letters without case, at a place} */
    public static boolean startsWithIgnoreCase(String text, int from, String start) {
        int length = start.length();
        if (from < 0 || length > text.length() - from) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (lower(text.charAt(from + i)) != lower(start.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    /** {@return the value of a hexadecimal digit, or -1} */
    public static int hexDigit(int c) {
        if (c >= '0' && c <= '9') {
            return c - '0';
        }
        int letter = c | 0x20;
        return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
    }

    /** {@return the text fit for a message: control and non-ASCII characters escaped, cut after 80 characters} */
    public static String printable(String text) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            if (i == 80) {
                return out.append('…').toString();
            }
            char c = text.charAt(i);
            if (c >= 0x20 && c < 0x7f) {
                out.append(c);
            } else {
                out.append("\\u").append(Integer.toHexString(c | 0x10000).substring(1));
            }
        }
        return out.toString();
    }
}
