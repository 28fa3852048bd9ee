package dev.millrace.observe;

import dev.millrace.http.Phase;
import dev.millrace.http.Version;
import dev.millrace.internal.bytes.Nullable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * What a server counts. Every event loop counts for itself, without a lock, and {@link #snapshot()} adds up. Counters are
 * exact: nothing is sampled, nothing is lost, nothing is counted twice. Safe for any thread.
 */
public final class Metrics {
    private final Object lock = new Object();
    private final List<Recorder> recorders = new ArrayList<>();
    private final Map<String, LongSupplier> certificates = new TreeMap<>();
    private final List<Supplier<Map<String, Long>>> certificateSources = new ArrayList<>();
    private final Map<LongSupplier, Long> buffers = new LinkedHashMap<>();

    /** Counts nothing yet. */
    public Metrics() {}

    /**
     * A recorder for one listener and one event loop. For the library's own servers.
     *
     * @param listener the listener's name; the recorders of one name are added up
     * @return a new recorder, which is counted from now on
     */
    public Recorder recorder(String listener) {
        Recorder recorder = new Recorder(listener);
        synchronized (lock) {
            recorders.add(recorder);
        }
        return recorder;
    }

    /**
     * Has the expiry of a certificate among the metrics.
     *
     * @param name what tells it from others; one of the same name is replaced
     * @param epochSecond gives the end of its validity in seconds since 1970-01-01T00:00:00Z; asked at each snapshot, on
     *     the snapshot's thread, so that a reloaded certificate shows. If it throws, the certificate is missing there
     */
    public void certificate(String name, LongSupplier epochSecond) {
        synchronized (lock) {
            certificates.put(name, epochSecond);
        }
    }

    /**
     * Has the expiry of certificates that come and go among the metrics, such as those of a configuration that is reloaded.
     *
     * @param source gives the ends of their validity in seconds since 1970-01-01T00:00:00Z by their names; asked at each
     *     snapshot, on the snapshot's thread. If it throws, its certificates are missing there; of two with one name the
     *     earlier end counts
     */
    public void certificates(Supplier<Map<String, Long>> source) {
        synchronized (lock) {
            certificateSources.add(source);
        }
    }

    /**
     * Has among the metrics how many bytes the connections of a runtime hold for their peers.
     *
     * @param held says how many; asked at each snapshot. Of several the sum counts, each once
     * @param bound how many they may hold
     */
    public void bufferedBytes(LongSupplier held, long bound) {
        synchronized (lock) {
            buffers.put(held, bound);
        }
    }

    /**
     * What has been counted until now. What a loop counts at this very moment may be missing.
     *
     * @return an immutable copy
     */
    public MetricsSnapshot snapshot() {
        List<Recorder> all;
        Map<String, LongSupplier> suppliers;
        List<Supplier<Map<String, Long>>> sources;
        Map<LongSupplier, Long> held;
        synchronized (lock) {
            held = new LinkedHashMap<>(buffers);
            all = List.copyOf(recorders);
            suppliers = new LinkedHashMap<>(certificates);
            sources = List.copyOf(certificateSources);
        }
        Map<String, Long> expiries = new TreeMap<>();
        for (Supplier<Map<String, Long>> source : sources) {
            try {
                source.get().forEach((name, end) -> expiries.merge(name, end, Math::min));
            } catch (RuntimeException noExpiries) {
                // one broken source must not take all the other metrics away
            }
        }
        for (Map.Entry<String, LongSupplier> entry : suppliers.entrySet()) {
            try {
                expiries.put(entry.getKey(), entry.getValue().getAsLong());
            } catch (RuntimeException noExpiry) {
                // one broken supplier must not take all the other metrics away
            }
        }
        long bytes = 0;
        long bound = 0;
        for (Map.Entry<LongSupplier, Long> runtime : held.entrySet()) {
            bytes += runtime.getKey().getAsLong();
            bound += runtime.getValue();
        }
        return MetricsSnapshot.of(all, expiries, bytes, bound);
    }

    /**
     * Counts for one listener on one event loop. For protocol implementations: all methods are called on that loop's thread,
     * cost a few nanoseconds and, but for the first durations, allocate nothing.
     */
    @SuppressWarnings("EnumOrdinal") // places in an array of this process, never written anywhere
    public static final class Recorder {
        static final int REASONS = CloseReason.values().length;
        static final int PHASES = Phase.values().length;
        static final int STATES = ConnectionState.values().length;
        /** As a number, so that nothing of TLS is loaded where there is none. */
        static final int RESULTS = 6;

        static final int VERSIONS = Version.values().length;
        /** The classes of a status, and one for no status. */
        static final int CLASSES = 6;

        private static final int OPENED = 0;
        private static final int STATE = 1;
        private static final int RESULT = STATE + STATES;
        private static final int REQUEST = RESULT + RESULTS;
        private static final int CLOSED = REQUEST + VERSIONS * CLASSES;
        private static final int ALL = CLOSED + REASONS * PHASES;

        private final String listener;
        private final AtomicLongArray counters = new AtomicLongArray(ALL);
        private final Histogram handshakes = new Histogram();
        private final Histogram firstBytes = new Histogram();
        private final Histogram[] requests = new Histogram[VERSIONS];

        private Recorder(String listener) {
            this.listener = listener;
            for (int i = 0; i < VERSIONS; i++) {
                requests[i] = new Histogram();
            }
        }

        /** {@return the listener's name} */
        public String listener() {
            return listener;
        }

        /** A connection was accepted. */
        public void opened() {
            add(OPENED, 1);
        }

        /**
         * A connection has changed its state.
         *
         * @param from what it was, or {@code null} if it is new
         * @param to what it is, or {@code null} if it has ended
         */
        public void state(@Nullable ConnectionState from, @Nullable ConnectionState to) {
            if (to != null) {
                add(STATE + to.ordinal(), 1);
            }
            if (from != null) {
                add(STATE + from.ordinal(), -1);
            }
        }

        /**
         * A connection has ended.
         *
         * @param reason why
         * @param phase how far it had come
         */
        public void closed(CloseReason reason, Phase phase) {
            add(CLOSED + reason.ordinal() * PHASES + phase.ordinal(), 1);
        }

        /**
         * A TLS handshake has ended.
         *
         * @param result how
         * @param nanos how long it took; measured for those that were completed, since the others end when a peer or a
         *     deadline wants it
         */
        public void handshake(HandshakeResult result, long nanos) {
            add(RESULT + result.ordinal(), 1);
            if (result == HandshakeResult.COMPLETED || result == HandshakeResult.RESUMED) {
                handshakes.record(nanos);
            }
        }

        /**
         * The first byte of a connection's first request has come.
         *
         * @param nanos since the connection was ready for it
         */
        public void firstByte(long nanos) {
            firstBytes.record(nanos);
        }

        /**
         * A request has ended.
         *
         * @param protocol what carried it
         * @param status the code of its response; 0, or anything that is no status, if it was cut off before there was one:
         *     it is then counted apart and not measured
         * @param nanos from its header section to the end of its response
         */
        public void request(Version protocol, int status, long nanos) {
            int family = status >= 100 && status <= 599 ? status / 100 : 0;
            add(REQUEST + protocol.ordinal() * CLASSES + family, 1);
            if (family != 0) {
                requests[protocol.ordinal()].record(nanos);
            }
        }

        /** One thread writes, so nothing is lost by reading and writing apart; release lets readers see events in order. */
        private void add(int index, long amount) {
            counters.setRelease(index, counters.getPlain(index) + amount);
        }

        long openedCount() {
            return counters.getAcquire(OPENED);
        }

        long stateCount(int state) {
            return counters.getAcquire(STATE + state);
        }

        long handshakeCount(int result) {
            return counters.getAcquire(RESULT + result);
        }

        long requestCount(int version, int family) {
            return counters.getAcquire(REQUEST + version * CLASSES + family);
        }

        long closedCount(int reason, int phase) {
            return counters.getAcquire(CLOSED + reason * PHASES + phase);
        }

        HistogramSnapshot handshakeDurations() {
            return handshakes.snapshot();
        }

        HistogramSnapshot firstByteDurations() {
            return firstBytes.snapshot();
        }

        HistogramSnapshot requestDurations(int version) {
            return requests[version].snapshot();
        }
    }
}
