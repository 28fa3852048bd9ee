package dev.millrace.internal.loop;

import dev.millrace.http.Phase;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.time.Deadline;
import dev.millrace.internal.transport.BottomTransport;
import dev.millrace.internal.transport.Endpoint;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.ConnectionInfo;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;

/**
 * A socket that is being connected.
 *
 * <pre>
 *   CONNECTING ──the kernel's answer, a deadline, a stop──► OVER
 *   CONNECTED, FAILED ──the task that says so──► OVER              (at once, within the call that began it)
 *   any ──cancelled──► OVER
 * </pre>
 */
final class PendingConnect extends Deadline implements Selectable, Connecting, Runnable {
    private enum State {
        /** Waits for the kernel. */
        CONNECTING,
        /** Was connected at once, which is to be told. */
        CONNECTED,
        /** Failed at once, which is to be told. */
        FAILED,
        OVER
    }

    private final Connector connector;
    private final EventLoop loop;
    private final SocketAddress to;
    private final Endpoint endpoint;
    private final long timeoutNanos;
    private final Outcome outcome;
    private final long begun;
    private State state = State.CONNECTING;
    private @Nullable SocketChannel socket;
    private @Nullable Throwable failure; // of FAILED

    PendingConnect(
            Connector connector,
            EventLoop loop,
            SocketAddress to,
            Endpoint endpoint,
            long timeoutNanos,
            Outcome outcome) {
        this.connector = connector;
        this.loop = loop;
        this.to = to;
        this.endpoint = endpoint;
        this.timeoutNanos = timeoutNanos;
        this.outcome = outcome;
        this.begun = loop.now();
    }

    /** What observers hear of one that never came to be. */
    private record Unconnected(
            long id, String listener, @Nullable InetSocketAddress remoteAddress) implements ConnectionInfo {
        @Override
        public @Nullable InetSocketAddress localAddress() {
            return null;
        }
    }

    void start() {
        loop.connections().incrementAndGet();
        connector.opened();
        if (!connector.forced()) {
            open();
        }
        if (state != State.CONNECTING || socket == null) {
            loop.execute(this);
        }
    }

    private void open() {
        try {
            SocketChannel made = connector.open(to);
            socket = made;
            if (made.connect(to)) {
                state = State.CONNECTED;
            } else {
                loop.register(made, SelectionKey.OP_CONNECT, this);
                loop.wheel().arm(this, begun + timeoutNanos);
            }
        } catch (IOException | RuntimeException | Error e) {
            failure = e;
            state = State.FAILED;
        }
    }

    /** What was clear at once. */
    @Override
    public void run() {
        if (state != State.OVER && connector.forced()) {
            cutOff();
        } else if (state == State.CONNECTED) {
            connected();
        } else if (state == State.FAILED) {
            fail(CloseReason.CONNECT_FAILED, failure);
        }
    }

    @Override
    public void ready(int ops) {
        SocketChannel connecting = socket;
        if (state != State.CONNECTING || connecting == null) {
            return;
        }
        try {
            if (!connecting.finishConnect()) {
                return;
            }
        } catch (IOException e) {
            fail(CloseReason.CONNECT_FAILED, e);
            return;
        }
        connected();
    }

    private void connected() {
        SocketChannel connecting = socket;
        if (connecting == null) {
            throw new IllegalStateException("connected without a socket");
        }
        SocketTransport transport;
        try {
            loop.wheel().cancel(this);
            transport = new SocketTransport(loop, connecting, connector, endpoint); // takes the key over
        } catch (IOException | RuntimeException | Error e) {
            if (!(e instanceof IOException)) {
                loop.report("beginning a connection", e);
            }
            fail(CloseReason.INTERNAL_ERROR, e);
            return;
        }
        state = State.OVER;
        try {
            outcome.connected(transport);
        } catch (RuntimeException | Error e) { // nobody knows the connection
            transport.failed(e);
            throw e;
        }
    }

    @Override
    protected void expired(long now) {
        fail(
                CloseReason.CONNECT_TIMEOUT,
                new SocketTimeoutException("no answer in " + timeoutNanos / 1_000_000 + " ms"));
    }

    @Override
    public void failed(Throwable error) {
        fail(CloseReason.INTERNAL_ERROR, error);
    }

    @Override
    public void cutOff() {
        fail(CloseReason.DRAIN_FORCED, new IOException("the client has been stopped"));
    }

    private void fail(CloseReason reason, @Nullable Throwable cause) {
        if (end()) {
            IOException named = named(cause);
            try {
                ConnectionInfo info = new Unconnected(
                        BottomTransport.newId(),
                        endpoint.observer().listener(),
                        to instanceof InetSocketAddress internet ? internet : null);
                endpoint.observer().notConnected(info, reason, named, loop.now() - begun);
                outcome.failed(reason, named);
            } finally {
                connector.released(null, reason, Phase.CONNECT, 0);
            }
        }
    }

    @Override
    public void cancel() {
        if (end()) {
            connector.released();
        }
    }

    /** Lets go of all that it holds; says whether that is new. */
    private boolean end() {
        assert loop.inLoop();
        if (state == State.OVER) {
            return false;
        }
        state = State.OVER;
        loop.wheel().cancel(this);
        loop.connections().decrementAndGet();
        SocketChannel made = socket;
        if (made != null) {
            try {
                made.close(); // and the key with it
            } catch (IOException | RuntimeException | Error e) {
                loop.report("closing a socket that was not connected", e);
            }
        }
        return true;
    }

    /** The same kind of failure with the address in its message, which the operating system leaves out. */
    private IOException named(@Nullable Throwable cause) {
        String text = "connecting to " + to + ": " + (cause == null ? "failed" : cause.getMessage());
        IOException named;
        if (cause instanceof BindException) {
            named = new BindException(text);
        } else if (cause instanceof ConnectException) {
            named = new ConnectException(text);
        } else if (cause instanceof NoRouteToHostException) {
            named = new NoRouteToHostException(text);
        } else if (cause instanceof SocketTimeoutException) {
            named = new SocketTimeoutException(text);
        } else {
            named = new IOException(cause instanceof IOException ? text : "connecting to " + to + ": " + cause);
        }
        if (cause != null) {
            named.initCause(cause);
        }
        return named;
    }

    @Override
    public void moved(SelectionKey newKey) {
        // the socket knows its key
    }

    @Override
    public boolean isOf(SocketOwner owner) {
        return connector == owner;
    }
}
