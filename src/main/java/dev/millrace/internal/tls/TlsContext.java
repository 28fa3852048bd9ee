package dev.millrace.internal.tls;

import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.observer.Observer;
import dev.millrace.internal.transport.Protocol;
import dev.millrace.internal.transport.Transport;
import java.util.concurrent.Executor;

/** What the TLS connections of one listener on one loop share. Not safe for several threads. */
public final class TlsContext {
    /** Makes the protocol above a connection whose handshake is complete. */
    @FunctionalInterface
    public interface Upper {
        /**
         * Makes the protocol.
         *
         * @param transport the encrypted connection
         * @param alpn the protocol that was chosen by ALPN, empty for none
         * @return its upper end
         */
        Protocol create(Transport transport, String alpn);
    }

    /** An alert is short, and whoever is going to read it does so at once. */
    private static final long LONGEST_LINGER = 1_000_000_000;

    final TlsSettings settings;
    final Upper upper;
    final Observer observer;
    final long handshakeNanos;
    final long lingerNanos;
    final TlsBuffers buffers;
    final @Nullable Executor tasks;

    /**
     * A context.
     *
     * @param settings give the engines
     * @param buffers the loop's
     * @param handshakeNanos the deadline of a handshake
     * @param lingerNanos how long a peer has to read an alert; at most a second
     * @param tasks runs what an engine delegates, such as signatures; on the loop itself if {@code null}
     * @param observer is told of handshakes
     * @param upper makes what speaks over the encrypted connection
     */
    public TlsContext(
            TlsSettings settings,
            TlsBuffers buffers,
            long handshakeNanos,
            long lingerNanos,
            @Nullable Executor tasks,
            Observer observer,
            Upper upper) {
        this.settings = settings;
        this.buffers = buffers;
        this.handshakeNanos = handshakeNanos;
        this.lingerNanos = Math.min(lingerNanos, LONGEST_LINGER);
        this.tasks = settings.tasksOnLoop() ? null : tasks;
        this.observer = observer;
        this.upper = upper;
    }
}
