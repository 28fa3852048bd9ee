package dev.millrace.net;

import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.tls.EngineChoice;
import dev.millrace.internal.tls.TlsSpec;
import dev.millrace.observe.ClientHello;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * A user's hook as the settings know it.
 *
 * @param hook chooses
 */
record ClientHelloHook(Function<? super ClientHello, ? extends CompletionStage<TlsChoice>> hook)
        implements TlsSpec.Chooser {
    @Override
    public CompletableFuture<EngineChoice> choose(ClientHello hello) {
        CompletionStage<TlsChoice> asked = Objects.requireNonNull(hook.apply(hello), "the hook gave no stage");
        Answer answer = new Answer(asked);
        asked.whenComplete(answer);
        return answer;
    }

    /** The hook's answer; cancelling it cancels the hook's stage. */
    private static final class Answer extends CompletableFuture<EngineChoice>
            implements BiConsumer<@Nullable TlsChoice, @Nullable Throwable> {
        private final CompletionStage<TlsChoice> asked;

        Answer(CompletionStage<TlsChoice> asked) {
            this.asked = asked;
        }

        @Override
        public void accept(@Nullable TlsChoice chosen, @Nullable Throwable failure) {
            if (failure != null) {
                completeExceptionally(failure);
            } else if (chosen == null) {
                completeExceptionally(new NullPointerException("the hook chose nothing"));
            } else {
                complete(chosen.choice());
            }
        }

        @Override
        public boolean cancel(boolean mayInterrupt) {
            boolean cancelled = super.cancel(mayInterrupt);
            if (cancelled) {
                asked.toCompletableFuture().cancel(mayInterrupt);
            }
            return cancelled;
        }
    }
}
