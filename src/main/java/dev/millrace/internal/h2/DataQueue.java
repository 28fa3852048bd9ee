package dev.millrace.internal.h2;

import dev.millrace.internal.bytes.ByteAccumulator;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.transport.Loop;
import dev.millrace.internal.transport.Transport;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayDeque;

/** What a stream is still to send as DATA: pieces of arrays that nobody changes any more, and of files. */
final class DataQueue {
    private static final byte[] NOTHING = new byte[0];

    /** A piece up to this size is put together with others that wait. */
    private static final int SMALL = 256;

    private static final int GATHERED = 4096;

    private static final class Piece {
        final byte[] bytes;
        final @Nullable FileChannel file;
        long offset; // in the array or the file
        long left;

        Piece(byte[] bytes, @Nullable FileChannel file, long offset, long left) {
            this.bytes = bytes;
            this.file = file;
            this.offset = offset;
            this.left = left;
        }
    }

    private final Loop loop;
    private final HeldOutput held;
    private @Nullable Piece first;
    private @Nullable Piece gathering; // the last one, if it still takes small pieces
    private @Nullable ArrayDeque<Piece> others; // most streams have one piece at a time
    private long pending;
    private int prepared;
    private byte[] fromFile = NOTHING;
    private byte[] runBytes = NOTHING;
    private int runOffset;

    /**
     * An empty queue.
     *
     * @param loop is told of files that cannot be closed
     * @param held counts what waits in arrays
     */
    DataQueue(Loop loop, HeldOutput held) {
        this.loop = loop;
        this.held = held;
    }

    /** {@return how many bytes wait} */
    long pending() {
        return pending;
    }

    /** Adds bytes that nobody changes any more. */
    void add(byte[] array, int from, int length) {
        if (length > SMALL || pending == 0) {
            add(new Piece(array, null, from, length));
            return;
        }
        // many small pieces would cost many times their bytes while they wait: these are put together
        Piece last = gathering;
        if (last == null || last.left == 0 || last.offset + last.left + length > GATHERED) {
            last = new Piece(new byte[GATHERED], null, 0, 0);
            add(last);
            gathering = last;
        }
        System.arraycopy(array, from, last.bytes, (int) (last.offset + last.left), length);
        last.left += length;
        pending += length;
        held.add(length);
    }

    /** Adds a part of a file, which is closed when it has been read or dropped. */
    void add(FileChannel file, long position, long length) {
        add(new Piece(NOTHING, file, position, length));
    }

    private void add(Piece piece) {
        gathering = null;
        pending += piece.left;
        if (piece.file == null) {
            held.add(piece.left);
        }
        if (first == null) {
            first = piece;
            return;
        }
        if (others == null) {
            others = new ArrayDeque<>(4);
        }
        others.add(piece);
    }

    /**
     * Decides what goes into the next frame: arrays, or a part of one file, which is read now.
     *
     * @param max how many bytes at the most, more than 0
     * @param fileBuffer takes what comes from a file
     * @return how many bytes it is going to be: 0 if nothing waits
     * @throws IOException if a file cannot be read, or has become shorter
     */
    int prepare(int max, byte[] fileBuffer) throws IOException {
        Piece piece = first;
        if (piece == null) {
            prepared = 0;
        } else if (piece.file == null) {
            prepared = arrays(piece, max);
        } else {
            int wanted = (int) Math.min(Math.min(max, fileBuffer.length), piece.left);
            prepared = piece.file.read(ByteBuffer.wrap(fileBuffer, 0, wanted), piece.offset);
            if (prepared <= 0) {
                throw new EOFException(
                        "a file that is being sent has become shorter: " + piece.left + " bytes are missing");
            }
            fromFile = fileBuffer;
        }
        return prepared;
    }

    private int arrays(Piece piece, int max) {
        long n = piece.left;
        if (n < max && others != null) {
            for (Piece next : others) {
                if (next.file != null || n >= max) {
                    break;
                }
                n += next.left;
            }
        }
        return (int) Math.min(n, max);
    }

    /** Takes the bytes of the prepared frame to where frames are encoded. */
    void copyTo(ByteAccumulator out) {
        while (prepared > 0) {
            int n = run();
            out.put(runBytes, runOffset, n);
        }
    }

    /** Sends the bytes of the prepared frame. */
    void writeTo(Transport transport) {
        while (prepared > 0) {
            boolean file = first != null && first.file != null;
            int n = run();
            if (file) {
                transport.write(runBytes, runOffset, n);
            } else {
                transport.writeStable(runBytes, runOffset, n);
            }
        }
    }

    /** Takes the next run of bytes out of the first piece: {@link #runBytes} from {@link #runOffset} on. */
    private int run() {
        Piece piece = first;
        if (piece == null) {
            throw new IllegalStateException("more was prepared than waits");
        }
        int n = (int) Math.min(piece.left, prepared);
        runBytes = piece.file == null ? piece.bytes : fromFile;
        runOffset = piece.file == null ? (int) piece.offset : 0;
        piece.offset += n;
        piece.left -= n;
        pending -= n;
        if (piece.file == null) {
            held.remove(n);
        }
        prepared -= n;
        if (piece.left == 0) {
            first = others == null ? null : others.poll();
            close(piece);
        }
        return n;
    }

    /** Drops everything. */
    void clear() {
        long inArrays = 0;
        for (Piece piece = first; piece != null; piece = others == null ? null : others.poll()) {
            inArrays += piece.file == null ? piece.left : 0;
            close(piece);
        }
        first = null;
        pending = 0;
        prepared = 0;
        held.remove(inArrays);
    }

    private void close(Piece piece) {
        if (piece.file != null) {
            try {
                piece.file.close();
            } catch (IOException e) { // what was read of it is right
                loop.report("closing a file that was being sent", e);
            }
        }
    }
}
