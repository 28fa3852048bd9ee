package dev.millrace.internal.tls;

import dev.millrace.internal.bytes.Nullable;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSessionContext;

/**
 * All that was read from the files at one moment, and the {@code SSLContext} over it. A reload makes a new one, so that no
 * handshake sees half of a change, and no session is resumed past a change of certificates or of trust. Immutable but for
 * the context, which is made when the first engine wants it.
 */
final class TlsSnapshot {
    private final TlsSpec spec;
    private final CredentialTable table;
    private final List<X509Certificate> roots;
    private final List<LoadedCertificate> certificates;
    private @Nullable SSLContext made; // guarded by this
    private volatile @Nullable Ready ready;

    /**
     * What engines are made with.
     *
     * @param context the context
     * @param parameters the parameters of engines without a wish of their own; shared, so never changed
     */
    record Ready(SSLContext context, SSLParameters parameters) {}

    private TlsSnapshot(TlsSpec spec, CredentialTable table, List<X509Certificate> roots) {
        this.spec = spec;
        this.table = table;
        this.roots = roots;
        this.certificates = named(table);
    }

    /** {@return a snapshot of the files as they are now} */
    static TlsSnapshot load(TlsSpec spec) throws IOException {
        List<CredentialTable.Entry> entries = new ArrayList<>();
        for (TlsSpec.Named named : spec.certificates()) {
            entries.add(new CredentialTable.Entry(named.name(), named.source().load()));
        }
        CredentialTable table;
        try {
            table = new CredentialTable(entries, spec.minter());
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
        return new TlsSnapshot(spec, table, spec.trust().load());
    }

    private static List<LoadedCertificate> named(CredentialTable table) {
        List<LoadedCertificate> out = new ArrayList<>();
        Set<String> taken = new HashSet<>();
        Set<X509Certificate> seen = new HashSet<>();
        for (CredentialTable.Entry entry : table.entries()) {
            X509Certificate certificate = entry.credential().certificate();
            if (!seen.add(certificate)) {
                continue; // one certificate for several names
            }
            String name = entry.name() != null ? entry.name() : Credential.name(certificate);
            String free = name;
            if (!taken.add(free)) {
                free = name + " " + entry.credential().key().getAlgorithm();
                for (int i = 2; !taken.add(free); i++) {
                    free = name + " " + i;
                }
            }
            out.add(new LoadedCertificate(free, certificate));
        }
        return List.copyOf(out);
    }

    CredentialTable table() {
        return table;
    }

    List<LoadedCertificate> certificates() {
        return certificates;
    }

    boolean sameAs(TlsSnapshot other) {
        return roots.equals(other.roots) && table.sameAs(other.table);
    }

    /** {@return the context and the usual parameters, made at the first call} */
    Ready ready() {
        Ready known = ready;
        if (known == null) {
            SSLContext context = context();
            known = new Ready(context, parameters(spec.alpn(), null));
            ready = known;
        }
        return known;
    }

    private synchronized SSLContext context() {
        SSLContext context = spec.context() != null ? spec.context() : made;
        if (context == null) {
            try {
                context = SSLContext.getInstance("TLS");
                KeyManager[] keys = table.isEmpty() ? new KeyManager[0] : new KeyManager[] {new CredentialKeys(table)};
                context.init(
                        keys,
                        CheckedTrust.of(spec.chainCheck(), Trust.of(spec.trust().kind(), roots)),
                        null);
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("the JDK gives no TLS: " + e.getMessage(), e);
            }
            SSLSessionContext sessions =
                    spec.server() ? context.getServerSessionContext() : context.getClientSessionContext();
            sessions.setSessionCacheSize(spec.sessionCache());
            sessions.setSessionTimeout((int) spec.sessionTimeout().toSeconds());
            made = context;
        }
        return context;
    }

    /** {@return new parameters for an engine, with an ALPN list and perhaps with a choice of credentials} */
    SSLParameters parameters(List<String> alpn, @Nullable List<Credential> chosen) {
        SSLParameters parameters = new SSLParameters(
                spec.suites().toArray(new String[0]), spec.protocols().toArray(new String[0]));
        parameters.setApplicationProtocols(alpn.toArray(new String[0]));
        if (!spec.server()) {
            if (spec.checkHostname()) {
                parameters.setEndpointIdentificationAlgorithm("HTTPS"); // RFC 9110 §4.3.4
            }
            return parameters;
        }
        parameters.setUseCipherSuitesOrder(true);
        if (spec.peerAuth() == TlsSpec.PeerAuth.REQUIRED) {
            parameters.setNeedClientAuth(true);
        } else if (spec.peerAuth() == TlsSpec.PeerAuth.OPTIONAL) {
            parameters.setWantClientAuth(true);
        }
        if (spec.context() == null) {
            parameters.setSNIMatchers(List.of(new NameMatcher(table, chosen)));
        }
        return parameters;
    }
}
