package dev.millrace.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300) // ends what would otherwise wait for ever
final class WriterPublisherTest {
    private static final int PIECE = 16 << 10;
    private static final long GENEROUS = RecordingSubscriber.GENEROUS_SECONDS;

    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void everyThreadEnds() throws Exception {
        threads.shutdown();
        assertTrue(threads.awaitTermination(GENEROUS, TimeUnit.SECONDS), "a writer is still waiting");
    }

    private RecordingSubscriber subscribe(Body.Writer writer, long first) {
        RecordingSubscriber subscriber = new RecordingSubscriber(first);
        Body.writer(writer).publisherOn(threads).subscribe(subscriber);
        return subscriber;
    }

    @Test
    void givesWhatIsWritten() throws Exception {
        Random random = new Random(7);
        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        RecordingSubscriber subscriber = subscribe(
                out -> {
                    for (int i = 0; i < 300; i++) {
                        byte[] bytes = new byte[random.nextInt(3 * PIECE)];
                        random.nextBytes(bytes);
                        int from = random.nextInt(bytes.length + 1);
                        int length = random.nextInt(bytes.length - from + 1);
                        out.write(bytes, from, length);
                        expected.write(bytes, from, length);
                        for (int k = random.nextInt(4) == 0 ? random.nextInt(2 * PIECE) : 0; k > 0; k--) {
                            out.write(k);
                            expected.write(k);
                        }
                        if (random.nextInt(5) == 0) {
                            out.flush();
                        }
                    }
                },
                Long.MAX_VALUE);
        subscriber.awaitComplete();
        assertArrayEquals(expected.toByteArray(), subscriber.bytes());
    }

    @Test
    void nothingRunsBeforeTheFirstDemand() {
        AtomicInteger runs = new AtomicInteger();
        AtomicInteger abandons = new AtomicInteger();
        RecordingSubscriber subscriber = new RecordingSubscriber(0);
        Body.writer(new Body.Writer() {
                    @Override
                    public void writeTo(OutputStream out) {
                        runs.incrementAndGet();
                    }

                    @Override
                    public void abandon() {
                        abandons.incrementAndGet();
                    }
                })
                .publisherOn(Runnable::run)
                .subscribe(subscriber);
        assertEquals(0, runs.get());
        subscriber.subscription().cancel();
        subscriber.subscription().cancel();
        subscriber.subscription().request(1);
        assertEquals(0, runs.get());
        assertEquals(1, abandons.get());
        assertFalse(subscriber.ended());
    }

    @Test
    void runsAtMostOnePieceAhead() throws Exception {
        int each = 1024;
        AtomicLong written = new AtomicLong();
        RecordingSubscriber subscriber = subscribe(
                out -> {
                    for (int i = 0; i < 20 * PIECE / each; i++) {
                        out.write(new byte[each]);
                        written.addAndGet(each);
                    }
                },
                1);
        for (int piece = 1; piece <= 20; piece++) {
            subscriber.awaitPiece();
            // the writer may be anywhere from here to the end of the next piece, whose last write waits for demand
            assertEquals(piece, subscriber.pieces());
            long now = written.get();
            assertTrue(now <= (piece + 1L) * PIECE - each, "wrote " + now + " bytes for " + piece + " pieces");
            subscriber.subscription().request(1);
        }
        subscriber.awaitComplete();
        assertEquals(20 * PIECE, subscriber.bytes().length);
    }

    @Test
    void flushSendsWhatIsThereAndAnEmptyOneNothing() throws Exception {
        CountDownLatch seen = new CountDownLatch(1);
        RecordingSubscriber subscriber = subscribe(
                out -> {
                    out.flush();
                    out.write('a');
                    out.flush();
                    out.flush();
                    await(seen);
                    out.write('b');
                },
                Long.MAX_VALUE);
        subscriber.awaitPiece();
        assertArrayEquals(new byte[] {'a'}, subscriber.bytes());
        seen.countDown();
        subscriber.awaitComplete();
        assertArrayEquals(new byte[] {'a', 'b'}, subscriber.bytes());
        assertEquals(2, subscriber.pieces());
    }

    private static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(GENEROUS, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void smallPiecesDoNotHoldLargeArrays() throws Exception {
        CompletableFuture<Integer> capacity = new CompletableFuture<>();
        Body.writer(out -> out.write(5)).publisherOn(threads).subscribe(new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {
                subscription.request(1);
            }

            @Override
            public void onNext(ByteBuffer piece) {
                capacity.complete(piece.capacity());
            }

            @Override
            public void onError(Throwable error) {}

            @Override
            public void onComplete() {}
        });
        assertEquals(1, capacity.get(GENEROUS, TimeUnit.SECONDS));
    }

    @Test
    void completesWithoutFurtherDemandAndWithoutBytes() throws Exception {
        subscribe(out -> {}, 1).awaitComplete();
        RecordingSubscriber full = subscribe(out -> out.write(new byte[PIECE]), 1);
        full.awaitComplete();
        assertEquals(1, full.pieces());
    }

    @Test
    void theWritersFailureComesAfterWhatItFlushed() throws Exception {
        IOException failure = new IOException("disk");
        RecordingSubscriber subscriber = subscribe(
                out -> {
                    out.write(1);
                    out.flush();
                    out.write(2);
                    throw failure;
                },
                Long.MAX_VALUE);
        assertSame(failure, subscriber.awaitError());
        assertArrayEquals(new byte[] {1}, subscriber.bytes());
        AssertionError error = new AssertionError("an Error is told too");
        assertSame(
                error,
                subscribe(
                                out -> {
                                    throw error;
                                },
                                1)
                        .awaitError());
    }

    @Test
    void cancellingReleasesAWriterThatWaits() throws Exception {
        CompletableFuture<Throwable> thrown = new CompletableFuture<>();
        RecordingSubscriber subscriber = subscribe(
                out -> {
                    try {
                        while (true) {
                            out.write(new byte[1000]);
                        }
                    } catch (IOException e) {
                        thrown.complete(e);
                        assertThrows(PeerClosedException.class, out::flush, "and it stays so");
                        throw e;
                    }
                },
                1);
        subscriber.awaitPiece();
        subscriber.subscription().cancel();
        assertInstanceOf(PeerClosedException.class, thrown.get(GENEROUS, TimeUnit.SECONDS));
        assertFalse(subscriber.ended(), "who cancels hears nothing more");
    }

    @Test
    void badDemandWinsOverWhatTheWriterMakesOfIt() throws Exception {
        for (int kind = 0; kind < 3; kind++) {
            int way = kind;
            CountDownLatch asked = new CountDownLatch(1);
            RecordingSubscriber subscriber = subscribe(
                    out -> {
                        out.write(1);
                        out.flush();
                        await(asked);
                        try {
                            out.write(2);
                            out.flush();
                        } catch (RuntimeException e) {
                            if (way == 0) {
                                throw e;
                            } else if (way == 1) {
                                throw new UncheckedIOException(new IOException("wrapped", e));
                            }
                        }
                    },
                    1);
            subscriber.awaitPiece();
            subscriber.subscription().request(0);
            asked.countDown();
            assertInstanceOf(IllegalArgumentException.class, subscriber.awaitError());
            assertEquals(1, subscriber.pieces());
        }
    }

    @Test
    void badFirstDemandRunsNothing() throws Exception {
        AtomicInteger abandons = new AtomicInteger();
        RecordingSubscriber subscriber = new RecordingSubscriber(-5);
        Body.writer(abandoned(abandons, null)).publisherOn(threads).subscribe(subscriber);
        assertInstanceOf(IllegalArgumentException.class, subscriber.awaitError());
        assertEquals(1, abandons.get());
    }

    private static Body.Writer abandoned(AtomicInteger abandons, RuntimeException thrown) {
        return new Body.Writer() {
            @Override
            public void writeTo(OutputStream out) {
                throw new AssertionError("must not run");
            }

            @Override
            public void abandon() {
                abandons.incrementAndGet();
                if (thrown != null) {
                    throw thrown;
                }
            }
        };
    }

    @Test
    void theSubscriberHearsThatNoThreadIsToBeHad() throws Exception {
        for (Throwable refusal :
                new Throwable[] {new RejectedExecutionException("full"), new OutOfMemoryError("test")}) {
            AtomicInteger abandons = new AtomicInteger();
            RecordingSubscriber subscriber = new RecordingSubscriber(0);
            Body.writer(abandoned(abandons, new IllegalStateException("a bad abandon")))
                    .publisherOn(task -> {
                        if (refusal instanceof Error error) {
                            throw error;
                        }
                        throw (RuntimeException) refusal;
                    })
                    .subscribe(subscriber);
            assertThrows(
                    IllegalStateException.class, () -> subscriber.subscription().request(1));
            assertSame(refusal, subscriber.awaitError());
            assertEquals(1, abandons.get());
        }
    }

    @Test
    void anInterruptedWriterHearsOfItAndMayGoOn() throws Exception {
        CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
        RecordingSubscriber subscriber = subscribe(
                out -> {
                    out.write(new byte[PIECE]);
                    out.write(new byte[PIECE - 1]);
                    Thread.currentThread().interrupt();
                    assertThrows(InterruptedIOException.class, () -> out.write(7));
                    interrupted.complete(Thread.interrupted());
                    out.write(8);
                },
                1);
        assertTrue(interrupted.get(GENEROUS, TimeUnit.SECONDS), "the interrupt must still be visible");
        subscriber.subscription().request(Long.MAX_VALUE);
        subscriber.awaitComplete();
        byte[] bytes = subscriber.bytes();
        assertEquals(2 * PIECE + 1, bytes.length);
        assertEquals(7, bytes[2 * PIECE - 1]);
        assertEquals(8, bytes[2 * PIECE]);
    }

    @Test
    void badRangesAreRefused() throws Exception {
        subscribe(
                        out -> {
                            assertThrows(IndexOutOfBoundsException.class, () -> out.write(new byte[2], 1, 2));
                            assertThrows(IndexOutOfBoundsException.class, () -> out.write(new byte[2], 0, -1));
                        },
                        1)
                .awaitComplete();
    }

    @Test
    void writingAfterTheEndFails() throws Exception {
        CompletableFuture<OutputStream> kept = new CompletableFuture<>();
        RecordingSubscriber subscriber = subscribe(kept::complete, 1);
        subscriber.awaitComplete();
        OutputStream out = kept.get();
        assertThrows(IOException.class, out::flush);
        assertThrows(IOException.class, () -> out.write(new byte[PIECE]));
        assertEquals(0, subscriber.pieces());
    }
}
