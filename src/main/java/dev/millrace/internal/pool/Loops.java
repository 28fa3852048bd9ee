package dev.millrace.internal.pool;

import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.transport.Loop;

/** The loops that a client's sessions may live on. Safe for any thread. */
public interface Loops {
    /** {@return the loop that the caller runs on, or {@code null} if that is no such loop} */
    @Nullable
    Loop current();

    /** {@return the loop for a new session: the caller's if it runs on one, else the least busy one} */
    Loop choose();
}
