package dev.millrace.internal.tls;

import dev.millrace.http.Phase;
import dev.millrace.http.TlsInfo;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.observer.ConnectionFacts;
import dev.millrace.internal.transport.AfterEvent;
import dev.millrace.internal.transport.Inlet;
import dev.millrace.internal.transport.Loop;
import dev.millrace.internal.transport.Protocol;
import dev.millrace.internal.transport.Transport;
import dev.millrace.observe.ClientHello;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.ConnectionEnd;
import dev.millrace.observe.ConnectionInfo;
import dev.millrace.observe.ConnectionState;
import dev.millrace.observe.HandshakeInfo;
import dev.millrace.observe.HandshakeResult;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.RejectedExecutionException;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;

/**
 * A server's TLS connection: a {@link Protocol} to the transport below, which carries records, and a {@link Transport} to
 * the protocol above, which speaks in clear. What the protocol writes within one event is encrypted together at its end, in
 * as few records as fit. Holds no buffer of its own while nothing waits. {@link TlsState} tells what it does next.
 */
public final class TlsTransport implements Protocol, Transport, AfterEvent {
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private static final byte[] PLAINTEXT_ANSWER = ("HTTP/1.1 400 Bad Request\r\n"
                    + "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 66\r\nConnection: close\r\n\r\n"
                    + "This port speaks HTTPS, and the request came without encryption.\r\n")
            .getBytes(StandardCharsets.US_ASCII);

    private static final byte ALERT = 21; // a record's type

    /** How many answers to messages such as KeyUpdate may wait for a peer that does not read. */
    private static final int MAX_UNREAD = 32;

    private enum Output {
        OPEN,
        /** Our direction ends when what waits is out. */
        FINISHING,
        /** The connection ends when what waits is out. */
        CLOSING,
        FINISHED
    }

    private final Transport down;
    private final TlsContext context;
    private final Inlet inlet = new Inlet();
    private TlsState state = TlsState.HELLO;
    private Output output = Output.OPEN;
    private CloseReason reason = CloseReason.SERVER_CLOSED;
    private @Nullable ClientHelloReader reader; // from the first byte to the end of the hello

    private @Nullable ClientHello hello;

    private @Nullable SSLEngine engine;
    private @Nullable Protocol upper;
    private @Nullable PlainQueue queue;
    private @Nullable String alertReceived;
    private @Nullable String alertSent;
    private boolean draining;
    private final long opened;
    private long handshakeNanos;
    private HandshakeResult outcome = HandshakeResult.COMPLETED; // once it is complete
    private @Nullable HandshakeInfo handshake; // kept only while somebody listens
    private int unread; // answers to messages after the handshake since the peer last read

    /**
     * A connection that has just been opened.
     *
     * @param down carries the records
     * @param context what it shares with others
     */
    public TlsTransport(Transport down, TlsContext context) {
        this.down = down;
        this.context = context;
        this.opened = down.loop().now();
        down.deadline(opened + context.handshakeNanos);
        down.state(ConnectionState.HANDSHAKE);
    }

    // ---- records in

    @Override
    public int onBytes(byte[] bytes, int offset, int end) {
        switch (state) {
            case HELLO:
                return readHello(bytes, offset, end);
            case HANDSHAKE:
            case OPEN:
                return decrypt(bytes, offset, end);
            case TASK:
                down.pauseReading();
                return offset;
            case CLOSING:
            case CLOSED:
                return end;
        }
        throw new AssertionError(state);
    }

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
                break;
            case MALFORMED: // the engine answers with the right alert
                break;
            case TOO_LONG:
                fail(CloseReason.HANDSHAKE_FAILED);
                return end;
            case PLAINTEXT_HTTP:
                down.write(PLAINTEXT_ANSWER, 0, PLAINTEXT_ANSWER.length);
                fail(CloseReason.PLAINTEXT_ON_TLS);
                return end;
            case NOT_TLS:
                fail(CloseReason.NOT_TLS);
                return end;
        }
        reader = null;
        engine = context.settings.newServerEngine();
        state = state.become(TlsState.HANDSHAKE);
        return decrypt(bytes, offset, end);
    }

    /** Decrypts whole records and shows the protocol what was in them; gives the offset up to which it did. */
    private int decrypt(byte[] bytes, int offset, int end) {
        SSLEngine decrypting = requireEngine();
        ByteBuffer in = context.input(bytes, offset, end);
        ByteBuffer out = context.takeDecrypted();
        int record = offset;
        try {
            while (in.hasRemaining() && (state == TlsState.HANDSHAKE || state == TlsState.OPEN)) {
                if (bytes[in.position()] == ALERT) { // perhaps a goodbye: what answers to what came before still goes
                    deliver(out);
                    flush();
                }
                if (state == TlsState.OPEN && !inlet.reading()) {
                    down.pauseReading();
                    break;
                }
                record = in.position();
                SSLEngineResult result = decrypting.unwrap(in, out);
                switch (result.getStatus()) {
                    case OK:
                        if (out.remaining() < TlsContext.RECORD) {
                            deliver(out);
                        }
                        advance(result);
                        break;
                    case BUFFER_OVERFLOW:
                        deliver(out);
                        break;
                    case BUFFER_UNDERFLOW:
                        deliver(out);
                        return in.position();
                    case CLOSED: // the peer's close_notify
                        deliver(out);
                        sayGoodbyeBack(result.getHandshakeStatus());
                        endInput();
                        return end;
                }
            }
            deliver(out);
            return state == TlsState.CLOSING || state == TlsState.CLOSED ? end : in.position();
        } catch (SSLException e) {
            deliver(out);
            engineFailed(e, AlertNames.inClear(bytes, record, end));
            return end;
        } finally {
            context.giveBack(out);
        }
    }

    private void deliver(ByteBuffer out) {
        int n = out.position();
        if (n > 0) {
            out.clear();
            Protocol protocol = upper;
            if (protocol != null) {
                inlet.offer(protocol, out.array(), 0, n);
            }
        }
    }

    /** In TLS 1.2 the engine answers close_notify at once, and nothing can follow (RFC 5246 §7.2.1). */
    private void sayGoodbyeBack(HandshakeStatus wanted) throws SSLException {
        HandshakeStatus status = wanted;
        while (status == HandshakeStatus.NEED_WRAP && (state == TlsState.HANDSHAKE || state == TlsState.OPEN)) {
            status = sendMessage();
        }
    }

    private void endInput() {
        Protocol protocol = upper;
        if (protocol != null && state == TlsState.OPEN) {
            inlet.end(protocol);
        } else if (state != TlsState.CLOSING && state != TlsState.CLOSED) {
            fail(CloseReason.HANDSHAKE_ABORTED);
        }
    }

    @Override
    public void onEnd() {
        if (state == TlsState.HELLO && reader == null) {
            fail(CloseReason.PEER_SILENT);
        } else {
            endInput();
        }
    }

    // ---- handshake

    private SSLEngine requireEngine() {
        SSLEngine current = engine;
        if (current == null) {
            throw new IllegalStateException("no engine in state " + state);
        }
        return current;
    }

    /** Does what the engine wants done next. */
    private void advance(SSLEngineResult result) throws SSLException {
        HandshakeStatus status = result.getHandshakeStatus();
        if (state == TlsState.OPEN) {
            if (status != HandshakeStatus.NOT_HANDSHAKING && status != HandshakeStatus.FINISHED) {
                handshakeAgain(result);
            }
            return;
        }
        boolean answered = false;
        while (state == TlsState.HANDSHAKE) {
            switch (status) {
                case NEED_TASK:
                    runTasks();
                    status = requireEngine().getHandshakeStatus();
                    break;
                case NEED_WRAP:
                    status = sendMessage();
                    answered = true;
                    break;
                case FINISHED:
                case NOT_HANDSHAKING:
                    if (!answered && !isVersion13()) { // the peer's Finished is the last (RFC 5246 §7.3, figure 2)
                        outcome = HandshakeResult.RESUMED;
                    }
                    open();
                    return;
                case NEED_UNWRAP:
                case NEED_UNWRAP_AGAIN:
                    return;
            }
        }
    }

    private boolean isVersion13() {
        return requireEngine().getSession().getProtocol().equals("TLSv1.3");
    }

    /** A message after the handshake: in TLS 1.3 a new key or ticket; in TLS 1.2 a wish to negotiate anew, which is refused. */
    private void handshakeAgain(SSLEngineResult result) throws SSLException {
        if (result.getStatus() == SSLEngineResult.Status.OK && !isVersion13()) {
            alertSent = "no_renegotiation";
            fail(CloseReason.PROTOCOL_ERROR);
            return;
        }
        HandshakeStatus status = result.getHandshakeStatus();
        if (down.writable()) {
            unread = 0;
        } else if (status == HandshakeStatus.NEED_WRAP && ++unread > MAX_UNREAD) {
            fail(CloseReason.FLOOD);
            return;
        }
        while (status == HandshakeStatus.NEED_WRAP || status == HandshakeStatus.NEED_TASK) {
            if (status == HandshakeStatus.NEED_TASK) {
                runAll(requireEngine());
                status = requireEngine().getHandshakeStatus();
            } else {
                status = sendMessage();
            }
        }
    }

    /** Sends one record that the engine wants sent; gives what it wants next. */
    private HandshakeStatus sendMessage() throws SSLException {
        ByteBuffer out = context.encrypted.clear();
        SSLEngineResult sent = requireEngine().wrap(NOTHING, out);
        if (ServerHello.takesUpSession(out.array(), out.position())) {
            outcome = HandshakeResult.RESUMED;
        }
        down.write(out.array(), 0, out.position());
        if (sent.bytesProduced() == 0 && sent.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
            throw new SSLException("the engine wants to send and sends nothing");
        }
        return sent.getHandshakeStatus();
    }

    private void runTasks() {
        SSLEngine working = requireEngine();
        if (context.tasks == null) {
            runAll(working);
            return;
        }
        state = state.become(TlsState.TASK);
        down.pauseReading();
        try {
            context.tasks.execute(() -> {
                runAll(working);
                down.loop().execute(this::tasksDone);
            });
        } catch (RejectedExecutionException e) { // nobody has time for it: then here
            runAll(working);
            down.loop().execute(this::tasksDone);
        }
    }

    private static void runAll(SSLEngine working) {
        for (Runnable task; (task = working.getDelegatedTask()) != null; ) {
            task.run();
        }
    }

    private void tasksDone() {
        if (state != TlsState.TASK) {
            return;
        }
        state = state.become(TlsState.HANDSHAKE);
        try {
            HandshakeStatus status = requireEngine().getHandshakeStatus();
            while (state == TlsState.HANDSHAKE && status == HandshakeStatus.NEED_WRAP) {
                status = sendMessage();
            }
            if (status == HandshakeStatus.NEED_TASK) {
                runTasks();
                return;
            }
            if (state == TlsState.HANDSHAKE
                    && (status == HandshakeStatus.FINISHED || status == HandshakeStatus.NOT_HANDSHAKING)) {
                open();
            }
        } catch (SSLException e) {
            engineFailed(e);
        }
        down.resumeReading();
    }

    /** The handshake is complete. */
    private void open() {
        state = state.become(TlsState.OPEN);
        String alpn = requireEngine().getApplicationProtocol();
        handshakeNanos = Math.max(1, down.loop().clock().nanos() - opened);
        HandshakeInfo info = handshakeInfo();
        handshake = context.observer.listens() ? info : null;
        hello = null;
        down.state(ConnectionState.SILENT);
        context.observer.handshakeCompleted(down.info(), info);
        Protocol protocol = context.upper.create(this, alpn == null ? "" : alpn);
        upper = protocol;
        if (draining) {
            protocol.onDrain();
        }
    }

    private HandshakeInfo handshakeInfo() {
        SSLEngine current = engine;
        boolean complete = state == TlsState.OPEN;
        String alpn = current == null ? null : current.getApplicationProtocol();
        return new HandshakeInfo(
                hello,
                current == null || !complete ? null : current.getSession().getProtocol(),
                current == null || !complete ? null : current.getSession().getCipherSuite(),
                alpn == null || alpn.isEmpty() ? null : alpn,
                complete && outcome == HandshakeResult.RESUMED,
                complete ? handshakeNanos : down.loop().now() - opened,
                down.bytesIn(),
                down.bytesOut(),
                alertReceived,
                alertSent);
    }

    private void engineFailed(SSLException e) {
        engineFailed(e, null);
    }

    private void engineFailed(SSLException e, @Nullable String alertInClear) {
        String received = AlertNames.received(e);
        alertReceived = received != null ? received : alertInClear;
        if (alertReceived == null) {
            sendAlert(e);
        }
        boolean before = upper == null || upper.phase() == Phase.OPENED;
        if (upper == null && AlertNames.leaves(alertReceived)) {
            fail(CloseReason.HANDSHAKE_ABORTED);
        } else if (alertReceived != null) {
            fail(before ? CloseReason.HANDSHAKE_REJECTED : CloseReason.PEER_CLOSED_EARLY);
        } else {
            fail(upper == null ? CloseReason.HANDSHAKE_FAILED : CloseReason.PROTOCOL_ERROR);
        }
    }

    private void sendAlert(SSLException cause) {
        ByteBuffer out = context.encrypted.clear();
        try {
            SSLEngineResult result = requireEngine().wrap(NOTHING, out);
            while (result.bytesProduced() > 0
                    && result.getStatus() == SSLEngineResult.Status.OK
                    && result.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
                result = requireEngine().wrap(NOTHING, out);
            }
        } catch (
                SSLException again) { // the engine says once more why it failed; the first cause is the one that counts
            cause.addSuppressed(again);
        }
        String named = AlertNames.inClear(out.array(), 0, out.position());
        alertSent = named != null ? named : AlertNames.sent(cause);
        down.write(out.array(), 0, out.position());
    }

    /** Ends the connection once what was written below is out. */
    private void fail(CloseReason why) {
        state = state.become(TlsState.CLOSING);
        output = Output.FINISHED;
        forget();
        down.closeAfterOutput(why);
    }

    // ---- clear text out

    @Override
    public void write(byte[] bytes, int offset, int length) {
        if (output != Output.OPEN) {
            return;
        }
        if (queue != null) {
            queue.add(Arrays.copyOfRange(bytes, offset, offset + length), 0, length);
        } else {
            collect(bytes, offset, length);
        }
    }

    @Override
    public void writeStable(byte[] bytes, int offset, int length) {
        if (output != Output.OPEN) {
            return;
        }
        if (queue != null) {
            queue.add(bytes, offset, length);
            return;
        }
        if (length <= TlsContext.FRAGMENT) {
            collect(bytes, offset, length);
            return;
        }
        int at = offset + collect(bytes, offset, TlsContext.FRAGMENT - context.collectedBy(this) % TlsContext.FRAGMENT);
        flush(); // what comes before it begins the first record
        int end = offset + length;
        while (at < end && down.writable() && output == Output.OPEN) {
            int n = Math.min(context.plain.length, end - at);
            encrypt(bytes, at, n);
            at += n;
        }
        if (at < end && output == Output.OPEN) {
            openQueue().add(bytes, at, end - at);
        }
    }

    @Override
    public void writeFile(FileChannel file, long position, long length) {
        if (output != Output.OPEN) {
            closeQuietly(file);
            return;
        }
        openQueue().add(file, position, length);
        pump();
    }

    private void closeQuietly(FileChannel file) {
        try {
            file.close();
        } catch (IOException e) {
            down.loop().report("closing a file that was not sent", e);
        }
    }

    private PlainQueue openQueue() {
        PlainQueue open = queue;
        if (open == null) {
            open = new PlainQueue();
            queue = open;
        }
        return open;
    }

    /** Puts bytes where the event's output is collected; gives how many, which is all. */
    private int collect(byte[] bytes, int offset, int length) {
        int done = 0;
        while (done < length) {
            down.loop().afterEvent(this);
            int n = context.collect(this, bytes, offset + done, length - done);
            done += n;
            if (done < length) {
                flush();
            }
        }
        return length;
    }

    /** Encrypts what was collected. */
    @Override
    public void flush() {
        int n = context.collectedBy(this);
        if (n > 0) {
            context.release();
            if (state == TlsState.OPEN) {
                encrypt(context.plain, 0, n);
            }
        }
    }

    private void encrypt(byte[] bytes, int offset, int length) {
        ByteBuffer source = context.output(bytes, offset, length);
        ByteBuffer out = context.encrypted.clear();
        try {
            while (source.hasRemaining()) {
                SSLEngineResult result = requireEngine().wrap(source, out);
                switch (result.getStatus()) {
                    case OK:
                        break;
                    case BUFFER_OVERFLOW:
                        if (out.position() == 0) {
                            throw new SSLException("a record does not fit " + out.capacity() + " bytes");
                        }
                        down.write(out.array(), 0, out.position());
                        out.clear();
                        break;
                    case CLOSED: // TLS 1.2: the peer's close_notify has ended both directions
                        fail(CloseReason.PEER_CLOSED_EARLY);
                        return;
                    case BUFFER_UNDERFLOW:
                        throw new SSLException("an engine cannot lack input to encrypt");
                }
            }
            down.write(out.array(), 0, out.position());
        } catch (SSLException e) {
            engineFailed(e);
        }
    }

    /** Encrypts what waits while it can be sent. */
    private void pump() {
        flush();
        PlainQueue waiting = queue;
        while (waiting != null && queue == waiting && down.writable() && state == TlsState.OPEN) {
            down.loop().afterEvent(this); // the buffer may hold another connection's
            int n;
            try {
                n = waiting.take(context.plain);
            } catch (IOException e) {
                queue = null;
                down.abort(CloseReason.HANDLER_ERROR, e);
                return;
            }
            if (waiting.isEmpty()) {
                queue = null;
            }
            encrypt(context.plain, 0, n);
        }
    }

    @Override
    public void onWritable() {
        if (state != TlsState.OPEN) {
            return;
        }
        pump();
        finishOutput();
        Protocol protocol = upper;
        if (protocol != null && output == Output.OPEN && writable()) {
            protocol.onWritable();
        }
    }

    @Override
    public long pending() {
        return down.pending() + (queue == null ? 0 : queue.pending());
    }

    @Override
    public boolean writable() {
        return queue == null && down.writable();
    }

    // ---- the end

    @Override
    public void closeOutput() {
        if (output == Output.OPEN) {
            output = Output.FINISHING;
            finishOutput();
        }
    }

    @Override
    public void closeAfterOutput(CloseReason why) {
        if (state == TlsState.OPEN && output != Output.CLOSING) {
            boolean finished = output == Output.FINISHED;
            reason = why;
            output = Output.CLOSING;
            if (finished) {
                state = state.become(TlsState.CLOSING);
                down.closeAfterOutput(why);
            } else {
                finishOutput();
            }
        }
    }

    /** Says goodbye when nothing waits any more, if that was asked for. */
    private void finishOutput() {
        if (queue != null || output == Output.OPEN || output == Output.FINISHED) {
            return;
        }
        flush();
        if (state != TlsState.OPEN) {
            return;
        }
        sendCloseNotify();
        if (output == Output.CLOSING) {
            state = state.become(TlsState.CLOSING);
            output = Output.FINISHED;
            down.closeAfterOutput(reason);
        } else {
            output = Output.FINISHED;
            down.closeOutput();
        }
    }

    private void sendCloseNotify() {
        SSLEngine closing = requireEngine();
        closing.closeOutbound();
        ByteBuffer out = context.encrypted.clear();
        try {
            while (!closing.isOutboundDone() && closing.wrap(NOTHING, out).bytesProduced() > 0) {
                // one record at a time
            }
        } catch (SSLException e) {
            down.loop().report("saying goodbye to a TLS peer", e);
        }
        down.write(out.array(), 0, out.position());
    }

    @Override
    public void close(CloseReason why) {
        if (state == TlsState.OPEN && queue == null && down.pending() == 0) {
            closeAfterOutput(why); // nothing waits: there is room to say goodbye
        } else {
            forget();
            down.close(why);
        }
    }

    @Override
    public void abort(CloseReason why, @Nullable Throwable cause) {
        forget();
        down.abort(why, cause);
    }

    /** Drops what waits. */
    private void forget() {
        if (context.collectedBy(this) > 0) {
            context.release();
        }
        PlainQueue waiting = queue;
        if (waiting != null) {
            queue = null;
            try {
                waiting.clear();
            } catch (IOException e) {
                down.loop().report("closing a file that was being sent", e);
            }
        }
    }

    @Override
    public void onDrain() {
        draining = true;
        if (state == TlsState.HELLO && reader == null) {
            fail(CloseReason.DRAINED);
        } else if (upper != null && state == TlsState.OPEN) {
            upper.onDrain();
        }
    }

    @Override
    public void onDeadline(long now) {
        if (state == TlsState.CLOSING || state == TlsState.CLOSED) {
            return; // the transport below watches whether the peer takes the rest, and the reason is known
        }
        Protocol protocol = upper;
        if (protocol != null) {
            protocol.onDeadline(now);
        } else {
            fail(CloseReason.HANDSHAKE_TIMEOUT);
        }
    }

    @Override
    public void onClosed(CloseReason why, @Nullable Throwable cause) {
        Phase endPhase = phase();
        state = TlsState.CLOSED;
        output = Output.FINISHED;
        forget();
        inlet.close();
        Protocol protocol = upper;
        if (protocol != null) {
            protocol.onClosed(why, cause);
        } else {
            HandshakeInfo info = handshakeInfo();
            handshake = info;
            context.observer.handshakeFailed(down.info(), info, new ConnectionEnd(why, endPhase, closeDetail(), cause));
        }
    }

    @Override
    public void describe(ConnectionFacts facts) {
        Protocol protocol = upper;
        if (protocol != null) {
            protocol.describe(facts);
        }
        facts.keptIn += inlet.kept();
        facts.handshakeNanos = handshakeNanos;
        SSLEngine current = engine;
        if (current != null && protocol != null) {
            String alpn = current.getApplicationProtocol();
            facts.tlsVersion = current.getSession().getProtocol();
            facts.cipherSuite = current.getSession().getCipherSuite();
            facts.alpn = alpn == null || alpn.isEmpty() ? null : alpn;
        }
        HandshakeInfo complete = handshake;
        if (protocol == null) {
            facts.handshake = complete != null ? complete : handshakeInfo();
        } else {
            facts.handshake = complete == null ? null : complete.withAlerts(alertReceived, alertSent);
        }
    }

    // ---- what it is

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
    public Phase phase() {
        if (upper != null) {
            return upper.phase();
        }
        return engine == null && reader == null ? Phase.OPENED : Phase.HANDSHAKE;
    }

    @Override
    public @Nullable String closeDetail() {
        if (alertReceived != null || alertSent != null) {
            return alertReceived != null ? alertReceived : alertSent;
        }
        return upper == null ? null : upper.closeDetail();
    }

    @Override
    public void pauseReading() {
        inlet.pause();
    }

    @Override
    public void handOver(Protocol next) {
        upper = next;
    }

    @Override
    public void resumeReading() {
        Protocol protocol = upper;
        if (protocol != null) {
            inlet.resume(protocol);
        }
        if (inlet.reading() && !inlet.delivering()) { // who shows the bytes goes on reading afterwards
            down.resumeReading();
        }
    }

    @Override
    public void deadline(long due) {
        down.deadline(due);
    }

    @Override
    public Loop loop() {
        return down.loop();
    }

    @Override
    public @Nullable InetSocketAddress remoteAddress() {
        return down.remoteAddress();
    }

    @Override
    public @Nullable InetSocketAddress localAddress() {
        return down.localAddress();
    }

    @Override
    public boolean secure() {
        return true;
    }

    @Override
    public TlsInfo tls() {
        return new EngineInfo(requireEngine(), outcome == HandshakeResult.RESUMED);
    }
}
