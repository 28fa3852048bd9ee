package dev.millrace.cli;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Flow;

/** A subscriber that asks when it is told to and keeps what it gets. */
class Probe implements Flow.Subscriber<ByteBuffer> {
    final StringBuilder text = new StringBuilder();
    int pieces;
    long bytes;
    int ends;
    Throwable failure;
    Flow.Subscription subscription;

    static Probe of(Flow.Publisher<ByteBuffer> publisher) {
        Probe probe = new Probe();
        publisher.subscribe(probe);
        return probe;
    }

    @Override
    public void onSubscribe(Flow.Subscription value) {
        subscription = value;
    }

    @Override
    public void onNext(ByteBuffer piece) {
        pieces++;
        bytes += piece.remaining();
        if (bytes < 1 << 20) {
            text.append(StandardCharsets.ISO_8859_1.decode(piece));
        }
    }

    @Override
    public void onError(Throwable error) {
        failure = error;
        ends++;
    }

    @Override
    public void onComplete() {
        ends++;
    }
}
