package dev.millrace.internal.tunnel;

import dev.millrace.http.HttpException;
import dev.millrace.http.Initiator;
import dev.millrace.http.Phase;
import dev.millrace.http.Tunnel;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.exchange.ConnectionTunnel;
import dev.millrace.internal.transport.BottomTransport;
import dev.millrace.internal.transport.Endpoint;
import dev.millrace.internal.transport.Loop;
import dev.millrace.internal.transport.TransportSettings;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.ConnectionState;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.concurrent.Flow;

/**
 * The bottom of a connection that a tunnel carries in place of a socket. Where the tunnel is one of our own connections'
 * and lives on the same loop, bytes pass through without a change of thread; another's may call from any thread.
 *
 * <pre>
 *   OPEN ──its own end──► LEAVING ──the peer's end of sending, or a deadline──► GONE
 *     └──a failure, or an end at once──────────────────────────────────────────► GONE
 * </pre>
 */
public final class TunnelTransport extends BottomTransport implements Flow.Subscriber<ByteBuffer> {
    private enum State {
        OPEN,
        /** The connection has ended and its last byte is handed over; the peer has a while to take it and to end, too. */
        LEAVING,
        GONE
    }

    /** Whether the tunnel has been asked for bytes. */
    private enum Demand {
        NONE,
        ASKED,
        /** It has said that no more come. */
        ENDED
    }

    /** Knows which connections are open. */
    public interface Registry {
        /** A connection is open. */
        void opened(TunnelTransport transport);

        /** The connection has ended; it may still be taking leave of the tunnel's peer. */
        void ended(TunnelTransport transport);

        /**
         * Its protocol knows that it has ended.
         *
         * @param foundAs what it was doing when a stop of the server reached it, or {@code null} if none did
         * @param why it has ended
         * @param phase how far it had come
         * @param requests how many it brought
         */
        default void left(@Nullable ConnectionState foundAs, CloseReason why, Phase phase, long requests) {}
    }

    private final Tunnel tunnel;
    private final Loop loop;
    private final TransportSettings settings;
    private final long lingerNanos;
    private final Registry registry;
    private final TunnelOutput output;
    private State state = State.OPEN;
    private Demand demand = Demand.NONE;
    private Flow.@Nullable Subscription subscription;

    private TunnelTransport(
            Tunnel tunnel,
            Loop loop,
            Endpoint endpoint,
            TransportSettings settings,
            long lingerNanos,
            Registry registry) {
        super(loop, endpoint.observer());
        this.tunnel = tunnel;
        this.loop = loop;
        this.settings = settings;
        this.lingerNanos = lingerNanos;
        this.registry = registry;
        this.output = new TunnelOutput(this, tunnel, loop, settings);
    }

    /**
     * Begins a connection. On the loop. If this throws, there is none, and {@link Registry#left} is not called.
     *
     * @param tunnel carries it; nobody has begun to read it
     * @param loop where the connection lives: the tunnel's own if it has one
     * @param endpoint makes its protocol and is told what happens to it
     * @param settings its bounds
     * @param lingerNanos how long the tunnel's peer has to end its sending after the connection has ended
     * @param registry is told when it opens and when it ends
     */
    public static void open(
            Tunnel tunnel,
            Loop loop,
            Endpoint endpoint,
            TransportSettings settings,
            long lingerNanos,
            Registry registry) {
        TunnelTransport made = new TunnelTransport(tunnel, loop, endpoint, settings, lingerNanos, registry);
        registry.opened(made);
        try {
            made.open(endpoint.protocols());
        } catch (Throwable e) {
            registry.ended(made);
            throw e;
        }
        made.happens(
                () -> { // a user's tunnel may throw
                    tunnel.closed().thenRun(() -> made.happens(made::closedByOthers));
                    tunnel.input().publisher().subscribe(made);
                });
    }

    /** Lets something happen on the loop; now, if this is there. */
    void happens(Runnable event) {
        if (!loop.inLoop()) {
            loop.execute(() -> happens(event));
            return;
        }
        try {
            event.run();
        } catch (Throwable e) { // one connection's failure is not that of the one that carries it
            loop.report("serving a connection through a tunnel", e);
            abort(CloseReason.INTERNAL_ERROR, e);
        }
    }

    // ---- in

    @Override
    public void onSubscribe(Flow.Subscription newSubscription) {
        happens(() -> {
            subscription = newSubscription;
            ask();
        });
    }

    /** Asks for the next bytes if they are wanted. */
    private void ask() {
        Flow.Subscription asked = subscription;
        boolean wanted = switch (state) {
            case OPEN -> inlet.wants(readAhead(settings.inboundBuffer()));
            case LEAVING -> true;
            case GONE -> false;
        };
        if (asked != null && wanted && demand == Demand.NONE) {
            demand = Demand.ASKED;
            asked.request(1);
        }
    }

    @Override
    public void onNext(ByteBuffer bytes) {
        happens(() -> arrived(bytes));
    }

    private void arrived(ByteBuffer bytes) {
        demand = Demand.NONE;
        if (state == State.OPEN) {
            byte[] array;
            int offset = 0;
            int length = bytes.remaining();
            if (bytes.hasArray()) {
                array = bytes.array();
                offset = bytes.arrayOffset() + bytes.position();
            } else {
                array = new byte[length];
                bytes.get(array);
            }
            received(length);
            inlet.offer(array, offset, length);
        }
        ask();
    }

    @Override
    public void onComplete() {
        happens(() -> {
            demand = Demand.ENDED;
            if (state == State.OPEN) {
                inlet.end();
            } else {
                gone();
            }
        });
    }

    @Override
    public void onError(Throwable failure) {
        happens(() -> {
            demand = Demand.ENDED;
            if (state == State.OPEN) {
                end(reasonOf(failure), failure);
            }
            gone();
        });
    }

    private static CloseReason reasonOf(Throwable failure) {
        if (!(failure instanceof HttpException typed)) {
            return CloseReason.IO_ERROR;
        }
        return typed.initiator() == Initiator.PEER
                ? CloseReason.PEER_RESET
                : typed.initiator() == Initiator.LOCAL ? CloseReason.SERVER_CLOSED : CloseReason.IO_ERROR;
    }

    /** The tunnel has ended; whoever reads it knows already, unless somebody closed it on this side. */
    private void closedByOthers() {
        if (state == State.OPEN && demand != Demand.ENDED) {
            end(CloseReason.SERVER_CLOSED, null);
        }
        gone();
    }

    @Override
    public void pauseReading() {
        inlet.pause();
    }

    @Override
    public void resumeReading() {
        inlet.resume();
        ask();
    }

    @Override
    protected void readAheadChanged() {
        ask();
    }

    // ---- out

    @Override
    public void write(byte[] bytes, int offset, int length) {
        output.write(bytes, offset, length);
    }

    @Override
    public void writeStable(byte[] bytes, int offset, int length) {
        output.writeStable(bytes, offset, length);
    }

    @Override
    public void writeFile(FileChannel file, long position, long length) {
        output.writeFile(file, position, length);
    }

    @Override
    public long pending() {
        return output.pending() + (tunnel instanceof ConnectionTunnel own ? own.pending() : 0);
    }

    @Override
    public boolean writable() {
        return output.writable();
    }

    /** More can be written. */
    void tellWritable() {
        if (state == State.OPEN && output.open() && writable()) {
            protocol().onWritable();
        }
    }

    // ---- time

    @Override
    protected void expired(long now) {
        switch (state) {
            case OPEN:
                if (output.overdue(now)) {
                    end(CloseReason.WRITE_TIMEOUT, null);
                    tunnel.close();
                    return;
                }
                expire(now);
                if (state == State.OPEN) {
                    output.rearm();
                    rearm();
                }
                break;
            case LEAVING:
                if (tunnel instanceof ConnectionTunnel own && own.pending() > 0) {
                    loop.arm(this, now + lingerNanos); // its peer is still reading, and its connection watches that
                } else {
                    gone();
                    tunnel.close();
                }
                break;
            case GONE:
                break;
        }
    }

    // ---- the end

    @Override
    public void closeOutput() {
        output.finish();
    }

    @Override
    public void closeAfterOutput(CloseReason why) {
        if (state == State.OPEN) {
            output.closeWhenOut(why);
        }
    }

    /** All is handed over: the connection has ended, and the tunnel does once its peer has seen that. */
    void leave(CloseReason why) {
        boolean peerHasEnded = demand == Demand.ENDED;
        end(why, null);
        tunnel.closeOutput();
        if (peerHasEnded) {
            gone();
        } else {
            state = State.LEAVING;
            loop.arm(this, loop.now() + lingerNanos);
            ask();
        }
    }

    @Override
    public void close(CloseReason why) {
        if (state == State.OPEN) {
            end(why, null);
            tunnel.close();
        }
    }

    @Override
    public void abort(CloseReason why, @Nullable Throwable cause) {
        if (state == State.OPEN) {
            end(why, cause);
            if (tunnel instanceof ConnectionTunnel own) {
                own.close(why);
            } else {
                tunnel.close();
            }
        }
    }

    /** Asks the connection to end: at once if nothing is under way, else after what is. */
    public void drain() {
        if (state == State.OPEN) {
            drainProtocol();
        }
    }

    @Override
    protected void left(@Nullable ConnectionState foundAs, CloseReason why, Phase phase, long requests) {
        registry.left(foundAs, why, phase, requests);
    }

    private void end(CloseReason why, @Nullable Throwable cause) {
        state = State.GONE;
        loop.cancel(this);
        Phase phase = protocol().phase();
        output.drop();
        inlet.close();
        holdsNothing();
        registry.ended(this);
        loop.execute(() -> closed(why, phase, cause)); // not now: the protocol may be the one that ends it
    }

    /** The tunnel is over, or nobody waits for its end any more. */
    private void gone() {
        state = State.GONE;
        loop.cancel(this);
    }

    // ---- what it is

    @Override
    public long bytesOut() {
        return output.sent();
    }

    @Override
    public @Nullable InetSocketAddress remoteAddress() {
        return tunnel instanceof ConnectionTunnel own ? own.remoteAddress() : null;
    }

    @Override
    public @Nullable InetSocketAddress localAddress() {
        return tunnel instanceof ConnectionTunnel own ? own.localAddress() : null;
    }
}
