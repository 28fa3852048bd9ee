package dev.millrace.internal.pool;

/** Makes connections for sessions. */
public interface SessionOpener {
    /** A connection that is on its way. On its session's loop. */
    interface Opening {
        /** Gives it up; nothing is told of it any more. */
        void cancel();
    }

    /**
     * Begins to open a connection, on the session's loop. What becomes of it is told to the session: once
     * {@link ClientSession#opened} or {@link ClientSession#notOpened}.
     *
     * @param session wants it
     * @return what it can be given up with
     */
    Opening open(ClientSession session);

    /**
     * Whether the connections of a key may turn out to speak HTTP/2, so that one may be enough for all.
     *
     * @param key where they lead
     * @return whether it is worth waiting for the first one
     */
    boolean mayShare(PoolKey key);
}
