package dev.millrace.internal.h2;

import dev.millrace.http.Flood;
import dev.millrace.http.HttpException;
import dev.millrace.http.Initiator;
import dev.millrace.http.PeerClosedException;
import dev.millrace.http.Phase;
import dev.millrace.http.TlsInfo;
import dev.millrace.http.Version;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.observer.ConnectionFacts;
import dev.millrace.internal.transport.AfterEvent;
import dev.millrace.internal.transport.Loop;
import dev.millrace.internal.transport.Protocol;
import dev.millrace.internal.transport.Transport;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.ConnectionInfo;
import dev.millrace.observe.ConnectionState;
import java.net.InetSocketAddress;
import java.util.Locale;

/**
 * An HTTP/2 connection (RFC 9113): its life, its deadlines and its end. {@link FrameInput} gives the peer's frames their
 * meaning, {@link FrameOutput} sends ours, {@link Http2Stream}s carry requests; what makes it a server's or a client's lies in
 * these. Knows neither sockets nor threads: bytes and time come in, bytes and calls go out. Lives on its connection's loop.
 */
public final class Http2Connection implements Protocol, AfterEvent {
    /** Whether this connection has asked for the end of the event. */
    private enum Turn {
        NONE,
        ASKED
    }

    /** Whether the peer still sends. */
    private enum Peer {
        SENDING,
        /** Said GOAWAY: opens no further stream. */
        LEAVING,
        /** Has ended its direction. */
        ENDED
    }

    /** How many looks at its streams fit into a window of progress: how late one that stands still may be noticed. */
    private static final int LOOKS = 8;

    /** How long the peer of a connection that is about to close may take for a round trip. */
    private static final long ROUND_TRIP_NANOS = 500_000_000;

    private static final long LEAVING_PING = 0x6d696c6c72616365L;

    private final Transport transport;
    private final Http2Context context;
    private final StreamTable streams = new StreamTable();
    private final FloodGuard guard;
    private final FrameOutput output;
    private final FrameInput input;
    private final FrameDecoder decoder;
    private Http2Life life = Http2Life.PREFACE;
    private Turn turn = Turn.NONE;
    private Peer peer = Peer.SENDING;
    private @Nullable CloseReason blamed;
    private @Nullable String detail;
    private long since; // the state that is waited in was entered
    private long looked; // at the streams
    private long partSince; // a part of a frame or of a header section has waited
    private long firstByteNanos;
    private int read; // of the preface; while lingering: what was thrown away
    private long served;
    private int working; // handlers of streams that are gone

    /**
     * A server's connection.
     *
     * @param transport its lower end
     * @param context what it shares with others
     * @param firstByteNanos how long the connection's first byte was waited for; 0 if it is still to come
     */
    public Http2Connection(Transport transport, Http2Context context, long firstByteNanos) {
        this.firstByteNanos = firstByteNanos;
        this.transport = transport;
        this.context = context;
        this.guard = new FloodGuard(context.http2, transport.loop().now());
        Settings peerSettings = Settings.ofClient();
        this.output = new FrameOutput(transport, context, peerSettings, guard, this::atEventEnd);
        this.input = new ServerInput(this, context, peerSettings);
        this.decoder = new FrameDecoder(
                input, context.http2.frameSize(), context.maxBlock, context.http2.flood(Flood.CONTINUATION));
        this.since = transport.loop().now();
        transport.write(context.preface, 0, context.preface.length);
        openWindow();
        rearm();
    }

    // ---- bytes in

    @Override
    public int onBytes(byte[] bytes, int offset, int end) {
        int at = offset;
        if (life == Http2Life.PREFACE && read < Preface.LENGTH) {
            at = preface(bytes, offset, end);
        }
        if (life.active() && at < end) {
            at = frames(bytes, at, end);
        }
        if (life == Http2Life.LINGERING) {
            at = linger(at, end);
        }
        rearm();
        return life.active() ? at : end;
    }

    private int preface(byte[] bytes, int offset, int end) {
        if (read == 0) {
            if (firstByteNanos == 0) {
                firstByteNanos = Math.max(1, transport.loop().now() - since);
                context.observer.firstByte(firstByteNanos);
            }
            since = transport.loop().now();
            transport.state(ConnectionState.ACTIVE);
        }
        int n = Preface.match(bytes, offset, end, read);
        if (n < 0) {
            fail(Http2Error.connection(ErrorCode.PROTOCOL_ERROR, "this is not the preface of HTTP/2"));
            return end;
        }
        read += n;
        return offset + n;
    }

    /** Takes frames. An error of one stream ends that stream only, and the frames after it count. */
    private int frames(byte[] bytes, int offset, int end) {
        int at = offset;
        while (at < end && life.active()) {
            if (transport.pending() > context.maxUnsent) { // a peer that asks and asks but does not read
                transport.pauseReading();
                break;
            }
            try {
                int next = decoder.decode(bytes, at, end);
                if (next == at) {
                    break;
                }
                at = next;
            } catch (Http2Error e) {
                at = decoder.position();
                failed(e);
            } catch (RuntimeException | Error e) { // a mistake of ours ends this connection, and no other
                transport.loop().report("serving an HTTP/2 connection", e);
                fail(Http2Error.connection(ErrorCode.INTERNAL_ERROR, "internal error"));
            }
        }
        part(at > offset, at < end);
        return at;
    }

    /** Remembers since when a frame or a header block is incomplete. What a stream's content waits for is that stream's. */
    private void part(boolean moved, boolean rest) {
        boolean block = decoder.state() == FrameDecoder.State.BLOCK;
        boolean incomplete = block || rest || decoder.state() == FrameDecoder.State.SKIPPED;
        if (!incomplete) {
            partSince = 0;
        } else if (partSince == 0 || (moved && !block)) { // a block stays one, however many frames it has
            partSince = transport.loop().now() | 1;
        }
    }

    /** The peer's SETTINGS are there, the first time. */
    void opened() {
        if (life == Http2Life.PREFACE) {
            become(Http2Life.OPEN);
            since = transport.loop().now();
            if (streams.size() == 0) {
                transport.state(ConnectionState.IDLE);
            }
        }
    }

    Http2Life life() {
        return life;
    }

    @Override
    public void onEnd() {
        switch (life) {
            case PREFACE:
                closeAfterOutput(read == 0 ? silent() : CloseReason.TRUNCATED_REQUEST);
                break;
            case OPEN, LEAVING, DRAINING:
                peer = Peer.ENDED;
                if (partSince != 0) {
                    blame(CloseReason.TRUNCATED_REQUEST);
                }
                streams.forEach(stream -> {
                    if (stream.state().receives()) {
                        blame(CloseReason.TRUNCATED_REQUEST);
                        reset(stream, ErrorCode.CANCEL);
                    }
                });
                ended();
                atEventEnd();
                break;
            case LINGERING:
                closeAfterOutput(CloseReason.SERVER_CLOSED);
                break;
            case CLOSING, CLOSED:
                break;
        }
        rearm();
    }

    private CloseReason silent() {
        return transport.secure() ? CloseReason.CLIENT_SILENT : CloseReason.PEER_SILENT;
    }

    private int linger(int at, int end) {
        long all = (long) read + (end - at);
        read = (int) Math.min(Integer.MAX_VALUE, all);
        if (all > context.maxLinger) {
            close(CloseReason.SERVER_CLOSED);
        }
        return end;
    }

    // ---- streams

    StreamTable streams() {
        return streams;
    }

    FrameOutput output() {
        return output;
    }

    FrameInput input() {
        return input;
    }

    FloodGuard guard() {
        return guard;
    }

    /** {@return how many handlers work for this connection, those of streams that are gone included} */
    int load() {
        return streams.size() + working;
    }

    /** A stream has been opened. */
    void add(Http2Stream stream) {
        if (streams.size() == 0) {
            transport.state(ConnectionState.ACTIVE);
            looked = transport.loop().now();
        }
        streams.add(stream);
    }

    /** Our side of a stream has ended. */
    void sent(Http2Stream stream) {
        if (stream.state() == StreamState.CLOSED) {
            remove(stream);
        } else {
            discardRest(stream);
        }
    }

    /** The peer's side of a stream has ended. */
    void received(Http2Stream stream) {
        if (stream.state() == StreamState.CLOSED) {
            remove(stream);
        }
    }

    /** The response is out and the request is still coming: as much is thrown away as keeping the stream is worth. */
    private void discardRest(Http2Stream stream) {
        StreamInput rest = stream.input();
        if (rest != null && rest.reader() != null) {
            rest.drop();
        }
        if (stream.worthDiscarding(context.limits.discard())) {
            taken(stream);
        } else {
            reset(stream, ErrorCode.NO_ERROR); // RFC 9113 §8.1
        }
    }

    /** A reader has taken bytes of a stream: its window may open. */
    void taken(Http2Stream stream) {
        StreamInput arriving = stream.input();
        if (arriving != null && stream.state().receives()) {
            int increment = arriving.increment();
            if (increment > 0) {
                output.windowUpdate(stream.id(), increment);
            }
        }
    }

    /** Ends a stream from our side, whatever state it is in. */
    void reset(Http2Stream stream, ErrorCode code) {
        if (stream.state() == StreamState.CLOSED) {
            return;
        }
        output.rstStream(stream.id(), code);
        streams.reset(stream.id());
        over(
                stream,
                new HttpException(
                        "the stream was reset with " + code,
                        code == ErrorCode.PROTOCOL_ERROR ? Initiator.PEER : Initiator.LOCAL,
                        Phase.RESPONSE,
                        false,
                        null));
    }

    /** A stream is over before it was complete. */
    void over(Http2Stream stream, HttpException cause) {
        stream.reset();
        stream.dropOutput();
        remove(stream);
        stream.cancelled(cause);
    }

    /** The handler of a stream that is gone has come to its end. */
    void handlerEnded() {
        working--;
    }

    private void remove(Http2Stream stream) {
        output.remove(stream);
        if (!streams.remove(stream)) {
            return;
        }
        served++;
        guard.streamCompleted();
        if (stream.working()) {
            working++;
        }
        stream.closed();
        if (streams.size() == 0) {
            since = transport.loop().now();
            if (life.active()) {
                transport.state(ConnectionState.IDLE);
            }
            ended();
        }
    }

    /** Nothing is under way any more: the end, if that is what was waited for. */
    private void ended() {
        if (streams.size() == 0 && (peer != Peer.SENDING || life == Http2Life.DRAINING)) {
            atEventEnd();
        }
    }

    // ---- the event's end

    private void atEventEnd() {
        if (turn == Turn.NONE) {
            turn = Turn.ASKED;
            transport.loop().atEventEnd(this);
        }
    }

    @Override
    public void flush() {
        turn = Turn.NONE;
        if (!life.active()) {
            return;
        }
        try {
            output.pump();
            openWindow();
        } catch (Http2Error e) {
            fail(e);
        } catch (RuntimeException | Error e) { // as in frames
            transport.loop().report("sending on an HTTP/2 connection", e);
            fail(Http2Error.connection(ErrorCode.INTERNAL_ERROR, "internal error"));
        }
        if (streams.size() == 0 && life.active()) {
            if (life == Http2Life.DRAINING) {
                closeAfterOutput(CloseReason.DRAINED);
            } else if (peer != Peer.SENDING) {
                closeAfterOutput(served == 0 ? CloseReason.PREFACE_ONLY : CloseReason.COMPLETED);
            }
        } else if (peer == Peer.ENDED && life.active() && !output.waiting() && transport.pending() == 0) {
            stuck();
        }
        rearm();
    }

    private void openWindow() {
        int increment = input.increment();
        if (increment > 0) {
            output.windowUpdate(0, increment);
        }
    }

    /** A peer that has ended its direction opens no window any more: what waits for one would wait for ever. */
    private void stuck() {
        streams.forEach(stream -> {
            if (stream.queue().pending() > 0) {
                blame(CloseReason.PEER_CLOSED_EARLY);
                reset(stream, ErrorCode.CANCEL);
            }
        });
    }

    @Override
    public void onWritable() {
        if (life.active()) {
            transport.resumeReading();
            atEventEnd();
        }
    }

    // ---- time

    private void rearm() {
        transport.deadline(due());
    }

    private long due() {
        return switch (life) {
            case PREFACE -> since + (read == 0 ? context.firstByteNanos : context.headersNanos);
            case OPEN, LEAVING, DRAINING -> Math.min(dueWhileActive(), dueOfPart());
            case LINGERING -> since + context.lingerNanos;
            case CLOSING, CLOSED -> Transport.NEVER; // the transport watches whether the peer takes the rest
        };
    }

    private long dueOfPart() {
        long due = partSince == 0 ? Transport.NEVER : partSince + context.headersNanos;
        return input.settingsDue() < due ? input.settingsDue() : due;
    }

    private long dueWhileActive() {
        if (streams.size() > 0) {
            return looked + Math.min(context.windowNanos, context.handlerNanos) / LOOKS;
        }
        return since + (life == Http2Life.LEAVING ? ROUND_TRIP_NANOS : context.idleNanos);
    }

    @Override
    public void onDeadline(long now) {
        long due = due();
        if (due == Transport.NEVER || now - due < 0) { // something has moved since it was set
            rearm();
            return;
        }
        switch (life) {
            case PREFACE:
                if (read == 0) {
                    close(CloseReason.FIRST_BYTE_TIMEOUT);
                } else {
                    timedOut(CloseReason.HEADERS_TIMEOUT, "the preface did not arrive in time");
                }
                break;
            case OPEN, LEAVING, DRAINING:
                deadlineWhileActive(now);
                break;
            case LINGERING:
                if (transport.pending() > 0) { // the peer is still reading, and the transport watches that
                    since = now;
                } else {
                    close(CloseReason.SERVER_CLOSED);
                }
                break;
            case CLOSING, CLOSED:
                break;
        }
        rearm();
    }

    private void deadlineWhileActive(long now) {
        if (now - input.settingsDue() >= 0) {
            blame(CloseReason.PROTOCOL_ERROR);
            fail(Http2Error.connection(ErrorCode.SETTINGS_TIMEOUT, "SETTINGS were not acknowledged in time"));
        } else if (now - dueOfPart() >= 0) {
            timedOut(CloseReason.HEADERS_TIMEOUT, "a header section did not arrive in time");
        } else if (streams.size() > 0) {
            look(now);
        } else if (life == Http2Life.LEAVING) {
            leave();
        } else if (transport.pending() > 0) { // the peer is still reading, and the transport watches that
            since = now;
        } else {
            blame(CloseReason.IDLE_TIMEOUT);
            output.goAway(streams.last(), ErrorCode.NO_ERROR, "idle");
            closeAfterOutput(CloseReason.IDLE_TIMEOUT);
        }
    }

    private void timedOut(CloseReason reason, String what) {
        blame(reason);
        fail(Http2Error.connection(ErrorCode.PROTOCOL_ERROR, what));
    }

    /** Looks at each stream: who is waited for, and for how long already. */
    private void look(long now) {
        looked = now;
        if (life == Http2Life.LEAVING && now - since >= ROUND_TRIP_NANOS) {
            leave();
        }
        streams.forEach(stream -> {
            StreamInput arriving = stream.input();
            StreamClock.Wait wait = stream.waitsFor();
            long span = wait == StreamClock.Wait.LOCAL ? stream.localNanos() : context.windowNanos;
            if (stream.state() != StreamState.CLOSED
                    && stream.clock()
                            .look(wait, arriving == null ? 0 : arriving.moved(), context.windowBytes, now, span)) {
                stream.clock().restart(now);
                stream.onDeadline(wait);
            }
        });
    }

    // ---- the end

    /** An error of the peer: of one stream, or of all. */
    void failed(Http2Error e) {
        if (e.endsConnection()) {
            fail(e);
            return;
        }
        try {
            guard.count(Flood.PROVOKED_RESET, transport.loop().now());
            output.answered();
        } catch (Http2Error flood) {
            fail(flood);
            return;
        }
        Http2Stream stream = streams.get(e.streamId());
        if (stream != null) {
            reset(stream, e.code());
        } else {
            output.rstStream(e.streamId(), e.code());
            streams.reset(e.streamId());
        }
    }

    /** Ends the connection with a GOAWAY that says why (RFC 9113 §5.4.1). */
    void fail(Http2Error e) {
        if (!life.active()) {
            return;
        }
        if (e.flood() != null) {
            blame(CloseReason.FLOOD);
            detail = e.flood().detail();
        } else {
            blame(e.code() == ErrorCode.INTERNAL_ERROR ? CloseReason.INTERNAL_ERROR : CloseReason.PROTOCOL_ERROR);
            detail = e.code().name().toLowerCase(Locale.ROOT);
        }
        output.goAway(streams.last(), e.code(), e.detail());
        become(Http2Life.LINGERING);
        cancelAll(new PeerClosedException("the connection failed: " + e.detail(), Phase.RESPONSE, e));
        // the peer may still be sending: a reset in answer to that could destroy the GOAWAY before it is read
        read = 0;
        since = transport.loop().now();
        transport.closeOutput();
        transport.resumeReading();
    }

    private void cancelAll(HttpException cause) {
        streams.forEach(stream -> over(stream, cause));
    }

    /** The peer opens no further stream. */
    void peerLeaves() {
        if (peer == Peer.SENDING) {
            peer = Peer.LEAVING;
            ended();
        }
    }

    @Override
    public void onDrain() {
        switch (life) {
            case PREFACE:
                blame(CloseReason.DRAINED);
                if (read == 0) {
                    closeAfterOutput(CloseReason.DRAINED);
                } // else: opened() goes on
                break;
            case OPEN:
                startLeaving();
                break;
            case LEAVING, DRAINING, LINGERING, CLOSING, CLOSED:
                break;
        }
        rearm();
    }

    /** Tells the peer first that we leave and, a round trip later, up to which stream it was heard (RFC 9113 §6.8). */
    private void startLeaving() {
        become(Http2Life.LEAVING);
        since = transport.loop().now();
        output.goAway(Integer.MAX_VALUE, ErrorCode.NO_ERROR, "");
        output.ping(LEAVING_PING);
    }

    /** The peer has answered a PING. */
    void pong(long data) {
        if (data == LEAVING_PING && life == Http2Life.LEAVING) {
            leave();
        }
    }

    private void leave() {
        become(Http2Life.DRAINING);
        since = transport.loop().now();
        output.goAway(streams.last(), ErrorCode.NO_ERROR, "");
        ended();
    }

    private void become(Http2Life next) {
        life = life.become(next);
        if (!life.active()) {
            transport.state(ConnectionState.CLOSING);
        }
    }

    private void closeAfterOutput(CloseReason reason) {
        become(Http2Life.CLOSING);
        transport.closeAfterOutput(blamedOr(reason));
    }

    private void close(CloseReason reason) {
        become(Http2Life.CLOSING);
        transport.close(blamedOr(reason));
    }

    /** Remembers the first cause of an end that is still to come. */
    private void blame(CloseReason reason) {
        if (blamed == null) {
            blamed = reason;
        }
    }

    private CloseReason blamedOr(CloseReason reason) {
        return blamed != null ? blamed : reason;
    }

    @Override
    public void onClosed(CloseReason reason, @Nullable Throwable cause) {
        Phase phase = phase();
        life = Http2Life.CLOSED;
        cancelAll(
                reason.initiator() == Initiator.PEER
                        ? new PeerClosedException("the peer is gone: " + reason, phase, cause)
                        : new HttpException(
                                "the connection ended: " + reason, reason.initiator(), phase, false, cause));
    }

    // ---- what it is

    @Override
    public Phase phase() {
        if (!life.active()) {
            return Phase.CLOSING;
        }
        if (read == 0) {
            return Phase.OPENED;
        }
        if (partSince != 0) {
            return Phase.HEADERS;
        }
        return streams.size() == 0 ? Phase.IDLE : Phase.RESPONSE;
    }

    @Override
    public @Nullable String closeDetail() {
        return detail;
    }

    @Override
    public void describe(ConnectionFacts facts) {
        facts.requests = served + streams.size();
        facts.firstByteNanos = firstByteNanos;
        facts.protocol = Version.HTTP_2;
    }

    Loop loop() {
        return transport.loop();
    }

    ConnectionInfo info() {
        return transport.info();
    }

    @Nullable
    InetSocketAddress remoteAddress() {
        return transport.remoteAddress();
    }

    @Nullable
    InetSocketAddress localAddress() {
        return transport.localAddress();
    }

    boolean secure() {
        return transport.secure();
    }

    @Nullable
    TlsInfo tls() {
        return transport.tls();
    }
}
