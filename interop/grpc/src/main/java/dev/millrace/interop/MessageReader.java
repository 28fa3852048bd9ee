package dev.millrace.interop;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Flow;
import java.util.function.Consumer;

/**
 * The messages of a gRPC request, found in the buffers of its body: a byte that says whether the message is compressed, four
 * of its length, the message. The body is asked for the next buffer only when all messages of the last one are taken, so a
 * slow taker slows the peer down.
 */
final class MessageReader implements Flow.Subscriber<ByteBuffer> {
    /** Takes messages one by one. */
    interface Taker {
        /**
         * Takes a message.
         *
         * @param message the message
         * @param next to be run once, by any thread, when the next one is wanted
         */
        void onMessage(byte[] message, Runnable next);

        /** The client has sent its last message. */
        void onEnd();
    }

    private final Taker taker;
    private final Consumer<Throwable> failed;
    private final Deque<byte[]> messages = new ArrayDeque<>();
    private final ByteArrayOutputStream partial = new ByteArrayOutputStream();
    private Flow.Subscription subscription;
    private boolean demanded; // a buffer is under way
    private boolean taking; // a message is with the taker
    private boolean draining; // somebody is in the loop of take
    private boolean ended;

    MessageReader(Taker taker, Consumer<Throwable> failed) {
        this.taker = taker;
        this.failed = failed;
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
        subscription = given;
        take();
    }

    @Override
    public void onNext(ByteBuffer buffer) {
        synchronized (this) {
            demanded = false;
            byte[] bytes = new byte[buffer.remaining()];
            buffer.get(bytes);
            partial.writeBytes(bytes);
            split();
        }
        take();
    }

    @Override
    public void onError(Throwable cause) {
        failed.accept(cause);
    }

    @Override
    public void onComplete() {
        synchronized (this) {
            ended = true;
        }
        take();
    }

    private void split() {
        ByteBuffer all = ByteBuffer.wrap(partial.toByteArray());
        while (all.remaining() >= 5 && all.remaining() >= 5L + all.getInt(all.position() + 1)) {
            if (all.get() != 0) {
                throw new IllegalArgumentException("a compressed message, though no compression was offered");
            }
            byte[] message = new byte[all.getInt()];
            all.get(message);
            messages.add(message);
        }
        partial.reset();
        partial.write(all.array(), all.position(), all.remaining());
    }

    /** Hands out messages one at a time; who finds somebody in here leaves the rest to them, so calls never nest. */
    private void take() {
        synchronized (this) {
            if (draining) {
                return;
            }
            draining = true;
        }
        while (true) {
            byte[] message;
            synchronized (this) {
                if (taking) {
                    draining = false;
                    return;
                }
                message = messages.poll();
                if (message == null && !ended) {
                    draining = false;
                    if (demanded) {
                        return;
                    }
                    demanded = true;
                } else {
                    taking = true; // at the end for good: nothing comes after it
                }
            }
            if (message != null) {
                taker.onMessage(message, this::taken);
            } else if (ended) {
                taker.onEnd();
                return;
            } else {
                subscription.request(1);
                return;
            }
        }
    }

    private void taken() {
        synchronized (this) {
            taking = false;
        }
        take();
    }
}
