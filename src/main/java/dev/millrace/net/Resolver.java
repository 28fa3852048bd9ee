package dev.millrace.net;

import java.net.InetAddress;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/** Finds the addresses of names. Safe for any thread, and must not block the thread that asks. */
@FunctionalInterface
public interface Resolver {
    /**
     * Looks a name up.
     *
     * @param host a name, or an address in its text form, which is its own answer
     * @return completes with at least one address, the preferred first, or fails with an {@link UnresolvedHostException}
     */
    CompletionStage<List<InetAddress>> resolve(String host);

    /**
     * The operating system's way, through the JDK, whose look-up blocks. The JDK keeps answers by itself, 30 seconds unless its
     * security properties ({@code networkaddress.cache.ttl}) say otherwise.
     *
     * @param executor runs the look-ups, such as {@link NetRuntime#handlerExecutor()}
     * @return the resolver, without a memory of its own
     */
    static Resolver system(Executor executor) {
        return new SystemResolver(Objects.requireNonNull(executor));
    }

    /**
     * A resolver with a memory of 1,024 names, where an answer is good for 30 seconds and a failure for one, and all who ask for
     * a name while it is looked up share the look-up.
     *
     * @param runtime whose time it goes by
     * @param source looks names up
     * @return the resolver
     */
    static Resolver cached(NetRuntime runtime, Resolver source) {
        return CachedResolver.of(runtime, source);
    }
}
