package dev.millrace.internal.tls;

import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.observer.Observer;
import dev.millrace.internal.transport.Protocol;
import dev.millrace.internal.transport.Transport;
import dev.millrace.observe.ConnectionEnd;
import java.util.concurrent.Executor;

/** What the TLS connections of one listener, or of one client, share on one loop. Not safe for several threads. */
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

        /**
         * No protocol is to be made: a client's handshake was not completed. Told once, and soon after that is clear, while the
         * connection may still be taking leave; not told to servers, for whom nobody waits.
         *
         * @param end why, how far it had come, the name of the alert or what else makes it exact, and what the engine or the
         *     operating system threw, if anything: for a certificate that is refused a {@code CertificateException} is among
         *     its causes
         */
        default void failed(ConnectionEnd end) {}
    }

    /** An alert is short, and whoever is going to read it does so at once. */
    private static final long LONGEST_LINGER = 1_000_000_000;

    final TlsSettings settings;
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
     */
    public TlsContext(
            TlsSettings settings,
            TlsBuffers buffers,
            long handshakeNanos,
            long lingerNanos,
            @Nullable Executor tasks,
            Observer observer) {
        this.settings = settings;
        this.buffers = buffers;
        this.handshakeNanos = handshakeNanos;
        this.lingerNanos = Math.min(lingerNanos, LONGEST_LINGER);
        this.tasks = settings.tasksOnLoop() ? null : tasks;
        this.observer = observer;
    }
}
