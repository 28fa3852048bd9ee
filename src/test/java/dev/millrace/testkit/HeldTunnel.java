package dev.millrace.testkit;

import dev.millrace.http.Body;
import dev.millrace.http.Tunnel;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * A tunnel of a user's own make, whose far end is in a test's hands. What is written is taken at once, or when the test says
 * so; what comes gives no array away.
 */
public final class HeldTunnel implements Tunnel, Flow.Publisher<ByteBuffer>, Flow.Subscription {
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final ArrayDeque<CompletableFuture<Void>> untaken = new ArrayDeque<>();
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private Flow.Subscriber<? super ByteBuffer> reader;
    private Supplier<CompletableFuture<Void>> taking = () -> CompletableFuture.completedFuture(null);
    private final Semaphore demand = new Semaphore(0);
    private final CompletableFuture<Void> outputEnd = new CompletableFuture<>();
    private int outputEnds;

    @Override
    public Body input() {
        return Body.publisher(this);
    }

    @Override
    public void subscribe(Flow.Subscriber<? super ByteBuffer> subscriber) {
        reader = subscriber;
        subscriber.onSubscribe(this);
    }

    @Override
    public void request(long n) {
        demand.release((int) n);
    }

    @Override
    public void cancel() {
        throw new AssertionError("nobody cancels");
    }

    @Override
    public CompletionStage<Void> write(ByteBuffer bytes) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        written.writeBytes(copy);
        return taking.get();
    }

    @Override
    public OutputStream outputStream() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void closeOutput() {
        outputEnds++;
        outputEnd.complete(null);
    }

    @Override
    public void close() {
        closed.complete(null);
    }

    @Override
    public CompletionStage<Void> closed() {
        return closed;
    }

    // ---- the far end

    /** What is written from now on is taken when {@link #take()} says so. */
    public void hold() {
        taking = () -> {
            CompletableFuture<Void> later = new CompletableFuture<>();
            untaken.add(later);
            return later;
        };
    }

    /** {@return how many pieces wait to be taken} */
    public int waiting() {
        return untaken.size();
    }

    /** Takes the oldest piece that waits. */
    public void take() {
        untaken.remove().complete(null);
    }

    /** The oldest piece that waits cannot be taken. */
    public void refuse(Throwable failure) {
        untaken.remove().completeExceptionally(failure);
    }

    /** {@return whether somebody asks for bytes} */
    public boolean wanted() {
        return demand.availablePermits() > 0;
    }

    /** Bytes come; waits until somebody asks for them where that happens on another thread. */
    public void send(byte[] bytes) {
        try {
            if (!demand.tryAcquire(30, TimeUnit.SECONDS)) {
                throw new AssertionError("nobody asked for them");
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        reader.onNext(ByteBuffer.allocateDirect(bytes.length).put(bytes).flip().asReadOnlyBuffer());
    }

    /** Text comes. */
    public void send(String text) {
        send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** No more bytes come. */
    public void end() {
        reader.onComplete();
    }

    /** No more bytes come, because of a failure. */
    public void fail(Throwable failure) {
        reader.onError(failure);
    }

    /** {@return what was written} */
    public String text() {
        return written.toString(StandardCharsets.ISO_8859_1);
    }

    /** {@return completes when the direction to the far end was ended} */
    public CompletableFuture<Void> outputEnd() {
        return outputEnd;
    }

    /** {@return how often the direction to the far end was ended} */
    public int outputEnds() {
        return outputEnds;
    }
}
