package dev.millrace.benchmarks;

import dev.millrace.http.TlsInfo;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.time.Clock;
import dev.millrace.internal.time.Deadline;
import dev.millrace.internal.time.TimerWheel;
import dev.millrace.internal.transport.AfterEvent;
import dev.millrace.internal.transport.BufferBound;
import dev.millrace.internal.transport.Holding;
import dev.millrace.internal.transport.Loop;
import dev.millrace.internal.transport.LoopBuffers;
import dev.millrace.internal.transport.Protocol;
import dev.millrace.internal.transport.Transport;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.ConnectionInfo;
import dev.millrace.observe.ConnectionState;
import java.net.InetSocketAddress;
import java.nio.channels.FileChannel;

/**
 * A connection without a socket, on a loop without a selector: what the library's own transport and loop do for a request,
 * without the system calls. What arrives is copied into the loop's array; what is written is collected in another one,
 * from where a loop would give it to the socket. It has to be taken whole, and ending the connection is an error: nothing
 * that is measured here does.
 */
final class MemoryTransport extends Deadline implements Transport, ConnectionInfo {
    private static final int READ_BUFFER = 64 << 10;
    private static final int STAGING = 256 << 10;

    private enum Input {
        READING,
        PAUSED
    }

    private enum Delivery {
        NONE,
        RUNNING,
        AGAIN
    }

    private final MemoryLoop loop = new MemoryLoop(Clock.system());
    private final byte[] read = new byte[READ_BUFFER];
    private final byte[] staged = new byte[STAGING];
    private Protocol protocol;
    private int stagedLength;
    private Input input = Input.READING;
    private Delivery delivery = Delivery.NONE;
    private long due = NEVER;

    /** A new connection. */
    @SuppressWarnings("this-escape") // the last thing done
    MemoryTransport(Protocol.Factory protocols) {
        this.protocol = protocols.create(this);
    }

    /**
     * One turn of the loop: bytes arrive, and what is written in answer goes out at the turn's end.
     *
     * @param bytes what arrives
     * @return how many bytes went out; {@link #output()} holds them until the next call
     */
    int arrive(byte[] bytes) {
        loop.awake();
        System.arraycopy(bytes, 0, read, 0, bytes.length);
        int at = 0;
        do {
            delivery = Delivery.RUNNING;
            at = protocol.onBytes(read, at, bytes.length);
        } while (delivery == Delivery.AGAIN && at < bytes.length);
        delivery = Delivery.NONE;
        if (at < bytes.length || input != Input.READING) {
            throw new IllegalStateException("took only " + at + " of " + bytes.length + " bytes");
        }
        loop.endEvent();
        int sent = stagedLength;
        stagedLength = 0;
        loop.wheel.advance(loop.now);
        return sent;
    }

    /** What went out in the last turn. */
    byte[] output() {
        return staged;
    }

    @Override
    public Loop loop() {
        return loop;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
        System.arraycopy(bytes, offset, staged, stagedLength, length);
        stagedLength += length;
    }

    @Override
    public void writeStable(byte[] bytes, int offset, int length) {
        write(bytes, offset, length);
    }

    @Override
    public void writeFile(FileChannel file, long position, long length) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Holding holding() {
        throw new IllegalStateException("nothing is to wait here");
    }

    @Override
    public long pending() {
        return 0;
    }

    @Override
    public int unread() {
        return 0;
    }

    @Override
    public boolean writable() {
        return true;
    }

    @Override
    public void pauseReading() {
        input = Input.PAUSED;
    }

    @Override
    public void handOver(Protocol next) {
        protocol = next;
    }

    @Override
    public void resumeReading() {
        input = Input.READING;
        if (delivery != Delivery.NONE) {
            delivery = Delivery.AGAIN;
        }
    }

    @Override
    public void deadline(long newDue) {
        due = newDue;
        if (newDue != NEVER) {
            loop.wheel.armAtMost(this, newDue);
        }
    }

    @Override
    protected void expired(long now) {
        if (due != NEVER && now - due >= 0) {
            due = NEVER;
            protocol.onDeadline(now);
        }
        if (due != NEVER) {
            loop.wheel.armAtMost(this, due);
        }
    }

    @Override
    public void closeOutput() {
        throw new IllegalStateException("output closed");
    }

    @Override
    public void closeAfterOutput(CloseReason reason) {
        throw new IllegalStateException("closed: " + reason);
    }

    @Override
    public void close(CloseReason reason) {
        throw new IllegalStateException("closed: " + reason);
    }

    @Override
    public void abort(CloseReason reason, Throwable cause) {
        throw new IllegalStateException("aborted: " + reason, cause);
    }

    @Override
    public void standsFor(InetSocketAddress remote, InetSocketAddress local) {
        throw new UnsupportedOperationException("no proxy is tested here");
    }

    @Override
    public InetSocketAddress remoteAddress() {
        return null;
    }

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
        return "benchmark";
    }

    @Override
    public void state(ConnectionState next) {}

    @Override
    public long bytesIn() {
        return 0;
    }

    @Override
    public long bytesOut() {
        return 0;
    }

    @Override
    public InetSocketAddress localAddress() {
        return null;
    }

    @Override
    public boolean secure() {
        return false;
    }

    @Override
    public @Nullable TlsInfo tls() {
        return null;
    }

    /** Time and deadlines; nothing is handed over from other threads. */
    private static final class MemoryLoop implements Loop {
        private final Clock clock;
        private AfterEvent collecting;
        private final TimerWheel wheel;
        private final LoopBuffers buffers = new BufferBound(1L << 40, 1).on(this);
        private long now;
        private long sleep; // how long a selector would have waited

        MemoryLoop(Clock clock) {
            this.clock = clock;
            this.now = clock.nanos();
            this.wheel = new TimerWheel(now);
        }

        void awake() {
            sleep = wheel.nanosToNext(now);
            now = clock.nanos();
        }

        void endEvent() {
            AfterEvent collector = collecting;
            if (collector != null) {
                collecting = null;
                collector.flush();
            }
        }

        @Override
        public boolean inLoop() {
            return true;
        }

        @Override
        public void execute(Runnable task) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long now() {
            return now;
        }

        @Override
        public Clock clock() {
            return clock;
        }

        @Override
        public void afterEvent(AfterEvent collector) {
            AfterEvent before = collecting;
            collecting = collector;
            if (before != null && before != collector) {
                before.flush();
            }
        }

        @Override
        public LoopBuffers buffers() {
            return buffers;
        }

        @Override
        public void atEventEnd(AfterEvent last) {
            throw new UnsupportedOperationException("HTTP/1.1 waits for no event's end");
        }

        @Override
        public void arm(Deadline deadline, long due) {
            wheel.arm(deadline, due);
        }

        @Override
        public void armAtMost(Deadline deadline, long due) {
            wheel.armAtMost(deadline, due);
        }

        @Override
        public void cancel(Deadline deadline) {
            wheel.cancel(deadline);
        }

        @Override
        public void report(String what, Throwable error) {
            throw new IllegalStateException(what, error);
        }
    }
}
