package dev.millrace.internal.hpack;

import dev.millrace.http.FieldName;
import dev.millrace.internal.bytes.Ascii;
import dev.millrace.internal.bytes.ByteAccumulator;
import dev.millrace.internal.bytes.Nullable;

/**
 * Encodes field blocks (RFC 7541 §3): one for each connection. A block is {@link #begin} and then its fields, and must
 * be sent whole and in order with the others. Not safe for several threads at once.
 *
 * <p>Which fields get an entry of the dynamic table is decided by {@link Indexing}. Names come in any case and leave in
 * lower case; a field of an unknown name is found again in the same spelling only. All characters are below 256, and
 * what is written is not checked: {@link dev.millrace.http.Headers} has done that.
 */
public final class HpackEncoder {
    /** The size that tables have on a new connection (RFC 9113 §6.5.2). */
    private static final int INITIAL_TABLE_SIZE = 4096;
    /** A cookie of fewer characters may be guessed, and so is never indexed. */
    private static final int SHORT_SECRET = 20;
    /** How many fields are remembered that came once. A power of two. */
    private static final int ONCE = 64;

    private static final int INDEXED = 0x80;
    private static final int INCREMENTAL = 0x40;
    private static final int SIZE_UPDATE = 0x20;
    private static final int NEVER_INDEXED = 0x10;
    private static final int NOT_INDEXED = 0x00;
    private static final int HUFFMAN = 0x80;
    /** Bytes of an integer. */
    private static final int LONGEST_INTEGER = 6;

    private static final int LOWEST_STATUS = 100;
    private static final String[] CODES = codes();

    private final EncoderTable table = new EncoderTable(INITIAL_TABLE_SIZE);
    private final int mostTableSize;
    private int tableSize = INITIAL_TABLE_SIZE;
    private int smallestTableSize = INITIAL_TABLE_SIZE;
    private int[] once = {};
    private long revision;
    private long lastLength = -1;
    private String lastLengthDigits = "";

    /**
     * An encoder.
     *
     * @param mostTableSize what the dynamic table may count at the most, in bytes of RFC 7541 §4.1, even if the peer
     *     allows more; at least 0
     */
    public HpackEncoder(int mostTableSize) {
        this.mostTableSize = mostTableSize;
        peerTableSize(INITIAL_TABLE_SIZE);
    }

    private static String[] codes() {
        String[] codes = new String[500];
        for (int i = 0; i < codes.length; i++) {
            codes[i] = Integer.toString(LOWEST_STATUS + i);
        }
        return codes;
    }

    /**
     * Obeys the peer's SETTINGS_HEADER_TABLE_SIZE: to be called when it is acknowledged. The next block says what has
     * changed.
     *
     * @param bytes what the peer allows, at least 0
     */
    public void peerTableSize(int bytes) {
        tableSize = Math.min(bytes, mostTableSize);
        smallestTableSize = Math.min(smallestTableSize, tableSize);
        if (tableSize != table.maxSize() || smallestTableSize < tableSize) {
            revision++;
        }
    }

    /**
     * {@return a number that grows whenever a list might be encoded in another way than before}
     * If encoding a list has left it as it was, then as long as it stays the same list has the same bytes.
     */
    public long revision() {
        return revision;
    }

    /** Starts a block. */
    public void begin(ByteAccumulator out) {
        table.begin();
        if (smallestTableSize < table.maxSize()) {
            table.resize(smallestTableSize);
            integer(out, SIZE_UPDATE, 0x1f, smallestTableSize);
            revision++;
        }
        if (tableSize != table.maxSize()) {
            table.resize(tableSize);
            integer(out, SIZE_UPDATE, 0x1f, tableSize);
            revision++;
        }
        smallestTableSize = tableSize;
    }

    /**
     * Encodes {@code :status}.
     *
     * @param code 100 to 599
     */
    public void status(ByteAccumulator out, int code) {
        int index = StaticTable.status(code);
        if (index != StaticTable.NONE) {
            out.put(INDEXED | index);
        } else {
            encode(out, ":status", CODES[code - LOWEST_STATUS]);
        }
    }

    /** Encodes {@code content-length}, without a string for a length that comes again and again. */
    public void contentLength(ByteAccumulator out, long length) {
        if (length != lastLength) {
            lastLength = length;
            lastLengthDigits = Long.toString(length);
        }
        encode(out, FieldName.CONTENT_LENGTH, lastLengthDigits);
    }

    /**
     * Encodes a field, a pseudo-header field too.
     *
     * @param out what it is appended to
     * @param name the name in any case
     * @param value the value
     */
    public void encode(ByteAccumulator out, String name, String value) {
        int guess = table.guess(name, value);
        if (guess != StaticTable.NONE) {
            indexed(out, guess);
            return;
        }
        KnownName known = KnownName.of(name);
        if (known != null) {
            encode(out, known, name, value);
            return;
        }
        int hash = EncoderTable.hash(name, value);
        int index = table.index(name, name, value, hash);
        if (index != StaticTable.NONE) {
            indexed(out, index);
        } else {
            literal(out, cameBefore(hash) && fits(name, value), null, name, value);
        }
    }

    /** Encodes a field that no table may hold, here or at an intermediary (RFC 7541 §7.1.3). */
    public void encodeNeverIndexed(ByteAccumulator out, String name, String value) {
        KnownName known = KnownName.of(name);
        name(out, NEVER_INDEXED, 0x0f, known, known == null ? name : known.lower());
        string(out, value, false);
    }

    private void encode(ByteAccumulator out, KnownName known, String spelling, String value) {
        int index = known.staticIndex(value);
        if (index != StaticTable.NONE) {
            indexed(out, index);
            return;
        }
        String name = known.lower();
        Indexing indexing = known.indexing();
        if (indexing == Indexing.NEVER || (indexing == Indexing.NEVER_IF_SHORT && value.length() < SHORT_SECRET)) {
            name(out, NEVER_INDEXED, 0x0f, known, name);
            string(out, value, false);
            return;
        }
        int hash = EncoderTable.hash(name, value);
        index = table.index(name, spelling, value, hash);
        if (index != StaticTable.NONE) {
            indexed(out, index);
        } else {
            boolean worth = indexing != Indexing.WHEN_REPEATED || cameBefore(hash);
            literal(out, worth && fits(name, value), known, name, value);
        }
    }

    /** The dynamic table. */
    EncoderTable table() {
        return table;
    }

    /** Whether a field of that hash came not long ago, without getting an entry then. */
    private boolean cameBefore(int hash) {
        if (once.length == 0) {
            once = new int[ONCE];
        }
        int place = (hash ^ hash >>> 16) & (ONCE - 1);
        if (once[place] == hash) {
            return true;
        }
        once[place] = hash;
        revision++;
        return false;
    }

    /** Whether an entry would leave room for others. */
    private boolean fits(String name, String value) {
        return HeaderField.OVERHEAD + name.length() + value.length() <= table.maxSize() >> 1;
    }

    private static void indexed(ByteAccumulator out, int index) {
        if (index < 0x7f) {
            out.put(INDEXED | index);
        } else {
            integer(out, INDEXED, 0x7f, index);
        }
    }

    private void literal(ByteAccumulator out, boolean entry, @Nullable KnownName known, String name, String value) {
        name(out, entry ? INCREMENTAL : NOT_INDEXED, entry ? 0x3f : 0x0f, known, name);
        string(out, value, false);
        if (entry) {
            table.add(name, value);
            revision++;
        }
    }

    private void name(ByteAccumulator out, int pattern, int prefix, @Nullable KnownName known, String name) {
        int index = known == null ? StaticTable.NONE : known.staticIndex();
        if (index == StaticTable.NONE) {
            index = table.nameIndex(name);
        }
        integer(out, pattern, prefix, index);
        if (index == StaticTable.NONE) {
            string(out, name, true);
        }
    }

    /** Puts an integer (RFC 7541 §5.1). */
    static void integer(ByteAccumulator out, int pattern, int prefix, int value) {
        out.room(LONGEST_INTEGER);
        out.setLength(integer(out.array(), out.length(), pattern, prefix, value));
    }

    /** Writes an integer; answers the offset after it. */
    private static int integer(byte[] bytes, int at, int pattern, int prefix, int value) {
        if (value < prefix) {
            bytes[at] = (byte) (pattern | value);
            return at + 1;
        }
        bytes[at] = (byte) (pattern | prefix);
        int pos = at + 1;
        int rest = value - prefix;
        while (rest > 0x7f) {
            bytes[pos++] = (byte) (0x80 | rest);
            rest >>>= 7;
        }
        bytes[pos++] = (byte) rest;
        return pos;
    }

    /** Puts a string (RFC 7541 §5.2), in Huffman code if that is shorter. */
    @SuppressWarnings("deprecation") // drops the high bytes, of which there are none, and is one array copy
    private static void string(ByteAccumulator out, String text, boolean lower) {
        int length = text.length();
        // the characters go where neither the length in front of them nor the code reaches them
        out.room(2 * length + 16);
        byte[] bytes = out.array();
        int from = out.length() + length + 16;
        int to = from + length;
        text.getBytes(0, length, bytes, from);
        if (lower) {
            for (int i = from; i < to; i++) {
                bytes[i] = (byte) Ascii.lower(bytes[i]);
            }
        }
        int at = out.length();
        // the length in front of the code takes one byte, or is known before
        boolean large = length > 0x7f;
        int prefixed = large ? integer(bytes, at, HUFFMAN, 0x7f, Huffman.encodedLength(bytes, from, to)) : at + 1;
        int end = Huffman.encode(bytes, from, to, out.buffer(), prefixed);
        if (end > 0) {
            if (!large) {
                bytes[at] = (byte) (HUFFMAN | (end - prefixed));
            }
            out.setLength(end);
        } else {
            integer(out, 0, 0x7f, length);
            out.put(bytes, from, length);
        }
    }
}
