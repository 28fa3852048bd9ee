package dev.millrace.internal.h2;

import dev.millrace.internal.bytes.Nullable;

/** Takes frames and does nothing with them. */
class IgnoringSink implements FrameSink {
    @Override
    public void data(int streamId, int payloadLength, boolean endStream) {}

    @Override
    public void dataBytes(int streamId, byte[] bytes, int offset, int length) {}

    @Override
    public void dataEnd(int streamId, boolean endStream) {}

    @Override
    public void headers(
            int streamId, byte[] block, int offset, int end, boolean endStream, @Nullable Http2Error wrong) {}

    @Override
    public void priority(int streamId) {}

    @Override
    public void rstStream(int streamId, int errorCode) {}

    @Override
    public void setting(int id, long value) {}

    @Override
    public void settingsEnd(int entries) {}

    @Override
    public void settingsAck() {}

    @Override
    public void ping(long data, boolean ack) {}

    @Override
    public void goAway(int lastStreamId, int errorCode, byte[] bytes, int offset, int length) {}

    @Override
    public void windowUpdate(int streamId, int increment) {}

    @Override
    public void priorityUpdate(int prioritizedStreamId, String fieldValue) {}

    @Override
    public void unknownFrame(int type) {}
}
