package dev.millrace.internal.pool;

import dev.millrace.http.HttpException;
import dev.millrace.http.Phase;
import dev.millrace.http.Version;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.exchange.ClientConnection;
import dev.millrace.internal.time.Deadline;
import dev.millrace.internal.transport.Loop;
import dev.millrace.internal.transport.Transport;
import dev.millrace.observe.CloseReason;
import dev.millrace.session.ClientTimeouts;
import dev.millrace.session.PoolSettings;
import dev.millrace.session.Reusability;
import dev.millrace.session.SessionSnapshot;
import dev.millrace.session.Veto;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One connection of a client, from the wish for it to its end: its loop's side. Who may use it is decided by its
 * {@link OriginPool}, under whose lock the fields are that say so; all else belongs to its loop. It is itself the node in the
 * loop's timer wheel for the time that it is idle.
 *
 * <pre>
 *   CONNECTING → OPEN → RETIRED → CLOSED      (RETIRED: nothing more begins, what is under way goes on)
 *   CONNECTING, OPEN → CLOSED
 * </pre>
 */
public final class ClientSession extends Deadline implements ClientConnection.Owner {
    private enum State {
        CONNECTING,
        OPEN,
        RETIRED,
        CLOSED
    }

    private static final AtomicLong IDS = new AtomicLong();

    private final OriginPool pool;
    private final Loop loop;
    private final ClientTimeouts timeouts;
    private final long id = IDS.incrementAndGet();
    private final long began;
    private final long oldest; // when it is too old, or NEVER
    private State state = State.CONNECTING;
    private SessionOpener.@Nullable Opening opening;
    private @Nullable ClientConnection connection;
    private @Nullable Transport transport;
    private long idleSince;
    private long exchanges;
    private Reusability own = Reusability.REUSABLE; // what it knows itself against another exchange
    private long looked; // when bytes were last counted, to see whether the peer is silent
    private long bytesThen;

    /** What speaks against another exchange, as far as it is known; for any thread. */
    private volatile Reusability reusability = Reusability.REUSABLE.with(Veto.CONNECTING);

    // ---- under the pool's lock

    /** How many exchanges have been given to it and not come back. */
    int leased;

    /** How many may be. */
    int capacity = 1;

    /** Where it stands. */
    Place place = Place.OPENING;

    /** Where a session stands in its pool; changed under the pool's lock only. */
    enum Place {
        /** Is on its way. */
        OPENING,
        /** Takes exchanges. */
        POOLED,
        /** Takes no more. */
        EVICTED,
        /** Is gone. */
        GONE
    }

    /**
     * A session that is to be opened.
     *
     * @param pool decides who uses it
     * @param loop where it lives
     * @param timeouts for its opening
     * @param now the time
     * @param maxAgeNanos how old it may become, 0 for any age
     */
    ClientSession(OriginPool pool, Loop loop, ClientTimeouts timeouts, long now, long maxAgeNanos) {
        this.pool = pool;
        this.loop = loop;
        this.timeouts = timeouts;
        this.began = now;
        this.idleSince = now;
        this.oldest = maxAgeNanos == 0 ? Transport.NEVER : now + maxAgeNanos;
    }

    /** {@return its number} */
    public long id() {
        return id;
    }

    /** {@return where it leads} */
    public PoolKey key() {
        return pool.key();
    }

    /** {@return the loop that it lives on} */
    public Loop loop() {
        return loop;
    }

    /** {@return how long each step of its opening may take} */
    public ClientTimeouts timeouts() {
        return timeouts;
    }

    /** {@return what speaks against another exchange, as far as it is known. Safe for any thread} */
    public Reusability reusability() {
        return reusability;
    }

    // ---- its opening

    /** Begins to open it. Safe for any thread. */
    void open(SessionOpener opener) {
        onLoop(() -> {
            if (state == State.CONNECTING) {
                opening = opener.open(this);
            }
        });
    }

    /**
     * The connection is there and can carry exchanges. On the loop, once.
     *
     * @param made speaks HTTP on it
     * @param lower its lower end
     */
    public void opened(ClientConnection made, Transport lower) {
        opening = null;
        connection = made;
        transport = lower;
        if (state != State.CONNECTING) { // nobody wants it any more
            made.drain(CloseReason.DRAINED);
            return;
        }
        state = State.OPEN;
        idleSince = loop.now();
        looked = idleSince;
        reusability = made.reusability();
        pool.opened(this, made.capacity());
        rest();
    }

    /**
     * There is no connection. On the loop, once, in place of {@link #opened}.
     *
     * @param failure what those who wait for it are told
     */
    public void notOpened(HttpException failure) {
        opening = null;
        if (state == State.CLOSED) {
            return;
        }
        state = State.CLOSED;
        reusability = Reusability.REUSABLE.with(Veto.CLOSED);
        pool.notOpened(this, failure);
    }

    @Override
    public void closed(CloseReason reason) {
        if (state == State.CLOSED) {
            return;
        }
        if (state == State.CONNECTING) { // it was there for a moment
            notOpened(new HttpException(
                    "the connection to " + key().origin() + " ended before its first use: " + reason,
                    reason.initiator(),
                    Phase.OPENED,
                    true,
                    null));
            return;
        }
        state = State.CLOSED;
        loop.cancel(this);
        ClientConnection made = connection;
        Reusability known = made == null ? own : made.reusability().and(own);
        reusability = known.with(Veto.CLOSED);
        pool.counts().ended(reason);
        pool.closed(this, known);
    }

    // ---- exchanges

    /**
     * Begins an exchange that the pool has given to this session; one that cannot begin any more goes back to the pool. Safe
     * for any thread.
     */
    void begin(Call call) {
        if (loop.inLoop()) {
            send(call);
        } else {
            loop.execute(() -> send(call));
        }
    }

    private void send(Call call) {
        ClientConnection made = connection;
        if (state != State.OPEN || made == null || !made.reusability().reusable()) {
            refresh();
            pool.returned(this, call);
            return;
        }
        if (!call.begins()) { // it was cancelled on its way here
            pool.released(this);
            return;
        }
        exchanges++;
        pool.counts().began(exchanges > 1);
        PoolSettings settings = pool.settings();
        made.send(call.exchange(this));
        if (settings.maxExchanges() > 0 && exchanges >= settings.maxExchanges()) {
            retire(Veto.MAX_REQUESTS);
        } else if (oldest != Transport.NEVER && loop.now() - oldest >= 0) {
            retire(Veto.MAX_AGE);
        } else {
            refresh();
        }
    }

    @Override
    public void exchangeEnded() {
        idleSince = loop.now();
        refresh();
        pool.released(this);
        rest();
    }

    @Override
    public void changed() {
        refresh();
        ClientConnection made = connection;
        if (made != null && state != State.CLOSED) {
            pool.changed(this, made.capacity());
        }
    }

    private void refresh() {
        ClientConnection made = connection;
        if (made != null && (state == State.OPEN || state == State.RETIRED)) {
            reusability = made.reusability().and(own);
        }
    }

    /** Takes no more exchanges, and ends with the last one. */
    private void retire(Veto why) {
        if (state == State.OPEN) {
            state = State.RETIRED;
            own = own.with(why);
            refresh();
            ClientConnection made = connection;
            pool.evict(this, why);
            if (made != null) {
                made.drain(why == Veto.IDLE_EXPIRED ? CloseReason.IDLE_TIMEOUT : CloseReason.RETIRED);
            }
        }
    }

    /** Lets it end: at once if nothing is under way, else with the last exchange. Safe for any thread. */
    void drain() {
        onLoop(() -> {
            SessionOpener.Opening under = opening;
            if (state == State.CONNECTING) {
                state = State.CLOSED;
                reusability = Reusability.REUSABLE.with(Veto.DRAINING).with(Veto.CLOSED);
                pool.evict(this, Veto.DRAINING);
                if (under != null) {
                    under.cancel();
                }
                pool.closed(this, Reusability.REUSABLE.with(Veto.DRAINING));
            } else if (state == State.OPEN) {
                ClientConnection made = connection;
                state = State.RETIRED;
                own = own.with(Veto.DRAINING);
                refresh();
                pool.evict(this, Veto.DRAINING);
                if (made != null) {
                    made.drain(CloseReason.DRAINED);
                }
            }
        });
    }

    /** Ends it with whatever is under way. Safe for any thread. */
    void force() {
        onLoop(() -> {
            Transport lower = transport;
            if (lower != null && state != State.CLOSED) {
                lower.abort(CloseReason.DRAIN_FORCED, null);
            } else {
                drain();
            }
        });
    }

    private void onLoop(Runnable step) {
        if (loop.inLoop()) {
            step.run();
        } else {
            loop.execute(step);
        }
    }

    // ---- time

    /** Sees to it that the session is looked at when it has been idle, or is old, long enough. */
    private void rest() {
        if (state == State.OPEN) {
            long due = due();
            if (due != Transport.NEVER) {
                loop.armAtMost(this, due);
            }
        }
    }

    private long due() {
        ClientConnection made = connection;
        boolean idle = made != null && made.active() == 0;
        PoolSettings settings = pool.settings();
        long due = Transport.NEVER;
        if (idle) {
            due = oldest;
            if (!settings.idle().isZero()) {
                due = earlier(due, idleSince + settings.idle().toNanos());
            }
        }
        if (probes()) {
            due = earlier(due, looked + settings.pingAfter().toNanos());
        }
        return due;
    }

    private boolean probes() {
        ClientConnection made = connection;
        return made != null
                && made.version() == Version.HTTP_2
                && !pool.settings().pingAfter().isZero();
    }

    private static long earlier(long a, long b) {
        return a == Transport.NEVER || b - a < 0 ? b : a;
    }

    @Override
    protected void expired(long now) {
        ClientConnection made = connection;
        if (state != State.OPEN || made == null) {
            return;
        }
        PoolSettings settings = pool.settings();
        boolean idle = made.active() == 0;
        if (idle && oldest != Transport.NEVER && now - oldest >= 0) {
            expire(Veto.MAX_AGE);
        } else if (idle
                && !settings.idle().isZero()
                && now - idleSince - settings.idle().toNanos() >= 0) {
            expire(Veto.IDLE_EXPIRED);
        } else if (probes() && now - looked - settings.pingAfter().toNanos() >= 0) {
            probe(made, now);
        }
        rest();
    }

    /** Nobody uses it, unless an exchange is on its way here. */
    private void expire(Veto why) {
        if (pool.unused(this)) {
            retire(why);
        } else {
            idleSince = loop.now();
        }
    }

    private void probe(ClientConnection made, long now) {
        Transport lower = transport;
        long bytes = lower == null ? 0 : lower.bytesIn();
        if (bytes == bytesThen) {
            made.probe();
            changed();
        }
        bytesThen = bytes;
        looked = now;
    }

    // ---- what it is

    /** {@return the session as it is now; on the loop} */
    public SessionSnapshot snapshot() {
        ClientConnection made = connection;
        Transport lower = transport;
        long now = loop.now();
        int active = made == null ? 0 : made.active();
        InetSocketAddress remote = lower == null ? null : lower.remoteAddress();
        return new SessionSnapshot(
                id,
                key().origin(),
                key().route().name(),
                made == null ? null : made.version(),
                remote,
                reusability,
                active,
                exchanges,
                Duration.ofNanos(now - began),
                Duration.ofNanos(active > 0 || made == null ? 0 : now - idleSince),
                lower == null ? 0 : lower.bytesIn(),
                lower == null ? 0 : lower.bytesOut());
    }

    @Override
    public String toString() {
        return "session " + id + " " + key().origin() + " " + reusability;
    }
}
