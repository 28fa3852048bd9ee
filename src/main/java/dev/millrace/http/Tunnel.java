package dev.millrace.http;

import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * A connection, or an HTTP/2 stream, that has stopped being HTTP and is a duplex stream of bytes: after 101 (RFC 9110
 * §7.8), after 2xx to CONNECT (§9.3.6) or after an extended CONNECT (RFC 8441). Both directions have back-pressure and
 * end apart from each other; the tunnel ends when both have, or when it is closed. Safe for any thread.
 */
public interface Tunnel extends AutoCloseable {
    /**
     * The bytes from the peer: read them as a publisher or as an input stream, once. Its end is the peer's end of
     * sending; its failure a {@link PeerClosedException}.
     *
     * @return the one-shot body
     */
    Body input();

    /**
     * Sends bytes to the peer. The buffer becomes the tunnel's.
     *
     * @param bytes what to send
     * @return completes when more may be sent without being held in memory beyond {@link Limits#outboundBuffer()}; fails
     *     with {@link PeerClosedException} if the peer is gone. Send one at a time or bound what you have under way
     */
    CompletionStage<Void> write(ByteBuffer bytes);

    /**
     * The direction to the peer as a blocking stream, for threads that may wait. Closing it ends the direction.
     *
     * @return a stream that is not buffered and not safe for several threads at once
     */
    OutputStream outputStream();

    /** Ends the direction to the peer once all that was written is out. */
    void closeOutput();

    /** Ends the tunnel at once, in both directions. What was written and is not out yet may be lost. */
    @Override
    void close();

    /**
     * Completes when the server begins to stop: time to say goodbye in whatever is spoken here, and to end the tunnel. One
     * that lasts longer is cut off at the deadline of the stop. What depends on it runs on the event loop and must not block.
     *
     * @return the stage, which never completes for a tunnel that ends before, or that no server carries
     */
    default CompletionStage<Void> draining() {
        return new CompletableFuture<>();
    }

    /** {@return completes when the tunnel has ended, however it ended} */
    CompletionStage<Void> closed();

    /** Takes a tunnel over. */
    @FunctionalInterface
    interface Handler {
        /**
         * Called once the response that opens the tunnel is on its way: for a response of a {@link dev.millrace.http.Handler}
         * on a thread that may block, for one of an {@link AsyncHandler} on the event loop. The tunnel outlives the call.
         *
         * @param tunnel the tunnel
         * @throws Exception ends the tunnel at once and goes to the server's error hook
         */
        void open(Tunnel tunnel) throws Exception;
    }
}
