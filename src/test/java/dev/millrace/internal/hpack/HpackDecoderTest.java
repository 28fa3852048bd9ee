package dev.millrace.internal.hpack;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.FieldName;
import dev.millrace.internal.bytes.ByteAccumulator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HpackDecoderTest {
    private final HpackDecoder decoder = new HpackDecoder(4096, 8192);

    private static byte[] hex(String digits) {
        return HexFormat.of().parseHex(digits.replace(" ", ""));
    }

    private static List<HeaderField> decode(HpackDecoder decoder, byte[] block) throws HpackException {
        List<HeaderField> fields = new ArrayList<>();
        decoder.decode(block, 0, block.length, fields::add);
        return fields;
    }

    private List<HeaderField> decode(String digits) throws HpackException {
        return decode(decoder, hex(digits));
    }

    private void refused(String rule, String digits) {
        HpackException e = assertThrows(HpackException.class, () -> decode(digits));
        assertTrue(e.getMessage().contains(rule), e.getMessage());
        assertEquals(0, e.getStackTrace().length);
    }

    /** A literal with a name of its own, plain. */
    private static byte[] literal(int first, String name, String value) {
        ByteAccumulator out = new ByteAccumulator(64);
        out.put(first);
        HpackEncoder.integer(out, 0, 0x7f, name.length());
        out.putLatin1(name);
        HpackEncoder.integer(out, 0, 0x7f, value.length());
        out.putLatin1(value);
        return Arrays.copyOf(out.array(), out.length());
    }

    private HeaderField field(String name, String value) throws HpackException {
        return decode(decoder, literal(0x00, name, value)).get(0);
    }

    @Test
    void anEmptyBlockHasNoFields() throws HpackException {
        assertEquals(List.of(), decode(""));
    }

    @Test
    void theStaticTable() throws HpackException {
        for (int i = 1; i <= 61; i++) {
            HeaderField field = decode(Integer.toHexString(0x80 | i)).get(0);
            assertEquals(StaticTable.name(i), field.name());
            assertEquals(StaticTable.value(i), field.value());
            assertEquals(32 + field.name().length() + field.value().length(), field.size());
            assertFalse(field.neverIndexed());
        }
        assertEquals("www-authenticate", StaticTable.name(61));
        assertEquals("gzip, deflate", StaticTable.value(16));
    }

    @ParameterizedTest
    @ValueSource(strings = {"80", "be", "ff00", "ffffff7f", "7e 0161", "1f 80 01 0161"})
    void anIndexMustBeThatOfAnEntry(String block) {
        refused("§2.3.3", block);
    }

    @Test
    void theLastIndexIsThatOfTheOldestEntry() throws HpackException {
        decode("40 0161 0162 40 0163 0164");
        assertEquals("a", decode("bf").get(0).name());
        refused("§2.3.3", "c0");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ff",
                "ff80",
                "7f",
                "1f",
                "3f",
                "3fff",
                "0fff",
                "41",
                "410361",
                "41ff",
                "4185a8eb1064",
                "00",
                "000161",
                "10 0161 02 61"
            })
    void aBlockEndsWithAField(String block) {
        refused("§3.1", block);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ff ffffffff 00",
                "ff 80808080 00",
                "3f ffffffffff ffffffff 01",
                "40 7f 8080808080 01",
                "0f ffffffff 7f"
            })
    void anIntegerHasBounds(String block) {
        refused("§5.1", block);
    }

    @Test
    void anIntegerMayBeLongerThanItMust() throws HpackException {
        decode(decoder, literal(0x40, "a", "b"));
        for (int i = 0; i < 66; i++) {
            decode(decoder, literal(0x40, "a", Integer.toString(i)));
        }
        assertEquals("65", decode("be").get(0).value());
        assertEquals("0", decode("ff00").get(0).value()); // 127
        assertEquals("0", decode("ff8000").get(0).value());
        assertEquals("0", decode("ff808000").get(0).value());
        assertEquals("b", decode("ff01").get(0).value());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "82 07ff", // 8 bits of padding behind 0
                "82 ffff", // nothing but padding
                "81 ff", // 8 bits of it
                "81 00", // padding of zeros
                "81 06", // 110 is no beginning of EOS
                "81 fe",
                "84 ffff fffc", // 30 bits of EOS
                "84 ffff ffff",
                "85 07 ffff ffff", // EOS behind 0
                "81 80", // a code that is cut off
                "83 ffff fe"
            })
    void aStringInHuffmanCodeEndsInTheBeginningOfEos(String value) {
        refused("§5.2", "44 " + value);
        refused("§5.2", "40 " + value + " 0161");
    }

    @Test
    void severityOfPaddingDependsOnItsLength() throws HpackException {
        assertEquals("", decode("44 80").get(0).value());
        assertEquals("0", decode("44 81 07").get(0).value());
        assertEquals("o", decode("44 81 3f").get(0).value());
        assertEquals("&", decode("44 81 f8").get(0).value());
    }

    @Test
    void aSizeUpdateComesFirst() {
        refused("§4.2", "82 20");
        refused("§4.2", "20 82 20");
    }

    @Test
    void aSizeUpdateIsWithinTheLimit() throws HpackException {
        decode("3f e1 1f"); // 4096
        refused("§6.3", "3f e2 1f");
        refused("§6.3", "3f ffffff 7f");
    }

    @Test
    void aSizeUpdateEvicts() throws HpackException {
        decode("40 0161 0162 40 0163 0164");
        decode("3f03"); // 34: room for one
        assertEquals(1, decoder.table().length());
        assertEquals("c", decode("be").get(0).name());
        decode("20");
        assertEquals(0, decoder.table().length());
        assertEquals(0, decoder.table().size());
        decode("40 0161 0162"); // does not fit, and is a field all the same
        assertEquals(0, decoder.table().length());
        decode("20 3fe11f 40 0161 0162"); // more than one may come
        assertEquals(1, decoder.table().length());
    }

    @Test
    void anEntryThatDoesNotFitEmptiesTheTable() throws HpackException {
        HpackDecoder small = new HpackDecoder(64, 100);
        decode(small, literal(0x40, "a", "b"));
        assertEquals(1, small.table().length());
        assertEquals(
                "x".repeat(32),
                decode(small, literal(0x40, "a", "x".repeat(32))).get(0).value());
        assertEquals(0, small.table().length());
        decode(small, literal(0x40, "a", "x".repeat(31)));
        assertEquals(64, small.table().size());
        // the name comes from the entry that this one evicts
        HeaderField field = decode(small, hex("7e 0162")).get(0);
        assertEquals("a", field.name());
        assertEquals(34, small.table().size());
    }

    @Test
    void aReducedLimitWantsAnUpdate() throws HpackException {
        decoder.tableSizeLimit(100);
        refused("RFC 9113 §4.3.1", "82");
    }

    @Test
    void evenBeforeNoField() {
        decoder.tableSizeLimit(100);
        refused("RFC 9113 §4.3.1", "");
    }

    @Test
    void theUpdateGoesAsLowAsTheLimitWent() throws HpackException {
        decoder.tableSizeLimit(0);
        decoder.tableSizeLimit(4096);
        refused("§6.3", "3f e1 1f");
        decode("20 3f e1 1f 82");
        decode("82");
    }

    @Test
    void aLimitAboveTheSizeWantsNothing() throws HpackException {
        decode("20");
        decoder.tableSizeLimit(100);
        assertEquals(1, decode("82").size());
        decoder.tableSizeLimit(8192);
        assertEquals(1, decode("82").size());
        decode("3f e1 3f"); // 8192
        decode("82");
        refused("§6.3", "3f e2 3f");
    }

    @Test
    void theSameEntryIsTheSameObject() throws HpackException {
        HeaderField made = decode(decoder, literal(0x40, "a", "b")).get(0);
        assertSame(made, decode("be").get(0));
        assertSame(decode("82").get(0), decode("82").get(0));
        assertSame(made.name(), decode("7e 0163").get(0).name());
        assertNotSame(made, decode(decoder, literal(0x00, "a", "b")).get(0));
    }

    @Test
    void knownNamesAreTheSameObjects() throws HpackException {
        for (String name : FieldName.all()) {
            String lower = name.toLowerCase(Locale.ROOT);
            HeaderField one = decode(decoder, literal(0x00, lower, "v")).get(0);
            assertEquals(lower, one.name());
            assertSame(
                    one.name(),
                    decode(decoder, literal(0x10, lower, "w")).get(0).name());
            KnownName known = KnownName.of(name);
            assertSame(one.name(), known == null ? null : known.lower());
        }
        for (int i = 1; i <= StaticTable.LENGTH; i++) {
            assertSame(
                    StaticTable.entry(i).name(), field(StaticTable.name(i), "v").name());
        }
    }

    @Test
    void theRevisionGrowsWithEveryChange() throws HpackException {
        long revision = decoder.revision();
        decode("82 84 00 0161 0162 10 0161 0162");
        decode("3f e1 1f"); // the size that it has
        assertEquals(revision, decoder.revision());
        decode("40 0161 0162");
        assertNotEquals(revision, decoder.revision());
        revision = decoder.revision();
        decode("be");
        assertEquals(revision, decoder.revision());
        decode("3f 80 01"); // 159
        assertNotEquals(revision, decoder.revision());
        revision = decoder.revision();
        decoder.tableSizeLimit(200);
        assertEquals(revision, decoder.revision());
        decoder.tableSizeLimit(158); // now the block of before would be refused
        assertNotEquals(revision, decoder.revision());
        revision = decoder.revision();
        decode("3f 7f be");
        assertNotEquals(revision, decoder.revision());
    }

    @Test
    void onlyNeverIndexedLiteralsAre() throws HpackException {
        assertTrue(decode("10 0161 0162").get(0).neverIndexed());
        assertTrue(decode("14 0162").get(0).neverIndexed());
        assertFalse(decode("00 0161 0162").get(0).neverIndexed());
        assertFalse(decode("40 0161 0162").get(0).neverIndexed());
        assertFalse(decode("be").get(0).neverIndexed());
    }

    @ParameterizedTest
    @CsvSource({
        ":method, METHOD",
        ":scheme, SCHEME",
        ":authority, AUTHORITY",
        ":path, PATH",
        ":protocol, PROTOCOL",
        ":status, STATUS",
        ":version, UNKNOWN_PSEUDO",
        ":pathological, UNKNOWN_PSEUDO",
        ":Path, MALFORMED",
        ":, MALFORMED",
        "::path, MALFORMED",
        "'', MALFORMED",
        "accept, REGULAR",
        "x-mill, REGULAR",
        "Accept, MALFORMED",
        "x-Mill, MALFORMED",
        "x mill, MALFORMED",
        "x:mill, MALFORMED",
        "x\u00e4, MALFORMED",
        "host, HOST",
        "content-length, CONTENT_LENGTH",
        "cookie, COOKIE",
        "expect, EXPECT",
        "priority, PRIORITY",
        "te, TE",
        "connection, CONNECTION_SPECIFIC",
        "keep-alive, CONNECTION_SPECIFIC",
        "proxy-connection, CONNECTION_SPECIFIC",
        "transfer-encoding, CONNECTION_SPECIFIC",
        "upgrade, CONNECTION_SPECIFIC"
    })
    void aNameDecidesTheKind(String name, FieldKind kind) throws HpackException {
        assertEquals(kind, field(name, "value").kind());
        decode(decoder, literal(0x40, name, "value"));
        assertEquals(kind, decode("be").get(0).kind());
        // the name of an entry
        assertEquals(kind, decode("7e 0178").get(0).kind());
        HeaderField broken = decode("7e 0278 0d").get(0);
        assertEquals(FieldKind.MALFORMED, broken.kind());
        assertEquals(kind, decode("7e 0178").get(0).kind(), "a bad value says nothing about the name");
    }

    @Test
    void aValueHasNoControlCharacters() throws HpackException {
        for (int c = 0; c < 256; c++) {
            boolean good = c == '\t' || (c >= 0x20 && c != 0x7f);
            HeaderField field = field("x", "12345678a" + (char) c + "z");
            assertEquals(good ? FieldKind.REGULAR : FieldKind.MALFORMED, field.kind(), "character " + c);
            assertEquals("12345678a" + (char) c + "z", field.value());
        }
    }

    @Test
    void aValueHasNoWhiteSpaceAtItsEnds() throws HpackException {
        for (String value : List.of(" a", "a ", "\ta", "a\t", " ", "\t")) {
            assertEquals(FieldKind.MALFORMED, field("x", value).kind());
            assertEquals(FieldKind.MALFORMED, field(":path", value).kind());
        }
        assertEquals(FieldKind.REGULAR, field("x", "").kind());
        assertEquals(FieldKind.REGULAR, field("x", "a \t b").kind());
    }

    @Test
    void aStringThatIsTooLongIsPassedOver() throws HpackException {
        HpackDecoder strict = new HpackDecoder(64, 100);
        decode(strict, literal(0x40, "a", "b"));
        String most = "x".repeat(100);
        assertEquals(most, decode(strict, literal(0x00, "a", most)).get(0).value());
        ByteAccumulator block = new ByteAccumulator(0);
        block.put(literal(0x00, "a", most + "x"));
        block.put(0xbe);
        block.put(literal(0x40, ":path", most + "x"));
        block.put(literal(0x10, most + "x", most));
        block.put(0x82);
        List<HeaderField> fields = decode(strict, Arrays.copyOf(block.array(), block.length()));
        assertEquals(5, fields.size());
        assertEquals(FieldKind.TOO_LONG, fields.get(0).kind());
        assertEquals("a", fields.get(0).name());
        assertEquals("", fields.get(0).value());
        assertEquals(32 + 1 + 101, fields.get(0).size());
        assertEquals("b", fields.get(1).value());
        assertEquals(FieldKind.TOO_LONG, fields.get(2).kind());
        assertEquals(":path", fields.get(2).name());
        assertEquals(FieldKind.TOO_LONG, fields.get(3).kind());
        assertEquals("", fields.get(3).name());
        assertEquals(32 + 101 + 100, fields.get(3).size());
        assertEquals(FieldKind.METHOD, fields.get(4).kind());
        // what it would have been an entry for fits into no table
        assertEquals(0, strict.table().length());
    }

    @Test
    void aStringInHuffmanCodeThatIsTooLongIsPassedOverToo() throws HpackException {
        HpackDecoder strict = new HpackDecoder(64, 100);
        HpackEncoder encoder = new HpackEncoder(4096);
        ByteAccumulator block = new ByteAccumulator(0);
        encoder.begin(block);
        encoder.encode(block, "e".repeat(1000), "e".repeat(100));
        encoder.encode(block, ":method", "GET");
        List<HeaderField> fields = decode(strict, Arrays.copyOf(block.array(), block.length()));
        assertEquals(FieldKind.TOO_LONG, fields.get(0).kind());
        assertEquals(1132, fields.get(0).size());
        assertEquals("GET", fields.get(1).value());
    }

    @Test
    void whatFitsIntoTheTableIsKeptEvenIfItIsLong() throws HpackException {
        HpackDecoder strict = new HpackDecoder(4096, 100);
        String value = "x".repeat(101);
        assertEquals(value, decode(strict, literal(0x40, "a", value)).get(0).value());
        assertEquals(value, decode(strict, hex("be")).get(0).value());
    }

    @Test
    void aBlockMayLieAnywhereInAnArray() throws HpackException {
        byte[] block = hex("8286 84be 5886 a8eb 1064 9cbf");
        decode("8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff");
        byte[] array = new byte[block.length + 20];
        Arrays.fill(array, (byte) 0xff);
        System.arraycopy(block, 0, array, 20, block.length); // nothing behind it
        List<HeaderField> fields = new ArrayList<>();
        decoder.decode(array, 20, array.length, fields::add);
        assertEquals("no-cache", fields.get(4).value());
        assertEquals("www.example.com", fields.get(3).value());
    }

    @Test
    void bytesAreCharacters() throws HpackException {
        String latin = new String(new byte[] {'a', (byte) 0xe4, (byte) 0xff, (byte) 0x80, 'b'}, ISO_8859_1);
        assertEquals(latin, field("x", latin).value());
    }

    @Test
    void decodersMayShareAReader() throws HpackException {
        BlockReader reader = new BlockReader();
        HpackDecoder one = new HpackDecoder(4096, 100, reader);
        HpackDecoder other = new HpackDecoder(4096, 100, reader);
        decode(one, hex("4188 25a8 49e9 5ba9 7d7f"));
        decode(other, hex("4185 aec3 771a 4b"));
        assertEquals("custom-key", decode(one, hex("be")).get(0).value());
        assertEquals("private", decode(other, hex("be")).get(0).value());
    }

    @Test
    void literalsThatComeAgainAreTheSameOnAllConnections() throws HpackException {
        BlockReader reader = new BlockReader();
        byte[] plain = literal(0x00, "accept", "text/html");
        byte[] coded = hex("5f 86 a8eb 1064 9cbf"); // content-type: no-cache
        for (byte[] block : List.of(plain, coded)) {
            List<String> values = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                HpackDecoder one = new HpackDecoder(4096, 8192, reader);
                values.add(decode(one, block).get(0).value());
            }
            assertEquals(1, values.stream().distinct().count());
            assertNotSame(values.get(0), values.get(1), "what came once is not kept");
            assertSame(values.get(2), values.get(3));
        }
    }

    @Test
    void unknownNamesAreRememberedToo() throws HpackException {
        for (String name : List.of("x-mill", "X-Mill", ":mill")) {
            FieldKind kind = field(name, "").kind();
            for (int i = 0; i < 3; i++) {
                HeaderField again = field(name, "");
                assertEquals(kind, again.kind());
                assertEquals(name, again.name());
            }
            assertSame(field(name, "").name(), field(name, "").name());
        }
        for (int i = 0; i < 4; i++) {
            assertEquals(FieldKind.MALFORMED, field("accept", "a\nb").kind());
            assertEquals(FieldKind.REGULAR, field("accept", "a b").kind());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"cookie", "set-cookie", "authorization", "proxy-authorization", "x-token"})
    void secretsAreNotRemembered(String name) throws HpackException {
        secretsAreNotRemembered(literal(0x00, name, "the same"));
        // the name is that of an entry
        decode(decoder, literal(0x40, name, "another"));
        secretsAreNotRemembered(hex("7e 04 6d696c6c"));
    }

    @Test
    void whatIsNeverIndexedIsNotRemembered() throws HpackException {
        secretsAreNotRemembered(literal(0x10, "accept", "the same"));
    }

    private void secretsAreNotRemembered(byte[] block) throws HpackException {
        List<String> values = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            HeaderField field = decode(decoder, block).get(0);
            assertTrue(values.stream().noneMatch(value -> value == field.value()));
            values.add(field.value());
        }
        assertEquals(1, values.stream().distinct().count());
    }
}
