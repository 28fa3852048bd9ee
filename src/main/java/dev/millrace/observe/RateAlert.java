package dev.millrace.observe;

import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Tells when too many connections end for some reason: an expired certificate shows as a share of
 * {@link CloseReason#HANDSHAKE_REJECTED} and {@link CloseReason#CLIENT_SILENT} that leaps up, and the breakdown by server
 * name, fingerprint and version says whose clients it hits.
 *
 * <pre>{@code
 * RateAlert.builder(alarm -> log(alarm))
 *         .reasons(CloseReason.CLIENT_SILENT, CloseReason.HANDSHAKE_REJECTED)
 *         .threshold(0.2)
 *         .build();
 * }</pre>
 *
 * <p>It goes off once when the share, over the window that slides behind now, reaches the threshold, and not again before the
 * share has fallen below a lower one. It looks whenever something is counted, so it costs no timer and no thread. Safe for
 * several event loops at once.
 */
public final class RateAlert implements ConnectionListener {
    /** What the share is a share of. */
    public enum Among {
        /** TLS handshakes that have ended, well or badly; only connections that began one count as ended for a reason. */
        HANDSHAKES,
        /** Connections that have ended. */
        CONNECTIONS
    }

    /**
     * What an alert says as it goes off. The maps have at most as many entries as {@link Builder#top} wants, the most frequent
     * first, and what is beyond stands under {@code (other)}; what was not known stands under {@code (none)}.
     *
     * @param reasons the reasons that were looked for
     * @param share of the connections that ended for them, from 0 to 1
     * @param matching how many ended for them within the window
     * @param total of how many
     * @param window the window
     * @param byServerName those that matched, by the server name of SNI
     * @param byFingerprint those that matched, by the JA4 fingerprint of their ClientHello
     * @param byVersion those that matched, by the TLS version chosen
     */
    public record Alarm(
            Set<CloseReason> reasons,
            double share,
            long matching,
            long total,
            Duration window,
            Map<String, Long> byServerName,
            Map<String, Long> byFingerprint,
            Map<String, Long> byVersion) {}

    private enum State {
        ARMED,
        FIRED
    }

    private static final String NONE = "(none)";

    private final Set<CloseReason> reasons;
    private final Among among;
    private final double threshold;
    private final double rearmBelow;
    private final Duration window;
    private final long minimum;
    private final Consumer<Alarm> hook;
    private final LongSupplier nanos;
    private final Object lock = new Object();
    private final SlidingCounts counts;
    private State state = State.ARMED;

    private RateAlert(Builder builder) {
        reasons = Set.copyOf(builder.reasons);
        among = builder.among;
        threshold = builder.threshold;
        rearmBelow = Double.isNaN(builder.rearmBelow) ? builder.threshold / 2 : builder.rearmBelow;
        window = builder.window;
        minimum = builder.minimum;
        hook = builder.hook;
        nanos = builder.nanos;
        counts = new SlidingCounts(window.toNanos(), nanos.getAsLong(), builder.top);
    }

    /**
     * A builder of an alert.
     *
     * @param hook is told, on the event loop that noticed, so it must be quick and must not block
     * @return the builder
     */
    public static Builder builder(Consumer<Alarm> hook) {
        return new Builder(hook);
    }

    @Override
    public void handshakeCompleted(ConnectionInfo connection, HandshakeInfo handshake) {
        handshakeEnded();
    }

    @Override
    public void handshakeFailed(ConnectionInfo connection, HandshakeInfo handshake, ConnectionEnd end) {
        handshakeEnded();
    }

    private void handshakeEnded() {
        if (among == Among.HANDSHAKES) {
            count(1, false, NONE, NONE, NONE);
        }
    }

    @Override
    public void closed(
            ConnectionInfo connection, ConnectionEnd end, @Nullable HandshakeInfo handshake, ConnectionStats stats) {
        if (among == Among.HANDSHAKES && handshake == null) {
            return;
        }
        if (!reasons.contains(end.reason())) {
            if (among == Among.CONNECTIONS) {
                count(1, false, NONE, NONE, NONE);
            }
            return;
        }
        ClientHello hello = handshake == null ? null : handshake.clientHello();
        String serverName = hello == null ? null : hello.serverName();
        String fingerprint = hello == null ? null : hello.ja4();
        String version = handshake == null ? null : handshake.protocol();
        count(
                among == Among.CONNECTIONS ? 1 : 0,
                true,
                serverName == null ? NONE : serverName,
                fingerprint == null ? NONE : fingerprint,
                version == null ? NONE : version);
    }

    private void count(int more, boolean matches, String serverName, String fingerprint, String version) {
        Alarm alarm = null;
        synchronized (lock) {
            counts.advance(nanos.getAsLong());
            rearm(); // before counting: what comes after a long silence is a new beginning
            counts.add(more);
            if (matches) {
                counts.match(serverName, fingerprint, version);
            }
            rearm();
            if (state == State.ARMED && counts.total() >= minimum && share() >= threshold) {
                state = State.FIRED;
                alarm = new Alarm(
                        reasons,
                        share(),
                        counts.matching(),
                        counts.total(),
                        window,
                        counts.top(SlidingCounts.SERVER_NAME),
                        counts.top(SlidingCounts.FINGERPRINT),
                        counts.top(SlidingCounts.VERSION));
            }
        }
        if (alarm != null) {
            hook.accept(alarm);
        }
    }

    private void rearm() {
        if (state == State.FIRED && share() < rearmBelow) {
            state = State.ARMED;
        }
    }

    /** A connection may end in another window than its handshake, so more may match than there were handshakes. */
    private double share() {
        long total = counts.total();
        return total == 0 ? 0 : Math.min(1, (double) counts.matching() / total);
    }

    /** Settings of a {@link RateAlert}. Not safe for several threads at once. */
    public static final class Builder {
        private final Consumer<Alarm> hook;
        private final Set<CloseReason> reasons = EnumSet.noneOf(CloseReason.class);
        private Among among = Among.HANDSHAKES;
        private double threshold = 0.1;
        private double rearmBelow = Double.NaN;
        private Duration window = Duration.ofMinutes(1);
        private long minimum = 50;
        private int top = 10;
        private LongSupplier nanos = Clock.system()::nanos;

        private Builder(Consumer<Alarm> hook) {
            this.hook = hook;
        }

        /**
         * Adds reasons to look for; {@link CloseReason#CLIENT_SILENT} alone if not called.
         *
         * @param more the reasons
         * @return this
         */
        public Builder reasons(CloseReason... more) {
            reasons.addAll(Arrays.asList(more));
            return this;
        }

        /**
         * Sets what the share is a share of; {@link Among#HANDSHAKES} if not called.
         *
         * @param value handshakes or connections
         * @return this
         */
        public Builder among(Among value) {
            among = value;
            return this;
        }

        /**
         * Sets the share at which the alert goes off; 0.1 if not called.
         *
         * @param share above 0, up to 1
         * @return this
         * @throws IllegalArgumentException for another one
         */
        public Builder threshold(double share) {
            if (!(share > 0 && share <= 1)) {
                throw new IllegalArgumentException("threshold is " + share + " but must be above 0 and at most 1");
            }
            threshold = share;
            return this;
        }

        /**
         * Sets the share below which the alert may go off again; half of the threshold if not called.
         *
         * @param share above 0, at most the threshold
         * @return this
         * @throws IllegalArgumentException for one that is not above 0; {@link #build} refuses one above the threshold
         */
        public Builder rearmBelow(double share) {
            if (!(share > 0 && share <= 1)) {
                throw new IllegalArgumentException("rearmBelow is " + share + " but must be above 0 and at most 1");
            }
            rearmBelow = share;
            return this;
        }

        /**
         * Sets how far back is looked; one minute if not called. The window slides in steps of a twentieth.
         *
         * @param length from one second to one day
         * @return this
         * @throws IllegalArgumentException for another one
         */
        public Builder window(Duration length) {
            if (length.compareTo(Duration.ofSeconds(1)) < 0 || length.compareTo(Duration.ofDays(1)) > 0) {
                throw new IllegalArgumentException("window is " + length + " but must be from one second to one day");
            }
            window = length;
            return this;
        }

        /**
         * Sets how many handshakes, or connections, there must be within the window before a share says anything; 50 if not
         * called.
         *
         * @param count at least one
         * @return this
         * @throws IllegalArgumentException for less
         */
        public Builder minimum(long count) {
            if (count < 1) {
                throw new IllegalArgumentException("minimum is " + count + " but must be at least 1");
            }
            minimum = count;
            return this;
        }

        /**
         * Sets how many entries the maps of an {@link Alarm} may have besides the one of the rest; 10 if not called.
         *
         * @param count from 1 to 100
         * @return this
         * @throws IllegalArgumentException for another number
         */
        public Builder top(int count) {
            if (count < 1 || count > 100) {
                throw new IllegalArgumentException("top is " + count + " but must be from 1 to 100");
            }
            top = count;
            return this;
        }

        /**
         * Sets where the time comes from; the machine's monotonic clock if not called.
         *
         * @param source gives nanoseconds of any origin, asked on the event loops
         * @return this
         */
        public Builder nanos(LongSupplier source) {
            nanos = source;
            return this;
        }

        /**
         * Makes the alert.
         *
         * @return the alert, armed and with an empty window
         * @throws IllegalArgumentException if it would re-arm above its threshold
         */
        public RateAlert build() {
            if (rearmBelow > threshold) {
                throw new IllegalArgumentException(
                        "rearmBelow is " + rearmBelow + " but must be at most the threshold, " + threshold);
            }
            if (reasons.isEmpty()) {
                reasons.add(CloseReason.CLIENT_SILENT);
            }
            return new RateAlert(this);
        }
    }
}
