package dev.millrace.internal.transport;

import dev.millrace.http.Phase;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.observer.ConnectionFacts;
import dev.millrace.observe.CloseReason;

/**
 * The upper end of a connection: takes bytes and events from a {@link Transport} and answers through it. All calls come
 * on the connection's loop. {@link #onBytes} never comes within {@code onBytes}; within other calls it may, and so may
 * {@link #onEnd}, when they resume reading.
 */
public interface Protocol {
    /**
     * Takes bytes from the peer. The array is borrowed for the call. What is not taken is kept by the transport and comes
     * again, with more behind it when more has arrived, or after {@link Transport#resumeReading()}.
     *
     * @param bytes holds the bytes
     * @param offset of the first one
     * @param end after the last one; more than {@code offset}
     * @return the offset up to which the bytes were taken
     */
    int onBytes(byte[] bytes, int offset, int end);

    /** The peer has ended its sending and will send nothing more; what it sent before has been offered. */
    void onEnd();

    /** The transport can take more after it could not: {@link Transport#writable()}. */
    void onWritable();

    /**
     * The deadline that was set has passed.
     *
     * @param now the loop's time
     */
    void onDeadline(long now);

    /**
     * The server is stopping: ends the connection now if nothing is under way, else after what is. May be told again once the
     * protocol has been shown what had arrived, and then looks again.
     */
    void onDrain();

    /**
     * All connections together hold more for their peers than they may, and this one is among those that hold most: from now on
     * nothing is read ahead for it, and it is to hold no more than it must. May be told again.
     */
    default void onHeldBack() {}

    /** All connections together do not hold too much any more; told where this one holds something or was held back. */
    default void onRelieved() {}

    /** {@return how far the connection has come} */
    Phase phase();

    /**
     * {@return what makes the reason of the end exact, such as the name of a TLS alert, or {@code null}}
     */
    default @Nullable String closeDetail() {
        return null;
    }

    /**
     * Says what it knows of the connection.
     *
     * @param facts takes it
     */
    default void describe(ConnectionFacts facts) {}

    /**
     * The connection is closed; the last call, exactly one.
     *
     * @param reason why
     * @param cause what the operating system or a failing program said, or {@code null}
     */
    void onClosed(CloseReason reason, @Nullable Throwable cause);

    /** Makes the protocols of new connections, so that what accepts them need not know TLS or HTTP. */
    @FunctionalInterface
    interface Factory {
        /**
         * Makes the protocol of a connection that has just been accepted, on its loop.
         *
         * @param transport the connection's lower end
         * @return its upper end
         */
        Protocol create(Transport transport);
    }
}
