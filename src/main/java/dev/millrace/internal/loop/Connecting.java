package dev.millrace.internal.loop;

import dev.millrace.observe.CloseReason;
import java.io.IOException;

/** A connection that is on its way. To be used on its loop. */
public interface Connecting {
    /**
     * Gives it up: nothing is told of it any more, and nothing is left of it. Without effect once its outcome has been told.
     */
    void cancel();

    /** Is told what comes of it. On the loop. */
    interface Outcome {
        /**
         * It is connected, its protocol exists, and the observer knows of it.
         *
         * @param transport the connection's lower end; its peer may have sent something, which has not been read
         */
        void connected(SocketTransport transport);

        /**
         * It is not connected, and nothing is left of it.
         *
         * @param reason {@code CONNECT_FAILED}, {@code CONNECT_TIMEOUT}, {@code DRAIN_FORCED} if its owner was forced to its
         *     end, or {@code INTERNAL_ERROR} if no protocol could be made
         * @param cause with the address in its message: a {@link java.net.ConnectException} if the connection was refused, a
         *     {@link java.net.NoRouteToHostException} if there is no way, a {@link java.net.SocketTimeoutException} after the
         *     deadline, a {@link java.net.BindException} if the local address cannot be had, else what the operating system
         *     said; what is no {@code IOException} by itself is the cause of one
         */
        void failed(CloseReason reason, IOException cause);
    }
}
