package dev.millrace.internal.tls;

import dev.millrace.internal.bytes.Nullable;
import java.nio.ByteBuffer;

/**
 * The buffers that the TLS connections of one loop share, each for the length of an event. Heap buffers, because an engine
 * works fastest from heap to heap. Not safe for several threads.
 */
public final class TlsBuffers {
    /** A record's content, at most (RFC 8446 §5.1). */
    static final int RECORD = 16 << 10;

    /** What the JDK puts into a record of TLS 1.3, at most: its type and 16 bytes of padding count as content. */
    static final int FRAGMENT = RECORD - 17;

    private static final ByteBuffer NONE = ByteBuffer.allocate(0);

    /** How many records are made at a time. */
    static final int RECORDS = 8;

    /** Output of one connection that is not encrypted yet: what one event brings leaves in as few records as fit. */
    final byte[] plain = new byte[RECORDS * FRAGMENT];

    final RecordEncoder encoder = new RecordEncoder();

    private @Nullable TlsOutput collector;
    private int collected;
    /** Buffers for decrypted input that nobody uses: two, for where one connection is carried by another. */
    private final ByteBuffer[] free = {ByteBuffer.allocate(RECORDS * RECORD), NONE};

    private ByteBuffer view = ByteBuffer.allocate(0);

    /** New buffers, of some 400 KiB together. */
    public TlsBuffers() {}

    /** {@return how many bytes a connection has collected} */
    int collectedBy(TlsOutput output) {
        return collector == output ? collected : 0;
    }

    /** Collects bytes of a connection, which has asked for the room; gives how many fit. */
    int collect(TlsOutput output, byte[] bytes, int offset, int length) {
        if (collector != output) {
            collector = output;
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
        for (int i = 0; i < free.length; i++) {
            ByteBuffer taken = free[i];
            if (taken != NONE) {
                free[i] = NONE;
                return taken.clear();
            }
        }
        return ByteBuffer.allocate(RECORDS * RECORD);
    }

    /** Gives the buffer back. */
    void giveBack(ByteBuffer buffer) {
        free[free[0] == NONE ? 0 : 1] = buffer;
    }

    /** {@return a view of input, the same object for the same array} */
    ByteBuffer input(byte[] bytes, int offset, int end) {
        if (view.array() != bytes) {
            view = ByteBuffer.wrap(bytes);
        }
        return view.limit(end).position(offset);
    }
}
