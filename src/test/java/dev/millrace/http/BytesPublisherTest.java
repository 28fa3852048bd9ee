package dev.millrace.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300) // ends what would otherwise wait for ever
final class BytesPublisherTest {
    private static byte[] random(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    @Test
    void givesOnlyWhatIsAskedFor() throws Exception {
        byte[] bytes = random(200_000);
        RecordingSubscriber subscriber = new RecordingSubscriber(0);
        Body.wrap(bytes).publisher().subscribe(subscriber);
        assertEquals(0, subscriber.pieces());
        subscriber.subscription().request(1);
        assertEquals(1, subscriber.pieces());
        subscriber.subscription().request(2);
        assertEquals(3, subscriber.pieces());
        assertFalse(subscriber.ended());
        subscriber.subscription().request(Long.MAX_VALUE);
        subscriber.awaitComplete();
        assertArrayEquals(bytes, subscriber.bytes());
        assertEquals(4, subscriber.pieces());
        subscriber.subscription().request(1);
        subscriber.subscription().request(-1);
        subscriber.subscription().cancel();
        assertArrayEquals(bytes, subscriber.bytes());
    }

    @Test
    void endsWithTheLastPieceWithoutFurtherDemand() throws Exception {
        RecordingSubscriber subscriber = new RecordingSubscriber(2);
        Body.wrap(random(2 * 65_536)).publisher().subscribe(subscriber);
        subscriber.awaitComplete();
        assertEquals(2, subscriber.pieces());
    }

    @Test
    void anEmptyBodyEndsWithoutDemand() throws Exception {
        for (long first : new long[] {0, 1}) {
            RecordingSubscriber subscriber = new RecordingSubscriber(first);
            Body.empty().publisher().subscribe(subscriber);
            assertTrue(subscriber.ended());
            subscriber.awaitComplete();
            assertEquals(0, subscriber.pieces());
        }
    }

    @Test
    void askingForOneMoreInEachCallDoesNotGrowTheStack() throws Exception {
        byte[] bytes = random(64 << 20);
        RecordingSubscriber subscriber = new RecordingSubscriber(1) {
            @Override
            void received(int count) {
                subscription().request(1);
            }
        };
        Thread small = new Thread(null, () -> Body.wrap(bytes).publisher().subscribe(subscriber), "small", 128 << 10);
        small.start();
        subscriber.awaitComplete();
        assertEquals(1024, subscriber.pieces());
        assertArrayEquals(bytes, subscriber.bytes());
    }

    @Test
    void demandThatOverflowsIsUnbounded() throws Exception {
        byte[] bytes = random(300_000);
        RecordingSubscriber subscriber = new RecordingSubscriber(1) {
            @Override
            void received(int count) {
                subscription().request(Long.MAX_VALUE);
            }
        };
        Body.wrap(bytes).publisher().subscribe(subscriber);
        subscriber.awaitComplete();
        assertArrayEquals(bytes, subscriber.bytes());
    }

    @Test
    void refusesDemandThatIsNotPositive() throws Exception {
        for (long bad : new long[] {0, -1, Long.MIN_VALUE}) {
            RecordingSubscriber subscriber = new RecordingSubscriber(1);
            Body.wrap(random(200_000)).publisher().subscribe(subscriber);
            subscriber.subscription().request(bad);
            assertInstanceOf(IllegalArgumentException.class, subscriber.awaitError());
            subscriber.subscription().request(1);
            assertEquals(1, subscriber.pieces());
        }
    }

    @Test
    void refusesBadDemandWithinACall() throws Exception {
        RecordingSubscriber subscriber = new RecordingSubscriber(5) {
            @Override
            void received(int count) {
                subscription().request(0);
                assertFalse(ended(), "the error comes after the call, not within it");
            }
        };
        Body.wrap(random(200_000)).publisher().subscribe(subscriber);
        assertInstanceOf(IllegalArgumentException.class, subscriber.awaitError());
        assertEquals(1, subscriber.pieces());
    }

    @Test
    void cancellingWithinACallEndsItQuietly() {
        RecordingSubscriber subscriber = new RecordingSubscriber(5) {
            @Override
            void received(int count) {
                subscription().cancel();
            }
        };
        Body.wrap(random(200_000)).publisher().subscribe(subscriber);
        assertEquals(1, subscriber.pieces());
        assertFalse(subscriber.ended());
    }

    @Test
    void anotherThreadCancelsWhileASubscriberIsSlow() throws Exception {
        CountDownLatch within = new CountDownLatch(1);
        CountDownLatch cancelled = new CountDownLatch(1);
        RecordingSubscriber subscriber = new RecordingSubscriber(Long.MAX_VALUE) {
            @Override
            void received(int count) {
                within.countDown();
                try {
                    assertTrue(cancelled.await(GENEROUS_SECONDS, TimeUnit.SECONDS), "cancel waited for the subscriber");
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            }
        };
        CompletableFuture<Void> giving = CompletableFuture.runAsync(
                () -> Body.wrap(random(200_000)).publisher().subscribe(subscriber));
        assertTrue(within.await(RecordingSubscriber.GENEROUS_SECONDS, TimeUnit.SECONDS));
        subscriber.subscription().request(1);
        subscriber.subscription().cancel();
        cancelled.countDown();
        giving.get(RecordingSubscriber.GENEROUS_SECONDS, TimeUnit.SECONDS);
        assertEquals(1, subscriber.pieces());
        assertFalse(subscriber.ended());
    }

    @Test
    void piecesAreReadOnlyAndTheSubscribersOwn() throws Exception {
        CompletableFuture<ByteBuffer> got = new CompletableFuture<>();
        Body.of("abc").publisher().subscribe(new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {
                subscription.request(1);
            }

            @Override
            public void onNext(ByteBuffer piece) {
                got.complete(piece);
            }

            @Override
            public void onError(Throwable error) {}

            @Override
            public void onComplete() {}
        });
        ByteBuffer piece = got.get();
        assertTrue(piece.isReadOnly());
        assertFalse(piece.isDirect());
        assertEquals(3, piece.capacity());
        assertThrows(NullPointerException.class, () -> Body.of("a").publisher().subscribe(null));
    }
}
