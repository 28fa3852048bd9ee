package dev.millrace.internal.h2;

import dev.millrace.internal.bytes.ByteAccumulator;
import java.nio.charset.StandardCharsets;

/** Writes frames (RFC 9113 §4, §6) one behind the other, for one write. Not safe for several threads at once. */
final class FrameEncoder {
    /** What reaches a peer of a text for its people. */
    private static final int MOST_DEBUG_DATA = 256;

    private final ByteAccumulator out;

    /**
     * An encoder.
     *
     * @param out takes the frames
     */
    FrameEncoder(ByteAccumulator out) {
        this.out = out;
    }

    /** {@return what the frames go to} */
    ByteAccumulator out() {
        return out;
    }

    private void header(int length, int type, int flags, int streamId) {
        out.room(FrameType.HEADER_LENGTH);
        header(out.length(), length, type, flags, streamId);
        out.setLength(out.length() + FrameType.HEADER_LENGTH);
    }

    private void header(int at, int length, int type, int flags, int streamId) {
        byte[] b = out.array();
        b[at] = (byte) (length >> 16);
        b[at + 1] = (byte) (length >> 8);
        b[at + 2] = (byte) length;
        b[at + 3] = (byte) type;
        b[at + 4] = (byte) flags;
        b[at + 5] = (byte) (streamId >> 24);
        b[at + 6] = (byte) (streamId >> 16);
        b[at + 7] = (byte) (streamId >> 8);
        b[at + 8] = (byte) streamId;
    }

    /** Writes the SETTINGS frame that announces what is not the protocol's default (RFC 9113 §6.5). */
    void settings(Settings own) {
        int start = out.length();
        header(0, FrameType.SETTINGS, 0, 0);
        for (int id : Settings.IDS) {
            if (own.get(id) != Settings.initial(id)) {
                out.putShort(id);
                out.putInt(own.get(id));
            }
        }
        header(start, out.length() - start - FrameType.HEADER_LENGTH, FrameType.SETTINGS, 0, 0);
    }

    /** Writes a SETTINGS frame that changes one parameter. */
    void setting(int id, int value) {
        header(Short.BYTES + Integer.BYTES, FrameType.SETTINGS, 0, 0);
        out.putShort(id);
        out.putInt(value);
    }

    /** Acknowledges a SETTINGS frame. */
    void settingsAck() {
        header(0, FrameType.SETTINGS, FrameType.ACK, 0);
    }

    /**
     * Writes a PING frame (RFC 9113 §6.7).
     *
     * @param data its eight bytes; an answer has those of the question
     * @param ack whether it is an answer
     */
    void ping(long data, boolean ack) {
        header(Long.BYTES, FrameType.PING, ack ? FrameType.ACK : 0, 0);
        out.putLong(data);
    }

    /**
     * Writes a GOAWAY frame (RFC 9113 §6.8).
     *
     * @param lastStreamId the last stream of the peer that may be worked on
     * @param code why
     * @param debug says more to people; ASCII, of which 256 characters are sent at the most
     */
    void goAway(int lastStreamId, ErrorCode code, String debug) {
        byte[] text = debug.replace("§", "section ").getBytes(StandardCharsets.US_ASCII);
        int length = Math.min(text.length, MOST_DEBUG_DATA);
        header(2 * Integer.BYTES + length, FrameType.GOAWAY, 0, 0);
        out.putInt(lastStreamId);
        out.putInt(code.code());
        out.put(text, 0, length);
    }

    /** Writes a RST_STREAM frame (RFC 9113 §6.4). */
    void rstStream(int streamId, ErrorCode code) {
        header(Integer.BYTES, FrameType.RST_STREAM, 0, streamId);
        out.putInt(code.code());
    }

    /**
     * Writes a WINDOW_UPDATE frame (RFC 9113 §6.9).
     *
     * @param streamId 0 for the connection's window
     * @param increment at least 1
     */
    void windowUpdate(int streamId, int increment) {
        header(Integer.BYTES, FrameType.WINDOW_UPDATE, 0, streamId);
        out.putInt(increment);
    }

    /** Writes the header of a DATA frame, behind which its content goes (RFC 9113 §6.1). */
    void dataHeader(int streamId, int length, boolean endStream) {
        header(length, FrameType.DATA, endStream ? FrameType.END_STREAM : 0, streamId);
    }

    /**
     * Begins a HEADERS frame (RFC 9113 §6.2), behind which its header block goes.
     *
     * @return what {@link #endHeaders} wants
     */
    int beginHeaders(int streamId) {
        int mark = out.length();
        header(0, FrameType.HEADERS, 0, streamId);
        return mark;
    }

    /**
     * Completes a HEADERS frame when its block is there. A block that is too long for one frame is cut up into CONTINUATION
     * frames (RFC 9113 §6.10).
     *
     * @param mark what {@link #beginHeaders} gave
     * @param endStream whether the stream ends with the block
     * @param peerMaxFrameSize the peer's SETTINGS_MAX_FRAME_SIZE
     */
    void endHeaders(int mark, boolean endStream, int peerMaxFrameSize) {
        int start = mark + FrameType.HEADER_LENGTH;
        int length = out.length() - start;
        int flags = endStream ? FrameType.END_STREAM : 0;
        if (length <= peerMaxFrameSize) {
            patch(mark, length, flags | FrameType.END_HEADERS);
            return;
        }
        patch(mark, peerMaxFrameSize, flags);
        byte[] b = out.array();
        int streamId = (b[mark + 5] & 0xff) << 24
                | (b[mark + 6] & 0xff) << 16
                | (b[mark + 7] & 0xff) << 8
                | b[mark + 8] & 0xff;
        int frames = (length - 1) / peerMaxFrameSize; // behind the first one
        out.room(frames * FrameType.HEADER_LENGTH);
        // from the last one to the first, so that nothing is overwritten before it has moved
        int flag = FrameType.END_HEADERS;
        int end = length;
        for (int i = frames; i > 0; i--) {
            int from = i * peerMaxFrameSize;
            int to = start + from + i * FrameType.HEADER_LENGTH;
            System.arraycopy(out.array(), start + from, out.array(), to, end - from);
            header(to - FrameType.HEADER_LENGTH, end - from, FrameType.CONTINUATION, flag, streamId);
            flag = 0;
            end = from;
        }
        out.setLength(start + length + frames * FrameType.HEADER_LENGTH);
    }

    private void patch(int mark, int length, int flags) {
        out.set(mark, length >> 16);
        out.set(mark + 1, length >> 8);
        out.set(mark + 2, length);
        out.set(mark + 4, flags);
    }
}
