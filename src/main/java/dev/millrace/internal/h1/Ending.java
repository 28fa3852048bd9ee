package dev.millrace.internal.h1;

import dev.millrace.http.Phase;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.transport.Transport;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.ConnectionState;

/**
 * How a connection comes to its end, in either role: what it is still good for ({@link Life}), whether another message may
 * follow ({@link Persistence}), and whose fault it will have been.
 */
final class Ending {
    /** What a connection that lingers may still be sent, as a multiple of what is worth discarding to keep one. */
    private static final int LINGER_FACTOR = 256;

    private final Transport transport;
    private Life life = Life.OPEN;
    private Persistence persistence = Persistence.KEEP;
    private @Nullable CloseReason blamed;
    private @Nullable Phase blamedIn;
    private long discarded; // while lingering

    Ending(Transport transport) {
        this.transport = transport;
    }

    Life life() {
        return life;
    }

    boolean open() {
        return life == Life.OPEN;
    }

    /** {@return whether the end has come, or comes by itself} */
    boolean over() {
        return life == Life.CLOSING || life == Life.CLOSED;
    }

    private void become(Life next) {
        life = life.become(next);
        transport.state(life == Life.TUNNEL ? ConnectionState.TUNNEL : ConnectionState.CLOSING);
    }

    /** From here on bytes are passed on as they are. */
    void tunnel() {
        become(Life.TUNNEL);
    }

    /** Another connection goes on where this one is: it is no end that anybody is told of. */
    void handedOver() {
        life = life.become(Life.CLOSED);
    }

    // ---- whether another message may follow

    Persistence persistence() {
        return persistence;
    }

    boolean persists() {
        return persistence == Persistence.KEEP;
    }

    /** The peer's message says whether the peer keeps the connection. */
    void peerKeeps(boolean keeps) {
        if (!keeps) {
            persistence = persistence.and(Persistence.PEER_CLOSES);
        }
    }

    /** Our message is to be the last, and says so. */
    void announced() {
        persistence = persistence.and(Persistence.CLOSE);
    }

    /** The peer may be sending what is not going to be understood. */
    void framingLost() {
        persistence = Persistence.CLOSE;
    }

    /** The peer has ended its sending. */
    void peerEnded() {
        persistence = Persistence.ENDED;
    }

    // ---- whose fault it is

    /** Remembers the first cause of an end that is still to come, and how far the connection had come then. */
    void blame(CloseReason reason, Phase phase) {
        if (blamed == null) {
            blamed = reason;
            blamedIn = phase;
        }
    }

    /** {@return how far the connection had come when something happened that ends it, or {@code null}} */
    @Nullable
    Phase blamedIn() {
        return blamedIn;
    }

    private CloseReason blamedOr(CloseReason reason) {
        return blamed != null ? blamed : reason;
    }

    // ---- the end

    /**
     * The last message is out, or on its way. Where the peer may still be sending, our direction is ended and the rest
     * thrown away for a while: a reset in answer to it could destroy the last message before it is read (RFC 9112 §9.6).
     */
    void leave() {
        if (persistence == Persistence.CLOSE) {
            become(Life.LINGERING);
            transport.closeOutput();
            transport.resumeReading();
        } else {
            afterOutput(CloseReason.COMPLETED);
        }
    }

    /**
     * Throws bytes away while lingering, and ends that when there are too many.
     *
     * @param length how many
     * @param worthIt how many are worth discarding to keep a connection
     */
    void discard(int length, long worthIt) {
        discarded += length;
        if (discarded / LINGER_FACTOR > worthIt) {
            now(CloseReason.SERVER_CLOSED);
        }
    }

    /** Ends the connection when what was written is out. */
    void afterOutput(CloseReason reason) {
        become(Life.CLOSING);
        transport.closeAfterOutput(blamedOr(reason));
    }

    /** Ends the connection. */
    void now(CloseReason reason) {
        become(Life.CLOSING);
        transport.close(blamedOr(reason));
    }

    /** Ends the connection by a reset: an orderly end would look like the end of the content. */
    void byReset(CloseReason reason, @Nullable Throwable cause) {
        become(Life.CLOSING);
        transport.abort(blamedOr(reason), cause);
    }

    /** The connection is closed. */
    void closed() {
        life = Life.CLOSED;
    }
}
