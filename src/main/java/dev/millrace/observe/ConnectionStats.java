package dev.millrace.observe;

/**
 * What a connection has done, at its end.
 *
 * @param bytesIn bytes received, as they were on the wire
 * @param bytesOut bytes sent, as they were on the wire
 * @param requests requests whose header section was complete
 * @param openNanos from being accepted to its end
 * @param handshakeNanos from being accepted to the end of the TLS handshake; 0 if there was none
 * @param firstByteNanos from being ready for a request to the first byte of one; 0 if none came
 */
public record ConnectionStats(
        long bytesIn, long bytesOut, long requests, long openNanos, long handshakeNanos, long firstByteNanos) {}
