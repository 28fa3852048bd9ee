package dev.millrace.testkit;

import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/** Runs tasks when the test says so, on the test's thread but {@linkplain TestLoop#outside outside} of its loop. */
public final class StepExecutor implements Executor {
    private final TestLoop loop;
    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    private boolean refusing;

    /**
     * An executor without tasks.
     *
     * @param loop what its tasks are outside of
     */
    public StepExecutor(TestLoop loop) {
        this.loop = loop;
    }

    @Override
    public void execute(Runnable task) {
        if (refusing) {
            throw new RejectedExecutionException("refusing");
        }
        tasks.add(task);
    }

    /** Takes no more tasks. */
    public void refuse() {
        refusing = true;
    }

    /** {@return how many tasks wait} */
    public int waiting() {
        return tasks.size();
    }

    /** Runs the oldest task, and then the loop's. */
    public void step() {
        loop.outside(tasks.remove());
        loop.runTasks();
    }

    /** Runs tasks until none waits. */
    public void runAll() {
        while (!tasks.isEmpty()) {
            step();
        }
    }
}
