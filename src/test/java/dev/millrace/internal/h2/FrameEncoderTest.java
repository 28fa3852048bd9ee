package dev.millrace.internal.h2;

import static dev.millrace.internal.h2.FrameBytes.ascii;
import static dev.millrace.internal.h2.FrameBytes.begin;
import static dev.millrace.internal.h2.FrameBytes.cat;
import static dev.millrace.internal.h2.FrameBytes.filler;
import static dev.millrace.internal.h2.FrameBytes.frame;
import static dev.millrace.internal.h2.FrameBytes.header;
import static dev.millrace.internal.h2.FrameBytes.int32;
import static dev.millrace.internal.h2.FrameBytes.setting;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.millrace.http.Http2Limits;
import dev.millrace.internal.bytes.ByteAccumulator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** {@link FrameEncoder}: each frame byte by byte, behind what was there before. */
class FrameEncoderTest {
    private final ByteAccumulator out = new ByteAccumulator(1);
    private final FrameEncoder encoder = new FrameEncoder(out);

    private void wrote(byte[]... expected) {
        assertArrayEquals(cat(expected), Arrays.copyOf(out.array(), out.length()));
    }

    @Test
    void framesOfAConnection() {
        assertSame(out, encoder.out());
        out.put(42);
        encoder.settingsAck();
        encoder.setting(Settings.INITIAL_WINDOW_SIZE, 1 << 20);
        encoder.ping(0x0102030405060708L, false);
        encoder.ping(-2, true);
        encoder.windowUpdate(0, 70_000);
        encoder.goAway(Integer.MAX_VALUE, ErrorCode.NO_ERROR, "");
        encoder.goAway(77, ErrorCode.ENHANCE_YOUR_CALM, "rapid_reset");
        wrote(
                new byte[] {42},
                frame(FrameType.SETTINGS, FrameType.ACK, 0),
                frame(FrameType.SETTINGS, 0, 0, setting(4, 1 << 20)),
                frame(FrameType.PING, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8),
                frame(FrameType.PING, FrameType.ACK, 0, 255, 255, 255, 255, 255, 255, 255, 254),
                frame(FrameType.WINDOW_UPDATE, 0, 0, int32(70_000)),
                frame(FrameType.GOAWAY, 0, 0, cat(int32(Integer.MAX_VALUE), int32(0))),
                frame(FrameType.GOAWAY, 0, 0, cat(int32(77), int32(11), ascii("rapid_reset"))));
    }

    @Test
    void framesOfAStream() {
        encoder.rstStream(0x12345678, ErrorCode.CANCEL);
        encoder.windowUpdate(9, Integer.MAX_VALUE);
        encoder.dataHeader(3, 0x123456, false);
        encoder.dataHeader(5, 0, true);
        wrote(
                frame(FrameType.RST_STREAM, 0, 0x12345678, int32(8)),
                frame(FrameType.WINDOW_UPDATE, 0, 9, int32(Integer.MAX_VALUE)),
                header(0x123456, FrameType.DATA, 0, 3),
                header(0, FrameType.DATA, FrameType.END_STREAM, 5));
    }

    @Test
    void debugDataIsShortAndAscii() {
        encoder.goAway(1, ErrorCode.PROTOCOL_ERROR, "é" + "x".repeat(300));
        wrote(frame(FrameType.GOAWAY, 0, 0, cat(int32(1), int32(1), ascii("?" + "x".repeat(255)))));
    }

    @Test
    void settingsSayWhatIsNotTheDefault() {
        encoder.settings(Settings.ofServer());
        encoder.settings(Settings.announcedByServer(
                Http2Limits.defaults()
                        .withConcurrentStreams(200)
                        .withHeaderTable(0)
                        .withFrameSize(20_000)
                        .withStreamWindow(70_000),
                50_000));
        encoder.settings(Settings.announcedByServer(Http2Limits.defaults(), Integer.MAX_VALUE));
        wrote(
                frame(FrameType.SETTINGS, 0, 0),
                frame(
                        FrameType.SETTINGS,
                        0,
                        0,
                        cat(
                                setting(1, 0),
                                setting(3, 200),
                                setting(4, 70_000),
                                setting(5, 20_000),
                                setting(6, 50_000),
                                setting(8, 1),
                                setting(9, 1))),
                frame(FrameType.SETTINGS, 0, 0, cat(setting(3, 128), setting(8, 1), setting(9, 1))));
    }

    private byte[] headers(int streamId, byte[] block, boolean endStream, int maxFrameSize) {
        out.clear();
        out.put(filler(5));
        int mark = encoder.beginHeaders(streamId);
        assertEquals(5, mark);
        out.put(block);
        encoder.endHeaders(mark, endStream, maxFrameSize);
        assertArrayEquals(filler(5), Arrays.copyOf(out.array(), 5));
        return Arrays.copyOfRange(out.array(), 5, out.length());
    }

    @Test
    void aBlockThatFitsIsOneFrame() {
        assertArrayEquals(frame(FrameType.HEADERS, 0x4, 1), headers(1, new byte[0], false, 16_384));
        assertArrayEquals(frame(FrameType.HEADERS, 0x5, 7, 0x88), headers(7, new byte[] {(byte) 0x88}, true, 16_384));
        byte[] longest = filler(16_384);
        assertArrayEquals(frame(FrameType.HEADERS, 0x5, 7, longest), headers(7, longest, true, 16_384));
    }

    @Test
    void aLongBlockGoesOn() {
        byte[] block = filler(50);
        assertArrayEquals(
                cat(
                        frame(FrameType.HEADERS, 0x1, 0x7abbccdd, Arrays.copyOf(block, 20)),
                        frame(FrameType.CONTINUATION, 0, 0x7abbccdd, Arrays.copyOfRange(block, 20, 40)),
                        frame(FrameType.CONTINUATION, 0x4, 0x7abbccdd, Arrays.copyOfRange(block, 40, 50))),
                headers(0x7abbccdd, block, true, 20));
    }

    @Test
    void anyBlockComesBackFromTheDecoder() throws Http2Error {
        Random random = new Random(8);
        for (int i = 0; i < 2_000; i++) {
            int max = 1 + random.nextInt(100);
            byte[] block = filler(random.nextInt(1_000));
            boolean end = random.nextBoolean();
            byte[] frames = headers(3, block, end, max);
            int count = Math.max(1, (block.length + max - 1) / max);
            assertEquals(block.length + 9 * count, frames.length, "no empty frame, no short one before the last");
            List<byte[]> seen = new ArrayList<>();
            FrameDecoder decoder = new FrameDecoder(
                    new IgnoringSink() {
                        @Override
                        public void headers(int id, byte[] b, int from, int to, boolean last, Http2Error wrong) {
                            assertEquals(end, last);
                            seen.add(Arrays.copyOfRange(b, from, to));
                        }
                    },
                    max,
                    1_000,
                    1_000);
            byte[] all = cat(begin(), frames);
            assertEquals(all.length, decoder.decode(all, 0, all.length));
            assertArrayEquals(block, seen.get(0), "block " + i + " of " + block.length + " in frames of " + max);
        }
    }
}
