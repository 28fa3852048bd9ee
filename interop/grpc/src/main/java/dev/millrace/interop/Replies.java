package dev.millrace.interop;

import dev.millrace.http.Headers;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Flow;

/** The messages of a gRPC response as a body's publisher, and the trailers that end it. Nothing is sent without demand. */
final class Replies implements Flow.Publisher<ByteBuffer>, Flow.Subscription {
    private record Reply(ByteBuffer framed, Runnable sent) {}

    private final Deque<Reply> waiting = new ArrayDeque<>();
    private Flow.Subscriber<? super ByteBuffer> subscriber;
    private Headers trailers;
    private long demand;
    private boolean draining;
    private boolean over;

    /**
     * Sends a message.
     *
     * @param message the message
     * @param sent is run when the response has taken it; whoever waits for that is slowed down by a slow peer
     */
    void send(byte[] message, Runnable sent) {
        ByteBuffer framed = ByteBuffer.allocate(5 + message.length)
                .put((byte) 0)
                .putInt(message.length)
                .put(message)
                .flip();
        synchronized (this) {
            waiting.add(new Reply(framed, sent));
        }
        drain();
    }

    /**
     * Ends the response behind what was sent.
     *
     * @param status of gRPC
     * @param namesAndValues further trailers
     */
    void end(int status, String... namesAndValues) {
        synchronized (this) {
            Headers.Builder built = Headers.builder().add("grpc-status", Integer.toString(status));
            for (int i = 0; i < namesAndValues.length; i += 2) {
                built.add(namesAndValues[i], namesAndValues[i + 1]);
            }
            trailers = built.build();
        }
        drain();
    }

    /** {@return the trailers; called when the last byte is out} */
    synchronized Headers trailers() {
        return trailers;
    }

    @Override
    public void subscribe(Flow.Subscriber<? super ByteBuffer> given) {
        synchronized (this) {
            subscriber = given;
        }
        given.onSubscribe(this);
    }

    @Override
    public void request(long count) {
        synchronized (this) {
            demand += count;
        }
        drain();
    }

    @Override
    public synchronized void cancel() {
        over = true;
        waiting.clear();
    }

    private void drain() {
        synchronized (this) {
            if (draining) {
                return;
            }
            draining = true;
        }
        while (true) {
            Reply reply = null;
            synchronized (this) {
                boolean last = waiting.isEmpty() && trailers != null;
                if (over || subscriber == null || !last && (demand == 0 || waiting.isEmpty())) {
                    draining = false;
                    return;
                }
                if (last) {
                    over = true;
                } else {
                    demand--;
                    reply = waiting.poll();
                }
            }
            if (reply == null) {
                subscriber.onComplete();
                continue;
            }
            subscriber.onNext(reply.framed);
            reply.sent.run();
        }
    }
}
