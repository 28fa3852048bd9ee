package dev.millrace.internal.loop;

import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.time.Deadline;
import dev.millrace.internal.transport.Endpoint;
import dev.millrace.internal.transport.TransportSettings;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * Accepts connections on one address and hands each to the loop that has fewest.
 *
 * <p>While the operating system has no descriptor left, or the listener's bound on connections is reached, it pauses:
 * the connections wait in the kernel, unless they are to be refused. None of its errors ever ends it.
 */
public final class Listener extends SocketOwner implements Selectable {
    /** How many connections are accepted before other events get their turn. */
    private static final int BATCH = 64;

    /** How long accepting pauses after the operating system refused: the kernel tells nobody of a free descriptor. */
    private static final long PAUSE_NANOS = 100_000_000;

    /** How long the log is spared another line of a refusal that goes on or comes back. */
    private static final long REPORT_NANOS = 60_000_000_000L;

    /** Connections that the kernel completes and keeps for us; it takes the lesser of this and {@code somaxconn}. */
    private static final int BACKLOG = 4096;

    private enum State {
        ACCEPTING,
        /** Waits for a descriptor or for a connection to end. */
        PAUSED,
        CLOSED
    }

    private final EventLoop loop;
    private final ServerSocketChannel socket;
    private ConnectionSource source;
    private final ConnectionQuota quota;
    private final Function<EventLoop, Endpoint> endpoints;
    private final Deadline retry = new Retry();
    private @Nullable SelectionKey key;
    private @Nullable Refusal refusal; // of those that there is no room for; else they wait
    private State state = State.ACCEPTING;
    private long reported; // when a refusal was, 0 before

    private final class Retry extends Deadline {
        @Override
        protected void expired(long now) {
            resume();
        }
    }

    /** The end of the patience with silent peers. */
    private final class Patience extends Deadline {
        @Override
        protected void expired(long now) {
            endPatience();
        }
    }

    private Listener(
            EventLoop loop,
            LoopGroup group,
            ServerSocketChannel socket,
            TransportSettings settings,
            ConnectionQuota quota,
            Function<EventLoop, Endpoint> endpoints) {
        super(group, settings);
        this.loop = loop;
        this.socket = socket;
        this.source = new ConnectionSource.Kernel(socket);
        this.quota = quota;
        this.endpoints = endpoints;
    }

    /**
     * Binds an address; nothing is accepted before {@link #start()}.
     *
     * @param group whose loops serve the connections
     * @param loop the loop that accepts
     * @param address where to listen; port 0 takes a free one
     * @param reusePort whether other listeners may bind the same address and share its connections
     * @param settings of the connections' transports
     * @param quota how many connections may be open, shared by the listeners of a server
     * @param endpoints gives what the listener is on each loop
     * @return the listener
     * @throws IOException if the address cannot be bound
     */
    public static Listener bind(
            LoopGroup group,
            EventLoop loop,
            InetSocketAddress address,
            boolean reusePort,
            TransportSettings settings,
            ConnectionQuota quota,
            Function<EventLoop, Endpoint> endpoints)
            throws IOException {
        ServerSocketChannel socket = ServerSocketChannel.open();
        try {
            socket.configureBlocking(false);
            socket.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            if (reusePort) {
                socket.setOption(StandardSocketOptions.SO_REUSEPORT, true);
            }
            socket.bind(address, BACKLOG);
            return new Listener(loop, group, socket, settings, quota, endpoints);
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    /** {@return the address that is listened on, with the port that was chosen} */
    public InetSocketAddress address() throws IOException {
        return (InetSocketAddress) socket.getLocalAddress();
    }

    /**
     * From now on peers that there is no room for are not left waiting. To be called before {@link #start}.
     *
     * @param words what they are told
     */
    public void refuse(byte[] words) {
        refusal = new Refusal(words);
    }

    /** Begins to accept. Safe for any thread. */
    public void start() {
        loop.execute(() -> {
            try {
                if (state != State.CLOSED) {
                    key = loop.register(socket, SelectionKey.OP_ACCEPT, this);
                }
            } catch (IOException e) {
                loop.report("starting a listener", e);
            }
        });
    }

    /** Gives the address back; for a listener that has not been started. */
    public void unbind() {
        try {
            socket.close();
            if (refusal != null) {
                refusal.close();
            }
        } catch (IOException e) {
            loop.report("closing a listener", e);
        }
    }

    @Override
    public void failed(Throwable error) { // reported by the loop; nothing ever ends a listener but its owner
        if (state == State.ACCEPTING) {
            pause();
        }
    }

    ConnectionSource source() {
        return source;
    }

    /** Has a test's source of connections in place of the kernel's. */
    void source(ConnectionSource other) {
        source = other;
    }

    private void close() {
        state = State.CLOSED;
        loop.wheel().cancel(retry);
        try {
            socket.close();
            if (refusal != null) {
                refusal.close();
            }
        } catch (IOException e) {
            loop.report("closing a listener", e);
        }
    }

    @Override
    public void moved(SelectionKey newKey) {
        key = newKey;
    }

    @Override
    public boolean isOf(SocketOwner owner) {
        return false; // it is the owner
    }

    @Override
    public void cutOff() {
        close(); // left open it would let peers connect and wait for ever
    }

    @Override
    public void ready(int ops) {
        accept(BATCH);
    }

    private void accept(int most) {
        for (int i = 0; i < most && state == State.ACCEPTING; i++) {
            if (!quota.take()) {
                if (!refuseSome()) {
                    pause();
                }
                return;
            }
            SocketChannel accepted = acceptOne();
            if (accepted == null) {
                quota.release();
                return;
            }
            opened();
            EventLoop target = group().leastLoaded(loop);
            target.connections().incrementAndGet();
            if (target == loop) {
                admit(target, accepted);
            } else {
                handOver(target, accepted);
            }
        }
    }

    private void handOver(EventLoop target, SocketChannel accepted) {
        try {
            target.execute(() -> admit(target, accepted));
        } catch (Throwable e) { // no memory for a task
            turnAway(target, accepted);
            throw e;
        }
    }

    /** Tells those that wait that there is no room; says whether that is possible. */
    private boolean refuseSome() {
        Refusal refusing = refusal;
        if (refusing == null) {
            return false;
        }
        try {
            for (int i = 0; i < BATCH && refusing.refuse(source); i++) {}
            return true;
        } catch (IOException | RuntimeException | Error e) { // as below
            return false;
        }
    }

    /** Whatever goes wrong here costs a pause: no error may end a listener. */
    private @Nullable SocketChannel acceptOne() {
        try {
            return source.accept();
        } catch (IOException | RuntimeException | Error e) {
            refused(e);
            return null;
        }
    }

    private void admit(EventLoop target, SocketChannel accepted) {
        try {
            accepted.configureBlocking(false);
            accepted.setOption(StandardSocketOptions.TCP_NODELAY, true);
            new SocketTransport(target, accepted, this, endpoints.apply(target));
        } catch (IOException | RuntimeException | Error e) { // mostly the peer was faster: it is gone already
            if (!(e instanceof IOException)) {
                target.report("admitting a connection", e);
            }
            turnAway(target, accepted);
        }
    }

    private void turnAway(EventLoop target, SocketChannel accepted) {
        target.connections().decrementAndGet();
        released();
        try {
            accepted.close();
        } catch (IOException closing) {
            target.report("closing a connection that was not admitted", closing);
        }
    }

    /** The operating system gave no connection: no descriptor is left, or the peer has left the queue. */
    private void refused(Throwable e) {
        if (state != State.ACCEPTING) {
            return;
        }
        boolean full = refusal != null && source.exhausted();
        if (!full || !refuseSome()) {
            pause();
        }
        if (reported == 0 || loop.now() - reported >= REPORT_NANOS) {
            reported = loop.now() | 1; // never 0
            loop.report("accepting connections; trying again until it works", e);
        }
    }

    private void pause() {
        state = State.PAUSED;
        loop.wheel().arm(retry, loop.now() + PAUSE_NANOS); // first: what follows may fail
        if (key != null) {
            key.interestOps(0);
        }
    }

    private void resume() {
        if (state == State.PAUSED && key != null) {
            loop.wheel().arm(retry, loop.now() + PAUSE_NANOS); // in case what follows fails
            key.interestOps(0); // so that the selector is told of what comes next, whatever it was told before
            key.interestOps(SelectionKey.OP_ACCEPT);
            loop.wheel().cancel(retry);
            state = State.ACCEPTING;
        }
    }

    @Override
    void released() {
        quota.release();
        super.released();
    }

    /**
     * Stops listening and asks the open connections to end: at once where nothing is under way, else after what is. Safe
     * for any thread, and to be called once.
     *
     * @param counts is told how they end
     * @param graceNanos how long a connection may wait for its first byte all the same
     * @return completes when the last connection has ended
     */
    public CompletableFuture<Void> drain(DrainTally counts, long graceNanos) {
        if (loop.ended()) { // and its connections with it
            unbind();
            empty().complete(null);
            return empty();
        }
        beginStop(counts, graceNanos > 0);
        loop.execute(() -> {
            acceptTheLast();
            close();
            // whatever was accepted has been handed to its loop by now, so each loop sees it before the sweep
            sweep();
            if (patient()) {
                loop.wheel().arm(new Patience(), loop.now() + graceNanos);
            }
            loop.execute(this::hasClosed); // the kernel goes on listening until the selector has let go of the socket
        });
        return empty();
    }

    /** Those who wait believe that they are connected, and may have asked already. */
    private void acceptTheLast() {
        try {
            resume(); // what was paused for may have passed
            accept(BACKLOG);
        } catch (Throwable e) { // the stop goes on all the same
            loop.report("accepting the last connections", e);
        }
    }

    /** Ends all open connections at once. Safe for any thread. */
    public void force() {
        loop.execute(this::cutAllOff); // by the same way as a sweep, so that it never overtakes one
    }
}
