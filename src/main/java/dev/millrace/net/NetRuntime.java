package dev.millrace.net;

import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.loop.LoopGroup;
import dev.millrace.internal.loop.LoopWatcher;
import dev.millrace.internal.loop.RuntimeAccess;
import dev.millrace.internal.time.Clock;
import dev.millrace.internal.transport.BufferBound;
import java.io.IOException;
import java.time.Instant;
import java.time.ZoneId;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What servers and clients run on: event loops, and the threads of handlers that block. One runtime can carry several
 * servers; a server that is given none makes its own and closes it at its end. Safe for any thread.
 */
public final class NetRuntime implements AutoCloseable {
    /** Of the heap: what the program itself needs, and copies of what grows, have the other three quarters. */
    private static final int HEAP_PART = 4;

    /** Threads for blocking handlers where there are no virtual ones. */
    private static final int POOL = 256;

    static {
        RuntimeAccess.set(new RuntimeAccess.Way() {
            @Override
            public LoopGroup loops(Object runtime) {
                return ((NetRuntime) runtime).loops;
            }
        });
    }

    private final LoopGroup loops;
    private final @Nullable Executor given;
    private @Nullable ExecutorService own; // guarded by this

    private NetRuntime(Builder builder) throws IOException {
        int count = builder.loops > 0 ? builder.loops : Runtime.getRuntime().availableProcessors();
        this.given = builder.executor;
        this.loops = new LoopGroup(count, builder.clock, new Log(), builder.bufferedBytes);
    }

    /** {@return a builder of a runtime} */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * A runtime with the defaults.
     *
     * @return the runtime, running
     * @throws IOException if the operating system gives no selectors
     */
    public static NetRuntime start() throws IOException {
        return builder().start();
    }

    /**
     * Where blocking handlers run: a virtual thread for each task on JDK 21 and later, else a pool of at most 256 threads
     * that end when idle.
     *
     * @return the executor, made on first use
     */
    public Executor handlerExecutor() {
        if (given != null) {
            return given;
        }
        synchronized (this) {
            ExecutorService executor = own;
            if (executor == null) {
                executor = VirtualThreads.executor();
                if (executor == null) {
                    executor = pool();
                }
                own = executor;
            }
            return executor;
        }
    }

    private static ExecutorService pool() {
        AtomicInteger numbers = new AtomicInteger();
        ThreadFactory threads = task -> {
            Thread thread = new Thread(task, "millrace-handler-" + numbers.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
        ThreadPoolExecutor pool =
                new ThreadPoolExecutor(POOL, POOL, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), threads);
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    /**
     * Ends the loops and the handlers' threads. What is still open on them is lost: close the servers and clients first.
     * Waits for the loops to end, unless called on one of them.
     */
    @Override
    public void close() {
        try {
            loops.stop();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        ExecutorService executor;
        synchronized (this) {
            executor = own;
        }
        if (executor != null) {
            executor.shutdownNow();
        }
    }

    /**
     * How many bytes all connections hold for their peers at the moment, as {@link Builder#bufferedBytes(long)} bounds it.
     *
     * @return how many
     */
    public long bufferedBytes() {
        return loops.bound().bytes();
    }

    /** Reports what goes wrong in loops, through the platform's logging. */
    private static final class Log implements LoopWatcher {
        @Override
        public void prepare() {
            // What a message needs is loaded while there are descriptors: the logger's settings, at a level that nobody
            // shows,
            // and then what the JDK's formatter shows a time with. The first time opens the file of the time zones, and
            // where
            // that fails, it fails for as long as the process lives.
            System.Logger log = System.getLogger("dev.millrace");
            log.log(System.Logger.Level.TRACE, "event loops are running");
            String time = String.format("%1$tb %1$td %1$tT %1$Tp", Instant.EPOCH.atZone(ZoneId.systemDefault()));
            log.log(System.Logger.Level.TRACE, "times are shown as " + time);
        }

        @Override
        public void error(String what, Throwable error) {
            System.getLogger("dev.millrace").log(System.Logger.Level.WARNING, what, error);
        }

        @Override
        public void blocked(Thread loop, long nanos, StackTraceElement[] stack) {
            StringBuilder text = new StringBuilder(loop.getName())
                    .append(" has been busy with one thing for ")
                    .append(nanos / 1_000_000)
                    .append(" ms: something blocks it");
            for (StackTraceElement frame : stack) {
                text.append(System.lineSeparator()).append("    at ").append(frame);
            }
            System.getLogger("dev.millrace").log(System.Logger.Level.WARNING, text.toString());
        }
    }

    /** Settings of a {@link NetRuntime}. Not safe for several threads at once. */
    public static final class Builder {
        private int loops;
        private @Nullable Executor executor;
        private Clock clock = Clock.system();
        private long bufferedBytes =
                Math.max(BufferBound.LEAST, Runtime.getRuntime().maxMemory() / HEAP_PART);

        private Builder() {}

        /** Sets the source of time; the machine's if not called. */
        Builder clock(Clock value) {
            clock = value;
            return this;
        }

        /**
         * Sets the number of event loops; as many as there are processors if not called.
         *
         * @param count at least one
         * @return this
         * @throws IllegalArgumentException for less
         */
        public Builder loops(int count) {
            if (count < 1) {
                throw new IllegalArgumentException("loops is " + count + " but must be at least 1");
            }
            loops = count;
            return this;
        }

        /**
         * Sets where blocking handlers run; see {@link NetRuntime#handlerExecutor()} if not called.
         *
         * @param value the executor; the runtime does not shut it down
         * @return this
         */
        public Builder handlerExecutor(Executor value) {
            executor = value;
            return this;
        }

        /**
         * Bounds the bytes that all connections of the runtime together hold for their peers: what has arrived and nobody has
         * taken (parts of heads and records, content that waits for its reader), and what is written and a peer does not take.
         * By default a quarter of the greatest heap: a connection's own bounds, such as {@link
         * dev.millrace.http.Limits#outboundBuffer()}, let ten thousand peers that do not read fill more than that, and the
         * program needs memory, too.
         *
         * <p>Once the bound is reached, and until less than three quarters of it are held:
         *
         * <ul>
         *   <li>new requests are answered 503 with {@code Retry-After} before a handler sees them, save those that a server
         *       is told to answer nevertheless;
         *   <li>connections are held back, those first that hold most: nothing is read ahead for them, over HTTP/2 their
         *       windows stay shut, and a header section, a TLS handshake or a header block of HTTP/2 that is incomplete is
         *       refused. If the bound is passed by a quarter, that is all connections that hold something;
         *   <li>what has begun goes on, and every deadline holds. Time in which this side does not read is not the peer's.
         * </ul>
         *
         * <p>What is held is counted exactly, but looked at when a loop's part has changed by a sixteenth of the bound divided
         * by the number of loops, or by 64 KiB if that is less; and each connection may bring a last read of up to 64 KiB. An
         * array counts for each response that sends it, even where they share it; files, and an array of 64 KiB or more
         * that is sent again and again in the clear over HTTP/1.1, do not count. Nor does what a handler has got.
         *
         * @param bytes at least 64 KiB
         * @return this
         * @throws IllegalArgumentException for less
         */
        public Builder bufferedBytes(long bytes) {
            if (bytes < BufferBound.LEAST) {
                throw new IllegalArgumentException(
                        "bufferedBytes is " + bytes + " but must be at least " + BufferBound.LEAST);
            }
            bufferedBytes = bytes;
            return this;
        }

        /**
         * Starts the loops.
         *
         * @return the runtime
         * @throws IOException if the operating system gives no selectors
         */
        public NetRuntime start() throws IOException {
            return new NetRuntime(this);
        }
    }
}
