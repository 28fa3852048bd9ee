package dev.millrace.internal.h2;

import dev.millrace.http.Headers;
import dev.millrace.http.HttpException;
import dev.millrace.internal.bytes.Nullable;
import java.io.IOException;

/**
 * One stream of a connection, as client and server have it in common: its state, what it is still to send, and what it has
 * received. Lives on its connection's loop.
 */
abstract class Http2Stream extends Scheduled {
    /** How far our side of a stream has come. */
    private enum Sending {
        OPEN,
        /** Ends when what waits is out. */
        ENDING,
        ENDED
    }

    final Http2Connection connection;
    private final int id;
    private StreamState state = StreamState.IDLE;
    private Sending sending = Sending.OPEN;
    final SendWindow window;
    private final DataQueue queue;
    private Headers trailers = Headers.empty();
    private @Nullable StreamInput input;
    private final StreamClock clock;

    /**
     * A stream that is about to be opened.
     *
     * @param connection what carries it
     * @param id its number
     */
    Http2Stream(Http2Connection connection, int id) {
        super(id);
        this.connection = connection;
        this.id = id;
        this.queue = new DataQueue(connection.loop(), connection.output().held());
        this.window = new SendWindow(id, connection.input().peer.initialWindowSize());
        this.clock = new StreamClock(connection.loop().now());
    }

    final int id() {
        return id;
    }

    final StreamState state() {
        return state;
    }

    /** The first header section has come. */
    final void open(boolean endStream) {
        state = state.open();
        if (endStream) {
            state = state.endRemote();
        }
    }

    /** One side has reset it. */
    final void reset() {
        state = state.reset();
    }

    final StreamClock clock() {
        return clock;
    }

    // ---- in

    final @Nullable StreamInput input() {
        return input;
    }

    final void input(StreamInput arriving) {
        input = arriving;
    }

    /** The peer has ended its side. */
    final void ended(Headers fields) throws Http2Error {
        StreamInput arriving = input;
        if (arriving != null) {
            arriving.requireWhole(); // while the state still says that there is a stream to be reset
        }
        state = state.endRemote();
        if (arriving != null) {
            arriving.end(fields);
        }
    }

    /** {@return whether the rest of what the peer sends is worth being thrown away, so that the stream ends in order} */
    final boolean worthDiscarding(long bound) {
        StreamInput arriving = input;
        return arriving == null || (arriving.missing() <= bound && arriving.discarded() <= bound);
    }

    // ---- out

    /** Queues content in an array that nobody changes any more. */
    final void send(byte[] bytes, int offset, int length) {
        if (sending == Sending.OPEN) {
            queue.add(bytes, offset, length);
            connection.output().ready(this);
        }
    }

    final DataQueue queue() {
        return queue;
    }

    /** Ends our side when what waits is out. */
    final void finishSending(Headers fields) {
        if (sending == Sending.OPEN) {
            sending = Sending.ENDING;
            trailers = fields;
            connection.output().ready(this);
        }
    }

    /** The header section has ended our side. */
    final void endedByHeaders() {
        sending = Sending.ENDED;
    }

    /** {@return whether our side can still send} */
    final boolean canSend() {
        return sending == Sending.OPEN;
    }

    /** {@return whether our side ends with what waits} */
    final boolean ending() {
        return sending == Sending.ENDING;
    }

    /** {@return whether there is something to be sent that its window allows} */
    final boolean sendable() {
        return queue.pending() > 0 ? window.available() > 0 : sending == Sending.ENDING;
    }

    /** {@return the trailer section that follows the content} */
    final Headers trailers() {
        return trailers;
    }

    /** The last frame of our side is out. */
    final void sentEnd() {
        sending = Sending.ENDED;
        state = state.endLocal();
        connection.streams().sent(this);
    }

    /** Drops what is still to be sent. */
    final void dropOutput() {
        sending = Sending.ENDED;
        queue.clear();
    }

    // ---- what the roles do

    /** Tells the one who gives its content if more may be given after it could not. */
    abstract void tellSendable();

    /** What it was to send cannot be read. */
    abstract void sourceFailed(IOException cause);

    /** {@return whether it was opened to carry bytes of another protocol, and no message} */
    abstract boolean tunnel();

    /** More content has come than there may be. */
    abstract void tooLarge();

    /** {@return how long our side may take} */
    abstract long localNanos();

    /** {@return whether somebody works for it, and goes on doing so when it is gone} */
    abstract boolean working();

    /** A deadline has passed. */
    abstract void onDeadline(StreamClock.Wait waited);

    /** {@return what is waited for now} */
    abstract StreamClock.Wait waitsFor();

    /** The stream is over before it was complete. */
    abstract void cancelled(HttpException cause);

    /** The server is stopping. */
    abstract void drain();

    /** The stream is gone from the connection. */
    abstract void closed();
}
