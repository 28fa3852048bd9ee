package dev.millrace.net;

import dev.millrace.internal.time.Clock;
import dev.millrace.internal.tls.CertificateWriter;
import dev.millrace.internal.tls.Credential;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A certificate that is signed by its own key and was made in memory, for development and tests: ECDSA P-256, fit for
 * servers and clients (RFC 5280). Nobody trusts it before being told to, by {@link #certificatePem()} or by comparing the
 * {@link #fingerprint()}. Immutable, safe for any thread.
 *
 * <pre>{@code
 * SelfSigned self = SelfSigned.localhost();
 * Tls server = self.server().build();
 * Tls client = Tls.client().trust(self.certificate()).build();
 * }</pre>
 */
public final class SelfSigned {
    /** How long certificates are good for unless told otherwise. */
    static final Duration VALIDITY = Duration.ofDays(90);

    /** They begin this much earlier, for peers whose clocks are behind. */
    static final Duration BACKDATED = Duration.ofHours(1);

    private final KeyPair keys;
    private final X509Certificate certificate;

    private SelfSigned(KeyPair keys, X509Certificate certificate) {
        this.keys = keys;
        this.certificate = certificate;
    }

    /**
     * Makes a certificate for {@code localhost}, {@code 127.0.0.1} and {@code ::1}, good for 90 days.
     *
     * @return it, with a new key
     */
    public static SelfSigned localhost() {
        return of(VALIDITY, "localhost", "127.0.0.1", "::1");
    }

    /**
     * Makes a certificate.
     *
     * @param validity how long it is good from now on, at least a second; it begins an hour before now
     * @param names DNS names in ASCII, the first label perhaps {@code *}, and IP addresses, at least one; the first is the
     *     subject's common name too
     * @return it, with a new key
     * @throws IllegalArgumentException for no name, for what is not a name, or for a shorter validity
     */
    public static SelfSigned of(Duration validity, String... names) {
        return of(Clock.system(), validity, names);
    }

    static SelfSigned of(Clock clock, Duration validity, String... names) {
        List<String> checked = checked(validity, names);
        long now = clock.epochMillis() / 1000;
        KeyPair keys = CertificateWriter.newKeys();
        return new SelfSigned(
                keys,
                CertificateWriter.leaf(keys, checked, now - BACKDATED.toSeconds(), now + validity.toSeconds(), null));
    }

    /** {@return names fit for a certificate} */
    static List<String> checked(Duration validity, String... names) {
        if (names.length == 0) {
            throw new IllegalArgumentException("a certificate needs a name");
        }
        if (validity.toSeconds() < 1) {
            throw new IllegalArgumentException("the validity is " + validity + " but must be at least a second");
        }
        List<String> checked = new ArrayList<>();
        for (String name : names) {
            checked.add(CertificateWriter.checkedName(name));
        }
        return checked;
    }

    /**
     * Begins a server's configuration with this as its certificate.
     *
     * @return a builder
     */
    public Tls.Builder server() {
        return Tls.server().certificate(identity());
    }

    /**
     * The key and the certificate.
     *
     * @return an identity for {@link Tls.Builder#certificate(Identity)}
     */
    public Identity identity() {
        return Identity.of(keys.getPrivate(), certificate);
    }

    /**
     * The certificate.
     *
     * @return it
     */
    public X509Certificate certificate() {
        return certificate;
    }

    /**
     * What people compare a certificate by.
     *
     * @return the SHA-256 of the certificate in pairs of upper-case hexadecimal digits with colons between
     */
    public String fingerprint() {
        return Credential.fingerprint(certificate);
    }

    /**
     * The certificate as text.
     *
     * @return PEM (RFC 7468)
     */
    public String certificatePem() {
        return Credential.pem(certificate);
    }

    /**
     * The private key as text: a secret.
     *
     * @return PEM, PKCS#8, not encrypted
     */
    public String keyPem() {
        return Credential.pem(keys.getPrivate());
    }
}
