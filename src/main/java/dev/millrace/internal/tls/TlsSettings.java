package dev.millrace.internal.tls;

import dev.millrace.internal.bytes.Nullable;
import dev.millrace.observe.ClientHello;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;

/**
 * A TLS configuration at work: gives engines, reads its files again, watches them. Safe for any thread.
 *
 * <p>TLS 1.2 renegotiation: the JDK refuses a client's wish for it only by the system property
 * {@code jdk.tls.rejectClientInitiatedRenegotiation}, which is the application's to set, for the whole process. An engine
 * from here would take part in one, so the transport must end a connection whose engine is handshaking again.
 */
public final class TlsSettings {
    private static final FileTime NOT_THERE = FileTime.fromMillis(0);

    /** No certificate is warned of more often than this. */
    private static final long WARNING_INTERVAL = 24L * 60 * 60 * 1000;

    /** Those who renew by a program do so earlier: then it has stopped doing it. */
    private static final long USUAL_WARNING = 14 * WARNING_INTERVAL;

    private final TlsSpec spec;
    private final List<Path> files;
    private final Map<X509Certificate, Long> warned = new HashMap<>(); // guarded by this
    private List<Stamp> stamps; // guarded by this
    private @Nullable String lastFailure; // guarded by this
    private @Nullable Runnable watch; // guarded by this
    private volatile TlsSnapshot snapshot;

    /** A file as it was at one time; a file that is not there has no key, no size and the time 0. */
    private record Stamp(
            FileTime modified, long size, @Nullable Object key) {}

    /**
     * Reads the files.
     *
     * @throws IOException if one cannot be used, with its name, the reason and what to do
     */
    public TlsSettings(TlsSpec spec) throws IOException {
        this(spec, new Ticking());
    }

    TlsSettings(TlsSpec spec, TlsSpec.Ticker ticker) throws IOException {
        this.spec = spec;
        List<Path> all = new ArrayList<>(spec.trust().files());
        for (TlsSpec.Named named : spec.certificates()) {
            all.addAll(named.source().files());
        }
        this.files = List.copyOf(all);
        this.stamps = stamps(); // before reading, so that a change in between is seen later
        this.snapshot = TlsSnapshot.load(spec);
        warnOfExpiry(true);
        if (spec.watch() != null) {
            this.watch = ticker.start(spec.watch(), new Poll(this));
        }
    }

    /** Looks after the settings as long as somebody else holds them. */
    private static final class Poll implements BooleanSupplier {
        private final WeakReference<TlsSettings> settings;

        Poll(TlsSettings settings) {
            this.settings = new WeakReference<>(settings);
        }

        @Override
        public boolean getAsBoolean() {
            TlsSettings known = settings.get();
            if (known != null) {
                known.poll();
            }
            return known != null;
        }
    }

    /** {@return whether for the server's side} */
    public boolean server() {
        return spec.server();
    }

    /** {@return the application protocols of engines without a wish of their own, the preferred first} */
    public List<String> alpn() {
        return spec.alpn();
    }

    /** Makes what all engines share, which takes some time at the first call; else the first engine does it. */
    public void prepare() {
        snapshot.ready();
    }

    /** {@return an engine for a server's connection, in server mode, before its handshake} */
    public SSLEngine newServerEngine() {
        TlsSnapshot.Ready ready = snapshot.ready();
        SSLEngine engine = ready.context().createSSLEngine();
        engine.setUseClientMode(false);
        engine.setSSLParameters(ready.parameters());
        return engine;
    }

    /** {@return whether somebody chooses what a ClientHello is answered with} */
    boolean chooses() {
        return spec.chooser() != null;
    }

    /** {@return what gives the choice} */
    CompletableFuture<EngineChoice> choose(ClientHello hello) {
        TlsSpec.Chooser chooser = spec.chooser();
        return chooser == null ? CompletableFuture.completedFuture(EngineChoice.CONFIGURED) : chooser.choose(hello);
    }

    /** {@return whether what engines delegate is computed on the event loop} */
    boolean tasksOnLoop() {
        return spec.tasksOnLoop();
    }

    /**
     * Makes an engine for a server's connection by a choice that was made beforehand.
     *
     * @param alpn the application protocols, the preferred first; those of the configuration if {@code null}
     * @param credential what is shown whatever the client asks for, or {@code null}
     * @param name the server name whose certificate is shown whatever the client asks for, or {@code null}
     * @return an engine in server mode, before its handshake
     * @throws IllegalArgumentException if there is no certificate for the name
     * @throws IllegalStateException if a certificate is chosen and a ready context brings its own
     */
    public SSLEngine newServerEngine(
            @Nullable List<String> alpn, @Nullable Credential credential, @Nullable String name) {
        if (alpn == null && credential == null && name == null) {
            return newServerEngine();
        }
        TlsSnapshot current = snapshot;
        List<Credential> chosen = credential == null ? null : List.of(credential);
        if (name != null) {
            chosen = current.table().choose(ServerNames.normal(name));
            if (chosen.isEmpty()) {
                throw new IllegalArgumentException("no certificate for the name " + name);
            }
        }
        if (chosen != null && spec.context() != null) {
            throw new IllegalStateException("a ready context chooses the certificate itself");
        }
        SSLEngine engine = current.ready().context().createSSLEngine();
        engine.setUseClientMode(false);
        engine.setSSLParameters(current.parameters(alpn == null ? spec.alpn() : alpn, chosen));
        return engine;
    }

    /**
     * Makes an engine for a client's connection.
     *
     * @param host the name or address of the server: the certificate must be for it, and a name is sent as SNI
     * @param port the server's port; a session is resumed only with the same host and port
     * @param alpn the application protocols, the preferred first; those of the configuration if {@code null}
     * @return an engine in client mode, before its handshake
     */
    public SSLEngine newClientEngine(String host, int port, @Nullable List<String> alpn) {
        TlsSnapshot current = snapshot;
        String name = ServerNames.normal(host);
        SSLEngine engine = current.ready().context().createSSLEngine(name, port);
        engine.setUseClientMode(true);
        SSLParameters parameters = current.parameters(alpn == null ? spec.alpn() : alpn, null);
        // the JDK by itself sends no name without a dot, such as localhost
        if (!ServerNames.isAddress(name) && ServerNames.isDnsName(name) && name.charAt(0) != '*') {
            parameters.setServerNames(List.of(new SNIHostName(name)));
        }
        engine.setSSLParameters(parameters);
        return engine;
    }

    /** {@return the certificates in use} */
    public List<LoadedCertificate> certificates() {
        return snapshot.certificates();
    }

    /**
     * Reads all files again. New handshakes see either all of the change or nothing of it; running connections go on.
     *
     * @return whether anything changed
     * @throws IOException if a file cannot be used: the old state stays whole
     */
    public synchronized boolean reload() throws IOException {
        List<Stamp> before = stamps();
        TlsSnapshot next = TlsSnapshot.load(spec);
        stamps = before;
        lastFailure = null;
        boolean changed = !next.sameAs(snapshot);
        if (changed) { // else the sessions of the present context stay good
            snapshot = next;
        }
        warnOfExpiry(true);
        return changed;
    }

    /** What the watcher does each time: reads the files again if one changed or could not be read, and looks at expiry. */
    synchronized void poll() {
        if (lastFailure != null || !stamps.equals(stamps())) {
            try {
                reload();
            } catch (IOException | RuntimeException e) {
                String failure = String.valueOf(e.getMessage());
                if (!failure.equals(lastFailure)) { // once each, not at every poll
                    lastFailure = failure;
                    spec.hooks().reloadFailed(e);
                }
            }
        }
        warnOfExpiry(false);
    }

    /** Ends the watching, if there is any. */
    public synchronized void endWatch() {
        Runnable running = watch;
        watch = null;
        if (running != null) {
            running.run();
        }
    }

    /** {@return when the certificates in use end, in seconds since 1970, by what they are called} */
    public Map<String, Long> expiries() {
        Map<String, Long> out = new HashMap<>();
        for (LoadedCertificate loaded : certificates()) {
            out.put(
                    loaded.name(),
                    loaded.certificate().getNotAfter().toInstant().getEpochSecond());
        }
        return out;
    }

    /** Warns of certificates that end soon and of which nobody was warned within the last day. */
    public void lookAtExpiry() {
        warnOfExpiry(false);
    }

    private synchronized void warnOfExpiry(boolean again) {
        long now = spec.clock().epochMillis();
        Map<X509Certificate, Long> before = Map.copyOf(warned);
        warned.clear(); // forgets the certificates of former times
        for (LoadedCertificate loaded : snapshot.certificates()) {
            X509Certificate certificate = loaded.certificate();
            long from = certificate.getNotBefore().toInstant().toEpochMilli();
            long to = certificate.getNotAfter().toInstant().toEpochMilli();
            if (from <= now && to > now + warningSpan(to - from)) {
                continue;
            }
            Long last = before.get(certificate);
            if (!again && last != null && now - last < WARNING_INTERVAL) {
                warned.put(certificate, last);
            } else {
                warned.put(certificate, now);
                spec.hooks().expires(loaded);
            }
        }
    }

    /** How long before its end a certificate is warned of: if nobody said, in any case after most of its life. */
    private long warningSpan(long validity) {
        Duration wanted = spec.expiryWarning();
        return wanted != null ? wanted.toMillis() : Math.min(USUAL_WARNING, validity / 3);
    }

    private List<Stamp> stamps() {
        List<Stamp> out = new ArrayList<>(files.size());
        for (Path file : files) {
            try {
                // follows links, so that a link that is turned elsewhere is a change
                BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
                out.add(new Stamp(attributes.lastModifiedTime(), attributes.size(), attributes.fileKey()));
            } catch (IOException e) {
                out.add(new Stamp(NOT_THERE, 0, null));
            }
        }
        return out;
    }
}
