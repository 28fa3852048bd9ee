package dev.millrace.internal.h2;

import dev.millrace.http.Headers;
import dev.millrace.http.HttpException;
import dev.millrace.http.Initiator;
import dev.millrace.http.Phase;
import dev.millrace.http.TlsInfo;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.exchange.MessageStream;
import dev.millrace.internal.transport.Loop;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.FileChannel;

/**
 * One stream of a connection, as client and server have it in common: its state, what it is still to send, and what it has
 * received. Lives on its connection's loop.
 */
abstract class Http2Stream extends Scheduled implements MessageStream {
    /** With more streams than these, each is asked for one piece of its content at a time: it may have to wait. */
    private static final int FEW = 8;

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
    private final int outboundBuffer;
    private boolean full; // was not writable when it was asked

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
        this.outboundBuffer = connection.input().context.limits.outboundBuffer();
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
        receivedAll(fields);
    }

    /** Lets the reader of what the peer has sent know of its end. */
    final void tellEnd(Headers fields) {
        StreamInput arriving = input;
        if (arriving != null) {
            arriving.end(fields);
        }
    }

    @Override
    public void inboundChanged() {
        StreamInput arriving = input;
        if (arriving != null) {
            arriving.deliver();
            connection.streams().taken(this);
        }
    }

    // ---- out

    @Override
    public final void write(byte[] bytes, int offset, int length) {
        if (sending == Sending.OPEN) {
            queue.add(bytes, offset, length);
            connection.output().ready(this);
        }
    }

    @Override
    public final void writeFile(FileChannel file, long position, long length) {
        if (canSend()) {
            queue.add(file, position, length);
            connection.output().ready(this);
        } else {
            try {
                file.close();
            } catch (IOException e) {
                loop().report("closing a file that was not sent", e);
            }
        }
    }

    @Override
    public final boolean writable() {
        long pending = queue.pending();
        // content of a stream whose window is closed would only wait, of one with nothing to send others cannot take
        // the place
        boolean room = pending == 0 && window.available() > 0
                || !connection.output().held().tight();
        full = pending >= outboundBuffer || !room;
        return !full;
    }

    /** {@return whether it was not writable when it was asked} */
    final boolean full() {
        return full;
    }

    /** Tells the one who gives its content if more may be given after it could not. */
    final void tellSendable() {
        if (full && writable()) {
            goOn();
        }
    }

    @Override
    public final long pending() {
        return queue.pending();
    }

    @Override
    public final int pieces(int most) {
        return connection.streams().table().size() > FEW ? 1 : most;
    }

    @Override
    public final void progressed() {
        clock.moved(loop().now());
    }

    final DataQueue queue() {
        return queue;
    }

    @Override
    public void end(Headers fields) {
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

    /** More of its content may be given. */
    abstract void goOn();

    /** Our side has ended, and the peer's has not. */
    abstract void sentAll();

    /**
     * The peer's side has ended: its reader is to be told, and the stream may be over.
     *
     * @param fields the trailer section
     */
    abstract void receivedAll(Headers fields);

    /**
     * Content has come.
     *
     * @param arriving where it has gone
     * @param bytes how many
     */
    abstract void arrived(StreamInput arriving, int bytes);

    /**
     * Whether what the peer still sends is worth being taken.
     *
     * @param bound bytes that are thrown away so that a stream ends in order
     */
    abstract boolean worthTaking(long bound);

    /** The peer has reset it. */
    abstract void resetByPeer(ErrorCode code);

    /**
     * Why it is over that this side resets it.
     *
     * @param code what the peer is told
     * @param detail what it did, empty if it did nothing
     */
    abstract HttpException resetBy(ErrorCode code, String detail);

    /**
     * Why it is over that its connection has ended.
     *
     * @param what what has happened
     * @param who caused it
     * @param reached how far the connection had come
     * @param cause what it comes from, or {@code null}
     */
    abstract HttpException brokenOff(String what, Initiator who, Phase reached, @Nullable Throwable cause);

    /** What it was to send cannot be read. */
    abstract void sourceFailed(IOException cause);

    /** {@return whether it was opened to carry bytes of another protocol, and no message} */
    abstract boolean tunnel();

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

    // ---- what it is

    @Override
    public final Loop loop() {
        return connection.loop();
    }

    @Override
    public final @Nullable InetSocketAddress remoteAddress() {
        return connection.remoteAddress();
    }

    @Override
    public final @Nullable InetSocketAddress localAddress() {
        return connection.localAddress();
    }

    @Override
    public final boolean secure() {
        return connection.secure();
    }

    @Override
    public final @Nullable TlsInfo tls() {
        return connection.tls();
    }
}
