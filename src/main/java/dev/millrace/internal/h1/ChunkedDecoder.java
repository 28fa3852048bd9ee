package dev.millrace.internal.h1;

import dev.millrace.http.Headers;
import dev.millrace.http.Limits;
import dev.millrace.http.Status;
import dev.millrace.internal.bytes.Ascii;
import dev.millrace.internal.bytes.ByteScanner;
import dev.millrace.internal.bytes.Nullable;
import java.util.Arrays;

/**
 * Decodes one body in the chunked transfer coding (RFC 9112 §7.1) from pieces of any size. It takes in every byte it is
 * given: a caller keeps none. Chunk extensions are checked and ignored, within a bound for the whole body; trailer
 * fields that frame, route or describe the message are dropped (RFC 9110 §6.5.1).
 *
 * <pre>
 *          digits            CR           LF, size &gt; 0          all of it       CR          LF
 *   SIZE ─────────► SIZE ─────────► SIZE_LF ─────────► DATA ─────────► DATA_CR ───► DATA_LF ───► SIZE
 *    │ BWS ";"                       ▲   │ LF, size = 0
 *    ▼                               │   └───────────► TRAILERS ───► DONE
 *   BEFORE_SEMICOLON ► NAME_START ► NAME ► NAME_END ► VALUE_START ► TOKEN │ QUOTED ⇄ ESCAPE │ QUOTED_END
 *
 *   anything that breaks the grammar or a bound ───► REJECTED
 * </pre>
 *
 * <p>Not safe for several threads at once.
 */
public final class ChunkedDecoder {
    /** What the next bytes are. */
    public enum Event {
        /** Content: {@link #dataLength()} bytes from {@link #dataOffset()}. */
        DATA,
        /** The body is over: see {@link #trailers()}. */
        END,
        /** All bytes are taken in and more must come. */
        NEED_MORE,
        /** They break a rule: see {@link #status()} and {@link #detail()}. The connection cannot go on. */
        REJECTED
    }

    /** What comes next; each constant's transitions stand in {@link #mayBecome}. */
    enum State {
        /** Digits of a chunk's size. */
        SIZE,
        /** White space; it needs a ";" after it. */
        BEFORE_SEMICOLON,
        /** White space or the first character of an extension's name. */
        NAME_START,
        NAME,
        /** White space after a name; it needs "=" or ";" after it. */
        NAME_END,
        /** White space or the first character of an extension's value. */
        VALUE_START,
        TOKEN,
        QUOTED,
        /** The character after a backslash. */
        ESCAPE,
        /** What follows a closing quote. */
        QUOTED_END,
        /** The LF of a size line. */
        SIZE_LF,
        DATA,
        /** The CR after a chunk's data. */
        DATA_CR,
        /** The LF after a chunk's data. */
        DATA_LF,
        TRAILERS,
        DONE,
        REJECTED;

        /** Whether a decoder in this state may come to another one next. */
        boolean mayBecome(State to) {
            return switch (this) {
                case SIZE -> to == BEFORE_SEMICOLON || to == NAME_START || to == SIZE_LF || to == REJECTED;
                case BEFORE_SEMICOLON -> to == NAME_START || to == REJECTED;
                case NAME_START -> to == NAME || to == REJECTED;
                case NAME -> to == NAME_END || to == VALUE_START || to == NAME_START || to == SIZE_LF || to == REJECTED;
                case NAME_END -> to == VALUE_START || to == NAME_START || to == REJECTED;
                case VALUE_START -> to == TOKEN || to == QUOTED || to == REJECTED;
                case TOKEN, QUOTED_END -> to == BEFORE_SEMICOLON || to == NAME_START || to == SIZE_LF || to == REJECTED;
                case QUOTED -> to == ESCAPE || to == QUOTED_END || to == REJECTED;
                case ESCAPE -> to == QUOTED || to == REJECTED;
                case SIZE_LF -> to == DATA || to == TRAILERS || to == REJECTED;
                case DATA -> to == DATA_CR;
                case DATA_CR -> to == DATA_LF || to == REJECTED;
                case DATA_LF -> to == SIZE || to == REJECTED;
                case TRAILERS -> to == DONE || to == REJECTED;
                case DONE, REJECTED -> false;
            };
        }
    }

    private static final int SIZE_DIGITS = 16;
    private static final byte[] NOTHING = {};

    private final Limits limits;
    private State state = State.SIZE;
    private int digits;
    private long size; // of the chunk: as read so far, then what is left of its data
    private long total; // sizes of all chunks so far
    private int extensionBytes;
    private int position;
    private int dataOffset;
    private int dataLength;
    private byte[] kept = NOTHING; // the beginning of a trailer section that came in pieces
    private int keptLength;
    private @Nullable TrailerFields fields;
    private Headers trailers = Headers.empty();
    private @Nullable Violation violation;

    /**
     * A decoder for one body.
     *
     * @param limits the bounds on the body, its chunk extensions and its trailer section
     */
    public ChunkedDecoder(Limits limits) {
        this.limits = limits;
    }

    /**
     * Decodes up to the next event.
     *
     * @param b the array
     * @param off where the bytes start that were not taken in yet
     * @param end up to where there are bytes
     * @return the event; {@link #position()} tells up to where bytes were taken in
     */
    public Event next(byte[] b, int off, int end) {
        return next(b, off, end, true);
    }

    /**
     * Decodes up to the next event, but not into the data unless it is wanted.
     *
     * @param b the array
     * @param off where the bytes start that were not taken in yet
     * @param end up to where there are bytes
     * @param wanted whether data is to be taken in; if not, {@link Event#DATA} comes with no bytes where some are
     * @return the event; {@link #position()} tells up to where bytes were taken in
     */
    public Event next(byte[] b, int off, int end, boolean wanted) {
        int i = off;
        while (true) {
            if (state == State.DATA && i < end) {
                if (wanted) {
                    return data(i, end);
                }
                position = i;
                dataLength = 0;
                return Event.DATA;
            }
            if (state == State.TRAILERS) {
                return trailers(b, i, end);
            }
            if (state == State.DONE || state == State.REJECTED || i == end) {
                position = i;
                return state == State.DONE ? Event.END : state == State.REJECTED ? Event.REJECTED : Event.NEED_MORE;
            }
            step(b[i++]);
        }
    }

    private Event data(int from, int end) {
        int length = (int) Math.min(size, end - from);
        dataOffset = from;
        dataLength = length;
        position = from + length;
        size -= length;
        if (size == 0) {
            become(State.DATA_CR);
        }
        return Event.DATA;
    }

    /** Takes in one byte of what is neither data nor trailers. */
    private void step(byte c) {
        switch (state) {
            case SIZE -> size(c);
            case SIZE_LF -> sizeEnd(c);
            case DATA_CR -> expect('\r', c, State.DATA_LF);
            case DATA_LF -> {
                expect('\n', c, State.SIZE);
                digits = 0;
                size = 0;
            }
            default -> {
                if (c == '\r') {
                    lineEnd();
                } else if (++extensionBytes > limits.chunkExtensions()) {
                    reject(Violation.CHUNK_EXTENSIONS_TOO_LONG);
                } else {
                    extension(c);
                }
            }
        }
    }

    private void expect(char wanted, byte c, State then) {
        if (c == wanted) {
            become(then);
        } else {
            reject(Violation.CHUNK_LINE_END);
        }
    }

    private void size(byte c) {
        int digit = Ascii.hexDigit(c);
        if (digit >= 0) {
            if (++digits > SIZE_DIGITS) {
                reject(Violation.CHUNK_SIZE);
            } else if (size > Long.MAX_VALUE >> 4 || (size << 4 | digit) > limits.body() - total) {
                reject(Violation.CONTENT_TOO_LARGE);
            } else {
                size = size << 4 | digit;
            }
        } else if (digits == 0) {
            reject(c == '\n' ? Violation.BARE_LF : Violation.CHUNK_SIZE);
        } else if (c == '\r') {
            become(State.SIZE_LF);
        } else if (c == ';' || white(c)) {
            if (++extensionBytes > limits.chunkExtensions()) {
                reject(Violation.CHUNK_EXTENSIONS_TOO_LONG);
            } else {
                become(c == ';' ? State.NAME_START : State.BEFORE_SEMICOLON);
            }
        } else {
            reject(c == '\n' ? Violation.BARE_LF : Violation.CHUNK_SIZE);
        }
    }

    private void lineEnd() {
        if (state.mayBecome(State.SIZE_LF)) {
            become(State.SIZE_LF);
        } else {
            reject(Violation.CHUNK_EXTENSION);
        }
    }

    private void sizeEnd(byte c) {
        if (c != '\n') {
            reject(Violation.BARE_CR);
            return;
        }
        total += size;
        become(size == 0 ? State.TRAILERS : State.DATA);
    }

    /** chunk-ext = *( BWS ";" BWS token [ BWS "=" BWS ( token / quoted-string ) ] ), after the size. */
    private void extension(byte c) {
        State then = switch (state) {
            case BEFORE_SEMICOLON -> white(c) ? state : c == ';' ? State.NAME_START : State.REJECTED;
            case NAME_START -> white(c) ? state : Ascii.isTokenByte(c) ? State.NAME : State.REJECTED;
            case NAME -> Ascii.isTokenByte(c) ? state : white(c) ? State.NAME_END : afterName(c);
            case NAME_END -> white(c) ? state : afterName(c);
            case VALUE_START ->
                white(c) ? state : c == '"' ? State.QUOTED : Ascii.isTokenByte(c) ? State.TOKEN : State.REJECTED;
            case TOKEN -> Ascii.isTokenByte(c) ? state : afterValue(c);
            case QUOTED ->
                c == '"' ? State.QUOTED_END : c == '\\' ? State.ESCAPE : Ascii.isValueByte(c) ? state : State.REJECTED;
            case ESCAPE -> Ascii.isValueByte(c) ? State.QUOTED : State.REJECTED;
            case QUOTED_END -> afterValue(c);
            default -> throw new IllegalStateException("no extension in " + state);
        };
        if (then == State.REJECTED) {
            reject(c == '\n' ? Violation.BARE_LF : Violation.CHUNK_EXTENSION);
        } else if (then != state) {
            become(then);
        }
    }

    private static State afterName(byte c) {
        return c == '=' ? State.VALUE_START : c == ';' ? State.NAME_START : State.REJECTED;
    }

    private static State afterValue(byte c) {
        return white(c) ? State.BEFORE_SEMICOLON : c == ';' ? State.NAME_START : State.REJECTED;
    }

    private static boolean white(byte c) {
        return c == ' ' || c == '\t';
    }

    private Event trailers(byte[] b, int off, int end) {
        if (keptLength == 0 && end - off >= 2 && b[off] == '\r' && b[off + 1] == '\n') {
            become(State.DONE);
            position = off + 2;
            return Event.END;
        }
        byte[] from = b;
        int start = off;
        int limit = end;
        int before = keptLength;
        if (before > 0) {
            keep(b, off, end);
            if (keptLength < mostKept() && !HeadDecoder.worthRetrying(kept, 0, before, keptLength)) {
                position = end;
                return Event.NEED_MORE;
            }
            from = kept;
            start = 0;
            limit = keptLength;
        }
        TrailerFields section = fields;
        if (section == null) {
            section = new TrailerFields(new ByteScanner(), limits.headerSection(), limits.headerFields());
            fields = section;
        }
        int next = section.decode(from, start, limit);
        if (next == FieldLines.REJECTED) {
            reject(section.violation());
            position = off;
            return Event.REJECTED;
        }
        if (next == FieldLines.INCOMPLETE) {
            if (before == 0) {
                keep(b, off, end);
            }
            position = end;
            return Event.NEED_MORE;
        }
        trailers = section.headers();
        position = off + next - start - before;
        kept = NOTHING;
        fields = null;
        become(State.DONE);
        return Event.END;
    }

    /** Appends what may belong to the trailer section; a longer one is refused before more is missed. */
    private void keep(byte[] b, int off, int end) {
        int length = Math.min(end - off, mostKept() - keptLength);
        if (keptLength + length > kept.length) {
            kept = Arrays.copyOf(kept, Math.max(keptLength + length, Math.min(2 * kept.length, mostKept())));
        }
        System.arraycopy(b, off, kept, keptLength, length);
        keptLength += length;
    }

    /** The length at which a trailer section is complete or too long. */
    private int mostKept() {
        return Math.min(limits.headerSection(), FieldLines.MOST_BYTES) + 2;
    }

    private void become(State then) {
        assert state.mayBecome(then) : state + " to " + then;
        state = then;
    }

    private void reject(Violation why) {
        violation = why;
        become(State.REJECTED);
    }

    /** {@return up to where the last call took bytes in} */
    public int position() {
        return position;
    }

    /** {@return where the content starts in the array, after {@link Event#DATA}} */
    public int dataOffset() {
        return dataOffset;
    }

    /** {@return how many bytes of content there are, at least 1, after {@link Event#DATA}} */
    public int dataLength() {
        return dataLength;
    }

    /** {@return the trailer fields that may be used, after {@link Event#END}; often none} */
    public Headers trailers() {
        return trailers;
    }

    /**
     * The answer, after {@link Event#REJECTED}.
     *
     * @return 400, 413 or 431
     * @throws IllegalStateException if nothing was rejected
     */
    public Status status() {
        return violation().status();
    }

    /**
     * What is wrong, after {@link Event#REJECTED}: one sentence that names the rule and shows nothing of the body.
     *
     * @return the sentence
     * @throws IllegalStateException if nothing was rejected
     */
    public String detail() {
        return violation().detail();
    }

    /** {@return the rule that was broken, after {@link Event#REJECTED}} */
    Violation violation() {
        if (violation == null) {
            throw new IllegalStateException("nothing was rejected");
        }
        return violation;
    }
}
