package dev.millrace.internal.h2;

import dev.millrace.http.Phase;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.observer.ConnectionFacts;
import dev.millrace.internal.transport.Transport;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.ConnectionState;

/** A server's HTTP/2 connection: begins with the client's preface, serves the streams that it opens, and stops with the server. */
public final class Http2ServerConnection extends Http2Connection {
    private final Http2ServerContext context;
    private int read; // of the preface
    private long firstByteNanos;
    private @Nullable Http2Drain drain; // from the moment on that the server is stopping

    /**
     * A server's connection.
     *
     * @param transport its lower end
     * @param context what it shares with others
     * @param firstByteNanos how long the connection's first byte was waited for; 0 if it is still to come
     */
    public Http2ServerConnection(Transport transport, Http2ServerContext context, long firstByteNanos) {
        super(
                transport,
                context,
                Settings.ofClient(),
                connection -> new ServerInput(connection, context),
                connection -> new ServerDeadlines(connection, transport, context.spans));
        this.context = context;
        this.firstByteNanos = firstByteNanos;
    }

    @Override
    int preface(byte[] bytes, int offset, int end) {
        if (read == Preface.LENGTH) {
            return offset;
        }
        if (read == 0) {
            if (firstByteNanos == 0) {
                firstByteNanos = Math.max(1, deadlines().waited());
                context.observer.firstByte(firstByteNanos);
            }
            deadlines().began();
            transport.state(ConnectionState.ACTIVE);
        }
        int n = Preface.match(bytes, offset, end, read);
        if (n < 0) {
            fail(Http2Error.connection(ErrorCode.PROTOCOL_ERROR, "This is not the preface of HTTP/2 (RFC 9113 §3.4)."));
            return end;
        }
        read += n;
        return offset + n;
    }

    @Override
    void began() {
        if (drain != null) {
            drain.tell();
        }
    }

    @Override
    void heard() {
        if (drain != null && drain.mayLeave()) {
            drain.leave();
        }
    }

    @Override
    void pong(long data) throws Http2Error {
        if (drain == null || !drain.answered(data)) {
            super.pong(data);
        }
    }

    @Override
    void peerEnded() {
        if (ending().life() == Http2Life.PREFACE) {
            ending().closeAfterOutput(deadlines().begun() ? CloseReason.TRUNCATED_REQUEST : silent());
            return;
        }
        ending().peerEnded();
        if (deadlines().inPart()) {
            ending().blame(CloseReason.TRUNCATED_REQUEST);
        }
        streams().forEach(stream -> {
            if (stream.state().receives()) {
                ending().blame(CloseReason.TRUNCATED_REQUEST);
                streams().reset(stream, ErrorCode.CANCEL);
            }
        });
        atEventEnd();
    }

    private CloseReason silent() {
        return transport.secure() ? CloseReason.CLIENT_SILENT : CloseReason.PEER_SILENT;
    }

    /** The client has said GOAWAY: with nothing under way it is not waited for as long as others. */
    @Override
    void peerLeaves(int last, ErrorCode code) {
        ending().peerLeaves();
    }

    @Override
    int lastTaken() {
        return streams().table().last();
    }

    @Override
    void leave() {
        if (drain != null && ending().life() == Http2Life.DRAINING) {
            drain.end();
        } else {
            ending().closeAfterOutput(orderlyEnd());
        }
    }

    @Override
    @Nullable
    Http2Drain drain() {
        return drain;
    }

    @Override
    public void onDrain() {
        if (ending().life() == Http2Life.PREFACE && !deadlines().begun() && transport.unread() == 0) {
            ending().closeAfterOutput(CloseReason.DRAINED);
        } else if (drain == null) {
            drain = new Http2Drain(this, transport);
            streams().forEach(Http2Stream::drain);
            drain.tell();
        }
        rearm();
    }

    @Override
    Phase reached() {
        if (!deadlines().begun()) {
            return Phase.OPENED;
        }
        if (deadlines().inPart() || ending().life() == Http2Life.PREFACE) {
            return Phase.HEADERS;
        }
        return streams().isEmpty() ? Phase.IDLE : Phase.RESPONSE;
    }

    @Override
    public void describe(ConnectionFacts facts) {
        super.describe(facts);
        facts.firstByteNanos = firstByteNanos;
    }
}
