package dev.millrace.internal.tls;

import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.transport.AfterEvent;
import dev.millrace.internal.transport.PendingContent;
import dev.millrace.internal.transport.Transport;
import dev.millrace.observe.CloseReason;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.Arrays;
import javax.net.ssl.SSLException;

/**
 * Clear text on its way out of one connection. What one event brings is collected and encrypted together at its end; what
 * the peer does not take yet waits in clear, so that a file is read when its turn comes.
 *
 * <pre>
 *   OPEN → FINISHING → FINISHED               (our direction ends, with close_notify, when what waits is out)
 *   OPEN, FINISHING, FINISHED → CLOSING       (the connection ends when what waits is out)
 *   any → FINISHED                            (it has failed)
 * </pre>
 */
final class TlsOutput implements AfterEvent {
    private enum State {
        OPEN,
        FINISHING,
        CLOSING,
        FINISHED
    }

    private final TlsTransport owner;
    private final Transport down;
    private final TlsBuffers buffers;
    private State state = State.OPEN;
    private @Nullable PendingContent queue;

    TlsOutput(TlsTransport owner, Transport down, TlsBuffers buffers) {
        this.owner = owner;
        this.down = down;
        this.buffers = buffers;
    }

    boolean open() {
        return state == State.OPEN;
    }

    // ---- what is written

    void write(byte[] bytes, int offset, int length) {
        if (state != State.OPEN) {
            return;
        }
        if (queue != null) {
            queue.add(Arrays.copyOfRange(bytes, offset, offset + length), 0, length);
        } else {
            collect(bytes, offset, length);
        }
    }

    void writeStable(byte[] bytes, int offset, int length) {
        if (state != State.OPEN) {
            return;
        }
        if (queue != null) {
            queue.add(bytes, offset, length);
            return;
        }
        if (length <= TlsBuffers.FRAGMENT) {
            collect(bytes, offset, length);
            return;
        }
        int room = TlsBuffers.FRAGMENT - buffers.collectedBy(this) % TlsBuffers.FRAGMENT;
        collect(bytes, offset, room); // what comes before it begins the first record
        flush();
        int at = offset + room;
        int end = offset + length;
        while (at < end && down.writable() && state == State.OPEN) {
            int n = Math.min(buffers.plain.length, end - at);
            encrypt(bytes, at, n);
            at += n;
        }
        if (at < end && state == State.OPEN) {
            openQueue().add(bytes, at, end - at);
        }
    }

    void writeFile(FileChannel file, long position, long length) {
        if (state == State.OPEN) {
            openQueue().add(file, position, length);
            pump();
            return;
        }
        try {
            file.close();
        } catch (IOException e) {
            down.loop().report("closing a file that was not sent", e);
        }
    }

    private PendingContent openQueue() {
        PendingContent open = queue;
        if (open == null) {
            open = new PendingContent(down.holding());
            queue = open;
        }
        return open;
    }

    /** Puts bytes where the event's output is collected. */
    private void collect(byte[] bytes, int offset, int length) {
        int done = 0;
        while (done < length) {
            down.loop().afterEvent(this);
            done += buffers.collect(this, bytes, offset + done, length - done);
            if (done < length) {
                flush();
            }
        }
    }

    // ---- what leaves

    /** Encrypts what was collected. */
    @Override
    public void flush() {
        int n = buffers.collectedBy(this);
        if (n > 0) {
            buffers.release();
            if (owner.open()) {
                encrypt(buffers.plain, 0, n);
            }
        }
    }

    @Override
    public void failed(Throwable error) {
        down.abort(CloseReason.INTERNAL_ERROR, error);
    }

    private void encrypt(byte[] bytes, int offset, int length) {
        try {
            if (!buffers.encoder.content(owner.engine(), bytes, offset, length, down)) {
                owner.end(CloseReason.PEER_CLOSED_EARLY);
            }
        } catch (SSLException e) {
            owner.engineFailed(e, null);
        } catch (RuntimeException | Error e) { // a provider's; what was to be sent is lost, which the peer must notice
            down.loop().report("encrypting", e);
            down.abort(CloseReason.INTERNAL_ERROR, e);
        }
    }

    /** Encrypts what waits while it can be sent. */
    void pump() {
        flush();
        PendingContent waiting = queue;
        while (waiting != null && queue == waiting && down.writable() && owner.open()) {
            down.loop().afterEvent(this); // the buffer may hold another connection's
            int n;
            try {
                n = waiting.take(buffers.plain);
            } catch (IOException e) {
                down.abort(CloseReason.HANDLER_ERROR, e);
                return;
            }
            if (waiting.isEmpty()) {
                queue = null;
            }
            encrypt(buffers.plain, 0, n);
        }
        finish();
    }

    long pending() {
        return queue == null ? 0 : queue.pending();
    }

    boolean writable() {
        return queue == null && state == State.OPEN && down.writable();
    }

    // ---- its end

    /** Ends our direction when what waits is out. */
    void finishLater() {
        if (state == State.OPEN) {
            state = State.FINISHING;
            finish();
        }
    }

    /** Ends the connection when what waits is out. */
    void closeLater() {
        boolean finished = state == State.FINISHED;
        if (state != State.CLOSING) {
            state = State.CLOSING;
            if (finished) {
                owner.leave();
            } else {
                finish();
            }
        }
    }

    /** {@return whether the connection ends when what waits is out} */
    boolean closing() {
        return state == State.CLOSING;
    }

    /** Says goodbye when nothing waits any more, if that was asked for. */
    private void finish() {
        if (queue != null || state == State.OPEN || state == State.FINISHED) {
            return;
        }
        flush();
        if (!owner.open()) {
            return;
        }
        if (owner.input().ended()) {
            down.farewell();
        }
        try {
            buffers.encoder.closeNotify(owner.engine(), down);
        } catch (SSLException e) {
            down.loop().report("saying goodbye to a TLS peer", e);
        }
        boolean closing = state == State.CLOSING;
        state = State.FINISHED;
        if (closing) {
            owner.leave();
        } else {
            down.closeOutput();
        }
    }

    /** Takes nothing more, and drops what waits. */
    void drop() {
        state = State.FINISHED;
        if (buffers.collectedBy(this) > 0) {
            buffers.release();
        }
        PendingContent waiting = queue;
        if (waiting != null) {
            queue = null;
            try {
                waiting.clear();
            } catch (IOException e) {
                down.loop().report("closing a file that was being sent", e);
            }
        }
    }
}
