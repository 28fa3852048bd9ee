package dev.millrace.internal.tls;

import dev.millrace.internal.bytes.Nullable;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECKey;
import java.security.spec.ECGenParameterSpec;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes and signs X.509 v3 certificates (RFC 5280 §4): servers' and clients' own ones, and those of authorities. Keys are
 * ECDSA P-256; an authority's key that was made elsewhere may also be RSA or on another curve.
 */
public final class CertificateWriter {
    private static final String COMMON_NAME = "2.5.4.3";
    private static final String SUBJECT_KEY_IDENTIFIER = "2.5.29.14";
    private static final String KEY_USAGE = "2.5.29.15";
    private static final String SUBJECT_ALTERNATIVE_NAME = "2.5.29.17";
    private static final String BASIC_CONSTRAINTS = "2.5.29.19";
    private static final String AUTHORITY_KEY_IDENTIFIER = "2.5.29.35";
    private static final String EXTENDED_KEY_USAGE = "2.5.29.37";
    private static final String SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
    private static final String CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

    private static final int DIGITAL_SIGNATURE = 0x80;
    private static final int KEY_CERT_SIGN = 0x04;
    private static final int CRL_SIGN = 0x02;
    /** RFC 5280 appendix A, {@code ub-common-name}. */
    private static final int LONGEST_COMMON_NAME = 64;

    private static final SecureRandom RANDOM = new SecureRandom();

    /**
     * Who signs.
     *
     * @param key the signer's key
     * @param certificate the signer's certificate
     */
    public record Issuer(PrivateKey key, X509Certificate certificate) {}

    private CertificateWriter() {}

    /** {@return a new key pair, ECDSA P-256} */
    public static KeyPair newKeys() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"), RANDOM);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK makes no P-256 keys", e);
        }
    }

    /**
     * Writes the certificate of a server or client.
     *
     * @param keys its keys
     * @param names DNS names and IP addresses, at least one; see {@link #checkedName}
     * @param fromSecond the start of its validity, seconds since 1970-01-01T00:00:00Z
     * @param toSecond the end of its validity
     * @param issuer who signs it; itself if {@code null}
     * @return the certificate
     */
    public static X509Certificate leaf(
            KeyPair keys, List<String> names, long fromSecond, long toSecond, @Nullable Issuer issuer) {
        byte[][] alternatives = new byte[names.size()][];
        for (int i = 0; i < alternatives.length; i++) {
            byte[] address = address(names.get(i));
            alternatives[i] = address != null
                    ? DerWriter.implicit(7, address)
                    : DerWriter.implicit(2, names.get(i).getBytes(StandardCharsets.US_ASCII));
        }
        boolean named = names.get(0).length() <= LONGEST_COMMON_NAME;
        // who signs must have a name (RFC 5280 §4.1.2.4), who is signed need not
        byte[] subject =
                named ? commonName(names.get(0)) : issuer == null ? commonName("Self-signed") : DerWriter.sequence();
        List<byte[]> extensions = new ArrayList<>();
        extensions.add(extension(BASIC_CONSTRAINTS, true, DerWriter.sequence()));
        extensions.add(extension(KEY_USAGE, true, DerWriter.namedBits(DIGITAL_SIGNATURE)));
        extensions.add(extension(
                EXTENDED_KEY_USAGE, false, DerWriter.sequence(DerWriter.oid(SERVER_AUTH), DerWriter.oid(CLIENT_AUTH))));
        // with an empty subject this extension must be critical (RFC 5280 §4.2.1.6)
        extensions.add(extension(SUBJECT_ALTERNATIVE_NAME, !named && issuer != null, DerWriter.sequence(alternatives)));
        return write(keys, subject, extensions, fromSecond, toSecond, issuer);
    }

    /**
     * Writes the certificate of an authority, signed by itself, which may sign leaves only.
     *
     * @param keys its keys
     * @param name its common name, 1 to 64 characters
     * @param fromSecond the start of its validity, seconds since 1970-01-01T00:00:00Z
     * @param toSecond the end of its validity
     * @return the certificate
     */
    public static X509Certificate authority(KeyPair keys, String name, long fromSecond, long toSecond) {
        if (name.isEmpty() || name.length() > LONGEST_COMMON_NAME) {
            throw new IllegalArgumentException("an authority's name has 1 to 64 characters, not " + name.length());
        }
        List<byte[]> extensions = new ArrayList<>();
        extensions.add(
                extension(BASIC_CONSTRAINTS, true, DerWriter.sequence(DerWriter.booleanTrue(), DerWriter.integer(0))));
        extensions.add(extension(KEY_USAGE, true, DerWriter.namedBits(DIGITAL_SIGNATURE | KEY_CERT_SIGN | CRL_SIGN)));
        return write(keys, commonName(name), extensions, fromSecond, toSecond, null);
    }

    private static X509Certificate write(
            KeyPair keys,
            byte[] subject,
            List<byte[]> extensions,
            long fromSecond,
            long toSecond,
            @Nullable Issuer issuer) {
        if (toSecond <= fromSecond) {
            throw new IllegalArgumentException("the validity ends before it begins");
        }
        try {
            byte[] ownIdentifier = keyIdentifier(keys.getPublic());
            byte[] issuerIdentifier = issuer == null ? ownIdentifier : identifierOf(issuer.certificate());
            extensions.add(extension(SUBJECT_KEY_IDENTIFIER, false, DerWriter.octets(ownIdentifier)));
            extensions.add(extension(
                    AUTHORITY_KEY_IDENTIFIER, false, DerWriter.sequence(DerWriter.implicit(0, issuerIdentifier))));

            PrivateKey signer = issuer == null ? keys.getPrivate() : issuer.key();
            byte[] issuerName = issuer == null
                    ? subject
                    : issuer.certificate().getSubjectX500Principal().getEncoded();
            byte[] algorithm = signatureAlgorithm(signer);
            byte[] toBeSigned = DerWriter.sequence(
                    DerWriter.explicit(0, DerWriter.integer(2)), // v3
                    DerWriter.integer(serial()),
                    algorithm,
                    issuerName,
                    DerWriter.sequence(DerWriter.time(fromSecond), DerWriter.time(toSecond)),
                    subject,
                    keys.getPublic().getEncoded(),
                    DerWriter.explicit(3, DerWriter.sequence(extensions.toArray(new byte[0][]))));
            Signature signature = Signature.getInstance(signatureName(signer));
            signature.initSign(signer, RANDOM);
            signature.update(toBeSigned);
            return Credential.certificate(DerWriter.sequence(toBeSigned, algorithm, DerWriter.bits(signature.sign())));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the certificate cannot be made: " + e.getMessage(), e);
        }
    }

    /** {@return a positive number of 128 random bits, the highest of them set so that none is shorter} */
    private static BigInteger serial() {
        return new BigInteger(128, RANDOM).setBit(127);
    }

    /** {@return whether certificates can be signed with a key: EC or RSA} */
    public static boolean canSign(PrivateKey key) {
        return key instanceof ECKey || key.getAlgorithm().equals("RSA");
    }

    private static String signatureName(PrivateKey signer) {
        if (signer instanceof ECKey ec) {
            return ec.getParams().getOrder().bitLength() > 256 ? "SHA384withECDSA" : "SHA256withECDSA";
        }
        if (signer.getAlgorithm().equals("RSA")) {
            return "SHA256withRSA";
        }
        throw new IllegalArgumentException("cannot sign certificates with a key of " + signer.getAlgorithm());
    }

    private static byte[] signatureAlgorithm(PrivateKey signer) {
        switch (signatureName(signer)) {
            case "SHA256withECDSA":
                return DerWriter.sequence(DerWriter.oid("1.2.840.10045.4.3.2"));
            case "SHA384withECDSA":
                return DerWriter.sequence(DerWriter.oid("1.2.840.10045.4.3.3"));
            default:
                return DerWriter.sequence(DerWriter.oid("1.2.840.113549.1.1.11"), DerWriter.nothing());
        }
    }

    private static byte[] commonName(String name) {
        return DerWriter.sequence(
                DerWriter.setOf(DerWriter.sequence(DerWriter.oid(COMMON_NAME), DerWriter.utf8(name))));
    }

    private static byte[] extension(String oid, boolean critical, byte[] value) {
        return critical
                ? DerWriter.sequence(DerWriter.oid(oid), DerWriter.booleanTrue(), DerWriter.octets(value))
                : DerWriter.sequence(DerWriter.oid(oid), DerWriter.octets(value));
    }

    /** {@return the first 160 bits of the SHA-256 of a public key (RFC 7093 §2 (1))} */
    private static byte[] keyIdentifier(PublicKey key) throws GeneralSecurityException {
        try {
            DerReader info = new DerReader(key.getEncoded()).enter(DerWriter.SEQUENCE);
            info.element();
            byte[] bits = info.content(DerWriter.BIT_STRING);
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            sha256.update(bits, 1, bits.length - 1);
            byte[] identifier = new byte[20];
            System.arraycopy(sha256.digest(), 0, identifier, 0, identifier.length);
            return identifier;
        } catch (IOException e) {
            throw new GeneralSecurityException("a public key has a strange encoding", e);
        }
    }

    /** {@return the issuer's own subjectKeyIdentifier, which the leaf must repeat, or one of its key} */
    private static byte[] identifierOf(X509Certificate issuer) throws GeneralSecurityException {
        byte[] extension = issuer.getExtensionValue(SUBJECT_KEY_IDENTIFIER);
        if (extension != null) {
            try {
                return new DerReader(new DerReader(extension).content(DerWriter.OCTET_STRING))
                        .content(DerWriter.OCTET_STRING);
            } catch (IOException e) {
                throw new GeneralSecurityException("the authority's subjectKeyIdentifier is broken", e);
            }
        }
        return keyIdentifier(issuer.getPublicKey());
    }

    /**
     * Checks a name for a certificate.
     *
     * @param name a DNS name in ASCII, its first label perhaps {@code *}, or an IP address without brackets
     * @return the name in lower case and without a final dot
     * @throws IllegalArgumentException if it is neither
     */
    public static String checkedName(String name) {
        String checked = ServerNames.normal(name);
        if (address(checked) == null && !ServerNames.isDnsName(checked)) {
            throw new IllegalArgumentException("neither a DNS name in ASCII nor an IP address: " + name);
        }
        return checked;
    }

    /** {@return whether a text is an IP address without brackets} */
    public static boolean isAddress(String text) {
        return address(text) != null;
    }

    /** {@return the octets of an IP address in text form, or {@code null} if the text is none} */
    private static byte @Nullable [] address(String text) {
        if (!ServerNames.isAddress(text)) {
            return null;
        }
        try {
            return InetAddress.getByName(text).getAddress(); // digits only: never asks a name server
        } catch (UnknownHostException e) {
            return null;
        }
    }
}
