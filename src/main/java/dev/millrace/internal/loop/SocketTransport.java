package dev.millrace.internal.loop;

import dev.millrace.http.Phase;
import dev.millrace.http.TlsInfo;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.observer.ConnectionFacts;
import dev.millrace.internal.observer.Observer;
import dev.millrace.internal.time.Deadline;
import dev.millrace.internal.transport.Endpoint;
import dev.millrace.internal.transport.Inlet;
import dev.millrace.internal.transport.Loop;
import dev.millrace.internal.transport.Protocol;
import dev.millrace.internal.transport.Transport;
import dev.millrace.internal.transport.TransportSettings;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.ConnectionInfo;
import dev.millrace.observe.ConnectionSnapshot;
import dev.millrace.observe.ConnectionState;
import dev.millrace.observe.ConnectionStats;
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
 */
public final class SocketTransport extends Deadline implements Transport, Selectable, ConnectionInfo {
    private static final AtomicLong IDS = new AtomicLong();

    private final EventLoop loop;
    private final SocketChannel socket;
    private final Listener listener;
    private final Observer observer;
    private final long id;
    private final long opened;
    private SelectionKey key;
    private Protocol protocol;

    private final Inlet inlet = new Inlet();
    private final SocketOutput output;
    private int interest = SelectionKey.OP_READ;
    private long due = NEVER;
    private long bytesIn;
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
        this.output = new SocketOutput(this, loop, socket);
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
            output.sendQueue();
            if (output.open() && writable()) {
                protocol.onWritable();
            }
        }
        if ((ops & SelectionKey.OP_READ) != 0 && !output.closed()) {
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
    public void handOver(Protocol next) {
        protocol = next;
    }

    @Override
    public void resumeReading() {
        inlet.resume(protocol);
        updateInterest();
    }

    void updateInterest() {
        if (output.closed()) {
            return;
        }
        int ops = output.queue() == null ? 0 : SelectionKey.OP_WRITE;
        if (inlet.wants(listener.settings().inboundBuffer())) {
            ops |= SelectionKey.OP_READ;
        }
        if (ops != interest) {
            interest = ops;
            key.interestOps(ops);
        }
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
    public long pending() {
        return output.pending();
    }

    @Override
    public boolean writable() {
        return output.writable(settings().outboundBuffer());
    }

    TransportSettings settings() {
        return listener.settings();
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
        if (output.closed()) {
            return;
        }
        OutputQueue waiting = output.queue();
        if (waiting != null
                && now - waiting.windowEnd() >= 0
                && !waiting.progressed(
                        settings().progressBytes(), now + settings().progressWindowNanos())) {
            end(CloseReason.WRITE_TIMEOUT, null);
            return;
        }
        if (due != NEVER && now - due >= 0) {
            due = NEVER;
            protocol.onDeadline(now);
            loop.flush();
        }
        if (output.closed()) {
            return;
        }
        waiting = output.queue();
        if (waiting != null) {
            loop.wheel().armAtMost(this, waiting.windowEnd());
        }
        if (due != NEVER) {
            loop.wheel().armAtMost(this, due);
        }
    }

    // ---- the end

    @Override
    public void closeOutput() {
        output.finish();
    }

    @Override
    public void closeAfterOutput(CloseReason why) {
        output.closeWhenOut(why);
    }

    @Override
    public void close(CloseReason why) {
        end(why, null);
    }

    @Override
    public void abort(CloseReason why, @Nullable Throwable cause) {
        if (!output.closed()) {
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

    void end(CloseReason why, @Nullable Throwable cause) {
        assert loop.inLoop();
        if (output.closed()) {
            return;
        }
        Phase phase = output.phase(protocol.phase());
        CloseReason first = output.close(why);
        loop.wheel().cancel(this);
        inlet.close();
        try {
            socket.close();
        } catch (IOException e) {
            loop.report("closing a socket", e);
        }
        loop.connections().decrementAndGet();
        listener.released();
        loop.execute(() -> closed(first, phase, cause)); // not now: the protocol may be the one that ends it
    }

    Phase protocolPhase() {
        return protocol.phase();
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
                            output.sent(),
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
                output.sent(),
                pending(),
                inlet.kept() + facts.keptIn,
                facts.requests,
                facts.protocol,
                facts.tlsVersion,
                facts.cipherSuite,
                facts.alpn,
                remoteAddress(),
                facts.http2);
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
        return output.sent();
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

    @Override
    public @Nullable TlsInfo tls() {
        return null;
    }
}
