package dev.millrace.internal.h2;

import dev.millrace.http.Flood;
import dev.millrace.internal.bytes.ByteAccumulator;
import dev.millrace.internal.bytes.Nullable;

/**
 * Decodes frames (RFC 9113 §4, §6) and holds each of them to the rules that concern the frame by itself. It takes DATA, and
 * what is passed over, in whatever pieces they come; other frames only as a whole, so that it keeps no bytes but those of a
 * header block that goes on in CONTINUATION frames. What it makes its caller keep is bounded: by the longest header block,
 * and by 16,393 bytes for all else.
 *
 * <pre>
 *                SETTINGS               DATA                all of it, and the padding
 *   FIRST_FRAME ──────────► FRAMES ───────────────► DATA ──────────────────────────────► FRAMES
 *                            │ ▲ │                   └─ the stream failed ─► DROPPED_DATA ──►
 *                            │ │ │  passed over
 *        HEADERS, not the end│ │ └───────────────► SKIPPED ──all of it──► FRAMES
 *                            ▼ │ CONTINUATION, the end
 *                           BLOCK
 * </pre>
 *
 * <p>Not safe for several threads at once.
 */
final class FrameDecoder {
    private static final int PRIORITY_LENGTH = 5;

    /** What comes next; each constant's transitions stand in {@link #mayBecome}. */
    enum State {
        /** The first frame, which has to be SETTINGS (RFC 9113 §3.4). */
        FIRST_FRAME,
        /** The header of any frame. */
        FRAMES,
        /** Content or padding of a DATA frame. */
        DATA,
        /** The rest of a DATA frame whose stream has failed. */
        DROPPED_DATA,
        /** The rest of a frame that says nothing. */
        SKIPPED,
        /** The next CONTINUATION of a header block. */
        BLOCK;

        boolean mayBecome(State next) {
            return switch (this) {
                case FIRST_FRAME -> next == FRAMES;
                case FRAMES -> next == DATA || next == SKIPPED || next == BLOCK;
                case DATA -> next == FRAMES || next == DROPPED_DATA;
                case DROPPED_DATA, SKIPPED, BLOCK -> next == FRAMES;
            };
        }

        State become(State next) {
            assert mayBecome(next) : this + " → " + next;
            return next;
        }
    }

    private final FrameSink sink;
    private final ControlFrames controls;
    private final int maxFrameSize;
    private final int maxBlock;
    private final int maxContinuations;
    private State state = State.FIRST_FRAME;
    private boolean stopped;
    private int position;

    private int streamId; // of the DATA frame or the header block that is under way
    private boolean endStream;
    private int left; // content of the DATA frame, or bytes to pass over
    private int padding; // of the DATA frame, after its content

    private @Nullable ByteAccumulator block;
    private @Nullable Http2Error wrong; // the block's stream error
    private int continuations;

    /**
     * A decoder for one connection, after the client's magic.
     *
     * @param sink takes the frames
     * @param maxFrameSize the SETTINGS_MAX_FRAME_SIZE of this side
     * @param maxBlock bytes of a header block, with the padding of its HEADERS frame
     * @param maxContinuations CONTINUATION frames of a header block
     */
    FrameDecoder(FrameSink sink, int maxFrameSize, int maxBlock, int maxContinuations) {
        this.sink = sink;
        this.controls = new ControlFrames(sink);
        this.maxFrameSize = maxFrameSize;
        this.maxBlock = maxBlock;
        this.maxContinuations = maxContinuations;
    }

    /**
     * Decodes what is there, until it ends, a frame is not complete, or {@link #stop} is called.
     *
     * @param bytes holds the bytes
     * @param offset of the first one that was not taken yet
     * @param end after the last one
     * @return the offset up to which bytes were taken; the others have to be shown again, with more
     * @throws Http2Error if a rule is broken. If it ends just a stream, {@link #position} says where to go on
     */
    int decode(byte[] bytes, int offset, int end) throws Http2Error {
        position = offset;
        stopped = false;
        boolean more = true;
        while (more && !stopped) {
            more = switch (state) {
                case FIRST_FRAME, FRAMES, BLOCK -> frame(bytes, end);
                case DATA -> data(bytes, end);
                case DROPPED_DATA, SKIPPED -> skip(end);
            };
        }
        return position;
    }

    /** {@return the offset up to which the last call took bytes, also if it threw} */
    int position() {
        return position;
    }

    /** From within the sink: this call decodes no further frame. */
    void stop() {
        stopped = true;
        block = null;
    }

    /** {@return how many bytes of an incomplete header block are held} */
    int gathered() {
        ByteAccumulator gathered = block;
        return gathered == null ? 0 : gathered.length();
    }

    /** {@return whether what was taken ends within a frame or a header block} */
    boolean midFrame() {
        return state != State.FIRST_FRAME && state != State.FRAMES;
    }

    State state() {
        return state;
    }

    /** Takes a frame, or the beginning of a DATA frame; says whether there was enough of it. */
    private boolean frame(byte[] b, int end) throws Http2Error {
        int start = position;
        int from = start + FrameType.HEADER_LENGTH;
        if (end < from) {
            return false;
        }
        int length = (b[start] & 0xff) << 16 | (b[start + 1] & 0xff) << 8 | b[start + 2] & 0xff;
        int type = b[start + 3] & 0xff;
        int flags = b[start + 4];
        int id = ControlFrames.int31(b, start + 5);
        if (state == State.FIRST_FRAME && (type != FrameType.SETTINGS || (flags & FrameType.ACK) != 0)) {
            throw Http2Error.protocol("The first frame is not SETTINGS (RFC 9113 §3.4).");
        }
        if (length > maxFrameSize) {
            throw Http2Error.frameSize("A frame is longer than SETTINGS_MAX_FRAME_SIZE (RFC 9113 §4.2).");
        }
        if (state == State.BLOCK && (type != FrameType.CONTINUATION || id != streamId)) {
            throw Http2Error.protocol("A header block is interrupted by another frame (RFC 9113 §6.10).");
        }
        return switch (type) {
            case FrameType.DATA -> beginData(b, from, end, length, flags, id);
            case FrameType.HEADERS -> headers(b, from, end, length, flags, id);
            case FrameType.CONTINUATION -> continuation(b, from, end, length, flags);
            default -> control(b, from, end, type, flags, id, length);
        };
    }

    private boolean control(byte[] b, int from, int end, int type, int flags, int id, int length) throws Http2Error {
        int needed = controls.needed(type, flags, id, length);
        if (end - from < needed) {
            return false;
        }
        if (state == State.FIRST_FRAME) {
            become(State.FRAMES);
        }
        position = Math.min(from + length, end);
        left = from + length - position;
        if (left > 0) {
            become(State.SKIPPED);
        }
        controls.read(type, flags, id, b, from, length);
        return true;
    }

    private boolean beginData(byte[] b, int from, int end, int length, int flags, int id) throws Http2Error {
        ControlFrames.needStream(id);
        int pad = 0;
        int content = length;
        int first = from;
        if ((flags & FrameType.PADDED) != 0) {
            if (length == 0) {
                throw Http2Error.frameSize("A padded frame has no padding length (RFC 9113 §6.1).");
            }
            if (from == end) {
                return false;
            }
            pad = b[from] & 0xff;
            content = length - 1 - pad;
            first++;
            if (content < 0) {
                throw Http2Error.protocol("The padding is longer than its frame (RFC 9113 §6.1).");
            }
        }
        position = first;
        streamId = id;
        endStream = (flags & FrameType.END_STREAM) != 0;
        left = content;
        padding = pad;
        become(State.DATA);
        try {
            sink.data(id, length, endStream);
        } catch (Http2Error e) {
            dropData();
            throw e;
        }
        return data(b, end);
    }

    /** Takes a piece of a DATA frame; says whether that was its end. */
    private boolean data(byte[] b, int end) throws Http2Error {
        int n = Math.min(left, end - position);
        if (n > 0) {
            int from = position;
            position += n;
            left -= n;
            try {
                sink.dataBytes(streamId, b, from, n);
            } catch (Http2Error e) {
                dropData();
                throw e;
            }
        }
        if (left > 0) {
            return false;
        }
        n = Math.min(padding, end - position);
        position += n;
        padding -= n;
        if (padding > 0) {
            return false;
        }
        become(State.FRAMES);
        sink.dataEnd(streamId, endStream);
        return true;
    }

    private void dropData() {
        left += padding;
        padding = 0;
        become(left == 0 ? State.FRAMES : State.DROPPED_DATA);
    }

    private boolean skip(int end) {
        int n = Math.min(left, end - position);
        position += n;
        left -= n;
        if (left > 0) {
            return false;
        }
        become(State.FRAMES);
        return true;
    }

    private boolean headers(byte[] b, int start, int end, int length, int flags, int id) throws Http2Error {
        ControlFrames.needStream(id);
        boolean padded = (flags & FrameType.PADDED) != 0;
        boolean prioritized = (flags & FrameType.WITH_PRIORITY) != 0;
        if (length < (padded ? 1 : 0) + (prioritized ? PRIORITY_LENGTH : 0)) {
            throw Http2Error.frameSize("HEADERS is too short for its flags (RFC 9113 §6.2).");
        }
        if (length > maxBlock) {
            throw blockTooLong();
        }
        if (end - start < length) {
            return false;
        }
        int from = start;
        int to = start + length;
        if (padded) {
            to -= b[from++] & 0xff;
        }
        Http2Error error = null;
        if (prioritized) {
            error = ControlFrames.dependency(id, ControlFrames.int31(b, from));
            from += PRIORITY_LENGTH;
        }
        if (to < from) {
            throw Http2Error.protocol("The padding is longer than its frame (RFC 9113 §6.2).");
        }
        position = start + length;
        boolean last = (flags & FrameType.END_STREAM) != 0;
        if ((flags & FrameType.END_HEADERS) != 0) {
            sink.headers(id, b, from, to, last, error);
            return true;
        }
        ByteAccumulator gathered = new ByteAccumulator(Math.max(64, 2 * (to - from)));
        gathered.put(b, from, to - from);
        block = gathered;
        streamId = id;
        endStream = last;
        wrong = error;
        continuations = 0;
        become(State.BLOCK);
        return true;
    }

    private boolean continuation(byte[] b, int from, int end, int length, int flags) throws Http2Error {
        ByteAccumulator gathered = block;
        if (gathered == null) {
            throw Http2Error.protocol("CONTINUATION follows no header block (RFC 9113 §6.10).");
        }
        if (continuations == maxContinuations) {
            throw Http2Error.flood(
                    Flood.CONTINUATION, "A header block has more CONTINUATION frames than are taken (RFC 9113 §6.10).");
        }
        if (length > maxBlock - gathered.length()) {
            throw blockTooLong();
        }
        if (end - from < length) {
            return false;
        }
        continuations++;
        gathered.put(b, from, length);
        position = from + length;
        if ((flags & FrameType.END_HEADERS) != 0) {
            Http2Error error = wrong;
            block = null;
            wrong = null;
            become(State.FRAMES);
            sink.headers(streamId, gathered.array(), 0, gathered.length(), endStream, error);
        }
        return true;
    }

    private void become(State next) {
        state = state.become(next);
    }

    private static Http2Error blockTooLong() {
        return Http2Error.flood(Flood.HEADER_LIST, "A header block is longer than is taken (RFC 9113 §10.5.1).");
    }
}
