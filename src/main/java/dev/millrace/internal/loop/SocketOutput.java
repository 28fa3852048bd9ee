package dev.millrace.internal.loop;

import dev.millrace.http.Phase;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.observe.CloseReason;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;

/**
 * The direction to the peer of a socket: what is written within an event gathers in the loop's staging buffer, and what the
 * peer does not take waits in a queue, which exists only then.
 *
 * <pre>
 *   OPEN → FINISHING → FINISHED              (the direction to the peer ends when all is out)
 *   OPEN, FINISHING, FINISHED → CLOSING      (the connection ends when all is out)
 *   any → LOST                               (the peer is gone; the protocol is about to hear of it)
 *   any → CLOSED
 * </pre>
 */
final class SocketOutput {
    private enum State {
        OPEN,
        FINISHING,
        FINISHED,
        CLOSING,
        LOST,
        CLOSED
    }

    private final SocketTransport transport;
    private final EventLoop loop;
    private final SocketChannel socket;
    private State state = State.OPEN;
    private CloseReason reason = CloseReason.INTERNAL_ERROR; // of the end that is to come
    private Phase endedIn = Phase.OPENED;
    private @Nullable OutputQueue queue;
    private long sent;
    private boolean farewell; // what is written is only a goodbye

    SocketOutput(SocketTransport transport, EventLoop loop, SocketChannel socket) {
        this.transport = transport;
        this.loop = loop;
        this.socket = socket;
    }

    /** {@return what waits, or {@code null}} */
    @Nullable
    OutputQueue queue() {
        return queue;
    }

    /** {@return how many bytes have left} */
    long sent() {
        return sent;
    }

    boolean open() {
        return state == State.OPEN;
    }

    boolean closed() {
        return state == State.CLOSED;
    }

    long pending() {
        return queue == null ? 0 : queue.pending();
    }

    boolean writable(int bound) {
        return state != State.LOST && (queue == null || queue.pending() < bound);
    }

    private boolean takes() {
        assert loop.inLoop();
        return state == State.OPEN;
    }

    void write(byte[] bytes, int offset, int length) {
        if (!takes()) {
            return;
        }
        try {
            int staged = queue == null ? stage(bytes, offset, length) : 0;
            if (staged < length && queue != null) {
                queue.addCopy(bytes, offset + staged, length - staged);
            }
        } catch (RuntimeException | Error e) {
            lost(e);
        }
    }

    void writeStable(byte[] bytes, int offset, int length) {
        if (!takes()) {
            return;
        }
        try {
            writeWhole(bytes, offset, length);
        } catch (RuntimeException | Error e) {
            lost(e);
        }
    }

    /** A part of the output is missing, mostly for lack of memory: what would follow it must not leave. */
    private void lost(Throwable e) {
        transport.failed(e);
        loop.report("writing to a socket", e);
    }

    private void writeWhole(byte[] bytes, int offset, int length) {
        DirectCopies.Copy copy =
                length >= DirectCopies.SMALLEST ? loop.directCopies().of(bytes) : null;
        if (copy == null) {
            int staged = queue == null ? stage(bytes, offset, length) : 0;
            if (staged < length && queue != null) {
                queue.addStable(bytes, offset + staged, length - staged);
            }
        } else if (copy.file() != null) {
            writePages(copy.file(), bytes, offset, length);
        } else {
            writeDirect(copy.buffer(offset, length));
        }
    }

    /** Sends a large array out of a file with the same bytes. */
    private void writePages(FileChannel file, byte[] bytes, int offset, int length) {
        int staged = queue == null ? fill(bytes, offset, length) : 0;
        if (staged < length) {
            loop.staging().flush();
            if (takes()) {
                OutputQueue before = queue;
                openQueue().addPages(file, offset + staged, length - staged);
                sendUnlessWaiting(before);
            }
        }
    }

    /** Sends a large direct buffer together with what was staged before it. */
    private void writeDirect(ByteBuffer direct) {
        if (queue == null) {
            Staging staging = loop.staging();
            staging.take(this);
            ByteBuffer before = staging.release().flip();
            try {
                sent += socket.write(new ByteBuffer[] {before, direct});
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
            transport.updateInterest();
        }
    }

    /** Puts bytes into the loop's staging buffer, sending it when full; gives how many went before the peer was full. */
    private int stage(byte[] bytes, int offset, int length) {
        int staged = 0;
        while (true) {
            staged += fill(bytes, offset + staged, length - staged);
            if (staged == length) {
                return staged;
            }
            loop.staging().flush();
            if (queue != null || state != State.OPEN) {
                return staged;
            }
        }
    }

    /** Puts as many bytes into the loop's staging buffer as there is room for; gives how many. */
    private int fill(byte[] bytes, int offset, int length) {
        Staging staging = loop.staging();
        staging.take(this);
        int n = Math.min(staging.buffer.remaining(), length);
        staging.buffer.put(bytes, offset, n);
        return n;
    }

    void writeFile(FileChannel file, long position, long length) {
        if (!takes()) {
            closeFile(file);
            return;
        }
        int staged = 0;
        if (queue == null) {
            try {
                staged = fill(file, position, length);
            } catch (IOException e) {
                closeFile(file);
                transport.end(CloseReason.HANDLER_ERROR, e);
                return;
            }
        }
        if (staged == length) {
            closeFile(file);
            return;
        }
        loop.staging().flush();
        if (!takes()) {
            closeFile(file);
            return;
        }
        OutputQueue before = queue;
        openQueue().addFile(file, position + staged, length - staged);
        sendUnlessWaiting(before);
    }

    /** Sends what was just put into the queue, unless there is one before it for which the socket had no room. */
    private void sendUnlessWaiting(@Nullable OutputQueue before) {
        if (before == null) {
            sendQueue();
        }
        transport.updateInterest();
    }

    /**
     * Puts the beginning of a file into the loop's staging buffer: it leaves together with the head before it, and a small
     * file as a whole. A head that leaves alone makes what follows it dearer, for us and for the peer.
     */
    private int fill(FileChannel file, long position, long length) throws IOException {
        Staging staging = loop.staging();
        staging.take(this);
        ByteBuffer buffer = staging.buffer;
        int start = buffer.position();
        buffer.limit(start + (int) Math.min(buffer.remaining(), length));
        try {
            int n = 0;
            while (n >= 0 && buffer.hasRemaining()) {
                n = file.read(buffer, position + buffer.position() - start);
            }
        } finally {
            buffer.limit(buffer.capacity());
        }
        return buffer.position() - start;
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
            long windowEnd = loop.now() + transport.settings().progressWindowNanos();
            open = new OutputQueue(windowEnd, transport.holding());
            queue = open;
            loop.wheel().armAtMost(transport, windowEnd);
        }
        return open;
    }

    /** Sends what was staged for this connection; what the peer does not take waits. Called by the loop's staging. */
    void sendStaged(ByteBuffer buffer) {
        buffer.flip();
        if (state == State.CLOSED || state == State.LOST || !buffer.hasRemaining()) {
            return;
        }
        try {
            sent += socket.write(buffer);
            if (buffer.hasRemaining()) {
                openQueue().addCopy(buffer);
                transport.updateInterest();
            }
        } catch (IOException e) {
            gone(e);
        } catch (RuntimeException | Error e) {
            lost(e);
        }
    }

    /** Sends what waits, as far as the peer takes it. */
    void sendQueue() {
        OutputQueue waiting = queue;
        if (waiting == null) {
            return;
        }
        loop.staging().flush();
        long before = waiting.sent();
        try {
            if (waiting.send(socket, loop.staging().buffer)) {
                queue = null;
            }
        } catch (EOFException e) {
            transport.end(CloseReason.HANDLER_ERROR, e);
            return;
        } catch (IOException e) {
            gone(e);
            return;
        } finally {
            sent += waiting.sent() - before;
        }
        if (queue == null) {
            finishOutput();
            transport.updateInterest();
        }
    }

    /** The peer is gone while it was being written to: told later, since the protocol may be the one that is writing. */
    private void gone(IOException e) {
        if (state != State.CLOSED && state != State.LOST) {
            state = State.LOST;
            endedIn = phase(transport.protocolPhase(), true);
            reason = switch (endedIn) {
                case OPENED, HANDSHAKE, TUNNEL -> CloseReason.PEER_RESET; // no response was due
                default -> CloseReason.PEER_CLOSED_EARLY;
            };
            dropQueue();
            loop.execute(() -> transport.end(reason, e));
        }
    }

    private void dropQueue() {
        OutputQueue dropped = queue;
        queue = null;
        if (dropped != null) {
            try {
                dropped.clear();
            } catch (IOException | RuntimeException | Error e) {
                loop.report("closing a file that was being sent", e);
            }
        }
    }

    // ---- the end

    /**
     * How far the connection has come: a response that is on its way is not over, though the protocol has written it all.
     *
     * @param phase what the protocol says
     * @param sending whether something waits
     */
    private static Phase phase(Phase phase, boolean sending) {
        return sending && (phase == Phase.IDLE || phase == Phase.CLOSING) ? Phase.RESPONSE : phase;
    }

    void finish() {
        if (state == State.OPEN) {
            state = State.FINISHING;
            loop.staging().flush();
            finishOutput();
        }
    }

    /** What is written from here on is a goodbye to a peer that has left: that it arrives is not to be expected. */
    void farewell() {
        if (state == State.OPEN && !farewell) {
            loop.staging().flush(); // what was written before is more than that
            farewell = state == State.OPEN && queue == null;
        }
    }

    void closeWhenOut(CloseReason why) {
        if (state == State.OPEN) {
            loop.staging().flush();
        }
        if (state == State.LOST && farewell) {
            reason = why;
            endedIn = transport.protocolPhase();
        }
        if (state != State.CLOSED && state != State.LOST) {
            reason = why;
            state = State.CLOSING;
            finishOutput();
        }
    }

    /** Ends the direction to the peer, or the connection, if that was asked for and nothing waits any more. */
    private void finishOutput() {
        if (queue != null) {
            return;
        }
        if (state == State.FINISHING) {
            state = State.FINISHED;
            try {
                socket.shutdownOutput();
            } catch (IOException e) {
                gone(e);
            }
        } else if (state == State.CLOSING) {
            transport.end(reason, null);
        }
    }

    /**
     * The connection ends: nothing leaves any more.
     *
     * @param why it does, unless the peer was lost before
     * @param phase what the protocol says
     */
    void close(CloseReason why, Phase phase) {
        if (state != State.LOST) {
            reason = why;
            endedIn = phase(phase, queue != null);
        }
        state = State.CLOSED;
        dropQueue();
    }

    /** {@return why the connection has ended} */
    CloseReason reason() {
        return reason;
    }

    /** {@return how far it had come} */
    Phase endedIn() {
        return endedIn;
    }
}
