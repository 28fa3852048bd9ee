package dev.millrace.internal.tls;

import dev.millrace.internal.transport.Inlet;
import dev.millrace.internal.transport.Protocol;
import dev.millrace.internal.transport.Transport;
import dev.millrace.observe.CloseReason;
import java.nio.ByteBuffer;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;

/**
 * The records of an open connection on their way in: decrypts them, shows the protocol above what was in them, and answers
 * what TLS says to itself after the handshake.
 */
final class TlsInput {
    private static final byte ALERT = 21; // a record's type

    /** How many answers to messages such as KeyUpdate may wait for a peer that does not read. */
    private static final int MAX_UNREAD = 32;

    private final TlsTransport owner;
    private final Transport down;
    private final TlsBuffers buffers;
    private final Inlet inlet;
    private int unread; // answers since the peer last read
    private boolean heard; // content has come

    TlsInput(TlsTransport owner, Transport down, TlsBuffers buffers) {
        this.owner = owner;
        this.down = down;
        this.inlet = new Inlet(down);
        this.buffers = buffers;
    }

    /** From now on there is somebody to show content to. */
    void shownTo(Protocol protocol) {
        inlet.shownTo(protocol);
    }

    /** Decrypts whole records and shows the protocol what was in them; gives the offset up to which it did. */
    int decrypt(byte[] bytes, int offset, int end) {
        ByteBuffer in = buffers.input(bytes, offset, end);
        ByteBuffer out = buffers.takeDecrypted();
        int record = offset;
        try {
            while (in.hasRemaining() && owner.open()) {
                if (bytes[in.position()] == ALERT) { // perhaps a goodbye: what answers to what came before still goes
                    deliver(out);
                    owner.output().flush();
                }
                if (!inlet.reading()) {
                    down.pauseReading();
                    break;
                }
                record = in.position();
                SSLEngineResult read = owner.engine().unwrap(in, out);
                switch (read.getStatus()) {
                    case OK:
                        if (out.remaining() < TlsBuffers.RECORD) {
                            deliver(out);
                        }
                        answer(read.getHandshakeStatus());
                        break;
                    case BUFFER_OVERFLOW:
                        deliver(out);
                        break;
                    case BUFFER_UNDERFLOW:
                        deliver(out);
                        return in.position();
                    case CLOSED: // the peer's close_notify
                        deliver(out);
                        sayGoodbyeBack(read.getHandshakeStatus());
                        end();
                        return end;
                }
            }
            deliver(out);
            return owner.open() ? in.position() : end;
        } catch (SSLException e) {
            deliver(out);
            owner.engineFailed(e, AlertNames.inClear(bytes, record, end));
            return end;
        } finally {
            buffers.giveBack(out);
        }
    }

    private void deliver(ByteBuffer out) {
        int n = out.position();
        if (n > 0) {
            heard = true;
            out.clear();
            inlet.offer(out.array(), 0, n);
        }
    }

    /** Answers a message after the handshake: in TLS 1.3 a new key; in TLS 1.2 a wish to negotiate anew, which is refused. */
    private void answer(HandshakeStatus wanted) throws SSLException {
        if (wanted == HandshakeStatus.NOT_HANDSHAKING || wanted == HandshakeStatus.FINISHED) {
            return;
        }
        if (Renegotiation.known(owner.engine())) {
            owner.refuseRenegotiation();
            return;
        }
        if (down.writable()) {
            unread = 0;
        } else if (wanted == HandshakeStatus.NEED_WRAP && ++unread > MAX_UNREAD) {
            owner.end(CloseReason.FLOOD);
            return;
        }
        HandshakeStatus status = wanted;
        while (status == HandshakeStatus.NEED_WRAP || status == HandshakeStatus.NEED_TASK) {
            if (status == HandshakeStatus.NEED_TASK) {
                Handshake.runAll(owner.engine());
                status = owner.engine().getHandshakeStatus();
            } else {
                status = sendMessage();
            }
        }
    }

    private HandshakeStatus sendMessage() throws SSLException {
        HandshakeStatus next = buffers.encoder.message(owner.engine());
        buffers.encoder.send(down);
        return next;
    }

    /** In TLS 1.2 the engine answers close_notify at once, and nothing can follow (RFC 5246 §7.2.1). */
    void sayGoodbyeBack(HandshakeStatus wanted) throws SSLException {
        HandshakeStatus status = wanted;
        if (status == HandshakeStatus.NEED_WRAP && owner.open()) {
            down.farewell();
        }
        while (status == HandshakeStatus.NEED_WRAP && owner.speaking()) {
            status = sendMessage();
        }
    }

    /** The peer has ended its sending. */
    void end() {
        if (owner.open()) {
            inlet.end();
        }
    }

    /** {@return whether the peer has sent content} */
    boolean heard() {
        return heard;
    }

    void pause() {
        inlet.pause();
    }

    void resume() {
        inlet.resume();
        if (inlet.reading() && !inlet.delivering()) { // who shows the bytes goes on reading afterwards
            down.resumeReading();
        }
    }

    /** {@return whether the peer has ended its sending} */
    boolean ended() {
        return inlet.ended();
    }

    /** Shows nothing any more. */
    void close() {
        inlet.close();
    }

    /** {@return how many bytes are decrypted and not taken} */
    int kept() {
        return inlet.kept();
    }
}
