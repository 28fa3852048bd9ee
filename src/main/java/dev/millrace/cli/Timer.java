package dev.millrace.cli;

import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;

/** Runs a task after a while. A test has its own, whose time it moves by hand. */
interface Timer {
    /**
     * Runs a task once.
     *
     * @param millis after this many milliseconds
     * @param task must not wait: all tasks share one thread
     * @return cancelling it drops the task
     */
    Future<?> after(long millis, Runnable task);

    /** {@return a timer of one daemon thread, made when the first task comes} */
    static Timer ofOneThread() {
        return new OneThread();
    }

    /** The thread is made late because most runs never need it, and start-up time counts. */
    final class OneThread implements Timer, ThreadFactory {
        private static final class Holder {
            static final ScheduledThreadPoolExecutor EXECUTOR = executor();
        }

        private static ScheduledThreadPoolExecutor executor() {
            ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1, new OneThread());
            executor.setRemoveOnCancelPolicy(true); // what nobody waits for must not be held until its time
            return executor;
        }

        @Override
        public Future<?> after(long millis, Runnable task) {
            return Holder.EXECUTOR.schedule(task, millis, TimeUnit.MILLISECONDS);
        }

        @Override
        public Thread newThread(Runnable task) {
            Thread thread = new Thread(task, "millrace-demo-timer");
            thread.setDaemon(true);
            return thread;
        }
    }
}
