package dev.millrace.files;

import dev.millrace.files.ByteRanges.Range;
import dev.millrace.http.Body;
import dev.millrace.internal.bytes.Nullable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Several ranges of a file as {@code multipart/byteranges} (RFC 9110 §14.6). Of the file never more is held than the
 * piece that was asked for; the file is open from the first demand to the end or the cancelling.
 */
final class Parts implements Flow.Publisher<ByteBuffer> {
    private static final int PIECE = 64 << 10;

    /** Seeded when the first such response is made. */
    private static final class Boundaries {
        private static final SecureRandom RANDOM = new SecureRandom();

        /** Nobody who writes a file's content can know it. */
        static String next() {
            byte[] bytes = new byte[16];
            RANDOM.nextBytes(bytes);
            return HexFormat.of().formatHex(bytes);
        }
    }

    private final Path file;
    private final List<Range> ranges;
    private final byte[][] heads;
    private final byte[] end;
    private final String boundary;

    /**
     * The parts of a file.
     *
     * @param file the file
     * @param size its size
     * @param type its media type
     * @param ranges the ranges, at least two
     */
    Parts(Path file, long size, String type, List<Range> ranges) {
        this.file = file;
        this.ranges = ranges;
        this.boundary = Boundaries.next();
        this.heads = new byte[ranges.size()][];
        for (int i = 0; i < heads.length; i++) {
            String head = (i == 0 ? "--" : "\r\n--") + boundary + "\r\nContent-Type: " + type + "\r\nContent-Range: "
                    + ranges.get(i).of(size) + "\r\n\r\n";
            heads[i] = head.getBytes(StandardCharsets.ISO_8859_1);
        }
        this.end = ("\r\n--" + boundary + "--\r\n").getBytes(StandardCharsets.ISO_8859_1);
    }

    String contentType() {
        return "multipart/byteranges; boundary=" + boundary;
    }

    Body body() {
        long length = end.length;
        for (int i = 0; i < heads.length; i++) {
            length += heads[i].length + ranges.get(i).length();
        }
        return Body.publisher(this, length);
    }

    @Override
    public void subscribe(Flow.Subscriber<? super ByteBuffer> subscriber) {
        Sending sending = new Sending(subscriber);
        subscriber.onSubscribe(sending);
        sending.give(); // the turn that it was born with: nothing is given before onSubscribe has returned
    }

    private enum State {
        OPEN,
        /** The subscriber asked for less than one piece, and is going to be told. */
        BAD_DEMAND,
        ENDED
    }

    /**
     * Gives pieces on whichever thread asks, never on two at once: whoever finds another one at it leaves it the work. So
     * asking from within {@code onNext} makes no recursion, and the channel is touched by one thread at a time.
     */
    private final class Sending implements Flow.Subscription {
        private final Flow.Subscriber<? super ByteBuffer> subscriber;
        private final AtomicReference<State> state = new AtomicReference<>(State.OPEN);
        private final AtomicLong demand = new AtomicLong();
        private final AtomicInteger turns = new AtomicInteger(1);
        // of the thread whose turn it is
        private @Nullable FileChannel channel;
        private int part;
        private long sent = -1; // of the part's bytes; -1 while its head is to be sent
        private boolean endSent;

        Sending(Flow.Subscriber<? super ByteBuffer> subscriber) {
            this.subscriber = subscriber;
        }

        @Override
        public void request(long n) {
            if (n <= 0) {
                state.compareAndSet(State.OPEN, State.BAD_DEMAND);
            } else {
                long before = demand.get();
                while (!demand.compareAndSet(before, before + n < 0 ? Long.MAX_VALUE : before + n)) {
                    before = demand.get();
                }
            }
            turn();
        }

        @Override
        public void cancel() {
            state.set(State.ENDED);
            turn(); // closes
        }

        private void turn() {
            if (turns.getAndIncrement() == 0) {
                give();
            }
        }

        private void give() {
            int seen = turns.get();
            do {
                givePieces();
                seen = turns.addAndGet(-seen);
            } while (seen != 0);
        }

        private void givePieces() {
            while (state.get() == State.OPEN && demand.get() > 0) {
                ByteBuffer piece;
                try {
                    piece = next();
                } catch (IOException e) {
                    end(e);
                    return;
                }
                demand.decrementAndGet();
                subscriber.onNext(piece);
                if (endSent) {
                    end(null);
                    return;
                }
            }
            if (state.get() == State.BAD_DEMAND) {
                end(new IllegalArgumentException("demand must be positive (Reactive Streams §3.9)"));
            } else if (state.get() == State.ENDED) {
                close();
            }
        }

        private void end(@Nullable Throwable failure) {
            close();
            if (state.getAndSet(State.ENDED) == State.ENDED) {
                return;
            }
            if (failure == null) {
                subscriber.onComplete();
            } else {
                subscriber.onError(failure);
            }
        }

        private ByteBuffer next() throws IOException {
            if (part == heads.length) {
                endSent = true;
                return ByteBuffer.wrap(end);
            }
            if (sent < 0) {
                sent = 0;
                return ByteBuffer.wrap(heads[part].clone());
            }
            Range range = ranges.get(part);
            ByteBuffer piece = ByteBuffer.allocate((int) Math.min(PIECE, range.length() - sent));
            FileChannel open = channel;
            if (open == null) {
                open = new Body.FileRegion(file, 0, 0).open();
                channel = open;
            }
            int read = open.read(piece, range.first() + sent);
            if (read <= 0) {
                throw new EOFException(file + " has become shorter while it was being sent");
            }
            sent += read;
            if (sent == range.length()) {
                part++;
                sent = -1;
            }
            return piece.flip();
        }

        private void close() {
            FileChannel open = channel;
            channel = null;
            if (open != null) {
                try {
                    open.close();
                } catch (IOException e) {
                    // It was only read: nothing is lost, and nobody could do anything about it.
                }
            }
        }
    }
}
