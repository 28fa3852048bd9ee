package dev.millrace.internal.h2;

import static dev.millrace.internal.h2.FrameBytes.begin;
import static dev.millrace.internal.h2.FrameBytes.cat;
import static dev.millrace.internal.h2.FrameBytes.filler;
import static dev.millrace.internal.h2.FrameBytes.frame;
import static dev.millrace.internal.h2.FrameBytes.int32;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import dev.millrace.http.Flood;
import dev.millrace.http.Http2Limits;
import dev.millrace.internal.bytes.ByteAccumulator;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/** How many bytes the work on frames allocates on its thread: counted by the JVM, so no matter of speed. */
class AllocationTest {
    private static final int TIMES = 2_000;

    /** One piece of work. */
    private interface Work {
        void run() throws Http2Error;
    }

    /** The bytes allocated each time: the least of several rounds, since the first ones also load classes. */
    private static long allocated(Work work) throws Http2Error {
        assumeTrue(ManagementFactory.getThreadMXBean() instanceof ThreadMXBean, "this JVM counts allocation");
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long least = Long.MAX_VALUE;
        for (int round = 0; round < 10; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < TIMES; i++) {
                work.run();
            }
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        return least / TIMES;
    }

    @Test
    void decodingCostsNothing() throws Http2Error {
        FrameDecoder decoder = new FrameDecoder(new IgnoringSink(), 16_384, 4_000, 3);
        byte[] first = begin();
        decoder.decode(first, 0, first.length);
        byte[] frames = cat(
                frame(FrameType.HEADERS, 0x2d, 5, cat(new byte[] {4, 0, 0, 0, 3, 9}, filler(40))),
                frame(FrameType.DATA, 0, 5, filler(2_000)),
                frame(FrameType.DATA, 0x9, 5, cat(new byte[] {3}, filler(200))),
                frame(FrameType.WINDOW_UPDATE, 0, 0, int32(65_535)),
                frame(FrameType.PRIORITY, 0, 9, 0, 0, 0, 1, 3),
                frame(FrameType.RST_STREAM, 0, 9, int32(8)),
                frame(FrameType.SETTINGS, 0, 0, filler(36)),
                frame(FrameType.SETTINGS, 1, 0),
                frame(FrameType.PING, 0, 0, filler(8)),
                frame(0x77, 0, 9, filler(30)));
        assertEquals(0, allocated(() -> {
            int half = decoder.decode(frames, 0, 1_000); // in the middle of DATA
            decoder.decode(frames, half, frames.length);
        }));
    }

    @Test
    void encodingCostsNothing() throws Http2Error {
        ByteAccumulator out = new ByteAccumulator(32 << 10);
        FrameEncoder encoder = new FrameEncoder(out);
        byte[] block = filler(300);
        assertEquals(0, allocated(() -> {
            out.clear();
            int mark = encoder.beginHeaders(7);
            out.put(block);
            encoder.endHeaders(mark, false, 100);
            encoder.dataHeader(7, 400, true);
            encoder.windowUpdate(0, 1);
            encoder.rstStream(7, ErrorCode.CANCEL);
            encoder.ping(5, true);
            encoder.settingsAck();
        }));
    }

    @Test
    void windowsTurnsAndCountingCostNothing() throws Http2Error {
        final class Stream extends Scheduled {
            Stream(int id) {
                super(id);
            }
        }
        WriteScheduler<Stream> scheduler = new WriteScheduler<>();
        Stream one = new Stream(1);
        Stream three = new Stream(3);
        SendWindow send = new SendWindow(1, 65_535);
        ReceiveWindow receive = new ReceiveWindow(1, 65_535, 65_535);
        FloodGuard guard = new FloodGuard(Http2Limits.defaults(), 0);
        assertEquals(0, allocated(() -> {
            scheduler.add(three);
            scheduler.add(one);
            scheduler.prioritize(one, Priority.of(1, true));
            scheduler.sent(scheduler.next(), 100);
            scheduler.remove(one);
            scheduler.remove(three);
            send.take(100);
            send.update(100);
            receive.received(40_000);
            receive.consumed(40_000);
            receive.increment();
            guard.streamOpened();
            guard.dataSent(100, false, 0);
            guard.count(Flood.WINDOW_UPDATE, 0);
            guard.streamCompleted();
        }));
    }

    @Test
    void aPriorityCostsAtMostItsReader() throws Http2Error {
        long bytes = allocated(() -> Priority.parse("u=1, i"));
        assertTrue(bytes <= 56, "allocated " + bytes);
    }
}
