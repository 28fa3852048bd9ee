package dev.millrace.internal.transport;

import dev.millrace.internal.bytes.Nullable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayDeque;

/** Bytes and parts of files that wait until more of them can be sent, and are then taken in pieces of any size. */
public final class PendingContent {
    private static final class Piece {
        final byte[] bytes;
        final @Nullable FileChannel file;
        long offset;
        long left;

        Piece(byte[] bytes, @Nullable FileChannel file, long offset, long left) {
            this.bytes = bytes;
            this.file = file;
            this.offset = offset;
            this.left = left;
        }
    }

    private static final byte[] NOTHING = new byte[0];

    private final ArrayDeque<Piece> pieces = new ArrayDeque<>(4);
    private final Holding holding;
    private long pending;
    private long inMemory; // of that

    /**
     * Nothing waits yet.
     *
     * @param holding counts what waits in memory
     */
    public PendingContent(Holding holding) {
        this.holding = holding;
    }

    /** {@return how many bytes wait} */
    public long pending() {
        return pending;
    }

    /** {@return whether nothing waits} */
    public boolean isEmpty() {
        return pieces.isEmpty();
    }

    /** Adds bytes that nobody changes any more. */
    public void add(byte[] bytes, int offset, int length) {
        pieces.add(new Piece(bytes, null, offset, length));
        pending += length;
        inMemory += length;
        holding.add(length);
    }

    /** Adds a part of a file, which is closed when it has been read or dropped. */
    public void add(FileChannel file, long position, long length) {
        pieces.add(new Piece(NOTHING, file, position, length));
        pending += length;
    }

    /**
     * Takes what comes next.
     *
     * @param into an array to put it into
     * @return how many bytes there are now, 0 if nothing waits
     * @throws IOException if a file cannot be read, or has become shorter
     */
    public int take(byte[] into) throws IOException {
        int n = 0;
        while (n < into.length && !pieces.isEmpty()) {
            Piece piece = pieces.element();
            int wanted = (int) Math.min(piece.left, into.length - n);
            int got = piece.file == null ? wanted : read(piece.file, piece, into, n, wanted);
            if (piece.file == null) {
                System.arraycopy(piece.bytes, (int) piece.offset, into, n, wanted);
                inMemory -= wanted;
                holding.remove(wanted);
            }
            piece.offset += got;
            piece.left -= got;
            pending -= got;
            n += got;
            if (piece.left == 0) {
                pieces.remove();
                if (piece.file != null) {
                    piece.file.close();
                }
            }
        }
        return n;
    }

    private static int read(FileChannel file, Piece piece, byte[] into, int at, int wanted) throws IOException {
        int got = file.read(ByteBuffer.wrap(into, at, wanted), piece.offset);
        if (got < 0) {
            throw new EOFException(
                    "a file that is being sent has become shorter: " + piece.left + " bytes are missing");
        }
        return got;
    }

    /**
     * Drops everything.
     *
     * @throws IOException if a file cannot be closed
     */
    public void clear() throws IOException {
        IOException failure = null;
        for (Piece piece : pieces) {
            if (piece.file != null) {
                try {
                    piece.file.close();
                } catch (IOException e) {
                    failure = e;
                }
            }
        }
        pieces.clear();
        pending = 0;
        holding.remove(inMemory);
        inMemory = 0;
        if (failure != null) {
            throw failure;
        }
    }
}
