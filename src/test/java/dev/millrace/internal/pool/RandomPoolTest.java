package dev.millrace.internal.pool;

import static dev.millrace.internal.pool.PoolFixture.OK;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Body;
import dev.millrace.http.Method;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.internal.pool.PoolFixture.Opened;
import dev.millrace.session.ClientTimeouts;
import dev.millrace.session.PoolMetrics;
import dev.millrace.session.PoolSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Calls, servers that answer, leave and send nonsense, and time, in any order: each call has one end, and nothing is left. */
class RandomPoolTest {
    private static final int SEEDS = 3_000;
    private static final int STEPS = 60;

    @Test
    void eachCallEndsOnceAndNothingIsLeft() {
        for (long seed = 0; seed < SEEDS; seed++) {
            try {
                world(new Random(seed));
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
    }

    private static void world(Random random) {
        PoolFixture f = new PoolFixture(PoolSettings.defaults()
                .withPerOrigin(1 + random.nextInt(4))
                .withTotal(1 + random.nextInt(5))
                .withWaiting(random.nextInt(6))
                .withIdle(Duration.ofSeconds(random.nextInt(4)))
                .withMaxAge(Duration.ofSeconds(random.nextInt(3) * 7L))
                .withMaxExchanges(random.nextInt(4)));
        ClientTimeouts timeouts = ClientTimeouts.defaults()
                .withPoolWait(Duration.ofSeconds(1 + random.nextInt(5)))
                .withResponseHead(Duration.ofSeconds(1 + random.nextInt(5)))
                .withExchange(Duration.ofSeconds(random.nextInt(3) * 6L));
        List<CompletableFuture<Response>> calls = new ArrayList<>();
        int[] ends = new int[STEPS];
        for (int i = 0; i < STEPS; i++) {
            step(f, random, timeouts, calls, ends);
            PoolMetrics metrics = f.pool.metrics();
            assertTrue(metrics.open() >= 0 && metrics.open() <= 5, metrics.toString());
        }
        f.pool.close();
        f.loop.runTasks();
        f.pool.force();
        f.loop.runTasks();
        assertEquals(0, f.pool.metrics().open());
        assertEquals(0, f.pool.metrics().waiting());
        for (int i = 0; i < calls.size(); i++) {
            assertTrue(calls.get(i).isDone(), "call " + i + " has no end");
            assertEquals(1, ends[i], "ends of call " + i);
        }
        assertTrue(f.loop.reports().isEmpty(), f.loop.reports().toString());
        PoolMetrics metrics = f.pool.metrics();
        long evicted =
                metrics.evicted().values().stream().mapToLong(Long::longValue).sum();
        long gone = metrics.closedNormally() + metrics.closedAbnormally();
        assertEquals(metrics.opened(), gone, metrics.toString());
        assertTrue(evicted >= gone, metrics.toString());
    }

    private static void step(
            PoolFixture f,
            Random random,
            ClientTimeouts timeouts,
            List<CompletableFuture<Response>> calls,
            int[] ends) {
        switch (random.nextInt(12)) {
            case 0, 1, 2 -> {
                int number = calls.size();
                CompletableFuture<Response> asked = f.send(
                        Request.to(
                                        random.nextBoolean() ? Method.GET : Method.POST,
                                        "http://" + (char) ('a' + random.nextInt(2)) + "/" + number)
                                .body(random.nextBoolean() ? Body.empty() : Body.of("content"))
                                .build(),
                        timeouts);
                calls.add(asked);
                CompletableFuture<Void> told = asked.handle((response, failure) -> {
                    ends[number]++;
                    if (response != null) {
                        response.body().abandon();
                    }
                    return null;
                });
                assertTrue(asked.isDone() || !told.isDone());
            }
            case 3 -> {
                if (!calls.isEmpty()) {
                    calls.get(random.nextInt(calls.size())).cancel(true);
                    f.loop.runTasks();
                }
            }
            case 4, 5 ->
                pick(f, random, false, opened -> {
                    if (random.nextInt(4) == 0) {
                        opened.fail();
                    } else {
                        opened.connect();
                    }
                });
            case 6, 7, 8 ->
                pick(
                        f,
                        random,
                        true,
                        opened -> opened.says(
                                switch (random.nextInt(6)) {
                                    case 0 -> "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok";
                                    case 1 -> "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nha";
                                    case 2 -> "nonsense\r\n\r\n";
                                    case 3 -> "HTTP/1.1 103 Early Hints\r\n\r\n";
                                    default -> OK;
                                }));
            case 9 ->
                pick(f, random, true, opened -> {
                    if (random.nextBoolean()) {
                        opened.transport().peerEnds();
                    } else {
                        opened.transport().peerResets();
                    }
                    f.loop.runTasks();
                });
            default -> f.later(Duration.ofMillis(random.nextInt(3_000)));
        }
    }

    private interface Act {
        void on(Opened opened);
    }

    private static void pick(PoolFixture f, Random random, boolean connected, Act act) {
        List<Opened> fit = new ArrayList<>();
        for (Opened opened : f.openings) {
            if (!opened.cancelled && !opened.over && (connected ? opened.connected() : opened.fresh())) {
                fit.add(opened);
            }
        }
        if (!fit.isEmpty()) {
            act.on(fit.get(random.nextInt(fit.size())));
        }
    }
}
