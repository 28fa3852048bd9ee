package dev.millrace.observe;

import dev.millrace.http.Phase;
import dev.millrace.http.Version;
import dev.millrace.observe.Metrics.Recorder;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What {@link Metrics} had counted at a moment, all event loops added up. Every reason, state, result and protocol is there
 * from the start, at 0. Immutable and safe for any thread.
 */
@SuppressWarnings("EnumOrdinal") // places in arrays of this process, never written anywhere
public final class MetricsSnapshot {
    /** What is counted for each listener. */
    private static final class Connections {
        long opened;
        final long[][] closed = new long[Recorder.REASONS][Recorder.PHASES];
    }

    private final Map<String, Connections> listeners = new TreeMap<>();
    private final long[] states = new long[Recorder.STATES];
    private final long[] handshakes = new long[Recorder.RESULTS];
    private final long[][] requests = new long[Recorder.VERSIONS][Recorder.CLASSES];
    private final HistogramSnapshot handshakeDurations;
    private final HistogramSnapshot firstByteDurations;
    private final HistogramSnapshot[] requestDurations = new HistogramSnapshot[Recorder.VERSIONS];
    private final Map<String, Long> certificates;
    private final long bufferedBytes;
    private final long bufferedBytesBound;

    private MetricsSnapshot(
            List<Recorder> recorders, Map<String, Long> certificates, long bufferedBytes, long bufferedBytesBound) {
        this.bufferedBytes = bufferedBytes;
        this.bufferedBytesBound = bufferedBytesBound;
        this.certificates = Collections.unmodifiableMap(new LinkedHashMap<>(certificates));
        HistogramSnapshot handshakeSum = HistogramSnapshot.empty();
        HistogramSnapshot firstByteSum = HistogramSnapshot.empty();
        for (int version = 0; version < Recorder.VERSIONS; version++) {
            requestDurations[version] = HistogramSnapshot.empty();
        }
        for (Recorder recorder : recorders) {
            addConnections(recorder);
            for (int i = 0; i < states.length; i++) {
                states[i] += recorder.stateCount(i);
            }
            for (int i = 0; i < handshakes.length; i++) {
                handshakes[i] += recorder.handshakeCount(i);
            }
            for (int version = 0; version < Recorder.VERSIONS; version++) {
                for (int family = 0; family < Recorder.CLASSES; family++) {
                    requests[version][family] += recorder.requestCount(version, family);
                }
                requestDurations[version] = requestDurations[version].plus(recorder.requestDurations(version));
            }
            handshakeSum = handshakeSum.plus(recorder.handshakeDurations());
            firstByteSum = firstByteSum.plus(recorder.firstByteDurations());
        }
        handshakeDurations = handshakeSum;
        firstByteDurations = firstByteSum;
    }

    private void addConnections(Recorder recorder) {
        Connections all = listeners.get(recorder.listener());
        if (all == null) {
            all = new Connections();
            listeners.put(recorder.listener(), all);
        }
        // ends before beginnings, so that never more connections have ended than begun
        for (int reason = 0; reason < Recorder.REASONS; reason++) {
            for (int phase = 0; phase < Recorder.PHASES; phase++) {
                all.closed[reason][phase] += recorder.closedCount(reason, phase);
            }
        }
        all.opened += recorder.openedCount();
    }

    static MetricsSnapshot of(
            List<Recorder> recorders, Map<String, Long> certificates, long bufferedBytes, long bufferedBytesBound) {
        return new MetricsSnapshot(recorders, certificates, bufferedBytes, bufferedBytesBound);
    }

    /** {@return the names of the listeners, sorted} */
    public List<String> listeners() {
        return List.copyOf(listeners.keySet());
    }

    /** {@return how many connections have been accepted} */
    public long opened() {
        long sum = 0;
        for (Connections connections : listeners.values()) {
            sum += connections.opened;
        }
        return sum;
    }

    /**
     * How many connections a listener has accepted.
     *
     * @param listener its name
     * @return how many; 0 for an unknown name
     */
    public long opened(String listener) {
        Connections connections = listeners.get(listener);
        return connections == null ? 0 : connections.opened;
    }

    /** {@return how many connections have ended} */
    public long closed() {
        long sum = 0;
        for (CloseReason reason : CloseReason.values()) {
            sum += closed(reason);
        }
        return sum;
    }

    /**
     * How many connections have ended for a reason.
     *
     * @param reason the reason
     * @return how many
     */
    public long closed(CloseReason reason) {
        long sum = 0;
        for (String listener : listeners.keySet()) {
            sum += closed(listener, reason);
        }
        return sum;
    }

    /**
     * How many connections of a listener have ended for a reason.
     *
     * @param listener the listener's name
     * @param reason the reason
     * @return how many; 0 for an unknown name
     */
    public long closed(String listener, CloseReason reason) {
        long sum = 0;
        for (Phase phase : Phase.values()) {
            sum += closed(listener, reason, phase);
        }
        return sum;
    }

    /**
     * How many connections of a listener have ended for a reason in a phase.
     *
     * @param listener the listener's name
     * @param reason the reason
     * @param phase the phase
     * @return how many; 0 for an unknown name
     */
    public long closed(String listener, CloseReason reason, Phase phase) {
        Connections connections = listeners.get(listener);
        return connections == null ? 0 : connections.closed[reason.ordinal()][phase.ordinal()];
    }

    /** {@return how many connections are open} */
    public long connections() {
        long sum = 0;
        for (ConnectionState state : ConnectionState.values()) {
            sum += connections(state);
        }
        return sum;
    }

    /**
     * How many connections are in a state.
     *
     * @param state the state
     * @return how many
     */
    public long connections(ConnectionState state) {
        return Math.max(0, states[state.ordinal()]);
    }

    /**
     * How many TLS handshakes have come out a way.
     *
     * @param result the way
     * @return how many
     */
    public long handshakes(HandshakeResult result) {
        return handshakes[result.ordinal()];
    }

    /**
     * How many requests have been answered with a class of status.
     *
     * @param protocol what carried them
     * @param statusClass the first digit of the status, 1 to 5; 0 for requests that were cut off before they had one
     * @return how many
     * @throws IllegalArgumentException for another class
     */
    public long requests(Version protocol, int statusClass) {
        if (statusClass < 0 || statusClass > 5) {
            throw new IllegalArgumentException("a status class is 1 to 5, or 0 for none, not " + statusClass);
        }
        return requests[protocol.ordinal()][statusClass];
    }

    /** {@return how long completed TLS handshakes took, from the connection's being accepted} */
    public HistogramSnapshot handshakeDurations() {
        return handshakeDurations;
    }

    /** {@return how long connections that were ready for a request waited for its first byte} */
    public HistogramSnapshot firstByteDurations() {
        return firstByteDurations;
    }

    /**
     * How long requests took that were answered, from their header section to the end of the response.
     *
     * @param protocol what carried them
     * @return their durations
     */
    public HistogramSnapshot requestDurations(Version protocol) {
        return requestDurations[protocol.ordinal()];
    }

    /** {@return how many bytes all connections held for their peers: arrived and not taken, or written and not sent} */
    public long bufferedBytes() {
        return bufferedBytes;
    }

    /** {@return how many bytes they may hold before new requests are answered 503; 0 where no server runs} */
    public long bufferedBytesBound() {
        return bufferedBytesBound;
    }

    /** {@return the ends of certificates' validity by name, in seconds since 1970-01-01T00:00:00Z, sorted by name} */
    public Map<String, Long> certificates() {
        return certificates;
    }

    /** {@return a few totals, for a log} */
    @Override
    public String toString() {
        return "opened " + opened() + ", closed " + closed() + ", open " + connections();
    }
}
