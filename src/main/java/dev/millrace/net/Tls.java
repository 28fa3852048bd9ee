package dev.millrace.net;

import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.time.Clock;
import dev.millrace.internal.tls.CertificateWriter;
import dev.millrace.internal.tls.Credential;
import dev.millrace.internal.tls.LoadedCertificate;
import dev.millrace.internal.tls.TlsAccess;
import dev.millrace.internal.tls.TlsSettings;
import dev.millrace.internal.tls.TlsSpec;
import dev.millrace.internal.tls.TrustSource;
import dev.millrace.observe.ClientHello;
import java.io.IOException;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import javax.net.ssl.SSLContext;

/**
 * A TLS configuration of a server or of clients, made by a {@link Builder}. One object may serve any number of listeners
 * and clients. Immutable but for {@link #reload()}, safe for any thread.
 *
 * <p>The defaults are TLS 1.3 and 1.2 (RFC 8446, RFC 5246) with forward secrecy and authenticated encryption only, the
 * server's order of cipher suites, and no compromise for old peers.
 *
 * <p><b>Sessions.</b> Resumption is the JDK's. A server keeps up to 10,000 sessions for up to 4 hours and gives TLS 1.2
 * tickets (RFC 5077) and TLS 1.3 tickets (RFC 8446 §4.6.1), both of which carry the session encrypted, under keys that the
 * JDK makes for each configuration and renews itself; {@link Builder#sessions} sets both bounds. What the JDK does not
 * offer: keys for tickets that several processes share, a number of tickets for one connection (it is one), 0-RTT data,
 * tickets bound to the server name (a ticket is good for every name of the configuration), or tickets for one
 * configuration alone turned off (the system property {@code jdk.tls.server.enableSessionTicketExtension} turns them off
 * for the whole process). A reload that changes a certificate or the trusted roots ends all sessions of before;
 * connections go on.
 *
 * <p><b>Renegotiation.</b> TLS 1.2 renegotiation is not served. Revocation is not checked, and no OCSP response is stapled
 * unless the JDK's system properties ask for it.
 */
public final class Tls implements AutoCloseable {
    static {
        TlsAccess.set(new TlsAccess.Way() {
            @Override
            public TlsSettings settings(Object tls) {
                return ((Tls) tls).settings;
            }
        });
    }

    private final TlsSettings settings;

    private Tls(TlsSettings settings) {
        this.settings = settings;
    }

    /** What a server wants of its clients (RFC 8446 §4.3.2). */
    public enum ClientAuth {
        /** No certificate: the default. */
        NONE,
        /** A certificate if the client has one, which must then be trusted. */
        OPTIONAL,
        /** A trusted certificate: the handshake fails without. */
        REQUIRED
    }

    /**
     * A certificate in use.
     *
     * @param name what to call it, differing from the others' of the configuration: the server name it was given for, or
     *     else its first own name
     * @param names the DNS names and IP addresses in it
     * @param notBefore the start of its validity
     * @param notAfter the end of its validity
     * @param fingerprint its SHA-256 in pairs of upper-case hexadecimal digits with colons between
     */
    public record Certificate(
            String name, List<String> names, Instant notBefore, Instant notAfter, String fingerprint) {
        static Certificate of(LoadedCertificate loaded) {
            X509Certificate certificate = loaded.certificate();
            return new Certificate(
                    loaded.name(),
                    List.copyOf(Credential.names(certificate)),
                    certificate.getNotBefore().toInstant(),
                    certificate.getNotAfter().toInstant(),
                    Credential.fingerprint(certificate));
        }
    }

    /**
     * Begins a server's configuration.
     *
     * @return a builder, which needs a certificate
     */
    public static Builder server() {
        return new Builder(true);
    }

    /**
     * Begins a configuration of clients.
     *
     * @return a builder, which needs nothing more: it trusts the platform's roots
     */
    public static Builder client() {
        return new Builder(false);
    }

    /**
     * Reads all files again. New handshakes see the new state, all of it at once; connections are not touched. Without a
     * change sessions stay good.
     *
     * @return whether anything changed
     * @throws IOException if a file cannot be used, with its name, what is wrong and what to do; the old state stays
     */
    public boolean reload() throws IOException {
        return settings.reload();
    }

    /**
     * The certificates in use.
     *
     * @return them, in the order in which they were given; none for a ready context or an authority
     */
    public List<Certificate> certificates() {
        List<Certificate> out = new ArrayList<>();
        for (LoadedCertificate loaded : settings.certificates()) {
            out.add(Certificate.of(loaded));
        }
        return List.copyOf(out);
    }

    /** Ends the watching of files. All else goes on, and a configuration that does not watch needs no closing. */
    @Override
    public void close() {
        settings.endWatch();
    }

    /** Settings of a {@link Tls}. Not safe for several threads at once. */
    public static final class Builder {
        private final boolean server;
        private final List<TlsSpec.Named> certificates = new ArrayList<>();
        private final List<Path> trustFiles = new ArrayList<>();
        private final List<X509Certificate> roots = new ArrayList<>();
        private @Nullable CertificateAuthority authority;
        private @Nullable SSLContext context;
        private boolean trustAll;
        private boolean checkHostname = true;
        private ClientAuth clientAuth = ClientAuth.NONE;
        private List<String> protocols = TlsDefaults.PROTOCOLS;
        private List<String> suites = TlsDefaults.SUITES;
        private List<String> alpn;
        private int sessionCache = 10_000;
        private Duration sessionTimeout = Duration.ofHours(4);
        private @Nullable Duration watch;
        private @Nullable Duration expiryWarning;
        private final TlsHooks hooks = new TlsHooks();
        private TlsSpec.@Nullable Chooser chooser;
        private TlsSpec.@Nullable ChainCheck chainCheck;
        private boolean tasksOnLoop;
        private Clock clock = Clock.system();

        private Builder(boolean server) {
            this.server = server;
            this.alpn = server ? List.of("h2", "http/1.1") : List.of();
        }

        /**
         * Sets the certificate for clients that give no server name or one that no other certificate is for; on a client,
         * the certificate that is shown to servers that want one. Called again with another kind of key, RSA beside EC for
         * one, both are offered.
         *
         * @param identity the certificate and its key
         * @return this
         */
        public Builder certificate(Identity identity) {
            certificates.add(new TlsSpec.Named(null, identity.source()));
            return this;
        }

        /**
         * Sets the certificate for clients that ask for a server name (RFC 6066 §3). Called again with another kind of key
         * for the same name, both are offered.
         *
         * @param serverName a DNS name in ASCII, or {@code *.} and a DNS name, for all names of one label more; an exact
         *     name goes before a wildcard
         * @param identity the certificate and its key
         * @return this
         * @throws IllegalArgumentException if that is no DNS name
         */
        public Builder certificate(String serverName, Identity identity) {
            if (!server) {
                throw new IllegalArgumentException("a client has no certificates by server name");
            }
            String name = CertificateWriter.checkedName(serverName);
            if (CertificateWriter.isAddress(name)) {
                throw new IllegalArgumentException("clients ask for DNS names only, never for " + serverName);
            }
            certificates.add(new TlsSpec.Named(name, identity.source()));
            return this;
        }

        /**
         * Sets the certificate from PEM files, as {@link Identity#pem(Path, Path)} does.
         *
         * @param chain the file with the certificate, then those of its issuers without the root
         * @param key the file with the key; it may be the same file
         * @return this
         */
        public Builder pem(Path chain, Path key) {
            return certificate(Identity.pem(chain, key));
        }

        /**
         * Sets the certificate from PEM files with an encrypted key, as {@link Identity#pem(Path, Path, char[])} does.
         *
         * @param chain the file with the certificate, then those of its issuers without the root
         * @param key the file with the key; it may be the same file
         * @param password the key's password
         * @return this
         */
        public Builder pem(Path chain, Path key, char[] password) {
            return certificate(Identity.pem(chain, key, password));
        }

        /**
         * Sets the certificate from a PKCS#12 file, as {@link Identity#pkcs12(Path, char[])} does.
         *
         * @param file the file
         * @param password the password of the file and of its key
         * @return this
         */
        public Builder pkcs12(Path file, char[] password) {
            return certificate(Identity.pkcs12(file, password));
        }

        /**
         * Lets an authority mint the certificate for each server name that a client asks for and that no certificate was
         * given for.
         *
         * @param newAuthority the authority
         * @return this
         */
        public Builder mintedBy(CertificateAuthority newAuthority) {
            this.authority = Objects.requireNonNull(newAuthority);
            return this;
        }

        /**
         * Takes a ready context in place of certificates, trust and session bounds. Protocols, cipher suites, ALPN, client
         * authentication and the check of the host name stay this builder's.
         *
         * @param ready an initialised context
         * @return this
         */
        public Builder context(SSLContext ready) {
            this.context = Objects.requireNonNull(ready);
            return this;
        }

        /**
         * Trusts the certificates in a PEM file, and no longer the platform's. May be called several times. The file is
         * read again at each reload.
         *
         * @param pem a file of one or more certificates
         * @return this
         */
        public Builder trust(Path pem) {
            trustFiles.add(Objects.requireNonNull(pem));
            return this;
        }

        /**
         * Trusts the trusted certificates of a key store, and no longer the platform's.
         *
         * @param store a loaded store; read now
         * @return this
         * @throws IllegalArgumentException if it has none
         */
        public Builder trust(KeyStore store) {
            roots.addAll(TrustSource.rootsOf(store));
            return this;
        }

        /**
         * Trusts certificates, and no longer the platform's. May be called several times.
         *
         * @param certificates roots, or the very certificates that peers show
         * @return this
         */
        public Builder trust(X509Certificate... certificates) {
            roots.addAll(List.of(certificates));
            return this;
        }

        /**
         * <b>Insecure, for tests only:</b> believes every certificate, whoever signed it and whatever host it is for, so
         * anybody on the way can read and change everything.
         *
         * @return this
         */
        public Builder insecureTrustAll() {
            this.trustAll = true;
            return this;
        }

        /**
         * <b>Insecure:</b> a client no longer checks that the certificate is for the host that it asked for, only that it is
         * trusted. Fit where the trusted roots are the server's very own.
         *
         * @return this
         */
        public Builder insecureAnyHostname() {
            this.checkHostname = false;
            return this;
        }

        /**
         * Sets what a server wants of its clients; {@link ClientAuth#NONE} if not called. Else the roots to trust must be
         * given too: the platform's are never taken for this.
         *
         * @param wish the wish
         * @return this
         */
        public Builder clientAuth(ClientAuth wish) {
            this.clientAuth = Objects.requireNonNull(wish);
            return this;
        }

        /**
         * Sets the versions: {@code TLSv1.3} and {@code TLSv1.2} if not called. Older ones are broken and refused.
         *
         * @param versions one or both of the two
         * @return this
         * @throws IllegalArgumentException for others or none
         */
        public Builder protocols(String... versions) {
            this.protocols = TlsDefaults.checkedProtocols(versions);
            return this;
        }

        /**
         * Sets the cipher suites. If not called: for TLS 1.3 AES-128-GCM, AES-256-GCM, ChaCha20-Poly1305; for TLS 1.2 the
         * same with ECDHE, AES-128-GCM first because it is the fastest.
         *
         * @param names names as the JDK and IANA have them, the preferred first; checked when built
         * @return this
         */
        public Builder cipherSuites(String... names) {
            if (names.length == 0) {
                throw new IllegalArgumentException("no cipher suite");
            }
            this.suites = List.of(names);
            return this;
        }

        /**
         * Sets the application protocols (RFC 7301): for servers {@code http/1.1} and for clients none if not called. A
         * server whose list has nothing that the client offers ends the handshake with {@code no_application_protocol}.
         *
         * @param names 1 to 255 octets each, the preferred first; none turns ALPN off
         * @return this
         * @throws IllegalArgumentException for other lengths
         */
        public Builder alpn(String... names) {
            this.alpn = TlsDefaults.checkedAlpn(names);
            return this;
        }

        /**
         * Has each client's ClientHello looked at before it is answered: the certificate, the application protocols or the
         * whole configuration can be chosen from the names, versions, suites and fingerprints that it offers. The answer may
         * come later, from any thread; the deadline of the handshake ({@code Timeouts.handshake}) goes on, and if it passes,
         * or the client leaves, the stage is cancelled. A hook that throws, fails or gives {@code null} fails the handshake
         * with the alert {@code internal_error}, and the error is reported in the log; to refuse a client, choose
         * {@link TlsChoice#refuse()}. A hello that is malformed is refused without asking.
         *
         * @param hook is called on the event loop, so it must not block
         * @return this
         * @throws IllegalStateException on a client
         */
        public Builder onClientHello(Function<? super ClientHello, ? extends CompletionStage<TlsChoice>> hook) {
            if (!server) {
                throw new IllegalStateException("onClientHello is a server's setting");
            }
            this.chooser = new ClientHelloHook(Objects.requireNonNull(hook));
            return this;
        }

        /**
         * Has a client look at the certificates of each server that is trusted, and perhaps refuse it: pinning.
         *
         * @param check looks at them
         * @return this
         * @throws IllegalStateException on a server
         */
        public Builder onServerCertificate(CertificateCheck check) {
            if (server) {
                throw new IllegalStateException("onServerCertificate is a client's setting");
            }
            Objects.requireNonNull(check);
            this.chainCheck = (host, chain) -> {
                try {
                    check.check(host, chain);
                } catch (Exception e) {
                    throw new CertificateRefusedException(host, e);
                }
            };
            return this;
        }

        /**
         * Computes on the event loop what handshakes need of cryptography, instead of on the runtime's threads for blocking
         * work: two changes of thread less for each handshake, but nothing else moves on the loop meanwhile, 0.1 to 2 ms
         * depending on the kind of key.
         *
         * @return this
         */
        public Builder handshakesOnLoop() {
            this.tasksOnLoop = true;
            return this;
        }

        /**
         * Sets the bounds of resumption; 10,000 sessions and 4 hours if not called.
         *
         * @param most the most sessions kept, at least 1; sessions within tickets are the client's to keep and not counted
         * @param timeout after which a session or ticket is good no more, 1 second to 7 days
         * @return this
         * @throws IllegalArgumentException for other numbers
         */
        public Builder sessions(int most, Duration timeout) {
            if (most < 1) {
                throw new IllegalArgumentException("the most sessions is " + most + " but must be at least 1");
            }
            if (timeout.toSeconds() < 1 || timeout.compareTo(Duration.ofDays(7)) > 0) { // RFC 8446 §4.6.1
                throw new IllegalArgumentException("the timeout is " + timeout + " but must be 1 second to 7 days");
            }
            this.sessionCache = most;
            this.sessionTimeout = timeout;
            return this;
        }

        /**
         * Looks at the files now and then, on a daemon thread, and reloads when one has changed. What cannot be used is told
         * to {@link #onReloadError} once and tried again each time, and the old state stays. The watching ends with
         * {@link Tls#close()} or when nobody holds the configuration any more.
         *
         * @param every the time between two looks, 1 millisecond to 24 hours
         * @return this
         * @throws IllegalArgumentException for other spans
         */
        public Builder watch(Duration every) {
            if (every.toMillis() < 1 || every.compareTo(Duration.ofDays(1)) > 0) {
                throw new IllegalArgumentException("watching every " + every + ": must be 1 ms to 24 h");
            }
            this.watch = every;
            return this;
        }

        /**
         * Sets who is told when the watcher could not reload; a line in the log if not called.
         *
         * @param hook is called on the watcher's thread
         * @return this
         */
        public Builder onReloadError(Consumer<? super Exception> hook) {
            hooks.reloadError = Objects.requireNonNull(hook);
            return this;
        }

        /**
         * Sets when and to whom a certificate's end is told: at each load and reload, and once a day by the watcher or by a
         * server that uses the configuration. If not called, a line in the log tells of certificates that end within 14 days,
         * or within the last third of their validity if that is shorter, or have ended. Certificates that are not valid yet
         * are told of too.
         *
         * @param before how long before its end a certificate is told of, zero or more
         * @param hook is called on the thread that loads, on the watcher's, or on one of the server's for blocking work
         * @return this
         * @throws IllegalArgumentException if {@code before} is negative
         */
        public Builder expiryWarning(Duration before, Consumer<? super Certificate> hook) {
            if (before.isNegative()) {
                throw new IllegalArgumentException("a warning after the end: " + before);
            }
            this.expiryWarning = before;
            hooks.expiry = Objects.requireNonNull(hook);
            return this;
        }

        /** Sets the time, for tests. */
        Builder clock(Clock newClock) {
            this.clock = newClock;
            return this;
        }

        /**
         * Reads the files and makes the configuration. What the engines share is made when the first connection wants it.
         *
         * @return the configuration
         * @throws IOException if a file cannot be used; the message says which, what is wrong, and what to do
         * @throws IllegalStateException if settings contradict each other or something is missing
         */
        public Tls build() throws IOException {
            boolean ownTrust = !trustFiles.isEmpty() || !roots.isEmpty();
            check(ownTrust);
            TrustSource trust;
            if (trustAll) {
                trust = TrustSource.EVERYBODY;
            } else if (ownTrust) {
                trust = TrustSource.roots(trustFiles, roots);
            } else {
                trust = server ? TrustSource.NOBODY : TrustSource.PLATFORM;
            }
            if (suites != TlsDefaults.SUITES) {
                TlsDefaults.checkSuites(suites);
            }
            return new Tls(new TlsSettings(new TlsSpec(
                    server,
                    context,
                    List.copyOf(certificates),
                    authority == null ? null : authority.minter(),
                    trust,
                    TlsSpec.PeerAuth.valueOf(clientAuth.name()),
                    checkHostname && !trustAll,
                    chainCheck,
                    protocols,
                    suites,
                    alpn,
                    sessionCache,
                    sessionTimeout,
                    watch,
                    expiryWarning,
                    hooks.copy(clock),
                    chooser,
                    tasksOnLoop,
                    clock)));
        }

        private void check(boolean ownTrust) {
            if (context != null && (!certificates.isEmpty() || authority != null || ownTrust || trustAll)) {
                throw new IllegalStateException("a ready context brings its certificates and trust: give no others");
            }
            if (context != null && chainCheck != null) {
                throw new IllegalStateException("a ready context checks certificates itself");
            }
            if (trustAll && ownTrust) {
                throw new IllegalStateException("trust in all leaves nothing for trust in some: drop one of them");
            }
            if (server && context == null && certificates.isEmpty() && authority == null) {
                throw new IllegalStateException("a server needs a certificate: give one with pem(chain, key),"
                        + " or take SelfSigned.localhost() for development");
            }
            if (!server && (clientAuth != ClientAuth.NONE || authority != null)) {
                throw new IllegalStateException("clientAuth and mintedBy are a server's settings");
            }
            if (server && !checkHostname) {
                throw new IllegalStateException("a server checks no host names");
            }
            if (clientAuth != ClientAuth.NONE && context == null && !ownTrust && !trustAll) {
                throw new IllegalStateException("clientAuth " + clientAuth + " needs to know whom to trust: give the"
                        + " clients' roots with trust(...)");
            }
        }
    }
}
