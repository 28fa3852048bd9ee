package dev.millrace.internal.loop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DirectCopiesTest {
    private final DirectCopies copies = new DirectCopies();

    private static byte[] random(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    private static byte[] content(DirectCopies.Copy copy, int offset, int length) throws IOException {
        ByteBuffer read = ByteBuffer.allocate(length);
        FileChannel file = copy.file();
        if (file == null) {
            read.put(copy.buffer(offset, length));
        } else {
            while (read.hasRemaining() && file.read(read, offset + read.position()) > 0) {}
        }
        assertEquals(0, read.remaining());
        return read.array();
    }

    @Test
    void anArrayIsCopiedWhenItComesForTheThirdTime() throws IOException {
        for (int size : new int[] {DirectCopies.SMALLEST, DirectCopies.SMALLEST_FILE, DirectCopies.LARGEST}) {
            byte[] array = random(size);
            DirectCopies fresh = new DirectCopies();
            assertNull(fresh.of(array));
            assertNull(fresh.of(array));
            DirectCopies.Copy copy = fresh.of(array);
            assertNotNull(copy);
            assertSame(copy, fresh.of(array));
            assertArrayEquals(array, content(copy, 0, size));
            assertArrayEquals(Arrays.copyOfRange(array, 1000, 5000), content(copy, 1000, 4000));
        }
    }

    @Test
    void anotherArrayWithTheSameBytesIsAnotherArray() {
        byte[] array = random(DirectCopies.SMALLEST);
        assertNull(copies.of(array));
        assertNull(copies.of(array.clone()));
        assertNull(copies.of(array));
        assertNotNull(copies.of(array));
    }

    @Test
    void whatIsTooLargeIsNotCopied() {
        byte[] array = new byte[DirectCopies.LARGEST + 1];
        for (int i = 0; i < 10; i++) {
            assertNull(copies.of(array));
        }
    }

    @Test
    void whatIsSentOftenKeepsItsPlaceForAsManyNewcomers() {
        byte[][] often = new byte[DirectCopies.PLACES][];
        for (int i = 0; i < often.length; i++) {
            often[i] = random(DirectCopies.SMALLEST);
            for (int k = 0; k < 10; k++) {
                copies.of(often[i]);
            }
        }
        for (int i = 0; i < 9; i++) {
            assertNull(copies.of(new byte[DirectCopies.SMALLEST]));
        }
        for (byte[] array : often) {
            assertNotNull(copies.of(array));
        }
        byte[] newcomer = random(DirectCopies.SMALLEST);
        int turnedAway = 0;
        while (copies.of(newcomer) == null) {
            turnedAway++;
        }
        assertEquals(
                4,
                turnedAway,
                "two uses of one place are left of 10, less 9, plus 1; then come the newcomer's own two");
        assertNotNull(copies.of(newcomer));
    }

    @Test
    void aFileThatAnInterruptHasClosedIsMadeAnew() throws IOException {
        byte[] array = random(DirectCopies.SMALLEST_FILE);
        copies.of(array);
        copies.of(array);
        DirectCopies.Copy copy = copies.of(array);
        assertNotNull(copy);
        if (copy.file() != null) { // not everywhere is there such a file
            copy.file().close();
        }
        DirectCopies.Copy again = copies.of(array);
        assertNotNull(again);
        assertArrayEquals(array, content(again, 0, array.length));
    }
}
