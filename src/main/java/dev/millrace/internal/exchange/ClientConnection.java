package dev.millrace.internal.exchange;

import dev.millrace.http.Version;
import dev.millrace.observe.CloseReason;
import dev.millrace.session.Reusability;

/**
 * A client's connection as its session sees it, whatever version it speaks. All calls on the connection's loop. What changes
 * it tells its {@link Owner}, at the latest at the end of the event.
 */
public interface ClientConnection {
    /** Is told what becomes of a connection: the session that it belongs to. On the loop, and not within {@link #send}. */
    interface Owner {
        /** What speaks against another exchange, or how many may begin, is not what it was. */
        void changed();

        /** An exchange is over, whatever its outcome: its place is free unless {@link #reusability} says otherwise. */
        void exchangeEnded();

        /**
         * The connection has ended, and each of its exchanges knows; the last call.
         *
         * @param reason why
         */
        void closed(CloseReason reason);
    }

    /** {@return the version that it speaks} */
    Version version();

    /**
     * Begins an exchange: sends the request's header section, and has the exchange give its content. The exchange is told all
     * that follows. To be called only while {@link #reusability} is reusable.
     *
     * @param exchange what is to be sent
     */
    void send(ClientExchange exchange);

    /** {@return what the protocol knows against another exchange now} */
    Reusability reusability();

    /** {@return how many exchanges are under way} */
    int active();

    /** {@return how many exchanges may be under way at a time: 1 for HTTP/1.1, for HTTP/2 what the peer allows now} */
    int capacity();

    /** Asks the peer whether it is still there, where the protocol has a way to ask; the answer ends the veto. */
    void probe();

    /**
     * Lets what is under way end, and then the connection; nothing more begins.
     *
     * @param reason why, for the end of a connection with nothing under way
     */
    void drain(CloseReason reason);
}
