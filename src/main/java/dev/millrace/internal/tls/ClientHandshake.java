package dev.millrace.internal.tls;

import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.transport.AfterEvent;
import dev.millrace.internal.transport.Transport;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.ConnectionEnd;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;

/**
 * A client's handshake: speaks first, looks whether what answers is TLS at all, and leaves the rest to the engine. The hello
 * leaves at the end of the event that opened the connection, so that no end comes while its protocol is still being made.
 */
final class ClientHandshake extends Handshake implements AfterEvent {
    private static final byte[] HTTP = {'H', 'T', 'T', 'P', '/'};

    // types of records (RFC 8446 §5.1) that a server may begin with
    private static final byte ALERT = 21;
    private static final byte HANDSHAKE = 22;

    private final TlsTarget target;

    ClientHandshake(TlsTransport owner, Transport down, TlsContext context, TlsTarget target, TlsContext.Upper upper) {
        super(owner, down, context, upper);
        this.target = target;
        down.loop().atEventEnd(this);
    }

    // ---- our hello

    @Override
    public void flush() {
        if (state == HandshakeState.HELLO) {
            sendHello();
        }
    }

    @Override
    public void failed(Throwable error) {
        down.abort(CloseReason.INTERNAL_ERROR, error);
    }

    private void sendHello() {
        SSLEngine made = context.settings.newClientEngine(target.host(), target.port(), target.alpn());
        engine(made);
        try {
            made.beginHandshake();
            HandshakeStatus wanted = made.getHandshakeStatus();
            while (wanted == HandshakeStatus.NEED_WRAP || wanted == HandshakeStatus.NEED_TASK) {
                if (wanted == HandshakeStatus.NEED_TASK) {
                    runAll(made);
                    wanted = made.getHandshakeStatus();
                } else {
                    wanted = context.buffers.encoder.message(made);
                    context.buffers.encoder.send(down);
                }
            }
            state = state.become(HandshakeState.ANSWER);
        } catch (SSLException e) { // the configuration leaves nothing to offer
            owner.engineFailed(e, null);
        }
    }

    // ---- the first answer

    @Override
    int readFirst(byte[] bytes, int offset, int end) {
        flush();
        if (state != HandshakeState.ANSWER) {
            return end;
        }
        if (bytes[offset] == HANDSHAKE || bytes[offset] == ALERT) {
            state = state.become(HandshakeState.MESSAGES);
            return readMessages(bytes, offset, end);
        }
        int same = 0;
        while (same < HTTP.length && offset + same < end && bytes[offset + same] == HTTP[same]) {
            same++;
        }
        if (same == HTTP.length) {
            owner.end(CloseReason.PLAINTEXT_ON_TLS);
        } else if (offset + same < end) {
            owner.end(CloseReason.NOT_TLS);
        } else {
            return offset; // it may still become one or the other
        }
        return end;
    }

    // ---- its end

    @Override
    boolean abbreviated(boolean peersIsLast) {
        return !peersIsLast;
    }

    @Override
    void failed(CloseReason why, @Nullable String detail, @Nullable Throwable cause) {
        ConnectionEnd end = new ConnectionEnd(why, phase(), detail, cause);
        down.loop().execute(() -> upper.failed(end)); // not within a call of the engine's or the transport's
    }
}
