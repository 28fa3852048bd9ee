package dev.millrace.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.internal.time.NonBlocking;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The waiting readers of a body, against a publisher that a test moves by hand. */
@Timeout(300) // ends what would otherwise wait for ever
final class SubscriberInputStreamTest {
    private static final long GENEROUS = RecordingSubscriber.GENEROUS_SECONDS;

    /** Gives what the test says, when it says so, on the test's thread. */
    private static final class Manual implements Flow.Publisher<ByteBuffer>, Flow.Subscription {
        final AtomicLong demand = new AtomicLong();
        final AtomicInteger cancels = new AtomicInteger();
        final CountDownLatch subscribed = new CountDownLatch(1);
        final CountDownLatch cancelled = new CountDownLatch(1);
        private final boolean late;
        private volatile Flow.Subscriber<? super ByteBuffer> subscriber;

        /** A late one answers a subscription only when it is told to. */
        Manual(boolean late) {
            this.late = late;
        }

        @Override
        public void subscribe(Flow.Subscriber<? super ByteBuffer> s) {
            subscriber = s;
            if (!late) {
                answer();
            }
            subscribed.countDown();
        }

        void answer() {
            subscriber.onSubscribe(this);
        }

        void give(int... values) {
            assertTrue(demand.getAndDecrement() > 0, "gave more than was asked for");
            byte[] bytes = new byte[values.length];
            for (int i = 0; i < values.length; i++) {
                bytes[i] = (byte) values[i];
            }
            subscriber.onNext(ByteBuffer.wrap(bytes));
        }

        void complete() {
            subscriber.onComplete();
        }

        void fail(Throwable error) {
            subscriber.onError(error);
        }

        @Override
        public void request(long n) {
            demand.addAndGet(n);
        }

        @Override
        public void cancel() {
            cancels.incrementAndGet();
            cancelled.countDown();
        }
    }

    /** An event loop's thread, as {@link NonBlocking} marks it. */
    private static final class Loop extends Thread implements NonBlocking {
        Loop(Runnable task) {
            super(task, "loop");
        }
    }

    private interface Task {
        void run() throws Exception;
    }

    private static void onLoop(Task task) throws Exception {
        CompletableFuture<Void> done = new CompletableFuture<>();
        new Loop(() -> {
                    try {
                        task.run();
                        done.complete(null);
                    } catch (Throwable e) {
                        done.completeExceptionally(e);
                    }
                })
                .start();
        done.get(GENEROUS, TimeUnit.SECONDS);
    }

    @Test
    void asksAheadForFourAndForOneMoreForEachThatIsRead() throws Exception {
        Manual publisher = new Manual(false);
        InputStream in = Body.publisher(publisher).inputStream();
        assertEquals(4, publisher.demand.get());
        for (int i = 0; i < 4; i++) {
            publisher.give(i, i);
        }
        assertEquals(0, publisher.demand.get());
        assertEquals(8, in.available());
        assertEquals(0, in.read());
        assertEquals(0, publisher.demand.get(), "half of a piece is not a piece");
        assertEquals(0, in.read());
        assertEquals(1, publisher.demand.get());
        assertArrayEquals(new byte[] {1, 1, 2}, in.readNBytes(3));
        assertEquals(2, publisher.demand.get());
        publisher.complete();
        assertArrayEquals(new byte[] {2, 3, 3}, in.readAllBytes());
        assertEquals(-1, in.read());
    }

    @Test
    void bytesAreUnsignedAndRangesChecked() throws Exception {
        Manual publisher = new Manual(false);
        InputStream in = Body.publisher(publisher).inputStream();
        publisher.give(0xff, 0x80);
        assertEquals(0xff, in.read());
        assertEquals(0, in.read(new byte[0]));
        assertThrows(IndexOutOfBoundsException.class, () -> in.read(new byte[2], 1, 2));
        byte[] into = new byte[4];
        assertEquals(1, in.read(into, 2, 2));
        assertArrayEquals(new byte[] {0, 0, (byte) 0x80, 0}, into);
    }

    @Test
    void piecesWithoutBytesAreSkippedAndReplaced() throws Exception {
        Manual publisher = new Manual(false);
        InputStream in = Body.publisher(publisher).inputStream();
        for (int i = 0; i < 10; i++) {
            publisher.give();
        }
        assertEquals(4, publisher.demand.get());
        publisher.give(5);
        publisher.complete();
        assertEquals(5, in.read());
        assertEquals(-1, in.read());
    }

    @Test
    void aReaderWaitsForWhatComes() throws Exception {
        Manual publisher = new Manual(false);
        CompletableFuture<byte[]> all = new CompletableFuture<>();
        Thread reader = new Thread(() -> {
            try (InputStream in = Body.publisher(publisher).inputStream()) {
                all.complete(in.readAllBytes());
            } catch (Throwable e) {
                all.completeExceptionally(e);
            }
        });
        reader.start();
        assertTrue(publisher.subscribed.await(GENEROUS, TimeUnit.SECONDS));
        publisher.give(1, 2);
        publisher.give(3);
        assertFalse(all.isDone());
        publisher.complete();
        assertArrayEquals(new byte[] {1, 2, 3}, all.get(GENEROUS, TimeUnit.SECONDS));
        reader.join();
        assertEquals(0, publisher.cancels.get(), "there is nothing to cancel after the end");
    }

    @Test
    void aFailureComesAfterTheBytesBeforeItAndStays() throws Exception {
        Manual publisher = new Manual(false);
        InputStream in = Body.publisher(publisher).inputStream();
        PeerClosedException failure = new PeerClosedException("cut", Phase.BODY, null);
        publisher.give(1);
        publisher.fail(failure);
        assertEquals(1, in.read());
        assertSame(failure, assertThrows(IOException.class, in::read));
        assertSame(failure, assertThrows(IOException.class, in::read));
    }

    @Test
    void closingEarlyCancelsOnceAndEndsReading() throws Exception {
        Manual publisher = new Manual(false);
        InputStream in = Body.publisher(publisher).inputStream();
        publisher.give(1, 2);
        in.close();
        in.close();
        assertEquals(1, publisher.cancels.get());
        assertThrows(IOException.class, in::read);
        publisher.give(3); // may still have been on its way
        publisher.complete();
        assertThrows(IOException.class, in::read);
        assertEquals(0, in.available());
    }

    @Test
    void closingReleasesAReaderThatWaits() throws Exception {
        Manual publisher = new Manual(false);
        InputStream in = Body.publisher(publisher).inputStream();
        CompletableFuture<Throwable> read =
                CompletableFuture.supplyAsync(() -> assertThrows(IOException.class, in::read));
        in.close();
        read.get(GENEROUS, TimeUnit.SECONDS);
    }

    @Test
    void closingBeforeThePublisherAnswersCancelsWhenItDoes() throws Exception {
        Manual publisher = new Manual(true);
        Body.publisher(publisher).inputStream().close();
        publisher.answer();
        assertEquals(0, publisher.demand.get());
        assertEquals(1, publisher.cancels.get());
    }

    @Test
    void anInterruptedReaderMayGoOn() throws Exception {
        Manual publisher = new Manual(false);
        InputStream in = Body.publisher(publisher).inputStream();
        Thread.currentThread().interrupt();
        InterruptedIOException interrupted = assertThrows(InterruptedIOException.class, in::read);
        assertTrue(Thread.interrupted(), "the interrupt must still be visible");
        assertTrue(interrupted.getCause() instanceof InterruptedException);
        publisher.give(7);
        assertEquals(7, in.read());
    }

    @Test
    void anInterruptedReaderOfTheWholeBodyCancelsIt() throws Exception {
        Manual publisher = new Manual(false);
        Thread.currentThread().interrupt();
        assertThrows(
                InterruptedIOException.class, () -> Body.publisher(publisher).bytes(5));
        assertTrue(Thread.interrupted(), "the interrupt must still be visible");
        assertEquals(1, publisher.cancels.get());
    }

    @Test
    void anInterruptBeforeThePublisherAnswersCancelsWhenItDoes() {
        Manual publisher = new Manual(true);
        Thread.currentThread().interrupt();
        assertThrows(
                InterruptedIOException.class, () -> Body.publisher(publisher).bytes(5));
        assertTrue(Thread.interrupted());
        publisher.answer();
        assertEquals(0, publisher.demand.get());
        assertEquals(1, publisher.cancels.get());
    }

    @Test
    void aBoundThatIsPassedCancelsAtOnce() {
        Manual publisher = new Manual(false);
        CompletableFuture<byte[]> all = Body.publisher(publisher).bytesAsync(3).toCompletableFuture();
        publisher.give(1, 2);
        publisher.give(3);
        assertFalse(all.isDone());
        publisher.give(4);
        assertEquals(1, publisher.cancels.get());
        assertTrue(assertThrows(ExecutionException.class, all::get).getCause() instanceof BodyTooLargeException);
        publisher.give(5);
        publisher.complete();
        assertTrue(all.isCompletedExceptionally());
    }

    @Test
    void abandoningCancelsAndDiscardingReadsToTheEnd() throws Exception {
        Manual abandoned = new Manual(false);
        Body.publisher(abandoned).abandon();
        assertEquals(1, abandoned.cancels.get());
        assertEquals(0, abandoned.demand.get());

        Manual known = new Manual(false);
        Body.publisher(known, 10).bytesAsync(9);
        assertEquals(1, known.cancels.get(), "a length over the bound needs no byte");

        Manual discarded = new Manual(false);
        CompletableFuture<Void> done = Body.publisher(discarded).discard().toCompletableFuture();
        discarded.give(1);
        assertFalse(done.isDone());
        discarded.complete();
        assertNull(done.get(GENEROUS, TimeUnit.SECONDS));
    }

    @Test
    void anEventLoopDoesNotWait() throws Exception {
        onLoop(() -> {
            assertTrue(NonBlocking.current());
            Manual whole = new Manual(false);
            assertThrows(
                    IllegalStateException.class, () -> Body.publisher(whole).bytes(5));
            assertEquals(1, whole.cancels.get());
            Manual text = new Manual(false);
            assertThrows(IllegalStateException.class, () -> Body.publisher(text).string(5));
            Manual streamed = new Manual(false);
            InputStream in = Body.publisher(streamed).inputStream();
            assertThrows(IllegalStateException.class, in::read);
            streamed.give(3);
            assertEquals(3, in.read(), "what is there can be read");
            streamed.complete();
            assertEquals(-1, in.read());
        });
    }

    @Test
    void anEventLoopReadsWhatNeedsNoWaiting() throws Exception {
        onLoop(() -> {
            assertEquals("abc", Body.of("abc").string(3));
            assertEquals("abc", Body.publisher(Body.of("abc").publisher()).string(3));
            assertEquals('a', Body.of("abc").inputStream().read());
        });
        assertFalse(NonBlocking.current());
    }

    @Test
    void closingEarlyEndsAWriter() throws Exception {
        CompletableFuture<Throwable> thrown = new CompletableFuture<>();
        try (InputStream in = Body.writer(out -> {
                    try {
                        while (true) {
                            out.write(1);
                        }
                    } catch (IOException e) {
                        thrown.complete(e);
                        throw e;
                    }
                })
                .inputStream()) {
            assertEquals(1, in.read());
        }
        assertTrue(thrown.get(GENEROUS, TimeUnit.SECONDS) instanceof PeerClosedException);
    }
}
