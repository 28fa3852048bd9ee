package dev.millrace.internal.tls;

import dev.millrace.http.Phase;
import dev.millrace.http.TlsInfo;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.observer.ConnectionFacts;
import dev.millrace.internal.transport.Holding;
import dev.millrace.internal.transport.Loop;
import dev.millrace.internal.transport.Protocol;
import dev.millrace.internal.transport.Transport;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.ConnectionEnd;
import dev.millrace.observe.ConnectionInfo;
import dev.millrace.observe.ConnectionState;
import dev.millrace.observe.HandshakeInfo;
import dev.millrace.observe.HandshakeResult;
import java.net.InetSocketAddress;
import java.nio.channels.FileChannel;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;

/**
 * A TLS connection of a server's or a client's: a {@link Protocol} to the transport below, which carries records, and a {@link Transport} to
 * the protocol above, which speaks in clear. {@link TlsState} tells what it does next. The way to {@link TlsState#OPEN} is
 * {@link Handshake}'s, then {@link TlsInput} and {@link TlsOutput} have a direction each; here is the end. Holds no buffer of
 * its own while nothing waits.
 */
public final class TlsTransport implements Protocol, Transport {
    private final Transport down;
    private final TlsContext context;
    private final TlsInput input;
    private final TlsOutput output;
    private final TlsEnding ending = new TlsEnding();
    private TlsState state = TlsState.HANDSHAKE;
    private @Nullable Handshake handshake; // until it is complete
    private @Nullable SSLEngine engine; // from the ClientHello on
    private @Nullable Protocol upper; // from the end of the handshake on
    private HandshakeResult result = HandshakeResult.COMPLETED; // of the handshake that is complete
    private long handshakeNanos;
    private int behind; // bytes that are known to follow those that were taken
    private @Nullable HandshakeInfo remembered; // only while somebody listens

    private TlsTransport(Transport down, TlsContext context) {
        this.down = down;
        this.context = context;
        this.input = new TlsInput(this, down, context.buffers);
        this.output = new TlsOutput(this, down, context.buffers);
        down.state(ConnectionState.HANDSHAKE);
    }

    /**
     * A server's connection, which has just been opened.
     *
     * @param down carries the records
     * @param context what it shares with others
     * @param upper makes what speaks over the encrypted connection
     * @return its TLS
     */
    public static TlsTransport server(Transport down, TlsContext context, TlsContext.Upper upper) {
        TlsTransport made = new TlsTransport(down, context);
        made.handshake = new ServerHandshake(made, down, context, upper);
        return made;
    }

    /**
     * A client's connection, which has just been opened. Its hello leaves with the end of the event.
     *
     * @param down carries the records: a socket's, or that of a tunnel
     * @param context what it shares with others
     * @param target what is to be reached
     * @param upper makes what speaks over the encrypted connection, or is told why there is none
     * @return its TLS
     */
    public static TlsTransport client(Transport down, TlsContext context, TlsTarget target, TlsContext.Upper upper) {
        TlsTransport made = new TlsTransport(down, context);
        made.handshake = new ClientHandshake(made, down, context, target, upper);
        return made;
    }

    // ---- for its parts

    boolean open() {
        return state == TlsState.OPEN;
    }

    /** {@return whether it has not begun to end} */
    boolean speaking() {
        return state == TlsState.HANDSHAKE || state == TlsState.OPEN;
    }

    TlsInput input() {
        return input;
    }

    TlsOutput output() {
        return output;
    }

    SSLEngine engine() {
        SSLEngine current = engine;
        if (current == null) {
            throw new IllegalStateException("no engine in state " + state);
        }
        return current;
    }

    /** This is what answers the peer's ClientHello, or makes ours. */
    void begin(SSLEngine made) {
        engine = made;
    }

    /** The handshake is complete. */
    void complete(Handshake completed, HandshakeResult how) {
        state = state.become(TlsState.OPEN);
        result = how;
        HandshakeInfo info = completed.info(true, null, null);
        handshakeNanos = info.nanos();
        remembered = context.observer.listens() ? info : null;
        down.state(ConnectionState.SILENT);
        context.observer.handshakeCompleted(down.info(), info);
        Protocol made = completed.upper.create(this, info.alpn() == null ? "" : info.alpn());
        handshake = null;
        handOver(made);
    }

    // ---- in

    @Override
    public int onBytes(byte[] bytes, int offset, int end) {
        Handshake shaking = handshake;
        int at = state != TlsState.HANDSHAKE || shaking == null ? offset : shaking.onBytes(bytes, offset, end);
        return switch (state) {
            case HANDSHAKE -> at;
            case OPEN -> at < end ? input.decrypt(bytes, at, end) : at;
            case LINGERING -> discard(at, end);
            case CLOSING, CLOSED -> end;
        };
    }

    @Override
    public void onEnd() {
        switch (state) {
            case HANDSHAKE -> end(silent() ? CloseReason.PEER_SILENT : CloseReason.HANDSHAKE_ABORTED);
            case OPEN -> input.end();
            case LINGERING -> leave();
            case CLOSING, CLOSED -> {}
        }
    }

    @Override
    public void pauseReading() {
        input.pause();
    }

    @Override
    public void resumeReading() {
        input.resume();
    }

    @Override
    public void handOver(Protocol next) {
        upper = next;
        input.shownTo(next);
    }

    // ---- out

    @Override
    public void write(byte[] bytes, int offset, int length) {
        output.write(bytes, offset, length);
    }

    @Override
    public void writeStable(byte[] bytes, int offset, int length) {
        output.writeStable(bytes, offset, length);
    }

    @Override
    public void writeFile(FileChannel file, long position, long length) {
        output.writeFile(file, position, length);
    }

    @Override
    public void onWritable() {
        if (state != TlsState.OPEN) {
            return;
        }
        output.pump();
        Protocol protocol = upper;
        if (protocol != null && output.writable()) {
            protocol.onWritable();
        }
    }

    @Override
    public Holding holding() {
        return down.holding();
    }

    @Override
    public long pending() {
        return down.pending() + output.pending();
    }

    @Override
    public int unread() {
        return input.kept() + down.unread() + behind;
    }

    @Override
    public boolean writable() {
        return output.writable();
    }

    // ---- the end

    /** The engine has failed, mostly because of what the peer sent. */
    void engineFailed(SSLException e, @Nullable String alertInClear) {
        String received = AlertNames.received(e);
        ending.cause(e);
        ending.received(received != null ? received : alertInClear);
        boolean ours = ending.alertReceived() == null;
        if (ours) {
            ending.sent(context.buffers.encoder.alert(engine(), e, down));
        }
        Protocol protocol = upper;
        CloseReason why = ending.failure(protocol == null, protocol == null || silent(protocol));
        if (ours) {
            linger(why);
        } else {
            end(why);
        }
    }

    /** A server of TLS 1.3 may refuse a client's certificate when that has completed its handshake, and sent its request. */
    private boolean silent(Protocol protocol) {
        return engine().getUseClientMode() ? !input.heard() : protocol.phase() == Phase.OPENED;
    }

    /** The peer wants to negotiate anew, and the engine has been left nothing to do that with. */
    void refuseRenegotiation() throws SSLException {
        Handshake.runAll(engine());
        try {
            context.buffers.encoder.message(engine()); // not sent if it can be made: then there is no alert
        } catch (SSLException e) {
            context.buffers.encoder.alert(engine(), e, down);
            ending.sent(Renegotiation.ALERT);
        }
        ending.detail("no_renegotiation");
        linger(CloseReason.PROTOCOL_ERROR);
    }

    /** Refuses the handshake before there is an engine. */
    void refuse(int alert, CloseReason why) {
        RecordEncoder.alertInClear(alert, down);
        ending.sent(AlertNames.name(alert));
        linger(why);
    }

    /** Ends the connection once what was written below is out. */
    void end(CloseReason why) {
        if (stop(why, null)) {
            leave();
        }
    }

    /** Ends the connection once the peer has had a chance to read our last word. */
    void linger(CloseReason why) {
        if (stop(why, null)) {
            state = state.become(TlsState.LINGERING);
            down.state(ConnectionState.CLOSING);
            down.closeOutput();
            down.deadline(down.loop().now() + context.lingerNanos);
            down.resumeReading();
        }
    }

    /** Nothing more goes up or down; says whether that is new. */
    private boolean stop(CloseReason why, @Nullable Throwable cause) {
        if (!speaking()) {
            return false;
        }
        ending.reason(why);
        output.drop();
        Handshake shaking = handshake;
        if (shaking != null) {
            remembered = shaking.info(false, ending.alertReceived(), ending.alertSent());
            shaking.failed(why, ending.detail(), cause != null ? cause : ending.cause());
            shaking.end();
        }
        return true;
    }

    /** Closes the connection once what was written below is out. */
    void leave() {
        state = state.become(TlsState.CLOSING);
        down.closeAfterOutput(ending.reason());
    }

    private int discard(int offset, int end) {
        if (!ending.discard(end - offset)) {
            leave();
        }
        return end;
    }

    @Override
    public void closeOutput() {
        output.finishLater();
    }

    @Override
    public void closeAfterOutput(CloseReason why) {
        if (state == TlsState.OPEN && !output.closing()) {
            ending.reason(why);
            output.closeLater();
        }
    }

    @Override
    public void close(CloseReason why) {
        if (state == TlsState.OPEN && output.pending() == 0 && down.pending() == 0) {
            closeAfterOutput(why); // nothing waits: there is room to say goodbye
        } else {
            output.drop();
            down.close(why);
        }
    }

    @Override
    public void abort(CloseReason why, @Nullable Throwable cause) {
        output.drop();
        down.abort(why, cause);
    }

    @Override
    public void onDrain() {
        Handshake shaking = handshake;
        Protocol protocol = upper;
        if (state == TlsState.HANDSHAKE && shaking != null) {
            shaking.drain();
        } else if (state == TlsState.OPEN && protocol != null) {
            protocol.onDrain();
        } else if (state == TlsState.LINGERING) {
            leave();
        }
    }

    @Override
    public void onHeldBack() {
        Protocol protocol = upper;
        if (state == TlsState.HANDSHAKE) { // new work that comes at a bad time
            refuse(AlertNames.INTERNAL_ERROR, CloseReason.HANDSHAKE_FAILED);
        } else if (state == TlsState.OPEN && protocol != null) {
            protocol.onHeldBack();
        }
    }

    @Override
    public void onRelieved() {
        Protocol protocol = upper;
        if (state == TlsState.OPEN && protocol != null) {
            protocol.onRelieved();
        }
    }

    /**
     * The handshake is complete, and the server is stopping: a request may have come together with the last message.
     *
     * @param rest how many bytes came behind that
     */
    void drainWith(int rest) {
        if (rest > 0) { // the protocol is to know that its answer is the last
            behind = rest;
            onDrain();
            behind = 0;
        }
        down.loop().execute(this::onDrain); // by then it has seen what there was for it
    }

    @Override
    public void deadline(long due) {
        if (state == TlsState.OPEN) { // else it is our own, or nobody waits for anything
            down.deadline(due);
        }
    }

    @Override
    public void onDeadline(long now) {
        Protocol protocol = upper;
        switch (state) {
            case HANDSHAKE -> end(CloseReason.HANDSHAKE_TIMEOUT);
            case OPEN -> {
                if (protocol != null) {
                    protocol.onDeadline(now);
                }
            }
            case LINGERING -> {
                state = state.become(TlsState.CLOSING);
                down.close(ending.reason());
            }
            case CLOSING, CLOSED -> {} // the transport below watches whether the peer takes the rest
        }
    }

    @Override
    public void onClosed(CloseReason why, @Nullable Throwable cause) {
        Phase endPhase = phase();
        stop(why, cause);
        state = state.become(TlsState.CLOSED);
        input.close();
        Protocol protocol = upper;
        if (protocol != null) {
            protocol.onClosed(why, cause);
            return;
        }
        HandshakeInfo info = handshakeInfo();
        if (info != null) {
            context.observer.handshakeFailed(down.info(), info, new ConnectionEnd(why, endPhase, closeDetail(), cause));
        }
    }

    // ---- what it is

    private boolean silent() {
        return handshake != null && handshake.silent();
    }

    @Override
    public Phase phase() {
        if (upper != null) {
            return upper.phase();
        }
        return handshake == null ? Phase.HANDSHAKE : handshake.phase();
    }

    @Override
    public @Nullable String closeDetail() {
        String exact = ending.detail();
        return exact != null || upper == null ? exact : upper.closeDetail();
    }

    /** {@return the handshake as far as it has come, {@code null} once it is complete and nobody listens} */
    private @Nullable HandshakeInfo handshakeInfo() {
        String received = ending.alertReceived();
        String sent = ending.alertSent();
        HandshakeInfo known = remembered;
        if (known != null) {
            return known.withAlerts(received, sent);
        }
        Handshake shaking = handshake;
        return shaking == null ? null : shaking.info(false, received, sent);
    }

    @Override
    public void describe(ConnectionFacts facts) {
        Protocol protocol = upper;
        if (protocol != null) {
            protocol.describe(facts);
            TlsInfo known = tls();
            facts.tlsVersion = known.protocol();
            facts.cipherSuite = known.cipherSuite();
            facts.alpn = known.alpn();
        }
        facts.keptIn += input.kept();
        facts.handshakeNanos = handshakeNanos;
        facts.handshake = handshakeInfo();
    }

    @Override
    public TlsInfo tls() {
        return new EngineInfo(engine(), result);
    }

    @Override
    public boolean secure() {
        return true;
    }

    @Override
    public ConnectionInfo info() {
        return down.info();
    }

    @Override
    public void state(ConnectionState next) {
        down.state(next);
    }

    @Override
    public long bytesIn() {
        return down.bytesIn();
    }

    @Override
    public long bytesOut() {
        return down.bytesOut();
    }

    @Override
    public Loop loop() {
        return down.loop();
    }

    @Override
    public void standsFor(@Nullable InetSocketAddress remote, @Nullable InetSocketAddress local) {
        down.standsFor(remote, local);
    }

    @Override
    public @Nullable InetSocketAddress remoteAddress() {
        return down.remoteAddress();
    }

    @Override
    public @Nullable InetSocketAddress localAddress() {
        return down.localAddress();
    }
}
