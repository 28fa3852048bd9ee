package dev.millrace.internal.hpack;

import dev.millrace.internal.bytes.Ascii;
import dev.millrace.internal.bytes.ByteScanner;
import dev.millrace.internal.bytes.Nullable;

/**
 * Reads integers and strings from field blocks (RFC 7541 §5). It has the memory that strings are decoded in and the
 * {@link LiteralCache}, but keeps nothing of a block itself, so there is one for all decoders of a loop.
 */
public final class BlockReader {
    /** More than four bytes after the prefix would be an integer that nothing here can mean. */
    private static final int LONGEST_INTEGER = 4;

    private final ByteScanner block = new ByteScanner();
    private final ByteScanner decoded = new ByteScanner();
    private final HuffmanDecoder huffman = new HuffmanDecoder(block);
    private final LiteralCache cache = new LiteralCache(block);

    private byte[] bytes = {};
    private int pos;
    private int end;

    private byte[] string = bytes;
    private ByteScanner scanner = block;
    private int from;
    private int to;
    private LiteralCache.@Nullable Literal cached;

    /** Makes a reader. */
    public BlockReader() {}

    /** Turns to a block. */
    void over(byte[] array, int offset, int limit) {
        bytes = array;
        pos = offset;
        end = limit;
    }

    /** Whether all of the block is read. */
    boolean atEnd() {
        return pos == end;
    }

    /** The next byte, which is not taken. */
    int peek() {
        return bytes[pos];
    }

    /**
     * Takes an integer (RFC 7541 §5.1).
     *
     * @param prefix the bits of the first byte that belong to it, all of them set
     */
    int integer(int prefix) throws HpackException {
        if (pos == end) {
            throw truncated();
        }
        int first = bytes[pos++] & prefix;
        return first < prefix ? first : rest(prefix);
    }

    private int rest(int prefix) throws HpackException {
        long value = prefix;
        for (int i = 0; i < LONGEST_INTEGER; i++) {
            if (pos == end) {
                throw truncated();
            }
            int b = bytes[pos++];
            value += (long) (b & 0x7f) << 7 * i;
            if (b >= 0) {
                return (int) value;
            }
        }
        throw new HpackException("An integer is too large (RFC 7541 §5.1).");
    }

    /**
     * Takes a string (RFC 7541 §5.2).
     *
     * @param most if it is longer, it is taken and counted, but not kept
     * @param secret whether it must not be remembered beyond its connection
     * @return how long it is
     */
    int string(int most, boolean secret) throws HpackException {
        boolean coded = pos < end && bytes[pos] < 0;
        int length = integer(0x7f);
        if (length > end - pos) {
            throw truncated();
        }
        int start = pos;
        pos += length;
        if (secret || length == 0 || length > LiteralCache.LONGEST || most < LiteralCache.LONGEST * 2) {
            cached = null;
            return read(start, coded, most);
        }
        cached = cache.get(bytes, start, pos, coded);
        if (cached != null) {
            return cached.text.length();
        }
        int read = read(start, coded, most);
        cache.offer(this, bytes, start, pos, coded);
        return read;
    }

    private int read(int start, boolean coded, int most) throws HpackException {
        int length = pos - start;
        if (coded) {
            length = huffman.decode(bytes, start, pos, most);
            string = huffman.bytes();
            scanner = decoded;
            from = 0;
        } else {
            string = bytes;
            scanner = block;
            from = start;
        }
        to = length > most ? from : from + length;
        return length;
    }

    /** The string that was taken last. */
    @SuppressWarnings("deprecation") // the constructor's fault is to know ISO-8859-1 only; it is the quickest
    String text() {
        return cached != null ? cached.text : from == to ? "" : new String(string, 0, from, to - from);
    }

    /** The known name that the string is, or {@code null}. */
    @Nullable
    KnownName knownName() {
        return cached != null ? cached.knownName : KnownName.of(string, from, to);
    }

    /** Whether the string is a value that a field may have (RFC 9113 §8.2.1, RFC 9110 §5.5). */
    boolean isValue() {
        if (cached != null) {
            return cached.value;
        }
        if (from == to) {
            return true;
        }
        scanner.over(string);
        return !white(string[from]) && !white(string[to - 1]) && scanner.indexOfControl(from, to) == to;
    }

    private static boolean white(byte c) {
        return c == ' ' || c == '\t';
    }

    /** What a field is whose name the string is, when the name is not known. */
    FieldKind kindOfName() {
        if (cached != null) {
            return cached.kindOfName;
        }
        boolean pseudo = from < to && string[from] == ':';
        int first = pseudo ? from + 1 : from;
        if (first == to) {
            return FieldKind.MALFORMED;
        }
        for (int i = first; i < to; i++) {
            byte c = string[i];
            if (!Ascii.isTokenByte(c) || (c >= 'A' && c <= 'Z')) {
                return FieldKind.MALFORMED;
            }
        }
        return pseudo ? FieldKind.UNKNOWN_PSEUDO : FieldKind.REGULAR;
    }

    private static HpackException truncated() {
        return new HpackException("The block ends within a field (RFC 7541 §3.1).");
    }
}
