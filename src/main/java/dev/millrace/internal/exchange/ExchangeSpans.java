package dev.millrace.internal.exchange;

import dev.millrace.internal.transport.Transport;
import dev.millrace.session.ClientTimeouts;

/**
 * A client's deadlines in nanoseconds, worked out once.
 *
 * @param timeouts the deadlines as they were given
 * @param expectContinue how long content waits for a 100
 * @param responseHead how long a response's header section is waited for
 * @param window in which content must make progress
 * @param windowBytes how much
 */
public record ExchangeSpans(
        ClientTimeouts timeouts, long expectContinue, long responseHead, long window, long windowBytes) {
    /** A time that never comes. */
    public static final long NEVER = Transport.NEVER;

    /**
     * The spans of deadlines.
     *
     * @param timeouts the deadlines
     * @return the spans
     */
    public static ExchangeSpans of(ClientTimeouts timeouts) {
        return new ExchangeSpans(
                timeouts,
                timeouts.expectContinue().toNanos(),
                timeouts.responseHead().toNanos(),
                timeouts.progressWindow().toNanos(),
                timeouts.progressBytes());
    }

    /**
     * When an exchange is to be over.
     *
     * @param asked when it was asked for
     * @return the time, or never
     */
    public long exchangeEnd(long asked) {
        return timeouts.exchange().isZero()
                ? NEVER
                : asked + timeouts.exchange().toNanos();
    }

    long requestEnd(long began) {
        return timeouts.request().isZero() ? NEVER : began + timeouts.request().toNanos();
    }

    /**
     * The earlier of two times.
     *
     * @param a a time, or never
     * @param b a time, or never
     * @return the earlier one
     */
    public static long first(long a, long b) {
        if (a == NEVER) {
            return b;
        }
        return b == NEVER || a - b <= 0 ? a : b;
    }
}
