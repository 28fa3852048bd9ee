package dev.millrace.internal.loop;

import dev.millrace.http.Phase;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.observer.ConnectionFacts;
import dev.millrace.internal.observer.Observer;
import dev.millrace.internal.time.Deadline;
import dev.millrace.internal.transport.Endpoint;
import dev.millrace.internal.transport.Inlet;
import dev.millrace.internal.transport.Loop;
import dev.millrace.internal.transport.Protocol;
import dev.millrace.internal.transport.Transport;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.ConnectionInfo;
import dev.millrace.observe.ConnectionSnapshot;
import dev.millrace.observe.ConnectionState;
import dev.millrace.observe.ConnectionStats;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A TCP connection on its loop: the bottom of every connection.
 *
 * <p>It is itself the node in the loop's timer wheel and holds neither buffer nor queue while nothing waits, because
 * tens of thousands of these are idle at a time.
 *
 * <pre>
 *   output:  OPEN → FINISHING → FINISHED              (the direction to the peer ends when all is out)
 *            OPEN, FINISHING, FINISHED → CLOSING      (the connection ends when all is out)
 *            any → LOST                               (the peer is gone; the protocol is about to hear of it)
 *            any → CLOSED
 * </pre>
 */
public final class SocketTransport extends Deadline implements Transport, Selectable, ConnectionInfo {
    private enum Output {
        OPEN,
        FINISHING,
        FINISHED,
        CLOSING,
        LOST,
        CLOSED
    }

    private static final AtomicLong IDS = new AtomicLong();

    private final EventLoop loop;
    private final SocketChannel socket;
    private final Listener listener;
    private final Observer observer;
    private final long id;
    private final long opened;
    private SelectionKey key;
    private final Protocol protocol;

    private final Inlet inlet = new Inlet();
    private Output output = Output.OPEN;
    private CloseReason reason = CloseReason.INTERNAL_ERROR;
    private int interest = SelectionKey.OP_READ;
    private @Nullable OutputQueue queue;
    private long due = NEVER;
    private long bytesIn;
    private long bytesOut;
    private ConnectionState state = ConnectionState.SILENT;

    /**
     * A connection that has just been accepted. On the loop.
     *
     * @throws IOException if the selector does not take it
     */
    @SuppressWarnings("this-escape") // the last thing done: the protocol and the selector see a whole transport
    SocketTransport(EventLoop loop, SocketChannel socket, Listener listener, Endpoint endpoint) throws IOException {
        this.loop = loop;
        this.socket = socket;
        this.listener = listener;
        this.key = loop.register(socket, SelectionKey.OP_READ, this);
        this.observer = endpoint.observer();
        this.id = IDS.incrementAndGet();
        this.opened = loop.now();
        observer.state(null, state);
        this.protocol = endpoint.protocols().create(this);
        observer.opened(this);
    }

    void moved(SelectionKey newKey) {
        key = newKey;
    }

    boolean isOf(Listener other) {
        return listener == other;
    }

    void drain() {
        protocol.onDrain();
    }

    // ---- in

    @Override
    public void ready(int ops) {
        if ((ops & SelectionKey.OP_WRITE) != 0) {
            sendQueue();
            if (output == Output.OPEN && writable()) {
                protocol.onWritable();
            }
        }
        if ((ops & SelectionKey.OP_READ) != 0 && output != Output.CLOSED) {
            read();
        }
    }

    private void read() {
        ByteBuffer buffer = loop.readBuffer().clear();
        int n;
        try {
            n = socket.read(buffer);
        } catch (IOException e) {
            // the JDK says by this type that the peer sent a reset
            end(e instanceof SocketException ? CloseReason.PEER_RESET : CloseReason.IO_ERROR, e);
            return;
        }
        if (n > 0) {
            bytesIn += n;
            byte[] bytes = loop.readBytes();
            buffer.flip().get(bytes, 0, n);
            inlet.offer(protocol, bytes, 0, n);
        } else if (n < 0) {
            inlet.end(protocol);
        }
        updateInterest();
    }

    @Override
    public void pauseReading() {
        inlet.pause();
    }

    @Override
    public void resumeReading() {
        inlet.resume(protocol);
        updateInterest();
    }

    private void updateInterest() {
        if (output == Output.CLOSED) {
            return;
        }
        int ops = queue == null ? 0 : SelectionKey.OP_WRITE;
        if (inlet.wants(listener.settings().inboundBuffer())) {
            ops |= SelectionKey.OP_READ;
        }
        if (ops != interest) {
            interest = ops;
            key.interestOps(ops);
        }
    }

    // ---- out

    private boolean takesOutput() {
        assert loop.inLoop();
        return output == Output.OPEN;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
        if (!takesOutput()) {
            return;
        }
        int sent = queue == null ? stage(bytes, offset, length) : 0;
        if (sent < length && queue != null) {
            queue.addCopy(bytes, offset + sent, length - sent);
        }
    }

    @Override
    public void writeStable(byte[] bytes, int offset, int length) {
        if (!takesOutput()) {
            return;
        }
        if (length >= DirectCopies.SMALLEST) {
            ByteBuffer direct = loop.directCopies().of(bytes, offset, length);
            if (direct != null) {
                writeDirect(direct);
                return;
            }
        }
        int sent = queue == null ? stage(bytes, offset, length) : 0;
        if (sent < length && queue != null) {
            queue.addStable(bytes, offset + sent, length - sent);
        }
    }

    /** Sends a large direct buffer together with what was staged before it. */
    private void writeDirect(ByteBuffer direct) {
        if (queue == null) {
            Staging staging = loop.staging();
            staging.take(this);
            ByteBuffer before = staging.release().flip();
            try {
                bytesOut += socket.write(new ByteBuffer[] {before, direct});
                if (before.hasRemaining()) {
                    openQueue().addCopy(before);
                }
            } catch (IOException e) {
                gone(e);
                return;
            } finally {
                before.clear();
            }
        }
        if (direct.hasRemaining()) {
            openQueue().addDirect(direct);
            updateInterest();
        }
    }

    /** Puts bytes into the loop's staging buffer, sending it when full; gives how many went before the peer was full. */
    private int stage(byte[] bytes, int offset, int length) {
        Staging staging = loop.staging();
        staging.take(this);
        ByteBuffer buffer = staging.buffer;
        int sent = 0;
        while (true) {
            int n = Math.min(buffer.remaining(), length - sent);
            buffer.put(bytes, offset + sent, n);
            sent += n;
            if (sent == length) {
                return sent;
            }
            staging.flush();
            if (queue != null || output == Output.CLOSED) {
                return sent;
            }
            staging.take(this);
        }
    }

    @Override
    public void writeFile(FileChannel file, long position, long length) {
        if (!takesOutput()) {
            closeFile(file);
            return;
        }
        loop.staging().flush(); // the file is to follow what was staged before
        openQueue().addFile(file, position, length);
        sendQueue();
        updateInterest();
    }

    private void closeFile(FileChannel file) {
        try {
            file.close();
        } catch (IOException e) {
            loop.report("closing a file that was not sent", e);
        }
    }

    private OutputQueue openQueue() {
        OutputQueue open = queue;
        if (open == null) {
            long windowEnd = loop.now() + listener.settings().progressWindowNanos();
            open = new OutputQueue(windowEnd);
            queue = open;
            loop.wheel().armAtMost(this, windowEnd);
        }
        return open;
    }

    /** Sends what was staged for this connection; what the peer does not take waits. Called by the loop's staging. */
    void sendStaged(ByteBuffer buffer) {
        buffer.flip();
        if (output == Output.CLOSED || !buffer.hasRemaining()) {
            return;
        }
        try {
            bytesOut += socket.write(buffer);
        } catch (IOException e) {
            gone(e);
            return;
        }
        if (buffer.hasRemaining()) {
            openQueue().addCopy(buffer);
            updateInterest();
        }
    }

    private void sendQueue() {
        OutputQueue waiting = queue;
        if (waiting == null) {
            return;
        }
        loop.staging().flush();
        long before = waiting.sent();
        try {
            boolean empty = waiting.send(socket, loop.staging().buffer);
            bytesOut += waiting.sent() - before;
            if (empty) {
                queue = null;
            }
        } catch (EOFException e) {
            end(CloseReason.HANDLER_ERROR, e);
            return;
        } catch (IOException e) {
            gone(e);
            return;
        }
        if (queue == null) {
            finishOutput();
            updateInterest();
        }
    }

    /** The peer is gone while it was being written to: told later, since the protocol may be the one that is writing. */
    private void gone(IOException e) {
        if (output != Output.CLOSED && output != Output.LOST) {
            output = Output.LOST;
            reason = CloseReason.PEER_CLOSED_EARLY;
            dropQueue();
            loop.execute(() -> end(CloseReason.PEER_CLOSED_EARLY, e));
        }
    }

    private void dropQueue() {
        if (queue != null) {
            try {
                queue.clear();
            } catch (IOException e) {
                loop.report("closing a file that was being sent", e);
            }
            queue = null;
        }
    }

    @Override
    public long pending() {
        return queue == null ? 0 : queue.pending();
    }

    @Override
    public boolean writable() {
        return output != Output.LOST
                && (queue == null || queue.pending() < listener.settings().outboundBuffer());
    }

    // ---- time

    @Override
    public void deadline(long newDue) {
        due = newDue;
        if (newDue != NEVER) {
            loop.wheel().armAtMost(this, newDue);
        }
    }

    @Override
    protected void expired(long now) {
        if (output == Output.CLOSED) {
            return;
        }
        if (queue != null && now - queue.windowEnd() >= 0) {
            if (!queue.progressed(
                    listener.settings().progressBytes(),
                    now + listener.settings().progressWindowNanos())) {
                end(CloseReason.WRITE_TIMEOUT, null);
                return;
            }
        }
        if (due != NEVER && now - due >= 0) {
            due = NEVER;
            protocol.onDeadline(now);
            loop.flush();
        }
        if (output == Output.CLOSED) {
            return;
        }
        if (queue != null) {
            loop.wheel().armAtMost(this, queue.windowEnd());
        }
        if (due != NEVER) {
            loop.wheel().armAtMost(this, due);
        }
    }

    // ---- the end

    @Override
    public void closeOutput() {
        if (output == Output.OPEN) {
            output = Output.FINISHING;
            loop.staging().flush();
            finishOutput();
        }
    }

    @Override
    public void closeAfterOutput(CloseReason why) {
        if (output == Output.OPEN) {
            loop.staging().flush();
        }
        if (output != Output.CLOSED && output != Output.LOST) {
            reason = why;
            output = Output.CLOSING;
            finishOutput();
        }
    }

    /** Ends the direction to the peer, or the connection, if that was asked for and nothing waits any more. */
    private void finishOutput() {
        if (queue != null) {
            return;
        }
        if (output == Output.FINISHING) {
            output = Output.FINISHED;
            try {
                socket.shutdownOutput();
            } catch (IOException e) {
                gone(e);
            }
        } else if (output == Output.CLOSING) {
            end(reason, null);
        }
    }

    @Override
    public void close(CloseReason why) {
        end(why, null);
    }

    @Override
    public void abort(CloseReason why, @Nullable Throwable cause) {
        if (output != Output.CLOSED) {
            try {
                socket.setOption(StandardSocketOptions.SO_LINGER, 0);
            } catch (IOException e) {
                loop.report("resetting a connection", e);
            }
            end(why, cause);
        }
    }

    @Override
    public void failed(Throwable error) {
        end(CloseReason.INTERNAL_ERROR, error);
    }

    private void end(CloseReason why, @Nullable Throwable cause) {
        assert loop.inLoop();
        if (output == Output.CLOSED) {
            return;
        }
        CloseReason first = output == Output.LOST ? reason : why;
        output = Output.CLOSED;
        loop.wheel().cancel(this);
        dropQueue();
        inlet.close();
        try {
            socket.close();
        } catch (IOException e) {
            loop.report("closing a socket", e);
        }
        loop.connections().decrementAndGet();
        listener.released();
        Phase phase = protocol.phase();
        loop.execute(() -> closed(first, phase, cause)); // not now: the protocol may be the one that ends it
    }

    private void closed(CloseReason why, Phase phase, @Nullable Throwable cause) {
        ConnectionFacts facts = new ConnectionFacts();
        protocol.describe(facts);
        String detail = protocol.closeDetail();
        try {
            protocol.onClosed(why, cause);
        } finally {
            observer.state(state, null);
            observer.closed(
                    this,
                    why,
                    phase,
                    detail,
                    cause,
                    facts.handshake,
                    new ConnectionStats(
                            bytesIn,
                            bytesOut,
                            facts.requests,
                            loop.now() - opened,
                            facts.handshakeNanos,
                            facts.firstByteNanos));
        }
    }

    /** {@return the connection as it is now} */
    ConnectionSnapshot snapshot() {
        ConnectionFacts facts = new ConnectionFacts();
        protocol.describe(facts);
        return new ConnectionSnapshot(
                id,
                listener(),
                state,
                loop.now() - opened,
                bytesIn,
                bytesOut,
                pending(),
                inlet.kept() + facts.keptIn,
                facts.requests,
                facts.protocol,
                facts.tlsVersion,
                facts.cipherSuite,
                facts.alpn,
                remoteAddress());
    }

    // ---- what it is

    @Override
    public Loop loop() {
        return loop;
    }

    @Override
    public ConnectionInfo info() {
        return this;
    }

    @Override
    public void state(ConnectionState next) {
        if (next != state) {
            observer.state(state, next);
            state = next;
        }
    }

    @Override
    public long id() {
        return id;
    }

    @Override
    public String listener() {
        return observer.listener();
    }

    @Override
    public long bytesIn() {
        return bytesIn;
    }

    @Override
    public long bytesOut() {
        return bytesOut;
    }

    @Override
    public @Nullable InetSocketAddress remoteAddress() {
        return address(true);
    }

    @Override
    public @Nullable InetSocketAddress localAddress() {
        return address(false);
    }

    private @Nullable InetSocketAddress address(boolean remote) {
        try {
            return (InetSocketAddress) (remote ? socket.getRemoteAddress() : socket.getLocalAddress());
        } catch (IOException closed) {
            return null;
        }
    }

    @Override
    public boolean secure() {
        return false;
    }
}
