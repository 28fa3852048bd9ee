package dev.millrace.internal.hpack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import dev.millrace.http.FieldName;
import dev.millrace.internal.bytes.ByteAccumulator;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** How many bytes encoding and decoding allocate on their thread: counted by the JVM, so no matter of speed. */
class AllocationTest {
    private static final int TIMES = 2000;

    private static final String[] REQUEST = {
        ":method",
        "GET",
        ":scheme",
        "https",
        ":authority",
        "www.example.org",
        ":path",
        "/catalogue/watermills?sort=year&page=2",
        FieldName.USER_AGENT,
        "Mozilla/5.0 (X11; Linux x86_64)",
        FieldName.ACCEPT,
        "*/*",
        FieldName.ACCEPT_ENCODING,
        "gzip, deflate, br, zstd",
        "X-Unknown",
        "value",
        FieldName.COOKIE,
        "session=b7c1f0de52a94e68",
        FieldName.AUTHORIZATION,
        "Bearer 0f0e"
    };

    /** Something that is done again and again. */
    private interface Work {
        void run(int time) throws HpackException;
    }

    /** The bytes allocated each time: the least of several rounds, since the first ones also load classes. */
    private static long allocated(Work work) throws HpackException {
        assumeTrue(ManagementFactory.getThreadMXBean() instanceof ThreadMXBean, "this JVM counts allocation");
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long least = Long.MAX_VALUE;
        for (int round = 0; round < 10; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < TIMES; i++) {
                work.run(i);
            }
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        return least / TIMES;
    }

    private static void encode(HpackEncoder encoder, ByteAccumulator out, String[] fields) {
        out.clear();
        encoder.begin(out);
        for (int i = 0; i < fields.length; i += 2) {
            encoder.encode(out, fields[i], fields[i + 1]);
        }
    }

    @Test
    void aRepeatedListCostsNothing() throws HpackException {
        HpackEncoder encoder = new HpackEncoder(4096);
        ByteAccumulator out = new ByteAccumulator(16);
        assertEquals(0, allocated(time -> encode(encoder, out, REQUEST)));
    }

    @Test
    void equalStringsCostNoMoreThanTheSame() throws HpackException {
        HpackEncoder encoder = new HpackEncoder(4096);
        ByteAccumulator out = new ByteAccumulator(16);
        String[][] copies = new String[4][];
        for (int i = 0; i < copies.length; i++) {
            copies[i] = Arrays.stream(REQUEST)
                    .map(text -> new String(text.toCharArray()))
                    .toArray(String[]::new);
        }
        assertEquals(0, allocated(time -> encode(encoder, out, copies[time % copies.length])));
    }

    @Test
    void valuesThatComeOnceCostNothing() throws HpackException {
        HpackEncoder encoder = new HpackEncoder(4096);
        ByteAccumulator out = new ByteAccumulator(16);
        String[][] lists = new String[1000][];
        for (int i = 0; i < lists.length; i++) {
            lists[i] =
                    new String[] {":status", "200", FieldName.ETAG, "\"" + i + "\"", FieldName.CONTENT_LENGTH, "1" + i};
        }
        assertEquals(0, allocated(time -> encode(encoder, out, lists[time % lists.length])));
    }

    @Test
    void aLengthThatRepeatsCostsNothing() throws HpackException {
        HpackEncoder encoder = new HpackEncoder(4096);
        ByteAccumulator out = new ByteAccumulator(16);
        assertEquals(0, allocated(time -> {
            out.clear();
            encoder.begin(out);
            encoder.status(out, 200);
            encoder.contentLength(out, 1234567);
        }));
    }

    @Test
    void aBlockOfEntriesCostsNothing() throws HpackException {
        HpackEncoder encoder = new HpackEncoder(4096);
        HpackDecoder decoder = new HpackDecoder(4096, 8192);
        ByteAccumulator out = new ByteAccumulator(16);
        String[] fields = Arrays.copyOf(REQUEST, REQUEST.length - 2);
        FieldSink sink = field -> {};
        for (int i = 0; i < 3; i++) {
            encode(encoder, out, fields);
            decoder.decode(out.array(), 0, out.length(), sink);
        }
        assertEquals(fields.length / 2, out.length(), "a byte for each field");
        assertEquals(0, allocated(time -> decoder.decode(out.array(), 0, out.length(), sink)));
    }

    @Test
    void aLiteralCostsItsStringAndItsField() throws HpackException {
        HpackEncoder encoder = new HpackEncoder(4096);
        HpackDecoder decoder = new HpackDecoder(4096, 8192);
        ByteAccumulator out = new ByteAccumulator(16);
        encode(encoder, out, new String[] {"sec-fetch-mode", "x"}); // an entry
        decoder.decode(out.array(), 0, out.length(), field -> {});
        encode(encoder, out, new String[] {":path", "/windmills", FieldName.AUTHORIZATION, "Bearer 0f0e"});
        long bytes = allocated(time -> decoder.decode(out.array(), 0, out.length(), field -> {}));
        assertTrue(bytes <= 2 * (48 + 24 + 32), "allocated " + bytes);
    }

    @Test
    void aLiteralThatComesAgainCostsItsField() throws HpackException {
        HpackEncoder encoder = new HpackEncoder(4096);
        HpackDecoder decoder = new HpackDecoder(4096, 8192);
        ByteAccumulator out = new ByteAccumulator(16);
        encode(encoder, out, new String[] {":path", "/windmills?some=query"});
        assertTrue(out.length() > 10);
        long bytes = allocated(time -> decoder.decode(out.array(), 0, out.length(), field -> {}));
        assertTrue(bytes <= 48, "allocated " + bytes);
    }

    @Test
    void aKnownNameCostsNoString() throws HpackException {
        HpackDecoder decoder = new HpackDecoder(100, 100); // too small to remember strings
        byte[] known = {0x00, 8, 'p', 'r', 'i', 'o', 'r', 'i', 't', 'y', 0};
        byte[] unknown = {0x00, 8, 'q', 'r', 'i', 'o', 'r', 'i', 't', 'y', 0};
        long less = allocated(time -> decoder.decode(known, 0, known.length, field -> {}));
        long more = allocated(time -> decoder.decode(unknown, 0, unknown.length, field -> {}));
        assertTrue(less <= 48, "allocated " + less);
        assertTrue(more > less, "allocated " + more + " and " + less);
    }
}
