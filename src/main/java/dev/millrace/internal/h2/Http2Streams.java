package dev.millrace.internal.h2;

import dev.millrace.http.HttpException;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.transport.Transport;
import dev.millrace.observe.ConnectionState;
import java.util.function.Consumer;
import java.util.function.Function;

/** The streams of a connection, from their opening to their end, and what has to be counted of them. */
final class Http2Streams {
    private final Http2Connection connection;
    private final Transport transport;
    private final long worthDiscarding;
    private final StreamTable table = new StreamTable();
    private long gone;
    private @Nullable Throwable unexpected;
    private int working; // handlers of streams that are gone

    /**
     * The streams of a connection.
     *
     * @param connection what carries them
     * @param transport its lower end
     * @param worthDiscarding bytes of a request that are thrown away so that its stream ends in order
     */
    Http2Streams(Http2Connection connection, Transport transport, long worthDiscarding) {
        this.connection = connection;
        this.transport = transport;
        this.worthDiscarding = worthDiscarding;
    }

    /** {@return those that are open, and what is known of the others} */
    StreamTable table() {
        return table;
    }

    /** {@return whether none is open} */
    boolean isEmpty() {
        return table.size() == 0;
    }

    /** {@return how many have been opened} */
    long opened() {
        return gone + table.size();
    }

    /** {@return how many handlers work for this connection, those of streams that are gone included} */
    int load() {
        return table.size() + working;
    }

    /** Does something with each stream that is open now. */
    void forEach(Consumer<Http2Stream> action) {
        table.forEach(action);
    }

    /** A stream has been opened. */
    void add(Http2Stream stream) {
        connection.guard().streamOpened();
        if (isEmpty()) {
            transport.state(ConnectionState.ACTIVE);
            connection.deadlines().streamsBegin();
        }
        table.add(stream);
    }

    /** Our side of a stream has ended. */
    void sent(Http2Stream stream) {
        if (stream.state() == StreamState.CLOSED) {
            connection.guard().streamCompleted();
            remove(stream);
        } else {
            stream.sentAll();
        }
    }

    /** The peer's side of a stream has ended. */
    void received(Http2Stream stream) {
        if (stream.state() == StreamState.CLOSED) {
            connection.guard().streamCompleted();
            remove(stream);
        }
    }

    /** A DATA frame was taken: the window may open, or what still comes is not worth being taken. */
    void takeOrReset(Http2Stream stream) {
        if (stream.worthTaking(worthDiscarding)) {
            taken(stream);
        } else {
            reset(stream, ErrorCode.NO_ERROR); // RFC 9113 §8.1
        }
    }

    /** A reader has taken bytes of a stream: its window may open. */
    void taken(Http2Stream stream) {
        StreamInput arriving = stream.input();
        if (arriving != null && stream.state().receives()) {
            int consumed = arriving.consumed();
            if (consumed > 0) {
                connection.input().consumed(consumed);
            }
            connection.guard().dataRead(arriving.taken());
            int increment = arriving.increment();
            if (increment > 0) {
                connection.output().windowUpdate(stream.id(), increment);
            }
        }
    }

    /** Ends a stream from our side, whatever state it is in. */
    void reset(Http2Stream stream, ErrorCode code) {
        reset(stream, code, "");
    }

    /**
     * Ends a stream from our side, whatever state it is in.
     *
     * @param detail what the peer did, empty if it did nothing
     */
    void reset(Http2Stream stream, ErrorCode code, String detail) {
        if (stream.state() != StreamState.CLOSED) {
            refuse(stream.id(), code);
            over(stream, stream.resetBy(code, detail));
        }
    }

    /** Resets a stream that is not open, or not any more. */
    void refuse(int id, ErrorCode code) {
        connection.output().rstStream(id, code);
        table.reset(id);
    }

    /** Ends a stream that this side does not want any more, and of which nobody needs to be told. */
    void abandon(Http2Stream stream, ErrorCode code) {
        if (stream.state() != StreamState.CLOSED) {
            connection.guard().streamAbandoned();
            refuse(stream.id(), code);
            gone(stream);
        }
    }

    /** A stream is over before it was complete. */
    void over(Http2Stream stream, HttpException cause) {
        gone(stream);
        stream.cancelled(cause);
    }

    /** A stream is over before it was complete; who has to do with it knows that, or is told by the caller. */
    void gone(Http2Stream stream) {
        stream.reset();
        stream.dropOutput();
        connection.atEventEnd(); // what was held of it is to be counted off
        remove(stream);
    }

    /** All are over. */
    void overAll(Function<Http2Stream, HttpException> cause) {
        forEach(stream -> {
            try {
                over(stream, cause.apply(stream));
            } catch (RuntimeException | Error e) { // the others' handlers are to know all the same
                unexpected = e;
            }
        });
        Throwable failure = unexpected;
        if (failure != null) {
            unexpected = null;
            transport.loop().report("ending streams", failure);
        }
    }

    /** The handler of a stream that is gone has come to its end. */
    void handlerEnded() {
        working--;
    }

    private void remove(Http2Stream stream) {
        connection.output().remove(stream);
        if (!table.remove(stream)) {
            return;
        }
        gone++;
        if (stream.working()) {
            working++;
        }
        StreamInput rest = stream.input();
        if (rest != null) {
            rest.detach();
        }
        stream.closed();
        if (isEmpty()) {
            connection.emptied();
        }
    }
}
