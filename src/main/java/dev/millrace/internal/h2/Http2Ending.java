package dev.millrace.internal.h2;

import dev.millrace.http.Phase;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.transport.Transport;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.ConnectionState;
import java.util.Locale;
import java.util.function.Supplier;

/**
 * How an HTTP/2 connection comes to its end: what it is still good for ({@link Http2Life}), how the two sides say goodbye
 * (RFC 9113 §6.8), and whose fault it will have been.
 */
final class Http2Ending {
    /** What the peer has said about its own end. */
    private enum Peer {
        STAYS,
        /** Said GOAWAY: is going to leave, but may still open streams (RFC 9113 §6.8). */
        LEAVES,
        /** Has ended its direction. */
        ENDED
    }

    private final Transport transport;
    private final Supplier<Phase> reached;
    private Http2Life life = Http2Life.PREFACE;
    private Peer peer = Peer.STAYS;
    private @Nullable CloseReason blamed;
    private @Nullable Phase endedIn;
    private @Nullable String detail;
    private long discarded; // while lingering

    /**
     * The ending of a connection.
     *
     * @param reached says how far the connection has come
     */
    Http2Ending(Transport transport, Supplier<Phase> reached) {
        this.transport = transport;
        this.reached = reached;
    }

    Http2Life life() {
        return life;
    }

    /** {@return whether frames mean something} */
    boolean active() {
        return life.active();
    }

    private void become(Http2Life next) {
        if (!next.active()) {
            remember();
        }
        life = life.become(next);
        if (!life.active()) {
            transport.state(ConnectionState.CLOSING);
        }
    }

    // ---- the peer

    /** The peer's preface is complete. */
    void opened() {
        become(Http2Life.OPEN);
    }

    /** The peer has said that it is going to leave. */
    void peerLeaves() {
        if (peer == Peer.STAYS) {
            peer = Peer.LEAVES;
        }
    }

    /** The peer has ended its direction. */
    void peerEnded() {
        peer = Peer.ENDED;
    }

    /** {@return whether the peer has ended its direction} */
    boolean halfClosed() {
        return peer == Peer.ENDED;
    }

    /** {@return whether the peer has said that it is going to leave} */
    boolean peerIsLeaving() {
        return peer == Peer.LEAVES;
    }

    /** {@return whether nothing comes after the streams that there are} */
    boolean lastStreams() {
        return active() && (peer == Peer.ENDED || life == Http2Life.DRAINING);
    }

    // ---- this side

    /** The peer is being told that we are going to leave. */
    void leaving() {
        become(Http2Life.LEAVING);
    }

    /** The peer is being told up to which stream it was heard. */
    void draining() {
        become(Http2Life.DRAINING);
    }

    /**
     * Our direction ends with a GOAWAY. The peer may still be sending: a reset in answer to that could destroy the GOAWAY
     * before it is read.
     */
    void linger() {
        become(Http2Life.LINGERING);
        transport.closeOutput();
        transport.resumeReading();
    }

    /** Throws away what a peer still sends while its end is waited for. */
    void discard(int bytes, long most) {
        discarded += bytes;
        if (discarded > most) {
            close(CloseReason.SERVER_CLOSED);
        }
    }

    void closeAfterOutput(CloseReason reason) {
        become(Http2Life.CLOSING);
        transport.closeAfterOutput(blamedOr(reason));
    }

    void close(CloseReason reason) {
        become(Http2Life.CLOSING);
        transport.close(blamedOr(reason));
    }

    void closed() {
        life = Http2Life.CLOSED;
    }

    // ---- the cause

    /** Remembers the first cause of an end that is still to come. */
    void blame(CloseReason reason) {
        if (blamed == null) {
            remember();
            blamed = reason;
        }
    }

    /** What ends the connection has happened: says how far it had come. */
    private void remember() {
        if (endedIn == null) {
            endedIn = reached.get();
        }
    }

    /** {@return how far the connection had come when what ends it happened, or {@code null}} */
    @Nullable
    Phase endedIn() {
        return endedIn;
    }

    /** Remembers an error as the cause, if it is the first one. */
    void blame(Http2Error error) {
        detail = error.flood() != null
                ? error.flood().detail()
                : error.code().name().toLowerCase(Locale.ROOT);
        if (error.flood() != null) {
            blame(CloseReason.FLOOD);
        } else {
            blame(error.code() == ErrorCode.INTERNAL_ERROR ? CloseReason.INTERNAL_ERROR : CloseReason.PROTOCOL_ERROR);
        }
    }

    /** {@return what makes the reason exact, or {@code null}} */
    @Nullable
    String detail() {
        return detail;
    }

    private CloseReason blamedOr(CloseReason reason) {
        return blamed != null ? blamed : reason;
    }
}
