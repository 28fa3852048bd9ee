package dev.millrace.interop;

import dev.millrace.http.AsyncHandler;
import dev.millrace.http.Body;
import dev.millrace.http.Headers;
import dev.millrace.http.Method;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.http.Status;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;

/** A small gRPC service on nothing but the public API: messages are bytes, and each shape of call has a method. */
final class GrpcService implements AsyncHandler {
    static final String PREFIX = "/interop.Echo/";
    private static final Headers HEAD = Headers.of("content-type", "application/grpc");

    private final AtomicInteger cancelled = new AtomicInteger();

    /** {@return how many calls have been cancelled by their clients} */
    int cancelled() {
        return cancelled.get();
    }

    @Override
    public CompletionStage<Response> handle(Request request) {
        String type = request.headers().first("content-type").orElse("");
        if (request.method() != Method.POST || !type.startsWith("application/grpc")) {
            return done(Response.of(Status.UNSUPPORTED_MEDIA_TYPE));
        }
        Replies replies = new Replies();
        request.cancelled().thenRun(() -> {
            if (replies.trailers() == null) {
                cancelled.incrementAndGet();
            }
        });
        MessageReader.Taker call = call(request.path().substring(PREFIX.length()), request, replies);
        if (call == null) { // nothing but trailers
            Headers refusal = HEAD.with("grpc-status", "12").with("grpc-message", "there is no such method");
            return done(Response.of(Status.OK, refusal, Body.empty()));
        }
        request.body()
                .publisher()
                .subscribe(new MessageReader(call, cause -> replies.end(13, "grpc-message", String.valueOf(cause))));
        return done(Response.of(Status.OK, HEAD, Body.publisher(replies).withTrailers(replies::trailers)));
    }

    private static CompletionStage<Response> done(Response response) {
        return CompletableFuture.completedFuture(response);
    }

    private MessageReader.Taker call(String method, Request request, Replies replies) {
        return switch (method) {
            case "Unary" -> new Unary(request, replies);
            case "Collect" -> new Collect(replies);
            case "Repeat" -> new Repeat(replies);
            case "Echo" -> new Echo(replies);
            case "Fail" -> new Fail(replies);
            case "Never" -> new Never();
            default -> null;
        };
    }

    /** One message in, the same out; a field of the request comes back in the trailers. */
    private record Unary(Request request, Replies replies) implements MessageReader.Taker {
        @Override
        public void onMessage(byte[] message, Runnable next) {
            replies.send(message, next);
        }

        @Override
        public void onEnd() {
            String mark = request.headers().first("x-mark").orElse("none");
            replies.end(0, "x-mark", mark, "x-version", request.version().toString());
        }
    }

    /** Many messages in; their number and the sum of their lengths out. */
    private static final class Collect implements MessageReader.Taker {
        private final Replies replies;
        private long count;
        private long bytes;

        Collect(Replies replies) {
            this.replies = replies;
        }

        @Override
        public void onMessage(byte[] message, Runnable next) {
            count++;
            bytes += message.length;
            next.run();
        }

        @Override
        public void onEnd() {
            replies.send((count + " " + bytes).getBytes(StandardCharsets.US_ASCII), () -> {});
            replies.end(0);
        }
    }

    /** "COUNT SIZE" in; so many messages of that size out, each made when the one before is taken. */
    private static final class Repeat implements MessageReader.Taker {
        private final Replies replies;
        private int left;
        private byte[] content = {};

        Repeat(Replies replies) {
            this.replies = replies;
        }

        @Override
        public void onMessage(byte[] message, Runnable next) {
            String[] words = new String(message, StandardCharsets.US_ASCII).split(" ");
            left = Integer.parseInt(words[0]);
            content = new byte[Integer.parseInt(words[1])];
            next.run();
            more();
        }

        private void more() {
            if (left == 0) {
                replies.end(0);
                return;
            }
            byte[] numbered = content.clone();
            if (numbered.length >= 4) {
                ByteBuffer.wrap(numbered).putInt(left);
            }
            left--;
            replies.send(numbered, this::more);
        }

        @Override
        public void onEnd() {
            // the answer has its own end
        }
    }

    /** Each message comes back at once. */
    private record Echo(Replies replies) implements MessageReader.Taker {
        @Override
        public void onMessage(byte[] message, Runnable next) {
            replies.send(message, next);
        }

        @Override
        public void onEnd() {
            replies.end(0);
        }
    }

    /** Sends one message, then fails. */
    private static final class Fail implements MessageReader.Taker {
        private final Replies replies;
        private final ByteArrayOutputStream seen = new ByteArrayOutputStream();

        Fail(Replies replies) {
            this.replies = replies;
        }

        @Override
        public void onMessage(byte[] message, Runnable next) {
            seen.writeBytes(message);
            next.run();
        }

        @Override
        public void onEnd() {
            replies.send(seen.toByteArray(), () -> {});
            replies.end(9, "grpc-message", "failed as asked, 100%25");
        }
    }

    /** Takes everything and never answers. */
    private record Never() implements MessageReader.Taker {
        @Override
        public void onMessage(byte[] message, Runnable next) {
            next.run();
        }

        @Override
        public void onEnd() {
            // never
        }
    }
}
