package dev.millrace.internal.h2;

import dev.millrace.http.Body;
import dev.millrace.http.Flood;
import dev.millrace.http.Status;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.hpack.HpackDecoder;
import dev.millrace.internal.hpack.HpackException;
import dev.millrace.internal.transport.Transport;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** What the frames of a client mean to a server: header sections are requests and trailers. */
final class ServerInput extends FrameInput {
    /** Header blocks up to this size are remembered, so that one that comes again need not be decoded. */
    private static final int REMEMBERED = 256;

    private static final byte[] NOTHING = new byte[0];

    private final HpackDecoder hpack;
    private Map<Integer, Priority> early = Map.of(); // those said ahead of their streams
    private byte[] lastBlock = NOTHING;
    private long lastRevision;
    private @Nullable RequestParts lastParts;

    ServerInput(Http2Connection connection, Transport transport, Http2Context context, Settings peer) {
        super(connection, transport, context, peer);
        // what we announce holds from its acknowledgement on (RFC 7541 §4.2)
        this.hpack = new HpackDecoder(
                Settings.initial(Settings.HEADER_TABLE_SIZE),
                Math.max(context.http2.headerTable(), context.limits.headerSection()),
                context.blocks);
    }

    @Override
    void settingsHold() {
        hpack.tableSizeLimit(context.http2.headerTable());
    }

    @Override
    public void priorityUpdate(int prioritizedStreamId, String fieldValue) throws Http2Error {
        if (idle(prioritizedStreamId)
                && !early.containsKey(prioritizedStreamId)
                && early.size() + connection.streams().table().size() >= context.http2.concurrentStreams()) {
            requireRoom();
        }
        super.priorityUpdate(prioritizedStreamId, fieldValue);
    }

    /** Idle streams with a priority count like open ones (RFC 9218 §7.1); those that were skipped count no more. */
    private void requireRoom() throws Http2Error {
        early.keySet().removeIf(streamId -> !idle(streamId));
        if (early.size() + connection.streams().table().size() >= context.http2.concurrentStreams()
                && connection.deadlines().settingsKnown()) {
            throw Http2Error.protocol("More idle streams have a priority than may be opened (RFC 9218 §7.1).");
        }
    }

    /** What is said of a stream ahead of it counts more than what its request says (RFC 9218 §7). */
    @Override
    void early(int streamId, Priority priority) {
        if (early.isEmpty()) {
            early = new HashMap<>();
        }
        if (early.size() < context.http2.concurrentStreams()) { // the peer need not know our bound yet
            early.put(streamId, priority);
        }
    }

    /** A stream that is idle cannot be reset (RFC 9113 §6.4), so its error is the connection's. */
    @Override
    public void wrong(Http2Error error) throws Http2Error {
        if (idle(error.streamId())) {
            throw Http2Error.connection(error.code(), error.detail());
        }
        throw error;
    }

    private void prioritize(Http2Stream stream, @Nullable String field) {
        Priority said = early.isEmpty() ? null : early.remove(stream.id());
        if (said != null) {
            connection.output().prioritize(stream, said);
        } else if (field != null) {
            connection.output().prioritize(stream, Priority.parse(field));
        }
    }

    @Override
    boolean idle(int streamId) {
        // a server opens none: those with even numbers stay idle
        return (streamId & 1) == 0 || streamId > connection.streams().table().last();
    }

    @Override
    public void headers(int streamId, byte[] block, int offset, int end, boolean endStream, @Nullable Http2Error wrong)
            throws Http2Error {
        if ((streamId & 1) == 0) {
            throw Http2Error.connection(ErrorCode.PROTOCOL_ERROR, "a client's stream has an even number");
        }
        StreamTable streams = connection.streams().table();
        if (streamId > streams.last()) {
            streams.use(streamId);
            open(streamId, block, offset, end, endStream, wrong);
            return;
        }
        Http2Stream stream = streams.get(streamId);
        if (stream == null) {
            if (streams.skipped(streamId)) {
                throw Http2Error.connection(ErrorCode.PROTOCOL_ERROR, "a stream's number is lower than one before it");
            }
            trailers(block, offset, end);
            if (!streams.wasReset(streamId)) {
                throw Http2Error.connection(ErrorCode.STREAM_CLOSED, "HEADERS on a closed stream");
            }
            connection.guard().count(Flood.STALE_FRAMES, connection.loop().now());
            return;
        }
        TrailerReader trailers = trailers(block, offset, end);
        if (wrong != null) {
            throw wrong;
        }
        stream.state().receiveHeaders(streamId);
        if (stream.tunnel()) {
            throw Http2Error.stream(streamId, ErrorCode.PROTOCOL_ERROR, "HEADERS came on a tunnel (RFC 9113 §8.5).");
        }
        if (!endStream) {
            throw Http2Error.stream(streamId, ErrorCode.PROTOCOL_ERROR, "trailers without END_STREAM");
        }
        if (trailers.fault() != null) {
            throw Http2Error.stream(streamId, ErrorCode.PROTOCOL_ERROR, trailers.fault());
        }
        if (trailers.tooLarge()) {
            throw Http2Error.stream(streamId, ErrorCode.ENHANCE_YOUR_CALM, "a trailer section is too large");
        }
        stream.ended(trailers.headers());
        connection.streams().received(stream);
    }

    private TrailerReader trailers(byte[] block, int offset, int end) throws Http2Error {
        TrailerReader reader = context.trailers;
        decode(block, offset, end, reader);
        return reader;
    }

    private void decode(byte[] block, int offset, int end, SectionReader reader) throws Http2Error {
        reader.begin();
        try {
            hpack.decode(block, offset, end, reader);
        } catch (HpackException e) {
            throw Http2Error.connection(ErrorCode.COMPRESSION_ERROR, String.valueOf(e.getMessage()));
        }
        if (reader.tooLarge()) {
            connection.guard().count(Flood.HEADER_LIST, connection.loop().now());
        }
    }

    private void open(int id, byte[] block, int offset, int end, boolean endStream, @Nullable Http2Error wrong)
            throws Http2Error {
        RequestParts request = known(block, offset, end);
        RequestReader reader = context.requests;
        if (request == null) {
            long before = hpack.revision();
            decode(block, offset, end, reader);
            request = reader.tooLarge() ? null : reader.finish();
            if (request != null && !reader.unknownExpectation()) {
                remember(block, offset, end, before, request);
            }
        }
        if (wrong != null) {
            throw wrong;
        }
        if (connection.ending().life() == Http2Life.DRAINING
                || connection.streams().load() >= context.http2.concurrentStreams()) {
            // never begun: safe to be sent again
            throw Http2Error.stream(id, ErrorCode.REFUSED_STREAM, "There are too many streams (RFC 9113 §5.1.2).");
        }
        if (request == null && !reader.tooLarge()) {
            throw Http2Error.stream(id, ErrorCode.PROTOCOL_ERROR, String.valueOf(reader.fault()));
        }
        ServerStream stream = new ServerStream(connection, id, context);
        stream.open(endStream);
        connection.streams().add(stream);
        if (request != null && endStream && request.contentLength() > 0) {
            throw Http2Error.stream(id, ErrorCode.PROTOCOL_ERROR, "less content than content-length says");
        }
        if (request == null) {
            stream.refuse(
                    reader.targetLength() > context.limits.requestLine()
                            ? Status.URI_TOO_LONG
                            : Status.REQUEST_HEADER_FIELDS_TOO_LARGE,
                    "The header section is larger than this server takes.",
                    Body.UNKNOWN_LENGTH);
        } else if (request.target().length() > context.limits.requestLine()) {
            stream.refuse(Status.URI_TOO_LONG, "The target is longer than this server takes.", request.contentLength());
        } else if (request.contentLength() > context.limits.body()) {
            stream.refuse(
                    Status.CONTENT_TOO_LARGE, "The content is larger than this server takes.", request.contentLength());
        } else if (reader.unknownExpectation() && request != lastParts) {
            stream.refuse(
                    Status.EXPECTATION_FAILED,
                    "This server meets no expectation but 100-continue.",
                    request.contentLength());
        } else {
            prioritize(stream, request.priority());
            stream.start(request, endStream);
        }
    }

    /** The request of a block that is the same as the last one, with the same table: HPACK gives the same fields. */
    private @Nullable RequestParts known(byte[] block, int offset, int end) {
        return lastParts != null
                        && hpack.revision() == lastRevision
                        && Arrays.equals(block, offset, end, lastBlock, 0, lastBlock.length)
                ? lastParts
                : null;
    }

    private void remember(byte[] block, int offset, int end, long before, RequestParts request) {
        if (hpack.revision() != before || end - offset > REMEMBERED) {
            return;
        }
        lastBlock = Arrays.copyOfRange(block, offset, end);
        lastRevision = before;
        lastParts = request;
    }
}
