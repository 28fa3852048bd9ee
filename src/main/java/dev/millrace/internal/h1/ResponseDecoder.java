package dev.millrace.internal.h1;

import dev.millrace.http.Limits;
import dev.millrace.http.Status;
import dev.millrace.http.Version;
import dev.millrace.internal.bytes.ByteScanner;
import dev.millrace.internal.bytes.Nullable;
import java.util.Arrays;

/**
 * Decodes the heads of HTTP/1.x responses: status line and header section (RFC 9112 §4 to §6, §9.3). Strict where leniency
 * could be used to smuggle, lenient where the RFC wants it of clients: a status line may lack its reason phrase and the
 * space before it, a folded line is unfolded (§5.2).
 *
 * <p>One decoder serves all connections of a loop; it keeps the last head, for responses repeat. Not safe for several threads
 * at once.
 */
public final class ResponseDecoder {
    /** What has become of the bytes. */
    public enum Result {
        /** They start with a head: see {@link #next()}. */
        COMPLETE,
        /** They are the beginning of a head that can still become valid. */
        INCOMPLETE,
        /** They break a rule: see {@link #detail()}. The connection cannot go on. */
        REJECTED
    }

    private static final int LONGEST_REUSED = 2048;
    private static final String FORM = "HTTP/1.";

    private final int maxLine;
    private final ResponseFields fields;
    private final byte[] lastBytes = new byte[LONGEST_REUSED];
    private int lastLength; // 0 if there is none to reuse
    private @Nullable ResponseHead head;
    private int next;
    private @Nullable Violation violation;
    private Version version = Version.HTTP_1_1;
    private Status status = Status.OK;

    /**
     * A decoder.
     *
     * @param limits the bounds on the status line (that of a request line), a header section and its fields
     */
    public ResponseDecoder(Limits limits) {
        this.maxLine = limits.requestLine();
        this.fields = new ResponseFields(new ByteScanner(), limits.headerSection(), limits.headerFields());
    }

    /**
     * Decodes the head that starts at an offset. {@link HeadDecoder#worthRetrying} says when to ask again.
     *
     * @param bytes the array
     * @param offset where the head starts
     * @param end up to where there are bytes
     * @return the verdict; the accessors that belong to it are good until the next call
     */
    public Result decode(byte[] bytes, int offset, int end) {
        int length = lastLength;
        if (length > 0
                && end - offset >= length
                && Arrays.equals(lastBytes, 0, length, bytes, offset, offset + length)) {
            next = offset + length;
            return Result.COMPLETE;
        }
        int section = statusLine(bytes, offset, end);
        if (section < 0) {
            return unfinished(section);
        }
        fields.reset(version);
        int after = fields.decode(bytes, section, end);
        if (after == FieldLines.REJECTED && fields.violation() == Violation.FOLDED_LINE) {
            after = unfolded(bytes, section, end);
        }
        if (after < 0) {
            return unfinished(after == FieldLines.REJECTED ? reject(fields.violation()) : after);
        }
        head = fields.head(status);
        next = after;
        remember(bytes, offset, after);
        return Result.COMPLETE;
    }

    /** Decodes a section with its folded lines unfolded: each fold is white space (RFC 9112 §5.2). */
    private int unfolded(byte[] bytes, int from, int end) {
        byte[] flat = Arrays.copyOfRange(bytes, from, end);
        for (int i = 2; i < flat.length; i++) {
            boolean white = flat[i] == ' ' || flat[i] == '\t';
            if (i > 3 && flat[i - 4] == '\r' && flat[i - 3] == '\n' && flat[i - 2] == '\r' && flat[i - 1] == '\n') {
                break; // the end of the section
            }
            if (white && flat[i - 2] == '\r' && flat[i - 1] == '\n') {
                flat[i - 2] = ' ';
                flat[i - 1] = ' ';
            }
        }
        fields.reset(version);
        int after = fields.decode(flat, 0, flat.length);
        return after < 0 ? after : from + after;
    }

    private int statusLine(byte[] b, int start, int end) {
        int i = start;
        for (; i < end && i - start < FORM.length(); i++) {
            if (b[i] != FORM.charAt(i - start)) {
                return reject(Violation.STATUS_LINE);
            }
        }
        // the minor version, a space, three digits
        if (i < end && (b[i] < '0' || b[i] > '9')) {
            return reject(Violation.STATUS_LINE);
        }
        if (i + 1 < end && b[i + 1] != ' ') {
            return reject(Violation.STATUS_LINE);
        }
        for (int k = i + 2; k < i + 5 && k < end; k++) {
            if (b[k] < '0' || b[k] > '9') {
                return reject(Violation.STATUS_LINE);
            }
        }
        if (i + 5 >= end) {
            return FieldLines.INCOMPLETE;
        }
        int code = (b[i + 2] - '0') * 100 + (b[i + 3] - '0') * 10 + b[i + 4] - '0';
        if (code < 100 || code > 599 || b[i + 5] != ' ' && b[i + 5] != '\r') {
            return reject(Violation.STATUS_LINE);
        }
        int limit = Math.min(end, start + maxLine + 2);
        int k = i + 5;
        while (k < limit
                && (b[k] >= ' ' && b[k] != 0x7f || b[k] == '\t' || b[k] < 0)) { // the reason phrase means nothing
            k++;
        }
        if (k >= limit) {
            return limit < end || end - start >= maxLine + 2
                    ? reject(Violation.STATUS_LINE_TOO_LONG)
                    : FieldLines.INCOMPLETE;
        }
        if (b[k] != '\r') {
            return reject(b[k] == '\n' ? Violation.BARE_LF : Violation.STATUS_LINE);
        }
        if (k + 1 == end) {
            return FieldLines.INCOMPLETE;
        }
        if (b[k + 1] != '\n') {
            return reject(Violation.BARE_CR);
        }
        version = b[i] == '0' ? Version.HTTP_1_0 : Version.HTTP_1_1;
        status = Status.of(code);
        return k + 2;
    }

    private void remember(byte[] b, int offset, int end) {
        if (end - offset <= LONGEST_REUSED) {
            System.arraycopy(b, offset, lastBytes, 0, end - offset);
            lastLength = end - offset;
        } else {
            lastLength = 0;
        }
    }

    private int reject(Violation why) {
        violation = why;
        return FieldLines.REJECTED;
    }

    private static Result unfinished(int code) {
        return code == FieldLines.REJECTED ? Result.REJECTED : Result.INCOMPLETE;
    }

    /** {@return the head, after {@link Result#COMPLETE}} */
    ResponseHead head() {
        if (head == null) {
            throw new IllegalStateException("no head was complete");
        }
        return head;
    }

    /** {@return the offset after the head, after {@link Result#COMPLETE}} */
    public int next() {
        return next;
    }

    /**
     * What is wrong, after {@link Result#REJECTED}: one sentence that names the rule and shows nothing of the response.
     *
     * @return the sentence
     */
    public String detail() {
        return violation().detail();
    }

    /** {@return the rule that was broken, after {@link Result#REJECTED}} */
    Violation violation() {
        if (violation == null) {
            throw new IllegalStateException("no head was rejected");
        }
        return violation;
    }
}
