package dev.millrace.internal.h2;

import dev.millrace.internal.transport.Transport;

/**
 * What a client's connection waits for by itself: the server's SETTINGS and its acknowledgement of ours, frames that have
 * begun, and the answer to a PING that was asked for. How long exchanges take and an idle connection stays is not for it to say.
 */
final class ClientDeadlines extends Http2Deadlines {
    ClientDeadlines(Http2Connection connection, Transport transport, Spans spans) {
        super(connection, transport, spans);
    }

    @Override
    long dueOfPreface(long since) {
        return dueOfSettings();
    }

    @Override
    void prefaceExpired() {
        settingsExpired();
    }

    @Override
    long dueWhileIdle(long since) {
        return dueOfLeaving();
    }

    /** A client leaves with its last stream; but it may have asked the server whether that is there. */
    @Override
    long dueOfLeaving() {
        return connection.roundTrip().probing() ? dueOfAnswer(asked()) : Transport.NEVER;
    }

    /** Whatever comes meanwhile shows that the server is there. */
    private long asked() {
        long asked = connection.roundTrip().probedAt();
        return quiet() - asked > 0 ? quiet() : asked;
    }

    @Override
    boolean expiredOfRole(long now) {
        if (!isOver(dueOfLeaving(), now)) {
            return false;
        }
        gone(now);
        return true;
    }

    /** That is the session's: it decides how long an idle connection is kept. */
    @Override
    void idleExpired() {}

    @Override
    boolean lost(long now) {
        return isOver(dueOfLeaving(), now);
    }
}
