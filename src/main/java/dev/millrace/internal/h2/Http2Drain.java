package dev.millrace.internal.h2;

import dev.millrace.internal.transport.Transport;
import dev.millrace.observe.CloseReason;

/**
 * What the stop of a server does to one of its connections. The peer is told first that we leave and, a round trip later, up to
 * which stream it was heard (RFC 9113 §6.8): so no request is lost that was on its way. Exists from the moment the connection
 * hears of the stop.
 */
final class Http2Drain {
    /** How long the peer may take for that round trip. */
    private static final long ROUND_TRIP_NANOS = 500_000_000;

    private static final long PING = 0x6d696c6c72616365L;

    private final Http2Connection connection;
    private final Transport transport;
    private final long since;
    private final long quiet; // how many streams there had been when the stop came, if none was open
    private long told = Transport.NEVER; // when the peer is taken to know that we leave

    /** The server is stopping. */
    Http2Drain(Http2Connection connection, Transport transport) {
        this.connection = connection;
        this.transport = transport;
        this.since = transport.loop().now();
        Http2Streams streams = connection.streams();
        this.quiet = streams.isEmpty() ? streams.opened() : -1;
    }

    /** {@return since when the server is stopping, of the loop's time} */
    long since() {
        return since;
    }

    /** Tells the peer that we leave, as soon as there is a connection to leave. */
    void tell() {
        if (connection.ending().life() == Http2Life.OPEN) {
            connection.ending().leaving();
            connection.deadlines().enter();
            told = transport.loop().now() + ROUND_TRIP_NANOS;
            connection.output().goAway(Integer.MAX_VALUE, ErrorCode.NO_ERROR, "");
            connection.output().ping(PING);
        }
    }

    /**
     * The peer has answered a PING.
     *
     * @return whether it is the one that says that it knows
     */
    boolean answered(long data) {
        if (data != PING) {
            return false;
        }
        told = transport.loop().now(); // and what has come with the answer is still looked at
        return true;
    }

    /** {@return when the peer is taken to know that we leave, or {@link Transport#NEVER}} */
    long told() {
        return told;
    }

    /** {@return whether the peer knows that we leave, and all that it sent before is here as a whole} */
    boolean mayLeave() {
        return connection.ending().life() == Http2Life.LEAVING
                && !connection.deadlines().inPart()
                && told != Transport.NEVER
                && transport.loop().now() - told >= 0;
    }

    /** The round trip is over: what has not come by now was not on its way when the peer was told. */
    void leave() {
        connection.ending().draining();
        connection.deadlines().enter();
        connection.goAway(ErrorCode.NO_ERROR, "");
        connection.endIfLast();
    }

    /** All is served. A peer that was is waited for to end its side: its last WINDOW_UPDATEs may be on their way. */
    void end() {
        Http2Ending ending = connection.ending();
        if (connection.streams().opened() == quiet || ending.halfClosed()) {
            ending.closeAfterOutput(CloseReason.DRAINED);
        } else {
            ending.blame(CloseReason.DRAINED);
            ending.linger();
            connection.deadlines().enter();
        }
    }
}
