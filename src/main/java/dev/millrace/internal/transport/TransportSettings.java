package dev.millrace.internal.transport;

import dev.millrace.http.Limits;
import dev.millrace.http.Timeouts;

/**
 * What a transport needs to know of a listener's limits and deadlines, in the units of the loop.
 *
 * @param outboundBuffer bytes that wait for the peer before the transport stops being writable
 * @param inboundBuffer bytes that are read ahead for a paused protocol
 * @param progressWindowNanos the span in which a peer that is waited for must take {@code progressBytes}
 * @param progressBytes how many bytes count as progress in such a span
 */
public record TransportSettings(int outboundBuffer, int inboundBuffer, long progressWindowNanos, long progressBytes) {
    /**
     * The settings of a listener.
     *
     * @param limits its limits
     * @param timeouts its deadlines
     * @return what the transport needs of them
     */
    public static TransportSettings of(Limits limits, Timeouts timeouts) {
        return new TransportSettings(
                limits.outboundBuffer(),
                limits.inboundBuffer(),
                timeouts.progressWindow().toNanos(),
                progressBytes(timeouts));
    }

    /** {@return how many bytes must move in a window of progress, at least one} */
    public static long progressBytes(Timeouts timeouts) {
        return Math.max(1, timeouts.progressRate() * timeouts.progressWindow().toMillis() / 1000);
    }
}
