package dev.millrace.net;

import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.tls.Credential;
import dev.millrace.internal.tls.CredentialSource;
import dev.millrace.internal.tls.PemSource;
import dev.millrace.internal.tls.Pkcs12Source;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Objects;

/**
 * Who one side of TLS is: a private key and the chain of certificates for it. An identity only says where both come from;
 * files are read when a {@link Tls} is built and at each of its reloads. Keys may be RSA, RSASSA-PSS, EC, Ed25519 or
 * Ed448. Immutable, safe for any thread.
 */
public final class Identity {
    private final CredentialSource source;

    Identity(CredentialSource source) {
        this.source = source;
    }

    CredentialSource source() {
        return source;
    }

    /**
     * An identity from PEM files. The key is PKCS#8 ({@code BEGIN PRIVATE KEY}), SEC 1 ({@code BEGIN EC PRIVATE KEY}) or
     * PKCS#1 ({@code BEGIN RSA PRIVATE KEY}), not encrypted.
     *
     * @param chain the file with the certificate, then those of its issuers without the root
     * @param key the file with the key; it may be the same file
     * @return the identity
     */
    public static Identity pem(Path chain, Path key) {
        return new Identity(new PemSource(Objects.requireNonNull(chain), Objects.requireNonNull(key), null));
    }

    /**
     * An identity from PEM files whose key is encrypted PKCS#8 ({@code BEGIN ENCRYPTED PRIVATE KEY}): PBES2 with PBKDF2
     * and AES or triple DES, or what the JDK knows of PBES1 (RFC 8018). A key that is not encrypted is taken too.
     *
     * @param chain the file with the certificate, then those of its issuers without the root
     * @param key the file with the key; it may be the same file
     * @param password the key's password; copied, and kept for reloads
     * @return the identity
     */
    public static Identity pem(Path chain, Path key, char[] password) {
        return new Identity(new PemSource(
                Objects.requireNonNull(chain), Objects.requireNonNull(key), Objects.requireNonNull(password)));
    }

    /**
     * An identity from a PKCS#12 file with one private key.
     *
     * @param file the file
     * @param password the password of the file and of its key; copied, and kept for reloads
     * @return the identity
     */
    public static Identity pkcs12(Path file, char[] password) {
        return pkcs12(file, password, null);
    }

    /**
     * An identity from a PKCS#12 file with several private keys.
     *
     * @param file the file
     * @param password the password of the file and of its key; copied, and kept for reloads
     * @param alias which key, letters without case; {@code null} if there is only one
     * @return the identity
     */
    public static Identity pkcs12(Path file, char[] password, @Nullable String alias) {
        return new Identity(new Pkcs12Source(Objects.requireNonNull(file), password, alias));
    }

    /**
     * An identity in memory. That key and certificate belong together is not checked.
     *
     * @param key the key, which may live in a device
     * @param chain the certificate, then those of its issuers without the root
     * @return the identity
     * @throws IllegalArgumentException if there is no certificate
     */
    public static Identity of(PrivateKey key, X509Certificate... chain) {
        if (chain.length == 0) {
            throw new IllegalArgumentException("an identity needs a certificate");
        }
        return new Identity(CredentialSource.fixed(Credential.trusted(Objects.requireNonNull(key), chain)));
    }
}
