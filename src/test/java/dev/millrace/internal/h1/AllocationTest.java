package dev.millrace.internal.h1;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import dev.millrace.http.Limits;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** How many bytes decoding allocates on its thread: counted by the JVM, so no matter of speed. */
class AllocationTest {
    private static final int TIMES = 2000;

    /** The bytes allocated for each head: the least of several rounds, since the first ones also load classes. */
    private static long allocated(HeadDecoder decoder, String... heads) {
        assumeTrue(ManagementFactory.getThreadMXBean() instanceof ThreadMXBean, "this JVM counts allocation");
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        byte[][] bytes = new byte[heads.length][];
        int[] ends = new int[heads.length];
        for (int i = 0; i < heads.length; i++) {
            ends[i] = heads[i].length();
            bytes[i] = Arrays.copyOf(heads[i].getBytes(ISO_8859_1), 16 << 10);
        }
        byte[] buffer = new byte[16 << 10];
        long least = Long.MAX_VALUE;
        for (int round = 0; round < 10; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < TIMES; i++) {
                int which = i % heads.length;
                System.arraycopy(bytes[which], 0, buffer, 0, ends[which]);
                if (decoder.decode(buffer, 0, ends[which]) != HeadDecoder.Result.COMPLETE) {
                    throw new AssertionError(decoder.detail());
                }
            }
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        return least / TIMES;
    }

    @Test
    void aRepeatedHeadCostsNothing() {
        HeadDecoder decoder = new HeadDecoder(Limits.defaults());
        assertEquals(0, allocated(decoder, HeadCorpus.WRK));
        assertEquals(0, allocated(decoder, HeadCorpus.BROWSER));
    }

    @Test
    void aNewTargetCostsItselfAndTheHead() {
        long bytes = allocated(
                new HeadDecoder(Limits.defaults()),
                HeadCorpus.BROWSER,
                HeadCorpus.BROWSER.replace("/catalogue/watermills?sort=year&page=2 ", "/catalogue/windmills "));
        assertTrue(bytes <= 300, "allocated " + bytes);
    }

    @Test
    void aNewHeadCostsItsStringsAndLittleMore() {
        long wrk = allocated(new HeadDecoder(Limits.defaults(), false), HeadCorpus.WRK);
        assertTrue(wrk <= 320, "allocated " + wrk);
        long browser = allocated(new HeadDecoder(Limits.defaults(), false), HeadCorpus.BROWSER);
        assertTrue(browser <= 1700, "allocated " + browser);
    }

    @Test
    void aRejectedHeadCostsNothing() {
        HeadDecoder decoder = new HeadDecoder(Limits.defaults());
        byte[] b = "GET / HTTP/1.1\nHost: a\r\n\r\n".getBytes(ISO_8859_1);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long least = Long.MAX_VALUE;
        for (int round = 0; round < 10; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < TIMES; i++) {
                decoder.decode(b, 0, b.length);
                decoder.detail();
            }
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertTrue(least / TIMES <= 80, "allocated " + least / TIMES); // the target's text
    }
}
