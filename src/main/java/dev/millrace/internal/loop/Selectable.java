package dev.millrace.internal.loop;

import java.nio.channels.SelectionKey;

/** What is attached to a selection key. */
interface Selectable {
    /**
     * The channel is ready.
     *
     * @param ops for what, of {@link SelectionKey}
     */
    void ready(int ops);

    /** Something threw while this was being served: gives the channel up. */
    void failed(Throwable error);

    /** Another selector watches the channel now, by this key. */
    void moved(SelectionKey newKey);

    /** {@return whether it is on its way to a connection, or is one, that somebody has made} */
    boolean isOf(SocketOwner owner);

    /** Ends at once: a stop has come to its deadline, or the loop ends. */
    void cutOff();
}
