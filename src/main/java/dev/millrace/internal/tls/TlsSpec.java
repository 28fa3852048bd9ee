package dev.millrace.internal.tls;

import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.time.Clock;
import dev.millrace.observe.ClientHello;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLContext;

/**
 * What a TLS configuration was told, before any file is read.
 *
 * @param server whether for the server's side
 * @param context a ready context, which then stands for certificates, trust and sessions
 * @param certificates where certificates come from, each with the name it is for
 * @param minter makes certificates for further names
 * @param trust whose certificates are believed
 * @param peerAuth what a server wants of its clients
 * @param checkHostname whether a client checks that the certificate is for the host it asked for
 * @param chainCheck looks at servers' certificates that are trusted, or {@code null}
 * @param protocols the enabled versions
 * @param suites the enabled cipher suites, the preferred first
 * @param alpn the application protocols, the preferred first; none turns ALPN off
 * @param sessionCache the most sessions kept, 0 for no bound
 * @param sessionTimeout after which a session is not resumed any more
 * @param watch how often files are looked at; {@code null} for never
 * @param expiryWarning how long before its end a certificate is warned of; if {@code null} 14 days, or the last third of its
 *     validity if that is shorter
 * @param hooks who is told what
 * @param chooser answers ClientHellos instead of the settings, or {@code null}
 * @param tasksOnLoop whether what engines delegate, such as signatures, is computed on the event loop
 * @param clock the time
 */
public record TlsSpec(
        boolean server,
        @Nullable SSLContext context,
        List<Named> certificates,
        CredentialTable.@Nullable Minter minter,
        TrustSource trust,
        PeerAuth peerAuth,
        boolean checkHostname,
        @Nullable ChainCheck chainCheck,
        List<String> protocols,
        List<String> suites,
        List<String> alpn,
        int sessionCache,
        Duration sessionTimeout,
        @Nullable Duration watch,
        @Nullable Duration expiryWarning,
        Hooks hooks,
        @Nullable Chooser chooser,
        boolean tasksOnLoop,
        Clock clock) {

    /**
     * A source of a certificate and the name it is for.
     *
     * @param name the server name in normal form; {@code null} for the default
     * @param source where the certificate comes from
     */
    public record Named(@Nullable String name, CredentialSource source) {}

    /** What a server wants of its clients. */
    public enum PeerAuth {
        /** No certificate. */
        NONE,
        /** A certificate if the client has one. */
        OPTIONAL,
        /** A certificate. */
        REQUIRED
    }

    /** A client's own look at a server's certificates. Called where engines' tasks run. */
    @FunctionalInterface
    public interface ChainCheck {
        /**
         * Looks at the certificates of a server that is trusted.
         *
         * @param host what the client wants to reach
         * @param chain from the server's certificate to the root, as it was verified
         * @throws CertificateException to refuse it
         */
        void check(String host, List<X509Certificate> chain) throws CertificateException;
    }

    /** Who is told of what happens beside the calls. */
    public interface Hooks {
        /** The files could not be reloaded by the watcher; the old certificates stay. */
        void reloadFailed(Exception error);

        /** A certificate ends soon, has ended, or is not valid yet. */
        void expires(LoadedCertificate certificate);
    }

    /** Chooses what a server answers a ClientHello with. Called on event loops, so it must not block. */
    @FunctionalInterface
    public interface Chooser {
        /** {@return what gives the choice; cancelled if the connection ends before} */
        CompletableFuture<EngineChoice> choose(ClientHello hello);
    }

    /** Starts something that is done again and again. */
    public interface Ticker {
        /**
         * Starts.
         *
         * @param every the time between two calls
         * @param work is called until it gives false; never twice at once
         * @return ends it when run
         */
        Runnable start(Duration every, BooleanSupplier work);
    }
}
