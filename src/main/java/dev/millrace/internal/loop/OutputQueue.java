package dev.millrace.internal.loop;

import dev.millrace.internal.transport.Holding;
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

    /** What is sent of a file at a time. */
    private static final long TRANSFER = 1 << 30;

    /** Something that waits, or what is left of it. */
    private abstract static class Piece {
        long left;

        Piece(long left) {
            this.left = left;
        }

        /** Sends some of it; says whether the socket took all that it was offered. */
        abstract boolean send(SocketChannel socket, ByteBuffer staging) throws IOException;

        /** {@return whether what is left of it is memory of its own} */
        boolean held() {
            return false;
        }

        /** Nothing more of it is going to be sent. */
        void close() throws IOException {}
    }

    /** Bytes of an array. */
    private static final class Bytes extends Piece {
        final byte[] array;
        int offset;
        int room; // behind the last byte, for more of them

        Bytes(byte[] array, int offset, int length, int room) {
            super(length);
            this.array = array;
            this.offset = offset;
            this.room = room;
        }

        @Override
        boolean held() {
            return true;
        }

        int append(byte[] bytes, int from, int length) {
            int n = Math.min(room, length);
            System.arraycopy(bytes, from, array, offset + (int) left, n);
            left += n;
            room -= n;
            return n;
        }

        @Override
        boolean send(SocketChannel socket, ByteBuffer staging) throws IOException {
            staging.clear();
            staging.put(array, offset, (int) Math.min(staging.remaining(), left));
            staging.flip();
            int n = socket.write(staging);
            boolean all = !staging.hasRemaining();
            staging.clear();
            offset += n;
            left -= n;
            return all;
        }
    }

    /** A direct buffer that nobody changes any more. */
    private static final class Direct extends Piece {
        final ByteBuffer buffer;

        Direct(ByteBuffer buffer) {
            super(buffer.remaining());
            this.buffer = buffer;
        }

        @Override
        boolean send(SocketChannel socket, ByteBuffer staging) throws IOException {
            left -= socket.write(buffer);
            return left == 0;
        }
    }

    /** A part of a file that others send, too: its pages leave as they are, copied by nobody. */
    private static class Pages extends Piece {
        final FileChannel file;
        long position;

        Pages(FileChannel file, long position, long length) {
            super(length);
            this.file = file;
            this.position = position;
        }

        @Override
        boolean send(SocketChannel socket, ByteBuffer staging) throws IOException {
            long offered = Math.min(left, TRANSFER);
            long n = file.transferTo(position, offered, socket);
            if (n == 0 && position >= file.size()) {
                throw new EOFException("a file that is being sent has become shorter: " + left + " bytes are missing");
            }
            position += n;
            left -= n;
            return n == offered;
        }
    }

    /** A part of a file of its own. */
    private static final class OwnFile extends Pages {
        OwnFile(FileChannel file, long position, long length) {
            super(file, position, length);
        }

        @Override
        void close() throws IOException {
            file.close();
        }
    }

    private final ArrayDeque<Piece> pieces = new ArrayDeque<>(4);
    private final Holding holding;
    private long pending;
    private long held; // of that, memory
    private long windowEnd;
    private long windowBytes;
    private long sent;

    /**
     * Begins to measure the peer's progress.
     *
     * @param windowEnd the end of its first window
     * @param holding counts what waits in memory
     */
    OutputQueue(long windowEnd, Holding holding) {
        this.windowEnd = windowEnd;
        this.holding = holding;
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

    private void add(Piece piece) {
        pieces.add(piece);
        pending += piece.left;
        if (piece.held()) {
            hold(piece.left);
        }
    }

    private void hold(long more) {
        held += more;
        holding.add(more); // or less
    }

    /** Adds bytes that the caller goes on using. */
    void addCopy(byte[] bytes, int offset, int length) {
        int appended = 0;
        if (pieces.peekLast() instanceof Bytes last) {
            appended = last.append(bytes, offset, length);
            pending += appended;
            hold(appended);
        }
        int left = length - appended;
        if (left > 0) {
            byte[] copy = new byte[Math.max(left, COMBINED)];
            System.arraycopy(bytes, offset + appended, copy, 0, left);
            add(new Bytes(copy, 0, left, copy.length - left));
        }
    }

    /** Adds what is left in a buffer that the caller goes on using. */
    void addCopy(ByteBuffer buffer) {
        byte[] copy = new byte[buffer.remaining()];
        buffer.get(copy);
        add(new Bytes(copy, 0, copy.length, 0));
    }

    /** Adds bytes that nobody changes any more. */
    void addStable(byte[] bytes, int offset, int length) {
        add(new Bytes(bytes, offset, length, 0));
    }

    /** Adds what is left in a direct buffer that nobody changes any more. */
    void addDirect(ByteBuffer buffer) {
        add(new Direct(buffer));
    }

    /** Adds a part of a file that is not closed here. */
    void addPages(FileChannel file, long position, long length) {
        add(new Pages(file, position, length));
    }

    /** Adds a part of a file, which is closed when it is out or dropped. */
    void addFile(FileChannel file, long position, long length) {
        add(new OwnFile(file, position, length));
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
            while (piece.left > 0) {
                long before = piece.left;
                boolean all = piece.send(socket, staging);
                long n = before - piece.left;
                pending -= n;
                if (piece.held()) {
                    hold(-n);
                }
                windowBytes += n;
                sent += n;
                if (!all) {
                    return false;
                }
            }
            pieces.remove();
            piece.close();
        }
        return true;
    }

    /** Drops everything. */
    void clear() throws IOException {
        IOException failure = null;
        for (Piece piece; (piece = pieces.poll()) != null; ) {
            try {
                piece.close();
            } catch (IOException e) {
                failure = e;
            }
        }
        pending = 0;
        hold(-held);
        if (failure != null) {
            throw failure;
        }
    }
}
