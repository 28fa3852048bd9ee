package dev.millrace.internal.loop;

import dev.millrace.internal.bytes.Nullable;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/**
 * Copies of the few large arrays that a loop sends again and again, where the operating system gets at them better than in
 * the heap, out of which an array has to be copied each time it is sent. Best is a file in memory ({@link MemoryFile}),
 * whose pages leave without being copied at all; else a direct buffer spares our copying and leaves the kernel's. Holds
 * at most {@value #PLACES} copies of at most {@value #LARGEST} bytes, and no array alive.
 */
final class DirectCopies {
    /** From here on a copy is worth its memory; smaller arrays go through the loop's staging buffer. */
    static final int SMALLEST = 64 << 10;

    /** From here on sending pages is worth more system calls than sending bytes takes. */
    static final int SMALLEST_FILE = 256 << 10;

    static final int LARGEST = 4 << 20;
    static final int PLACES = 4;

    /** How often an array has to come before it is copied: a response that is made for one request comes once. */
    private static final int WORTH_IT = 3;

    /** The copy of one array: a file, or a buffer. Not closed by anybody: what is being sent may still need it. */
    static final class Copy {
        private WeakReference<byte[]> array = new WeakReference<>(null);
        private @Nullable FileChannel file;
        private @Nullable ByteBuffer buffer;
        private int uses;

        private void make(byte[] bytes) {
            if (bytes.length >= SMALLEST_FILE) {
                file = MemoryFile.of(bytes);
            }
            if (file == null) {
                buffer = ByteBuffer.allocateDirect(bytes.length).put(bytes);
            }
        }

        /** Whether there is a copy that can be sent: an interrupt closes a file. */
        private boolean usable() {
            return buffer != null || file != null && file.isOpen();
        }

        /** {@return a file with the array's bytes, or {@code null} if there is a buffer} */
        @Nullable
        FileChannel file() {
            return file;
        }

        /** {@return a part of the array, if there is no file} */
        ByteBuffer buffer(int offset, int length) {
            if (buffer == null) {
                throw new IllegalStateException("the copy is a file");
            }
            return buffer.duplicate().limit(offset + length).position(offset);
        }
    }

    private final Copy[] places = new Copy[PLACES];

    DirectCopies() {
        for (int i = 0; i < PLACES; i++) {
            places[i] = new Copy();
        }
    }

    /**
     * The copy of an array.
     *
     * @param array never changed
     * @return its copy, or {@code null} if it has not been sent often enough lately, or is too large
     */
    @Nullable
    Copy of(byte[] array) {
        if (array.length > LARGEST) {
            return null;
        }
        int least = 0;
        for (int i = 0; i < PLACES; i++) {
            Copy place = places[i];
            if (place.array.get() == array) {
                place.uses = Math.min(place.uses + 1, 1 << 10);
                if (!place.usable()) {
                    if (place.uses < WORTH_IT) {
                        return null;
                    }
                    place.make(array);
                }
                return place;
            }
            if (place.uses < places[least].uses) {
                least = i;
            }
        }
        if (places[least].uses > 0) { // what was used often keeps its place for as many newcomers
            places[least].uses--;
            return null;
        }
        Copy fresh = new Copy();
        fresh.array = new WeakReference<>(array);
        fresh.uses = 1;
        places[least] = fresh;
        return null;
    }
}
