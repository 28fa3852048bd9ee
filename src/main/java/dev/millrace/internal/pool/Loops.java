package dev.millrace.internal.pool;

import dev.millrace.internal.transport.Loop;

/** The loops that a client's sessions may live on. Safe for any thread. */
@FunctionalInterface
public interface Loops {
    /** {@return the loop for a new session: the caller's if it runs on one, else the least busy one} */
    Loop choose();
}
