package dev.millrace.internal.bytes;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class ByteAccumulatorTest {
    private final ByteAccumulator bytes = new ByteAccumulator(0);

    private String hex() {
        return HexFormat.of().formatHex(bytes.array(), 0, bytes.length());
    }

    @Test
    void growsFromNothing() {
        for (int i = 0; i < 1000; i++) {
            bytes.put(i);
            assertEquals(i + 1, bytes.length());
        }
        for (int i = 0; i < 1000; i++) {
            assertEquals((byte) i, bytes.array()[i]);
        }
    }

    @Test
    void numbersStartWithTheirHighestByte() {
        bytes.putShort(0xff0102);
        bytes.putMedium(0xff030405);
        bytes.putInt(0x86070809);
        bytes.putLong(0x8a0b0c0d_8e0f1011L);
        assertEquals("0102" + "030405" + "86070809" + "8a0b0c0d8e0f1011", hex());
    }

    @Test
    void numbersGrowTheArrayWhereverItEnds() {
        for (int before = 0; before < 20; before++) {
            ByteAccumulator tight = new ByteAccumulator(before);
            tight.setLength(before);
            tight.putLong(1);
            tight.putInt(2);
            tight.putMedium(3);
            tight.putShort(4);
            assertEquals(before + 17, tight.length());
            assertEquals(1, tight.array()[before + 7]);
            assertEquals(2, tight.array()[before + 11]);
            assertEquals(3, tight.array()[before + 14]);
            assertEquals(4, tight.array()[before + 16]);
        }
    }

    @Test
    void decimals() {
        for (long value : new long[] {0, 9, 10, 99, 100, 1234567890123L, Long.MAX_VALUE}) {
            bytes.clear();
            bytes.putDecimal(value);
            assertEquals(Long.toString(value), new String(bytes.array(), 0, bytes.length(), ISO_8859_1));
        }
    }

    @Test
    void textAndParts() {
        bytes.putLatin1("a\u00ff");
        bytes.put(new byte[] {1, 2, 3}, 1, 2);
        bytes.put(new byte[] {4});
        bytes.putLatin1("");
        assertEquals("61ff020304", hex());
    }

    @Test
    void whatWasPutCanBePatched() {
        bytes.putLong(0);
        bytes.set(0, 0x1ff);
        bytes.setMedium(1, 0x010203);
        bytes.setInt(4, 0x04050607);
        assertEquals("ff01020304050607", hex());
    }

    @Test
    void aGapMovesWhatFollows() {
        bytes.putInt(0x01020304);
        bytes.insertGap(1, 2);
        bytes.set(1, 9);
        bytes.set(2, 9);
        assertEquals("010909020304", hex());
        bytes.insertGap(6, 1);
        bytes.set(6, 5);
        assertEquals("01090902030405", hex());
    }

    @Test
    void roomIsMadeOnceAndForAll() {
        bytes.room(100);
        byte[] array = bytes.array();
        for (int i = 0; i < 100; i++) {
            bytes.put(7);
        }
        assertSame(array, bytes.array());
        bytes.clear();
        assertEquals(0, bytes.length());
        assertSame(array, bytes.array());
        bytes.clear(100);
        assertSame(array, bytes.array());
        bytes.clear(99);
        assertEquals(99, bytes.array().length);
    }

    @Test
    void theLengthStaysWithinTheArray() {
        bytes.room(10);
        bytes.setLength(10);
        assertThrows(IndexOutOfBoundsException.class, () -> bytes.setLength(bytes.array().length + 1));
        assertThrows(IndexOutOfBoundsException.class, () -> bytes.setLength(-1));
        assertThrows(OutOfMemoryError.class, () -> bytes.room(Integer.MAX_VALUE));
    }
}
