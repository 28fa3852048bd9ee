package dev.millrace.internal.h2;

import dev.millrace.http.Timeouts;
import dev.millrace.internal.transport.DrainBounds;
import dev.millrace.internal.transport.Transport;
import dev.millrace.observe.CloseReason;

/**
 * What an HTTP/2 connection waits for, and for how long. Streams are looked at together, a few times in a window of progress:
 * so a deadline costs nothing while they move.
 */
abstract class Http2Deadlines {
    /** How many looks at its streams fit into a window of progress: how late one that stands still may be noticed. */
    private static final int LOOKS = 8;

    /** The deadlines of all connections of a listener, in nanoseconds. */
    static final class Spans {
        final long firstByte;
        final long headers;
        final long window;
        final long windowBytes;
        final long handler;
        final long idle;
        final long linger;
        final long tunnelIdle;
        final long settingsAck;
        final long ping;
        private final long look;

        Spans(Timeouts timeouts) {
            this.firstByte = timeouts.firstByte().toNanos();
            this.headers = timeouts.headers().toNanos();
            this.window = timeouts.progressWindow().toNanos();
            this.windowBytes = timeouts.progressBytes();
            this.handler = timeouts.handler().toNanos();
            this.idle = timeouts.keepAliveIdle().toNanos();
            this.linger = timeouts.linger().toNanos();
            this.tunnelIdle = timeouts.tunnelIdle().toNanos();
            this.settingsAck = timeouts.settingsAck().toNanos();
            this.ping = timeouts.ping().toNanos();
            this.look = Math.min(Math.min(window, handler), ping) / LOOKS;
        }

        /** {@return how long a peer may take to read so many bytes} */
        private long reading(long bytes) {
            return (long) Math.min(1e18, (double) window * (double) bytes / (double) windowBytes);
        }
    }

    final Http2Connection connection;
    final Transport transport;
    final Spans spans;
    private long since; // the state that is waited in was entered
    private long looked; // at the streams
    private long partSince; // a part of a frame or of a header section has waited, 0 if none does
    private long heard; // the peer's last bytes
    private long sentBefore; // content, until then
    private long reading; // when output was last seen to wait for the peer
    private long settingsSince; // our SETTINGS wait for their acknowledgement; NEVER if they do not
    private long heldBack = Transport.NEVER; // since when the peer is not read for lack of memory
    private boolean begun; // the preface

    Http2Deadlines(Http2Connection connection, Transport transport, Spans spans) {
        this.connection = connection;
        this.transport = transport;
        this.spans = spans;
        this.since = transport.loop().now();
        this.settingsSince = since;
        this.reading = since;
    }

    Spans spans() {
        return spans;
    }

    /** Another state is waited in. */
    void enter() {
        since = transport.loop().now();
    }

    /** {@return how long the current state has been waited in} */
    long waited() {
        return transport.loop().now() - since;
    }

    /** The first byte of the preface is there. */
    void began() {
        begun = true;
        enter();
    }

    /** {@return whether the first byte of the preface is there} */
    boolean begun() {
        return begun;
    }

    /** The first of the streams has been opened. */
    void streamsBegin() {
        looked = transport.loop().now();
    }

    /** Our SETTINGS are acknowledged. */
    void settingsAcknowledged() {
        settingsSince = Transport.NEVER;
    }

    /** {@return whether the peer goes by our SETTINGS} */
    boolean settingsKnown() {
        return settingsSince == Transport.NEVER;
    }

    /**
     * Bytes have come. What a stream's content waits for is that stream's.
     *
     * @param moved whether whole frames, or content, were among them
     * @param block whether a header block is incomplete
     * @param rest whether another part is
     */
    void heard(boolean moved, boolean block, boolean rest) {
        heard = transport.loop().now();
        sentBefore = connection.output().sent();
        if (!block && !rest) {
            partSince = 0;
        } else if (partSince == 0 || (moved && !block)) { // a block stays one, however many frames it has
            partSince = heard | 1;
        }
    }

    /** From now on the peer is not read, and what does not come is not its fault. */
    void holdBack() {
        heldBack = transport.loop().now();
    }

    /** The peer is read again: the time that it was not is not the peer's. */
    void letGo() {
        long now = transport.loop().now();
        long span = now - heldBack;
        heldBack = Transport.NEVER;
        heard = now;
        if (!settingsKnown()) {
            settingsSince += span;
        }
        if (inPart()) {
            partSince = (partSince + span) | 1;
        }
        connection.streams().forEach(stream -> stream.clock().forgive(span));
    }

    private boolean heldBack() {
        return heldBack != Transport.NEVER;
    }

    /** {@return whether a frame or a header block is incomplete} */
    boolean inPart() {
        return partSince != 0;
    }

    /** {@return when the connection is to be looked at} */
    final long due() {
        return switch (connection.ending().life()) {
            case PREFACE -> dueOfPreface(since);
            case OPEN, LEAVING, DRAINING -> earlier(earlier(dueWhileActive(), dueOfPart()), dueOfSettings());
            case LINGERING -> bounded(since + spans.linger, since, DrainBounds.LINGER_NANOS);
            case CLOSING, CLOSED -> Transport.NEVER; // the transport watches whether the peer takes the rest
        };
    }

    /** Readings are compared by difference, as they may be of any size; {@link Transport#NEVER} is none. */
    static long earlier(long due, long other) {
        if (due == Transport.NEVER || other == Transport.NEVER) {
            return due == Transport.NEVER ? other : due;
        }
        return due - other <= 0 ? due : other;
    }

    static boolean isOver(long due, long now) {
        return due != Transport.NEVER && now - due >= 0;
    }

    private long dueOfPart() {
        return partSince == 0 || heldBack()
                ? Transport.NEVER
                : bounded(partSince + spans.headers, partSince, DrainBounds.BEGUN_NANOS);
    }

    final long bounded(long due, long from, long bound) {
        Http2Drain drain = connection.drain();
        return DrainBounds.apply(due, from, drain == null ? Transport.NEVER : drain.since(), bound);
    }

    final long dueOfSettings() {
        return settingsKnown() || heldBack() ? Transport.NEVER : settingsSince + spans.settingsAck;
    }

    private long dueWhileActive() {
        return connection.streams().isEmpty() ? dueWhileIdle(since) : earlier(looked + spans.look, dueOfLeaving());
    }

    /**
     * When the peer's preface is waited for no longer.
     *
     * @param since when it began to be waited for
     */
    abstract long dueOfPreface(long since);

    /**
     * When a connection without streams is to be looked at.
     *
     * @param since when it became idle
     */
    abstract long dueWhileIdle(long since);

    /** {@return when the next step of this side's leaving is due, or {@link Transport#NEVER}} */
    abstract long dueOfLeaving();

    /** The peer's preface has not come in time. */
    abstract void prefaceExpired();

    /** Something that is this role's is due, while frames mean something: says whether that was all. */
    abstract boolean expiredOfRole(long now);

    /** The connection is idle, and was looked at for the last time. */
    abstract void idleExpired();

    /** A deadline has passed. */
    final void expired(long now) {
        Http2Ending ending = connection.ending();
        switch (ending.life()) {
            case PREFACE:
                prefaceExpired();
                break;
            case OPEN, LEAVING, DRAINING:
                expiredWhileActive(now);
                break;
            case LINGERING:
                if (transport.pending() > 0) { // the peer is still reading, and the transport watches that
                    since = now;
                } else {
                    ending.close(CloseReason.SERVER_CLOSED);
                }
                break;
            case CLOSING, CLOSED:
                break;
        }
    }

    private void expiredWhileActive(long now) {
        if (isOver(dueOfSettings(), now)) {
            settingsExpired();
        } else if (isOver(dueOfPart(), now)) {
            timedOut(CloseReason.HEADERS_TIMEOUT, "A frame or a header section did not arrive in time.");
        } else if (expiredOfRole(now)) {
            return;
        } else if (!connection.streams().isEmpty()) {
            look(now);
        } else if (transport.pending() > 0) { // the peer is still reading, and the transport watches that
            since = now;
        } else {
            idleExpired();
        }
    }

    final void settingsExpired() {
        connection.fail(Http2Error.connection(
                ErrorCode.SETTINGS_TIMEOUT, "SETTINGS were not acknowledged in time (RFC 9113 §6.5.3)."));
    }

    final void timedOut(CloseReason reason, String what) {
        connection.ending().blame(reason);
        connection.fail(Http2Error.connection(ErrorCode.PROTOCOL_ERROR, what));
    }

    /** {@return when the peer was last heard, or was last seen not to read} */
    final long quiet() {
        return heard - reading > 0 ? heard : reading;
    }

    /**
     * Until when the answer to a PING is waited for: it may take as long as reading what was sent before.
     *
     * @param asked when the PING was sent
     * @return the time
     */
    final long dueOfAnswer(long asked) {
        return asked + spans.ping + spans.reading(connection.output().sent() - sentBefore);
    }

    /** Looks whether the peer is there; if it is not, this is the end: says whether it is. */
    final boolean gone(long now) {
        if (transport.pending() > 0) { // a PING would wait behind it, and the transport watches whether the peer reads
            reading = now;
            return false;
        }
        if (!heldBack() && lost(now)) {
            connection.goAway(ErrorCode.NO_ERROR, "no answer to PING");
            connection.ending().close(CloseReason.IDLE_TIMEOUT);
            return true;
        }
        return false;
    }

    /** {@return whether the peer does not answer a PING} */
    abstract boolean lost(long now);

    /** Looks at each stream: who is waited for, and for how long already. */
    private void look(long now) {
        looked = now;
        if (gone(now)) {
            return;
        }
        connection.streams().forEach(stream -> {
            StreamInput arriving = stream.input();
            StreamClock.Wait wait = stream.waitsFor();
            if (heldBack() && wait == StreamClock.Wait.CONTENT) {
                wait = StreamClock.Wait.LOCAL;
            }
            long span = wait == StreamClock.Wait.LOCAL ? stream.localNanos() : spans.window;
            if (connection.output().waitsForTurn(stream)) { // the transport watches whether the peer reads
                stream.clock().restart(now);
            } else if (stream.state() != StreamState.CLOSED
                    && stream.clock()
                            .look(wait, arriving == null ? 0 : arriving.moved(), spans.windowBytes, now, span)) {
                stream.clock().restart(now);
                stream.onDeadline(wait);
            }
        });
    }
}
