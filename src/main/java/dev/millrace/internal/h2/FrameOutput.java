package dev.millrace.internal.h2;

import dev.millrace.http.FieldName;
import dev.millrace.http.Headers;
import dev.millrace.http.Request;
import dev.millrace.http.Status;
import dev.millrace.internal.bytes.Ascii;
import dev.millrace.internal.bytes.ByteAccumulator;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.exchange.FramingFields;
import dev.millrace.internal.exchange.RequestContent;
import dev.millrace.internal.hpack.HpackEncoder;
import dev.millrace.internal.transport.Transport;
import java.io.IOException;

/**
 * What a connection sends. Frames other than DATA go to the transport as they come, which sends all of an event together;
 * DATA waits in its streams until the end of the event and then goes out in the order of their priorities, as far as windows
 * and transport take it (RFC 9113 §5.2, RFC 9218 §10).
 */
final class FrameOutput {
    /** Content that is copied to its frame's head, so that both are one piece. */
    private static final int SMALL = 1024;

    private final Transport transport;
    private final Http2Context context;
    private final Settings peer;
    private final FloodGuard guard;
    private final Runnable turn;
    private final HpackEncoder hpack;
    private final SendWindow window = new SendWindow(0, Settings.DEFAULT_WINDOW);
    private final WriteScheduler<Http2Stream> scheduler = new WriteScheduler<>();
    private final HeldOutput held;
    private long sent; // content
    private boolean relieved; // it was tight, and is not any more
    private boolean bareEnds; // there may be streams that wait with their end alone

    /**
     * The output of a connection.
     *
     * @param transport takes it
     * @param context what it shares with others
     * @param peer what the peer has announced
     * @param guard counts what may be too much
     * @param turn asks for a {@link #pump()} at the end of the event
     */
    FrameOutput(Transport transport, Http2Context context, Settings peer, FloodGuard guard, Runnable turn) {
        this.guard = guard;
        this.turn = turn;
        this.transport = transport;
        this.context = context;
        this.peer = peer;
        this.hpack = new HpackEncoder(context.http2.encoderTable());
        this.held = new HeldOutput(context.maxHeld, this::relieve);
    }

    private void relieve() {
        relieved = true;
        turn.run();
    }

    /** {@return what counts the content that waits in memory} */
    HeldOutput held() {
        return held;
    }

    /** {@return whether, since this was last asked, it has ceased to be tight: streams may go on that wait for that} */
    boolean relieved() {
        boolean was = relieved;
        relieved = false;
        return was;
    }

    /** {@return how many bytes of content were handed to the transport so far} */
    long sent() {
        return sent;
    }

    /** {@return what the peer takes on all streams together} */
    SendWindow window() {
        return window;
    }

    // ---- frames without streams

    private FrameEncoder begin() {
        FrameEncoder encoder = context.encoder;
        encoder.out().clear();
        return encoder;
    }

    private void write() {
        ByteAccumulator out = context.encoder.out();
        transport.write(out.array(), 0, out.length());
    }

    void settingsAck() throws Http2Error {
        begin().settingsAck();
        write();
        answered();
    }

    void ping(long data) {
        begin().ping(data, false);
        write();
    }

    void pingAck(long data) throws Http2Error {
        begin().ping(data, true);
        write();
        answered();
    }

    /** The peer has provoked an answer: it may be one too many. */
    void answered() throws Http2Error {
        guard.answered(transport.pending() > 0);
    }

    void goAway(int lastStreamId, ErrorCode code, String debug) {
        begin().goAway(lastStreamId, code, debug);
        write();
    }

    void windowUpdate(int streamId, int increment) {
        begin().windowUpdate(streamId, increment);
        write();
    }

    void rstStream(int streamId, ErrorCode code) {
        begin().rstStream(streamId, code);
        write();
    }

    // ---- header sections

    /** The peer's limit for the table that header sections are encoded with. */
    void tableSize(int size) {
        hpack.peerTableSize(size);
    }

    /**
     * Sends the header section of a final response.
     *
     * @param id the stream's number
     * @param status the status
     * @param headers the handler's fields
     * @param length what content-length says, negative for no such field
     * @param end whether nothing follows
     * @param server has the fields that are the server's own
     */
    void response(int id, Status status, Headers headers, long length, boolean end, Http2ServerContext server) {
        FrameEncoder encoder = begin();
        ByteAccumulator out = encoder.out();
        int mark = encoder.beginHeaders(id);
        hpack.begin(out);
        hpack.status(out, status.code());
        boolean date = true;
        boolean named = true;
        for (int i = 0; i < headers.size(); i++) {
            String name = headers.name(i);
            date &= !Ascii.equalsIgnoreCase(name, FieldName.DATE);
            named &= !Ascii.equalsIgnoreCase(name, FieldName.SERVER);
            field(out, name, headers.value(i));
        }
        if (date) {
            hpack.encode(out, "date", server.date.value(transport.loop().now()));
        }
        if (named && !server.serverName.isEmpty()) {
            hpack.encode(out, "server", server.serverName);
        }
        if (length >= 0) {
            hpack.contentLength(out, length);
        }
        encoder.endHeaders(mark, end, peer.maxFrameSize());
        write();
    }

    /**
     * Sends the header section of a request.
     *
     * @param id the stream's number
     * @param request the request
     * @param end whether nothing follows
     */
    void request(int id, Request request, boolean end) {
        FrameEncoder encoder = begin();
        ByteAccumulator out = encoder.out();
        int mark = encoder.beginHeaders(id);
        hpack.begin(out);
        hpack.encode(out, ":method", request.method().toString());
        String scheme = request.scheme();
        hpack.encode(out, ":scheme", !scheme.isEmpty() ? scheme : transport.secure() ? "https" : "http");
        hpack.encode(out, ":authority", authority(request));
        hpack.encode(out, ":path", request.target());
        Headers headers = request.headers();
        boolean named = headers.contains(FieldName.CONNECTION); // fields of the connection (RFC 9110 §7.6.1)
        for (int i = 0; i < headers.size(); i++) {
            String name = headers.name(i);
            if (!Ascii.equalsIgnoreCase(name, FieldName.HOST)
                    && !Ascii.equalsIgnoreCase(name, FieldName.TE)
                    && !(named && headers.hasToken(FieldName.CONNECTION, name))) {
                field(out, name, headers.value(i));
            }
        }
        if (headers.hasToken(FieldName.TE, "trailers")) { // the only coding that it may name (RFC 9113 §8.2.2)
            hpack.encode(out, FieldName.TE, "trailers");
        }
        long length = RequestContent.length(request);
        if (length >= 0) {
            hpack.contentLength(out, length);
        }
        encoder.endHeaders(mark, end, peer.maxFrameSize());
        write();
    }

    /** Who the request is for: what stands in Host where nothing else says so (RFC 9113 §8.3.1). */
    private static String authority(Request request) {
        String host = request.headers().get(FieldName.HOST);
        return request.authority().isEmpty() && host != null ? host : request.authority();
    }

    /** Sends an interim response. */
    void interim(int id, Status status, Headers headers) {
        FrameEncoder encoder = begin();
        ByteAccumulator out = encoder.out();
        int mark = encoder.beginHeaders(id);
        hpack.begin(out);
        hpack.status(out, status.code());
        fields(out, headers);
        encoder.endHeaders(mark, false, peer.maxFrameSize());
        write();
    }

    private void trailers(int id, Headers trailers) {
        FrameEncoder encoder = begin();
        ByteAccumulator out = encoder.out();
        int mark = encoder.beginHeaders(id);
        hpack.begin(out);
        fields(out, trailers);
        encoder.endHeaders(mark, true, peer.maxFrameSize());
        write();
    }

    private void fields(ByteAccumulator out, Headers fields) {
        for (int i = 0; i < fields.size(); i++) {
            field(out, fields.name(i), fields.value(i));
        }
    }

    /** Leaves out what is about a connection of HTTP/1.1 (RFC 9113 §8.2.2). */
    private void field(ByteAccumulator out, String name, String value) {
        if (!FramingFields.contains(name)
                && !Ascii.equalsIgnoreCase(name, FieldName.UPGRADE)
                && !Ascii.equalsIgnoreCase(name, FieldName.PROXY_CONNECTION)) {
            hpack.encode(out, name, value);
        }
    }

    // ---- DATA

    /** A stream has something to send, or its window has changed: its turn comes at the end of the event if it can send. */
    void ready(Http2Stream stream) {
        if (stream.sendable()) {
            bareEnds |= isBareEnd(stream);
            scheduler.add(stream);
        } else { // other SETTINGS may have taken back what it was waiting to send
            scheduler.remove(stream);
        }
        turn.run(); // also where it cannot send: what waits is to be counted
    }

    /** A stream's window has opened. */
    void opened(Http2Stream stream) {
        ready(stream);
        stream.tellSendable();
    }

    /** The connection's window has opened. */
    void opened() {
        if (!scheduler.isEmpty()) {
            turn.run();
        }
    }

    /** The stream sends nothing more. */
    void remove(Http2Stream stream) {
        scheduler.remove(stream);
    }

    /** Another priority for a stream. */
    void prioritize(Http2Stream stream, Priority priority) {
        scheduler.prioritize(stream, priority);
    }

    /** {@return whether something could go out as soon as the transport takes it} */
    boolean waiting() {
        return !scheduler.isEmpty() && window.available() > 0;
    }

    /** {@return whether a stream waits for its turn behind others, for which the peer reads, and for no window of the peer's} */
    boolean waitsForTurn(Http2Stream stream) {
        return stream.queue().pending() > 0 && stream.window.available() > 0 && window.available() > 0;
    }

    /** Sends what can be sent. */
    void pump() throws Http2Error {
        while (transport.writable()) {
            Http2Stream stream = scheduler.next();
            if (stream != null && stream.queue().pending() > 0 && window.available() <= 0) {
                stream = withoutContent();
            }
            if (stream == null) {
                return;
            }
            frame(stream);
        }
    }

    /** The connection's window is closed: what has only its end to send needs none (RFC 9113 §6.9.1). */
    private @Nullable Http2Stream withoutContent() {
        Http2Stream found = bareEnds ? scheduler.first(FrameOutput::isBareEnd) : null;
        bareEnds = found != null;
        return found;
    }

    private static boolean isBareEnd(Http2Stream stream) {
        return stream.queue().pending() == 0;
    }

    private void frame(Http2Stream stream) throws Http2Error {
        DataQueue queue = stream.queue();
        long before = queue.pending();
        int max = (int) Math.min(before, Math.min(stream.window.available(), window.available()));
        int n;
        try {
            n = before == 0 ? 0 : queue.prepare(Math.min(max, peer.maxFrameSize()), context.fileBuffer());
        } catch (IOException e) {
            scheduler.remove(stream);
            stream.sourceFailed(e);
            return;
        }
        boolean last = n == before && stream.ending();
        boolean trailers = last && !stream.trailers().isEmpty();
        if (n > 0 || !trailers) {
            FrameEncoder encoder = begin();
            encoder.dataHeader(stream.id(), n, last && !trailers);
            if (n <= SMALL) {
                queue.copyTo(encoder.out());
                write();
            } else {
                write();
                queue.writeTo(transport);
            }
            stream.window.take(n);
            window.take(n);
            sent += n;
            stream.clock().sent(n);
            boolean cut = n < before && (stream.window.available() == 0 || window.available() == 0);
            guard.dataSent(n, cut, transport.loop().now());
        }
        if (trailers) {
            trailers(stream.id(), stream.trailers());
        }
        scheduler.sent(stream, n); // a stream's last turn is one, too
        if (last) {
            scheduler.remove(stream);
            stream.sentEnd();
        } else if (!stream.sendable()) {
            scheduler.remove(stream);
        }
        stream.tellSendable();
    }
}
