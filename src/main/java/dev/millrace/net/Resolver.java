package dev.millrace.net;

import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/** Finds the addresses of names. Safe for any thread. */
@FunctionalInterface
public interface Resolver {
    /**
     * Finds addresses. Does not wait.
     *
     * @param host a name, or an address in its text form
     * @return gives the addresses, the preferred first
     */
    CompletionStage<List<InetAddress>> resolve(String host);

    /**
     * The operating system's resolver.
     *
     * @param executor where it may wait
     * @return the resolver
     */
    static Resolver system(Executor executor) {
        return host -> CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return List.of(InetAddress.getAllByName(host));
                    } catch (java.net.UnknownHostException e) {
                        throw new java.util.concurrent.CompletionException(e);
                    }
                },
                executor);
    }
}
