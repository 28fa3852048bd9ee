package dev.millrace.internal.h2;

import dev.millrace.http.Headers;
import dev.millrace.http.HttpException;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.exchange.InboundBody;

/**
 * The content that arrives on one stream, on its way to its reader. What comes while nobody asks for it waits here, which the
 * stream's window bounds; the window opens again as the reader takes it (RFC 9113 §5.2).
 */
final class StreamInput {
    private enum End {
        COMING,
        /** It is here, but the reader has not taken all that came before it. */
        WAITING,
        TOLD
    }

    private final int id;
    private final ReceiveWindow window;
    private final long expected; // what Content-Length says, or -1
    private int modest; // the window's size to begin with
    private final UnreadContent unread;
    private @Nullable InboundBody reader;
    private @Nullable WaitingBytes waiting;
    private boolean counted = true; // in the connection's unread content
    private long arrived;
    private long discarded;
    private End end = End.COMING;
    private Headers trailers = Headers.empty();
    private @Nullable HttpException failure;
    private long moved; // since the last look
    private int consumed; // since that was last asked
    private int taken; // of what had waited, since that was last asked

    /**
     * The input of a stream.
     *
     * @param id the stream's number
     * @param window what the peer may send
     * @param expected what Content-Length says, or -1
     * @param unread counts what waits
     * @param reader takes it; {@code null} if that is not known yet
     */
    StreamInput(int id, ReceiveWindow window, long expected, UnreadContent unread, @Nullable InboundBody reader) {
        this.id = id;
        this.window = window;
        this.modest = window.available();
        this.expected = expected;
        this.unread = unread;
        this.reader = reader;
    }

    /** A tunnel's reader is known later than its stream. */
    void readBy(InboundBody newReader) {
        reader = newReader;
        deliver();
    }

    @Nullable
    InboundBody reader() {
        return reader;
    }

    /** A DATA frame begins. */
    void frame(int payloadLength) throws Http2Error {
        window.received(payloadLength);
    }

    /** Content has arrived. */
    void take(byte[] bytes, int offset, int length) throws Http2Error {
        arrived += length;
        moved += length;
        if (expected >= 0 && arrived > expected) {
            throw Http2Error.stream(id, ErrorCode.PROTOCOL_ERROR, "more content than content-length says");
        }
        InboundBody taker = reader;
        if (taker != null && taker.unwanted()) {
            discarded += length;
            consume(length);
        } else if (taker != null && waitingBytes() == 0 && taker.wants()) {
            consume(length);
            taker.deliver(bytes, offset, length);
        } else {
            if (waiting == null) {
                waiting = new WaitingBytes();
            }
            waiting.add(bytes, offset, length);
            unread.add(length);
        }
    }

    private void consume(int bytes) {
        window.consumed(bytes);
        consumed += bytes;
    }

    /** Bytes of a frame that are no content: padding. */
    void skip(int length) {
        window.consumed(length);
    }

    /** The peer ends the stream: has all arrived that it has announced? */
    void requireWhole() throws Http2Error {
        if (expected >= 0 && arrived != expected) {
            throw Http2Error.stream(id, ErrorCode.PROTOCOL_ERROR, "less content than content-length says");
        }
    }

    /** The peer has ended the stream. */
    void end(Headers fields) {
        trailers = fields;
        end = End.WAITING;
        deliver();
    }

    /** The rest will not come. What waits is still the reader's. */
    void fail(HttpException why) {
        failure = why;
        end = End.WAITING;
        deliver();
    }

    /** Takes all that has come, in place of a reader. Nothing was delivered before. */
    byte[] takeAll() {
        byte[] all = new byte[waitingBytes()];
        WaitingBytes bytes = waiting;
        int at = 0;
        while (bytes != null && bytes.length() > 0) {
            int length = bytes.firstLength();
            System.arraycopy(bytes.remove(), 0, all, at, length);
            at += length;
        }
        if (counted) {
            unread.remove(at);
        }
        end = End.TOLD;
        return all;
    }

    /** Nobody is going to read the rest. */
    void drop() {
        if (reader != null) {
            reader.drop();
        }
        deliver();
    }

    /** Hands over what waits while it is asked for. */
    void deliver() {
        InboundBody taker = reader;
        if (taker == null) {
            return;
        }
        WaitingBytes bytes = waiting;
        while (bytes != null && bytes.length() > 0 && (taker.wants() || taker.unwanted())) {
            int length = bytes.firstLength();
            byte[] piece = bytes.remove();
            consume(length);
            taken += length;
            if (counted) {
                unread.remove(length);
            }
            if (taker.unwanted()) {
                discarded += length;
            } else {
                taker.deliver(piece, 0, length);
            }
        }
        if (end == End.WAITING && waitingBytes() == 0) {
            end = End.TOLD;
            HttpException cut = failure;
            if (cut != null) {
                taker.fail(cut);
            } else {
                taker.complete(trailers);
            }
        }
    }

    /**
     * Its stream is gone from the connection. What waits is still the reader's, but no reason any more to let the peer wait:
     * it is bounded by the number of handlers that may work.
     */
    void detach() {
        if (counted) {
            counted = false;
            unread.remove(waitingBytes());
        }
    }

    /** {@return by how much the peer's window is to be opened now, or 0: for a reader that keeps up it may grow} */
    int increment() {
        return waitingBytes() == 0 ? window.increment() : window.increment(modest);
    }

    /** The window is to have another size. */
    void resize(int size) {
        window.resize(size);
    }

    /**
     * The peer has seen what window we announce.
     *
     * @param difference from what it went by
     */
    void adjust(int difference) {
        window.adjust(difference);
        modest += difference;
    }

    /** {@return how many bytes were read, or thrown away, since this was last asked} */
    int consumed() {
        int n = consumed;
        consumed = 0;
        return n;
    }

    /** {@return how many bytes that had waited were read, or thrown away, since this was last asked} */
    int taken() {
        int n = taken;
        taken = 0;
        return n;
    }

    /** {@return whether somebody waits for bytes of the peer} */
    boolean waitsForPeer() {
        InboundBody taker = reader;
        return end == End.COMING && taker != null && waitingBytes() == 0 && taker.wants();
    }

    /** {@return how many bytes have come since this was last asked} */
    long moved() {
        long n = moved;
        moved = 0;
        return n;
    }

    /** {@return how much came that nobody wanted} */
    long discarded() {
        return discarded;
    }

    /** {@return how much is still to come, or -1 if that is not known} */
    long missing() {
        return expected < 0 ? -1 : expected - arrived;
    }

    /** {@return how much has arrived} */
    long arrived() {
        return arrived;
    }

    /** {@return how many bytes wait for the reader} */
    int waitingBytes() {
        WaitingBytes bytes = waiting;
        return bytes == null ? 0 : bytes.length();
    }
}
