package dev.millrace.internal.h2;

import dev.millrace.internal.bytes.Nullable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * Writes down what a decoder says. Pieces of one DATA frame become one line, so that the lines are the same however the
 * bytes were cut. A line can be told to fail.
 */
final class RecordingSink implements FrameSink {
    private final List<String> lines = new ArrayList<>();
    private final StringBuilder content = new StringBuilder();
    private String failing = "";
    private @Nullable Http2Error failure;
    int pieces;

    @Nullable
    FrameDecoder stops;

    /** The first line that begins so fails, once. */
    RecordingSink failAt(String beginning, Http2Error with) {
        failing = beginning;
        failure = with;
        return this;
    }

    List<String> lines() {
        return lines;
    }

    private void line(String line) throws Http2Error {
        lines.add(line);
        fail(line);
    }

    private void fail(String line) throws Http2Error {
        if (stops != null) {
            stops.stop();
        }
        Http2Error error = failure;
        if (error != null && line.startsWith(failing)) {
            failure = null;
            throw error;
        }
    }

    private static String hex(byte[] b, int offset, int length) {
        if (length > 40) {
            return length + " bytes " + Arrays.hashCode(Arrays.copyOfRange(b, offset, offset + length));
        }
        return HexFormat.of().formatHex(b, offset, offset + length);
    }

    @Override
    public void data(int streamId, int payloadLength, boolean endStream) throws Http2Error {
        content.setLength(0);
        line("data " + streamId + " " + payloadLength + end(endStream));
    }

    @Override
    public void dataBytes(int streamId, byte[] bytes, int offset, int length) throws Http2Error {
        if (length < 1) {
            throw new AssertionError("a piece without bytes");
        }
        pieces++;
        content.append(HexFormat.of().formatHex(bytes, offset, offset + length));
        fail("bytes " + streamId);
    }

    @Override
    public void dataEnd(int streamId, boolean endStream) throws Http2Error {
        byte[] all = HexFormat.of().parseHex(content);
        line("dataEnd " + streamId + " " + hex(all, 0, all.length) + end(endStream));
    }

    @Override
    public void headers(int streamId, byte[] block, int offset, int end, boolean endStream, @Nullable Http2Error wrong)
            throws Http2Error {
        line("headers " + streamId + " " + hex(block, offset, end - offset) + end(endStream)
                + (wrong == null ? "" : " wrong " + describe(wrong)));
    }

    @Override
    public void priority(int streamId) throws Http2Error {
        line("priority " + streamId);
    }

    @Override
    public void rstStream(int streamId, int errorCode) throws Http2Error {
        line("rstStream " + streamId + " " + errorCode);
    }

    @Override
    public void setting(int id, long value) throws Http2Error {
        line("setting " + id + " " + value);
    }

    @Override
    public void settingsEnd(int entries) throws Http2Error {
        line("settingsEnd " + entries);
    }

    @Override
    public void settingsAck() throws Http2Error {
        line("settingsAck");
    }

    @Override
    public void ping(long data, boolean ack) throws Http2Error {
        line("ping " + Long.toHexString(data) + (ack ? " ack" : ""));
    }

    @Override
    public void goAway(int lastStreamId, int errorCode, byte[] bytes, int offset, int length) throws Http2Error {
        line("goAway " + lastStreamId + " " + errorCode + " " + hex(bytes, offset, length));
    }

    @Override
    public void windowUpdate(int streamId, int increment) throws Http2Error {
        line("windowUpdate " + streamId + " " + increment);
    }

    @Override
    public void priorityUpdate(int prioritizedStreamId, String fieldValue) throws Http2Error {
        line("priorityUpdate " + prioritizedStreamId + " " + fieldValue);
    }

    @Override
    public void unknownFrame(int type) throws Http2Error {
        line("unknownFrame " + type);
    }

    private static String end(boolean endStream) {
        return endStream ? " end" : "";
    }

    static String describe(Http2Error error) {
        return error.streamId() + " " + error.code() + (error.flood() == null ? "" : " " + error.flood());
    }

    /**
     * Shows bytes to a decoder as a connection does, cut at some places: what is not taken comes again in front of the next
     * piece, and after the error of a stream decoding goes on.
     *
     * @param cuts rising, each within the bytes
     * @return all lines, and the error of the connection if there was one
     */
    static List<String> decode(FrameDecoder decoder, RecordingSink sink, byte[] all, int... cuts) {
        int taken = 0;
        for (int i = 0; i <= cuts.length; i++) {
            int end = i < cuts.length ? cuts[i] : all.length;
            // another array each time, with something else around the bytes
            byte[] shown = FrameBytes.amid(Arrays.copyOfRange(all, taken, end), 3, 5, -1 - i);
            int from = 3;
            int to = 3 + end - taken;
            boolean again = true;
            while (again) {
                again = false;
                int next;
                try {
                    next = decoder.decode(shown, from, to);
                } catch (Http2Error e) {
                    sink.lines.add("error " + describe(e));
                    if (e.endsConnection()) {
                        return sink.lines;
                    }
                    next = decoder.position();
                    again = true;
                }
                if (next < from || next > to) {
                    throw new AssertionError("took up to " + next + " of " + from + " to " + to);
                }
                taken += next - from;
                from = next;
            }
        }
        sink.lines.add("taken " + taken + (decoder.midFrame() ? " mid-frame" : ""));
        return sink.lines;
    }
}
