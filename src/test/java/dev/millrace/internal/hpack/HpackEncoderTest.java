package dev.millrace.internal.hpack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.FieldName;
import dev.millrace.internal.bytes.ByteAccumulator;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HpackEncoderTest {
    private final HpackEncoder encoder = new HpackEncoder(4096);
    private final HpackDecoder decoder = new HpackDecoder(4096, 8192);
    private final ByteAccumulator out = new ByteAccumulator(16);
    private final List<HeaderField> fields = new ArrayList<>();

    /** Encodes a block, checks that it means the same list, and gives its bytes in hexadecimal digits. */
    private String block(String... namesAndValues) throws HpackException {
        out.clear();
        encoder.begin(out);
        for (int i = 0; i < namesAndValues.length; i += 2) {
            encoder.encode(out, namesAndValues[i], namesAndValues[i + 1]);
        }
        String[] lower = namesAndValues.clone();
        for (int i = 0; i < lower.length; i += 2) {
            lower[i] = lower[i].toLowerCase(Locale.ROOT);
        }
        decode(lower);
        return hex();
    }

    private void decode(String... expected) throws HpackException {
        fields.clear();
        decoder.decode(out.array(), 0, out.length(), fields::add);
        List<String> strings = new ArrayList<>();
        fields.forEach(field -> {
            strings.add(field.name());
            strings.add(field.value());
        });
        assertEquals(List.of(expected), strings);
    }

    private String hex() {
        return HexFormat.of().formatHex(out.array(), 0, out.length());
    }

    @Test
    void whatTheStaticTableHasIsAnIndex() throws HpackException {
        for (int i = 1; i <= StaticTable.LENGTH; i++) {
            if (!StaticTable.value(i).isEmpty()) {
                String index = Integer.toHexString(0x80 | i);
                assertEquals(index, block(StaticTable.name(i), StaticTable.value(i)));
            }
        }
        assertEquals(0, encoder.table().length());
    }

    @Test
    void theStatus() throws HpackException {
        for (int code = 100; code < 600; code++) {
            for (int times = 0; times < 2; times++) {
                out.clear();
                encoder.begin(out);
                encoder.status(out, code);
                decode(":status", Integer.toString(code));
            }
            assertEquals(1, out.length(), "an index");
        }
        for (int i = 8; i <= 14; i++) {
            assertEquals(i, StaticTable.status(Integer.parseInt(StaticTable.value(i))));
        }
        assertThrows(IndexOutOfBoundsException.class, () -> encoder.status(out, 99));
        assertThrows(IndexOutOfBoundsException.class, () -> encoder.status(out, 600));
    }

    @Test
    void theContentLength() throws HpackException {
        for (long length : new long[] {0, 1, 13, 13, 13, Long.MAX_VALUE, 13}) {
            out.clear();
            encoder.begin(out);
            encoder.contentLength(out, length);
            decode("content-length", Long.toString(length));
        }
        assertEquals("be", hex());
    }

    @Test
    void namesLeaveInLowerCase() throws HpackException {
        assertEquals("58 86 a8eb10649cbf".replace(" ", ""), block("Cache-Control", "no-cache"));
        assertEquals("be", block("cache-control", "no-cache"));
        assertEquals("be", block("Cache-Control", "no-cache"));
        block("CACHE-CONTROL", "no-cache");
        assertEquals("cache-control", fields.get(0).name());
        block("X-Mill", "a");
        assertEquals("x-mill", fields.get(0).name());
    }

    @Test
    void everyKnownNameInBothSpellings() throws HpackException {
        for (String name : FieldName.all()) {
            block(name, "some value");
            block(name.toLowerCase(Locale.ROOT), "some value");
            String third = block(name, "some value");
            boolean indexed = encoder.table()
                            .index(
                                    name.toLowerCase(Locale.ROOT),
                                    name,
                                    "some value",
                                    EncoderTable.hash(name.toLowerCase(Locale.ROOT), "some value"))
                    != StaticTable.NONE;
            assertEquals(indexed, third.length() <= 4, name);
        }
    }

    @Test
    void secretsAreNeverIndexed() throws HpackException {
        for (String name : List.of("Authorization", "Proxy-Authorization", "Set-Cookie", "Cookie")) {
            for (int i = 0; i < 3; i++) {
                block(name, "a=b");
                assertTrue(fields.get(0).neverIndexed(), name);
                out.clear();
                encoder.encodeNeverIndexed(out, "X-Secret", "of mine");
                decode("x-secret", "of mine");
                assertTrue(fields.get(0).neverIndexed());
            }
        }
        block("authorization", "Bearer " + "x".repeat(100));
        assertTrue(fields.get(0).neverIndexed());
        assertEquals(0, encoder.table().length());
    }

    @Test
    void aLongCookieCannotBeGuessedAndIsIndexed() throws HpackException {
        block("cookie", "a=" + "x".repeat(17));
        assertTrue(fields.get(0).neverIndexed());
        block("cookie", "a=" + "x".repeat(18));
        assertEquals("be", block("Cookie", "a=" + "x".repeat(18)));
    }

    @Test
    void aFieldThatIsToBeNeverIndexedIsNotTakenFromTheTable() throws HpackException {
        block("server", "mill");
        out.clear();
        encoder.encodeNeverIndexed(out, "server", "mill");
        decode("server", "mill");
        assertTrue(fields.get(0).neverIndexed());
    }

    @ParameterizedTest
    @ValueSource(strings = {"content-type", "server", "cache-control", "user-agent", "accept", "vary", ":authority"})
    void whatHasFewValuesIsIndexedAtOnce(String name) throws HpackException {
        block(name, "some/thing");
        assertEquals("be", block(name, "some/thing"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"content-length", "etag", ":path", "location", "date", "x-something", "last-modified"})
    void whatMayBeUniqueIsIndexedWhenItComesAgain(String name) throws HpackException {
        for (int i = 0; i < 1000; i++) {
            block(name, "number" + i);
        }
        assertEquals(0, encoder.table().length());
        block(name, "number1000");
        assertEquals(0, encoder.table().length());
        block(name, "number1000");
        assertEquals(1, encoder.table().length());
        assertEquals("be", block(name, "number1000"));
    }

    @Test
    void whatWouldFillTheTableIsNotIndexed() throws HpackException {
        block("server", "s", "accept", "x".repeat(2048 - 32 - 6));
        assertEquals(2, encoder.table().length());
        block("accept", "x".repeat(2048 - 32 - 5));
        assertEquals(2, encoder.table().length());
    }

    @Test
    void theNameOfAnEntryIsUsedAgain() throws HpackException {
        block("sec-fetch-mode", "cors");
        String second = block("sec-fetch-mode", "no-cors");
        assertTrue(second.startsWith("7e"), second); // name of entry 62
        block("x-mill", "a", "x-mill", "a");
        String third = block("x-mill", "b");
        assertTrue(third.startsWith("0f2f"), third);
    }

    @Test
    void theHuffmanCodeIsUsedWhereItIsShorter() throws HpackException {
        assertEquals("7a" + "026f6f", block("user-agent", "oo"));
        assertEquals("7a" + "8239cf", block("user-agent", "ooo"));
        assertEquals("5f" + "0126", block("content-type", "&"));
        assertEquals("5f" + "00", block("content-type", ""));
        block("content-type", "o".repeat(126) + "&");
        block("content-type", "o".repeat(127));
        block("content-type", "o".repeat(500));
        block("content-type", "&".repeat(126));
        block("content-type", "&".repeat(127));
        block("content-type", "&".repeat(128));
        block("content-type", "&o".repeat(400));
    }

    @Test
    void theSizeOfTheTableIsTheSmallerBound() throws HpackException {
        encoder.peerTableSize(1 << 20);
        assertEquals("88", block(":status", "200"));
        assertEquals(4096, encoder.table().maxSize());
        encoder.peerTableSize(100);
        decoder.tableSizeLimit(100);
        assertEquals("3f45" + "88", block(":status", "200"));
        assertEquals("88", block(":status", "200"));
        encoder.peerTableSize(4096);
        decoder.tableSizeLimit(4096);
        assertEquals("3fe11f" + "88", block(":status", "200"));
    }

    @Test
    void theSmallestSizeInBetweenIsSaidToo() throws HpackException {
        block("server", "mill");
        for (int size : new int[] {2000, 10, 0, 30, 4096}) {
            encoder.peerTableSize(size);
            decoder.tableSizeLimit(size);
        }
        String first = block("server", "mill");
        assertTrue(first.startsWith("20" + "3fe11f"), first);
        assertEquals("be", block("server", "mill"));
        encoder.peerTableSize(4096);
        assertEquals("be", block("server", "mill"));
    }

    @Test
    void aSmallerTableOfOurOwnIsSaidAtOnce() throws HpackException {
        HpackEncoder small = new HpackEncoder(0);
        small.begin(out);
        small.encode(out, "server", "mill");
        decode("server", "mill");
        assertTrue(hex().startsWith("20"), hex());
        assertEquals(0, decoder.table().maxSize());
        out.clear();
        small.begin(out);
        small.encode(out, "server", "mill");
        decode("server", "mill");
        assertTrue(hex().startsWith("0f"), hex());
    }

    @Test
    void aLargerTableOfOurOwnWaitsForThePeer() throws HpackException {
        HpackEncoder large = new HpackEncoder(8192);
        large.begin(out);
        assertEquals("", hex());
        large.peerTableSize(6000);
        decoder.tableSizeLimit(6000);
        large.begin(out);
        assertEquals("3fd12e", hex());
        decode();
        assertEquals(6000, decoder.table().maxSize());
    }

    @Test
    void theRevisionGrowsWhenAListMayLeaveInAnotherWay() throws HpackException {
        long first = encoder.revision();
        block(":path", "/a", "server", "mill");
        long second = encoder.revision();
        assertNotEquals(first, second);
        String bytes = block(":path", "/a", "server", "mill"); // the path gets its entry
        long third = encoder.revision();
        assertNotEquals(second, third);
        assertNotEquals(bytes, block(":path", "/a", "server", "mill"));
        assertEquals(third, encoder.revision());
        assertEquals("bebf", block(":path", "/a", "server", "mill"));
        assertEquals(third, encoder.revision());
        encoder.peerTableSize(4096);
        assertEquals(third, encoder.revision());
        encoder.peerTableSize(100);
        assertNotEquals(third, encoder.revision());
    }

    @Test
    void aGuessIsRightForEqualsAndForEvictedEntries() throws HpackException {
        encoder.peerTableSize(120); // room for two or three entries
        decoder.tableSizeLimit(120);
        String[] list = {"server", "a", "accept", "b", "vary", "c", "via", "d", "allow", "e"};
        for (int i = 0; i < 10; i++) {
            block(list);
            block("server", new String("a"), "vary", "c", "allow", "e");
            block("vary", "c", "server", "a");
        }
        assertTrue(encoder.table().size() <= 120);
    }

    @Test
    void aBlockIsAppended() {
        out.putInt(0x01020304);
        encoder.begin(out);
        encoder.status(out, 200);
        encoder.encode(out, "vary", "*");
        assertEquals("01020304" + "88" + "7b012a", hex());
    }

    @Test
    void knownNamesKnowTheirPlacesInTheStaticTable() {
        for (int i = StaticTable.LENGTH; i > 0; i--) {
            KnownName name = KnownName.of(StaticTable.name(i));
            assertSame(
                    name,
                    KnownName.of(StaticTable.name(i).toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT)));
            assertTrue(name != null
                    && name.staticIndex() <= i
                    && StaticTable.name(name.staticIndex()).equals(name.lower()));
            assertTrue(name.staticIndex() == 1
                    || !StaticTable.name(name.staticIndex() - 1).equals(name.lower()));
            int expected = StaticTable.value(i).isEmpty() ? StaticTable.NONE : i;
            assertEquals(expected, name.staticIndex(StaticTable.value(i)));
        }
    }
}
