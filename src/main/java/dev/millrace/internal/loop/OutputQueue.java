package dev.millrace.internal.loop;

import dev.millrace.internal.bytes.Nullable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;

/** What a connection's peer does not take yet, and how fast it takes it. Exists only while something waits. */
final class OutputQueue {
    /** Small pieces are put together up to this size. */
    private static final int COMBINED = 8 << 10;

    private static final byte[] NOTHING = new byte[0];

    private static final class Piece {
        final byte[] bytes;
        final @Nullable FileChannel file;
        final @Nullable ByteBuffer direct;
        final boolean stable;
        long offset;
        long left;

        Piece(byte[] bytes, int offset, int left, boolean stable) {
            this.bytes = bytes;
            this.file = null;
            this.direct = null;
            this.offset = offset;
            this.left = left;
            this.stable = stable;
        }

        Piece(FileChannel file, long position, long left) {
            this.bytes = NOTHING;
            this.file = file;
            this.direct = null;
            this.offset = position;
            this.left = left;
            this.stable = true;
        }

        Piece(ByteBuffer direct) {
            this.bytes = NOTHING;
            this.file = null;
            this.direct = direct;
            this.left = direct.remaining();
            this.stable = true;
        }

        int room() {
            return stable ? 0 : bytes.length - (int) (offset + left);
        }
    }

    private final ArrayDeque<Piece> pieces = new ArrayDeque<>(4);
    private long pending;
    private long windowEnd;
    private long windowBytes;
    private long sent;

    /** Begins to measure the peer's progress. */
    OutputQueue(long windowEnd) {
        this.windowEnd = windowEnd;
    }

    long pending() {
        return pending;
    }

    /** {@return how many bytes have left so far} */
    long sent() {
        return sent;
    }

    long windowEnd() {
        return windowEnd;
    }

    /**
     * Looks at the progress of the window that has ended and begins the next.
     *
     * @return whether the peer took enough
     */
    boolean progressed(long enough, long nextWindowEnd) {
        boolean progressed = windowBytes >= enough;
        windowBytes = 0;
        windowEnd = nextWindowEnd;
        return progressed;
    }

    /** Adds bytes that the caller goes on using. */
    void addCopy(byte[] bytes, int offset, int length) {
        Piece last = pieces.peekLast();
        int from = offset;
        int left = length;
        pending += length;
        if (last != null && last.room() > 0) {
            int n = Math.min(last.room(), left);
            System.arraycopy(bytes, from, last.bytes, (int) (last.offset + last.left), n);
            last.left += n;
            from += n;
            left -= n;
        }
        if (left > 0) {
            byte[] copy = new byte[Math.max(left, COMBINED)];
            System.arraycopy(bytes, from, copy, 0, left);
            pieces.add(new Piece(copy, 0, left, false));
        }
    }

    /** Adds what is left in a buffer. */
    void addCopy(ByteBuffer buffer) {
        int left = buffer.remaining();
        byte[] copy = new byte[left];
        buffer.get(copy);
        pieces.add(new Piece(copy, 0, left, true));
        pending += left;
    }

    /** Adds bytes that nobody changes any more. */
    void addStable(byte[] bytes, int offset, int length) {
        pieces.add(new Piece(bytes, offset, length, true));
        pending += length;
    }

    /** Adds what is left in a direct buffer that nobody changes any more. */
    void addDirect(ByteBuffer buffer) {
        pieces.add(new Piece(buffer));
        pending += buffer.remaining();
    }

    /** Adds a part of a file, which is closed when it is out or dropped. */
    void addFile(FileChannel file, long position, long length) {
        pieces.add(new Piece(file, position, length));
        pending += length;
    }

    /**
     * Sends as much as the socket takes.
     *
     * @param socket where to
     * @param staging an empty direct buffer to send heap bytes through
     * @return whether everything is out
     * @throws IOException if the connection is gone, or a file
     */
    boolean send(SocketChannel socket, ByteBuffer staging) throws IOException {
        for (Piece piece; (piece = pieces.peek()) != null; ) {
            if (!send(socket, piece, staging)) {
                return false;
            }
            pieces.remove();
            if (piece.file != null) {
                piece.file.close();
            }
        }
        return true;
    }

    private boolean send(SocketChannel socket, Piece piece, ByteBuffer staging) throws IOException {
        if (piece.file != null) {
            return sendFile(socket, piece, piece.file);
        }
        if (piece.direct != null) {
            moved(piece, socket.write(piece.direct));
            return piece.left == 0;
        }
        return sendBytes(socket, piece, staging);
    }

    private boolean sendBytes(SocketChannel socket, Piece piece, ByteBuffer staging) throws IOException {
        while (piece.left > 0) {
            staging.clear();
            staging.put(piece.bytes, (int) piece.offset, (int) Math.min(staging.remaining(), piece.left));
            staging.flip();
            int offered = staging.remaining();
            int n = socket.write(staging);
            staging.clear();
            moved(piece, n);
            if (n < offered) {
                return false;
            }
        }
        return true;
    }

    private boolean sendFile(SocketChannel socket, Piece piece, FileChannel file) throws IOException {
        while (piece.left > 0) {
            long n = file.transferTo(piece.offset, piece.left, socket);
            moved(piece, n);
            if (n == 0) {
                if (piece.offset >= file.size()) {
                    throw new EOFException(
                            "a file that is being sent has become shorter: " + piece.left + " bytes are missing");
                }
                return false;
            }
        }
        return true;
    }

    private void moved(Piece piece, long n) {
        piece.offset += n;
        piece.left -= n;
        pending -= n;
        windowBytes += n;
        sent += n;
    }

    /** Drops everything. */
    void clear() throws IOException {
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
        if (failure != null) {
            throw failure;
        }
    }
}
