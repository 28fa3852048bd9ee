package dev.millrace.internal.loop;

import dev.millrace.internal.bytes.Nullable;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Tasks that many threads hand to one. Putting one in is a single atomic operation; the taker takes all that are there at
 * once and runs them in the order in which they came.
 */
final class TaskQueue {
    private static final VarHandle NEWEST;

    static {
        try {
            NEWEST = MethodHandles.lookup().findVarHandle(TaskQueue.class, "newest", Node.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static final class Node {
        final Runnable task;

        @Nullable
        Node next;

        Node(Runnable task) {
            this.task = task;
        }
    }

    @SuppressWarnings("UnusedVariable") // read and written through NEWEST
    private volatile @Nullable Node newest;

    /** Adds a task. Safe for any thread. */
    void add(Runnable task) {
        Node node = new Node(task);
        do {
            node.next = newest;
        } while (!NEWEST.compareAndSet(this, node.next, node));
    }

    /** {@return whether there is no task} */
    boolean isEmpty() {
        return newest == null;
    }

    /** Runs the tasks that are there now; those that they add wait for the next call. For the taker's thread. */
    void runAll(EventLoop loop) {
        if (newest == null) {
            return;
        }
        Node last = (Node) NEWEST.getAndSet(this, null);
        Node first = null;
        while (last != null) {
            Node next = last.next;
            last.next = first;
            first = last;
            last = next;
        }
        for (Node node = first; node != null; node = node.next) {
            loop.runTask(node.task);
        }
    }
}
