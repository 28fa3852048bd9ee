package dev.millrace.cli;

/** Numbers as people and peers write them: ASCII digits and nothing else. */
final class Decimal {
    /** Not a number, or one over the bound. */
    static final long NONE = -1;

    private Decimal() {}

    /**
     * Reads a number.
     *
     * @param text one or more ASCII digits
     * @param most the greatest value allowed, less than 2^59
     * @return the value, or {@link #NONE}
     */
    static long parse(String text, long most) {
        long value = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < '0' || c > '9') {
                return NONE;
            }
            value = 10 * value + c - '0';
            if (value > most) {
                return NONE;
            }
        }
        return text.isEmpty() ? NONE : value;
    }
}
