package dev.millrace.internal.loop;

import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.time.Deadline;
import dev.millrace.internal.transport.Loop;
import dev.millrace.internal.transport.Protocol;
import dev.millrace.internal.transport.Transport;
import dev.millrace.observe.CloseReason;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.Arrays;

/**
 * A TCP connection on its loop: the bottom of every connection.
 *
 * <p>It is itself the node in the loop's timer wheel and holds neither buffer nor queue while nothing waits, because
 * tens of thousands of these are idle at a time.
 *
 * <pre>
 *   input:   READING ⇄ PAUSED, READING → ENDED        (the peer has ended its sending, and the protocol knows)
 *            PAUSED → HELD ⇄ REST → ENDED             (the same, but first it has to take what was kept)
 *   output:  OPEN → FINISHING → FINISHED              (the direction to the peer ends when all is out)
 *            OPEN, FINISHING, FINISHED → CLOSING      (the connection ends when all is out)
 *            any → LOST                               (the peer is gone; the protocol is about to hear of it)
 *            any → CLOSED
 * </pre>
 */
public final class SocketTransport extends Deadline implements Transport, Selectable {
    private static final byte[] NOTHING = new byte[0];

    private enum Input {
        READING,
        PAUSED,
        HELD,
        REST,
        ENDED
    }

    private enum Output {
        OPEN,
        FINISHING,
        FINISHED,
        CLOSING,
        LOST,
        CLOSED
    }

    /** Whether the protocol is being shown bytes right now: {@code onBytes} never comes within {@code onBytes}. */
    private enum Delivery {
        NONE,
        RUNNING,
        /** Resumed while running: what is left is to be shown again. */
        AGAIN
    }

    private final EventLoop loop;
    private final SocketChannel socket;
    private final Listener listener;
    private SelectionKey key;
    private final Protocol protocol;

    private Input input = Input.READING;
    private Output output = Output.OPEN;
    private Delivery delivery = Delivery.NONE;
    private CloseReason reason = CloseReason.INTERNAL_ERROR;
    private byte[] kept = NOTHING; // what the protocol has not taken
    private int keptLength;
    private int interest = SelectionKey.OP_READ;
    private @Nullable OutputQueue queue;
    private long due = NEVER;

    /**
     * A connection that has just been accepted. On the loop.
     *
     * @throws IOException if the selector does not take it
     */
    @SuppressWarnings("this-escape") // the last thing done: the protocol and the selector see a whole transport
    SocketTransport(EventLoop loop, SocketChannel socket, Listener listener, Protocol.Factory protocols)
            throws IOException {
        this.loop = loop;
        this.socket = socket;
        this.listener = listener;
        this.key = loop.register(socket, SelectionKey.OP_READ, this);
        this.protocol = protocols.create(this);
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
            byte[] bytes = loop.readBytes();
            buffer.flip().get(bytes, 0, n);
            if (keptLength > 0 || input != Input.READING) {
                keep(bytes, 0, n);
                if (input == Input.READING) {
                    deliverKept();
                }
            } else {
                int taken = deliver(bytes, 0, n);
                if (taken < n && output != Output.CLOSED) {
                    keep(bytes, taken, n - taken);
                }
            }
        } else if (n < 0) {
            if (input == Input.PAUSED) {
                input = Input.HELD;
            } else {
                input = Input.ENDED;
                protocol.onEnd();
            }
        }
        updateInterest();
    }

    /** Shows bytes to the protocol, again and again while it resumes itself; gives the offset up to which it took them. */
    private int deliver(byte[] bytes, int offset, int end) {
        int at = offset;
        do {
            delivery = Delivery.RUNNING;
            at = protocol.onBytes(bytes, at, end);
        } while (delivery == Delivery.AGAIN && at < end && output != Output.CLOSED);
        delivery = Delivery.NONE;
        return at;
    }

    private void deliverKept() {
        byte[] bytes = kept;
        int taken = deliver(bytes, 0, keptLength);
        if (output == Output.CLOSED) {
            return;
        }
        if (taken == keptLength) {
            kept = NOTHING;
            keptLength = 0;
        } else if (taken > 0) {
            keptLength -= taken;
            kept = Arrays.copyOfRange(bytes, taken, taken + keptLength);
        }
    }

    private void keep(byte[] bytes, int offset, int length) {
        int needed = keptLength + length;
        if (needed > kept.length) {
            kept = Arrays.copyOf(kept, keptLength == 0 ? needed : Math.max(needed, 2 * kept.length));
        }
        System.arraycopy(bytes, offset, kept, keptLength, length);
        keptLength = needed;
    }

    @Override
    public void pauseReading() {
        if (input == Input.READING) {
            input = Input.PAUSED;
        } else if (input == Input.REST) {
            input = Input.HELD;
        }
    }

    @Override
    public void resumeReading() {
        if (output == Output.CLOSED) {
            return;
        }
        if (input == Input.PAUSED) {
            input = Input.READING;
        } else if (input == Input.HELD) {
            input = Input.REST;
        }
        if (delivery != Delivery.NONE) {
            delivery = Delivery.AGAIN;
            return;
        }
        if (keptLength > 0) {
            deliverKept();
        }
        if (input == Input.REST && output != Output.CLOSED) {
            input = Input.ENDED;
            protocol.onEnd();
        }
        updateInterest();
    }

    private void updateInterest() {
        if (output == Output.CLOSED) {
            return;
        }
        int ops = queue == null ? 0 : SelectionKey.OP_WRITE;
        if (input == Input.READING
                || input == Input.PAUSED && keptLength < listener.settings().inboundBuffer()) {
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
                socket.write(new ByteBuffer[] {before, direct});
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
            socket.write(buffer);
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
        try {
            if (waiting.send(socket, loop.staging().buffer)) {
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
            loop.staging().flush();
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
        kept = NOTHING;
        keptLength = 0;
        try {
            socket.close();
        } catch (IOException e) {
            loop.report("closing a socket", e);
        }
        loop.connections().decrementAndGet();
        listener.released();
        loop.execute(() -> protocol.onClosed(first, cause)); // not now: the protocol may be the one that ends it
    }

    // ---- what it is

    @Override
    public Loop loop() {
        return loop;
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
