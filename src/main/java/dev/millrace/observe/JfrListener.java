package dev.millrace.observe;

import dev.millrace.http.Request;
import dev.millrace.http.Status;
import dev.millrace.internal.bytes.Nullable;
import java.util.concurrent.Executor;

/**
 * Tells Flight Recorder of connections, handshakes, requests and closes: the events {@code dev.millrace.Connection},
 * {@code dev.millrace.Handshake}, {@code dev.millrace.Request} (from 20 ms on, unless the recording wants another threshold)
 * and {@code dev.millrace.Close}.
 *
 * <p>While nobody records, nothing of {@code jdk.jfr} is loaded — its first event type alone would add half a second to a
 * start — and a new connection costs the look at one system property, which the JVM sets with its first recording; nothing
 * else costs anything. A recording may begin at any time, from the command line, by {@code jcmd} or in the program: connections
 * that are opened from then on are in it, as are all requests and closes. Without the module {@code jdk.jfr} nothing is
 * recorded.
 *
 * <p>Safe for several event loops at once.
 */
public final class JfrListener implements ConnectionListener {
    /** Where the recorder keeps its chunks; the JVM publishes it with the first recording, for tools to find. */
    private static final String REPOSITORY = "jdk.jfr.repository";

    private enum State {
        /** There has been no recording. */
        WAITING,
        /** There is one, and the event types are being loaded. */
        LOADING,
        /** Events are made, or {@link #recorder} says that they cannot be. */
        LOADED
    }

    private final Executor loader;
    private final Object lock = new Object();
    private volatile State state = State.WAITING;
    private volatile @Nullable ConnectionListener recorder;

    /**
     * A listener that begins with the first recording.
     *
     * @return the listener; if there is a recording already, it has begun when this returns
     */
    public static JfrListener whenRecording() {
        return new JfrListener(JfrListener::runAside);
    }

    /**
     * A listener that registers its event types at once, so that tools list them before any recording.
     *
     * @return the listener
     * @throws IllegalStateException if the module {@code jdk.jfr} is not there
     */
    public static JfrListener registered() {
        JfrListener listener = new JfrListener(Runnable::run);
        listener.load(true);
        if (listener.recorder == null) {
            throw new IllegalStateException("Flight Recorder was asked for, but the module jdk.jfr is not there");
        }
        return listener;
    }

    /** What a recording that begins later needs is loaded by that executor; what it needs now, here. */
    JfrListener(Executor loader) {
        this.loader = loader;
        if (System.getProperty(REPOSITORY) != null) {
            load(false);
        }
    }

    private static void runAside(Runnable loading) {
        Thread thread = new Thread(loading, "millrace-jfr");
        thread.setDaemon(true);
        thread.start();
    }

    private void load(boolean asked) {
        ConnectionListener loaded = null;
        try {
            if (asked || JfrRecorder.running()) {
                JfrRecorder.register();
                loaded = new JfrRecorder();
            }
        } catch (LinkageError noSuchModule) {
            // a JVM without Flight Recorder, where somebody set the property for other reasons
        }
        recorder = loaded;
        state = State.LOADED;
    }

    private void loadAside() {
        synchronized (lock) {
            if (state != State.WAITING) {
                return;
            }
            state = State.LOADING;
        }
        loader.execute(() -> load(false));
    }

    /** {@return whether events are made} */
    public boolean active() {
        return recorder != null;
    }

    @Override
    public void opened(ConnectionInfo connection) {
        if (state == State.WAITING && System.getProperty(REPOSITORY) != null) {
            loadAside();
        }
        ConnectionListener events = recorder;
        if (events != null) {
            events.opened(connection);
        }
    }

    @Override
    public void handshakeCompleted(ConnectionInfo connection, HandshakeInfo handshake) {
        ConnectionListener events = recorder;
        if (events != null) {
            events.handshakeCompleted(connection, handshake);
        }
    }

    @Override
    public void handshakeFailed(ConnectionInfo connection, HandshakeInfo handshake, ConnectionEnd end) {
        ConnectionListener events = recorder;
        if (events != null) {
            events.handshakeFailed(connection, handshake, end);
        }
    }

    @Override
    public void requestStarted(ConnectionInfo connection, Request request) {
        ConnectionListener events = recorder;
        if (events != null) {
            events.requestStarted(connection, request);
        }
    }

    @Override
    public void requestEnded(ConnectionInfo connection, Request request, @Nullable Status status, long nanos) {
        ConnectionListener events = recorder;
        if (events != null) {
            events.requestEnded(connection, request, status, nanos);
        }
    }

    @Override
    public void closed(
            ConnectionInfo connection, ConnectionEnd end, @Nullable HandshakeInfo handshake, ConnectionStats stats) {
        ConnectionListener events = recorder;
        if (events != null) {
            events.closed(connection, end, handshake, stats);
        }
    }
}
