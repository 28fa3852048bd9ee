package dev.millrace.internal.h1;

import dev.millrace.http.Limits;
import dev.millrace.http.Method;
import dev.millrace.http.Status;
import dev.millrace.http.Version;
import dev.millrace.internal.bytes.ByteScanner;
import dev.millrace.internal.bytes.Nullable;
import java.util.Arrays;

/**
 * Decodes the heads of HTTP/1.x requests: request line and header section (RFC 9112 §2 to §6, §9.3), strictly.
 *
 * <p>One decoder serves all connections of an event loop. It keeps no connection's state: the caller keeps the bytes of
 * a head that is incomplete and hands them in again, from the same offset, when there are more. What it keeps is the
 * last complete head of up to 2 KiB, for requests repeat: where a head has the very bytes of the one before, the same
 * {@link RequestHead} is the answer, and where its header section does, under a request line to which the same rules
 * apply, the same {@link dev.millrace.http.Headers}. The verdict on a head depends on its bytes alone, so this changes
 * nothing but the time.
 *
 * <p>Answers that RFC 9112 leaves to a server: at most four empty lines before the request line are skipped; a request
 * whose Host is empty is refused in HTTP/1.1, because an http URI has a host (RFC 9110 §4.2.1); an empty Host in
 * HTTP/1.0 counts as none; Content-Length that is repeated is refused even if the values agree.
 *
 * <p>Not safe for several threads at once.
 */
public final class HeadDecoder {
    /** What has become of the bytes. */
    public enum Result {
        /** They start with a head: see {@link #head()} and {@link #next()}. */
        COMPLETE,
        /** They are the beginning of a head that can still become valid. */
        INCOMPLETE,
        /** They break a rule: see {@link #status()} and {@link #detail()}. The connection cannot go on. */
        REJECTED
    }

    private static final int EMPTY_LINES = 4;
    private static final int LONGEST_REUSED = 2048;
    private static final int RETRY_ALWAYS = 1024;
    private static final int RETRY_STEP_BITS = 12;

    private final RequestLineDecoder requestLine;
    private final RequestFields fields;

    private final boolean reuse;
    private final byte[] lastBytes; // the last complete head
    private int lastLength; // its length, 0 if there is none to reuse
    private int lastSection; // where its header section starts
    private @Nullable HeaderSection section;

    private @Nullable RequestHead head;
    private int next;
    private @Nullable Violation violation;

    /**
     * A decoder that uses its last parse again.
     *
     * @param limits the bounds on a request line, a header section, its fields, and the declared length of a body
     */
    public HeadDecoder(Limits limits) {
        this(limits, true);
    }

    /**
     * A decoder.
     *
     * @param limits the bounds on a request line, a header section, its fields, and the declared length of a body
     * @param reuse whether to use the last parse again where the bytes are the same
     */
    public HeadDecoder(Limits limits, boolean reuse) {
        this.requestLine = new RequestLineDecoder(limits.requestLine());
        this.fields =
                new RequestFields(new ByteScanner(), limits.headerSection(), limits.headerFields(), limits.body());
        this.reuse = reuse;
        this.lastBytes = new byte[reuse ? LONGEST_REUSED : 0];
    }

    /**
     * Whether bytes that were added to an incomplete head can have changed the verdict enough to ask for it again: the
     * head is not longer than 1 KiB, they hold a control character other than HTAB, or the head has grown past a
     * multiple of 4 KiB. Everything that completes a head passes this. What breaks a rule passes it with the next end
     * of a line, what passes a limit at most 4 KiB late.
     *
     * <p>With it a head costs, however it trickles, at most one decoding of at most 1 KiB for each byte of its first
     * KiB, and beyond that two decodings for each line and one for each 4 KiB: no line of a head that is still incomplete
     * has other control characters than its CR and LF.
     *
     * @param bytes holds the head
     * @param offset where the head starts
     * @param seen up to where it was decoded last
     * @param end up to where there are bytes now
     * @return whether to call {@link #decode} again
     */
    public static boolean worthRetrying(byte[] bytes, int offset, int seen, int end) {
        if (end - offset <= RETRY_ALWAYS || (end - offset) >> RETRY_STEP_BITS != (seen - offset) >> RETRY_STEP_BITS) {
            return true;
        }
        for (int i = seen; i < end; i++) {
            int c = bytes[i];
            if ((c >= 0 && c < 0x20 && c != '\t') || c == 0x7f) {
                return true;
            }
        }
        return false;
    }

    /**
     * Decodes the head that starts at an offset. Reads nothing outside {@code [offset, end)} that would change the
     * result, and keeps no reference to its content.
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
        int start = skipEmptyLines(bytes, offset, end);
        if (start < 0) {
            return unfinished(start);
        }
        int lineEnd = requestLine.decode(bytes, start, end);
        if (lineEnd < 0) {
            return unfinished(lineEnd == FieldLines.REJECTED ? reject(requestLine.violation()) : lineEnd);
        }
        return sectionAndHead(bytes, offset, lineEnd, end);
    }

    private int skipEmptyLines(byte[] b, int offset, int end) {
        int pos = offset;
        for (int lines = 0; pos < end; lines++) {
            if (b[pos] == '\n') {
                return reject(Violation.BARE_LF);
            }
            if (b[pos] != '\r') {
                return pos;
            }
            if (lines == EMPTY_LINES) {
                return reject(Violation.LEADING_EMPTY_LINES);
            }
            if (pos + 1 == end) {
                return FieldLines.INCOMPLETE;
            }
            if (b[pos + 1] != '\n') {
                return reject(Violation.BARE_CR);
            }
            pos += 2;
        }
        return FieldLines.INCOMPLETE;
    }

    private Result sectionAndHead(byte[] b, int offset, int start, int end) {
        Method method = requestLine.method();
        Version version = requestLine.version();
        HeaderSection known = sameSection(b, start, end, method, version);
        int sectionEnd;
        if (known != null) {
            sectionEnd = start + lastLength - lastSection;
        } else {
            fields.reset(version, method.equals(Method.CONNECT));
            sectionEnd = fields.decode(b, start, end);
            if (sectionEnd < 0) {
                return unfinished(sectionEnd == FieldLines.REJECTED ? reject(fields.violation()) : sectionEnd);
            }
            Violation bad = fields.conclude();
            if (bad != null) {
                return unfinished(reject(bad));
            }
            known = fields.section();
        }
        head = new RequestHead(method, requestLine.target(), version, known);
        next = sectionEnd;
        remember(b, offset, start, sectionEnd, known);
        return Result.COMPLETE;
    }

    /** The last header section, if this one has the same bytes and the same request line's rules apply to it. */
    private @Nullable HeaderSection sameSection(byte[] b, int start, int end, Method method, Version version) {
        int length = lastLength - lastSection;
        RequestHead last = head;
        return lastLength > 0
                        && last != null
                        && end - start >= length
                        && last.version() == version
                        && last.method().equals(Method.CONNECT) == method.equals(Method.CONNECT)
                        && Arrays.equals(lastBytes, lastSection, lastLength, b, start, start + length)
                ? section
                : null;
    }

    private void remember(byte[] b, int offset, int sectionStart, int end, HeaderSection parsed) {
        if (reuse && end - offset <= LONGEST_REUSED) {
            System.arraycopy(b, offset, lastBytes, 0, end - offset);
            lastLength = end - offset;
            lastSection = sectionStart - offset;
            section = parsed;
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

    /**
     * The head, after {@link Result#COMPLETE}.
     *
     * @return the decoded head
     * @throws IllegalStateException if no head was complete so far
     */
    public RequestHead head() {
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
     * The answer, after {@link Result#REJECTED}.
     *
     * @return 400, 413, 414, 417, 431, 501 or 505
     * @throws IllegalStateException if no head was rejected so far
     */
    public Status status() {
        return violation().status();
    }

    /**
     * What is wrong, after {@link Result#REJECTED}: one sentence that names the rule and shows nothing of the request.
     *
     * @return the sentence
     * @throws IllegalStateException if no head was rejected so far
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
