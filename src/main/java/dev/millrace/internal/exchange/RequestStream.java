package dev.millrace.internal.exchange;

import dev.millrace.internal.bytes.Nullable;
import dev.millrace.observe.CloseReason;

/**
 * What a client's protocol gives to one exchange once it has taken it: HTTP/1.1 has one at a time on a connection, HTTP/2 many.
 * All calls on the connection's loop.
 */
public interface RequestStream extends MessageStream {
    /**
     * Gives the exchange up, which is over and told nothing more: HTTP/2 resets its stream and goes on, HTTP/1.1 ends the
     * connection, so that what still comes reaches no other exchange.
     *
     * @param reason why, for a connection that ends with it
     * @param cause what it comes from, or {@code null}
     */
    void cancel(CloseReason reason, @Nullable Throwable cause);

    /** {@return the connection that carries it} */
    ClientConnection connection();
}
