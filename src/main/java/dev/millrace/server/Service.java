package dev.millrace.server;

import dev.millrace.http.Limits;
import dev.millrace.http.Timeouts;
import dev.millrace.internal.exchange.Dispatcher;
import dev.millrace.internal.loop.EventLoop;
import dev.millrace.internal.observer.Observer;
import dev.millrace.internal.transport.TransportSettings;
import dev.millrace.observe.ConnectionListener;
import dev.millrace.observe.Metrics;
import java.util.List;
import java.util.concurrent.Executor;

/**
 * What all of a server's connections have in common, wherever they come from.
 *
 * @param limits the bounds
 * @param timeouts the deadlines
 * @param dispatcher who answers
 * @param serverName the {@code Server} field's value, empty for none
 * @param tasks runs what may block
 * @param metrics counts
 * @param listeners are told what happens
 * @param activity whether the listeners care at the moment
 */
record Service(
        Limits limits,
        Timeouts timeouts,
        Dispatcher dispatcher,
        String serverName,
        Executor tasks,
        Metrics metrics,
        List<ConnectionListener> listeners,
        Observer.Activity activity) {

    /** {@return the bounds as far as they concern bytes} */
    TransportSettings transportSettings() {
        return new TransportSettings(
                limits.outboundBuffer(),
                limits.inboundBuffer(),
                timeouts.progressWindow().toNanos(),
                timeouts.progressBytes());
    }

    /** {@return what passes on what happens to connections on a loop} */
    Observer observer(String listener, EventLoop loop) {
        return new Observer(metrics.recorder(listener), listeners, activity, loop::report);
    }
}
