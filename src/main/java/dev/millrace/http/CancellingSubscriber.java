package dev.millrace.http;

import java.nio.ByteBuffer;
import java.util.concurrent.Flow;

/** Tells a publisher that its body is not wanted. */
final class CancellingSubscriber implements Flow.Subscriber<ByteBuffer> {
    @Override
    public void onSubscribe(Flow.Subscription subscription) {
        subscription.cancel();
    }

    @Override
    public void onNext(ByteBuffer piece) {}

    @Override
    public void onError(Throwable error) {}

    @Override
    public void onComplete() {}
}
