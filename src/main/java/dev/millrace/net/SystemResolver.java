package dev.millrace.net;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * The JDK's look-up, on threads that may block.
 *
 * @param executor has them
 */
record SystemResolver(Executor executor) implements Resolver {
    @Override
    public CompletionStage<List<InetAddress>> resolve(String host) {
        CompletableFuture<List<InetAddress>> answer = new CompletableFuture<>();
        try {
            executor.execute(() -> lookUp(host, answer));
        } catch (RejectedExecutionException e) { // nobody has time for it
            answer.completeExceptionally(new UnresolvedHostException(host, e));
        }
        return answer;
    }

    private static void lookUp(String host, CompletableFuture<List<InetAddress>> answer) {
        try {
            answer.complete(List.of(InetAddress.getAllByName(host)));
        } catch (UnknownHostException | RuntimeException e) { // a security manager's, or one about the name's form
            answer.completeExceptionally(new UnresolvedHostException(host, e));
        } catch (Error e) {
            answer.completeExceptionally(new UnresolvedHostException(host, e));
            throw e;
        }
    }
}
