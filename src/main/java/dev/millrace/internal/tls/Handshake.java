package dev.millrace.internal.tls;

import dev.millrace.http.Phase;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.transport.Transport;
import dev.millrace.observe.ClientHello;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.HandshakeInfo;
import dev.millrace.observe.HandshakeResult;
import java.nio.ByteBuffer;
import java.util.concurrent.RejectedExecutionException;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;

/**
 * A handshake, from a connection's first byte to both sides' Finished: does what the engine wants. How it begins is another
 * thing for a server, which waits for a ClientHello, and for a client, which sends one. Its deadline is armed when the
 * connection is opened and nothing puts it off. Forgotten once it is complete.
 */
abstract sealed class Handshake permits ServerHandshake, ClientHandshake {
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    /** What comes when it is complete. */
    private enum Afterwards {
        SERVE,
        DRAIN
    }

    final TlsTransport owner;
    final Transport down;
    final TlsContext context;
    final TlsContext.Upper upper;
    final long opened;
    HandshakeState state = HandshakeState.HELLO;
    private Afterwards afterwards = Afterwards.SERVE;
    private @Nullable SSLEngine engine;
    private int rest; // of the bytes that are being read
    private HandshakeResult result = HandshakeResult.COMPLETED; // if it comes to its end

    /**
     * A handshake that begins now.
     *
     * @param owner the connection
     * @param down carries the records
     * @param context what it shares with others
     * @param upper makes what speaks once it is complete
     */
    Handshake(TlsTransport owner, Transport down, TlsContext context, TlsContext.Upper upper) {
        this.owner = owner;
        this.down = down;
        this.context = context;
        this.upper = upper;
        this.opened = down.loop().now();
        down.deadline(opened + context.handshakeNanos);
    }

    /** Takes bytes as {@link dev.millrace.internal.transport.Protocol#onBytes} does, and no more than are the handshake's. */
    final int onBytes(byte[] bytes, int offset, int end) {
        switch (state) {
            case HELLO:
            case ANSWER:
                return readFirst(bytes, offset, end);
            case MESSAGES:
                return readMessages(bytes, offset, end);
            case CHOOSING:
            case TASK:
                down.pauseReading();
                return offset;
            case OVER:
                return end;
        }
        throw new AssertionError(state);
    }

    /** Takes the peer's first bytes as {@link #onBytes} does. */
    abstract int readFirst(byte[] bytes, int offset, int end);

    /** {@return whether an abbreviated handshake of TLS 1.2 is one whose last message is that side's (RFC 5246 §7.3)} */
    abstract boolean abbreviated(boolean peersIsLast);

    /** This engine shakes hands. */
    final void engine(SSLEngine made) {
        engine = made;
        owner.begin(made);
    }

    /** {@return whether there is an engine} */
    final boolean begun() {
        return engine != null;
    }

    // ---- messages

    final SSLEngine engine() {
        SSLEngine current = engine;
        if (current == null) {
            throw new IllegalStateException("no engine in state " + state);
        }
        return current;
    }

    final int readMessages(byte[] bytes, int offset, int end) {
        SSLEngine reading = engine();
        ByteBuffer in = context.buffers.input(bytes, offset, end);
        ByteBuffer out = context.buffers.takeDecrypted();
        int record = offset;
        try {
            while (in.hasRemaining() && state == HandshakeState.MESSAGES) {
                record = in.position();
                if (ServerHello.takesUpSession(bytes, record, end)) {
                    result = HandshakeResult.RESUMED;
                }
                SSLEngineResult read = reading.unwrap(in, out);
                rest = in.remaining();
                switch (read.getStatus()) {
                    case OK:
                        advance(read.getHandshakeStatus(), true);
                        break;
                    case BUFFER_UNDERFLOW:
                        return in.position();
                    case CLOSED: // the peer's close_notify
                        owner.input().sayGoodbyeBack(read.getHandshakeStatus());
                        owner.end(CloseReason.HANDSHAKE_ABORTED);
                        return end;
                    case BUFFER_OVERFLOW:
                        throw new SSLException("content within a handshake");
                }
            }
            rest = 0;
            return owner.open() || state != HandshakeState.OVER ? in.position() : end;
        } catch (SSLException e) {
            owner.engineFailed(e, AlertNames.inClear(bytes, record, end));
            return end;
        } finally {
            context.buffers.giveBack(out);
        }
    }

    /**
     * Does what the engine wants done next.
     *
     * @param wanted what
     * @param peersTurn whether the peer's message was the last, and not one of ours
     */
    private void advance(HandshakeStatus wanted, boolean peersTurn) throws SSLException {
        HandshakeStatus status = wanted;
        boolean peersIsLast = peersTurn;
        boolean worked = !peersTurn; // or tasks have
        while (state == HandshakeState.MESSAGES) {
            switch (status) {
                case NEED_TASK:
                    runTasks();
                    worked = true;
                    status = engine().getHandshakeStatus();
                    break;
                case NEED_WRAP:
                    status = context.buffers.encoder.message(engine());
                    if (context.buffers.encoder.takesUpSession()) {
                        result = HandshakeResult.RESUMED;
                    }
                    context.buffers.encoder.send(down);
                    peersIsLast = false;
                    break;
                case FINISHED:
                case NOT_HANDSHAKING:
                    complete(peersIsLast);
                    return;
                case NEED_UNWRAP:
                case NEED_UNWRAP_AGAIN:
                    if (worked) {
                        checkTasks();
                    }
                    return;
            }
        }
    }

    /** What a task could not even read, the engine says only with its next call, and has no alert for it. */
    private void checkTasks() throws SSLException {
        try {
            engine().unwrap(NOTHING, NOTHING);
        } catch (SSLException e) {
            if (engine().getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
                throw e;
            }
            owner.refuse(AlertNames.DECODE_ERROR, CloseReason.HANDSHAKE_FAILED);
        }
    }

    private void runTasks() {
        SSLEngine working = engine();
        if (context.tasks == null) {
            runAll(working);
            return;
        }
        state = state.become(HandshakeState.TASK);
        down.pauseReading();
        try {
            context.tasks.execute(() -> runAndTell(working));
        } catch (RejectedExecutionException e) { // nobody has time for it: then here
            runAndTell(working);
        }
    }

    /** Keys, certificates and hooks are others' code, and so is the engine: what they throw ends this handshake, and no more. */
    private void runAndTell(SSLEngine working) {
        Throwable thrown = null;
        try {
            runAll(working);
        } catch (Throwable e) { // as above
            thrown = e;
        }
        Throwable failure = thrown;
        down.loop().execute(() -> tasksDone(failure));
    }

    static void runAll(SSLEngine working) {
        for (Runnable task; (task = working.getDelegatedTask()) != null; ) {
            task.run();
        }
    }

    private void tasksDone(@Nullable Throwable failure) {
        if (state != HandshakeState.TASK) {
            return;
        }
        if (failure != null) {
            taskFailed(failure);
            return;
        }
        state = state.become(HandshakeState.MESSAGES);
        try {
            advance(engine().getHandshakeStatus(), false);
        } catch (SSLException e) {
            owner.engineFailed(e, null);
        } catch (RuntimeException | Error e) { // a task's, which the engine has kept until it is asked again
            taskFailed(e);
            return;
        }
        down.resumeReading();
    }

    private void taskFailed(Throwable failure) {
        down.loop().report("a task of a TLS handshake", failure);
        owner.refuse(AlertNames.INTERNAL_ERROR, CloseReason.HANDSHAKE_FAILED);
    }

    // ---- its end

    private void complete(boolean peersIsLast) {
        SSLEngine completed = engine();
        state = state.become(HandshakeState.OVER);
        if (Renegotiation.known(completed)) {
            Renegotiation.refuse(completed);
            if (abbreviated(peersIsLast)) {
                result = HandshakeResult.RESUMED;
            }
        }
        owner.complete(this, result);
        if (afterwards == Afterwards.DRAIN) {
            owner.drainWith(rest);
        }
    }

    /** Those who hold the connection want its end: it goes on, and what comes after it then ends. */
    void drain() {
        afterwards = Afterwards.DRAIN;
    }

    /** Ends it, as the connection ends. */
    void end() {
        if (state != HandshakeState.OVER) {
            state = state.become(HandshakeState.OVER);
        }
    }

    /**
     * It was not completed.
     *
     * @param why the connection ends
     * @param detail what makes that exact, or {@code null}
     * @param cause what the engine or the operating system said, or {@code null}
     */
    void failed(CloseReason why, @Nullable String detail, @Nullable Throwable cause) {}

    // ---- what is known of it

    /** {@return whether the peer was to speak first and has not} */
    boolean silent() {
        return false;
    }

    final Phase phase() {
        return silent() ? Phase.OPENED : Phase.HANDSHAKE;
    }

    /** {@return what the peer offered, or {@code null} if it has not, or is no client} */
    @Nullable
    ClientHello hello() {
        return null;
    }

    /**
     * As far as it has come.
     *
     * @param complete whether it is complete
     * @param alertReceived the name of the alert that the peer sent, or {@code null}
     * @param alertSent the name of the alert that this side sent, or {@code null}
     */
    final HandshakeInfo info(boolean complete, @Nullable String alertReceived, @Nullable String alertSent) {
        SSLEngine current = engine;
        EngineInfo known = complete && current != null ? new EngineInfo(current, result) : null;
        String alpn = current == null ? null : current.getApplicationProtocol();
        return new HandshakeInfo(
                hello(),
                known == null ? null : known.protocol(),
                known == null ? null : known.cipherSuite(),
                alpn == null || alpn.isEmpty() ? null : alpn,
                known != null && known.resumed(),
                Math.max(1, down.loop().clock().nanos() - opened),
                down.bytesIn(),
                down.bytesOut(),
                alertReceived,
                alertSent);
    }
}
