package dev.millrace.internal.hpack;

/**
 * Decodes field blocks (RFC 7541 §3): one for each connection, which gives it every block, whole and in order. Not safe
 * for several threads at once. After an exception it must not be used any more.
 *
 * <p>Names and values are taken as ISO-8859-1. A field whose name or value breaks the rules of HTTP/2 is no error of
 * compression: it comes with a {@linkplain HeaderField#kind() kind} that says so.
 */
public final class HpackDecoder {
    private final DecoderTable table;
    private final int maxStringLength;
    private final BlockReader reader;
    private int sizeLimit;
    /** What the next block must bring the table's size down to, or {@link #NOTHING}. */
    private int required = NOTHING;

    private long revision;

    private static final int NOTHING = Integer.MAX_VALUE;

    /**
     * A decoder with memory of its own.
     *
     * @param maxTableSize of the dynamic table, in bytes as RFC 7541 §4.1 counts them: what
     *     {@link #tableSizeLimit(int)} changes. 4,096 on a new connection, whatever it is going to announce
     * @param maxStringLength the most bytes of a name or value that are kept, or {@code maxTableSize} if that is more
     */
    public HpackDecoder(int maxTableSize, int maxStringLength) {
        this(maxTableSize, maxStringLength, new BlockReader());
    }

    /**
     * A decoder that shares memory for what lasts no longer than a call.
     *
     * @param maxTableSize as above
     * @param maxStringLength as above
     * @param reader the thread's
     */
    public HpackDecoder(int maxTableSize, int maxStringLength, BlockReader reader) {
        this.table = new DecoderTable(maxTableSize);
        this.sizeLimit = maxTableSize;
        this.maxStringLength = maxStringLength;
        this.reader = reader;
    }

    /**
     * Sets how large the peer's encoder may make the dynamic table: to be called when the peer has acknowledged our
     * SETTINGS_HEADER_TABLE_SIZE. If the table is larger, the next block has to start by making it smaller (RFC 9113
     * §4.3.1).
     *
     * @param bytes the new limit
     */
    public void tableSizeLimit(int bytes) {
        sizeLimit = bytes;
        if (bytes < Math.min(required, table.maxSize())) {
            required = bytes;
            revision++;
        }
    }

    /**
     * {@return a number that grows with every change of what blocks mean: of the dynamic table, its size or its limit}
     * As long as it stays, the same bytes mean the same fields, and a block that left it as it was need not be decoded
     * again.
     */
    public long revision() {
        return revision;
    }

    /**
     * Decodes a block.
     *
     * @param block holds it
     * @param offset where it starts
     * @param end where it ends
     * @param sink gets the fields in order, within the call
     * @throws HpackException if it is none; some fields may have come before
     */
    public void decode(byte[] block, int offset, int end, FieldSink sink) throws HpackException {
        reader.over(block, offset, end);
        sizeUpdates();
        while (!reader.atEnd()) {
            int first = reader.peek();
            if (first < 0) {
                sink.field(entry(reader.integer(0x7f)));
            } else if (first >= 0x40) {
                HeaderField field = literal(0x3f, false);
                table.add(field);
                revision++;
                sink.field(field);
            } else if (first >= 0x20) {
                throw new HpackException("A dynamic table size update comes after a field (RFC 7541 §4.2).");
            } else {
                sink.field(literal(0x0f, first >= 0x10));
            }
        }
    }

    /** The dynamic table. */
    DecoderTable table() {
        return table;
    }

    private void sizeUpdates() throws HpackException {
        while (!reader.atEnd() && reader.peek() >> 5 == 1) {
            int size = reader.integer(0x1f);
            if (size > Math.min(required, sizeLimit)) {
                throw new HpackException(
                        "A dynamic table size update is above the limit that was acknowledged (RFC 7541 §6.3).");
            }
            if (size != table.maxSize() || required != NOTHING) {
                table.resize(size);
                required = NOTHING;
                revision++;
            }
        }
        if (required != NOTHING) {
            throw new HpackException(
                    "A dynamic table size update is missing after its limit was reduced (RFC 9113 §4.3.1).");
        }
    }

    private HeaderField entry(int index) throws HpackException {
        if (index > StaticTable.LENGTH) {
            int age = index - StaticTable.LENGTH - 1;
            if (age < table.length()) {
                return table.entry(age);
            }
        } else if (index > 0) {
            return StaticTable.entry(index);
        }
        throw new HpackException("An index is 0 or above the last entry (RFC 7541 §2.3.3, §6.1).");
    }

    /** Takes a field that is not an entry; its name may be that of one. */
    private HeaderField literal(int prefix, boolean neverIndexed) throws HpackException {
        int most = Math.max(maxStringLength, table.maxSize()); // what is left out fits into no table
        int index = reader.integer(prefix);
        String name;
        FieldKind kind;
        int nameLength;
        boolean secret;
        if (index > 0) {
            HeaderField entry = entry(index);
            name = entry.name();
            nameLength = name.length();
            kind = entry.nameKind();
            secret = entry.secret();
        } else {
            nameLength = reader.string(most, false);
            KnownName known = reader.knownName();
            name = known == null ? reader.text() : known.lower();
            kind = nameLength > most ? FieldKind.TOO_LONG : known == null ? reader.kindOfName() : known.kind();
            secret = known == null || known.indexing().secret(); // who knows what a field of an unknown name is for
        }
        int valueLength = reader.string(most, secret || neverIndexed);
        String value = reader.text();
        FieldKind whole = valueLength > most || nameLength > most
                ? FieldKind.TOO_LONG
                : reader.isValue() ? kind : FieldKind.MALFORMED;
        return new HeaderField(
                name, value, kind, whole, secret, neverIndexed, HeaderField.OVERHEAD + nameLength + valueLength);
    }
}
