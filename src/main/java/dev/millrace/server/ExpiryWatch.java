package dev.millrace.server;

import dev.millrace.internal.loop.EventLoop;
import dev.millrace.internal.time.Deadline;
import dev.millrace.internal.tls.TlsSettings;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * Has a server's certificates looked at a few times a day as long as it runs, so that somebody is warned before one ends
 * though nobody reloads it.
 */
final class ExpiryWatch extends Deadline {
    private static final long INTERVAL = 6L * 60 * 60 * 1_000_000_000; // who is warned once a day is so within the day

    private final EventLoop loop;
    private final Executor executor;
    private final List<TlsSettings> settings;

    /**
     * A watch that has not begun.
     *
     * @param loop whose time it goes by
     * @param executor where hooks run, which may block
     * @param settings have the certificates
     */
    ExpiryWatch(EventLoop loop, Executor executor, List<TlsSettings> settings) {
        this.loop = loop;
        this.executor = executor;
        this.settings = settings;
    }

    /** Begins. Safe for any thread. */
    void start() {
        loop.execute(this::arm);
    }

    private void arm() {
        loop.arm(this, loop.now() + INTERVAL);
    }

    /** Ends. Safe for any thread. */
    void stop() {
        loop.execute(() -> loop.cancel(this));
    }

    @Override
    protected void expired(long now) {
        arm();
        try {
            executor.execute(() -> settings.forEach(TlsSettings::lookAtExpiry));
        } catch (RejectedExecutionException e) { // the next look is not far
            loop.report("looking at the expiry of certificates", e);
        }
    }
}
