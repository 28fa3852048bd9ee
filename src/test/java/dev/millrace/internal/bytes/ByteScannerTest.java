package dev.millrace.internal.bytes;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** The eight-at-a-time searches agree with plain loops. */
class ByteScannerTest {
    private final ByteScanner scanner = new ByteScanner();

    @Test
    void searchesAgreeWithPlainLoops() {
        Random random = new Random(5);
        byte[] pool = {
            'a', ':', ' ', '\t', '\r', '\n', 0, 0x1f, 0x20, 0x7e, 0x7f, (byte) 0x80, (byte) 0xff, ';', '9', 0x3b
        };
        for (int round = 0; round < 40_000; round++) {
            byte[] b = new byte[random.nextInt(40)];
            int plain = random.nextInt(12);
            for (int i = 0; i < b.length; i++) {
                b[i] = random.nextInt(12) < plain ? (byte) 'x' : pool[random.nextInt(pool.length)];
            }
            int from = random.nextInt(b.length + 1);
            int to = from + random.nextInt(b.length - from + 1);
            scanner.over(b);
            int colon = from;
            while (colon < to && b[colon] != ':') {
                colon++;
            }
            assertEquals(colon, scanner.indexOf(':', from, to));
            int control = from;
            while (control < to && !isControl(b[control] & 0xff)) {
                control++;
            }
            assertEquals(control, scanner.indexOfControl(from, to));
        }
    }

    private static boolean isControl(int c) {
        return (c < 0x20 && c != '\t') || c == 0x7f;
    }

    @Test
    void everyByteIsAControlOrNot() {
        byte[] b = new byte[24];
        for (int c = 0; c < 256; c++) {
            for (int at = 0; at < b.length; at++) {
                java.util.Arrays.fill(b, (byte) 'v');
                b[at] = (byte) c;
                scanner.over(b);
                boolean control = isControl(c);
                assertEquals(control ? at : b.length, scanner.indexOfControl(0, b.length), "byte " + c);
            }
        }
    }

    @Test
    void wordsAreLittleEndianAndCutOff() {
        byte[] b = {1, 2, 3, 4, 5, 6, 7, 8, (byte) 0xff, 10};
        scanner.over(b);
        assertEquals(0x0807060504030201L, scanner.word(0, 8));
        assertEquals(0x0807060504030201L, scanner.word(0, 20));
        assertEquals(0xff08070605040302L, scanner.word(1, 8));
        assertEquals(0x0201, scanner.word(0, 2));
        assertEquals(0x0aff08L, scanner.word(7, 3));
        assertEquals(0xff, scanner.word(8, 1));
    }
}
