package dev.millrace.internal.loop;

import dev.millrace.http.Phase;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.transport.BottomTransport;
import dev.millrace.internal.transport.Endpoint;
import dev.millrace.internal.transport.TransportSettings;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.ConnectionState;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;

/** A TCP connection, or one of the Unix domain, on its loop. Holds neither buffer nor queue while nothing waits. */
public final class SocketTransport extends BottomTransport implements Selectable, Runnable {
    private final EventLoop loop;
    private final SocketChannel socket;
    private final SocketOwner owner;
    private final SocketOutput output;
    private SelectionKey key;
    private int interest = SelectionKey.OP_READ;
    private @Nullable Throwable cause; // of its end
    private boolean ended;
    private @Nullable SocketTransport nextToEnd; // where there is no memory for a task

    /**
     * A connection that has just been accepted, or made. On the loop.
     *
     * @param owner has accepted it, or made it
     * @throws IOException if the selector does not take it
     */
    @SuppressWarnings("this-escape") // the last thing done: the protocol and the selector see a whole transport
    SocketTransport(EventLoop loop, SocketChannel socket, SocketOwner owner, Endpoint endpoint) throws IOException {
        super(loop, endpoint.observer());
        this.loop = loop;
        this.socket = socket;
        this.owner = owner;
        this.output = new SocketOutput(this, loop, socket);
        this.key = loop.register(socket, SelectionKey.OP_READ, this);
        open(endpoint.protocols());
        if (owner.draining()) { // it came while the stop began
            loop.execute(() -> drain(owner.patient()));
        }
    }

    @Override
    public void moved(SelectionKey newKey) {
        key = newKey;
    }

    @Override
    public boolean isOf(SocketOwner other) {
        return owner == other;
    }

    @Override
    public void cutOff() {
        abort(CloseReason.DRAIN_FORCED, null);
    }

    /**
     * The server is stopping.
     *
     * @param patient whether a peer that has not said anything yet may still do so for a while
     */
    void drain(boolean patient) {
        if (drained() || output.closed()) {
            return;
        }
        boolean waiting = inlet.reading() && (silent() || state() == ConnectionState.IDLE);
        if (waiting) { // what has arrived meanwhile has begun: the protocol is to know that before it is shown it
            inlet.pause();
            read();
        }
        if (!output.closed() && !(patient && silent() && unread() == 0)) {
            drainProtocol();
        }
        if (waiting && !output.closed()) {
            resumeReading();
            if (drained()
                    && !output
                            .closed()) { // what had arrived may have been nothing for it, such as a record of TLS's own
                protocol().onDrain();
            }
        }
    }

    private boolean silent() {
        return state() == ConnectionState.SILENT || state() == ConnectionState.HANDSHAKE;
    }

    @Override
    protected void becameActive() {
        if (!drained() && owner.draining()) { // it was waited for, and the answer is to say that it is the last
            drainProtocol();
        }
    }

    // ---- in

    @Override
    public void ready(int ops) {
        if (output.closed()) {
            return;
        }
        if ((ops & SelectionKey.OP_WRITE) != 0) {
            output.sendQueue();
            if (output.open() && writable()) {
                protocol().onWritable();
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
            received(n);
            byte[] bytes = loop.readBytes();
            buffer.flip().get(bytes, 0, n);
            inlet.offer(bytes, 0, n);
        } else if (n < 0) {
            inlet.end();
        }
        updateInterest();
    }

    @Override
    public void pauseReading() {
        inlet.pause();
    }

    @Override
    public void resumeReading() {
        inlet.resume();
        updateInterest();
    }

    @Override
    protected void readAheadChanged() {
        updateInterest();
    }

    void updateInterest() {
        if (output.closed()) {
            return;
        }
        int ops = output.queue() == null ? 0 : SelectionKey.OP_WRITE;
        if (inlet.wants(readAhead(owner.settings().inboundBuffer()))) {
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
        return owner.settings();
    }

    // ---- time

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
        try {
            expire(now);
            loop.flush();
        } catch (Throwable e) { // the deadlines of others come, too
            loop.report("a connection's deadline", e);
            failed(e);
        }
        if (output.closed()) {
            return;
        }
        waiting = output.queue();
        if (waiting != null) {
            loop.wheel().armAtMost(this, waiting.windowEnd());
        }
        rearm();
    }

    // ---- the end

    @Override
    public void closeOutput() {
        output.finish();
    }

    @Override
    public void farewell() {
        output.farewell();
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
                if (socket.supportedOptions().contains(StandardSocketOptions.SO_LINGER)) { // not in the Unix domain
                    socket.setOption(StandardSocketOptions.SO_LINGER, 0);
                }
            } catch (IOException e) {
                loop.report("resetting a connection", e);
            } finally {
                end(why, cause);
            }
        }
    }

    @Override
    public void failed(Throwable error) {
        end(CloseReason.INTERNAL_ERROR, error);
    }

    void end(CloseReason why, @Nullable Throwable thrown) {
        assert loop.inLoop();
        if (output.closed()) {
            finishEnd();
            return;
        }
        output.close(why, protocol().phase());
        cause = thrown;
        loop.wheel().cancel(this);
        inlet.close();
        holdsNothing();
        finishEnd();
    }

    /** Chains connections that are to end, without any memory. */
    void nextToEnd(@Nullable SocketTransport next) {
        nextToEnd = next;
    }

    @Nullable
    SocketTransport nextToEnd() {
        return nextToEnd;
    }

    private void finishEnd() {
        if (!output.closed()) {
            return;
        }
        if (!ended) {
            ended = true;
            loop.connections().decrementAndGet();
            loop.endLater(this); // not now: the protocol may be the one that ends it
        }
        if (socket.isOpen()) {
            closeSocket();
        }
    }

    /** Tells all that the connection has ended; the loop calls it. */
    @Override
    public void run() {
        closed(output.reason(), output.endedIn(), cause);
    }

    private void closeSocket() {
        try {
            socket.close();
        } catch (IOException e) {
            loop.report("closing a socket", e);
        } catch (RuntimeException | Error e) {
            loop.gaveUp();
            key.cancel(); // the selector does the rest
            loop.report("closing a socket", e);
        }
    }

    @Override
    protected void left(@Nullable ConnectionState foundAs, CloseReason why, Phase phase, long requests) {
        owner.released(foundAs, why, phase, requests);
    }

    Phase protocolPhase() {
        return protocol().phase();
    }

    // ---- what it is

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
        InetSocketAddress told = stoodFor(remote);
        if (told != null) {
            return told;
        }
        try {
            SocketAddress known = remote ? socket.getRemoteAddress() : socket.getLocalAddress();
            return known instanceof InetSocketAddress internet ? internet : null; // a path is no address of this kind
        } catch (IOException closed) {
            return null;
        }
    }
}
