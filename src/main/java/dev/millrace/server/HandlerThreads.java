package dev.millrace.server;

import dev.millrace.internal.bytes.Nullable;
import dev.millrace.net.NetRuntime;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;

/**
 * What one server has running on threads that may block, on a runtime that several may share: so that its stop can wait for
 * them, and interrupt them in the end. Safe for any thread.
 */
final class HandlerThreads implements Executor {
    private final NetRuntime runtime;
    private final Set<Work> running = ConcurrentHashMap.newKeySet();
    private volatile @Nullable CompletableFuture<Void> idle; // once somebody waits for it

    HandlerThreads(NetRuntime runtime) {
        this.runtime = runtime;
    }

    /** One task, from being handed over to its end. */
    private final class Work implements Runnable {
        private final Runnable task;
        private @Nullable Thread thread; // guarded by this

        Work(Runnable task) {
            this.task = task;
        }

        @Override
        public void run() {
            synchronized (this) {
                thread = Thread.currentThread();
            }
            try {
                task.run();
            } finally {
                synchronized (this) {
                    thread = null;
                }
                ended(this);
            }
        }

        synchronized boolean interrupt() {
            if (thread == null) {
                return false;
            }
            thread.interrupt();
            return true;
        }
    }

    /** Most servers with asynchronous handlers never need the threads: they are made on first use. */
    @Override
    public void execute(Runnable task) {
        Work work = new Work(task);
        running.add(work);
        try {
            runtime.handlerExecutor().execute(work);
        } catch (Throwable e) { // no thread, or no memory for one
            ended(work);
            throw e;
        }
    }

    private void ended(Work work) {
        running.remove(work);
        CompletableFuture<Void> waiting = idle;
        if (waiting != null && running.isEmpty()) {
            waiting.complete(null);
        }
    }

    /** {@return completes when nothing runs any more; to be asked once nothing begins any more} */
    CompletableFuture<Void> idle() {
        CompletableFuture<Void> waiting = new CompletableFuture<>();
        idle = waiting;
        if (running.isEmpty()) {
            waiting.complete(null);
        }
        return waiting;
    }

    /** Interrupts what runs; says how much that was. */
    int interrupt() {
        int count = 0;
        for (Work work : running) {
            if (work.interrupt()) {
                count++;
            }
        }
        return count;
    }
}
