package dev.millrace.internal.observer;

import dev.millrace.http.Phase;
import dev.millrace.http.Request;
import dev.millrace.http.Status;
import dev.millrace.http.Version;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.ConnectionEnd;
import dev.millrace.observe.ConnectionInfo;
import dev.millrace.observe.ConnectionListener;
import dev.millrace.observe.ConnectionState;
import dev.millrace.observe.ConnectionStats;
import dev.millrace.observe.HandshakeInfo;
import dev.millrace.observe.HandshakeResult;
import dev.millrace.observe.Metrics;
import java.util.List;

/**
 * Passes on what happens to the connections of one listener on one loop: to the metrics always, to listeners where there
 * are any. A listener that throws is reported and changes nothing. Used by the loop's thread only.
 */
public final class Observer {
    private final Metrics.Recorder recorder;
    private final ConnectionListener[] listeners;
    private final Activity activity;
    private final Reporter reporter;

    /** Whether the listeners care at the moment. */
    @FunctionalInterface
    public interface Activity {
        /** {@return whether somebody listens} */
        boolean listens();
    }

    /** Is told of listeners that throw. */
    @FunctionalInterface
    public interface Reporter {
        /** A listener has thrown. */
        void report(String what, Throwable error);
    }

    /**
     * An observer.
     *
     * @param recorder counts
     * @param listeners are told
     * @param activity whether the listeners care at the moment; what costs something is left out while they do not
     * @param reporter is told of listeners that throw
     */
    public Observer(
            Metrics.Recorder recorder, List<ConnectionListener> listeners, Activity activity, Reporter reporter) {
        this.recorder = recorder;
        this.listeners = listeners.toArray(new ConnectionListener[0]);
        this.activity = activity;
        this.reporter = reporter;
    }

    /** {@return the listener's name} */
    public String listener() {
        return recorder.listener();
    }

    /** {@return whether somebody listens: else nothing need be remembered for them} */
    public boolean listens() {
        return activity.listens();
    }

    private interface Event {
        void tell(ConnectionListener listener);
    }

    private void tell(Event event) {
        for (ConnectionListener listener : listeners) {
            try {
                event.tell(listener);
            } catch (Throwable e) { // a user's hook; the connection goes on
                reporter.report("a connection listener", e);
            }
        }
    }

    /** A connection was accepted. */
    public void opened(ConnectionInfo connection) {
        recorder.opened();
        if (listeners.length > 0) {
            tell(listener -> listener.opened(connection));
        }
    }

    /**
     * A client's connection did not come to be: it was opened and has ended at once.
     *
     * @param nanos how long it was waited for
     */
    public void notConnected(ConnectionInfo connection, CloseReason reason, Throwable cause, long nanos) {
        opened(connection);
        closed(connection, reason, Phase.CONNECT, null, cause, null, new ConnectionStats(0, 0, 0, nanos, 0, 0));
    }

    /** A connection does something else than before. */
    public void state(@Nullable ConnectionState from, @Nullable ConnectionState to) {
        recorder.state(from, to);
    }

    /** A handshake is complete. */
    public void handshakeCompleted(ConnectionInfo connection, HandshakeInfo handshake) {
        recorder.handshake(HandshakeResult.completed(handshake.resumed()), handshake.nanos());
        if (listens()) {
            tell(listener -> listener.handshakeCompleted(connection, handshake));
        }
    }

    /** A handshake was not completed. */
    public void handshakeFailed(ConnectionInfo connection, HandshakeInfo handshake, ConnectionEnd end) {
        recorder.handshake(HandshakeResult.failed(end.reason()), handshake.nanos());
        if (listens()) {
            tell(listener -> listener.handshakeFailed(connection, handshake, end));
        }
    }

    /** The first byte of a connection's first request is there. */
    public void firstByte(long nanos) {
        recorder.firstByte(nanos);
    }

    /** A request's header section is complete. */
    public void requestStarted(ConnectionInfo connection, Request request) {
        if (listens()) {
            tell(listener -> listener.requestStarted(connection, request));
        }
    }

    /**
     * A request has ended.
     *
     * @param status of its response, or {@code null} if it had none
     */
    public void requestEnded(
            ConnectionInfo connection, Request request, Version protocol, @Nullable Status status, long nanos) {
        recorder.request(protocol, status == null ? 0 : status.code(), nanos);
        if (listens()) {
            tell(listener -> listener.requestEnded(connection, request, status, nanos));
        }
    }

    /** A connection has ended. */
    public void closed(
            ConnectionInfo connection,
            CloseReason reason,
            Phase phase,
            @Nullable String detail,
            @Nullable Throwable cause,
            @Nullable HandshakeInfo handshake,
            ConnectionStats stats) {
        recorder.closed(reason, phase);
        if (listens()) {
            ConnectionEnd end = new ConnectionEnd(reason, phase, detail, cause);
            tell(listener -> listener.closed(connection, end, handshake, stats));
        }
    }
}
