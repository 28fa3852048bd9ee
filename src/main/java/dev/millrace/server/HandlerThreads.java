package dev.millrace.server;

import dev.millrace.internal.bytes.Nullable;
import dev.millrace.net.NetRuntime;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What one server has running on threads that may block, on a runtime that several may share: so that its stop can wait for
 * them, and interrupt them in the end. Safe for any thread.
 */
final class HandlerThreads implements Executor {
    private final NetRuntime runtime;
    private final Set<Work> running = ConcurrentHashMap.newKeySet();
    private final AtomicInteger interrupted = new AtomicInteger();
    private volatile @Nullable CompletableFuture<Void> idle; // once somebody waits for it

    HandlerThreads(NetRuntime runtime) {
        this.runtime = runtime;
    }

    private enum Stage {
        WAITING,
        RUNNING,
        ENDED
    }

    /** One task, from being handed over to its end. */
    private final class Work implements Runnable {
        private final Runnable task;
        private Stage stage = Stage.WAITING; // guarded by this, as what follows
        private @Nullable Thread thread;
        private boolean cut;

        Work(Runnable task) {
            this.task = task;
        }

        @Override
        public void run() {
            synchronized (this) {
                stage = Stage.RUNNING;
                thread = Thread.currentThread();
                if (cut) {
                    thread.interrupt();
                }
            }
            try {
                task.run();
            } finally {
                synchronized (this) {
                    stage = Stage.ENDED;
                    thread = null;
                    if (cut) {
                        Thread.interrupted(); // not for what the thread does next
                    }
                }
                ended(this);
            }
        }

        synchronized void interrupt() {
            if (stage == Stage.ENDED || cut) {
                return;
            }
            cut = true;
            interrupted.incrementAndGet(); // before it ends of that
            if (thread != null) {
                thread.interrupt();
            }
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

    /** Interrupts what runs, and what waits for a thread as soon as it has one. */
    void interrupt() {
        for (Work work : running) {
            work.interrupt();
        }
    }

    /** {@return how much was interrupted} */
    int interrupted() {
        return interrupted.get();
    }
}
