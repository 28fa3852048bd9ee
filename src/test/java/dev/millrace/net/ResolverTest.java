package dev.millrace.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Initiator;
import dev.millrace.http.Phase;
import dev.millrace.testkit.ManualClock;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

/** Look-ups of names: off the asking thread, typed failures, and what is remembered for how long. */
class ResolverTest {
    private final ManualClock clock = new ManualClock(1);
    private final List<String> asked = new ArrayList<>();
    private final ArrayDeque<CompletableFuture<List<InetAddress>>> open = new ArrayDeque<>();
    private final CachedResolver cached = new CachedResolver(
            host -> {
                asked.add(host);
                CompletableFuture<List<InetAddress>> answer = new CompletableFuture<>();
                open.add(answer);
                return answer;
            },
            clock,
            3,
            Duration.ofSeconds(30),
            Duration.ofSeconds(1));

    private static List<InetAddress> address(int last) {
        try {
            return List.of(InetAddress.getByAddress(new byte[] {10, 0, 0, (byte) last}));
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private static List<InetAddress> got(CompletionStage<List<InetAddress>> answer) {
        assertTrue(answer.toCompletableFuture().isDone());
        return answer.toCompletableFuture().join();
    }

    private static UnresolvedHostException failure(CompletionStage<List<InetAddress>> answer) {
        assertTrue(answer.toCompletableFuture().isDone());
        Throwable thrown = assertThrows(
                CompletionException.class, () -> answer.toCompletableFuture().join());
        return assertInstanceOf(UnresolvedHostException.class, thrown.getCause());
    }

    private List<InetAddress> resolved(String host, int last) {
        CompletionStage<List<InetAddress>> answer = cached.resolve(host);
        open.remove().complete(address(last));
        return got(answer);
    }

    // ---- the system's

    @Test
    void theSystemLooksUpElsewhere() {
        ArrayDeque<Runnable> tasks = new ArrayDeque<>();
        Resolver system = Resolver.system(tasks::add);
        CompletionStage<List<InetAddress>> answer = system.resolve("127.0.0.1");
        assertFalse(answer.toCompletableFuture().isDone());
        tasks.remove().run();
        assertEquals("127.0.0.1", got(answer).get(0).getHostAddress());
        CompletionStage<List<InetAddress>> local = system.resolve("localhost");
        tasks.remove().run();
        assertTrue(got(local).get(0).isLoopbackAddress());
    }

    @Test
    void anUnknownHostIsTyped() {
        // no name at all: the JDK refuses it without asking anybody
        UnresolvedHostException failure = failure(Resolver.system(Runnable::run).resolve("a name with blanks"));
        assertEquals("a name with blanks", failure.host());
        assertEquals(Phase.RESOLVE, failure.phase());
        assertEquals(Initiator.NETWORK, failure.initiator());
        assertTrue(failure.retrySafe());
        assertInstanceOf(UnknownHostException.class, failure.getCause());
    }

    @Test
    void nobodyHasTime() {
        Resolver busy = Resolver.system(task -> {
            throw new RejectedExecutionException("busy");
        });
        assertInstanceOf(
                RejectedExecutionException.class,
                failure(busy.resolve("a.test")).getCause());
    }

    // ---- the memory

    @Test
    void anAnswerIsGoodForAWhile() {
        assertEquals(address(1), resolved("a.test", 1));
        clock.advance(Duration.ofMillis(29_999));
        assertEquals(address(1), got(cached.resolve("a.test")));
        assertEquals(address(1), got(cached.resolve("A.Test")));
        assertEquals(List.of("a.test"), asked);
        clock.advance(Duration.ofMillis(1));
        assertEquals(address(2), resolved("a.test", 2));
        assertEquals(2, asked.size());
    }

    @Test
    void aFailureIsRememberedForAMoment() {
        CompletionStage<List<InetAddress>> first = cached.resolve("a.test");
        UnresolvedHostException thrown = new UnresolvedHostException("a.test", null);
        open.remove().completeExceptionally(thrown);
        assertSame(thrown, failure(first));
        clock.advance(Duration.ofMillis(999));
        assertSame(thrown, failure(cached.resolve("a.test")));
        clock.advance(Duration.ofMillis(1));
        assertEquals(address(1), resolved("a.test", 1));
        assertEquals(2, asked.size());
    }

    @Test
    void theSpanBeginsWithTheAnswer() {
        CompletionStage<List<InetAddress>> slow = cached.resolve("a.test");
        clock.advance(Duration.ofMinutes(1));
        CompletionStage<List<InetAddress>> second = cached.resolve("a.test");
        open.remove().complete(address(1));
        assertEquals(address(1), got(slow));
        assertEquals(address(1), got(second));
        clock.advance(Duration.ofSeconds(29));
        assertEquals(address(1), got(cached.resolve("a.test")));
        assertEquals(1, asked.size());
    }

    @Test
    void thoseWhoAskMeanwhileShareTheLookUp() {
        List<CompletionStage<List<InetAddress>>> answers = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            answers.add(cached.resolve("a.test"));
        }
        answers.get(0).toCompletableFuture().cancel(true);
        assertEquals(List.of("a.test"), asked);
        open.remove().complete(address(1));
        for (int i = 1; i < 10; i++) {
            assertEquals(address(1), got(answers.get(i)), "another one's cancelling is not theirs");
        }
    }

    @Test
    void whatIsNotTypedBecomesSo() {
        CompletionStage<List<InetAddress>> first = cached.resolve("a.test");
        IllegalStateException thrown = new IllegalStateException("a test's");
        open.remove().completeExceptionally(thrown);
        assertSame(thrown, failure(first).getCause());
        CompletionStage<List<InetAddress>> none = cached.resolve("b.test");
        open.remove().complete(List.of());
        assertEquals("b.test", failure(none).host());
        CachedResolver throwing = new CachedResolver(
                host -> {
                    throw thrown;
                },
                clock,
                1,
                Duration.ofSeconds(1),
                Duration.ofSeconds(1));
        assertSame(thrown, failure(throwing.resolve("a.test")).getCause());
    }

    @Test
    void theNamesAreBounded() {
        resolved("a.test", 1);
        resolved("b.test", 2);
        resolved("c.test", 3);
        got(cached.resolve("a.test"));
        resolved("d.test", 4);
        assertEquals(
                List.of("c.test", "a.test", "d.test"), cached.names(), "the one not asked for the longest is gone");
        // those that are being looked up count, and still answer when they are forgotten
        CompletionStage<List<InetAddress>> waiting = cached.resolve("e.test");
        for (String name : List.of("f.test", "g.test", "h.test")) {
            cached.resolve(name);
        }
        assertEquals(List.of("f.test", "g.test", "h.test"), cached.names());
        open.remove().complete(address(5));
        assertEquals(address(5), got(waiting));
        assertEquals(3, cached.names().size());
    }

    @Test
    void itsTimeIsTheRuntimes() throws Exception {
        try (TimedRuntime timed = new TimedRuntime(1)) {
            Resolver resolver = Resolver.cached(timed.runtime(), host -> {
                asked.add(host);
                return CompletableFuture.completedFuture(address(asked.size()));
            });
            assertEquals(address(1), got(resolver.resolve("a.test")));
            timed.advance(Duration.ofSeconds(29));
            assertEquals(address(1), got(resolver.resolve("a.test")));
            timed.advance(Duration.ofSeconds(1));
            assertEquals(address(2), got(resolver.resolve("a.test")));
        }
    }

    @Test
    void boundsThatMakeNoSense() throws Exception {
        try (TimedRuntime timed = new TimedRuntime(1)) {
            Duration second = Duration.ofSeconds(1);
            for (int names : new int[] {0, 1}) {
                assertThrows(
                        IllegalArgumentException.class,
                        () -> CachedResolver.of(
                                timed.runtime(), cached, names, names == 0 ? second : second.negated(), second));
            }
        }
    }
}
