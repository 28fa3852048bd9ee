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
import java.util.concurrent.atomic.AtomicLong;

/**
 * What all transports at the bottom of connections have in common, be there a socket below or a tunnel: the protocol above
 * and what it is shown, its deadline, and what observers are told, from the opening to the one end.
 *
 * <p>It is itself the node in the loop's timer wheel and what names the connection, because tens of thousands of these are
 * idle at a time.
 */
public abstract class BottomTransport extends Deadline implements Transport, ConnectionInfo {
    private static final AtomicLong IDS = new AtomicLong();

    /** What the protocol is shown. */
    protected final Inlet inlet = new Inlet();

    private final Loop loop;
    private final Observer observer;
    private final long id = IDS.incrementAndGet();
    private final long opened;
    private long due = NEVER;
    private long bytesIn;
    private ConnectionState state = ConnectionState.SILENT;

    /**
     * The bottom of a new connection; {@link #open} follows. On the loop.
     *
     * @param loop where it lives
     * @param observer is told what happens to it
     */
    protected BottomTransport(Loop loop, Observer observer) {
        this.loop = loop;
        this.observer = observer;
        this.opened = loop.now();
    }

    /** The transport is whole: makes the protocol above it. */
    protected final void open(Protocol.Factory protocols) {
        observer.state(null, state);
        inlet.shownTo(protocols.create(this));
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

    /** Bytes have arrived. */
    protected final void received(int length) {
        bytesIn += length;
    }

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
        ConnectionFacts facts = new ConnectionFacts();
        above.describe(facts);
        String detail = above.closeDetail();
        try {
            above.onClosed(why, cause);
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
        }
    }

    // ---- what it is

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
