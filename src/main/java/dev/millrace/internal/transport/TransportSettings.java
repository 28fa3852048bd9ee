package dev.millrace.internal.transport;

/**
 * A listener's limits and deadlines as far as they concern bytes.
 *
 * @param outboundBuffer bytes that wait for the peer before the transport stops being writable
 * @param inboundBuffer bytes that are read ahead for a paused protocol
 * @param progressWindowNanos the span in which a peer that is waited for must take {@code progressBytes}
 * @param progressBytes how many bytes count as progress in such a span
 */
public record TransportSettings(int outboundBuffer, int inboundBuffer, long progressWindowNanos, long progressBytes) {}
