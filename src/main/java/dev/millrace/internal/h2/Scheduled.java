package dev.millrace.internal.h2;

import dev.millrace.internal.bytes.Nullable;

/** What a {@link WriteScheduler} gives turns to: a stream that is itself the node of the scheduler's lists. */
abstract class Scheduled {
    private final int streamId;

    // the scheduler's alone
    @Nullable
    Scheduled previous;

    @Nullable
    Scheduled next;

    boolean queued;
    boolean behind; // has had more than its share, and waits until all others have had a turn
    int sent; // since it was last at the end of its list
    Priority priority = Priority.DEFAULT;

    Scheduled(int streamId) {
        this.streamId = streamId;
    }

    /** {@return the stream's identifier} */
    final int streamId() {
        return streamId;
    }

    /** {@return the priority that it has now: {@link WriteScheduler#prioritize} changes it} */
    final Priority priority() {
        return priority;
    }
}
