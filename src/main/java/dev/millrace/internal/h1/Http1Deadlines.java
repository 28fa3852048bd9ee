package dev.millrace.internal.h1;

import dev.millrace.http.DeadlineException;
import dev.millrace.http.Initiator;
import dev.millrace.http.Phase;
import dev.millrace.http.Status;
import dev.millrace.http.Timeouts;
import dev.millrace.internal.exchange.Exchange;
import dev.millrace.internal.transport.DrainBounds;
import dev.millrace.internal.transport.Transport;
import dev.millrace.observe.CloseReason;

/** Which deadline each state of a server's connection has, and what happens when it passes: the one place that says so. */
final class Http1Deadlines {
    private final long firstByte;
    private final long headers;
    private final long handler;
    private final long idle;
    private final long linger;
    private final long tunnelIdle;

    private final long windowBytes;

    /** The span in which content that is waited for must make progress, in nanoseconds. */
    final long window;

    Http1Deadlines(Timeouts timeouts) {
        this.firstByte = timeouts.firstByte().toNanos();
        this.headers = timeouts.headers().toNanos();
        this.window = timeouts.progressWindow().toNanos();
        this.windowBytes = timeouts.progressBytes();
        this.handler = timeouts.handler().toNanos();
        this.idle = timeouts.keepAliveIdle().toNanos();
        this.linger = timeouts.linger().toNanos();
        this.tunnelIdle = timeouts.tunnelIdle().toNanos();
    }

    /** {@return when the deadline of a connection's state is, of the loop's time} */
    long due(Http1Connection connection) {
        long since = connection.since();
        return switch (connection.ending.life()) {
            case OPEN ->
                switch (connection.input.state()) {
                    case READ_VERSION -> // during a drain only if something of a request has arrived
                        DrainBounds.apply(
                                since + (connection.fresh() ? firstByte : idle),
                                since,
                                connection.drained(),
                                DrainBounds.BEGUN_NANOS);
                    case READ_HEADERS ->
                        DrainBounds.apply(since + headers, since, connection.drained(), DrainBounds.BEGUN_NANOS);
                    case BODY -> {
                        RequestBody body = connection.input.arriving();
                        yield body != null && body.waitsForPeer() ? body.windowEnd() : since + handler;
                    }
                    case DONE -> since + handler;
                };
            case TUNNEL -> since + tunnelIdle;
            case LINGERING -> DrainBounds.apply(since + linger, since, connection.drained(), DrainBounds.LINGER_NANOS);
            case CLOSING, CLOSED -> Transport.NEVER; // the transport watches whether the peer takes the rest
        };
    }

    /** The deadline of a connection's state has passed. */
    void passed(Http1Connection connection, long now) {
        switch (connection.ending.life()) {
            case OPEN:
                whileOpen(connection, now);
                break;
            case TUNNEL:
                connection.ending.now(CloseReason.IDLE_TIMEOUT);
                break;
            case LINGERING:
                if (!stillTaking(connection)) {
                    connection.ending.now(CloseReason.SERVER_CLOSED);
                }
                break;
            case CLOSING:
            case CLOSED:
                break;
        }
    }

    private void whileOpen(Http1Connection connection, long now) {
        switch (connection.input.state()) {
            case READ_VERSION:
                if (!stillTaking(connection)) {
                    connection.ending.now(
                            connection.fresh() ? CloseReason.FIRST_BYTE_TIMEOUT : CloseReason.IDLE_TIMEOUT);
                }
                break;
            case READ_HEADERS:
                connection.ending.blame(CloseReason.HEADERS_TIMEOUT, connection.phase());
                connection.refuse(Status.REQUEST_TIMEOUT, "The header section did not arrive in time.");
                break;
            case BODY:
                whileArriving(connection, now);
                break;
            case DONE:
                whileHandled(connection);
                break;
        }
    }

    private void whileArriving(Http1Connection connection, long now) {
        RequestBody body = connection.input.arriving();
        if (body == null || !body.waitsForPeer()) {
            whileHandled(connection);
        } else if (body.progressed(windowBytes)) {
            body.nextWindow(now + window);
        } else {
            connection.ending.blame(CloseReason.BODY_TIMEOUT, connection.phase());
            connection.ending.framingLost();
            connection.input.cutOff(
                    new DeadlineException("The request's content did not arrive in time.", Initiator.PEER, Phase.BODY));
        }
    }

    private void whileHandled(Http1Connection connection) {
        Exchange exchange = connection.exchange();
        if (stillTaking(connection)) {
            return;
        }
        if (exchange != null && exchange.active()) {
            connection.ending.blame(CloseReason.HANDLER_TIMEOUT, connection.phase());
            exchange.timedOut("The handler took too long.");
        } else {
            connection.ending.now(CloseReason.INTERNAL_ERROR); // nobody is left to go on
        }
    }

    /** Whether the peer is still taking what was written: the transport watches that, and the deadline begins anew. */
    private static boolean stillTaking(Http1Connection connection) {
        if (connection.transport.pending() == 0) {
            return false;
        }
        connection.progressed();
        return true;
    }
}
