package dev.millrace.internal.tls;

import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.observer.Observer;
import dev.millrace.internal.transport.Protocol;
import dev.millrace.internal.transport.Transport;
import java.nio.ByteBuffer;
import java.util.concurrent.Executor;

/**
 * What the TLS connections of one listener on one loop share: the settings, and the buffers that each of them uses for the
 * length of an event. Heap buffers, because an engine works fastest from heap to heap. Not safe for several threads.
 */
public final class TlsContext {
    /** Makes the protocol above a connection whose handshake is complete. */
    @FunctionalInterface
    public interface Upper {
        /**
         * Makes the protocol.
         *
         * @param transport the encrypted connection
         * @param alpn the protocol that was chosen by ALPN, empty for none
         * @return its upper end
         */
        Protocol create(Transport transport, String alpn);
    }

    /** A record's content, at most (RFC 8446 §5.1). */
    static final int RECORD = 16 << 10;

    /** What the JDK puts into a record of TLS 1.3, at most: its type and 16 bytes of padding count as content. */
    static final int FRAGMENT = RECORD - 17;

    /** A record on the wire, at most, with what TLS 1.2 allows for padding and a MAC. */
    private static final int PACKET = RECORD + 2048 + 5;

    private static final int RECORDS = 8;

    final TlsSettings settings;
    final Upper upper;
    final Observer observer;
    final long handshakeNanos;
    final @Nullable Executor tasks;

    /** Output of one connection that is not encrypted yet: what one event brings leaves in as few records as fit. */
    final byte[] plain = new byte[RECORDS * FRAGMENT];

    private @Nullable TlsTransport collector;
    private int collected;

    private @Nullable ByteBuffer decrypted = ByteBuffer.allocate(RECORDS * RECORD);

    /** Encrypted output of the current call. */
    final ByteBuffer encrypted = ByteBuffer.allocate(RECORDS * PACKET);

    private ByteBuffer view = ByteBuffer.allocate(0);
    private ByteBuffer source = ByteBuffer.allocate(0);

    /**
     * A context.
     *
     * @param settings give the engines
     * @param handshakeNanos the deadline of a handshake
     * @param tasks runs what an engine delegates, such as signatures; on the loop itself if {@code null}
     * @param observer is told of handshakes
     * @param upper makes what speaks over the encrypted connection
     */
    public TlsContext(
            TlsSettings settings, long handshakeNanos, @Nullable Executor tasks, Observer observer, Upper upper) {
        this.settings = settings;
        this.handshakeNanos = handshakeNanos;
        this.tasks = tasks;
        this.upper = upper;
        this.observer = observer;
    }

    /** {@return how many bytes a connection has collected} */
    int collectedBy(TlsTransport transport) {
        return collector == transport ? collected : 0;
    }

    /** Collects bytes of a connection, which has asked for the room; gives how many fit. */
    int collect(TlsTransport transport, byte[] bytes, int offset, int length) {
        if (collector != transport) {
            collector = transport;
            collected = 0;
        }
        int n = Math.min(plain.length - collected, length);
        System.arraycopy(bytes, offset, plain, collected, n);
        collected += n;
        return n;
    }

    /** What was collected is being encrypted, or dropped. */
    void release() {
        collector = null;
        collected = 0;
    }

    /** {@return an empty buffer for decrypted input} */
    ByteBuffer takeDecrypted() {
        ByteBuffer free = decrypted;
        decrypted = null;
        // taken already where one connection's input makes another one's flow
        return free != null ? free.clear() : ByteBuffer.allocate(RECORDS * RECORD);
    }

    /** Gives the buffer back. */
    void giveBack(ByteBuffer buffer) {
        decrypted = buffer;
    }

    /** {@return a view of input, the same object for the same array} */
    ByteBuffer input(byte[] bytes, int offset, int end) {
        if (view.array() != bytes) {
            view = ByteBuffer.wrap(bytes);
        }
        return view.limit(end).position(offset);
    }

    /** {@return a view of output, the same object for the same array} */
    ByteBuffer output(byte[] bytes, int offset, int length) {
        if (source.array() != bytes) {
            source = ByteBuffer.wrap(bytes);
        }
        return source.limit(offset + length).position(offset);
    }
}
