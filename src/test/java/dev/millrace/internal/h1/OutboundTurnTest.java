package dev.millrace.internal.h1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Body;
import dev.millrace.http.Response;
import dev.millrace.testkit.Http1Fixture;
import java.nio.ByteBuffer;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Publishers of a response's body that would take a loop for themselves, or the memory. */
@Timeout(60)
class OutboundTurnTest {
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    /** Gives tiny pieces until it is stopped, as many as are asked for, from a loop of its own that is not entered twice. */
    private static final class Endless implements Flow.Publisher<ByteBuffer>, Flow.Subscription {
        private Flow.Subscriber<? super ByteBuffer> subscriber;
        private long demand;
        private boolean giving;
        private boolean stopped;
        private Runnable begun = () -> {};

        @Override
        public void subscribe(Flow.Subscriber<? super ByteBuffer> s) {
            subscriber = s;
            s.onSubscribe(this);
        }

        @Override
        public void request(long n) {
            demand += n;
            if (!giving) {
                giving = true;
                begun.run();
                for (; demand > 0 && !stopped; demand--) {
                    subscriber.onNext(ByteBuffer.wrap(new byte[8]));
                }
                giving = false;
                if (stopped) {
                    subscriber.onComplete();
                }
            }
        }

        @Override
        public void cancel() {
            demand = 0;
        }
    }

    @Test
    void anEndlessPublisherLetsOthersHaveTheirTurn() {
        Endless endless = new Endless();
        Http1Fixture f = Http1Fixture.answering(r -> Response.ok("a/b", Body.publisher(endless)));
        endless.begun = () -> f.loop().execute(() -> endless.stopped = true);
        f.peer().send(GET); // would not come back if nobody else ever had a turn
        assertEquals(200, f.peer().responses().get(0).status());
    }

    @Test
    void aPublisherThatGivesNullFails() {
        AtomicReference<Flow.Subscriber<? super ByteBuffer>> subscriber = new AtomicReference<>();
        Http1Fixture f = Http1Fixture.answering(r -> Response.ok("a/b", Body.publisher(s -> {
            subscriber.set(s);
            s.onSubscribe(new Endless());
        })));
        f.peer().send(GET);
        assertThrows(NullPointerException.class, () -> subscriber.get().onNext(null));
        f.loop().runTasks();
        assertInstanceOf(NullPointerException.class, f.errors().get(0));
    }

    @Test
    void aPublisherThatGivesNullAsItsFailureFails() {
        AtomicReference<Flow.Subscriber<? super ByteBuffer>> subscriber = new AtomicReference<>();
        Http1Fixture f = Http1Fixture.answering(r -> Response.ok("a/b", Body.publisher(s -> {
            subscriber.set(s);
            s.onSubscribe(new Endless());
        })));
        f.peer().send(GET);
        assertThrows(NullPointerException.class, () -> subscriber.get().onError(null));
        f.loop().runTasks();
        assertInstanceOf(NullPointerException.class, f.errors().get(0));
    }

    @Test
    void aPublisherThatGivesNullAsItsSubscriptionFails() {
        Http1Fixture f = Http1Fixture.answering(r -> Response.ok("a/b", Body.publisher(s -> s.onSubscribe(null))));
        f.peer().send(GET);
        f.loop().runTasks();
        assertInstanceOf(NullPointerException.class, f.errors().get(0));
        assertEquals(500, f.peer().responses().get(0).status());
    }

    @Test
    void trailersThatAreNotThereCutTheResponseOff() {
        Http1Fixture f = Http1Fixture.answering(
                r -> Response.ok("a/b", Body.publisher(Body.of("x").publisher()).withTrailers(() -> null)));
        f.peer().send(GET);
        f.loop().runTasks();
        assertEquals(1, f.errors().size());
        assertTrue(f.transport().closed());
    }
}
