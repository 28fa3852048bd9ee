package dev.millrace.internal.h2;

import dev.millrace.http.Flood;
import dev.millrace.http.Initiator;
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
import java.util.function.Function;

/**
 * An HTTP/2 connection (RFC 9113): its life, its deadlines and its end. {@link FrameInput} gives the peer's frames their
 * meaning, {@link FrameOutput} sends ours, {@link Http2Stream}s carry requests. What makes it a server's or a client's lies in
 * these and in the subclass. Knows neither sockets nor threads: bytes and time come in, bytes and calls go out. Lives on its
 * connection's loop.
 */
public abstract class Http2Connection implements Protocol, AfterEvent {
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

    final Transport transport;
    private final Http2Context context;
    private final Settings peerSettings;
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

    /**
     * A connection of either role.
     *
     * @param transport its lower end
     * @param context what it shares with others
     * @param peerSettings what the peer has announced before it says anything
     * @param input makes what gives the peer's frames their meaning
     * @param deadlines makes what it waits for
     */
    Http2Connection(
            Transport transport,
            Http2Context context,
            Settings peerSettings,
            Function<Http2Connection, FrameInput> input,
            Function<Http2Connection, Http2Deadlines> deadlines) {
        this.transport = transport;
        this.context = context;
        this.peerSettings = peerSettings;
        this.streams = new Http2Streams(this, transport, context.limits.discard());
        this.guard = new FloodGuard(context.http2, transport.loop().now());
        this.output = new FrameOutput(transport, context, peerSettings, guard, this::atEventEnd);
        this.ending = new Http2Ending(transport, this::reached);
        this.deadlines = deadlines.apply(this);
        this.input = input.apply(this);
        this.decoder = new FrameDecoder(
                this.input, context.http2.frameSize(), context.maxBlock, context.http2.flood(Flood.CONTINUATION));
        transport.write(context.preface, 0, context.preface.length);
        openWindow();
        rearm();
    }

    // ---- bytes in

    @Override
    public final int onBytes(byte[] bytes, int offset, int end) {
        int at = preface(bytes, offset, end);
        if (ending.active() && at < end) {
            at = frames(bytes, at, end);
        }
        if (ending.life() == Http2Life.LINGERING) {
            ending.discard(end - at, context.maxLinger);
        }
        rearm();
        return ending.active() ? at : end;
    }

    /** Takes what the peer says before its first frame; gives the offset behind it. */
    abstract int preface(byte[] bytes, int offset, int end);

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
        heard();
        return at;
    }

    /** Frames have come, and were taken as far as they were whole. */
    abstract void heard();

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
            began();
        }
    }

    /** The connection is open. */
    abstract void began();

    @Override
    public final void onEnd() {
        switch (ending.life()) {
            case PREFACE, OPEN, LEAVING, DRAINING:
                peerEnded();
                break;
            case LINGERING:
                ending.closeAfterOutput(CloseReason.SERVER_CLOSED);
                break;
            case CLOSING, CLOSED:
                break;
        }
        rearm();
    }

    /** The peer has ended its direction while frames still meant something. */
    abstract void peerEnded();

    // ---- its parts

    Http2Streams streams() {
        return streams;
    }

    FrameOutput output() {
        return output;
    }

    /** {@return what the peer has announced} */
    Settings peerSettings() {
        return peerSettings;
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

    /** {@return what the stop of a server does here, or {@code null} while none stops} */
    @Nullable
    Http2Drain drain() {
        return null;
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
            leave();
        } else if (ending.halfClosed() && ending.active() && !output.waiting() && transport.pending() == 0) {
            stuck();
        }
        output.held().tell(transport);
        if (reading == Reading.HELD_BACK && !mayBeHeldBack()) {
            letGo();
        }
        rearm();
    }

    /** Nothing is under way, and nothing more is to come: the connection ends in order. */
    abstract void leave();

    @Override
    public final void failed(Throwable error) {
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
    public final void onWritable() {
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

    final void rearm() {
        transport.deadline(deadlines.due());
    }

    @Override
    public final void onDeadline(long now) {
        long due = deadlines.due();
        if (due != Transport.NEVER && now - due >= 0) { // else something has moved since it was set
            deadlines.expired(now);
        }
        rearm();
    }

    /** The peer has answered a PING. */
    void pong(long data) throws Http2Error {
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
            streams.reset(stream, e.code(), e.detail());
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
        goAway(e.code(), e.detail());
        decoder.stop();
        countBlock();
        ending.linger();
        deadlines.enter();
        String what = "the connection failed: " + e.detail();
        streams.overAll(stream -> stream.brokenOff(what, Initiator.PEER, Phase.RESPONSE, e));
    }

    /** Says GOAWAY: no stream of the peer's is taken any more but those that there are. */
    final void goAway(ErrorCode code, String debug) {
        output.goAway(lastTaken(), code, debug);
    }

    /** {@return the highest number of a stream that the peer has opened, 0 for none} */
    abstract int lastTaken();

    /**
     * The peer has said GOAWAY.
     *
     * @param last the highest number of ours that it may have done something for
     * @param code why
     */
    abstract void peerLeaves(int last, ErrorCode code);

    /** {@return why a connection has ended that its peer has left in order} */
    CloseReason orderlyEnd() {
        return streams.opened() == 0 ? CloseReason.PREFACE_ONLY : CloseReason.COMPLETED;
    }

    @Override
    public void onClosed(CloseReason reason, @Nullable Throwable cause) {
        Phase phase = phase();
        ending.closed();
        Initiator who = reason.initiator();
        String what = (who == Initiator.PEER ? "the peer is gone: " : "the connection ended: ") + reason;
        streams.overAll(stream -> stream.brokenOff(what, who, phase, cause));
    }

    // ---- what it is

    @Override
    public final Phase phase() {
        Phase ended = ending.endedIn();
        return ended != null ? ended : reached();
    }

    /** {@return how far it has come} */
    abstract Phase reached();

    @Override
    public @Nullable String closeDetail() {
        return ending.detail();
    }

    @Override
    public void describe(ConnectionFacts facts) {
        facts.requests = streams.opened();
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
