package dev.millrace.internal.tls;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Elements by the letter of X.690, and back. */
class DerWriterTest {
    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    @ParameterizedTest
    @CsvSource({
        "0,020100",
        "1,020101",
        "127,02017f",
        "128,02020080",
        "-1,0201ff",
        "-128,020180",
        "256,02020100",
        "4294967296,02050100000000"
    })
    void integers(long value, String wanted) {
        assertEquals(wanted, hex(DerWriter.integer(value)));
    }

    @ParameterizedTest
    @CsvSource({
        "2.5.4.3,0603550403",
        "1.2.840.113549.1.1.11,06092a864886f70d01010b",
        "1.2.840.10045.3.1.7,06082a8648ce3d030107",
        "2.16.840.1.101.3.4.1.42,060960864801650304012a",
        "2.999.2147483647,06078837" + "87ffffff7f",
        "1.3.101.112,06032b6570"
    })
    void objectIdentifiers(String dotted, String wanted) throws IOException {
        assertEquals(wanted, hex(DerWriter.oid(dotted)));
        assertEquals(dotted, new DerReader(DerWriter.oid(dotted)).oid());
    }

    @ParameterizedTest
    @CsvSource({"0,030100", "128,03020780", "134,03020186", "255,030200ff", "4,03020204"})
    void namedBits(int mask, String wanted) {
        assertEquals(wanted, hex(DerWriter.namedBits(mask)));
    }

    @ParameterizedTest
    @CsvSource({
        "0,170d3730303130313030303030305a",
        "2524607999,170d3439313233313233353935395a",
        "2524608000,180f32303530303130313030303030305a"
    })
    void times(long second, String wanted) {
        assertEquals(wanted, hex(DerWriter.time(second)));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 127, 128, 255, 256, 65_535, 65_536, 100_000})
    void lengthsAreTheShortest(int length) throws IOException {
        byte[] element = DerWriter.octets(new byte[length]);
        int header = length < 128 ? 2 : length < 256 ? 3 : length < 65_536 ? 4 : 5;
        assertEquals(length + header, element.length);
        assertEquals(length, new DerReader(element).content(DerWriter.OCTET_STRING).length);
    }

    @Test
    void structuresAreReadBack() throws IOException {
        byte[] inner = DerWriter.integer(5);
        DerReader reader = new DerReader(
                DerWriter.sequence(inner, DerWriter.explicit(0, inner), DerWriter.nothing(), DerWriter.booleanTrue()));
        DerReader sequence = reader.enter(DerWriter.SEQUENCE);
        assertEquals(5, sequence.smallInteger());
        assertEquals(5, sequence.enter(0xa0).smallInteger());
        assertArrayEquals(new byte[] {5, 0}, sequence.element());
        assertEquals(true, sequence.next(DerWriter.BOOLEAN));
        sequence.element();
        assertEquals(true, sequence.atEnd());
        assertThrows(IOException.class, sequence::element);
    }

    /** Random and cut input ends in an {@code IOException} at worst. */
    @Test
    void anyBytesAreReadOrRefused() {
        Random random = new Random(20_240_601);
        byte[] good = DerWriter.sequence(
                DerWriter.integer(1), DerWriter.oid("1.2.840.10045.2.1"), DerWriter.octets(new byte[200]));
        int refused = 0;
        for (int round = 0; round < 20_000; round++) {
            byte[] bytes = Arrays.copyOf(good, 1 + random.nextInt(good.length));
            for (int i = random.nextInt(4); i > 0; i--) {
                bytes[random.nextInt(Math.min(bytes.length, 20))] = (byte) random.nextInt();
            }
            try {
                DerReader reader = new DerReader(bytes).enter(DerWriter.SEQUENCE);
                reader.smallInteger();
                reader.oid();
                reader.content(DerWriter.OCTET_STRING);
            } catch (IOException e) {
                refused++;
            }
        }
        assertTrue(refused > 10_000 && refused < 20_000, "refused " + refused);
    }
}
