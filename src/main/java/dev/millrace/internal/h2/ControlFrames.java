package dev.millrace.internal.h2;

import dev.millrace.http.Flood;
import dev.millrace.internal.bytes.Nullable;
import java.nio.charset.StandardCharsets;

/**
 * Reads the frames that are neither DATA nor parts of a header block: those of the connection, and the short ones of streams
 * (RFC 9113 §6.3 to §6.9, RFC 9218 §7.1). A frame's rules are checked as soon as its header is there; it is read when as
 * much of its payload is there as is needed, and the rest of it is passed over.
 */
final class ControlFrames {
    /** How much of a GOAWAY's debug data is read. */
    static final int MOST_DEBUG_DATA = 256;

    /** The longest SETTINGS and PRIORITY_UPDATE: what a frame may always have. */
    private static final int MOST_KEPT = 1 << 14;

    private static final int GOAWAY_LENGTH = 2 * Integer.BYTES;
    private static final int SETTING_LENGTH = 6;
    private static final int PRIORITY_LENGTH = 5;

    private final FrameSink sink;

    ControlFrames(FrameSink sink) {
        this.sink = sink;
    }

    /**
     * Checks a frame's header.
     *
     * @return how much of the payload {@link #read} needs
     */
    int needed(int type, int flags, int id, int length) throws Http2Error {
        switch (type) {
            case FrameType.PRIORITY -> {
                needStream(id);
                return length == PRIORITY_LENGTH ? length : 0;
            }
            case FrameType.RST_STREAM -> {
                needStream(id);
                needLength(length, Integer.BYTES, "RST_STREAM does not have four bytes (RFC 9113 §6.4).");
            }
            case FrameType.SETTINGS -> needSettings(flags, id, length);
            case FrameType.PUSH_PROMISE ->
                throw Http2Error.protocol("PUSH_PROMISE came, which was refused (RFC 9113 §6.6).");
            case FrameType.PING -> {
                needConnection(id);
                needLength(length, Long.BYTES, "PING does not have eight bytes (RFC 9113 §6.7).");
            }
            case FrameType.GOAWAY -> {
                needConnection(id);
                if (length < GOAWAY_LENGTH) {
                    throw Http2Error.frameSize("GOAWAY is shorter than eight bytes (RFC 9113 §6.8).");
                }
                return Math.min(length, GOAWAY_LENGTH + MOST_DEBUG_DATA);
            }
            case FrameType.WINDOW_UPDATE ->
                needLength(length, Integer.BYTES, "WINDOW_UPDATE does not have four bytes (RFC 9113 §6.9).");
            case FrameType.PRIORITY_UPDATE -> {
                needConnection(id);
                if (length < Integer.BYTES) {
                    throw Http2Error.frameSize("PRIORITY_UPDATE is shorter than four bytes (RFC 9218 §7.1).");
                }
                needShort(length, Flood.PRIORITY, "PRIORITY_UPDATE is longer than is taken (RFC 9218 §7.1).");
            }
            default -> {
                return 0;
            }
        }
        return length;
    }

    private static void needSettings(int flags, int id, int length) throws Http2Error {
        needConnection(id);
        if ((flags & FrameType.ACK) != 0) {
            needLength(length, 0, "An acknowledgement of settings is not empty (RFC 9113 §6.5).");
        }
        if (length % SETTING_LENGTH != 0) {
            throw Http2Error.frameSize("The length of SETTINGS is no multiple of six (RFC 9113 §6.5).");
        }
        needShort(length, Flood.SETTINGS, "SETTINGS has more parameters than are taken (RFC 9113 §6.5).");
    }

    /** Reads a frame whose header was found right. */
    void read(int type, int flags, int id, byte[] b, int from, int length) throws Http2Error {
        switch (type) {
            case FrameType.PRIORITY -> priority(id, b, from, length);
            case FrameType.RST_STREAM -> sink.rstStream(id, int32(b, from));
            case FrameType.SETTINGS -> settings(flags, b, from, length);
            case FrameType.PING -> {
                long data = (long) int32(b, from) << 32 | int32(b, from + Integer.BYTES) & 0xffff_ffffL;
                sink.ping(data, (flags & FrameType.ACK) != 0);
            }
            case FrameType.GOAWAY -> {
                int debug = Math.min(length - GOAWAY_LENGTH, MOST_DEBUG_DATA);
                sink.goAway(int31(b, from), int32(b, from + Integer.BYTES), b, from + GOAWAY_LENGTH, debug);
            }
            case FrameType.WINDOW_UPDATE -> windowUpdate(id, int31(b, from));
            case FrameType.PRIORITY_UPDATE -> priorityUpdate(b, from, length);
            default -> sink.unknownFrame(type);
        }
    }

    private void priority(int id, byte[] b, int from, int length) throws Http2Error {
        if (length != PRIORITY_LENGTH) {
            sink.wrong(Http2Error.stream(
                    id, ErrorCode.FRAME_SIZE_ERROR, "PRIORITY does not have five bytes (RFC 9113 §6.3)."));
            return;
        }
        Http2Error error = dependency(id, int31(b, from));
        if (error != null) {
            sink.wrong(error);
            return;
        }
        sink.priority(id);
    }

    private void settings(int flags, byte[] b, int from, int length) throws Http2Error {
        if ((flags & FrameType.ACK) != 0) {
            sink.settingsAck();
            return;
        }
        for (int i = from; i < from + length; i += SETTING_LENGTH) {
            sink.setting((b[i] & 0xff) << 8 | b[i + 1] & 0xff, int32(b, i + Short.BYTES) & 0xffff_ffffL);
        }
        sink.settingsEnd(length / SETTING_LENGTH);
    }

    private void windowUpdate(int id, int increment) throws Http2Error {
        if (increment == 0) {
            sink.wrong(
                    Http2Error.stream(id, ErrorCode.PROTOCOL_ERROR, "A window is updated by nothing (RFC 9113 §6.9)."));
            return;
        }
        sink.windowUpdate(id, increment);
    }

    private void priorityUpdate(byte[] b, int from, int length) throws Http2Error {
        int prioritized = int31(b, from);
        if ((prioritized & 1) == 0) { // nobody here pushes
            throw Http2Error.protocol("PRIORITY_UPDATE names stream 0, or a pushed one that is idle (RFC 9218 §7.1).");
        }
        int value = from + Integer.BYTES;
        sink.priorityUpdate(prioritized, new String(b, value, length - Integer.BYTES, StandardCharsets.ISO_8859_1));
    }

    /** {@return what is wrong with a stream that depends on another one, or {@code null}} */
    static @Nullable Http2Error dependency(int id, int on) {
        return id == on
                ? Http2Error.stream(id, ErrorCode.PROTOCOL_ERROR, "A stream depends on itself (RFC 7540 §5.3.1).")
                : null;
    }

    static void needStream(int id) throws Http2Error {
        if (id == 0) {
            throw Http2Error.protocol("A frame that belongs to a stream is on stream 0 (RFC 9113 §6).");
        }
    }

    private static void needConnection(int id) throws Http2Error {
        if (id != 0) {
            throw Http2Error.protocol("A frame that belongs to the connection is on a stream (RFC 9113 §6).");
        }
    }

    private static void needLength(int length, int wanted, String otherwise) throws Http2Error {
        if (length != wanted) {
            throw Http2Error.frameSize(otherwise);
        }
    }

    private static void needShort(int length, Flood kind, String otherwise) throws Http2Error {
        if (length > MOST_KEPT) {
            throw Http2Error.flood(kind, otherwise);
        }
    }

    private static int int32(byte[] b, int at) {
        return b[at] << 24 | (b[at + 1] & 0xff) << 16 | (b[at + 2] & 0xff) << 8 | b[at + 3] & 0xff;
    }

    /** A number behind a reserved bit, which is ignored (RFC 9113 §4.1). */
    static int int31(byte[] b, int at) {
        return int32(b, at) & Integer.MAX_VALUE;
    }
}
