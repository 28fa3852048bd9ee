package dev.millrace.internal.h1;

import dev.millrace.http.Body;
import dev.millrace.http.Headers;
import dev.millrace.http.HttpException;
import dev.millrace.http.Limits;
import dev.millrace.http.MalformedMessageException;
import dev.millrace.http.Status;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.exchange.InboundBody;
import dev.millrace.internal.exchange.MessageStream;

/**
 * The content of one message on its way from the connection's bytes to its reader: finds its end (RFC 9112 §6), takes only
 * what is asked for, throws away what nobody wants, and measures whether it makes progress.
 */
final class RequestBody {
    /** What became of the bytes. */
    enum Outcome {
        /** All are taken, and more must come. */
        MORE,
        /** The reader does not ask for more now. */
        PAUSED,
        /** The content is over. */
        COMPLETE,
        /** The content breaks a rule: its end cannot be found any more. */
        REJECTED,
        /** More was thrown away than keeping the connection is worth. */
        TOO_MUCH
    }

    /** The state of {@code Expect: 100-continue} (RFC 9110 §10.1.1). */
    private enum Expectation {
        NONE,
        PENDING,
        MET
    }

    /** What becomes of the content that comes. */
    private enum State {
        /** The reader gets it, or nobody has wanted any yet. */
        ARRIVING,
        /** The response is out: it is thrown away. */
        DISCARDED,
        /** There is no more. */
        COMPLETE,
        /** The rest does not come, or cannot be told from what follows. */
        CUT_OFF
    }

    /** Who has to do something next. */
    private enum Turn {
        PEER,
        READER
    }

    private final InboundBody reader;
    private final Limits limits;
    private final @Nullable ChunkedDecoder chunks;
    private long remaining; // of a body with a length
    private final ContentFraming framing;
    private Expectation expectation = Expectation.NONE;
    private State state = State.ARRIVING;
    private long discarded;
    private int position;
    private long windowEnd;
    private long windowBytes;
    private @Nullable HttpException failure;
    private Headers trailers = Headers.empty();
    private Turn turn = Turn.READER; // when it was looked at last
    private long stoodStillSince;

    /** The content of a request. */
    RequestBody(MessageStream stream, RequestHead head, Limits limits, long now, long windowNanos) {
        this(
                stream,
                head.framing() == RequestHead.Framing.CHUNKED ? ContentFraming.CHUNKED : ContentFraming.LENGTH,
                head.contentLength(),
                limits,
                now,
                windowNanos);
        this.expectation = head.expectContinue() ? Expectation.PENDING : Expectation.NONE;
    }

    /**
     * The content of a message.
     *
     * @param stream brings it
     * @param framing how its end is found
     * @param length of the content where that is how
     * @param limits the bounds
     * @param now the loop's time
     * @param windowNanos in which it must make progress
     */
    RequestBody(MessageStream stream, ContentFraming framing, long length, Limits limits, long now, long windowNanos) {
        this.reader = new InboundBody(stream);
        this.limits = limits;
        this.framing = framing;
        this.chunks = framing == ContentFraming.CHUNKED ? new ChunkedDecoder(limits) : null;
        this.remaining = framing == ContentFraming.UNTIL_CLOSE ? Long.MAX_VALUE : length;
        this.windowEnd = now + windowNanos;
        this.stoodStillSince = now;
    }

    InboundBody reader() {
        return reader;
    }

    /** {@return the content as handlers see it, before any of it has come} */
    Body content() {
        return Body.publisher(reader, framing == ContentFraming.LENGTH ? remaining : Body.UNKNOWN_LENGTH)
                .withTrailers(reader::trailers);
    }

    /**
     * Takes bytes.
     *
     * @return what became of them; {@link #position()} tells up to where they were taken
     */
    Outcome feed(byte[] bytes, int offset, int end) {
        expectation = Expectation.NONE; // the peer does not wait, or has waited long enough (RFC 9110 §10.1.1)
        Outcome outcome = chunks == null ? feedLength(bytes, offset, end) : feedChunks(chunks, bytes, offset, end);
        windowBytes += position - offset;
        return outcome;
    }

    /** {@return whether bytes are taken: the reader asks for them, or they are to be thrown away} */
    boolean takes() {
        return state == State.DISCARDED || reader.unwanted() || reader.wants();
    }

    private Outcome feedLength(byte[] bytes, int offset, int end) {
        position = offset;
        while (remaining > 0) {
            if (position == end) {
                return Outcome.MORE;
            }
            if (!takes()) {
                return Outcome.PAUSED;
            }
            int n = (int) Math.min(end - position, remaining);
            int from = position;
            position += n;
            remaining -= n;
            if (!take(bytes, from, n)) {
                return Outcome.TOO_MUCH;
            }
        }
        state = State.COMPLETE;
        return Outcome.COMPLETE;
    }

    private Outcome feedChunks(ChunkedDecoder decoder, byte[] bytes, int offset, int end) {
        position = offset;
        while (true) {
            ChunkedDecoder.Event event = decoder.next(bytes, position, end, takes());
            position = decoder.position();
            switch (event) {
                case DATA:
                    if (decoder.dataLength() == 0) {
                        return Outcome.PAUSED;
                    }
                    if (!take(bytes, decoder.dataOffset(), decoder.dataLength())) {
                        return Outcome.TOO_MUCH;
                    }
                    break;
                case END:
                    trailers = decoder.trailers();
                    state = State.COMPLETE;
                    return Outcome.COMPLETE;
                case NEED_MORE:
                    return Outcome.MORE;
                case REJECTED:
                    cutOff(new MalformedMessageException(decoder.status(), decoder.detail()));
                    return Outcome.REJECTED;
            }
        }
    }

    /** Hands bytes to the reader or throws them away; says whether that is still worth it. */
    private boolean take(byte[] bytes, int offset, int length) {
        if (reader.wants()) {
            reader.deliver(bytes, offset, length);
            return true;
        }
        discarded += length;
        return discarded <= limits.discard();
    }

    /** The peer has ended its sending: says whether that is the end of the content, and not too early. */
    boolean endsWithConnection() {
        if (framing != ContentFraming.UNTIL_CLOSE || state == State.CUT_OFF) {
            return false;
        }
        state = State.COMPLETE;
        return true;
    }

    /** {@return how many bytes are still to come, as far as that is known} */
    long missing() {
        return chunks == null ? remaining : Long.MAX_VALUE;
    }

    int position() {
        return position;
    }

    /** {@return whether what was rejected is not wrong but more than a bound allows} */
    boolean overBound() {
        return failure instanceof MalformedMessageException malformed
                && (malformed.status() == Status.CONTENT_TOO_LARGE
                        || malformed.status() == Status.REQUEST_HEADER_FIELDS_TOO_LARGE);
    }

    /** The rest will not come: the reason, for {@link #tellReader()}. */
    void cutOff(HttpException why) {
        failure = why;
        state = State.CUT_OFF;
    }

    /** Tells the reader how the content has ended. */
    void tellReader() {
        if (failure != null) {
            reader.fail(failure);
        } else if (state == State.COMPLETE) {
            reader.complete(trailers);
        } else {
            reader.drop();
        }
    }

    /** The response is out: what still comes is thrown away. */
    void discardRest() {
        state = State.DISCARDED;
        reader.drop();
    }

    /**
     * {@return whether a response that begins now has to be the last: the peer may send the content that it has announced or
     * leave it out, or nobody has begun to read it and it is too long to be thrown away}
     */
    boolean endsConnectionIfAnsweredNow() {
        return expectation == Expectation.PENDING || (reader.unread() && notWorthDiscarding());
    }

    /** {@return whether what is still to come is known to be more than keeping the connection is worth} */
    boolean notWorthDiscarding() {
        return expectation == Expectation.PENDING || remaining > limits.discard();
    }

    /** Whether the peer is now to be told to go on, which happens once. */
    boolean meetExpectation() {
        if (expectation == Expectation.PENDING && reader.wants()) {
            expectation = Expectation.MET;
            return true;
        }
        return false;
    }

    long windowEnd() {
        return windowEnd;
    }

    /**
     * Looks at the end of an event at who is waited for. While it is not the peer, its window of progress stands still.
     *
     * @param now the loop's time
     */
    void look(long now) {
        Turn next = takes() ? Turn.PEER : Turn.READER;
        if (next == turn) {
            return;
        }
        if (next == Turn.PEER) {
            windowEnd += now - stoodStillSince;
        } else {
            stoodStillSince = now;
        }
        turn = next;
    }

    /** {@return whether the peer is waited for: the reader asks for bytes, or they are to be thrown away} */
    boolean waitsForPeer() {
        return turn == Turn.PEER;
    }

    /** Begins the next window of progress. */
    void nextWindow(long end) {
        windowEnd = end;
        windowBytes = 0;
    }

    /** {@return whether enough has come since the window began} */
    boolean progressed(long enough) {
        return windowBytes >= enough;
    }
}
