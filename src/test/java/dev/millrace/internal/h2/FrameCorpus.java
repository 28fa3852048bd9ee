package dev.millrace.internal.h2;

import static dev.millrace.internal.h2.FrameBytes.ascii;
import static dev.millrace.internal.h2.FrameBytes.begin;
import static dev.millrace.internal.h2.FrameBytes.cat;
import static dev.millrace.internal.h2.FrameBytes.filler;
import static dev.millrace.internal.h2.FrameBytes.frame;
import static dev.millrace.internal.h2.FrameBytes.header;
import static dev.millrace.internal.h2.FrameBytes.int32;
import static dev.millrace.internal.h2.FrameBytes.setting;

import java.util.ArrayList;
import java.util.List;

/** Conversations of frames, whole and broken, each from its first SETTINGS on. */
final class FrameCorpus {
    private FrameCorpus() {}

    /** One of each frame, and of each of its forms. */
    static List<byte[]> frames() {
        return List.of(
                frame(FrameType.DATA, 0, 1),
                frame(FrameType.DATA, 0, 1, filler(7)),
                frame(FrameType.DATA, FrameType.END_STREAM, 3, filler(700)),
                frame(FrameType.DATA, FrameType.PADDED, 3, cat(new byte[] {5}, filler(20))),
                frame(FrameType.DATA, FrameType.PADDED | FrameType.END_STREAM, 3, 0),
                frame(FrameType.HEADERS, 0x4, 1, filler(30)),
                frame(FrameType.HEADERS, 0x2d, 5, cat(new byte[] {4, 0, 0, 0, 3, 9}, filler(40))),
                frame(FrameType.HEADERS, 0x24, 7, cat(int32(7), filler(4))),
                cat(frame(FrameType.HEADERS, 0x1, 5, filler(12)), frame(FrameType.CONTINUATION, 0x4, 5, filler(3))),
                cat(
                        frame(FrameType.HEADERS, 0, 5),
                        frame(FrameType.CONTINUATION, 0, 5, filler(9)),
                        frame(FrameType.CONTINUATION, 0x4, 5)),
                frame(FrameType.PRIORITY, 0, 9, 0, 0, 0, 1, 3),
                frame(FrameType.PRIORITY, 0, 9, 0, 0, 0, 9, 3),
                frame(FrameType.PRIORITY, 0, 9, 0, 0, 0, 1),
                frame(FrameType.RST_STREAM, 0, 9, 0, 0, 0, 8),
                frame(FrameType.SETTINGS, 0, 0, cat(setting(1, 0), setting(4, 1 << 20), setting(99, -1))),
                frame(FrameType.SETTINGS, FrameType.ACK, 0),
                frame(FrameType.PING, 0, 0, ascii("12345678")),
                frame(FrameType.PING, FrameType.ACK, 0, ascii("87654321")),
                frame(FrameType.GOAWAY, 0, 0, cat(int32(9), int32(2), ascii("bye"))),
                frame(FrameType.GOAWAY, 0, 0, cat(int32(9), int32(2), filler(300))),
                frame(FrameType.WINDOW_UPDATE, 0, 0, int32(65_535)),
                frame(FrameType.WINDOW_UPDATE, 0, 5, int32(1)),
                frame(FrameType.WINDOW_UPDATE, 0, 5, int32(0)),
                frame(FrameType.PRIORITY_UPDATE, 0, 0, cat(int32(11), ascii("u=1, i"))),
                frame(0xbe, 0xff, 5, filler(11)));
    }

    /** What no connection survives. */
    static List<byte[]> wrong() {
        return List.of(
                frame(FrameType.DATA, 0, 0, filler(7)),
                frame(FrameType.DATA, FrameType.PADDED, 1, 9, 0, 0),
                frame(FrameType.DATA, FrameType.PADDED, 1),
                header(16_385, FrameType.DATA, 0, 1),
                frame(FrameType.HEADERS, 0x24, 7, filler(4)),
                frame(FrameType.HEADERS, 0xc, 7, 200, 1, 2),
                header(5_000, FrameType.HEADERS, 0x4, 7),
                cat(frame(FrameType.HEADERS, 0, 5, 1), frame(FrameType.PING, 0, 0, filler(8))),
                cat(frame(FrameType.HEADERS, 0, 5, 1), frame(FrameType.CONTINUATION, 0x4, 7, filler(8))),
                frame(FrameType.CONTINUATION, 0x4, 7, filler(8)),
                frame(FrameType.SETTINGS, 0, 0, filler(7)),
                frame(FrameType.SETTINGS, 0, 1),
                frame(FrameType.PUSH_PROMISE, 0x4, 1, 0, 0, 0, 2),
                frame(FrameType.PING, 0, 0, filler(7)),
                frame(FrameType.GOAWAY, 0, 0, filler(7)),
                frame(FrameType.WINDOW_UPDATE, 0, 0, int32(0)),
                frame(FrameType.PRIORITY_UPDATE, 0, 0, int32(0)));
    }

    /** All frames in a row, each of them alone, and each mistake after some frames. */
    static List<byte[]> conversations() {
        List<byte[]> all = new ArrayList<>();
        byte[] everything = cat(frames().toArray(new byte[0][]));
        all.add(cat(begin(), everything));
        all.add(cat(frame(FrameType.SETTINGS, 0, 0, setting(3, 100)), everything, everything));
        for (byte[] one : frames()) {
            all.add(one); // no beginning
            all.add(cat(begin(), one));
        }
        for (byte[] one : wrong()) {
            all.add(cat(begin(), frames().get(1), one, frames().get(16)));
        }
        return all;
    }
}
