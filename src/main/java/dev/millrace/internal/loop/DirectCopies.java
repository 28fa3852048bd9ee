package dev.millrace.internal.loop;

import dev.millrace.internal.bytes.Nullable;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;

/**
 * Direct copies of the few large arrays that a loop sends again and again. A socket takes only direct memory, so an array
 * is otherwise copied each time it is sent; with its copy at hand, the kernel's own copying is all that a large response
 * costs. Holds at most {@value #PLACES} copies of at most {@value #LARGEST} bytes, and no array alive.
 */
final class DirectCopies {
    /** From here on a copy is worth its memory; smaller arrays go through the loop's staging buffer. */
    static final int SMALLEST = 64 << 10;

    static final int LARGEST = 4 << 20;
    static final int PLACES = 4;

    /** How often an array has to come before it is copied: a response that is made for one request comes once. */
    private static final int WORTH_IT = 3;

    private static final class Place {
        private WeakReference<byte[]> array = new WeakReference<>(null);
        private @Nullable ByteBuffer copy;
        private int uses;
    }

    private final Place[] places = new Place[PLACES];

    DirectCopies() {
        for (int i = 0; i < PLACES; i++) {
            places[i] = new Place();
        }
    }

    /**
     * The direct copy of a part of an array.
     *
     * @param array never changed
     * @param offset of the first byte
     * @param length how many, at least {@link #SMALLEST}
     * @return the part, or {@code null} if the array has not been sent often enough lately, or is too large
     */
    @Nullable
    ByteBuffer of(byte[] array, int offset, int length) {
        if (array.length > LARGEST) {
            return null;
        }
        Place least = places[0];
        for (Place place : places) {
            if (place.array.get() == array) {
                if (++place.uses < WORTH_IT) {
                    return null;
                }
                ByteBuffer copy = place.copy;
                if (copy == null) {
                    copy = ByteBuffer.allocateDirect(array.length).put(array);
                    place.copy = copy;
                }
                place.uses = Math.min(place.uses, 1 << 10);
                return copy.duplicate().limit(offset + length).position(offset);
            }
            if (place.uses < least.uses) {
                least = place;
            }
        }
        if (least.uses > 0) { // what was used often keeps its place for as many newcomers
            least.uses--;
            return null;
        }
        least.array = new WeakReference<>(array);
        least.copy = null;
        least.uses = 1;
        return null;
    }
}
