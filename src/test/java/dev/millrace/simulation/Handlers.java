package dev.millrace.simulation;

import dev.millrace.http.Body;
import dev.millrace.http.Headers;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.http.Status;
import dev.millrace.http.StatusException;
import dev.millrace.http.Tunnel;
import dev.millrace.testkit.TestPublisher;
import dev.millrace.testkit.TestSubscriber;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;

/** The server's side of a simulation: does with each request what its plan says. */
final class Handlers {
    /** The most that a publisher gives at a time. */
    static final int PIECE = 900;

    private static final long MILLI = 1_000_000;

    /** A failure that a script wants. */
    static final class Scripted extends RuntimeException {
        private static final long serialVersionUID = 1;

        Scripted() {
            super("scripted", null, false, false);
        }
    }

    /** An error that a script wants. */
    static final class ScriptedError extends Error {
        private static final long serialVersionUID = 1;

        ScriptedError() {
            super("scripted", null, false, false);
        }
    }

    private final Simulation world;
    private final Path file;

    /**
     * Handlers.
     *
     * @param file has letters from number 0 on
     */
    Handlers(Simulation world, Path file) {
        this.world = world;
        this.file = file;
    }

    /** Answers where handlers may block, which these do not. */
    Response blocking(Request request) throws Exception {
        CompletionStage<Response> stage = handle(request);
        return stage == null ? null : stage.toCompletableFuture().getNow(null);
    }

    CompletionStage<Response> handle(Request request) {
        Plan plan = world.planOf(request);
        plan.handled++;
        if (plan.refused) {
            plan.errors.add(new AssertionError("begun under pressure"));
        }
        long since = world.now();
        plan.cancelled = request.cancelled()
                .thenRun(() -> plan.waited = world.now() - Math.max(since, world.moved(plan)))
                .toCompletableFuture();
        world.trace.add(world.now(), "handles", plan.number);
        Response answer = Response.ok("a/b", Body.of(plan.response())).withHeader("X-Number", "" + plan.number);
        CompletableFuture<Response> response = new CompletableFuture<>();
        switch (plan.act) {
            case ANSWER -> response.complete(answer);
            case LATER -> later(plan, () -> response.complete(answer));
            case INFORM -> {
                request.inform(Status.of(103), Headers.of("X", "y"));
                later(plan, () -> response.complete(answer));
            }
            case COLLECT ->
                request.body().bytesAsync(1 << 20).whenComplete((content, error) -> {
                    if (error == null) {
                        response.complete(answer.withBody(Body.wrap(content)));
                    } else {
                        response.completeExceptionally(error);
                    }
                });
            case ECHO -> response.complete(answer.withBody(request.body()));
            case STREAM, STREAM_FAILS, STREAM_SHORT, STREAM_LONG, FLOODER, STREAM_BABBLES, STALLS ->
                stream(plan, answer, response);
            case FILE -> {
                int from = (plan.number + 500) * 101 % 300_000;
                response.complete(answer.withBody(Body.file(file, from, plan.responseSize)));
            }
            case WRITER -> response.complete(answer.withBody(Body.writer(out -> out.write(plan.response()))));
            case EMPTY -> response.complete(Response.of(Status.NO_CONTENT).withHeader("X-Number", "" + plan.number));
            case READ_ALONGSIDE -> {
                read(plan, request, plan.random.nextBoolean() ? TestSubscriber.eager() : TestSubscriber.oneByOne());
                later(plan, () -> response.complete(answer));
            }
            case CANCEL_READING -> cancelReading(plan, request, answer, response);
            case READER_THROWS -> {
                request.body().publisher().subscribe(new Thrower());
                plan.mayReport = true;
                later(plan, () -> response.complete(answer));
            }
            case STATUS -> response.completeExceptionally(new StatusException(Status.of(422), "no"));
            case THROW -> throw new Scripted();
            case THROW_ERROR -> throw new ScriptedError();
            case FAIL_LATER -> later(plan, () -> response.completeExceptionally(new Scripted()));
            case NULL_RESPONSE -> later(plan, () -> response.complete(null));
            case NULL_STAGE -> {
                return null;
            }
            case SUBSCRIBE_THROWS ->
                response.complete(answer.withBody(Body.publisher(subscriber -> {
                    throw new Scripted();
                })));
            case REQUEST_THROWS ->
                response.complete(answer.withBody(Body.publisher(subscriber -> subscriber.onSubscribe(new Refusal()))));
            case NEVER -> {}
            case TUNNEL ->
                response.complete(
                        plan.method.equals("CONNECT")
                                ? Response.tunnel(tunnel -> open(plan, tunnel))
                                : Response.switchingProtocols("echo", tunnel -> open(plan, tunnel)));
        }
        return response;
    }

    private void later(Plan plan, Runnable step) {
        long delay = switch (plan.random.nextInt(6)) {
            case 0 -> 0;
            case 1 -> plan.random.nextInt(1_500) * MILLI;
            default -> plan.random.nextInt(40) * MILLI;
        };
        world.step(delay, plan, plan.random.nextBoolean(), step);
    }

    // ---- reading

    private void read(Plan plan, Request request, TestSubscriber reader) {
        plan.reader = reader;
        request.body().publisher().subscribe(reader);
    }

    private void cancelReading(Plan plan, Request request, Response answer, CompletableFuture<Response> response) {
        TestSubscriber reader = TestSubscriber.paused();
        read(plan, request, reader);
        later(plan, () -> {
            reader.request(1);
            later(plan, () -> {
                plan.readerCancelled = true;
                reader.cancel();
                later(plan, () -> response.complete(answer));
            });
        });
    }

    private static final class Thrower implements Flow.Subscriber<ByteBuffer> {
        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            subscription.request(3);
        }

        @Override
        public void onNext(ByteBuffer piece) {
            throw new Scripted();
        }

        @Override
        public void onError(Throwable error) {
            throw new Scripted();
        }

        @Override
        public void onComplete() {
            throw new Scripted();
        }
    }

    // ---- publishers

    private static final class Refusal implements Flow.Subscription {
        @Override
        public void request(long n) {
            throw new Scripted();
        }

        @Override
        public void cancel() {}
    }

    private void stream(Plan plan, Response answer, CompletableFuture<Response> response) {
        TestPublisher publisher = new TestPublisher();
        plan.publisher = publisher;
        long announced = switch (plan.act) {
            case STREAM_SHORT -> plan.responseSize + 1L + plan.random.nextInt(50);
            case STREAM_LONG -> Math.max(1, plan.responseSize - 1L - plan.random.nextInt(50));
            default -> plan.random.nextBoolean() ? plan.responseSize : Body.UNKNOWN_LENGTH;
        };
        Body body = Body.publisher(publisher, announced);
        if (plan.random.nextInt(3) == 0) {
            body = body.withTrailers(() -> Headers.of("X-Sum", "" + plan.number));
        }
        response.complete(answer.withBody(body));
        later(plan, () -> give(plan, publisher, plan.response(), 0));
    }

    /** Gives the next piece if it is asked for, and comes back. */
    private void give(Plan plan, TestPublisher publisher, byte[] content, int from) {
        if (!publisher.subscribed()) { // the response was never begun, or has no content
            plan.published = true;
            return;
        }
        if (publisher.cancelled()) {
            return;
        }
        boolean half = from >= content.length / 2;
        if (plan.act == Act.STREAM_FAILS && half) {
            plan.published = true;
            publisher.fail(new Scripted());
        } else if (plan.act == Act.STALLS && half) {
            return; // until it is cancelled
        } else if (from >= content.length) {
            plan.published = true;
            publisher.complete();
            if (plan.act == Act.STREAM_BABBLES) {
                publisher.give(new byte[3]);
                publisher.complete();
                publisher.fail(new Scripted());
            }
        } else if (publisher.demand() > 0 || plan.act == Act.FLOODER) {
            boolean breaks = plan.act == Act.STREAM_FAILS || plan.act == Act.STALLS;
            int most = breaks && content.length > 1 ? content.length - 1 : content.length; // the last one never comes
            int to = Math.min(most, from + 1 + plan.random.nextInt(PIECE));
            publisher.give(Arrays.copyOfRange(content, from, to));
            if (plan.act == Act.FLOODER && plan.random.nextInt(4) > 0) {
                give(plan, publisher, content, to);
            } else {
                later(plan, () -> give(plan, publisher, content, to));
            }
        } else {
            world.step(20 * MILLI, plan, plan.random.nextBoolean(), () -> give(plan, publisher, content, from));
        }
    }

    // ---- tunnels

    private void open(Plan plan, Tunnel tunnel) {
        plan.tunnelClosed = tunnel.closed().toCompletableFuture();
        tunnel.input().publisher().subscribe(new Flow.Subscriber<>() {
            private Flow.Subscription subscription;

            @Override
            public void onSubscribe(Flow.Subscription s) {
                subscription = s;
                s.request(1);
            }

            @Override
            public void onNext(ByteBuffer piece) {
                CompletionStage<Void> written = tunnel.write(piece).thenRun(() -> subscription.request(1));
                plan.writes.add(written.toCompletableFuture());
            }

            @Override
            public void onError(Throwable error) {}

            @Override
            public void onComplete() {
                tunnel.closeOutput();
            }
        });
    }

    /** {@return whether a response has a field that names the plan} */
    static boolean names(Headers headers, Plan plan) {
        return ("" + plan.number).equals(headers.first("X-Number").orElse(null));
    }
}
