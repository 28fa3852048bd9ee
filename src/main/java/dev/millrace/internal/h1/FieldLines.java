package dev.millrace.internal.h1;

import dev.millrace.http.Headers;
import dev.millrace.internal.bytes.Ascii;
import dev.millrace.internal.bytes.ByteScanner;
import dev.millrace.internal.bytes.Nullable;
import java.util.Arrays;

/**
 * Decodes the field lines of a header or trailer section with the empty line at its end (RFC 9112 §5). Strict: a name
 * is a token with the colon right after it, no line is folded, each ends in CRLF, values hold no control character
 * but HTAB. Values are taken as ISO-8859-1, without the white space around them.
 *
 * <p>Violations are met in the order of the bytes, so a section gets the same verdict however it is cut.
 */
abstract class FieldLines {
    /** Instead of an offset: the bytes are a beginning. */
    static final int INCOMPLETE = -1;

    /** Instead of an offset: {@link #violation()} says why. */
    static final int REJECTED = -2;

    /** The highest bound that leaves room for an offset in front and the last CRLF behind. */
    static final int MOST_BYTES = Integer.MAX_VALUE >> 1;

    private static final String[] NONE = {};

    private final ByteScanner scanner;
    private final int maxBytes;
    private final int maxFields;
    // a new array for each section: what is stored in a young one costs the collector's barriers least
    private String[] lines = NONE;
    private int count;
    private int expected = 32;
    // for each known name, and last for the start, which one has come after it last: clients send fields in an order
    // of their own, and to see that it is the expected name is cheaper than to find out which name it is
    private final KnownField.Spelling[] successors = new KnownField.Spelling[KnownField.spellings() + 1];
    private @Nullable Violation violation;

    /**
     * Sets the bounds.
     *
     * @param scanner is turned to the array that is decoded
     * @param maxBytes of all field lines with their CRLFs
     * @param maxFields the number of lines
     */
    FieldLines(ByteScanner scanner, int maxBytes, int maxFields) {
        this.scanner = scanner;
        Arrays.fill(successors, KnownField.Spelling.NONE);
        this.maxBytes = Math.min(maxBytes, MOST_BYTES);
        this.maxFields = maxFields;
    }

    /** Whether the section has the field; others are checked and dropped. */
    abstract boolean keeps(KnownField field);

    /** Looks at the value {@code b[from, to)} of a field with a role; answers what is wrong with it. */
    abstract @Nullable Violation meet(KnownField.Role role, byte[] b, int from, int to, String value);

    /**
     * Decodes a section.
     *
     * @return the offset after its empty line, {@link #INCOMPLETE} or {@link #REJECTED}
     */
    final int decode(byte[] b, int start, int end) {
        scanner.over(b);
        int limit = end - start > maxBytes + 2 ? start + maxBytes + 2 : end;
        int next = lines(b, start, limit);
        return next == INCOMPLETE && limit - start == maxBytes + 2 ? reject(Violation.SECTION_TOO_LONG) : next;
    }

    private int lines(byte[] b, int start, int end) {
        lines = new String[expected];
        count = 0;
        int fields = 0;
        int pos = start;
        int before = successors.length - 1;
        while (pos < end) {
            if (b[pos] == '\r') {
                return pos + 1 == end ? INCOMPLETE : b[pos + 1] == '\n' ? pos + 2 : reject(Violation.BARE_CR);
            }
            if (fields++ == maxFields) {
                return reject(Violation.TOO_MANY_FIELDS);
            }
            int colon;
            KnownField known = null;
            String name;
            KnownField.Spelling spelling = successors[before];
            if (pos <= scanner.lastWord() && spelling.standsAt(scanner, b, pos, end)) { // the usual next one
                colon = pos + spelling.length();
            } else {
                colon = scanner.indexOf(':', pos, end);
                known = candidate(pos, colon, end);
                spelling = known == null ? null : known.spelling(scanner, b, pos, end);
                if (spelling != null) {
                    successors[before] = spelling;
                }
            }
            if (spelling != null) {
                before = spelling.number();
                known = spelling.field();
                name = spelling.name();
            } else {
                int bad = notToken(b, pos, colon);
                if (bad < colon || colon == pos) {
                    return reject(badName(b[bad], bad == pos));
                }
                if (colon == end) {
                    return INCOMPLETE;
                }
                name = text(b, pos, colon);
                known = known != null && known.named(name) ? known : null;
            }
            int from = colon + 1;
            while (from < end && white(b[from])) {
                from++;
            }
            int cr = scanner.indexOfControl(from, end);
            if (cr == end) {
                return INCOMPLETE;
            }
            if (b[cr] != '\r') {
                return reject(b[cr] == '\n' ? Violation.BARE_LF : Violation.FIELD_VALUE);
            }
            if (cr + 1 == end) {
                return INCOMPLETE;
            }
            if (b[cr + 1] != '\n') {
                return reject(Violation.BARE_CR);
            }
            int to = cr;
            while (to > from && white(b[to - 1])) {
                to--;
            }
            Violation bad = line(known, name, b, from, to);
            if (bad != null) {
                return reject(bad);
            }
            pos = cr + 2;
        }
        return INCOMPLETE;
    }

    private @Nullable KnownField candidate(int from, int colon, int end) {
        if (colon == from || colon == end) {
            return null;
        }
        int length = colon - from;
        long first = scanner.word(from, length);
        return KnownField.candidate(first, length <= 8 ? first : scanner.word(colon - 8, 8), length);
    }

    private @Nullable Violation line(@Nullable KnownField known, String name, byte[] b, int from, int to) {
        String value = text(b, from, to);
        if (known != null) {
            if (!keeps(known)) {
                return null;
            }
            if (known.role() != KnownField.Role.ORDINARY) {
                Violation bad = meet(known.role(), b, from, to, value);
                if (bad != null) {
                    return bad;
                }
            }
        }
        if (count == lines.length) {
            lines = Arrays.copyOf(lines, 2 * count + 2);
        }
        lines[count] = name;
        lines[count + 1] = value;
        count += 2;
        return null;
    }

    /** Bytes as ISO-8859-1. The constructor that takes a Charset is too large to be inlined: 2 to 4 % of a head's time. */
    @SuppressWarnings("deprecation") // its fault is to know ISO-8859-1 only
    static String text(byte[] b, int from, int to) {
        return from == to ? "" : new String(b, 0, from, to - from);
    }

    private static boolean white(byte c) {
        return c == ' ' || c == '\t';
    }

    private static int notToken(byte[] b, int from, int to) {
        int i = from;
        while (i < to && Ascii.isTokenByte(b[i])) {
            i++;
        }
        return i;
    }

    private static Violation badName(byte c, boolean atStart) {
        if (white(c)) {
            return atStart ? Violation.FOLDED_LINE : Violation.FIELD_NAME_SPACE;
        }
        return c == '\n' ? Violation.BARE_LF : Violation.FIELD_NAME;
    }

    private int reject(Violation why) {
        violation = why;
        return REJECTED;
    }

    /** The fields of the section that was complete; to be called once. */
    final Headers headers() {
        String[] fields = count == lines.length ? lines : Arrays.copyOf(lines, count);
        lines = NONE;
        expected = count;
        return Headers.ofChecked(fields);
    }

    /** Why the section was rejected. */
    final Violation violation() {
        if (violation == null) {
            throw new IllegalStateException("no section was rejected");
        }
        return violation;
    }
}
