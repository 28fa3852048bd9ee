package dev.millrace.internal.h2;

import dev.millrace.http.Status;
import dev.millrace.internal.bytes.Nullable;

/** What the frames of a server mean to a client: header sections are responses, interim ones, and trailers. */
final class ClientInput extends FrameInput {
    private final Http2ClientContext client;

    ClientInput(Http2Connection connection, Http2ClientContext client) {
        super(connection, client);
        this.client = client;
    }

    @Override
    boolean idle(int streamId) {
        // push is refused: those with even numbers stay idle
        return !ours(streamId) || streamId > connection.streams().table().last();
    }

    @Override
    boolean ours(int streamId) {
        return (streamId & 1) == 1;
    }

    @Override
    public void priorityUpdate(int prioritizedStreamId, String fieldValue) throws Http2Error {
        throw Http2Error.protocol("PRIORITY_UPDATE came from a server (RFC 9218 §7.1).");
    }

    @Override
    void early(int streamId, Priority priority) {
        throw new AssertionError("a server says no priorities");
    }

    @Override
    public void headers(int streamId, byte[] block, int offset, int end, boolean endStream, @Nullable Http2Error wrong)
            throws Http2Error {
        requireNotIdle(streamId, "HEADERS");
        Http2Stream stream = connection.streams().table().get(streamId);
        if (stream == null) {
            stale(streamId, block, offset, end);
        } else if (stream instanceof ClientStream asked && asked.awaitsHead()) {
            response(asked, block, offset, end, endStream, wrong);
        } else {
            trailers(stream, block, offset, end, endStream, wrong);
        }
    }

    private void response(
            ClientStream stream, byte[] block, int offset, int end, boolean endStream, @Nullable Http2Error wrong)
            throws Http2Error {
        ResponseReader reader = client.responses;
        decode(block, offset, end, reader);
        if (wrong != null) {
            throw wrong;
        }
        if (reader.tooLarge()) {
            throw Http2Error.stream(
                    stream.id(), ErrorCode.ENHANCE_YOUR_CALM, "The header section is larger than this client takes.");
        }
        Status status = reader.finish();
        if (status == null) {
            throw Http2Error.stream(stream.id(), ErrorCode.PROTOCOL_ERROR, String.valueOf(reader.fault()));
        }
        if (!status.informational()) {
            stream.respond(status, reader, endStream);
        } else if (endStream) {
            throw Http2Error.stream(
                    stream.id(), ErrorCode.PROTOCOL_ERROR, "an interim response ends its stream (RFC 9113 §8.1)");
        } else {
            stream.interim(status, reader.headers());
        }
    }

    @Override
    public void data(int streamId, int payloadLength, boolean endStream) throws Http2Error {
        super.data(streamId, payloadLength, endStream);
        if (connection.streams().table().get(streamId) instanceof ClientStream stream && stream.awaitsHead()) {
            throw Http2Error.stream(
                    streamId, ErrorCode.PROTOCOL_ERROR, "DATA came ahead of the header section (RFC 9113 §8.1).");
        }
    }

    @Override
    public void dataEnd(int streamId, boolean endStream) throws Http2Error {
        super.dataEnd(streamId, endStream);
        if (connection.streams().table().get(streamId) instanceof ClientStream stream) {
            stream.look();
        }
    }
}
