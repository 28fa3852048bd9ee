package dev.millrace.internal.transport;

import dev.millrace.http.Phase;
import dev.millrace.http.TlsInfo;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.observer.ConnectionFacts;
import dev.millrace.internal.observer.Observer;
import dev.millrace.internal.time.Deadline;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.ConnectionInfo;
import dev.millrace.observe.ConnectionSnapshot;
import dev.millrace.observe.ConnectionState;
import dev.millrace.observe.ConnectionStats;
import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What all transports at the bottom of connections have in common, be there a socket below or a tunnel: the protocol above
 * and what it is shown, its deadline, and what observers are told, from the opening to the one end.
 *
 * <p>It is itself the node in the loop's timer wheel and what names the connection, because tens of thousands of these are
 * idle at a time.
 */
public abstract class BottomTransport extends Deadline implements Transport, ConnectionInfo, Holding.Owner {
    private static final ConnectionFacts NO_FACTS = new ConnectionFacts(); // where there is no memory for any

    private static final AtomicLong IDS = new AtomicLong();

    /** What the protocol is shown. */
    protected final Inlet inlet;

    private final Loop loop;
    private final Observer observer;
    private final long id = newId();
    private final long opened;
    private long due = NEVER;
    private long bytesIn;
    private ConnectionState state = ConnectionState.SILENT;
    private @Nullable Holding holding; // from the first byte that is held on
    private @Nullable ConnectionState found; // when a stop of the server reached it
    private volatile @Nullable Addresses stoodFor; // by a proxy

    private record Addresses(
            @Nullable InetSocketAddress remote, @Nullable InetSocketAddress local) {}

    /**
     * The bottom of a new connection; {@link #open} follows. On the loop.
     *
     * @param loop where it lives
     * @param observer is told what happens to it
     */
    @SuppressWarnings("this-escape") // the inlet asks for the holding once something is kept
    protected BottomTransport(Loop loop, Observer observer) {
        this.inlet = new Inlet(this);
        this.loop = loop;
        this.observer = observer;
        this.opened = loop.now();
    }

    /** {@return a number that no other connection of this process has} */
    public static long newId() {
        return IDS.incrementAndGet();
    }

    /** The transport is whole: makes the protocol above it. */
    protected final void open(Protocol.Factory protocols) {
        observer.state(null, state);
        try {
            inlet.shownTo(protocols.create(this));
        } catch (Throwable e) {
            observer.state(state, null);
            throw e;
        }
        observer.opened(this);
    }

    /** {@return the protocol above} */
    protected final Protocol protocol() {
        return inlet.protocol();
    }

    @Override
    public final void handOver(Protocol next) {
        inlet.shownTo(next);
    }

    // ---- a stop of the server

    /** {@return what the connection is doing} */
    protected final ConnectionState state() {
        return state;
    }

    /** {@return whether a stop of the server has reached the connection} */
    protected final boolean drained() {
        return found != null;
    }

    /** A stop of the server has reached the connection. */
    protected final void drainProtocol() {
        if (found == null) {
            found = state;
            protocol().onDrain();
        }
    }

    /** A request has begun. */
    protected void becameActive() {}

    /**
     * The connection has ended, and its protocol knows.
     *
     * @param foundAs what it was doing when a stop of the server reached it, or {@code null} if none did
     * @param why it has ended
     * @param phase how far it had come
     * @param requests how many it brought
     */
    protected abstract void left(@Nullable ConnectionState foundAs, CloseReason why, Phase phase, long requests);

    // ---- in

    @Override
    public final int unread() {
        return inlet.kept();
    }

    /** Bytes have arrived. */
    protected final void received(int length) {
        bytesIn += length;
    }

    // ---- what it holds

    @Override
    public final Holding holding() {
        Holding known = holding;
        if (known == null) {
            known = new Holding(loop.buffers(), this);
            holding = known;
        }
        return known;
    }

    /** The connection has ended: it holds nothing any more. */
    protected final void holdsNothing() {
        if (holding != null) {
            holding.close();
        }
    }

    /**
     * {@return how many bytes may be read ahead}
     *
     * @param bound how many where it is not held back
     */
    protected final int readAhead(int bound) {
        return holding != null && holding.heldBack() ? 0 : bound;
    }

    @Override
    public final void holdBack() {
        try {
            protocol().onHeldBack();
            readAheadChanged();
        } catch (Throwable e) { // one connection's failure is not the others'
            loop.report("holding a connection back", e);
            abort(CloseReason.INTERNAL_ERROR, e);
        }
    }

    @Override
    public final void relieve() {
        try {
            protocol().onRelieved();
            readAheadChanged();
        } catch (Throwable e) { // as above
            loop.report("reading a connection again that was held back", e);
            abort(CloseReason.INTERNAL_ERROR, e);
        }
    }

    /** More may be read ahead than before, or less. */
    protected abstract void readAheadChanged();

    // ---- time

    @Override
    public final void deadline(long newDue) {
        due = newDue;
        if (newDue != NEVER) {
            loop.armAtMost(this, newDue);
        }
    }

    /** Tells the protocol if its deadline has passed. */
    protected final void expire(long now) {
        if (due != NEVER && now - due >= 0) {
            due = NEVER;
            protocol().onDeadline(now);
        }
    }

    /** Arms the protocol's deadline again, if it has one. */
    protected final void rearm() {
        if (due != NEVER) {
            loop.armAtMost(this, due);
        }
    }

    // ---- what observers are told

    /** Tells the protocol and the observers that the connection has ended: the last call, exactly one. */
    protected final void closed(CloseReason why, Phase phase, @Nullable Throwable cause) {
        Protocol above = protocol();
        String detail = null;
        ConnectionFacts facts = null;
        try {
            facts = new ConnectionFacts();
            above.describe(facts);
            detail = above.closeDetail();
        } finally { // each of these is to be told, whatever comes of the others
            try {
                above.onClosed(why, cause);
            } finally {
                tellObservers(why, phase, cause, detail, facts == null ? NO_FACTS : facts);
            }
        }
    }

    private void tellObservers(
            CloseReason why, Phase phase, @Nullable Throwable cause, @Nullable String detail, ConnectionFacts facts) {
        try {
            left(found, why, phase, facts.requests);
        } finally {
            observer.state(state, null);
            observer.closed(
                    this,
                    why,
                    phase,
                    detail,
                    cause,
                    facts.handshake,
                    new ConnectionStats(
                            bytesIn,
                            bytesOut(),
                            facts.requests,
                            loop.now() - opened,
                            facts.handshakeNanos,
                            facts.firstByteNanos));
        }
    }

    /** {@return the connection as it is now} */
    public final ConnectionSnapshot snapshot() {
        ConnectionFacts facts = new ConnectionFacts();
        protocol().describe(facts);
        return new ConnectionSnapshot(
                id,
                listener(),
                state,
                loop.now() - opened,
                bytesIn,
                bytesOut(),
                pending(),
                inlet.kept() + facts.keptIn,
                facts.requests,
                facts.protocol,
                facts.tlsVersion,
                facts.cipherSuite,
                facts.alpn,
                remoteAddress(),
                facts.http2);
    }

    @Override
    public final void state(ConnectionState next) {
        if (next != state) {
            observer.state(state, next);
            state = next;
            if (next == ConnectionState.ACTIVE) {
                becameActive();
            }
        }
    }

    // ---- what it is

    @Override
    public final void standsFor(@Nullable InetSocketAddress remote, @Nullable InetSocketAddress local) {
        stoodFor = new Addresses(remote, local);
    }

    /** {@return an address that a trusted proxy has told, or {@code null}} */
    protected final @Nullable InetSocketAddress stoodFor(boolean remote) {
        Addresses told = stoodFor;
        return told == null ? null : remote ? told.remote() : told.local();
    }

    @Override
    public final Loop loop() {
        return loop;
    }

    @Override
    public final ConnectionInfo info() {
        return this;
    }

    @Override
    public final long id() {
        return id;
    }

    @Override
    public final String listener() {
        return observer.listener();
    }

    @Override
    public final long bytesIn() {
        return bytesIn;
    }

    @Override
    public final boolean secure() {
        return false;
    }

    @Override
    public final @Nullable TlsInfo tls() {
        return null;
    }
}
