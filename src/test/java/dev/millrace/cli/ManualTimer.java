package dev.millrace.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;

/** A timer whose time the test moves. */
final class ManualTimer implements Timer {
    private static final class Task extends CompletableFuture<Void> {
        final long at;
        final Runnable action;

        Task(long at, Runnable action) {
            this.at = at;
            this.action = action;
        }
    }

    private final List<Task> tasks = new ArrayList<>();
    private long now;

    @Override
    public Future<?> after(long millis, Runnable action) {
        Task task = new Task(now + millis, action);
        tasks.add(task);
        return task;
    }

    /** {@return the tasks that are neither run nor cancelled} */
    int waiting() {
        tasks.removeIf(Task::isDone);
        return tasks.size();
    }

    void pass(long millis) {
        now += millis;
        for (Task task : List.copyOf(tasks)) {
            if (task.at <= now && task.complete(null)) {
                task.action.run();
            }
        }
    }
}
