package dev.millrace.internal.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Body;
import dev.millrace.http.Headers;
import dev.millrace.http.Method;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.http.Status;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.h2.Http2ClientFixture.Asked;
import dev.millrace.observe.CloseReason;
import dev.millrace.testkit.Http1Fixture;
import dev.millrace.testkit.TestPublisher;
import dev.millrace.testkit.TestSubscriber;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/**
 * A client's connection and our own server's, whose bytes arrive in any pieces, while exchanges of all kinds begin, are read
 * slowly, cancelled or refused, and either side stops: each exchange has one end, and what is complete is right.
 */
final class Http2ClientConversationTest {
    private static final int SEEDS = 150;
    private static final int STEPS = 250;

    /** One exchange, and what it is to come to. */
    private static final class Expected {
        final Asked asked;
        final @Nullable String content;
        final @Nullable TestPublisher source;
        int given;
        boolean cancelled;

        Expected(Asked asked, @Nullable String content, @Nullable TestPublisher source) {
            this.asked = asked;
            this.content = content;
            this.source = source;
        }
    }

    private final Http1Fixture server =
            Http1Fixture.async(request -> CompletableFuture.completedFuture(answer(request, request.path())));
    private final Http2ClientFixture client = new Http2ClientFixture();
    private final List<Expected> all = new ArrayList<>();
    private Random random = new Random(0);
    private int there;
    private int back;

    private static Response answer(Request request, String path) {
        if (path.startsWith("/size/")) {
            return Response.ok("text/plain", Body.of(text(Integer.parseInt(path.substring(6)))));
        }
        return switch (path) {
            case "/echo" ->
                Response.ok("text/plain", Body.publisher(request.body().publisher()));
            case "/refuse" -> Response.of(Status.FORBIDDEN, Headers.empty(), Body.of("no"));
            default -> Response.text("early");
        };
    }

    private static String text(int length) {
        byte[] bytes = FrameBytes.filler(length);
        for (int i = 0; i < length; i++) {
            bytes[i] &= 0x7f;
        }
        return new String(bytes, StandardCharsets.US_ASCII);
    }

    // ---- steps

    private void step() {
        switch (random.nextInt(12)) {
            case 0, 1 -> ask();
            case 2 -> read();
            case 3 -> give();
            case 4 -> {
                if (random.nextInt(4) == 0) {
                    giveUp();
                }
            }
            case 5 -> client.executor.runAll();
            case 6, 7, 8 -> toServer(1 + random.nextInt(random.nextBoolean() ? 20 : 40_000));
            default -> toClient(1 + random.nextInt(random.nextBoolean() ? 20 : 40_000));
        }
        client.loop.runTasks();
        server.loop().runTasks();
    }

    private void ask() {
        if (!client.connection().reusability().reusable()) {
            return;
        }
        TestSubscriber reader = random.nextInt(3) == 0 ? TestSubscriber.paused() : TestSubscriber.oneByOne();
        int size = random.nextInt(random.nextBoolean() ? 100 : 150_000);
        TestPublisher source = null;
        String content;
        Request request;
        switch (random.nextInt(6)) {
            case 0, 1 -> {
                request = Http2ClientFixture.get("/size/" + size);
                content = text(size);
            }
            case 2 -> {
                request = Http2ClientFixture.post("/echo", Body.of(text(size)));
                content = text(size);
            }
            case 3 -> {
                source = new TestPublisher();
                request = Http2ClientFixture.post("/echo", Body.publisher(source));
                content = null; // what was given
            }
            case 4 -> {
                request = Http2ClientFixture.post(random.nextBoolean() ? "/refuse" : "/early", Body.of(text(size)));
                content = request.path().equals("/refuse") ? "no" : "early";
            }
            default -> {
                request = Request.to(Method.HEAD, "http://test/size/" + size).build();
                content = "";
            }
        }
        all.add(new Expected(client.ask(request, reader), content, source));
    }

    private @Nullable Expected any() {
        return all.isEmpty() ? null : all.get(random.nextInt(all.size()));
    }

    private void read() {
        Expected one = any();
        if (one != null && one.asked.response != null && !one.asked.content.ended()) {
            one.asked.content.request(1 + random.nextInt(3));
        }
    }

    private void give() {
        for (Expected one : all) {
            TestPublisher source = one.source;
            if (source != null && source.subscribed() && source.demand() > 0 && !source.cancelled()) {
                if (one.given > 100_000 || random.nextInt(10) == 0) {
                    finish(one, source);
                } else if (one.given >= 0) {
                    int size = 1 + random.nextInt(20_000);
                    one.given += size;
                    source.give(size);
                }
            }
        }
    }

    private static void finish(Expected one, TestPublisher source) {
        if (one.given >= 0) {
            one.given = -1 - one.given;
            source.complete();
        }
    }

    private void giveUp() {
        Expected one = any();
        if (one == null) {
            return;
        }
        if (random.nextBoolean()) {
            one.cancelled |= !one.asked.ended();
            one.asked.exchange.cancel(new IllegalStateException("enough"));
        } else if (one.asked.response != null && !one.asked.content.ended()) {
            one.cancelled = true;
            one.asked.content.cancel();
        }
    }

    private void toServer(int most) {
        int have = client.transport.receivedSize() - there;
        if (have > 0 && !server.transport().closed()) {
            byte[] bytes = client.transport.received(there);
            int n = Math.min(most, bytes.length);
            server.http2().send(Arrays.copyOf(bytes, n));
            there += n;
        }
    }

    private void toClient(int most) {
        int have = server.transport().receivedSize() - back;
        if (have > 0 && !client.transport.closed()) {
            byte[] bytes = server.transport().received(back);
            int n = Math.min(most, bytes.length);
            client.peer.send(Arrays.copyOf(bytes, n));
            back += n;
        }
    }

    /** Lets all that is under way come to its end. */
    private void settle() {
        for (int i = 0; i < 5_000; i++) {
            long before = (long) there + back;
            client.executor.runAll();
            client.loop.runTasks();
            for (Expected one : all) {
                TestPublisher source = one.source;
                if (source != null && source.subscribed() && !source.cancelled() && one.given >= 0) {
                    finish(one, source);
                }
                if (one.asked.response != null && !one.asked.content.ended() && !one.cancelled) {
                    one.asked.content.request(1_000_000);
                }
            }
            client.loop.runTasks();
            toServer(Integer.MAX_VALUE);
            toClient(Integer.MAX_VALUE);
            if (there + back == before) {
                return;
            }
        }
        throw new AssertionError("it goes on without end");
    }

    // ---- what holds

    private void check(boolean stopped, String name) {
        for (Expected one : all) {
            String what = name + ": " + one.asked.exchange.request() + " " + one.asked.status() + " "
                    + one.asked.content.size() + " " + one.asked.exchange.phase() + " " + one.asked.exchange.sent()
                    + " given " + one.given + " " + one.cancelled + " " + one.asked.failure;
            assertTrue(one.asked.ended(), what);
            if (one.asked.completed && !one.cancelled) {
                String content = one.content != null ? one.content : "\0".repeat(-1 - one.given);
                assertTrue(one.asked.content.complete(), what);
                assertTrue(content.equals(one.asked.content.text()), what);
            } else if (!one.cancelled) {
                assertTrue(stopped && one.asked.typed().retrySafe(), what);
            }
        }
        assertEquals(all.size(), client.endedAt.size(), name);
        assertEquals(0, client.connection().active(), name);
        client.assertNothingReported();
        server.assertNothingReported();
    }

    private void run(String name) {
        boolean[] stopped = new boolean[1];
        int stop = random.nextInt(3) == 0 ? random.nextInt(STEPS) : STEPS;
        for (int i = 0; i < STEPS; i++) {
            if (i == stop) {
                stopped[0] = true;
                if (random.nextBoolean()) {
                    server.transport().drain();
                } else {
                    client.connection().drain(CloseReason.RETIRED);
                }
            }
            step();
        }
        settle();
        if (stopped[0]) {
            server.advance(Duration.ofSeconds(1));
            settle();
        }
        check(stopped[0], name);
        if (!client.transport.closed()) {
            client.transport.peerEnds();
        }
        client.advance(Duration.ofMinutes(5));
        assertEquals(1, client.closed.size(), name);
        client.assertNothingLeft();
    }

    @Test
    void eachExchangeHasOneEndAndTheRightContent() {
        int asked = 0;
        for (int seed = 0; seed < SEEDS; seed++) {
            Http2ClientConversationTest conversation = new Http2ClientConversationTest();
            conversation.random = new Random(seed);
            conversation.run("seed " + seed);
            asked += conversation.all.size();
        }
        assertTrue(asked > 10 * SEEDS, "few exchanges: " + asked);
    }
}
