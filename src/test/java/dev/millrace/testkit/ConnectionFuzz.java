package dev.millrace.testkit;

import dev.millrace.http.Body;
import dev.millrace.http.Method;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.http.Tunnel;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.observe.CloseReason;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;

/** What the fuzz targets of whole connections have in common: any bytes end in a defined way, and leave nothing behind. */
public final class ConnectionFuzz {
    /** Longer than any deadline. */
    private static final Duration LONG = Duration.ofHours(2);

    private static final int SLOW = 0x80;
    private static final int PAUSED = 0x40;
    private static final int STEP = 0x3f;

    private ConnectionFuzz() {}

    /**
     * Shows bytes to a server's connection.
     *
     * @param control says with its low six bits how large the pieces are, 0 for all at once; with the next one whether time
     *     passes between them, and with the highest whether the peer reads little of what it is sent
     * @param bytes what the peer sends, before it ends its direction
     */
    public static void run(int control, byte[] bytes) {
        Http1Fixture fixture = Http1Fixture.async(ConnectionFuzz::handle);
        int step = (control & STEP) == 0 ? Math.max(1, bytes.length) : control & STEP;
        if ((control & SLOW) != 0) {
            fixture.transport().peerStopsReading();
        }
        for (int from = 0; from < bytes.length && !fixture.transport().closed(); from += step) {
            fixture.peer().send(Arrays.copyOfRange(bytes, from, Math.min(bytes.length, from + step)));
            if ((control & SLOW) != 0) {
                fixture.transport().peerReads(20);
            }
            if ((control & PAUSED) != 0) {
                fixture.advance(Duration.ofMillis(300));
            }
        }
        fixture.loop().runTasks();
        if (!fixture.transport().closed()) {
            fixture.peer().end();
        }
        fixture.transport().peerReadsAll();
        fixture.advance(LONG);
        List<CloseReason> ends = fixture.closings();
        if (ends.size() != 1 || ends.get(0) == CloseReason.INTERNAL_ERROR) {
            throw new AssertionError("ended with " + ends);
        }
        fixture.assertNothingLeft();
        if (!fixture.errors().isEmpty()) {
            throw new AssertionError("errors", fixture.errors().get(0));
        }
    }

    private static CompletionStage<Response> handle(Request request) {
        if (request.method().equals(Method.CONNECT)) {
            return CompletableFuture.completedFuture(
                    Response.tunnel(tunnel -> tunnel.input().publisher().subscribe(new Echo(tunnel))));
        }
        Response response = switch (request.path()) {
            case "/echo" ->
                Response.ok("text/plain", Body.publisher(request.body().publisher()));
            case "/long" -> Response.ok("text/plain", Body.of(new byte[100_000]));
            default -> Response.text(request.path());
        };
        return request.path().equals("/never")
                ? new CompletableFuture<>()
                : CompletableFuture.completedFuture(response);
    }

    /** Sends back what comes through a tunnel, a piece at a time. */
    private static final class Echo implements Flow.Subscriber<ByteBuffer> {
        private final Tunnel tunnel;
        private Flow.@Nullable Subscription pieces;

        Echo(Tunnel tunnel) {
            this.tunnel = tunnel;
        }

        private void next() {
            if (pieces != null) {
                pieces.request(1);
            }
        }

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            pieces = subscription;
            next();
        }

        @Override
        public void onNext(ByteBuffer piece) {
            tunnel.write(ByteBuffer.allocate(piece.remaining()).put(piece).flip())
                    .thenRun(this::next);
        }

        @Override
        public void onError(Throwable cause) {
            tunnel.close();
        }

        @Override
        public void onComplete() {
            tunnel.closeOutput();
        }
    }
}
