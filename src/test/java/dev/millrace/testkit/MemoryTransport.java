package dev.millrace.testkit;

import dev.millrace.http.Phase;
import dev.millrace.http.TlsInfo;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.time.Deadline;
import dev.millrace.internal.transport.Holding;
import dev.millrace.internal.transport.Loop;
import dev.millrace.internal.transport.Protocol;
import dev.millrace.internal.transport.Transport;
import dev.millrace.internal.transport.TransportSettings;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.ConnectionInfo;
import dev.millrace.observe.ConnectionState;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A connection in memory with its peer at the other end: behaves towards its protocol as a socket's transport does, and does
 * what the {@code peer…} methods say. Breaches of the contract between the two ends are {@link AssertionError}s: calls
 * after {@code onClosed}, taking more bytes than were offered, keeping the array (it is spoiled after the call).
 *
 * <p>What the peer sends is one read for each call of {@link #peerSends}. While the protocol has paused reading, as much as
 * {@link TransportSettings#inboundBuffer()} is read ahead, and the rest stays on the wire: {@link #onTheWire()}.
 */
public final class MemoryTransport extends Deadline implements Transport, ConnectionInfo, Holding.Owner {
    private final List<CloseReason> closings = new ArrayList<>();
    private ConnectionState state = ConnectionState.SILENT;

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

    /** Whether the protocol is being shown bytes right now. */
    private enum Delivery {
        NONE,
        RUNNING,
        AGAIN
    }

    private static final class Piece {
        final byte[] bytes;
        final @Nullable FileChannel file;
        long offset;
        long left;

        Piece(byte[] bytes, @Nullable FileChannel file, long offset, long left) {
            this.bytes = bytes;
            this.file = file;
            this.offset = offset;
            this.left = left;
        }
    }

    /** What the peer has taken, of which a part can be looked at. */
    private static final class Taken extends ByteArrayOutputStream {
        byte[] from(int offset) {
            return Arrays.copyOfRange(buf, offset, count);
        }
    }

    private final TestLoop loop;
    private final TransportSettings settings;
    private @Nullable Protocol protocol;

    private Input input = Input.READING;
    private Output output = Output.OPEN;
    private Delivery delivery = Delivery.NONE;
    private CloseReason reason = CloseReason.INTERNAL_ERROR;
    private byte[] kept = NOTHING;
    private final ArrayDeque<byte[]> wire = new ArrayDeque<>();
    private boolean peerEnded;
    private boolean endSeen;
    private boolean peerGone;
    private long due = NEVER;

    private final ArrayDeque<Piece> queue = new ArrayDeque<>();
    private final Taken taken = new Taken();
    private long pending;
    private long pendingInFiles;
    private final Holding holding;
    private long counted; // in that
    private long mostPending;
    private long allowance = Long.MAX_VALUE;
    private long windowEnd;
    private long windowBytes;
    private boolean outputEnded;
    private boolean reset;
    private @Nullable CloseReason closedFor;
    private @Nullable Throwable closedBy;
    private int closedCalls;

    /**
     * A connection that nobody listens to yet.
     *
     * @param loop where it lives
     * @param settings its bounds
     */
    public MemoryTransport(TestLoop loop, TransportSettings settings) {
        this.loop = loop;
        this.settings = settings;
        this.holding = new Holding(loop.buffers(), this);
    }

    /**
     * Connects the upper end.
     *
     * @param factory makes it
     * @return this
     */
    public MemoryTransport connect(Protocol.Factory factory) {
        if (protocol != null) {
            throw new IllegalStateException("connected already");
        }
        protocol = factory.create(this);
        return this;
    }

    private Protocol protocol() {
        if (protocol == null) {
            throw new IllegalStateException("not connected");
        }
        if (closedCalls > 0) {
            throw new AssertionError("the protocol is called after onClosed");
        }
        return protocol;
    }

    // ---- the peer

    /**
     * The peer sends bytes, which arrive together.
     *
     * @param bytes at least one
     */
    public void peerSends(byte[] bytes) {
        if (peerEnded) {
            throw new IllegalStateException("the peer has ended its sending");
        }
        if (bytes.length > 0) {
            wire.add(bytes.clone());
            readWire();
        }
    }

    /** The peer ends its sending. */
    public void peerEnds() {
        peerEnded = true;
        readWire();
    }

    /** The peer resets the connection, which shows when it is read; tasks that follow from it wait. */
    public void peerResets() {
        wire.clear();
        peerGone = true;
        end(CloseReason.PEER_RESET, new IOException("reset by the peer"));
    }

    /** The peer is gone, which shows when it is written to. */
    public void peerVanishes() {
        peerGone = true;
    }

    /** The peer takes nothing more until it is told to. */
    public void peerStopsReading() {
        allowance = 0;
    }

    /**
     * The peer takes bytes and then stops reading again.
     *
     * @param bytes how many, those to come included
     */
    public void peerReads(long bytes) {
        allowance = allowance + bytes < 0 ? Long.MAX_VALUE : allowance + bytes;
        boolean waiting = !queue.isEmpty();
        sendQueue();
        if (waiting && output == Output.OPEN && writable()) {
            protocol().onWritable();
        }
    }

    /** The peer takes what waits and all that comes. */
    public void peerReadsAll() {
        peerReads(Long.MAX_VALUE);
    }

    /** {@return a copy of what the peer has taken so far} */
    public byte[] received() {
        return taken.toByteArray();
    }

    /**
     * A copy of what the peer has taken from some point on.
     *
     * @param from how many bytes to leave out
     * @return the bytes behind them
     */
    public byte[] received(int from) {
        return from == taken.size() ? NOTHING : taken.from(from);
    }

    /** {@return how many bytes the peer has taken so far} */
    public int receivedSize() {
        return taken.size();
    }

    /** {@return whether the peer has seen the end of this side's sending, by a FIN} */
    public boolean outputEnded() {
        return outputEnded;
    }

    /** {@return whether the connection was ended by a reset from this side} */
    public boolean wasReset() {
        return reset;
    }

    /** {@return bytes that the peer has sent and nobody has read, because reading is paused} */
    public long onTheWire() {
        return wire.stream().mapToLong(piece -> piece.length).sum();
    }

    // ---- what a test looks at

    /** {@return the upper end as it is now: another than at first once that has handed over} */
    public @Nullable Protocol upperEnd() {
        return protocol;
    }

    /** {@return bytes that were read and not taken by the protocol} */
    public int kept() {
        return kept.length;
    }

    /** {@return the most bytes that have waited for the peer at a time} */
    public long mostPending() {
        return mostPending;
    }

    /** {@return whether the connection has ended; the protocol hears of it by a task} */
    public boolean closed() {
        return output == Output.CLOSED;
    }

    /** {@return what the protocol was told as the reason of the end, {@code null} before} */
    public @Nullable CloseReason closedFor() {
        return closedFor;
    }

    /** {@return what the protocol was told as the cause of the end} */
    public @Nullable Throwable closedBy() {
        return closedBy;
    }

    /** {@return the deadline that the protocol has set} */
    public long due() {
        return due;
    }

    /** The server is stopping. */
    public void drain() {
        if (output != Output.CLOSED) {
            protocol().onDrain();
        }
    }

    // ---- in

    private boolean reads() {
        return output != Output.CLOSED
                && !endSeen
                && (input == Input.READING || input == Input.PAUSED && kept.length < readAhead());
    }

    /** {@return bytes that are held for the peer here: kept, or waiting in memory} */
    public long held() {
        return kept.length + pending - pendingInFiles;
    }

    private int readAhead() {
        return holding.heldBack() ? 0 : settings.inboundBuffer();
    }

    @Override
    public Holding holding() {
        return holding;
    }

    @Override
    public void holdBack() {
        protocol().onHeldBack();
    }

    @Override
    public void relieve() {
        protocol().onRelieved();
        loop.execute(this::readWire);
    }

    /** Counts what has changed of what is held. */
    private void count() {
        long now = held();
        holding.add(now - counted);
        counted = now;
    }

    private void readWire() {
        while (delivery == Delivery.NONE && reads() && !wire.isEmpty()) {
            byte[] piece = wire.remove();
            byte[] all = Arrays.copyOf(kept, kept.length + piece.length);
            System.arraycopy(piece, 0, all, kept.length, piece.length);
            kept = all;
            if (input == Input.READING) {
                deliver();
            } else {
                count();
            }
        }
        if (delivery == Delivery.NONE && reads() && peerEnded && wire.isEmpty()) {
            endSeen = true;
            if (input == Input.PAUSED) {
                input = Input.HELD;
            } else {
                end();
            }
        }
    }

    private void end() {
        input = Input.ENDED;
        protocol().onEnd();
    }

    /** Offers what is kept, at some offset in a larger array, and spoils the array afterwards. */
    private void deliver() {
        int margin = 3;
        byte[] lent = new byte[margin + kept.length + margin];
        System.arraycopy(kept, 0, lent, margin, kept.length);
        int end = margin + kept.length;
        int at = margin;
        if (delivery != Delivery.NONE) {
            throw new AssertionError("onBytes within onBytes");
        }
        do {
            delivery = Delivery.RUNNING;
            int next = protocol().onBytes(lent, at, end);
            if (next < at || next > end) {
                throw new AssertionError("took bytes up to " + next + " of " + at + " to " + end);
            }
            at = next;
        } while (delivery == Delivery.AGAIN && at < end && output != Output.CLOSED);
        delivery = Delivery.NONE;
        kept = output == Output.CLOSED ? NOTHING : Arrays.copyOfRange(lent, at, end);
        count();
        Arrays.fill(lent, (byte) '!');
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
    public void handOver(Protocol next) {
        protocol = next;
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
        } else {
            offer();
        }
    }

    private void offer() {
        if (kept.length > 0 && output != Output.CLOSED && (input == Input.READING || input == Input.REST)) {
            deliver();
        }
        if (input == Input.REST && output != Output.CLOSED) {
            end();
        }
        if (!wire.isEmpty() || peerEnded && !endSeen) {
            loop.execute(this::readWire); // the selector would say so in a later turn
        }
    }

    // ---- out

    @Override
    public void write(byte[] bytes, int offset, int length) {
        writeStable(Arrays.copyOfRange(bytes, offset, offset + length), 0, length);
    }

    @Override
    public void writeStable(byte[] bytes, int offset, int length) {
        if (output == Output.OPEN && length > 0) {
            add(new Piece(bytes, null, offset, length));
        }
    }

    @Override
    public void writeFile(FileChannel file, long position, long length) {
        if (output == Output.OPEN) {
            add(new Piece(NOTHING, file, position, length));
        } else {
            close(file);
        }
    }

    private void add(Piece piece) {
        if (queue.isEmpty()) {
            windowEnd = loop.now() + settings.progressWindowNanos();
            windowBytes = 0;
        }
        queue.add(piece);
        pending += piece.left;
        pendingInFiles += piece.file == null ? 0 : piece.left;
        sendQueue();
        count();
        mostPending = Math.max(mostPending, pending);
        if (!queue.isEmpty()) {
            loop.armAtMost(this, windowEnd);
        }
    }

    private void sendQueue() {
        if (peerGone && !queue.isEmpty()) {
            gone();
            return;
        }
        while (!queue.isEmpty() && allowance > 0) {
            Piece piece = queue.peek();
            int n = (int) Math.min(Math.min(piece.left, allowance), 1 << 16);
            if (piece.file == null) {
                taken.write(piece.bytes, (int) piece.offset, n);
            } else {
                n = sendFile(piece, piece.file, n);
                if (n <= 0) {
                    end(CloseReason.HANDLER_ERROR, new IOException("the file has become shorter"));
                    return;
                }
            }
            piece.offset += n;
            piece.left -= n;
            pending -= n;
            pendingInFiles -= piece.file == null ? 0 : n;
            windowBytes += n;
            allowance = allowance == Long.MAX_VALUE ? allowance : allowance - n;
            if (piece.left == 0) {
                queue.remove();
                if (piece.file != null) {
                    close(piece.file);
                }
            }
        }
        count();
        finishOutput();
    }

    private int sendFile(Piece piece, FileChannel file, int most) {
        try {
            ByteBuffer buffer = ByteBuffer.allocate(most);
            int n = file.read(buffer, piece.offset);
            taken.write(buffer.array(), 0, Math.max(0, n));
            return n;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void close(FileChannel file) {
        try {
            file.close();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void gone() {
        if (output != Output.CLOSED && output != Output.LOST) {
            output = Output.LOST;
            reason = CloseReason.PEER_CLOSED_EARLY;
            dropQueue();
            loop.execute(() -> end(CloseReason.PEER_CLOSED_EARLY, new IOException("broken pipe")));
        }
    }

    private void dropQueue() {
        for (Piece piece : queue) {
            if (piece.file != null) {
                close(piece.file);
            }
        }
        queue.clear();
        pending = 0;
        pendingInFiles = 0;
        count();
    }

    @Override
    public long pending() {
        return pending;
    }

    @Override
    public int unread() {
        return kept.length;
    }

    @Override
    public boolean writable() {
        return pending < settings.outboundBuffer();
    }

    // ---- time

    @Override
    public void deadline(long newDue) {
        due = newDue;
        if (newDue != NEVER && output != Output.CLOSED) {
            loop.armAtMost(this, newDue);
        }
    }

    @Override
    protected void expired(long now) {
        if (output == Output.CLOSED) {
            return;
        }
        if (!queue.isEmpty() && now - windowEnd >= 0) {
            if (windowBytes < settings.progressBytes()) {
                end(CloseReason.WRITE_TIMEOUT, null);
                return;
            }
            windowBytes = 0;
            windowEnd = now + settings.progressWindowNanos();
        }
        if (due != NEVER && now - due >= 0) {
            due = NEVER;
            protocol().onDeadline(now);
        }
        if (output == Output.CLOSED) {
            return;
        }
        if (!queue.isEmpty()) {
            loop.armAtMost(this, windowEnd);
        }
        if (due != NEVER) {
            loop.armAtMost(this, due);
        }
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
        if (output != Output.CLOSED && output != Output.LOST) {
            reason = why;
            output = Output.CLOSING;
            finishOutput();
        }
    }

    private void finishOutput() {
        if (!queue.isEmpty()) {
            return;
        }
        if (output == Output.FINISHING) {
            output = Output.FINISHED;
            outputEnded = true;
        } else if (output == Output.CLOSING) {
            outputEnded = true;
            end(reason, null);
        }
    }

    @Override
    public void close(CloseReason why) {
        if (output != Output.CLOSED) {
            outputEnded = true; // whatever came before it
            end(why, null);
        }
    }

    @Override
    public void abort(CloseReason why, @Nullable Throwable cause) {
        if (output != Output.CLOSED) {
            reset = true;
            end(why, cause);
        }
    }

    private void end(CloseReason why, @Nullable Throwable cause) {
        if (output == Output.CLOSED) {
            return;
        }
        CloseReason first = output == Output.LOST ? reason : why;
        output = Output.CLOSED;
        loop.cancel(this);
        dropQueue();
        kept = NOTHING;
        holding.close();
        loop.execute(() -> {
            Protocol told = protocol();
            closedCalls++;
            closedFor = first;
            closings.add(first);
            closedBy = cause;
            told.onClosed(first, cause);
        });
    }

    /** {@return the reasons that the protocol was told, which ought to be one} */
    public List<CloseReason> closings() {
        return closings;
    }

    /** {@return how far the protocol says that it has come} */
    public Phase phase() {
        return protocol().phase();
    }

    /** {@return what the connection was last said to be doing} */
    public ConnectionState state() {
        return state;
    }

    // ---- what it is

    @Override
    public ConnectionInfo info() {
        return this;
    }

    @Override
    public long id() {
        return 1;
    }

    @Override
    public String listener() {
        return "test";
    }

    @Override
    public void state(ConnectionState next) {
        state = next;
    }

    @Override
    public long bytesIn() {
        return 0;
    }

    @Override
    public long bytesOut() {
        return taken.size();
    }

    @Override
    public Loop loop() {
        return loop;
    }

    @Override
    public void standsFor(@Nullable InetSocketAddress remote, @Nullable InetSocketAddress local) {
        throw new UnsupportedOperationException("no proxy is tested here");
    }

    @Override
    public InetSocketAddress remoteAddress() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 50_000);
    }

    @Override
    public InetSocketAddress localAddress() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 80);
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
