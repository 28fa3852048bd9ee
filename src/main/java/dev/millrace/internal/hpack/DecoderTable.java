package dev.millrace.internal.hpack;

import dev.millrace.internal.bytes.Nullable;

/** The dynamic table of a decoder (RFC 7541 §2.3.2, §4): a ring of fields, the newest with the lowest index. */
final class DecoderTable {
    private static final int FIRST_CAPACITY = 16;

    private @Nullable HeaderField[] ring = {}; // as long as a power of two; none before the first entry
    private int inserted; // how many entries there ever were, modulo 2^32; the next one's place
    private int length;
    private int size;
    private int maxSize;

    /** An empty table. */
    DecoderTable(int maxSize) {
        this.maxSize = maxSize;
    }

    /** How many entries there are. */
    int length() {
        return length;
    }

    /** What the entries count together. */
    int size() {
        return size;
    }

    /** What they may count. */
    int maxSize() {
        return maxSize;
    }

    /**
     * An entry.
     *
     * @param age 0 for the newest, below {@link #length()}
     */
    HeaderField entry(int age) {
        HeaderField entry = ring[(inserted - 1 - age) & (ring.length - 1)];
        if (entry == null) {
            throw new IllegalStateException("entry " + age + " of " + length);
        }
        return entry;
    }

    /** Changes what the entries may count; evicts those that do not fit any more (RFC 7541 §4.3). */
    void resize(int newMaxSize) {
        maxSize = newMaxSize;
        evict(newMaxSize);
    }

    /** Adds an entry; one that does not fit into the whole table empties it (RFC 7541 §4.4). */
    void add(HeaderField field) {
        evict(maxSize - field.size());
        if (field.size() > maxSize) {
            return;
        }
        if (length == ring.length) {
            grow();
        }
        ring[inserted & (ring.length - 1)] = field;
        inserted++;
        length++;
        size += field.size();
    }

    private void evict(int most) {
        while (size > most && length > 0) {
            int oldest = (inserted - length) & (ring.length - 1);
            size -= entry(length - 1).size();
            ring[oldest] = null;
            length--;
        }
    }

    private void grow() {
        @Nullable HeaderField[] larger = new @Nullable HeaderField[Math.max(FIRST_CAPACITY, 2 * ring.length)];
        for (int age = 0; age < length; age++) {
            larger[(inserted - 1 - age) & (larger.length - 1)] = entry(age);
        }
        ring = larger;
    }
}
