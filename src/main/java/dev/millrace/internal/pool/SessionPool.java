package dev.millrace.internal.pool;

import dev.millrace.http.Headers;
import dev.millrace.http.HttpException;
import dev.millrace.http.Initiator;
import dev.millrace.http.Phase;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.http.Status;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.exchange.ExchangeSpans;
import dev.millrace.internal.time.Clock;
import dev.millrace.internal.transport.Loop;
import dev.millrace.session.PoolMetrics;
import dev.millrace.session.PoolSettings;
import dev.millrace.session.SessionSnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;

/** The sessions of a client, by origin and route. Safe for any thread. */
public final class SessionPool {
    /** By which part of the maximum age sessions may fall short of it, so that those of one moment do not end in one. */
    private static final int JITTER = 10;

    private final PoolSettings settings;
    private final SessionOpener opener;
    private final Loops loops;
    private final Clock clock;
    private final Executor blocking;
    private final SplittableRandom random; // guarded by itself
    private final PoolCounts counts = new PoolCounts();
    private final ConcurrentHashMap<PoolKey, OriginPool> origins = new ConcurrentHashMap<>();
    private final AtomicInteger total = new AtomicInteger();
    private final CompletableFuture<Void> empty = new CompletableFuture<>();
    private volatile boolean closing;

    /**
     * A pool without sessions.
     *
     * @param settings its bounds
     * @param opener makes connections
     * @param loops where they may live
     * @param clock tells the time, the same as the loops'
     * @param blocking runs content that is written, and reads files
     * @param seed of the jitter
     */
    public SessionPool(
            PoolSettings settings, SessionOpener opener, Loops loops, Clock clock, Executor blocking, long seed) {
        this.settings = settings;
        this.opener = opener;
        this.loops = loops;
        this.clock = clock;
        this.blocking = blocking;
        this.random = new SplittableRandom(seed);
    }

    /**
     * Sends a request on a session of its own choice.
     *
     * @param key which sessions can carry it
     * @param request the request
     * @param spans its deadlines
     * @param interims is told of interim responses, on the loop
     * @return gives the response once its header section is there; cancelling it gives the exchange up
     */
    public CompletableFuture<Response> send(
            PoolKey key, Request request, ExchangeSpans spans, BiConsumer<Status, Headers> interims) {
        Call call = new Call(this, key, request, spans, interims, clock.nanos());
        counts.exchanges.increment();
        submit(call, false);
        return call.result();
    }

    void submit(Call call, boolean fresh) {
        do {
            if (closing) {
                call.fails(closed());
                return;
            }
        } while (!origin(call.key()).submit(call, fresh));
    }

    private OriginPool origin(PoolKey key) {
        OriginPool known = origins.get(key);
        return known != null ? known : origins.computeIfAbsent(key, missing -> new OriginPool(this, missing));
    }

    private static HttpException closed() {
        return new HttpException("the client is closed", Initiator.LOCAL, Phase.POOL_WAIT, true, null);
    }

    void withdraw(Call call) {
        OriginPool origin = origins.get(call.key());
        if (origin != null) {
            origin.withdraw(call);
        }
    }

    /**
     * Opens sessions ahead of the first request for them.
     *
     * @param key where they lead
     * @param count how many there are to be, within the bounds
     * @param spans the deadlines of their opening
     */
    public void warmUp(PoolKey key, int count, ExchangeSpans spans) {
        for (int i = 0; i < count && !closing && origin(key).warmUp(count, spans); i++) {}
    }

    // ---- for its parts

    PoolSettings settings() {
        return settings;
    }

    PoolCounts counts() {
        return counts;
    }

    SessionOpener opener() {
        return opener;
    }

    Executor blocking() {
        return blocking;
    }

    boolean closing() {
        return closing;
    }

    long now() {
        return clock.nanos();
    }

    Loop watchLoop() {
        return loops.choose();
    }

    /** {@return a session that is to be opened, or {@code null} if there are as many as there may be} */
    @Nullable
    ClientSession newSession(OriginPool origin, ExchangeSpans spans) {
        if (total.incrementAndGet() > settings.total()) {
            total.decrementAndGet();
            return null;
        }
        return new ClientSession(origin, loops.choose(), spans.timeouts(), clock.nanos(), maxAge());
    }

    private long maxAge() {
        long most = settings.maxAge().toNanos();
        if (most < JITTER) {
            return most;
        }
        synchronized (random) {
            return most - random.nextLong(most / JITTER);
        }
    }

    /** A session is gone. */
    void gone() {
        if (total.decrementAndGet() == 0 && closing) {
            empty.complete(null);
        }
    }

    /** Calls of one origin wait while sessions of another may be idle: lets one of these go if there is no place else. */
    void makeRoom() {
        if (total.get() < settings.total()) {
            return;
        }
        for (OriginPool origin : origins.values()) {
            ClientSession idle = origin.idle();
            if (idle != null) {
                idle.drain();
                return;
            }
        }
    }

    /** A place has become free, for whoever waits. */
    void roomAgain() {
        for (OriginPool origin : origins.values()) {
            if (total.get() >= settings.total()) {
                return;
            }
            origin.openMore();
        }
    }

    void discard(OriginPool origin) {
        origins.remove(origin.key(), origin);
    }

    // ---- the end, and what it is

    /**
     * Nothing more begins; sessions end with what is under way.
     *
     * @return completes when none is left
     */
    public CompletionStage<Void> close() {
        closing = true;
        for (OriginPool origin : origins.values()) {
            origin.refuseAll(closed());
            for (ClientSession session : origin.sessions()) {
                session.drain();
            }
        }
        if (total.get() == 0) {
            empty.complete(null);
        }
        return empty;
    }

    /** Ends all sessions with whatever is under way. */
    public void force() {
        for (OriginPool origin : origins.values()) {
            for (ClientSession session : origin.sessions()) {
                session.force();
            }
        }
    }

    /** {@return what has been counted so far} */
    public PoolMetrics metrics() {
        int waiting = 0;
        for (OriginPool origin : origins.values()) {
            waiting += origin.waitingCalls();
        }
        return counts.snapshot(total.get(), waiting);
    }

    /** {@return gives all sessions, each as it was at one moment} */
    public CompletionStage<List<SessionSnapshot>> sessions() {
        List<CompletableFuture<SessionSnapshot>> asked = new ArrayList<>();
        for (OriginPool origin : origins.values()) {
            for (ClientSession session : origin.sessions()) {
                CompletableFuture<SessionSnapshot> one = new CompletableFuture<>();
                asked.add(one);
                if (session.loop().inLoop()) {
                    one.complete(session.snapshot());
                } else {
                    session.loop().execute(() -> one.complete(session.snapshot()));
                }
            }
        }
        return CompletableFuture.allOf(asked.toArray(new CompletableFuture<?>[0]))
                .thenApply(done -> {
                    List<SessionSnapshot> all = new ArrayList<>();
                    for (CompletableFuture<SessionSnapshot> one : asked) {
                        all.add(one.join());
                    }
                    return List.copyOf(all);
                });
    }
}
