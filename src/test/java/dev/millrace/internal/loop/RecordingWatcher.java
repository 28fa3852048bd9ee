package dev.millrace.internal.loop;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Keeps what it is told. */
final class RecordingWatcher implements LoopWatcher {
    final List<Throwable> errors = new CopyOnWriteArrayList<>();
    final List<StackTraceElement[]> stacks = new CopyOnWriteArrayList<>();
    final List<Long> blockedNanos = new CopyOnWriteArrayList<>();

    @Override
    public void error(String what, Throwable error) {
        errors.add(error);
    }

    @Override
    public void blocked(Thread loop, long nanos, StackTraceElement[] stack) {
        stacks.add(stack);
        blockedNanos.add(nanos);
    }
}
