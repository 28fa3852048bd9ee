package dev.millrace.net;

import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.loop.RuntimeAccess;
import dev.millrace.internal.time.Clock;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/**
 * Remembers what another resolver has found: a bounded number of names, those that were not asked for the longest forgotten
 * first. Who asks for a name that is being looked up gets the same answer. Safe for any thread.
 */
public final class CachedResolver implements Resolver {
    private static final int NAMES = 1024;
    private static final Duration GOOD = Duration.ofSeconds(30);
    private static final Duration FAILED = Duration.ofSeconds(1);

    private final Resolver source;
    private final Clock clock;
    private final int names;
    private final long goodNanos;
    private final long failedNanos;

    private final Map<String, Entry> entries; // guarded by itself

    /** A name that is being looked up, or has been. */
    private static final class Entry {
        final CompletableFuture<List<InetAddress>> answer = new CompletableFuture<>();
        long until; // guarded by the map; of one whose answer is there
    }

    CachedResolver(Resolver source, Clock clock, int names, Duration good, Duration failed) {
        this.source = Objects.requireNonNull(source);
        this.clock = clock;
        this.names = names;
        this.goodNanos = good.toNanos();
        this.failedNanos = failed.toNanos();
        this.entries = new LinkedHashMap<>(16, 0.75f, true);
    }

    /**
     * A memory of 1,024 names, of answers for 30 seconds and of failures for one.
     *
     * @param runtime whose time it goes by
     * @param source looks names up
     * @return the resolver
     */
    public static CachedResolver of(NetRuntime runtime, Resolver source) {
        return of(runtime, source, NAMES, GOOD, FAILED);
    }

    /**
     * A memory with bounds of its own.
     *
     * @param runtime whose time it goes by
     * @param source looks names up
     * @param names how many are remembered, at least 1; 1,024 by default. Those that are being looked up count
     * @param good how long an answer is, at least zero; 30 seconds by default
     * @param failed how long a failure is remembered, at least zero; 1 second by default
     * @return the resolver
     * @throws IllegalArgumentException for other numbers
     */
    public static CachedResolver of(NetRuntime runtime, Resolver source, int names, Duration good, Duration failed) {
        if (names < 1 || good.isNegative() || failed.isNegative()) {
            throw new IllegalArgumentException(
                    names + " names for " + good + " and " + failed + ": must be at least 1 and not negative");
        }
        return new CachedResolver(source, RuntimeAccess.loops(runtime).first().clock(), names, good, failed);
    }

    @Override
    public CompletionStage<List<InetAddress>> resolve(String host) {
        String name = host.toLowerCase(Locale.ROOT);
        Entry asked = null;
        Entry known;
        synchronized (entries) {
            known = entries.get(name);
            if (known == null || known.answer.isDone() && clock.nanos() - known.until >= 0) {
                asked = new Entry();
                known = asked;
                entries.put(name, asked);
                forgetTheOldest();
            }
        }
        if (asked != null) {
            lookUp(name, asked);
        }
        return known.answer.copy(); // who cancels it cancels no other's
    }

    private void forgetTheOldest() {
        if (entries.size() > names) {
            String oldest = entries.keySet().iterator().next();
            entries.remove(oldest); // those who wait for it get their answer all the same
        }
    }

    private void lookUp(String name, Entry entry) {
        try {
            source.resolve(name).whenComplete((found, failure) -> answered(name, entry, found, failure));
        } catch (RuntimeException e) { // user code may throw
            answered(name, entry, null, e);
        }
    }

    private void answered(String name, Entry entry, @Nullable List<InetAddress> found, @Nullable Throwable failure) {
        boolean good = found != null && !found.isEmpty();
        synchronized (entries) {
            entry.until = clock.nanos() + (good ? goodNanos : failedNanos);
        }
        if (good) {
            entry.answer.complete(List.copyOf(found));
        } else {
            entry.answer.completeExceptionally(typed(name, failure));
        }
    }

    private static UnresolvedHostException typed(String name, @Nullable Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        return cause instanceof UnresolvedHostException known ? known : new UnresolvedHostException(name, cause);
    }

    /** {@return the names that are remembered, for tests} */
    List<String> names() {
        synchronized (entries) {
            return new ArrayList<>(entries.keySet());
        }
    }
}
