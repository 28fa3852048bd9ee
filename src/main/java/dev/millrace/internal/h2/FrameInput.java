package dev.millrace.internal.h2;

import dev.millrace.http.Flood;
import dev.millrace.http.Headers;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.hpack.HpackDecoder;
import dev.millrace.internal.hpack.HpackException;

/**
 * What the frames of a peer mean, as far as client and server have it in common (RFC 9113 §6). Each looks at the state of its
 * stream first, and what it may not do there is an {@link Http2Error} of the stream or of the connection.
 */
abstract class FrameInput implements FrameSink {
    /** Where the DATA frame that is arriving goes. */
    private enum Target {
        STREAM,
        /** Its stream is gone: counted, and thrown away. */
        NOBODY
    }

    /** How many streams at full speed the connection's window has room for. */
    private static final int CONNECTION_FACTOR = 2;

    /** A window that is smaller counts as shut: less than a frame is left of it. */
    private static final int LITTLE = 16 << 10;

    final Http2Connection connection;
    final Http2Context context;
    final Settings peer;
    private final ReceiveWindow window;
    private final UnreadContent unread;
    private Target target = Target.NOBODY;
    private int length; // of the DATA frame's payload
    private int content; // of that, so far
    private final Bdp bdp;
    final HpackDecoder hpack;

    FrameInput(Http2Connection connection, Http2Context context) {
        this.connection = connection;
        this.context = context;
        this.peer = connection.peerSettings();
        this.window = new ReceiveWindow(0, Settings.DEFAULT_WINDOW, context.http2.connectionWindow());
        this.unread = new UnreadContent(
                connection.transport,
                context.http2.maxConnectionWindow(),
                context.http2.connectionWindow() / 2,
                connection::atEventEnd);
        this.bdp = new Bdp(
                connection.roundTrip(),
                context.http2.streamWindow(),
                context.http2.maxStreamWindow(),
                connection.loop().now());
        // what we announce holds from its acknowledgement on (RFC 7541 §4.2)
        this.hpack = new HpackDecoder(
                Settings.initial(Settings.HEADER_TABLE_SIZE),
                Math.max(context.http2.headerTable(), context.limits.headerSection()),
                context.blocks);
    }

    /** {@return by how much the connection's window is to be opened now, or 0} */
    int increment() {
        return window.increment(unread.room());
    }

    /** {@return what counts the content that waits for its readers} */
    UnreadContent unread() {
        return unread;
    }

    /** {@return what the peer may send on all streams together} */
    long available() {
        return window.available();
    }

    /** {@return whether the peer may send next to nothing, because readers or memory are waited for} */
    boolean shut() {
        return window.available() < LITTLE && unread.tight();
    }

    /** {@return what the peer may send on a new stream} */
    ReceiveWindow newWindow(int streamId) {
        int announced = context.http2.streamWindow();
        // until the peer has seen our SETTINGS it goes by what everybody starts with (RFC 9113 §6.9.2)
        boolean known = connection.deadlines().settingsKnown();
        return new ReceiveWindow(
                streamId, known ? announced : Math.max(announced, Settings.DEFAULT_WINDOW), bdp.window());
    }

    /** Content was read, or thrown away: if that fills the windows, they may be too small for the network. */
    void consumed(int bytes) {
        long now = connection.loop().now();
        if (bdp.consumed(bytes, now)) {
            connection.output().ping(bdp.begin(now));
        }
    }

    /** A round trip was measured. */
    void measured() {
        if (bdp.end(connection.loop().now())) {
            long all = Math.max(context.http2.connectionWindow(), (long) CONNECTION_FACTOR * bdp.window());
            window.resize((int) Math.min(context.http2.maxConnectionWindow(), all));
            connection.streams().forEach(stream -> {
                StreamInput arriving = stream.input();
                if (arriving != null) {
                    arriving.resize(bdp.window());
                    connection.streams().taken(stream);
                }
            });
        }
    }

    /** A frame of a stream that is not open: an error if the stream cannot have been. */
    final void requireNotIdle(int streamId, String frame) throws Http2Error {
        if (idle(streamId)) {
            throw Http2Error.connection(ErrorCode.PROTOCOL_ERROR, frame + " on an idle stream");
        }
    }

    /** {@return whether a stream has never been opened} */
    abstract boolean idle(int streamId);

    /** A stream that is idle cannot be reset (RFC 9113 §6.4), so its error is the connection's. */
    @Override
    public final void wrong(Http2Error error) throws Http2Error {
        if (idle(error.streamId())) {
            throw Http2Error.connection(error.code(), error.detail());
        }
        throw error;
    }

    // ---- header sections

    final void decode(byte[] block, int offset, int end, SectionReader reader) throws Http2Error {
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

    /** HEADERS of a stream that is not open any more: they are decoded for the sake of the table. */
    final void stale(int streamId, byte[] block, int offset, int end) throws Http2Error {
        decode(block, offset, end, context.trailers);
        if (!connection.streams().table().wasReset(streamId)) {
            throw Http2Error.connection(ErrorCode.STREAM_CLOSED, "HEADERS on a closed stream");
        }
        connection.guard().count(Flood.STALE_FRAMES, connection.loop().now());
    }

    /** HEADERS of a stream whose message has begun. */
    final void trailers(
            Http2Stream stream, byte[] block, int offset, int end, boolean endStream, @Nullable Http2Error wrong)
            throws Http2Error {
        TrailerReader trailers = context.trailers;
        decode(block, offset, end, trailers);
        if (wrong != null) {
            throw wrong;
        }
        int streamId = stream.id();
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
    }

    // ---- DATA

    @Override
    public void data(int streamId, int payloadLength, boolean endStream) throws Http2Error {
        target = Target.NOBODY;
        length = payloadLength;
        content = 0;
        window.received(payloadLength);
        window.consumed(payloadLength); // a stream that nobody reads must not starve the others: see UnreadContent
        connection.atEventEnd(); // which opens the window again
        Http2Stream stream = connection.streams().table().get(streamId);
        if (stream == null) {
            requireNotIdle(streamId, "DATA");
            if (!connection.streams().table().wasReset(streamId)) {
                throw Http2Error.stream(
                        streamId, ErrorCode.STREAM_CLOSED, "DATA came on a closed stream (RFC 9113 §5.1).");
            }
            connection.guard().count(Flood.STALE_FRAMES, connection.loop().now());
            return;
        }
        stream.state().receiveData(streamId);
        StreamInput input = stream.input();
        if (input != null) {
            target = Target.STREAM;
            input.frame(payloadLength);
        }
    }

    /** Counts a DATA frame: of what is there too little, and where does it go? */
    private void count(int content, boolean endStream, @Nullable StreamInput input) throws Http2Error {
        FloodGuard guard = connection.guard();
        long now = connection.loop().now();
        if (content > 0) {
            guard.dataReceived();
        } else if (!endStream) {
            guard.count(Flood.EMPTY_FRAMES, now);
        }
        if (content < FloodGuard.TINY && !endStream && input != null && input.waitingBytes() > 0) {
            guard.count(Flood.TINY_DATA, now);
        }
    }

    @Override
    public void dataBytes(int streamId, byte[] bytes, int offset, int count) throws Http2Error {
        content += count;
        Http2Stream stream = current(streamId);
        StreamInput input = stream == null ? null : stream.input();
        if (stream != null && input != null) {
            input.take(bytes, offset, count);
            stream.arrived(input, count);
        }
    }

    @Override
    public void dataEnd(int streamId, boolean endStream) throws Http2Error {
        Http2Stream stream = current(streamId);
        StreamInput input = stream == null ? null : stream.input();
        count(content, endStream, input);
        if (stream == null || input == null) {
            return;
        }
        input.skip(length - content);
        if (endStream) {
            stream.ended(Headers.empty());
        } else {
            connection.streams().takeOrReset(stream);
        }
    }

    /** The stream that a DATA frame belongs to, unless it has ended meanwhile. */
    private @Nullable Http2Stream current(int streamId) {
        return target == Target.NOBODY ? null : connection.streams().table().get(streamId);
    }

    // ---- control

    @Override
    public void priority(int streamId) throws Http2Error {
        connection.guard().count(Flood.PRIORITY, connection.loop().now());
    }

    @Override
    public void priorityUpdate(int prioritizedStreamId, String fieldValue) throws Http2Error {
        connection.guard().count(Flood.PRIORITY, connection.loop().now());
        Http2Stream stream = connection.streams().table().get(prioritizedStreamId);
        if (stream != null) {
            connection.output().prioritize(stream, Priority.parse(fieldValue));
        } else if (idle(prioritizedStreamId)) {
            early(prioritizedStreamId, Priority.parse(fieldValue));
        }
    }

    /** A priority has come ahead of its stream. */
    abstract void early(int streamId, Priority priority);

    @Override
    public void rstStream(int streamId, int errorCode) throws Http2Error {
        StreamTable table = connection.streams().table();
        Http2Stream stream = table.get(streamId);
        if (!ours(streamId)) { // to open one costs a peer little, and nothing to reset one that is gone
            connection.guard().count(Flood.RAPID_RESET, connection.loop().now());
        } else if (stream == null) { // where both sides have reset it, this was on its way
            connection
                    .guard()
                    .count(
                            table.wasReset(streamId) ? Flood.STALE_FRAMES : Flood.RAPID_RESET,
                            connection.loop().now());
        }
        if (stream == null) {
            requireNotIdle(streamId, "RST_STREAM");
        } else {
            stream.resetByPeer(ErrorCode.of(errorCode));
        }
    }

    /** {@return whether a stream is one that this side has opened} */
    abstract boolean ours(int streamId);

    @Override
    public void setting(int id, long value) throws Http2Error {
        int window = peer.initialWindowSize();
        peer.set(id, value);
        // one that is said twice counts each time: streams may be too large, or a table be emptied, in between
        if (id == Settings.HEADER_TABLE_SIZE) {
            connection.output().tableSize(peer.headerTableSize());
        } else if (id == Settings.INITIAL_WINDOW_SIZE && peer.initialWindowSize() != window) {
            adjust(peer.initialWindowSize() - window);
        }
    }

    @Override
    public void settingsEnd(int entries) throws Http2Error {
        connection.guard().settings(entries, connection.loop().now());
        connection.output().settingsAck();
        connection.opened();
    }

    private void adjust(int delta) throws Http2Error {
        Http2Error[] wrong = new Http2Error[1];
        connection.streams().forEach(stream -> {
            try {
                stream.window.adjust(delta);
                connection.output().opened(stream);
            } catch (Http2Error e) {
                wrong[0] = e;
            }
        });
        if (wrong[0] != null) { // RFC 9113 §6.9.2
            throw Http2Error.connection(ErrorCode.FLOW_CONTROL_ERROR, "an initial window makes a window too large");
        }
    }

    @Override
    public void settingsAck() throws Http2Error {
        if (connection.deadlines().settingsKnown()) {
            connection.guard().settings(0, connection.loop().now()); // nobody has asked for it
            return;
        }
        connection.deadlines().settingsAcknowledged();
        hpack.tableSizeLimit(context.http2.headerTable());
        int difference = context.http2.streamWindow() - Settings.DEFAULT_WINDOW;
        if (difference < 0) { // see newWindow
            connection.streams().forEach(stream -> {
                StreamInput arriving = stream.input();
                if (arriving != null) {
                    arriving.adjust(difference);
                    connection.streams().taken(stream);
                }
            });
        }
    }

    @Override
    public void ping(long data, boolean ack) throws Http2Error {
        if (ack) {
            connection.pong(data);
        } else {
            connection.guard().count(Flood.PING, connection.loop().now());
            connection.output().pingAck(data);
        }
    }

    @Override
    public void goAway(int lastStreamId, int errorCode, byte[] bytes, int offset, int length) throws Http2Error {
        connection.guard().count(Flood.GOAWAY, connection.loop().now());
        connection.peerLeaves(lastStreamId, ErrorCode.of(errorCode));
    }

    @Override
    public void windowUpdate(int streamId, int increment) throws Http2Error {
        connection.guard().count(Flood.WINDOW_UPDATE, connection.loop().now());
        if (streamId == 0) {
            connection.output().window().update(increment);
            connection.output().opened();
            return;
        }
        Http2Stream stream = connection.streams().table().get(streamId);
        if (stream == null) {
            requireNotIdle(streamId, "WINDOW_UPDATE");
            return;
        }
        stream.window.update(increment);
        connection.output().opened(stream);
    }

    @Override
    public void unknownFrame(int type) throws Http2Error {
        connection.guard().count(Flood.UNKNOWN_FRAMES, connection.loop().now());
    }
}
