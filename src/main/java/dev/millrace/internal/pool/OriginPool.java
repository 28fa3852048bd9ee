package dev.millrace.internal.pool;

import dev.millrace.http.HttpException;
import dev.millrace.http.Initiator;
import dev.millrace.http.Phase;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.exchange.ExchangeSpans;
import dev.millrace.internal.time.Deadline;
import dev.millrace.internal.transport.Loop;
import dev.millrace.internal.transport.Transport;
import dev.millrace.session.PoolSettings;
import dev.millrace.session.Reusability;
import dev.millrace.session.Veto;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * The sessions of one origin and route, and the calls that wait for one: the only owner of who may use which session. All
 * decisions are taken under its lock and are short; what follows from them happens outside of it.
 *
 * <p>A session that can carry an exchange is used last in, first out, so that those which are not needed become idle. Calls
 * wait first in, first out.
 */
final class OriginPool {
    /** How many sessions are looked at for one that lives on the caller's loop. */
    private static final int LOOK = 4;

    private final SessionPool owner;
    private final PoolKey key;

    // ---- under the lock

    private final List<ClientSession> sessions = new ArrayList<>(); // all that are not gone
    private final ArrayList<ClientSession> free = new ArrayList<>(); // with room, the last used at the end
    private final ArrayDeque<Call> waiting = new ArrayDeque<>();
    private int opening;
    private boolean single; // known to speak HTTP/2: one session is enough as long as it has room
    private boolean plain; // known to speak HTTP/1.1, though it might not have
    private boolean discarded; // nobody's any more: another one takes its place
    private final WaitWatch watch;
    private long watched = Transport.NEVER; // when the first of the waiting calls is to be looked at

    /** Looks at the calls that wait when the first of them has waited for as long as it may. */
    private final class WaitWatch extends Deadline {
        @Override
        protected void expired(long now) {
            lookAtWaiting(now);
        }
    }

    OriginPool(SessionPool owner, PoolKey key) {
        this.owner = owner;
        this.key = key;
        this.watch = new WaitWatch();
    }

    PoolKey key() {
        return key;
    }

    PoolSettings settings() {
        return owner.settings();
    }

    PoolCounts counts() {
        return owner.counts();
    }

    // ---- calls

    /**
     * Gives a call to a session, or lets it wait for one.
     *
     * @param call wants to begin
     * @param fresh whether it is to have a new session if one may be opened
     * @return whether this is still the pool for it
     */
    boolean submit(Call call, boolean fresh) {
        ClientSession given = null;
        ClientSession wanted = null;
        boolean full = false;
        long look = Transport.NEVER;
        synchronized (this) {
            if (discarded) {
                return false;
            }
            given = fresh && mayOpen() ? null : take();
            if (given == null) {
                if (waiting.size() >= settings().waiting() + opening && !mayOpen()) {
                    full = true;
                } else {
                    waiting.add(call);
                    wanted = wanted(call);
                    look = watchFor(call.waits(opening > 0));
                }
            }
        }
        if (given != null) {
            given.begin(call);
        } else if (full) {
            counts().refused.increment();
            call.fails(new HttpException(
                    "no session is free for " + key.origin() + " and "
                            + settings().waiting() + " exchanges wait for one already: PoolSettings.waiting",
                    Initiator.LOCAL,
                    Phase.POOL_WAIT,
                    true,
                    null));
        } else {
            counts().waited.increment();
            watch(look);
            open(wanted);
            if (wanted == null) {
                owner.makeRoom();
            }
        }
        return true;
    }

    /** When the watch is to look that did not mean to look so early, or never. */
    private long watchFor(long due) {
        if (watched != Transport.NEVER && due - watched >= 0) {
            return Transport.NEVER;
        }
        watched = due;
        return due;
    }

    private void watch(long due) {
        if (due != Transport.NEVER) {
            Loop loop = owner.watchLoop();
            loop.execute(() -> loop.armAtMost(watch, due));
        }
    }

    private void lookAtWaiting(long now) {
        List<Call> late = new ArrayList<>();
        long next = Transport.NEVER;
        synchronized (this) {
            for (Iterator<Call> all = waiting.iterator(); all.hasNext(); ) {
                Call call = all.next();
                long due = call.waitEnd();
                if (now - due >= 0) {
                    all.remove();
                    late.add(call);
                } else if (next == Transport.NEVER || due - next < 0) {
                    next = due;
                }
            }
            watched = next;
        }
        watch(next);
        for (Call call : late) {
            call.waitedTooLong(now);
        }
        discardIfUnused();
    }

    /** Takes a place on the best session that has one. */
    private @Nullable ClientSession take() {
        int last = free.size() - 1;
        if (last < 0) {
            return null;
        }
        int best = last;
        for (int i = last; i >= 0 && i > last - LOOK; i--) {
            if (free.get(i).loop().inLoop()) {
                best = i;
                break;
            }
        }
        ClientSession session = free.get(best);
        session.leased++;
        if (session.leased >= session.capacity) {
            free.remove(best);
        }
        return session;
    }

    /** A new session for a call that waits, if it makes sense to open one. */
    private @Nullable ClientSession wanted(Call call) {
        return waiting.isEmpty() || !mayOpen() ? null : make(call.spans());
    }

    private @Nullable ClientSession make(ExchangeSpans spans) {
        ClientSession session = owner.newSession(this, spans);
        if (session != null) {
            sessions.add(session);
            opening++;
        }
        return session;
    }

    /** Opens a session ahead of calls for it, if there are fewer than wanted; says whether it did. */
    boolean warmUp(int count, ExchangeSpans spans) {
        ClientSession session;
        synchronized (this) {
            boolean wanted = !discarded
                    && !owner.closing()
                    && sessions.size() < Math.min(count, settings().perOrigin())
                    && !(opening > 0 && !plain && owner.opener().mayShare(key));
            session = wanted ? make(spans) : null;
        }
        open(session);
        return session != null;
    }

    private boolean mayOpen() {
        if (owner.closing() || sessions.size() >= settings().perOrigin()) {
            return false;
        }
        boolean shared = single || !plain && owner.opener().mayShare(key);
        return shared ? opening == 0 : opening < Math.max(1, waiting.size());
    }

    private void open(@Nullable ClientSession session) {
        if (session != null) {
            session.open(owner.opener());
        }
    }

    /** A call does not wait any more. Says whether it did. */
    synchronized boolean withdraw(Call call) {
        return waiting.remove(call);
    }

    // ---- what sessions tell

    /** A session is open. */
    void opened(ClientSession session, int capacity) {
        synchronized (this) {
            opening--;
            if (session.place == ClientSession.Place.OPENING) {
                session.place = ClientSession.Place.POOLED;
                session.capacity = capacity;
                single = capacity > 1;
                plain = capacity == 1;
                if (capacity > 0) {
                    free.add(session);
                }
            }
        }
        counts().opened.increment();
        serve(session);
        openMore();
    }

    /** A session could not be opened: a call fails with it, or all if there is nothing left to wait for. */
    void notOpened(ClientSession session, HttpException failure) {
        List<Call> failed = new ArrayList<>();
        synchronized (this) {
            opening--;
            forget(session);
            if (sessions.isEmpty()) {
                failed.addAll(waiting);
                waiting.clear();
            } else if (!waiting.isEmpty()) {
                failed.add(waiting.remove());
            }
        }
        counts().notOpened.increment();
        for (Call call : failed) {
            call.fails(failure);
        }
        owner.roomAgain();
        discardIfUnused();
    }

    /** An exchange has ended on a session. */
    void released(ClientSession session) {
        release(session);
        serve(session);
    }

    private synchronized void release(ClientSession session) {
        session.leased--;
        settle(session);
    }

    /** A call comes back: the session it was given to is not what it was. */
    void returned(ClientSession session, Call call) {
        release(session);
        evictIfOver(session);
        owner.submit(call, false);
    }

    /** What a session can do has changed. */
    void changed(ClientSession session, int capacity) {
        synchronized (this) {
            session.capacity = capacity;
            settle(session);
        }
        evictIfOver(session);
        serve(session);
    }

    private void evictIfOver(ClientSession session) {
        Reusability known = session.reusability();
        if (known.over()) {
            for (Veto veto : known.vetoes()) {
                if (veto.isFinal()) {
                    evict(session, veto);
                    return;
                }
            }
        }
    }

    /** Puts a session among the free ones, or takes it from there. */
    private void settle(ClientSession session) {
        boolean room = session.place == ClientSession.Place.POOLED
                && session.leased < session.capacity
                && (session.reusability().reusable() || onlyLimited(session));
        int at = free.lastIndexOf(session);
        if (room && at < 0) {
            free.add(session);
        } else if (!room && at >= 0) {
            free.remove(at);
        }
    }

    /** HTTP/1.1's being busy and HTTP/2's limit of streams are what the count of places says, too. */
    private static boolean onlyLimited(ClientSession session) {
        return session.reusability()
                .without(Veto.BUSY)
                .without(Veto.STREAM_LIMIT)
                .reusable();
    }

    /** Calls that wait get the places that a session has. */
    private void serve(ClientSession session) {
        while (true) {
            Call next;
            synchronized (this) {
                if (waiting.isEmpty() || session.leased >= session.capacity || free.lastIndexOf(session) < 0) {
                    return;
                }
                next = waiting.remove();
                session.leased++;
                settle(session);
            }
            session.begin(next);
        }
    }

    /** Whether nothing is on its way to a session: then nothing will be. */
    synchronized boolean unused(ClientSession session) {
        if (session.leased > 0) {
            return false;
        }
        free.remove(session);
        return true;
    }

    /** A session takes no more exchanges. */
    void evict(ClientSession session, Veto why) {
        synchronized (this) {
            if (session.place != ClientSession.Place.POOLED && session.place != ClientSession.Place.OPENING) {
                return;
            }
            if (session.place == ClientSession.Place.OPENING) {
                opening--;
            }
            session.place = ClientSession.Place.EVICTED;
            free.remove(session);
        }
        counts().evicted(why);
    }

    /** A session is gone. */
    void closed(ClientSession session, Reusability why) {
        for (Veto veto : why.with(Veto.CLOSED).vetoes()) {
            if (veto.isFinal()) {
                evict(session, veto);
                break;
            }
        }
        synchronized (this) {
            forget(session);
        }
        owner.roomAgain();
        discardIfUnused();
    }

    /** An origin without sessions and calls is not kept: a client may visit any number of them. */
    private void discardIfUnused() {
        synchronized (this) {
            discarded = sessions.isEmpty() && waiting.isEmpty();
            if (!discarded) {
                return;
            }
        }
        owner.discard(this);
    }

    private void forget(ClientSession session) {
        if (session.place != ClientSession.Place.GONE) {
            session.place = ClientSession.Place.GONE;
            sessions.remove(session);
            free.remove(session);
            owner.gone();
        }
    }

    /** There may be room for another session: opens one if calls wait for it. */
    void openMore() {
        ClientSession wanted;
        do {
            synchronized (this) {
                Call first = waiting.peek();
                wanted = first == null ? null : wanted(first);
            }
            open(wanted);
        } while (wanted != null);
    }

    /** {@return a session that nobody uses, taken out of the free ones, or {@code null}} */
    synchronized @Nullable ClientSession idle() {
        for (ClientSession session : free) {
            if (session.leased == 0) {
                free.remove(session);
                return session;
            }
        }
        return null;
    }

    /** No call waits any more: those that do fail. */
    void refuseAll(HttpException failure) {
        List<Call> failed;
        synchronized (this) {
            failed = List.copyOf(waiting);
            waiting.clear();
        }
        for (Call call : failed) {
            call.fails(failure);
        }
    }

    synchronized List<ClientSession> sessions() {
        return List.copyOf(sessions);
    }

    synchronized int waitingCalls() {
        return waiting.size();
    }
}
