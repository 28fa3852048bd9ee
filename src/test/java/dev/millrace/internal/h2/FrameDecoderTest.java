package dev.millrace.internal.h2;

import static dev.millrace.internal.h2.FrameBytes.ascii;
import static dev.millrace.internal.h2.FrameBytes.begin;
import static dev.millrace.internal.h2.FrameBytes.cat;
import static dev.millrace.internal.h2.FrameBytes.filler;
import static dev.millrace.internal.h2.FrameBytes.frame;
import static dev.millrace.internal.h2.FrameBytes.header;
import static dev.millrace.internal.h2.FrameBytes.int32;
import static dev.millrace.internal.h2.FrameBytes.setting;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@link FrameDecoder}: each frame of RFC 9113 §6 and RFC 9218 §7.1, and each rule that it can break by itself. */
class FrameDecoderTest {
    private static final int MAX_FRAME = 16_384;
    private static final int MAX_BLOCK = 2_000;
    private static final int MAX_CONTINUATIONS = 3;

    private final RecordingSink sink = new RecordingSink();
    private final FrameDecoder decoder = decoder(sink);

    private static FrameDecoder decoder(FrameSink sink) {
        return new FrameDecoder(sink, MAX_FRAME, MAX_BLOCK, MAX_CONTINUATIONS);
    }

    /** What comes after the first SETTINGS frame. */
    private List<String> after(byte[]... frames) {
        byte[] all = cat(begin(), cat(frames));
        List<String> lines = new ArrayList<>(RecordingSink.decode(decoder, sink, all));
        assertEquals("settingsEnd 0", lines.remove(0));
        if (lines.get(lines.size() - 1).equals("taken " + all.length)) {
            lines.remove(lines.size() - 1);
        }
        return lines;
    }

    /** The frames end the connection, and say nothing before that. */
    private static void refused(ErrorCode code, byte[]... frames) {
        assertEquals(List.of("error 0 " + code), new FrameDecoderTest().after(frames));
    }

    private static void calmed(String kind, byte[]... frames) {
        assertEquals(List.of("error 0 ENHANCE_YOUR_CALM " + kind), new FrameDecoderTest().after(frames));
    }

    private static byte[] repeat(int times, byte[] what) {
        byte[][] all = new byte[times][];
        Arrays.fill(all, what);
        return cat(all);
    }

    // ---- the beginning

    @Test
    void theFirstFrameIsSettings() {
        for (int type = 0; type < 256; type++) {
            if (type == FrameType.SETTINGS) {
                continue;
            }
            RecordingSink own = new RecordingSink();
            List<String> lines = RecordingSink.decode(decoder(own), own, frame(type, 0, 1, 0, 0, 0, 1));
            assertEquals(List.of("error 0 PROTOCOL_ERROR"), lines, "type " + type);
        }
    }

    @Test
    void theFirstFrameIsNoAcknowledgement() {
        assertEquals(
                List.of("error 0 PROTOCOL_ERROR"),
                RecordingSink.decode(decoder, sink, frame(FrameType.SETTINGS, FrameType.ACK, 0)));
    }

    @Test
    void aFirstFrameThatIsWrongEndsTheConnectionWhenItsHeaderIsThere() {
        assertEquals(
                List.of("error 0 PROTOCOL_ERROR"), RecordingSink.decode(decoder, sink, ascii("GET / HTTP/1.1\r\n")));
    }

    // ---- all frames

    @Test
    void aFrameMayBeAsLongAsWasAnnounced() {
        byte[] content = filler(MAX_FRAME);
        assertEquals(
                List.of("data 1 16384", "dataEnd 1 16384 bytes " + Arrays.hashCode(content)),
                after(frame(FrameType.DATA, 0, 1, content)));
    }

    @Test
    void noFrameIsLonger() {
        for (int type = 0; type < 256; type++) {
            refused(ErrorCode.FRAME_SIZE_ERROR, header(MAX_FRAME + 1, type, 0, 1));
            refused(ErrorCode.FRAME_SIZE_ERROR, header(0xffffff, type, 0, 1));
        }
    }

    @Test
    void theReservedBitIsIgnored() {
        assertEquals(
                List.of("windowUpdate 1 7", "ping 0", "rstStream 3 8", "goAway 5 0 ", "priorityUpdate 9 u=1"),
                after(
                        frame(FrameType.WINDOW_UPDATE, 0, 0x8000_0001, 0x80, 0, 0, 7),
                        frame(FrameType.PING, 0, 0x8000_0000, new byte[8]),
                        frame(FrameType.RST_STREAM, 0, 0x8000_0003, 0, 0, 0, 8),
                        frame(FrameType.GOAWAY, 0, 0x8000_0000, 0x80, 0, 0, 5, 0, 0, 0, 0),
                        frame(FrameType.PRIORITY_UPDATE, 0, 0x8000_0000, cat(int32(0x8000_0009), ascii("u=1")))));
    }

    @Test
    void flagsWithoutMeaningAreIgnored() {
        assertEquals(
                List.of(
                        "data 1 1",
                        "dataEnd 1 2a",
                        "headers 3 82",
                        "rstStream 3 8",
                        "setting 3 5",
                        "settingsEnd 1",
                        "settingsAck",
                        "ping 0 ack",
                        "goAway 0 0 ",
                        "windowUpdate 0 1",
                        "priority 5",
                        "priorityUpdate 7 "),
                after(
                        frame(FrameType.DATA, 0xf6, 1, 0x2a),
                        frame(FrameType.HEADERS, 0xd6, 3, 0x82),
                        frame(FrameType.RST_STREAM, 0xff, 3, 0, 0, 0, 8),
                        frame(FrameType.SETTINGS, 0xfe, 0, setting(3, 5)),
                        frame(FrameType.SETTINGS, 0xff, 0),
                        frame(FrameType.PING, 0xff, 0, new byte[8]),
                        frame(FrameType.GOAWAY, 0xff, 0, new byte[8]),
                        frame(FrameType.WINDOW_UPDATE, 0xff, 0, 0, 0, 0, 1),
                        frame(FrameType.PRIORITY, 0xff, 5, 0, 0, 0, 0, 0),
                        frame(FrameType.PRIORITY_UPDATE, 0xff, 0, int32(7))));
    }

    @Test
    void unknownTypesArePassedOver() {
        List<String> expected = new ArrayList<>();
        List<byte[]> frames = new ArrayList<>();
        for (int type = 0; type < 256; type++) {
            if (type > FrameType.CONTINUATION && type != FrameType.PRIORITY_UPDATE) {
                expected.add("unknownFrame " + type);
                frames.add(frame(type, 0xff, type * 3, filler(type % 50)));
            }
        }
        assertEquals(245, frames.size());
        assertEquals(expected, after(frames.toArray(new byte[0][])));
    }

    @Test
    void frameTypesHaveTheirStreams() {
        for (int type : new int[] {FrameType.DATA, FrameType.HEADERS, FrameType.PRIORITY, FrameType.RST_STREAM}) {
            refused(ErrorCode.PROTOCOL_ERROR, frame(type, FrameType.END_HEADERS, 0, new byte[5]));
        }
        for (int type : new int[] {FrameType.SETTINGS, FrameType.PING, FrameType.GOAWAY, FrameType.PRIORITY_UPDATE}) {
            refused(ErrorCode.PROTOCOL_ERROR, frame(type, 0, 1, new byte[8]));
        }
        refused(ErrorCode.PROTOCOL_ERROR, frame(FrameType.SETTINGS, FrameType.ACK, 1));
    }

    @Test
    void nobodyPushes() {
        refused(ErrorCode.PROTOCOL_ERROR, frame(FrameType.PUSH_PROMISE, FrameType.END_HEADERS, 1, 0, 0, 0, 2, 0x82));
    }

    // ---- DATA

    @Test
    void dataIsTakenInAnyPieces() {
        byte[] all = cat(begin(), frame(FrameType.DATA, FrameType.END_STREAM, 1, 1, 2, 3, 4));
        int[] everywhere = {1, 9, 12, 17, 18, 19, 20, 21};
        assertEquals(
                List.of("settingsEnd 0", "data 1 4 end", "dataEnd 1 01020304 end", "taken " + all.length),
                RecordingSink.decode(decoder, sink, all, everywhere));
        assertEquals(4, sink.pieces);
    }

    @Test
    void allOfAPieceThatIsThereIsOneCall() {
        after(frame(FrameType.DATA, 0, 1, filler(16_000)), frame(FrameType.DATA, 0, 3, filler(100)));
        assertEquals(2, sink.pieces);
    }

    @Test
    void dataWithoutContent() {
        assertEquals(
                List.of("data 1 0", "dataEnd 1 ", "data 1 0 end", "dataEnd 1  end"),
                after(frame(FrameType.DATA, 0, 1), frame(FrameType.DATA, FrameType.END_STREAM, 1)));
    }

    @Test
    void paddingCountsAndIsPassedOver() {
        assertEquals(
                List.of("data 1 6 end", "dataEnd 1 2a2b end", "data 1 3", "dataEnd 1 ", "data 1 1", "dataEnd 1 "),
                after(
                        frame(FrameType.DATA, FrameType.PADDED | FrameType.END_STREAM, 1, 3, 0x2a, 0x2b, 0, 0, 0),
                        frame(FrameType.DATA, FrameType.PADDED, 1, 2, 0, 0),
                        frame(FrameType.DATA, FrameType.PADDED, 1, 0)));
    }

    @Test
    void theEndOfDataComesAfterItsPadding() {
        byte[] all = cat(begin(), frame(FrameType.DATA, FrameType.PADDED, 1, 2, 0x2a, 0, 0));
        RecordingSink.decode(decoder, sink, Arrays.copyOf(all, all.length - 1));
        assertEquals(List.of("settingsEnd 0", "data 1 4", "taken " + (all.length - 1) + " mid-frame"), sink.lines());
    }

    @Test
    void paddingIsShorterThanItsFrame() {
        refused(ErrorCode.PROTOCOL_ERROR, frame(FrameType.DATA, FrameType.PADDED, 1, 1));
        refused(ErrorCode.PROTOCOL_ERROR, frame(FrameType.DATA, FrameType.PADDED, 1, 4, 0, 0, 0));
        refused(ErrorCode.PROTOCOL_ERROR, frame(FrameType.DATA, FrameType.PADDED, 1, 255, 0, 0, 0));
        refused(ErrorCode.FRAME_SIZE_ERROR, frame(FrameType.DATA, FrameType.PADDED, 1));
    }

    @Test
    void aStreamThatFailsLosesTheRestOfItsFrame() {
        Http2Error closed = Http2Error.stream(1, ErrorCode.STREAM_CLOSED, "too late");
        byte[] frames = cat(frame(FrameType.DATA, FrameType.PADDED, 1, 2, 7, 8, 0, 0), frame(FrameType.DATA, 0, 3, 9));
        for (String line : List.of("data 1", "bytes 1", "dataEnd 1")) {
            FrameDecoderTest one = new FrameDecoderTest();
            one.sink.failAt(line, closed);
            List<String> lines = one.after(frames);
            List<String> expected =
                    new ArrayList<>(List.of("data 1 5", "error 1 STREAM_CLOSED", "data 3 1", "dataEnd 3 09"));
            if (line.equals("dataEnd 1")) {
                expected.add(1, "dataEnd 1 0708");
            }
            assertEquals(expected, lines, line);
        }
    }

    @Test
    void anEmptyFrameOfAStreamThatFailsIsOver() {
        sink.failAt("data 1", Http2Error.stream(1, ErrorCode.STREAM_CLOSED, "too late"));
        assertEquals(List.of("data 1 0", "error 1 STREAM_CLOSED"), after(frame(FrameType.DATA, 0, 1)));
        assertFalse(decoder.midFrame());
    }

    // ---- HEADERS and CONTINUATION

    @Test
    void headersWithPaddingAndAnOldPriority() {
        assertEquals(
                List.of("headers 1 8284 end", "headers 3 82", "headers 5 84", "headers 7 85 end", "headers 9 "),
                after(
                        frame(FrameType.HEADERS, 0x5, 1, 0x82, 0x84),
                        frame(FrameType.HEADERS, 0xc, 3, 2, 0x82, 0, 0),
                        frame(FrameType.HEADERS, 0x24, 5, 0x80, 0, 0, 1, 255, 0x84),
                        frame(FrameType.HEADERS, 0x2d, 7, 1, 0, 0, 0, 0, 16, 0x85, 0),
                        frame(FrameType.HEADERS, 0x2c, 9, 0, 0, 0, 0, 0, 16)));
    }

    @Test
    void aBlockInOneFrameIsNotCopied() throws Http2Error {
        byte[] all = cat(begin(), frame(FrameType.HEADERS, 0x4, 1, 0x82));
        byte[][] seen = new byte[1][];
        FrameDecoder watched = decoder(new IgnoringSink() {
            @Override
            public void headers(int id, byte[] block, int from, int end, boolean last, Http2Error wrong) {
                seen[0] = block;
            }
        });
        assertEquals(all.length, watched.decode(all, 0, all.length));
        assertTrue(seen[0] == all);
    }

    @Test
    void headersTooShortForTheirFlags() {
        refused(ErrorCode.FRAME_SIZE_ERROR, frame(FrameType.HEADERS, 0xc, 1));
        refused(ErrorCode.FRAME_SIZE_ERROR, frame(FrameType.HEADERS, 0x24, 1, 0, 0, 0, 0));
        refused(ErrorCode.FRAME_SIZE_ERROR, frame(FrameType.HEADERS, 0x2c, 1, 0, 0, 0, 0, 0));
        refused(ErrorCode.PROTOCOL_ERROR, frame(FrameType.HEADERS, 0xc, 1, 1));
        refused(ErrorCode.PROTOCOL_ERROR, frame(FrameType.HEADERS, 0xc, 1, 3, 0x82, 0));
        refused(ErrorCode.PROTOCOL_ERROR, frame(FrameType.HEADERS, 0x2c, 1, 1, 0, 0, 0, 0, 0));
        refused(ErrorCode.PROTOCOL_ERROR, frame(FrameType.HEADERS, 0x2c, 1, 255, 0, 0, 0, 0, 0, 0x82));
    }

    @Test
    void aBlockMayGoOn() {
        assertEquals(
                List.of("headers 1 828486 end", "headers 3 82", "headers 5 "),
                after(
                        frame(FrameType.HEADERS, 0x9, 1, 1, 0x82, 0),
                        frame(FrameType.CONTINUATION, 0, 1, 0x84),
                        frame(FrameType.CONTINUATION, 0, 1),
                        frame(FrameType.CONTINUATION, 0x4, 1, 0x86),
                        frame(FrameType.HEADERS, 0, 3),
                        frame(FrameType.CONTINUATION, 0x4, 3, 0x82),
                        frame(FrameType.HEADERS, 0, 5),
                        frame(FrameType.CONTINUATION, 0x4, 5)));
    }

    @Test
    void whileABlockIsOpenTheDecoderIsInTheMiddle() {
        assertEquals(List.of("taken 19 mid-frame"), after(frame(FrameType.HEADERS, 0, 1, 0x82)));
        assertEquals(FrameDecoder.State.BLOCK, decoder.state());
    }

    @Test
    void nothingComesBetween() {
        byte[] open = frame(FrameType.HEADERS, 0, 1, 0x82);
        for (int type = 0; type < 256; type++) {
            if (type != FrameType.CONTINUATION) {
                refused(ErrorCode.PROTOCOL_ERROR, open, header(8, type, 0, 1));
                refused(ErrorCode.PROTOCOL_ERROR, open, header(8, type, 0, 0));
            }
        }
        refused(ErrorCode.PROTOCOL_ERROR, open, frame(FrameType.CONTINUATION, 0x4, 3, 0x84));
        refused(ErrorCode.PROTOCOL_ERROR, open, frame(FrameType.CONTINUATION, 0x4, 0, 0x84));
    }

    @Test
    void nothingIsContinuedThatIsNotOpen() {
        refused(ErrorCode.PROTOCOL_ERROR, frame(FrameType.CONTINUATION, 0x4, 1, 0x84));
        refused(ErrorCode.PROTOCOL_ERROR, frame(FrameType.CONTINUATION, 0x4, 0, 0x84));
        assertEquals(
                List.of("headers 1 82", "error 0 PROTOCOL_ERROR"),
                after(frame(FrameType.HEADERS, 0x4, 1, 0x82), frame(FrameType.CONTINUATION, 0x4, 1, 0x84)));
    }

    @Test
    void aBlockHasItsBound() {
        byte[] longest = filler(MAX_BLOCK);
        assertEquals(
                List.of("headers 1 2000 bytes " + Arrays.hashCode(longest)),
                after(frame(FrameType.HEADERS, 0x4, 1, longest)));
        assertEquals(
                List.of("headers 1 2000 bytes " + Arrays.hashCode(longest)),
                new FrameDecoderTest()
                        .after(
                                frame(FrameType.HEADERS, 0, 1, Arrays.copyOf(longest, 1)),
                                frame(FrameType.CONTINUATION, 0x4, 1, Arrays.copyOfRange(longest, 1, MAX_BLOCK))));
        calmed("HEADER_LIST", header(MAX_BLOCK + 1, FrameType.HEADERS, 0x4, 1));
        calmed("HEADER_LIST", frame(FrameType.HEADERS, 0, 1, 0x82), header(MAX_BLOCK, FrameType.CONTINUATION, 0x4, 1));
    }

    @Test
    void continuationsHaveTheirBound() {
        byte[] empty = frame(FrameType.CONTINUATION, 0, 1);
        byte[] last = frame(FrameType.CONTINUATION, 0x4, 1);
        byte[] block = cat(frame(FrameType.HEADERS, 0, 1, 0x82), repeat(MAX_CONTINUATIONS - 1, empty), last);
        assertEquals(List.of("headers 1 82", "headers 1 82"), after(block, block));
        calmed("CONTINUATION", frame(FrameType.HEADERS, 0, 1), repeat(MAX_CONTINUATIONS, empty), last);
    }

    @Test
    void aFrameThatComesInPiecesIsOneContinuation() {
        byte[] all =
                cat(begin(), frame(FrameType.HEADERS, 0, 1, 0x82), frame(FrameType.CONTINUATION, 0x4, 1, filler(20)));
        int[] everywhere = new int[all.length - 1];
        Arrays.setAll(everywhere, i -> i + 1);
        List<String> lines = RecordingSink.decode(decoder, sink, all, everywhere);
        assertEquals("taken " + all.length, lines.get(2));
    }

    // ---- streams that depend on themselves, as RFC 7540 has it

    @Test
    void aStreamThatDependsOnItselfFailsButItsBlockIsThere() {
        assertEquals(
                List.of(
                        "headers 1 82 end wrong 1 PROTOCOL_ERROR",
                        "headers 3 8284 wrong 3 PROTOCOL_ERROR",
                        "headers 3 85"),
                after(
                        frame(FrameType.HEADERS, 0x25, 1, 0x80, 0, 0, 1, 0, 0x82),
                        frame(FrameType.HEADERS, 0x20, 3, 0, 0, 0, 3, 0, 0x82),
                        frame(FrameType.CONTINUATION, 0x4, 3, 0x84),
                        frame(FrameType.HEADERS, 0, 3),
                        frame(FrameType.CONTINUATION, 0x4, 3, 0x85)));
    }

    @Test
    void oldPrioritiesAreRead() {
        assertEquals(
                List.of(
                        "priority 1",
                        "error 3 PROTOCOL_ERROR",
                        "error 5 FRAME_SIZE_ERROR",
                        "error 7 FRAME_SIZE_ERROR",
                        "error 9 FRAME_SIZE_ERROR",
                        "priority 1"),
                after(
                        frame(FrameType.PRIORITY, 0, 1, 0, 0, 0, 3, 15),
                        frame(FrameType.PRIORITY, 0, 3, 0x80, 0, 0, 3, 15),
                        frame(FrameType.PRIORITY, 0, 5, 0, 0, 0, 0),
                        frame(FrameType.PRIORITY, 0, 7, 0, 0, 0, 0, 0, 0),
                        frame(FrameType.PRIORITY, 0, 9),
                        frame(FrameType.PRIORITY, 0, 1, 0, 0, 0, 0, 0)));
    }

    // ---- RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE

    @Test
    void rstStream() {
        assertEquals(
                List.of("rstStream 1 8", "rstStream 2147483647 -1"),
                after(
                        frame(FrameType.RST_STREAM, 0, 1, 0, 0, 0, 8),
                        frame(FrameType.RST_STREAM, 0, Integer.MAX_VALUE, 255, 255, 255, 255)));
        refused(ErrorCode.FRAME_SIZE_ERROR, frame(FrameType.RST_STREAM, 0, 1, 0, 0, 0));
        refused(ErrorCode.FRAME_SIZE_ERROR, frame(FrameType.RST_STREAM, 0, 1, 0, 0, 0, 0, 0));
    }

    @Test
    void settings() {
        assertEquals(
                List.of("setting 1 0", "setting 65535 4294967295", "setting 1 4096", "settingsEnd 3", "settingsAck"),
                after(
                        frame(FrameType.SETTINGS, 0, 0, cat(setting(1, 0), setting(65535, -1), setting(1, 4096))),
                        frame(FrameType.SETTINGS, FrameType.ACK, 0)));
        refused(ErrorCode.FRAME_SIZE_ERROR, frame(FrameType.SETTINGS, 0, 0, new byte[5]));
        refused(ErrorCode.FRAME_SIZE_ERROR, frame(FrameType.SETTINGS, 0, 0, new byte[13]));
        refused(ErrorCode.FRAME_SIZE_ERROR, frame(FrameType.SETTINGS, FrameType.ACK, 0, setting(1, 0)));
    }

    @Test
    void theFirstSettingsMayBeWrongToo() {
        assertEquals(
                List.of("error 0 FRAME_SIZE_ERROR"),
                RecordingSink.decode(decoder, sink, frame(FrameType.SETTINGS, 0, 0, 0)));
    }

    @Test
    void anErrorAmongSettingsComesOut() {
        sink.failAt("setting 4", Http2Error.connection(ErrorCode.FLOW_CONTROL_ERROR, "too large"));
        assertEquals(
                List.of("setting 3 1", "setting 4 4294967295", "error 0 FLOW_CONTROL_ERROR"),
                after(frame(FrameType.SETTINGS, 0, 0, cat(setting(3, 1), setting(4, -1), setting(5, 1)))));
    }

    @Test
    void whatIsKeptOfControlFramesIsBoundedWhateverFramesAreTaken() throws Http2Error {
        RecordingSink own = new RecordingSink();
        FrameDecoder large = new FrameDecoder(own, 1 << 20, MAX_BLOCK, MAX_CONTINUATIONS);
        assertEquals(
                List.of("settingsEnd 0", "error 0 ENHANCE_YOUR_CALM SETTINGS"),
                RecordingSink.decode(large, own, cat(begin(), header(6 * 3000, FrameType.SETTINGS, 0, 0))));
        RecordingSink second = new RecordingSink();
        large = new FrameDecoder(second, 1 << 20, MAX_BLOCK, MAX_CONTINUATIONS);
        assertEquals(
                List.of("settingsEnd 0", "error 0 ENHANCE_YOUR_CALM PRIORITY"),
                RecordingSink.decode(large, second, cat(begin(), header(16_385, FrameType.PRIORITY_UPDATE, 0, 0))));
    }

    @Test
    void ping() {
        assertEquals(
                List.of("ping 1020304fffefdfc", "ping ff00000080000000 ack"),
                after(
                        frame(FrameType.PING, 0, 0, 1, 2, 3, 4, 255, 254, 253, 252),
                        frame(FrameType.PING, 1, 0, 255, 0, 0, 0, 128, 0, 0, 0)));
        refused(ErrorCode.FRAME_SIZE_ERROR, frame(FrameType.PING, 0, 0, new byte[7]));
        refused(ErrorCode.FRAME_SIZE_ERROR, frame(FrameType.PING, 1, 0, new byte[9]));
    }

    @Test
    void goAway() {
        byte[] longest = filler(ControlFrames.MOST_DEBUG_DATA);
        String cut = "256 bytes " + Arrays.hashCode(longest);
        assertEquals(
                List.of("goAway 7 2 6f6b", "goAway 0 0 ", "goAway 1 -1 " + cut, "goAway 1 0 " + cut, "ping 0"),
                after(
                        frame(FrameType.GOAWAY, 0, 0, cat(int32(7), int32(2), ascii("ok"))),
                        frame(FrameType.GOAWAY, 0, 0, new byte[8]),
                        frame(FrameType.GOAWAY, 0, 0, cat(int32(1), int32(-1), longest)),
                        frame(FrameType.GOAWAY, 0, 0, cat(int32(1), int32(0), longest, filler(9_000))),
                        frame(FrameType.PING, 0, 0, new byte[8])));
        refused(ErrorCode.FRAME_SIZE_ERROR, frame(FrameType.GOAWAY, 0, 0, new byte[7]));
    }

    @Test
    void windowUpdate() {
        assertEquals(
                List.of("windowUpdate 0 1", "windowUpdate 5 2147483647", "error 5 PROTOCOL_ERROR", "windowUpdate 5 2"),
                after(
                        frame(FrameType.WINDOW_UPDATE, 0, 0, 0, 0, 0, 1),
                        frame(FrameType.WINDOW_UPDATE, 0, 5, 255, 255, 255, 255),
                        frame(FrameType.WINDOW_UPDATE, 0, 5, 0x80, 0, 0, 0),
                        frame(FrameType.WINDOW_UPDATE, 0, 5, 0, 0, 0, 2)));
        refused(ErrorCode.PROTOCOL_ERROR, frame(FrameType.WINDOW_UPDATE, 0, 0, 0, 0, 0, 0));
        refused(ErrorCode.FRAME_SIZE_ERROR, frame(FrameType.WINDOW_UPDATE, 0, 0, 0, 0, 1));
        refused(ErrorCode.FRAME_SIZE_ERROR, frame(FrameType.WINDOW_UPDATE, 0, 3, 0, 0, 0, 0, 1));
    }

    @Test
    void priorityUpdate() {
        assertEquals(
                List.of("priorityUpdate 1 u=0, i", "priorityUpdate 2147483647 "),
                after(
                        frame(FrameType.PRIORITY_UPDATE, 0, 0, cat(int32(1), ascii("u=0, i"))),
                        frame(FrameType.PRIORITY_UPDATE, 0, 0, int32(-1))));
        refused(ErrorCode.FRAME_SIZE_ERROR, frame(FrameType.PRIORITY_UPDATE, 0, 0, 0, 0, 1));
        refused(ErrorCode.PROTOCOL_ERROR, frame(FrameType.PRIORITY_UPDATE, 0, 0, int32(0x8000_0000)));
        refused(ErrorCode.PROTOCOL_ERROR, frame(FrameType.PRIORITY_UPDATE, 0, 0, int32(2)));
    }

    // ---- stopping

    @Test
    void aSinkCanStopAfterEachFrame() throws Http2Error {
        byte[] all = cat(
                begin(),
                frame(FrameType.DATA, 0, 1),
                frame(FrameType.DATA, FrameType.PADDED, 1, 1, 42, 0),
                frame(0x77, 0, 1, filler(3)),
                frame(FrameType.GOAWAY, 0, 0, new byte[8]),
                frame(FrameType.HEADERS, 0, 1, 0x82),
                frame(FrameType.CONTINUATION, 0x4, 1, 0x84),
                frame(FrameType.PING, 0, 0, new byte[8]));
        sink.stops = decoder;
        int[] ends = {9, 18, 30, 42, 59, 79, 96};
        int at = 0;
        for (int end : ends) {
            at = decoder.decode(all, at, all.length);
            assertEquals(end, at);
            assertEquals(at, decoder.position());
            assertFalse(decoder.midFrame());
        }
        assertEquals(
                List.of(
                        "settingsEnd 0",
                        "data 1 0",
                        "dataEnd 1 ",
                        "data 1 3",
                        "dataEnd 1 2a",
                        "unknownFrame 119",
                        "goAway 0 0 ",
                        "headers 1 8284",
                        "ping 0"),
                sink.lines());
    }

    @Test
    void anErrorHasNoStackTrace() {
        Http2Error error = assertThrows(Http2Error.class, () -> decoder.decode(ascii("GET / HTTP/1.1"), 0, 14));
        assertEquals(0, error.getStackTrace().length);
        error.addSuppressed(new IllegalStateException());
        assertEquals(0, error.getSuppressed().length);
        assertTrue(error.endsConnection());
        assertEquals(error.getMessage(), error.detail());
    }
}
