package dev.millrace.internal.tls;

import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.transport.Transport;
import java.nio.ByteBuffer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;

/**
 * Has engines make records, and sends them: messages of their own, content, alerts. Keeps nothing from one call to the
 * next, so all connections of a loop share one.
 */
final class RecordEncoder {
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    /** A record on the wire, at most, with what TLS 1.2 allows for padding and a MAC. */
    private static final int PACKET = TlsBuffers.RECORD + 2048 + 5;

    private static final byte ALERT = 21; // a record's type
    private static final byte FATAL = 2;

    private final ByteBuffer encrypted = ByteBuffer.allocate(TlsBuffers.RECORDS * PACKET);
    private ByteBuffer source = ByteBuffer.allocate(0);

    /** Makes one record that the engine wants sent, for {@link #send}; gives what it wants next. */
    HandshakeStatus message(SSLEngine engine) throws SSLException {
        SSLEngineResult made = engine.wrap(NOTHING, encrypted.clear());
        if (made.bytesProduced() == 0 && made.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
            throw new SSLException("the engine wants to send and sends nothing");
        }
        return made.getHandshakeStatus();
    }

    /** {@return whether the record that was made takes up an earlier session} */
    boolean takesUpSession() {
        return ServerHello.takesUpSession(encrypted.array(), 0, encrypted.position());
    }

    /** Sends what was made. */
    void send(Transport down) {
        down.write(encrypted.array(), 0, encrypted.position());
    }

    /**
     * Encrypts and sends content, in as few records as it fits.
     *
     * @return whether it could be: in TLS 1.2 the peer's close_notify ends both directions
     */
    boolean content(SSLEngine engine, byte[] bytes, int offset, int length, Transport down) throws SSLException {
        if (source.array() != bytes) {
            source = ByteBuffer.wrap(bytes);
        }
        ByteBuffer in = source.limit(offset + length).position(offset);
        ByteBuffer out = encrypted.clear();
        while (in.hasRemaining()) {
            switch (engine.wrap(in, out).getStatus()) {
                case OK:
                    break;
                case BUFFER_OVERFLOW:
                    if (out.position() == 0) {
                        throw new SSLException("a record does not fit " + out.capacity() + " bytes");
                    }
                    send(down);
                    out.clear();
                    break;
                case CLOSED:
                    return false;
                case BUFFER_UNDERFLOW:
                    throw new SSLException("an engine cannot lack input to encrypt");
            }
        }
        send(down);
        return true;
    }

    /**
     * Sends the alert with which an engine answers its failure.
     *
     * @return its name as far as it is known, {@code null} if there is none
     */
    @Nullable
    String alert(SSLEngine engine, SSLException cause, Transport down) {
        encrypted.clear();
        try {
            SSLEngineResult made = engine.wrap(NOTHING, encrypted);
            while (made.bytesProduced() > 0
                    && made.getStatus() == SSLEngineResult.Status.OK
                    && made.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
                made = engine.wrap(NOTHING, encrypted);
            }
        } catch (SSLException again) { // the engine says once more why it failed; the first cause counts
            cause.addSuppressed(again);
        }
        String named = AlertNames.inClear(encrypted.array(), 0, encrypted.position());
        send(down);
        return named != null ? named : AlertNames.sent(cause);
    }

    /** Sends a fatal alert without an engine, before there are keys. */
    static void alertInClear(int description, Transport down) {
        byte[] record = {ALERT, 3, 3, 0, 2, FATAL, (byte) description};
        down.writeStable(record, 0, record.length);
    }

    /** Sends close_notify. */
    void closeNotify(SSLEngine engine, Transport down) throws SSLException {
        engine.closeOutbound();
        encrypted.clear();
        try {
            while (!engine.isOutboundDone() && engine.wrap(NOTHING, encrypted).bytesProduced() > 0) {
                // one record at a time
            }
        } finally {
            send(down);
        }
    }
}
