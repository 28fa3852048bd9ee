package dev.millrace.internal.h2;

import dev.millrace.internal.bytes.Ascii;

/**
 * Reads the dictionary of a {@code priority} field (RFC 8941 §4.2.2) for its members {@code u} and {@code i}, and checks the
 * grammar of all others without keeping them. A member that comes twice counts as the last one says.
 */
final class PriorityReader {
    private static final int MOST_INTEGER_DIGITS = 15;
    private static final int MOST_DECIMAL_DIGITS = 12; // before the point
    private static final int MOST_FRACTION_DIGITS = 3;
    private static final int NOTHING = -1;

    private final String text;
    private int at;
    private int urgency = NOTHING;
    private int incremental = NOTHING;
    private long integer; // the item that was read last, or NOTHING if it is no integer from 0 on
    private int bool; // the same for a boolean

    PriorityReader(String text) {
        this.text = text;
    }

    /** {@return the urgency, or -1 if none is said} */
    int urgency() {
        return urgency;
    }

    /** {@return 0 or 1, or -1 if nothing is said} */
    int incremental() {
        return incremental;
    }

    /** Reads it all; says whether it is a dictionary. */
    boolean read() {
        skip(' ');
        while (at < text.length()) {
            int from = at;
            if (!key()) {
                return false;
            }
            int length = at - from;
            char first = text.charAt(from);
            integer = NOTHING;
            bool = 1; // a key alone is a true
            if (next('=') && !member()) {
                return false;
            }
            if (length == 1 && first == 'u') {
                urgency = integer < Priority.URGENCIES ? (int) integer : NOTHING;
            } else if (length == 1 && first == 'i') {
                incremental = bool;
            }
            if (!parameters()) {
                return false;
            }
            whiteSpace();
            if (at == text.length()) {
                return true;
            }
            if (!next(',')) {
                return false;
            }
            whiteSpace();
            if (at == text.length()) {
                return false; // a comma with nothing behind it
            }
        }
        return true;
    }

    private int peek() {
        return at < text.length() ? text.charAt(at) : NOTHING;
    }

    private boolean next(char wanted) {
        if (peek() == wanted) {
            at++;
            return true;
        }
        return false;
    }

    private void skip(char c) {
        while (peek() == c) {
            at++;
        }
    }

    private void whiteSpace() {
        while (peek() == ' ' || peek() == '\t') {
            at++;
        }
    }

    private static boolean lower(int c) {
        return c >= 'a' && c <= 'z';
    }

    private static boolean digit(int c) {
        return c >= '0' && c <= '9';
    }

    private static boolean alpha(int c) {
        return lower(c | 0x20);
    }

    private boolean key() {
        if (!lower(peek()) && peek() != '*') {
            return false;
        }
        while (lower(peek()) || digit(peek()) || (peek() >= 0 && "_-.*".indexOf(peek()) >= 0)) {
            at++;
        }
        return true;
    }

    private boolean member() {
        bool = NOTHING;
        return peek() == '(' ? innerList() : bareItem();
    }

    private boolean innerList() {
        at++;
        while (true) {
            skip(' ');
            if (next(')')) {
                integer = NOTHING;
                bool = NOTHING;
                return true;
            }
            if (!bareItem() || !parameters() || (peek() != ' ' && peek() != ')')) {
                return false;
            }
        }
    }

    /** Parameters say nothing here, but the values they have are no member's. */
    private boolean parameters() {
        while (next(';')) {
            skip(' ');
            if (!key() || (next('=') && !bareItem())) {
                return false;
            }
        }
        return true;
    }

    private boolean bareItem() {
        int c = peek();
        integer = NOTHING;
        bool = NOTHING;
        if (digit(c) || c == '-') {
            return number();
        }
        if (c == '"') {
            return string();
        }
        if (c == ':') {
            return byteSequence();
        }
        if (c == '?') {
            return bool();
        }
        return (alpha(c) || c == '*') && token();
    }

    private boolean number() {
        boolean negative = next('-');
        int from = at;
        long value = 0;
        while (digit(peek())) {
            if (at - from == MOST_INTEGER_DIGITS) {
                return false;
            }
            value = 10 * value + peek() - '0';
            at++;
        }
        int digits = at - from;
        if (digits == 0) {
            return false;
        }
        if (next('.')) {
            int point = at;
            while (digit(peek())) {
                at++;
            }
            int fraction = at - point;
            return digits <= MOST_DECIMAL_DIGITS && fraction > 0 && fraction <= MOST_FRACTION_DIGITS;
        }
        integer = negative && value > 0 ? NOTHING : value;
        return true;
    }

    private boolean string() {
        at++;
        while (at < text.length()) {
            char c = text.charAt(at++);
            if (c == '"') {
                return true;
            }
            if (c == '\\') {
                if (peek() != '"' && peek() != '\\') {
                    return false;
                }
                at++;
            } else if (c < 0x20 || c >= 0x7f) {
                return false;
            }
        }
        return false;
    }

    private boolean token() {
        while (Ascii.isTokenChar(peek()) || peek() == ':' || peek() == '/') {
            at++;
        }
        return true;
    }

    private boolean byteSequence() {
        at++;
        while (alpha(peek()) || digit(peek()) || peek() == '+' || peek() == '/' || peek() == '=') {
            at++;
        }
        return next(':');
    }

    private boolean bool() {
        at++;
        if (next('0')) {
            bool = 0;
        } else if (next('1')) {
            bool = 1;
        } else {
            return false;
        }
        return true;
    }
}
