package dev.millrace.internal.tls;

import dev.millrace.http.Phase;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.transport.DrainBounds;
import dev.millrace.internal.transport.Transport;
import dev.millrace.observe.ClientHello;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.HandshakeInfo;
import dev.millrace.observe.HandshakeResult;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;

/**
 * A server's handshake, from a connection's first byte to both sides' Finished: looks at the ClientHello, has a hook choose
 * what to answer it with where there is one, and then does what the engine wants. Its deadline is armed when the connection
 * is opened and nothing puts it off. Forgotten once it is complete.
 */
final class Handshake {
    private static final byte[] PLAINTEXT_ANSWER = ("HTTP/1.1 400 Bad Request\r\n"
                    + "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 66\r\nConnection: close\r\n\r\n"
                    + "This port speaks HTTPS, and the request came without encryption.\r\n")
            .getBytes(StandardCharsets.US_ASCII);

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    /** What comes when it is complete. */
    private enum Afterwards {
        SERVE,
        DRAIN
    }

    private final TlsTransport owner;
    private final Transport down;
    private final TlsContext context;
    private final long opened;
    private HandshakeState state = HandshakeState.HELLO;
    private Afterwards afterwards = Afterwards.SERVE;
    private @Nullable ClientHelloReader reader; // from the first byte to the end of the hello
    private @Nullable ClientHello hello;
    private @Nullable CompletableFuture<EngineChoice> choosing;
    private @Nullable SSLEngine engine;
    private int rest; // of the bytes that are being read
    private HandshakeResult result = HandshakeResult.COMPLETED; // if it comes to its end

    Handshake(TlsTransport owner, Transport down, TlsContext context) {
        this.owner = owner;
        this.down = down;
        this.context = context;
        this.opened = down.loop().now();
        down.deadline(opened + context.handshakeNanos);
    }

    /** Takes bytes as {@link dev.millrace.internal.transport.Protocol#onBytes} does, and no more than are the handshake's. */
    int onBytes(byte[] bytes, int offset, int end) {
        switch (state) {
            case HELLO:
                return readHello(bytes, offset, end);
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

    // ---- the ClientHello

    private int readHello(byte[] bytes, int offset, int end) {
        ClientHelloReader reading = reader;
        if (reading == null) {
            reading = new ClientHelloReader();
            reader = reading;
        }
        switch (reading.read(bytes, offset, end)) {
            case INCOMPLETE:
                return offset;
            case COMPLETE:
                hello = reading.hello();
                if (context.settings.chooses()) {
                    return choose(reading.hello(), bytes, offset, end);
                }
                break;
            case MALFORMED: // the engine answers with the right alert
                break;
            case TOO_LONG:
                owner.refuse(AlertNames.DECODE_ERROR, CloseReason.HANDSHAKE_FAILED);
                return end;
            case PLAINTEXT_HTTP:
                down.write(PLAINTEXT_ANSWER, 0, PLAINTEXT_ANSWER.length);
                owner.linger(CloseReason.PLAINTEXT_ON_TLS);
                return end;
            case NOT_TLS:
                owner.end(CloseReason.NOT_TLS);
                return end;
        }
        begin(context.settings.newServerEngine());
        return readMessages(bytes, offset, end);
    }

    private void begin(SSLEngine made) {
        reader = null;
        engine = made;
        owner.begin(made);
        state = state.become(HandshakeState.MESSAGES);
    }

    /** Asks the hook; goes on at once if it knows at once. */
    private int choose(ClientHello offered, byte[] bytes, int offset, int end) {
        state = state.become(HandshakeState.CHOOSING);
        CompletableFuture<EngineChoice> asked;
        try {
            asked = context.settings.choose(offered);
        } catch (Throwable e) { // user code may throw anything
            failed(e);
            return end;
        }
        CompletionStage<EngineChoice> answer = asked;
        if (asked.isDone()) {
            answer.whenComplete(this::chosen);
        } else {
            choosing = asked;
            answer.whenComplete((choice, failure) -> down.loop().execute(() -> {
                if (state == HandshakeState.CHOOSING) { // else it took too long, or the peer is gone
                    choosing = null;
                    chosen(choice, failure);
                    down.resumeReading();
                }
            }));
        }
        return onBytes(bytes, offset, end);
    }

    private void chosen(@Nullable EngineChoice choice, @Nullable Throwable failure) {
        if (choice == null) {
            failed(causeOf(failure));
        } else if (choice == EngineChoice.REFUSED) {
            owner.refuse(AlertNames.HANDSHAKE_FAILURE, CloseReason.HANDSHAKE_FAILED);
        } else {
            try {
                begin(choice.newServerEngine(context.settings));
            } catch (RuntimeException e) { // a choice that cannot be fulfilled
                failed(e);
            }
        }
    }

    private static Throwable causeOf(@Nullable Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        return cause == null ? new NullPointerException("nothing was chosen") : cause;
    }

    private void failed(Throwable error) {
        down.loop().report("choosing what to answer a ClientHello with", error);
        owner.refuse(AlertNames.INTERNAL_ERROR, CloseReason.HANDSHAKE_FAILED);
    }

    // ---- the messages after it

    private SSLEngine engine() {
        SSLEngine current = engine;
        if (current == null) {
            throw new IllegalStateException("no engine in state " + state);
        }
        return current;
    }

    private int readMessages(byte[] bytes, int offset, int end) {
        SSLEngine reading = engine();
        ByteBuffer in = context.buffers.input(bytes, offset, end);
        ByteBuffer out = context.buffers.takeDecrypted();
        int record = offset;
        try {
            while (in.hasRemaining() && state == HandshakeState.MESSAGES) {
                record = in.position();
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
            if (peersIsLast) { // in an abbreviated handshake the client's Finished is the last (RFC 5246 §7.3)
                result = HandshakeResult.RESUMED;
            }
        }
        owner.complete(this, result);
        if (afterwards == Afterwards.DRAIN) {
            owner.drainWith(rest);
        }
    }

    /** The server is stopping. */
    void drain() {
        afterwards = Afterwards.DRAIN;
        if (silent() && down.unread() == 0) {
            owner.end(CloseReason.DRAINED);
        } else {
            long now = down.loop().now();
            down.deadline(DrainBounds.apply(opened + context.handshakeNanos, opened, now, DrainBounds.BEGUN_NANOS));
        }
    }

    /** Ends it, as the connection ends. */
    void end() {
        state = state.become(HandshakeState.OVER);
        CompletableFuture<EngineChoice> asked = choosing;
        if (asked != null) {
            choosing = null;
            try {
                asked.cancel(true);
            } catch (RuntimeException e) { // a stage of the user's own kind
                down.loop().report("cancelling the choice of what to answer a ClientHello with", e);
            }
        }
    }

    // ---- what is known of it

    /** {@return whether not one byte has come} */
    boolean silent() {
        return reader == null && engine == null;
    }

    Phase phase() {
        return silent() ? Phase.OPENED : Phase.HANDSHAKE;
    }

    /**
     * As far as it has come.
     *
     * @param complete whether it is complete
     * @param alertReceived the name of the alert that the peer sent, or {@code null}
     * @param alertSent the name of the alert that this side sent, or {@code null}
     */
    HandshakeInfo info(boolean complete, @Nullable String alertReceived, @Nullable String alertSent) {
        SSLEngine current = engine;
        EngineInfo known = complete && current != null ? new EngineInfo(current, result) : null;
        String alpn = current == null ? null : current.getApplicationProtocol();
        return new HandshakeInfo(
                hello,
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
