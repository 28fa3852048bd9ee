package dev.millrace.internal.h2;

import dev.millrace.internal.transport.DrainBounds;
import dev.millrace.internal.transport.Transport;
import dev.millrace.observe.CloseReason;

/** What a server's connection waits for: a client that connects, sends requests, is idle for a while, and leaves. */
final class ServerDeadlines extends Http2Deadlines {
    ServerDeadlines(Http2Connection connection, Transport transport, Spans spans) {
        super(connection, transport, spans);
    }

    @Override
    long dueOfPreface(long since) {
        return bounded(since + (begun() ? spans.headers : spans.firstByte), since, DrainBounds.BEGUN_NANOS);
    }

    @Override
    void prefaceExpired() {
        if (begun()) {
            timedOut(CloseReason.HEADERS_TIMEOUT, "The preface did not arrive in time.");
        } else {
            connection.ending().close(CloseReason.FIRST_BYTE_TIMEOUT);
        }
    }

    @Override
    long dueWhileIdle(long since) {
        long idle = connection.ending().peerIsLeaving() ? Math.min(spans.linger, spans.idle) : spans.idle;
        return earlier(since + idle, dueOfLeaving());
    }

    @Override
    long dueOfLeaving() {
        Http2Drain drain = connection.drain();
        return drain != null && connection.ending().life() == Http2Life.LEAVING && !inPart()
                ? drain.told()
                : Transport.NEVER;
    }

    @Override
    boolean expiredOfRole(long now) {
        Http2Drain drain = connection.drain();
        if (drain == null || !drain.mayLeave()) {
            return false;
        }
        drain.leave();
        return true;
    }

    @Override
    void idleExpired() {
        if (connection.ending().peerIsLeaving()) {
            connection.ending().closeAfterOutput(connection.orderlyEnd());
        } else {
            connection.goAway(ErrorCode.NO_ERROR, "idle");
            connection.ending().closeAfterOutput(CloseReason.IDLE_TIMEOUT);
        }
    }

    /**
     * Where nothing has come for a long time, though streams are open, asks the peer by PING whether it is still there. The
     * answer may take as long as reading what was sent before the question.
     *
     * @return whether there is no hope any more
     */
    @Override
    boolean lost(long now) {
        long quiet = quiet();
        if (now - quiet < spans.ping) {
            return false;
        }
        RoundTrip roundTrip = connection.roundTrip();
        if (!roundTrip.waiting()) {
            connection.output().ping(roundTrip.begin(now));
            return false;
        }
        long due = quiet + spans.ping; // a PING that was sent before is one that measures
        long asked = roundTrip.sentAt() - due > 0 ? roundTrip.sentAt() : due;
        return now - dueOfAnswer(asked) >= 0;
    }
}
