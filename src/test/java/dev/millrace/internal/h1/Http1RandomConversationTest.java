package dev.millrace.internal.h1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Body;
import dev.millrace.http.Headers;
import dev.millrace.http.Limits;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.http.Status;
import dev.millrace.http.StatusException;
import dev.millrace.observe.CloseReason;
import dev.millrace.testkit.Http1Fixture;
import dev.millrace.testkit.ParsedResponse;
import dev.millrace.testkit.TestPublisher;
import dev.millrace.testkit.TestSubscriber;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/**
 * Random requests, cut at random, to handlers that do random things, from a peer that does so too. Whatever happens: each
 * request gets one response, or is cancelled; each reader hears of one end; the connection ends once, and leaves nothing.
 */
class Http1RandomConversationTest {
    private static final int SEEDS = 1_500;
    private static final int PIECE = 700;
    private static final Limits LIMITS =
            Limits.defaults().withOutboundBuffer(2_000).withInboundBuffer(1_000).withDiscard(1_500);
    private static final Set<CloseReason> CUT_OFF =
            EnumSet.of(CloseReason.PEER_RESET, CloseReason.PEER_CLOSED_EARLY, CloseReason.WRITE_TIMEOUT);

    private static final List<Act> ACTS = List.of(Act.values());

    private enum Act {
        TEXT,
        LATER,
        COLLECT,
        ECHO,
        STREAM,
        STREAM_FAILS,
        FAIL,
        FAIL_LATER,
        STATUS,
        NEVER,
        CANCEL_READING,
        READ_ALONGSIDE,
        INFORM
    }

    /** One request on its way through. */
    private static final class Served {
        final int number;
        final Act act;
        final CompletableFuture<Response> response = new CompletableFuture<>();
        final CompletableFuture<Void> cancelled;
        final List<TestSubscriber> readers = new ArrayList<>();
        final List<TestPublisher> publishers = new ArrayList<>();
        boolean readerCancelled;
        boolean published;

        Served(int number, Act act, Request request) {
            this.number = number;
            this.act = act;
            this.cancelled = request.cancelled().toCompletableFuture();
        }
    }

    private static final class Conversation {
        final Random random;
        final Http1Fixture f;
        final List<Served> served = new ArrayList<>();
        final List<Runnable> steps = new ArrayList<>();
        final List<String> methods = new ArrayList<>();
        final List<String> contents = new ArrayList<>();
        final StringBuilder script = new StringBuilder();

        Conversation(long seed) {
            random = new Random(seed);
            Http1Fixture.Builder builder = Http1Fixture.builder()
                    .limits(LIMITS)
                    .start(random.nextBoolean() ? 0 : Long.MAX_VALUE - 1_000_000_000L);
            f = (random.nextInt(4) == 0 ? builder.blocking(this::handleBlocking) : builder.async(this::handle))
                    .connect();
            int requests = 1 + random.nextInt(6);
            for (int i = 0; i < requests; i++) {
                request(i);
            }
            if (random.nextInt(8) == 0) {
                script.append(random.nextBoolean() ? "GET / HTTP/1.1\r\nno host\r\n\r\n" : "GET / HT");
            }
        }

        void request(int number) {
            String content = "";
            String fields = "";
            String method = List.of("GET", "POST", "HEAD").get(random.nextInt(3));
            if (method.equals("POST")) {
                content =
                        String.valueOf((char) ('a' + number)).repeat(random.nextInt(random.nextBoolean() ? 20 : 4_000));
                if (random.nextInt(6) == 0) {
                    fields = "Expect: 100-continue\r\n";
                }
            }
            if (random.nextInt(12) == 0) {
                fields += "Connection: close\r\n";
            }
            methods.add(method);
            contents.add(content);
            script.append(method)
                    .append(" /")
                    .append(number)
                    .append(" HTTP/1.1\r\nHost: a\r\n")
                    .append(fields);
            if (!method.equals("POST") || random.nextBoolean()) {
                script.append(method.equals("POST") ? "Content-Length: " + content.length() + "\r\n" : "")
                        .append("\r\n")
                        .append(content);
            } else {
                script.append("Transfer-Encoding: chunked\r\n\r\n");
                for (int from = 0; from < content.length(); ) {
                    int to = Math.min(content.length(), from + 1 + random.nextInt(900));
                    script.append(Integer.toHexString(to - from)).append("\r\n");
                    script.append(content, from, to).append("\r\n");
                    from = to;
                }
                script.append(random.nextInt(30) == 0 ? "x\r\n" : "0\r\n\r\n");
            }
        }

        Response handleBlocking(Request request) throws Exception {
            List<Act> acts = List.of(Act.TEXT, Act.ECHO, Act.STREAM, Act.STREAM_FAILS, Act.FAIL, Act.STATUS);
            Served now = serve(request, acts.get(random.nextInt(acts.size())));
            try {
                return act(now, request).toCompletableFuture().join();
            } catch (java.util.concurrent.CompletionException e) {
                throw e.getCause() instanceof Exception cause ? cause : e;
            }
        }

        CompletionStage<Response> handle(Request request) {
            return act(serve(request, ACTS.get(random.nextInt(ACTS.size()))), request);
        }

        private Served serve(Request request, Act act) {
            Served now = new Served(Integer.parseInt(request.path().substring(1)), act, request);
            assertEquals(served.size(), now.number, "in order");
            served.add(now);
            return now;
        }

        private CompletionStage<Response> act(Served now, Request request) {
            Response text = Response.text("r" + now.number);
            switch (now.act) {
                case TEXT -> now.response.complete(text);
                case LATER -> steps.add(() -> now.response.complete(text));
                case INFORM -> {
                    request.inform(Status.of(103), Headers.of("X", "y"));
                    steps.add(() -> now.response.complete(text));
                }
                case COLLECT ->
                    request.body().stringAsync(3_000).whenComplete((content, error) -> {
                        if (error == null) {
                            now.response.complete(Response.text(content));
                        } else {
                            now.response.completeExceptionally(error);
                        }
                    });
                case ECHO -> now.response.complete(Response.ok("a/b", request.body()));
                case STREAM, STREAM_FAILS -> {
                    TestPublisher publisher = new TestPublisher();
                    now.publishers.add(publisher);
                    now.response.complete(Response.ok("a/b", Body.publisher(publisher)));
                    steps.add(() -> stream(now, publisher, random.nextInt(12)));
                }
                case FAIL -> throw new IllegalStateException("oops");
                case FAIL_LATER ->
                    steps.add(() -> now.response.completeExceptionally(new IllegalStateException("oops")));
                case STATUS -> now.response.completeExceptionally(new StatusException(Status.of(422), "no"));
                case NEVER -> {}
                case CANCEL_READING -> {
                    TestSubscriber reader = TestSubscriber.paused();
                    request.body().publisher().subscribe(reader);
                    now.readers.add(reader);
                    steps.add(() -> {
                        reader.request(1);
                        steps.add(() -> {
                            reader.cancel();
                            now.readerCancelled = true;
                            now.response.complete(text);
                        });
                    });
                }
                case READ_ALONGSIDE -> {
                    TestSubscriber reader = random.nextBoolean() ? TestSubscriber.eager() : TestSubscriber.oneByOne();
                    request.body().publisher().subscribe(reader);
                    now.readers.add(reader);
                    steps.add(() -> now.response.complete(text));
                }
            }
            return now.response;
        }

        private void stream(Served now, TestPublisher publisher, int left) {
            if (!publisher.subscribed()) { // the response was never begun, or has no content
                now.published = true;
                return;
            }
            if (publisher.cancelled()) {
                return;
            }
            if (left == 0) {
                now.published = true;
                if (now.act == Act.STREAM) {
                    publisher.complete();
                } else {
                    publisher.fail(new IllegalStateException("oops"));
                }
                return;
            }
            boolean give = publisher.demand() > 0;
            if (give) {
                publisher.give(1 + random.nextInt(PIECE));
            }
            steps.add(() -> stream(now, publisher, give ? left - 1 : left));
        }

        void run() {
            byte[] bytes = script.toString().getBytes(StandardCharsets.ISO_8859_1);
            int sent = 0;
            boolean ended = false;
            for (int turn = 0; turn < 60 && !f.transport().closed(); turn++) {
                switch (random.nextInt(24)) {
                    case 0, 1, 2, 3, 4, 5, 6, 7 -> {
                        if (sent < bytes.length && !ended) {
                            int to = Math.min(
                                    bytes.length, sent + 1 + random.nextInt(random.nextBoolean() ? 30 : 2_500));
                            f.peer().send(java.util.Arrays.copyOfRange(bytes, sent, to));
                            sent = to;
                        }
                    }
                    case 8, 9, 10, 11, 12, 13 -> step();
                    case 14 -> f.peer().stopReading();
                    case 15, 16 -> f.peer().read(random.nextInt(3_000));
                    case 17 -> f.peer().readAll();
                    case 18 -> f.advance(Duration.ofMillis(random.nextInt(2_000)));
                    case 19 -> {
                        if (random.nextInt(10) == 0) {
                            f.advance(Duration.ofSeconds(random.nextInt(400)));
                        }
                    }
                    case 20 -> {
                        if (random.nextInt(10) == 0) {
                            f.peer().end();
                            ended = true;
                        }
                    }
                    case 21 -> {
                        if (random.nextInt(15) == 0) {
                            f.peer().reset();
                        }
                    }
                    case 22 -> {
                        if (random.nextInt(15) == 0) {
                            f.transport().peerVanishes();
                        }
                    }
                    default -> {
                        if (random.nextInt(10) == 0) {
                            f.transport().drain();
                            f.loop().runTasks();
                        }
                    }
                }
                check();
            }
            if (!f.transport().closed()) {
                if (random.nextBoolean()) {
                    f.peer().readAll();
                }
                if (!ended && random.nextBoolean()) {
                    f.peer().send(java.util.Arrays.copyOfRange(bytes, sent, bytes.length));
                }
                for (int i = 0; i < 200 && !steps.isEmpty(); i++) {
                    step();
                }
                check();
            }
            f.advance(Duration.ofHours(2)); // beyond all deadlines together
        }

        private void step() {
            if (f.executor().waiting() > 0 && random.nextBoolean()) {
                f.executor().step();
            } else if (!steps.isEmpty()) {
                Runnable step = steps.remove(random.nextInt(steps.size()));
                if (random.nextBoolean()) {
                    step.run();
                } else {
                    f.loop().outside(step);
                }
                f.loop().runTasks();
            }
        }

        private void check() {
            assertTrue(
                    f.transport().mostPending() <= 2_000 + 4 * (PIECE + 16) + 4_500,
                    "held out: " + f.transport().mostPending());
            assertTrue(
                    f.transport().kept() <= 1_000 + 2_500,
                    "held in: " + f.transport().kept());
        }

        void verify() {
            f.loop().runTasks();
            f.executor().runAll();
            assertEquals(1, f.closings().size(), "one end: " + f.closings());
            f.assertNothingLeft();
            CloseReason reason = f.closings().get(0);
            assertTrue(reason != CloseReason.INTERNAL_ERROR);
            for (Served each : served) {
                for (TestSubscriber reader : each.readers) {
                    assertTrue(
                            reader.ended() || each.readerCancelled,
                            "a reader that never hears of the end: " + each.act);
                }
                for (TestPublisher publisher : each.publishers) {
                    assertTrue(
                            each.published || publisher.cancelled() || !publisher.subscribed(),
                            "a publisher left alone");
                }
            }
            if (CUT_OFF.contains(reason) || f.transport().wasReset()) {
                Served last = served.isEmpty() ? null : served.get(served.size() - 1);
                assertTrue(last == null || last.act != Act.NEVER || last.cancelled.isDone(), "not cancelled");
                return;
            }
            List<ParsedResponse> responses = f
                    .peer()
                    .responses(
                            methods.subList(0, served.size()).toArray(new String[0])) // one that is refused has content
                    .stream()
                    .filter(response -> !response.interim())
                    .toList();
            assertTrue(responses.size() <= served.size() + 1, "more responses than requests");
            for (int i = 0; i < served.size(); i++) {
                verify(served.get(i), i < responses.size() ? responses.get(i) : null, i == responses.size() - 1);
            }
            if (responses.size() > served.size()) { // what was refused before it reached a handler
                assertTrue(responses.get(served.size()).closes());
            }
        }

        private void verify(Served each, @dev.millrace.internal.bytes.Nullable ParsedResponse response, boolean last) {
            String what = each.number + " " + each.act + ": " + response;
            if (response == null || !response.complete()) {
                assertTrue(response == null || last, what);
                assertTrue(each.cancelled.isDone(), "neither answered nor cancelled: " + what);
                return;
            }
            boolean head = methods.get(each.number).equals("HEAD");
            Set<Integer> usual = switch (each.act) {
                case TEXT, LATER, INFORM, CANCEL_READING, READ_ALONGSIDE -> Set.of(200);
                case COLLECT -> Set.of(200, 400, 408, 413);
                case ECHO, STREAM -> Set.of(200, 400, 408);
                case STREAM_FAILS -> Set.of(200, 500);
                case FAIL, FAIL_LATER -> Set.of(500);
                case STATUS -> Set.of(422);
                case NEVER -> Set.of();
            };
            assertTrue(usual.contains(response.status()) || response.status() == 503, what);
            assertEquals(
                    response.status() == 503, each.cancelled.isDone(), "cancelled if and only if too late: " + what);
            if (response.status() == 200 && !head) {
                switch (each.act) {
                    case COLLECT, ECHO -> assertEquals(contents.get(each.number), response.text(), what);
                    case STREAM -> assertTrue(each.published, what);
                    case STREAM_FAILS -> throw new AssertionError("looks complete but failed: " + what);
                    default -> assertEquals("r" + each.number, response.text(), what);
                }
            }
        }
    }

    @Test
    void conversations() {
        EnumSet<CloseReason> reasons = EnumSet.noneOf(CloseReason.class);
        for (int seed = 0; seed < SEEDS; seed++) {
            try {
                Conversation conversation = new Conversation(seed);
                conversation.run();
                conversation.verify();
                reasons.addAll(conversation.f.closings());
            } catch (Throwable e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
        assertTrue(reasons.size() >= 10, "the conversations end in many ways: " + reasons);
    }
}
