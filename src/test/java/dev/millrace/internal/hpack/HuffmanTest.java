package dev.millrace.internal.hpack;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.internal.bytes.ByteScanner;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HuffmanTest {
    private final HuffmanDecoder decoder = new HuffmanDecoder(new ByteScanner());

    private static final String[] CODES = codes();

    /** The codes of RFC 7541 appendix B from their lengths alone: a canonical code counts up. */
    private static String[] codes() {
        String[] codes = new String[257];
        long next = 0;
        for (int length = 1; length <= 30; length++) {
            next <<= 1;
            for (int symbol = 0; symbol <= 256; symbol++) {
                if (Huffman.length(symbol) == length) {
                    String bits = Long.toBinaryString(next++);
                    codes[symbol] = "0".repeat(length - bits.length()) + bits;
                }
            }
        }
        return codes;
    }

    private static byte[] encode(byte[] text) {
        StringBuilder bits = new StringBuilder();
        for (byte b : text) {
            bits.append(CODES[b & 0xff]);
        }
        while (bits.length() % 8 != 0) {
            bits.append('1');
        }
        byte[] code = new byte[bits.length() / 8];
        for (int i = 0; i < code.length; i++) {
            code[i] = (byte) Integer.parseInt(bits.substring(8 * i, 8 * i + 8), 2);
        }
        assertEquals(code.length, Huffman.encodedLength(text, 0, text.length));
        return code;
    }

    /** Decodes bit by bit; {@code null} for what must be refused. */
    static byte[] naive(byte[] b) {
        StringBuilder bits = new StringBuilder();
        for (byte x : b) {
            bits.append(Integer.toBinaryString((x & 0xff) | 0x100).substring(1));
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        String rest = bits.toString();
        for (int symbol = first(rest); symbol >= 0; symbol = first(rest)) {
            out.write(symbol);
            rest = rest.substring(CODES[symbol].length());
        }
        return rest.length() < 8 && CODES[256].startsWith(rest) ? out.toByteArray() : null;
    }

    private static int first(String bits) {
        for (int symbol = 0; symbol < 256; symbol++) {
            if (bits.startsWith(CODES[symbol])) {
                return symbol;
            }
        }
        return -1;
    }

    private byte[] decode(byte[] code) throws HpackException {
        int length = decoder.decode(code, 0, code.length, Integer.MAX_VALUE / 2);
        return Arrays.copyOf(decoder.bytes(), length);
    }

    @Test
    void someCodesOfTheAppendix() {
        assertEquals("1111111111000", CODES[0]);
        assertEquals("010100", CODES[' ']);
        assertEquals("011000", CODES['/']);
        assertEquals("00000", CODES['0']);
        assertEquals("100001", CODES['A']);
        assertEquals("11111100", CODES['X']);
        assertEquals("1111111111111110000", CODES['\\']);
        assertEquals("11111111111111100110", CODES[128]);
        assertEquals("11111111111111111111101110", CODES[255]);
        assertEquals("111111111111111111111111111101", CODES['\r']);
        assertEquals("111111111111111111111111111100", CODES[10]);
        assertEquals("1".repeat(30), CODES[Huffman.EOS]);
    }

    @Test
    void everySymbolAtEveryDistanceFromTheEnd() throws HpackException {
        for (int symbol = 0; symbol < 256; symbol++) {
            for (int before = 0; before < 10; before++) {
                for (int after = 0; after < 10; after++) {
                    byte[] text = new byte[before + 1 + after];
                    Arrays.fill(text, (byte) 'e');
                    text[before] = (byte) symbol;
                    assertArrayEquals(text, decode(encode(text)), symbol + " after " + before + " before " + after);
                }
            }
        }
    }

    @Test
    void everyPairOfSymbols() throws HpackException {
        byte[] text = new byte[2 * 65536];
        for (int i = 0; i < 65536; i++) {
            text[2 * i] = (byte) (i >> 8);
            text[2 * i + 1] = (byte) i;
        }
        assertArrayEquals(text, decode(encode(text)));
    }

    @Test
    void encodesWhatIsShorter() {
        Random random = new Random(7541);
        for (int round = 0; round < 20_000; round++) {
            byte[] text = new byte[random.nextInt(60)];
            for (int i = 0; i < text.length; i++) {
                text[i] = (byte) (random.nextInt(30) == 0 ? random.nextInt(256) : 32 + random.nextInt(95));
            }
            byte[] expected = encode(text);
            // the code goes in front of the text, in the same array
            byte[] array = new byte[3 + 2 * text.length];
            int from = 3 + text.length;
            System.arraycopy(text, 0, array, from, text.length);
            int end = Huffman.encode(array, from, array.length, ByteBuffer.wrap(array), 3);
            if (expected.length < text.length) {
                assertEquals(3 + expected.length, end, "round " + round);
                assertArrayEquals(expected, Arrays.copyOfRange(array, 3, end), "round " + round);
            } else {
                assertEquals(-1, end, "round " + round);
            }
        }
    }

    @Test
    void anyBytesGetTheVerdictOfANaiveDecoder() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        int refused = 0;
        for (int round = 0; round < 30_000; round++) {
            byte[] code = new byte[random.nextInt(24)];
            int kind = random.nextInt(3);
            for (int i = 0; i < code.length; i++) {
                // bytes of any kind, or of many ones as long codes have them
                code[i] =
                        (byte) (kind == 0 || random.nextInt(3) == 0 ? random.nextInt(256) : 0xff << random.nextInt(2));
            }
            if (code.length > 0 && random.nextInt(2) == 0) {
                code[code.length - 1] |= (byte) (0xff >> random.nextInt(8));
            }
            byte[] expected = naive(code);
            String what = "seed " + seed + ": " + HexFormat.of().formatHex(code);
            if (expected == null) {
                refused++;
                assertThrows(HpackException.class, () -> decode(code), what);
            } else {
                try {
                    assertArrayEquals(expected, decode(code), what);
                } catch (HpackException e) {
                    throw new AssertionError(what, e);
                }
            }
        }
        assertTrue(refused > 1000 && refused < 29_000, refused + " refused");
    }

    @Test
    void whatIsTooLongIsCountedAndChecked() throws HpackException {
        for (int most : new int[] {0, 1, 7, 8, 100, 999, 1000, 2000}) {
            byte[] text = "0123456789".repeat(100).getBytes(ISO_8859_1);
            byte[] code = encode(text);
            assertEquals(1000, decoder.decode(code, 0, code.length, most));
            if (most >= 1000) {
                assertArrayEquals(text, Arrays.copyOf(decoder.bytes(), 1000));
            }
            byte[] cut = Arrays.copyOf(code, code.length + 1);
            cut[code.length] = (byte) 0xff;
            byte[] broken = Arrays.copyOf(cut, cut.length + 4);
            Arrays.fill(broken, code.length, broken.length, (byte) 0xff);
            assertThrows(HpackException.class, () -> decoder.decode(broken, 0, broken.length, most));
        }
    }

    @Test
    void aPartOfAnArrayIsDecodedAlone() throws HpackException {
        byte[] text = "the wheel turns".getBytes(ISO_8859_1);
        byte[] code = encode(text);
        for (int before = 0; before < 10; before++) {
            for (int after = 0; after < 10; after++) {
                byte[] array = new byte[before + code.length + after];
                System.arraycopy(code, 0, array, before, code.length);
                assertEquals(text.length, decoder.decode(array, before, before + code.length, 100));
                assertArrayEquals(text, Arrays.copyOf(decoder.bytes(), text.length));
            }
        }
    }
}
