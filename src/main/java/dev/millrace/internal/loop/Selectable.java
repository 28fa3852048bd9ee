package dev.millrace.internal.loop;

/** What is attached to a selection key. */
interface Selectable {
    /**
     * The channel is ready.
     *
     * @param ops for what, of {@link java.nio.channels.SelectionKey}
     */
    void ready(int ops);

    /** Something threw while this was being served: gives the channel up. */
    void failed(Throwable error);
}
