package dev.millrace.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.millrace.files.ByteRanges.Range;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteRangesTest {
    private static String read(String field, long size) {
        List<Range> ranges = ByteRanges.read(field, size);
        if (ranges == null) {
            return "ignored";
        }
        StringBuilder text = new StringBuilder();
        for (Range range : ranges) {
            text.append(text.isEmpty() ? "" : " ")
                    .append(range.first())
                    .append('-')
                    .append(range.last());
        }
        return text.isEmpty() ? "none" : text.toString();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "bytes=0-0|0-0",
                "bytes=0-499|0-99",
                "bytes=10-|10-99",
                "bytes=-10|90-99",
                "bytes=-1000|0-99",
                "bytes=99-99|99-99",
                "bytes=100-|none",
                "bytes=100-200|none",
                "bytes=-0|none",
                "bytes=100-,5-6|5-6",
                "BYTES=1-2|1-2",
                "bytes=0-1, 4-5|0-1 4-5",
                "bytes=4-5,0-1|4-5 0-1",
                "bytes=0-1,2-3|0-3",
                "bytes=0-9,5-14,40-41|0-14 40-41",
                "bytes=40-41,5-14,0-9|0-14 40-41",
                "bytes=-1,0-0|99-99 0-0",
                "bytes=,0-1,,\t4-5 ,|0-1 4-5",
                "bytes=0-99999999999999999999999|0-99",
                "bytes=99999999999999999999999-|none",
                "bytes=-99999999999999999999999|0-99",
            })
    void rangesOfAHundredBytes(String field, String ranges) {
        assertEquals(ranges, read(field, 100));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "bytes",
                "bytes=",
                "bytes=,",
                "bytes=-",
                "bytes=5",
                "bytes=5-4",
                "bytes=a-b",
                "bytes=1-2-3",
                "bytes=--1",
                "bytes=+1-2",
                "bytes=1 -2",
                "bytes =1-2",
                "bytes=0-1,x",
                "bytes=0-1, bytes=4-5",
                "lines=1-2",
            })
    void whatIsNoRangeOfBytesIsIgnored(String field) {
        assertEquals("ignored", read(field, 100));
    }

    @Test
    void nothingHasNoRanges() {
        assertEquals("none", read("bytes=0-", 0));
        assertEquals("none", read("bytes=-0", 0));
        assertEquals("ignored", read("bytes=-1", 0));
    }

    @Test
    void tooManyAreIgnored() {
        StringBuilder field = new StringBuilder("bytes=0-0");
        for (int i = 1; i < ByteRanges.MOST; i++) {
            field.append(',').append(2 * i).append('-').append(2 * i);
        }
        assertEquals(ByteRanges.MOST, ByteRanges.read(field.toString(), 1000).size());
        assertNull(ByteRanges.read(field + ",-1", 1000));
        assertNull(ByteRanges.read(field + ",5000-", 1000), "unsatisfiable ones count too");
    }

    /** The model: one bit a byte. */
    @Test
    void noByteIsLostOrDoubledHoweverRangesOverlap() {
        Random random = new Random(14);
        for (int i = 0; i < 5_000; i++) {
            int size = 1 + random.nextInt(60);
            BitSet wanted = new BitSet();
            List<String> specs = new ArrayList<>();
            for (int n = 1 + random.nextInt(6); n > 0; n--) {
                int first = random.nextInt(70);
                int last = first + random.nextInt(10);
                switch (random.nextInt(4)) {
                    case 0 -> {
                        specs.add(first + "-");
                        wanted.set(Math.min(first, size), size);
                    }
                    case 1 -> {
                        specs.add("-" + first);
                        wanted.set(Math.max(0, size - first), size);
                    }
                    default -> {
                        specs.add(first + "-" + last);
                        wanted.set(Math.min(first, size), Math.min(last + 1, size));
                    }
                }
            }
            String field = "bytes=" + String.join(",", specs);
            List<Range> ranges = ByteRanges.read(field, size);
            assertNotNull(ranges, field);
            BitSet given = new BitSet();
            long count = 0;
            for (Range range : ranges) {
                given.set((int) range.first(), (int) range.last() + 1);
                count += range.length();
            }
            String context = field + " of " + size;
            assertEquals(wanted, given, context);
            assertEquals(wanted.cardinality(), count, context);
        }
    }
}
