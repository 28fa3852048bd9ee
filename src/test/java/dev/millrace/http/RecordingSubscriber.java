package dev.millrace.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Records what a publisher does and asks only for what a test says; fails if the publisher breaks the protocol. */
class RecordingSubscriber implements Flow.Subscriber<ByteBuffer> {
    static final long GENEROUS_SECONDS = 60;

    private final long first;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final Semaphore arrived = new Semaphore(0);
    private final CompletableFuture<Void> end = new CompletableFuture<>();
    private volatile Flow.Subscription subscription;
    private int pieces;
    private int inCall;
    private String broken;

    /** Asks for {@code first} pieces when it is subscribed, for nothing if 0. */
    RecordingSubscriber(long first) {
        this.first = first;
    }

    @Override
    public void onSubscribe(Flow.Subscription s) {
        if (subscription != null) {
            breaks("subscribed twice");
        }
        subscription = s;
        if (first != 0) {
            s.request(first);
        }
    }

    @Override
    public final void onNext(ByteBuffer piece) {
        synchronized (this) {
            if (inCall++ != 0) {
                breaks("onNext within or beside onNext");
            }
            if (end.isDone()) {
                breaks("onNext after the end");
            }
            byte[] copy = new byte[piece.remaining()];
            piece.get(copy);
            bytes.writeBytes(copy);
            pieces++;
        }
        arrived.release();
        received(copyOfCount());
        synchronized (this) {
            inCall--;
        }
    }

    private synchronized int copyOfCount() {
        return pieces;
    }

    /** For tests that do something within onNext. */
    void received(int count) {}

    @Override
    public void onError(Throwable error) {
        if (!end.completeExceptionally(error)) {
            breaks("a second end");
        }
    }

    @Override
    public void onComplete() {
        if (!end.complete(null)) {
            breaks("a second end");
        }
    }

    private synchronized void breaks(String rule) {
        broken = rule;
    }

    Flow.Subscription subscription() {
        return subscription;
    }

    boolean ended() {
        return end.isDone();
    }

    synchronized int pieces() {
        return pieces;
    }

    synchronized byte[] bytes() {
        assertEquals(null, broken);
        return bytes.toByteArray();
    }

    void awaitPiece() throws InterruptedException {
        assertTrue(arrived.tryAcquire(GENEROUS_SECONDS, TimeUnit.SECONDS), "no piece came");
    }

    void awaitComplete() throws Exception {
        end.get(GENEROUS_SECONDS, TimeUnit.SECONDS);
        assertEquals(null, broken);
    }

    Throwable awaitError() throws Exception {
        Throwable error = end.handle((nothing, failure) -> failure).get(GENEROUS_SECONDS, TimeUnit.SECONDS);
        assertTrue(error != null, "completed without an error");
        assertEquals(null, broken);
        return error;
    }
}
