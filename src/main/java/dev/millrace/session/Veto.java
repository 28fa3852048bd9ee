package dev.millrace.session;

/** A reason against beginning another exchange on a session. Several may hold at once: {@link Reusability} names them all. */
public enum Veto {
    /** The connection is still being made: resolved, connected, led through a proxy, or negotiating TLS. */
    CONNECTING(false),
    /** This side lets the session end: the client is closing, or the session was asked to. */
    DRAINING(true),
    /** The peer has said GOAWAY (RFC 9113 §6.8). */
    GOAWAY_RECEIVED(true),
    /**
     * What was exchanged does not leave the connection fit for another message: {@code Connection: close}, HTTP/1.0, a change
     * of protocol, content that was not read or whose end is the end of the connection (RFC 9112 §9.3, §9.5).
     */
    CODEC_NOT_REUSABLE(true),
    /** HTTP/1.1 has an exchange under way: one at a time. */
    BUSY(false),
    /** HTTP/2 has as many streams as the peer allows (RFC 9113 §5.1.2), or no stream number left. */
    STREAM_LIMIT(false),
    /** What was written before is not out: the peer takes it too slowly. */
    WRITES_PENDING(false),
    /** The way in has failed: a reset, a failure of TLS, what is no HTTP, or bytes that nobody asked for. */
    INGRESS_ERROR(true),
    /** The way out has failed. */
    WRITE_ERROR(true),
    /** The peer took nothing of what was written for too long. */
    WRITE_TIMEOUT(true),
    /** Has been idle for as long as a session may be. */
    IDLE_EXPIRED(true),
    /** Is as old as a session may become. */
    MAX_AGE(true),
    /** Has carried as many exchanges as a session may. */
    MAX_REQUESTS(true),
    /** The peer has ended its sending. */
    PEER_HALF_CLOSED(true),
    /** The peer was asked by PING whether it is there (RFC 9113 §6.7), and has not answered yet. */
    UNANSWERED_PING(false),
    /** The connection has ended. */
    CLOSED(true);

    private final boolean last;

    Veto(boolean last) {
        this.last = last;
    }

    /** {@return whether it holds for ever: the session leaves its pool, and ends with the last of its exchanges} */
    public boolean isFinal() {
        return last;
    }
}
