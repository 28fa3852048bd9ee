package dev.millrace.internal.loop;

import dev.millrace.internal.transport.Endpoint;
import dev.millrace.internal.transport.TransportSettings;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.util.concurrent.CompletableFuture;

/** Connects to peers, and owns a client's sockets: what a {@link Listener} is to a server. */
public final class Connector extends SocketOwner {
    /** Opens sockets, so that a test can have the operating system refuse. */
    interface SocketSource {
        /** {@return a new socket that reaches an address} */
        SocketChannel open(SocketAddress to) throws IOException;
    }

    private final ConnectSettings connects;
    private volatile SocketSource source = Connector::kernel;
    private volatile boolean forced;

    /**
     * A connector without sockets.
     *
     * @param group the loops that connections may live on
     * @param settings of the connections' transports
     * @param connects what sockets get before they are connected
     */
    public Connector(LoopGroup group, TransportSettings settings, ConnectSettings connects) {
        super(group, settings);
        this.connects = connects;
    }

    /**
     * Begins to connect. To be called on the loop that the connection is to live on. The outcome is told once, unless it is
     * cancelled before, and <b>never within this call</b>, though loopback and the Unix domain may connect at once: that, and
     * a failure at once, is told by a task of the loop, when the caller holds what this returns.
     *
     * @param loop the loop
     * @param to an {@link InetSocketAddress} that is resolved, or a {@link UnixDomainSocketAddress}
     * @param endpoint makes the protocol on the connection once it is open, and is told what becomes of it
     * @param timeoutNanos how long it may take to be connected
     * @param outcome is told what comes of it
     * @return what it can be cancelled with
     */
    public Connecting connect(
            EventLoop loop, SocketAddress to, Endpoint endpoint, long timeoutNanos, Connecting.Outcome outcome) {
        PendingConnect begun = new PendingConnect(this, loop, to, endpoint, timeoutNanos, outcome);
        begun.start();
        return begun;
    }

    private static SocketChannel kernel(SocketAddress to) throws IOException {
        return to instanceof UnixDomainSocketAddress
                ? SocketChannel.open(StandardProtocolFamily.UNIX)
                : SocketChannel.open();
    }

    /** {@return a socket with its options that is not connected} */
    SocketChannel open(SocketAddress to) throws IOException {
        SocketChannel made = source.open(to);
        try {
            made.configureBlocking(false);
            if (to instanceof InetSocketAddress) {
                made.setOption(StandardSocketOptions.TCP_NODELAY, true);
                keepAlive(made);
                if (connects.local() != null) {
                    made.bind(connects.local());
                }
            }
            return made;
        } catch (IOException | RuntimeException | Error e) {
            made.close();
            throw e;
        }
    }

    private void keepAlive(SocketChannel made) throws IOException {
        ConnectSettings.KeepAlive wanted = connects.keepAlive();
        if (wanted != null) {
            made.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
            for (SocketOption<?> option :
                    made.supportedOptions()) { // by name: the module that has them may not be there
                switch (option.name()) {
                    case "TCP_KEEPIDLE" -> set(made, option, wanted.idleSeconds());
                    case "TCP_KEEPINTERVAL" -> set(made, option, wanted.intervalSeconds());
                    case "TCP_KEEPCOUNT" -> set(made, option, wanted.count());
                    default -> {} // of no interest
                }
            }
        }
    }

    @SuppressWarnings("unchecked") // its type says that it takes this
    private static void set(SocketChannel made, SocketOption<?> option, int value) throws IOException {
        if (value > 0 && option.type() == Integer.class) {
            made.setOption((SocketOption<Integer>) option, value);
        }
    }

    /** Has a test's source of sockets in place of the kernel's. */
    void source(SocketSource other) {
        source = other;
    }

    /** {@return whether it is at its end, and so is every connection that would begin} */
    boolean forced() {
        return forced;
    }

    // ---- a stop

    /**
     * Asks the open connections to end: at once where nothing is under way, else after what is. One that is on its way goes on,
     * and is asked when it is there; so is one that begins later. To be called once. Safe for any thread.
     *
     * @param counts is told how they end
     * @return completes when none is left
     */
    public CompletableFuture<Void> drain(DrainTally counts) {
        beginStop(counts, false);
        sweep();
        hasClosed();
        return empty();
    }

    /** Ends all at once: open connections, those that are on their way, and those that begin later. Safe for any thread. */
    public void force() {
        forced = true;
        cutAllOff();
    }
}
