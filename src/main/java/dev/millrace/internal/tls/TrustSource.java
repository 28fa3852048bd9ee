package dev.millrace.internal.tls;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Whose certificates are believed. Immutable. */
public final class TrustSource {
    /** The ways to trust. */
    public enum Kind {
        /** Nobody: a server that asks for no certificate. */
        NOBODY,
        /** The roots that the JDK comes with or is configured for. */
        PLATFORM,
        /** Exactly the roots given. */
        ROOTS,
        /** Everybody, unchecked. */
        EVERYBODY
    }

    /** Trust in nobody. */
    public static final TrustSource NOBODY = new TrustSource(Kind.NOBODY, List.of(), List.of());

    /** Trust in the platform's roots. */
    public static final TrustSource PLATFORM = new TrustSource(Kind.PLATFORM, List.of(), List.of());

    /** Trust in everybody. */
    public static final TrustSource EVERYBODY = new TrustSource(Kind.EVERYBODY, List.of(), List.of());

    private final Kind kind;
    private final List<Path> files;
    private final List<X509Certificate> fixed;

    private TrustSource(Kind kind, List<Path> files, List<X509Certificate> fixed) {
        this.kind = kind;
        this.files = files;
        this.fixed = fixed;
    }

    /** {@return trust in all certificates of PEM files, read at each reload, and in some given ones} */
    public static TrustSource roots(List<Path> files, List<X509Certificate> fixed) {
        return new TrustSource(Kind.ROOTS, List.copyOf(files), List.copyOf(fixed));
    }

    /** {@return the trusted certificates of a key store, leaving out those of its own keys} */
    public static List<X509Certificate> rootsOf(KeyStore store) {
        List<X509Certificate> roots = new ArrayList<>();
        try {
            for (String alias : Collections.list(store.aliases())) {
                if (store.isCertificateEntry(alias)) {
                    Certificate certificate = store.getCertificate(alias);
                    if (certificate instanceof X509Certificate root) {
                        roots.add(root);
                    }
                }
            }
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("the key store is not loaded", e);
        }
        if (roots.isEmpty()) {
            throw new IllegalArgumentException("the key store has no trusted certificate entry");
        }
        return roots;
    }

    /** {@return the kind} */
    public Kind kind() {
        return kind;
    }

    List<Path> files() {
        return files;
    }

    /** {@return the roots, read anew; empty unless of the kind {@link Kind#ROOTS}} */
    List<X509Certificate> load() throws IOException {
        List<X509Certificate> roots = new ArrayList<>(fixed);
        for (Path file : files) {
            roots.addAll(Credential.certificates("trust file " + file, PemBlock.read("trust file", file)));
        }
        return List.copyOf(roots);
    }
}
