package dev.millrace.internal.tunnel;

import dev.millrace.http.Tunnel;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.transport.AfterEvent;
import dev.millrace.internal.transport.Loop;
import dev.millrace.internal.transport.PendingContent;
import dev.millrace.internal.transport.Transport;
import dev.millrace.internal.transport.TransportSettings;
import dev.millrace.observe.CloseReason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The direction into a tunnel: what one event brings is handed over together at its end, and no more than one piece that
 * the tunnel has not taken.
 *
 * <pre>
 *   OPEN → FINISHING → FINISHED              (the direction ends when all is handed over)
 *   OPEN, FINISHING, FINISHED → CLOSING      (the connection ends when all is handed over)
 *   any → CLOSED
 * </pre>
 */
final class TunnelOutput implements AfterEvent {
    private enum State {
        OPEN,
        FINISHING,
        FINISHED,
        CLOSING,
        CLOSED
    }

    /** What is handed over at a time, at most. */
    private static final int PIECE = 64 << 10;

    private final TunnelTransport transport;
    private final Tunnel tunnel;
    private final Loop loop;
    private final TransportSettings settings;
    private State state = State.OPEN;
    private CloseReason reason = CloseReason.INTERNAL_ERROR; // of the end that is to come
    private @Nullable PendingContent queue; // only while something waits
    private int untaken; // of the piece that the tunnel has not taken; 0 if it takes more
    private long overdue = Transport.NEVER; // when it must have taken that
    private long sent;

    TunnelOutput(TunnelTransport transport, Tunnel tunnel, Loop loop, TransportSettings settings) {
        this.transport = transport;
        this.tunnel = tunnel;
        this.loop = loop;
        this.settings = settings;
    }

    boolean open() {
        return state == State.OPEN;
    }

    long sent() {
        return sent;
    }

    void write(byte[] bytes, int offset, int length) {
        writeStable(Arrays.copyOfRange(bytes, offset, offset + length), 0, length);
    }

    void writeStable(byte[] bytes, int offset, int length) {
        if (state == State.OPEN && length > 0) {
            openQueue().add(bytes, offset, length);
        }
    }

    void writeFile(FileChannel file, long position, long length) {
        if (state == State.OPEN) {
            openQueue().add(file, position, length);
            return;
        }
        try {
            file.close();
        } catch (IOException e) {
            loop.report("closing a file that was not sent", e);
        }
    }

    private PendingContent openQueue() {
        PendingContent open = queue;
        if (open == null) {
            open = new PendingContent(transport.holding());
            queue = open;
            if (untaken == 0) {
                loop.atEventEnd(this);
            }
        }
        return open;
    }

    long pending() {
        return untaken + (queue == null ? 0 : queue.pending());
    }

    boolean writable() {
        return state != State.CLOSED && pending() < settings.outboundBuffer();
    }

    /** The event has ended: hands over what waits while the tunnel takes it. */
    @Override
    public void flush() {
        handOver(!writable());
    }

    @Override
    public void failed(Throwable error) {
        transport.abort(CloseReason.INTERNAL_ERROR, error);
    }

    private void handOver(boolean full) {
        while (queue != null && untaken == 0 && state != State.CLOSED) {
            handOverPiece(queue);
        }
        if (queue == null && untaken == 0) {
            allHandedOver();
        }
        if (full) {
            transport.tellWritable();
        }
    }

    private void handOverPiece(PendingContent waiting) {
        byte[] piece = new byte[(int) Math.min(PIECE, waiting.pending())];
        int n;
        try {
            n = waiting.take(piece);
        } catch (IOException e) {
            transport.abort(CloseReason.HANDLER_ERROR, e);
            return;
        }
        if (waiting.isEmpty()) {
            queue = null;
        }
        untaken = n;
        CompletionStage<Void> taking = tunnel.write(ByteBuffer.wrap(piece, 0, n));
        if (taking instanceof CompletableFuture<Void> known && known.isDone() && !known.isCompletedExceptionally()) {
            sent += n;
            untaken = 0;
            return;
        }
        // a piece of this size at the lowest rate, and a window more
        overdue = loop.now() + settings.progressWindowNanos() * (1 + n / settings.progressBytes());
        loop.armAtMost(transport, overdue);
        taking.whenComplete((nothing, failure) -> transport.happens(() -> taken(failure)));
    }

    private void taken(@Nullable Throwable failure) {
        if (state == State.CLOSED) {
            return;
        }
        if (failure != null) {
            transport.close(CloseReason.PEER_CLOSED_EARLY);
            return;
        }
        boolean full = !writable();
        sent += untaken;
        untaken = 0;
        overdue = Transport.NEVER;
        handOver(full);
    }

    // ---- time

    boolean overdue(long now) {
        return overdue != Transport.NEVER && now - overdue >= 0;
    }

    void rearm() {
        if (overdue != Transport.NEVER) {
            loop.armAtMost(transport, overdue);
        }
    }

    // ---- the end

    void finish() {
        if (state == State.OPEN) {
            state = State.FINISHING;
            if (pending() == 0) {
                allHandedOver();
            }
        }
    }

    void closeWhenOut(CloseReason why) {
        if (state != State.CLOSED) {
            reason = why;
            state = State.CLOSING;
            if (pending() == 0) {
                allHandedOver();
            }
        }
    }

    /** Ends the direction to the peer, or the connection, if that was asked for. */
    private void allHandedOver() {
        if (state == State.FINISHING) {
            state = State.FINISHED;
            tunnel.closeOutput();
        } else if (state == State.CLOSING) {
            transport.leave(reason);
        }
    }

    /** Takes nothing more, and drops what waits. */
    void drop() {
        state = State.CLOSED;
        PendingContent waiting = queue;
        if (waiting != null) {
            queue = null;
            try {
                waiting.clear();
            } catch (IOException e) {
                loop.report("closing a file that was being sent", e);
            }
        }
    }
}
