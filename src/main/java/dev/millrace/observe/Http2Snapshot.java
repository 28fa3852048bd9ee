package dev.millrace.observe;

/**
 * What an HTTP/2 connection was doing at a moment, beyond what all connections have in common.
 *
 * @param open streams on which both sides may still send
 * @param halfClosedLocal streams on which only the peer may still send: the response is out
 * @param halfClosedRemote streams on which only this side may still send: the request is complete
 * @param sendWindow bytes of content that the peer takes on all streams together, without more windows being opened
 * @param receiveWindow bytes of content that the peer may send on all streams together
 * @param roundTripNanos the time that a PING takes, on average, or -1 if none was measured
 * @param leaving whether this side has said GOAWAY
 */
public record Http2Snapshot(
        int open,
        int halfClosedLocal,
        int halfClosedRemote,
        long sendWindow,
        long receiveWindow,
        long roundTripNanos,
        boolean leaving) {

    /** {@return the number of streams in any of these states} */
    public int streams() {
        return open + halfClosedLocal + halfClosedRemote;
    }
}
