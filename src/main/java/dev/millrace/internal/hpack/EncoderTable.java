package dev.millrace.internal.hpack;

import dev.millrace.internal.bytes.Nullable;

/**
 * The dynamic table of an encoder (RFC 7541 §2.3.2, §4), with two ways to find an entry: by its name and value, and by
 * its name alone. Each is a hash table of chains, newest first. Nothing is allocated before the first entry.
 *
 * <p>Before that, a guess: lists repeat, and mostly with the same objects. So each entry knows the one that was found
 * after it the last time, and the objects that it was found by.
 */
final class EncoderTable {
    /** An entry and its places in the chains. */
    private static final class Entry {
        final String name;
        /** The name as it was asked for the last time; {@code null} once the entry is evicted. */
        @Nullable
        String spelling;

        /** The value, as the object that it was asked for the last time. */
        String value;

        final int nameHash;
        final int hash;
        final int number;

        @Nullable
        Entry next;

        @Nullable
        Entry nextOfName;

        /** The entry that was found after this one the last time. */
        @Nullable
        Entry successor;

        Entry(String name, String value, int number) {
            this.name = name;
            this.spelling = name;
            this.value = value;
            this.nameHash = name.hashCode();
            this.hash = hash(name, value);
            this.number = number;
        }

        int size() {
            return HeaderField.OVERHEAD + name.length() + value.length();
        }
    }

    private static final int FIRST_CAPACITY = 16;
    private static final int BUCKETS = 64;
    private static final int NAME_BUCKETS = 32;
    private static final @Nullable Entry[] NONE = {};

    /** Stands before the first entry that a block finds. */
    private final Entry start = new Entry("", "", 0);

    private Entry last = start;
    private @Nullable Entry[] ring = NONE; // as long as a power of two
    private @Nullable Entry[] buckets = NONE;
    private @Nullable Entry[] nameBuckets = NONE;
    private int inserted; // how many entries there ever were, modulo 2^32; the next one's number
    private int length;
    private int size;
    private int maxSize;

    /** An empty table. */
    EncoderTable(int maxSize) {
        this.maxSize = maxSize;
    }

    /** What a field is found by. */
    static int hash(String name, String value) {
        return 31 * name.hashCode() + value.hashCode();
    }

    private static int bucket(int hash, int count) {
        return (hash ^ hash >>> 16) * 0x9E3779B9 >>> 16 & (count - 1);
    }

    /** How many entries there are. */
    int length() {
        return length;
    }

    /** What the entries may count together. */
    int maxSize() {
        return maxSize;
    }

    /** What the entries count together. */
    int size() {
        return size;
    }

    /** Begins a block: the next guess is what its first one found the last time. */
    void begin() {
        last = start;
    }

    /**
     * The index of the field that follows in the list, or {@link StaticTable#NONE} if the guess is wrong.
     *
     * @param name in any spelling
     */
    @SuppressWarnings("ReferenceEquality") // a guess is cheap, or none
    int guess(String name, String value) {
        Entry entry = last.successor;
        if (entry == null || entry.spelling != name || entry.value != value) {
            return StaticTable.NONE;
        }
        last = entry;
        return index(entry);
    }

    /**
     * The index of a field, or {@link StaticTable#NONE}.
     *
     * @param name as it was added
     * @param spelling as it was asked for
     */
    @SuppressWarnings("ReferenceEquality") // the identical object is the common case and the cheap one
    int index(String name, String spelling, String value, int hash) {
        if (length == 0) {
            return StaticTable.NONE;
        }
        for (Entry entry = buckets[bucket(hash, BUCKETS)]; entry != null; entry = entry.next) {
            if (entry.hash == hash
                    && (entry.value == value || entry.value.equals(value))
                    && (entry.name == name || entry.name.equals(name))) {
                entry.spelling = spelling;
                entry.value = value;
                found(entry);
                return index(entry);
            }
        }
        return StaticTable.NONE;
    }

    private void found(Entry entry) {
        last.successor = entry;
        last = entry;
    }

    /** The index of some field of a name, or {@link StaticTable#NONE}. */
    int nameIndex(String name) {
        if (length == 0) {
            return StaticTable.NONE;
        }
        int hash = name.hashCode();
        for (Entry entry = nameBuckets[bucket(hash, NAME_BUCKETS)]; entry != null; entry = entry.nextOfName) {
            if (entry.nameHash == hash && entry.name.equals(name)) {
                return index(entry);
            }
        }
        return StaticTable.NONE;
    }

    private int index(Entry entry) {
        return StaticTable.LENGTH + inserted - entry.number;
    }

    /** Changes what the entries may count; evicts those that do not fit any more (RFC 7541 §4.3). */
    void resize(int newMaxSize) {
        maxSize = newMaxSize;
        evict(newMaxSize);
    }

    /** Adds an entry, which by itself fits into the table (RFC 7541 §4.4). */
    void add(String name, String value) {
        Entry entry = new Entry(name, value, inserted);
        evict(maxSize - entry.size());
        if (length == ring.length) {
            grow();
        }
        ring[inserted & (ring.length - 1)] = entry;
        inserted++;
        length++;
        size += entry.size();
        int bucket = bucket(entry.hash, BUCKETS);
        entry.next = buckets[bucket];
        buckets[bucket] = entry;
        int nameBucket = bucket(entry.nameHash, NAME_BUCKETS);
        entry.nextOfName = nameBuckets[nameBucket];
        nameBuckets[nameBucket] = entry;
        found(entry);
    }

    private void evict(int most) {
        while (size > most && length > 0) {
            int place = (inserted - length) & (ring.length - 1);
            Entry oldest = entry(ring, place);
            ring[place] = null;
            length--;
            size -= oldest.size();
            unlink(oldest);
            unlinkName(oldest);
            oldest.spelling = null;
            oldest.successor = null; // what is evicted keeps nothing else
            if (last == oldest) {
                last = start;
            }
        }
    }

    private static Entry entry(@Nullable Entry[] ring, int place) {
        Entry entry = ring[place];
        if (entry == null) {
            throw new IllegalStateException("no entry at " + place);
        }
        return entry;
    }

    private void unlink(Entry oldest) {
        int bucket = bucket(oldest.hash, BUCKETS);
        Entry before = null;
        for (Entry entry = buckets[bucket]; entry != null && entry != oldest; entry = entry.next) {
            before = entry;
        }
        if (before == null) {
            buckets[bucket] = oldest.next;
        } else {
            before.next = oldest.next;
        }
    }

    private void unlinkName(Entry oldest) {
        int bucket = bucket(oldest.nameHash, NAME_BUCKETS);
        Entry before = null;
        for (Entry entry = nameBuckets[bucket]; entry != null && entry != oldest; entry = entry.nextOfName) {
            before = entry;
        }
        if (before == null) {
            nameBuckets[bucket] = oldest.nextOfName;
        } else {
            before.nextOfName = oldest.nextOfName;
        }
    }

    private void grow() {
        if (ring.length == 0) {
            ring = new @Nullable Entry[FIRST_CAPACITY];
            buckets = new @Nullable Entry[BUCKETS];
            nameBuckets = new @Nullable Entry[NAME_BUCKETS];
            return;
        }
        @Nullable Entry[] larger = new @Nullable Entry[2 * ring.length];
        for (int i = 1; i <= length; i++) {
            larger[(inserted - i) & (larger.length - 1)] = ring[(inserted - i) & (ring.length - 1)];
        }
        ring = larger;
    }
}
