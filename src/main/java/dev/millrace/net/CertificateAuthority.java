package dev.millrace.net;

import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.time.Clock;
import dev.millrace.internal.tls.CertificateWriter;
import dev.millrace.internal.tls.Credential;
import dev.millrace.internal.tls.CredentialTable;
import dev.millrace.internal.tls.PemBlock;
import dev.millrace.internal.tls.PemSource;
import dev.millrace.internal.tls.PrivateKeyDecoder;
import java.io.IOException;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A small certificate authority in memory, for tests and for proxies that intercept TLS: it signs certificates for any
 * name. Whoever trusts {@link #certificate()} trusts them all, so its key is a secret to be kept well.
 *
 * <p>Leaves are ECDSA P-256, signed with the authority's key, which is ECDSA P-256 too unless loaded from elsewhere. All
 * leaves of one authority object share one key, made with it: minting then costs one signature. At most 1024 leaves are
 * kept, those not asked for longest are forgotten first; a leaf past two thirds of its validity is minted anew. Safe for
 * any thread.
 */
public final class CertificateAuthority {
    private static final int MOST_LEAVES = 1024;
    private static final Duration OWN_VALIDITY = Duration.ofDays(3650);

    private final CertificateWriter.Issuer issuer;
    private final Clock clock;
    private final Duration leafValidity;
    private final KeyPair leafKeys = CertificateWriter.newKeys();
    private final Map<List<String>, Credential> leaves = new Leaves(); // guarded by this

    private CertificateAuthority(CertificateWriter.Issuer issuer, Clock clock, Duration leafValidity) {
        this.issuer = issuer;
        this.clock = clock;
        this.leafValidity = leafValidity;
    }

    /** Forgets the leaf that was not asked for longest. */
    private static final class Leaves extends LinkedHashMap<List<String>, Credential> {
        private static final long serialVersionUID = 1;

        Leaves() {
            super(16, 0.75f, true);
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<List<String>, Credential> eldest) {
            return size() > MOST_LEAVES;
        }
    }

    /**
     * Makes an authority with a new key. It is good for ten years, its leaves for 90 days.
     *
     * @param name its common name, 1 to 64 characters
     * @return the authority
     * @throws IllegalArgumentException for another length
     */
    public static CertificateAuthority create(String name) {
        return create(name, OWN_VALIDITY, SelfSigned.VALIDITY);
    }

    /**
     * Makes an authority with a new key.
     *
     * @param name its common name, 1 to 64 characters
     * @param validity how long it is good from now on, at least a second; it begins an hour before now
     * @param leafValidity the same for its leaves, which never outlive it
     * @return the authority
     * @throws IllegalArgumentException for another length or a shorter validity
     */
    public static CertificateAuthority create(String name, Duration validity, Duration leafValidity) {
        return create(Clock.system(), name, validity, leafValidity);
    }

    static CertificateAuthority create(Clock clock, String name, Duration validity, Duration leafValidity) {
        checkValidity(validity);
        checkValidity(leafValidity);
        long now = clock.epochMillis() / 1000;
        KeyPair keys = CertificateWriter.newKeys();
        X509Certificate certificate = CertificateWriter.authority(
                keys, name, now - SelfSigned.BACKDATED.toSeconds(), now + validity.toSeconds());
        return new CertificateAuthority(
                new CertificateWriter.Issuer(keys.getPrivate(), certificate), clock, leafValidity);
    }

    private static void checkValidity(Duration validity) {
        if (validity.toSeconds() < 1) {
            throw new IllegalArgumentException("the validity is " + validity + " but must be at least a second");
        }
    }

    /**
     * Loads an authority from PEM files, such as one that was exported before. Its leaves are good for 90 days.
     *
     * @param certificate the file with its certificate
     * @param key the file with its key, EC or RSA, not encrypted
     * @return the authority
     * @throws IOException if a file cannot be used; the message says which, what is wrong, and what to do
     */
    public static CertificateAuthority load(Path certificate, Path key) throws IOException {
        return load(certificate, key, null, SelfSigned.VALIDITY);
    }

    /**
     * Loads an authority from PEM files.
     *
     * @param certificate the file with its certificate
     * @param key the file with its key, EC or RSA
     * @param password the key's password, or {@code null} if it is not encrypted
     * @param leafValidity how long leaves are good, at least a second
     * @return the authority
     * @throws IOException if a file cannot be used; the message says which, what is wrong, and what to do
     */
    public static CertificateAuthority load(
            Path certificate, Path key, char @Nullable [] password, Duration leafValidity) throws IOException {
        checkValidity(leafValidity);
        Credential credential = new PemSource(certificate, key, password).load();
        return of("certificate file " + certificate, credential, Clock.system(), leafValidity);
    }

    /**
     * Reads an authority from the texts that {@link #certificatePem()} and {@link #keyPem()} give. Its leaves are good for
     * 90 days.
     *
     * @param certificatePem its certificate
     * @param keyPem its key
     * @return the authority
     * @throws IOException if a text cannot be used; the message says which and what is wrong
     */
    public static CertificateAuthority parse(String certificatePem, String keyPem) throws IOException {
        return parse(Clock.system(), certificatePem, keyPem);
    }

    static CertificateAuthority parse(Clock clock, String certificatePem, String keyPem) throws IOException {
        String where = "the authority's certificate text";
        List<X509Certificate> chain = Credential.certificates(where, PemBlock.parse(where, certificatePem));
        String keyWhere = "the authority's key text";
        PrivateKeyDecoder.Decoded key = PrivateKeyDecoder.decode(keyWhere, PemBlock.parse(keyWhere, keyPem), null);
        Credential credential = Credential.checked(keyWhere, where, key.key(), key.publicPoint(), chain);
        return of(where, credential, clock, SelfSigned.VALIDITY);
    }

    private static CertificateAuthority of(String where, Credential credential, Clock clock, Duration leafValidity)
            throws IOException {
        X509Certificate certificate = credential.certificate();
        PrivateKey key = credential.key();
        if (certificate.getBasicConstraints() < 0) {
            throw new IOException(where + ": the certificate of " + Credential.name(certificate)
                    + " is not an authority's: its basicConstraints lack CA:TRUE");
        }
        if (!CertificateWriter.canSign(key)) {
            throw new IOException(where + ": an authority's key is EC or RSA here, not " + key.getAlgorithm());
        }
        return new CertificateAuthority(new CertificateWriter.Issuer(key, certificate), clock, leafValidity);
    }

    /**
     * A certificate for some names, with its key.
     *
     * @param names DNS names in ASCII, the first label perhaps {@code *}, and IP addresses, at least one
     * @return an identity for {@link Tls.Builder#certificate(Identity)}; the same again for the same names until its renewal
     * @throws IllegalArgumentException for no name or for what is not a name
     * @throws IllegalStateException if the authority's own certificate has ended
     */
    public Identity leaf(String... names) {
        Credential credential = credential(SelfSigned.checked(leafValidity, names));
        return Identity.of(credential.key(), credential.chain());
    }

    private synchronized Credential credential(List<String> names) {
        long now = clock.epochMillis() / 1000;
        Credential known = leaves.get(names);
        if (known != null) {
            long from = known.certificate().getNotBefore().toInstant().getEpochSecond();
            long to = known.certificate().getNotAfter().toInstant().getEpochSecond();
            if (to - now > (to - from) / 3) {
                return known;
            }
        }
        X509Certificate own = issuer.certificate();
        long from = Math.max(
                now - SelfSigned.BACKDATED.toSeconds(),
                own.getNotBefore().toInstant().getEpochSecond());
        long to = Math.min(
                now + leafValidity.toSeconds(), own.getNotAfter().toInstant().getEpochSecond());
        if (to <= now) {
            throw new IllegalStateException("the authority's own certificate has ended: make a new authority");
        }
        X509Certificate leaf = CertificateWriter.leaf(leafKeys, names, from, to, issuer);
        Credential minted = Credential.trusted(leafKeys.getPrivate(), leaf, own);
        leaves.put(names, minted);
        return minted;
    }

    /** {@return what mints a leaf for each server name that a client asks for} */
    CredentialTable.Minter minter() {
        return name -> credential(List.of(name));
    }

    /** {@return how many leaves are kept} */
    synchronized int kept() {
        return leaves.size();
    }

    /**
     * The authority's own certificate.
     *
     * @return it, for the trust stores of those who shall believe its leaves
     */
    public X509Certificate certificate() {
        return issuer.certificate();
    }

    /**
     * What people compare the authority's certificate by.
     *
     * @return its SHA-256 in pairs of upper-case hexadecimal digits with colons between
     */
    public String fingerprint() {
        return Credential.fingerprint(issuer.certificate());
    }

    /**
     * The authority's certificate as text.
     *
     * @return PEM (RFC 7468)
     */
    public String certificatePem() {
        return Credential.pem(issuer.certificate());
    }

    /**
     * The authority's private key as text: a secret.
     *
     * @return PEM, PKCS#8, not encrypted
     */
    public String keyPem() {
        return Credential.pem(issuer.key());
    }
}
