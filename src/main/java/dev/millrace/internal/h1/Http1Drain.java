package dev.millrace.internal.h1;

import dev.millrace.internal.transport.DrainBounds;
import dev.millrace.internal.transport.Transport;
import dev.millrace.observe.CloseReason;

/**
 * What the stop of a server does to one of its connections: nothing that has begun is cut off, and nothing begins after it.
 * Exists from the moment the connection hears of the stop.
 */
final class Http1Drain {
    private final Http1Connection connection;
    private final long since;
    private final int servedBefore;

    /**
     * The server is stopping.
     *
     * @param connection hears of it
     * @param now the loop's time
     * @param served how many requests it has served
     */
    Http1Drain(Http1Connection connection, long now, int served) {
        this.connection = connection;
        this.since = now;
        this.servedBefore = served;
    }

    /** {@return since when the server is stopping, of the loop's time} */
    long since() {
        return since;
    }

    /** {@return whether a response that begins now is the last, because nothing has come behind its request} */
    boolean answersLast() {
        Transport transport = connection.transport;
        return transport.loop().now() - since >= DrainBounds.BEGUN_NANOS // a peer that goes on and on
                || connection.input.nothingBehind();
    }

    /**
     * All that has arrived was seen: the end, if nothing is under way.
     *
     * @param served how many requests the connection has served
     */
    void leaveIfIdle(int served) {
        Ending ending = connection.ending;
        if (ending.open() && connection.input.state() == Inbound.READ_VERSION) {
            if (served == servedBefore) {
                ending.afterOutput(CloseReason.DRAINED);
            } else { // the peer may believe that the connection goes on, and ask again before it has read the response
                ending.announced();
                connection.leave();
            }
        }
    }
}
