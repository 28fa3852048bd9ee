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
import dev.millrace.observe.Http2Snapshot;
import java.net.InetSocketAddress;

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

    /** Whether the peer is read. */
    private enum Reading {
        OPEN,
        /** Not for now: it has sent what nobody reads, and there is too much of that. */
        HELD_BACK
    }

    private final Transport transport;
    private final Http2Context context;
    private final Http2Streams streams;
    private final FloodGuard guard;
    private final FrameOutput output;
    private final FrameInput input;
    private final FrameDecoder decoder;
    private final Http2Ending ending;
    private final Http2Deadlines deadlines;
    private final RoundTrip roundTrip = new RoundTrip();
    private Turn turn = Turn.NONE;
    private Reading reading = Reading.OPEN;
    private int gathered; // of a header block, as it is counted
    private int read; // of the preface
    private long firstByteNanos;
    private @Nullable Http2Drain drain; // from the moment on that the server is stopping

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
        this.streams = new Http2Streams(this, transport, context.limits.discard());
        this.guard = new FloodGuard(context.http2, transport.loop().now());
        Settings peerSettings = Settings.ofClient();
        this.output = new FrameOutput(transport, context, peerSettings, guard, this::atEventEnd);
        this.ending = new Http2Ending(transport, this::reached);
        this.deadlines = new Http2Deadlines(this, transport, context.spans);
        this.input = new ServerInput(this, transport, context, peerSettings);
        this.decoder = new FrameDecoder(
                input, context.http2.frameSize(), context.maxBlock, context.http2.flood(Flood.CONTINUATION));
        transport.write(context.preface, 0, context.preface.length);
        openWindow();
        rearm();
    }

    // ---- bytes in

    @Override
    public int onBytes(byte[] bytes, int offset, int end) {
        int at = offset;
        if (read < Preface.LENGTH) {
            at = preface(bytes, offset, end);
        }
        if (ending.active() && at < end) {
            at = frames(bytes, at, end);
        }
        if (ending.life() == Http2Life.LINGERING) {
            ending.discard(end - at, context.maxLinger);
        }
        rearm();
        return ending.active() ? at : end;
    }

    private int preface(byte[] bytes, int offset, int end) {
        if (read == 0) {
            if (firstByteNanos == 0) {
                firstByteNanos = Math.max(1, deadlines.waited());
                context.observer.firstByte(firstByteNanos);
            }
            deadlines.began();
            transport.state(ConnectionState.ACTIVE);
        }
        int n = Preface.match(bytes, offset, end, read);
        if (n < 0) {
            fail(Http2Error.connection(ErrorCode.PROTOCOL_ERROR, "This is not the preface of HTTP/2 (RFC 9113 §3.4)."));
            return end;
        }
        read += n;
        return offset + n;
    }

    /** Takes frames. An error of one stream ends that stream only, and the frames after it count. */
    private int frames(byte[] bytes, int offset, int end) {
        int at = offset;
        boolean paused = false;
        while (at < end && ending.active() && !paused) {
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
            paused = transport.pending() > context.maxUnsent; // the peer asks and asks, but does not read
        }
        if (paused) {
            transport.pauseReading();
        }
        countBlock();
        FrameDecoder.State state = decoder.state();
        boolean rest = at < end && !paused;
        deadlines.heard(at > offset, state == FrameDecoder.State.BLOCK, rest || state == FrameDecoder.State.SKIPPED);
        if (drain != null && drain.mayLeave()) {
            drain.leave();
        }
        return at;
    }

    /** A header block that is incomplete waits for the rest of it. */
    private void countBlock() {
        int now = decoder.gathered();
        if (now != gathered) {
            transport.holding().add(now - gathered); // or less
            gathered = now;
        }
    }

    /** The peer's SETTINGS are there, the first time. */
    void opened() {
        if (ending.life() == Http2Life.PREFACE) {
            ending.opened();
            deadlines.enter();
            if (streams.isEmpty()) {
                transport.state(ConnectionState.IDLE);
            }
            if (drain != null) {
                drain.tell();
            }
        }
    }

    @Override
    public void onEnd() {
        switch (ending.life()) {
            case PREFACE:
                ending.closeAfterOutput(deadlines.begun() ? CloseReason.TRUNCATED_REQUEST : silent());
                break;
            case OPEN, LEAVING, DRAINING:
                ending.peerEnded();
                if (deadlines.inPart()) {
                    ending.blame(CloseReason.TRUNCATED_REQUEST);
                }
                streams.forEach(stream -> {
                    if (stream.state().receives()) {
                        ending.blame(CloseReason.TRUNCATED_REQUEST);
                        streams.reset(stream, ErrorCode.CANCEL);
                    }
                });
                atEventEnd();
                break;
            case LINGERING:
                ending.closeAfterOutput(CloseReason.SERVER_CLOSED);
                break;
            case CLOSING, CLOSED:
                break;
        }
        rearm();
    }

    private CloseReason silent() {
        return transport.secure() ? CloseReason.CLIENT_SILENT : CloseReason.PEER_SILENT;
    }

    // ---- its parts

    Http2Streams streams() {
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

    Http2Ending ending() {
        return ending;
    }

    Http2Deadlines deadlines() {
        return deadlines;
    }

    RoundTrip roundTrip() {
        return roundTrip;
    }

    /** {@return what the stop of the server does here, or {@code null} while it does not stop} */
    @Nullable
    Http2Drain drain() {
        return drain;
    }

    /** The last of the streams is gone. */
    void emptied() {
        deadlines.enter();
        if (ending.active()) {
            transport.state(ConnectionState.IDLE);
        }
        endIfLast();
    }

    /** Nothing is under way any more: the end, if that is what was waited for. */
    void endIfLast() {
        if (streams.isEmpty() && ending.lastStreams()) {
            atEventEnd();
        }
    }

    // ---- the event's end

    /** Asks for the end of the event. */
    void atEventEnd() {
        if (turn == Turn.NONE) {
            transport.loop().atEventEnd(this);
            turn = Turn.ASKED;
        }
    }

    @Override
    public void flush() {
        turn = Turn.NONE;
        if (!ending.active()) {
            countBlock();
            output.held().tell(transport);
            return;
        }
        try {
            output.pump();
            if (output.relieved()) {
                streams.forEach(Http2Stream::tellSendable);
            }
            openWindow();
        } catch (Http2Error e) {
            fail(e);
        } catch (RuntimeException | Error e) { // as in frames
            transport.loop().report("sending on an HTTP/2 connection", e);
            fail(Http2Error.connection(ErrorCode.INTERNAL_ERROR, "internal error"));
        }
        if (streams.isEmpty() && ending.lastStreams()) {
            if (drain != null && ending.life() == Http2Life.DRAINING) {
                drain.end();
            } else {
                ending.closeAfterOutput(orderlyEnd());
            }
        } else if (ending.halfClosed() && ending.active() && !output.waiting() && transport.pending() == 0) {
            stuck();
        }
        output.held().tell(transport);
        if (reading == Reading.HELD_BACK && !mayBeHeldBack()) {
            letGo();
        }
        rearm();
    }

    @Override
    public void failed(Throwable error) {
        transport.abort(CloseReason.INTERNAL_ERROR, error);
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
                ending.blame(CloseReason.PEER_CLOSED_EARLY);
                streams.reset(stream, ErrorCode.CANCEL);
            }
        });
    }

    @Override
    public void onWritable() {
        if (ending.active()) {
            if (reading == Reading.OPEN) {
                transport.resumeReading();
            }
            atEventEnd();
        }
    }

    // ---- lack of memory

    /** {@return how many bytes are held here for the peer, those included that have come with this event} */
    long held() {
        return output.held().bytes() + input.unread().waiting() + decoder.gathered();
    }

    /** {@return how many bytes of frames wait because the peer does not take them} */
    long unsent() {
        return transport.pending();
    }

    /**
     * Windows stay shut now ({@link UnreadContent}). Not even what the windows of before allow is read, unless something is to be
     * sent: that may wait for the peer's windows.
     */
    @Override
    public void onHeldBack() {
        if (!ending.active()) {
            return;
        }
        if (decoder.gathered() > Settings.LEAST_FRAME_SIZE) { // it cannot be left out without HPACK's losing its way
            ending.blame(CloseReason.SERVER_CLOSED);
            fail(Http2Error.connection(ErrorCode.ENHANCE_YOUR_CALM, "There is no memory for so long a header block."));
        } else if (reading == Reading.OPEN && mayBeHeldBack()) {
            reading = Reading.HELD_BACK;
            transport.pauseReading();
            deadlines.holdBack();
            rearm();
        }
    }

    /** {@return whether there is content that nobody reads, and nothing that may wait for the peer} */
    private boolean mayBeHeldBack() {
        return input.unread().waiting() > 0 && !streams.table().anyToSend();
    }

    @Override
    public void onRelieved() {
        letGo();
        atEventEnd(); // which opens windows
    }

    private void letGo() {
        if (reading == Reading.HELD_BACK) {
            reading = Reading.OPEN;
            deadlines.letGo();
            transport.resumeReading();
            rearm();
        }
    }

    // ---- time

    private void rearm() {
        transport.deadline(deadlines.due());
    }

    @Override
    public void onDeadline(long now) {
        long due = deadlines.due();
        if (due != Transport.NEVER && now - due >= 0) { // else something has moved since it was set
            deadlines.expired(now);
        }
        rearm();
    }

    /** The peer has answered a PING. */
    void pong(long data) throws Http2Error {
        if (drain != null && drain.answered(data)) {
            return;
        }
        if (roundTrip.end(data, transport.loop().now())) {
            input.measured();
        } else {
            guard.count(Flood.PING, transport.loop().now()); // nobody has asked for it
        }
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
        Http2Stream stream = streams.table().get(e.streamId());
        if (stream != null) {
            streams.reset(stream, e.code());
        } else {
            streams.refuse(e.streamId(), e.code());
        }
    }

    /** Ends the connection with a GOAWAY that says why (RFC 9113 §5.4.1). */
    void fail(Http2Error e) {
        if (!ending.active()) {
            return;
        }
        ending.blame(e);
        output.goAway(streams.table().last(), e.code(), e.detail());
        decoder.stop();
        countBlock();
        ending.linger();
        deadlines.enter();
        streams.overAll(new PeerClosedException("the connection failed: " + e.detail(), Phase.RESPONSE, e));
    }

    /** The peer has said GOAWAY: with nothing under way it is not waited for as long as others. */
    void peerLeaves() {
        ending.peerLeaves();
    }

    /** {@return why a connection has ended that its peer has left in order} */
    CloseReason orderlyEnd() {
        return streams.opened() == 0 ? CloseReason.PREFACE_ONLY : CloseReason.COMPLETED;
    }

    @Override
    public void onDrain() {
        if (ending.life() == Http2Life.PREFACE && !deadlines.begun() && transport.unread() == 0) {
            ending.closeAfterOutput(CloseReason.DRAINED);
        } else if (drain == null) {
            drain = new Http2Drain(this, transport);
            streams.forEach(Http2Stream::drain);
            drain.tell();
        }
        rearm();
    }

    @Override
    public void onClosed(CloseReason reason, @Nullable Throwable cause) {
        Phase phase = phase();
        ending.closed();
        streams.overAll(
                reason.initiator() == Initiator.PEER
                        ? new PeerClosedException("the peer is gone: " + reason, phase, cause)
                        : new HttpException(
                                "the connection ended: " + reason, reason.initiator(), phase, false, cause));
    }

    // ---- what it is

    @Override
    public Phase phase() {
        Phase ended = ending.endedIn();
        return ended != null ? ended : reached();
    }

    private Phase reached() {
        if (!deadlines.begun()) {
            return Phase.OPENED;
        }
        if (deadlines.inPart() || ending.life() == Http2Life.PREFACE) {
            return Phase.HEADERS;
        }
        return streams.isEmpty() ? Phase.IDLE : Phase.RESPONSE;
    }

    @Override
    public @Nullable String closeDetail() {
        return ending.detail();
    }

    @Override
    public void describe(ConnectionFacts facts) {
        facts.requests = streams.opened();
        facts.firstByteNanos = firstByteNanos;
        facts.protocol = Version.HTTP_2;
        facts.http2 = new Http2Snapshot(
                streams.table().count(StreamState.OPEN),
                streams.table().count(StreamState.HALF_CLOSED_LOCAL),
                streams.table().count(StreamState.HALF_CLOSED_REMOTE),
                output.window().available(),
                input.available(),
                roundTrip.smoothed(),
                ending.life() == Http2Life.LEAVING || ending.life() == Http2Life.DRAINING);
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
