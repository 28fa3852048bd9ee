package dev.millrace.internal.tls;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Does something again and again on a daemon thread of its own, which sleeps in between. */
final class Ticking implements TlsSpec.Ticker {
    @Override
    public Runnable start(Duration every, BooleanSupplier work) {
        long nanos = every.toNanos();
        Loop loop = new Loop(nanos, work);
        loop.setDaemon(true);
        loop.start();
        return loop::end;
    }

    private static final class Loop extends Thread {
        private final long nanos;
        private final BooleanSupplier work;
        private volatile boolean ended;

        Loop(long nanos, BooleanSupplier work) {
            super("millrace-tls-watch");
            this.nanos = nanos;
            this.work = work;
        }

        void end() {
            ended = true;
            LockSupport.unpark(this);
        }

        @Override
        public void run() {
            do {
                LockSupport.parkNanos(this, nanos); // waking early only means looking at the files early
                if (ended || isInterrupted()) {
                    return;
                }
            } while (work.getAsBoolean());
        }
    }
}
