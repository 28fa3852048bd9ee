package dev.millrace.internal.h2;

import dev.millrace.internal.bytes.Nullable;

/**
 * Takes frames from a {@link FrameDecoder}, which has checked what can be checked in a frame by itself. Each call may throw
 * an {@link Http2Error}, which comes out of {@link FrameDecoder#decode}. If it ends only a stream, decoding can go on; the
 * rest of a DATA frame is then passed over.
 */
interface FrameSink {
    /**
     * A frame that is neither DATA nor part of a header block breaks a rule by itself, which ends its stream.
     *
     * @throws Http2Error always: this error, unless the stream is in no state to be ended by itself
     */
    default void wrong(Http2Error error) throws Http2Error {
        throw error;
    }

    /**
     * A DATA frame begins.
     *
     * @param streamId not 0
     * @param payloadLength with the padding: what counts for flow control (RFC 9113 §6.9.1)
     * @param endStream whether the stream ends with this frame
     */
    void data(int streamId, int payloadLength, boolean endStream) throws Http2Error;

    /**
     * A piece of the content of the DATA frame that has begun.
     *
     * @param bytes borrowed for the call
     * @param offset of the first byte
     * @param length at least 1
     */
    void dataBytes(int streamId, byte[] bytes, int offset, int length) throws Http2Error;

    /** The DATA frame is complete, with its padding. */
    void dataEnd(int streamId, boolean endStream) throws Http2Error;

    /**
     * A header block is complete, from HEADERS and what CONTINUATION frames there were. It has to be decompressed in any
     * case, since HPACK's state is one for the connection.
     *
     * @param streamId not 0
     * @param block holds the block; borrowed for the call
     * @param offset of its first byte
     * @param end after its last byte
     * @param endStream whether the stream ends with it
     * @param wrong a stream error that the frame is to get, or {@code null}
     */
    void headers(int streamId, byte[] block, int offset, int end, boolean endStream, @Nullable Http2Error wrong)
            throws Http2Error;

    /** A PRIORITY frame of RFC 7540, which nobody follows any more; the stream may be idle. */
    void priority(int streamId) throws Http2Error;

    /**
     * A RST_STREAM frame.
     *
     * @param streamId not 0
     * @param errorCode a number for {@link ErrorCode#of}
     */
    void rstStream(int streamId, int errorCode) throws Http2Error;

    /**
     * One parameter of a SETTINGS frame.
     *
     * @param id which; there are some that nobody knows
     * @param value from 0 to 2^32-1
     */
    void setting(int id, long value) throws Http2Error;

    /**
     * The SETTINGS frame is complete, and is to be acknowledged.
     *
     * @param entries how many parameters it had
     */
    void settingsEnd(int entries) throws Http2Error;

    /** The peer has applied the oldest settings that it had not acknowledged yet. */
    void settingsAck() throws Http2Error;

    /**
     * A PING frame.
     *
     * @param data its eight bytes
     * @param ack whether it answers one of this side
     */
    void ping(long data, boolean ack) throws Http2Error;

    /**
     * A GOAWAY frame.
     *
     * @param lastStreamId the last stream that the peer may have worked on
     * @param errorCode a number for {@link ErrorCode#of}
     * @param bytes holds the debug data; borrowed for the call
     * @param offset of its first byte
     * @param length at most {@link ControlFrames#MOST_DEBUG_DATA}: what is longer is cut off
     */
    void goAway(int lastStreamId, int errorCode, byte[] bytes, int offset, int length) throws Http2Error;

    /**
     * A WINDOW_UPDATE frame.
     *
     * @param streamId 0 for the connection's window
     * @param increment at least 1
     */
    void windowUpdate(int streamId, int increment) throws Http2Error;

    /**
     * A PRIORITY_UPDATE frame (RFC 9218 §7.1).
     *
     * @param prioritizedStreamId not 0; the stream may be idle
     * @param fieldValue for {@link Priority#parse}, not checked
     */
    void priorityUpdate(int prioritizedStreamId, String fieldValue) throws Http2Error;

    /** A frame of a type that is not known, or that is of no use here, begins. It is passed over. */
    void unknownFrame(int type) throws Http2Error;
}
