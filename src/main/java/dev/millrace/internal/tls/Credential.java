package dev.millrace.internal.tls;

import dev.millrace.internal.bytes.Nullable;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/** A private key and the chain of certificates for it, the key's own first. Immutable. */
public final class Credential {
    private static final int DNS_NAME = 2;
    private static final int IP_ADDRESS = 7;

    private final PrivateKey key;
    private final X509Certificate[] chain;

    private Credential(PrivateKey key, X509Certificate[] chain) {
        this.key = key;
        this.chain = chain;
    }

    /** A key and chain that are known to belong together. */
    public static Credential trusted(PrivateKey key, X509Certificate... chain) {
        return new Credential(key, chain.clone());
    }

    /**
     * A key and chain from elsewhere, which are checked against each other.
     *
     * @param keyFrom where the key is from, for messages
     * @param chainFrom where the chain is from, for messages
     * @param publicPoint the public key that came with an EC key, if any
     * @throws IOException if the first certificate is not the key's
     */
    public static Credential checked(
            String keyFrom,
            String chainFrom,
            PrivateKey key,
            byte @Nullable [] publicPoint,
            List<X509Certificate> chain)
            throws IOException {
        if (chain.isEmpty()) {
            throw new IOException(chainFrom + ": no certificate in it");
        }
        if (!matches(key, publicPoint, chain.get(0).getPublicKey())) {
            for (int i = 1; i < chain.size(); i++) {
                if (matches(key, publicPoint, chain.get(i).getPublicKey())) {
                    throw new IOException(chainFrom + ": its certificate number " + (i + 1)
                            + " is the one of the key in " + keyFrom + "; it must stand first, its issuers after it");
                }
            }
            throw new IOException(chainFrom + " and " + keyFrom + " do not belong together: the certificate for "
                    + name(chain.get(0)) + " is for another key");
        }
        return new Credential(key, chain.toArray(new X509Certificate[0]));
    }

    private static boolean matches(PrivateKey key, byte @Nullable [] publicPoint, PublicKey publicKey) {
        if (key instanceof RSAKey own && publicKey instanceof RSAKey other) {
            return own.getModulus().equals(other.getModulus());
        }
        if (!key.getAlgorithm().equals(publicKey.getAlgorithm())) {
            return false;
        }
        if (publicPoint != null) { // saves the start of a server two operations on the curve
            byte[] info = publicKey.getEncoded();
            int from = info.length - publicPoint.length;
            return from > 0 && Arrays.equals(info, from, info.length, publicPoint, 0, publicPoint.length);
        }
        byte[] probe = {1};
        try {
            String algorithm = key.getAlgorithm().equals("EC") ? "SHA256withECDSA" : key.getAlgorithm();
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(key);
            signature.update(probe);
            byte[] signed = signature.sign();
            signature.initVerify(publicKey);
            signature.update(probe);
            return signature.verify(signed);
        } catch (InvalidKeyException | java.security.SignatureException e) {
            return false; // another curve, for one
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK cannot sign with a key that it reads", e);
        }
    }

    /** {@return the private key} */
    public PrivateKey key() {
        return key;
    }

    /** {@return a copy of the chain, the key's own certificate first} */
    public X509Certificate[] chain() {
        return chain.clone();
    }

    /** {@return the key's own certificate} */
    public X509Certificate certificate() {
        return chain[0];
    }

    /** {@return whether two credentials are the same in every byte} */
    boolean sameAs(Credential other) {
        return Arrays.equals(chain, other.chain)
                && (key.equals(other.key) || Arrays.equals(key.getEncoded(), other.key.getEncoded()));
    }

    /** {@return the DNS names and IP addresses of a certificate's subjectAltName, in its order} */
    public static List<String> names(X509Certificate certificate) {
        List<String> names = new ArrayList<>();
        try {
            Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
            if (alternatives != null) {
                for (List<?> alternative : alternatives) {
                    Object type = alternative.get(0);
                    if ((type.equals(DNS_NAME) || type.equals(IP_ADDRESS))
                            && alternative.get(1) instanceof String name) {
                        names.add(name);
                    }
                }
            }
        } catch (CertificateException e) {
            return names; // an extension that cannot be read names nobody
        }
        return names;
    }

    /** {@return what to call a certificate: its first alternative name, or else its subject} */
    public static String name(X509Certificate certificate) {
        List<String> names = names(certificate);
        if (!names.isEmpty()) {
            return names.get(0);
        }
        String subject = certificate.getSubjectX500Principal().getName();
        return subject.isEmpty() ? "(no name)" : subject;
    }

    /** {@return the SHA-256 of a certificate, in pairs of upper-case hexadecimal digits with colons between} */
    public static String fingerprint(X509Certificate certificate) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded());
            StringBuilder out = new StringBuilder(3 * hash.length);
            for (byte octet : hash) {
                out.append(out.length() == 0 ? "" : ":")
                        .append("0123456789ABCDEF".charAt(octet >> 4 & 0xf))
                        .append("0123456789ABCDEF".charAt(octet & 0xf));
            }
            return out.toString();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a certificate cannot be hashed", e);
        }
    }

    /** {@return the certificates among blocks, in their order} */
    public static List<X509Certificate> certificates(String where, List<PemBlock> blocks) throws IOException {
        List<X509Certificate> out = new ArrayList<>();
        for (PemBlock block : blocks) {
            if (block.label().equals("CERTIFICATE") || block.label().equals("X509 CERTIFICATE")) {
                try {
                    out.add(certificate(block.der()));
                } catch (CertificateException e) {
                    throw new IOException(
                            where + ": certificate number " + (out.size() + 1) + " is damaged: " + e.getMessage(), e);
                }
            }
        }
        if (out.isEmpty()) {
            throw new IOException(where + ": no certificate in it, only " + PemBlock.labels(blocks)
                    + "; give the file with the line BEGIN CERTIFICATE");
        }
        return out;
    }

    /** {@return a certificate from its DER} */
    public static X509Certificate certificate(byte[] der) throws CertificateException {
        Certificate certificate =
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
        return (X509Certificate) certificate;
    }

    /** {@return the certificates as one PEM text} */
    public static String pem(X509Certificate... certificates) {
        StringBuilder out = new StringBuilder();
        try {
            for (X509Certificate certificate : certificates) {
                out.append(PemBlock.write("CERTIFICATE", certificate.getEncoded()));
            }
        } catch (CertificateException e) {
            throw new IllegalStateException("a certificate has no encoding", e);
        }
        return out.toString();
    }

    /** {@return a key as PEM, PKCS#8 and not encrypted} */
    public static String pem(PrivateKey key) {
        byte[] encoded = key.getEncoded();
        if (encoded == null) {
            throw new IllegalStateException("the key stays inside of its device");
        }
        return PemBlock.write("PRIVATE KEY", encoded);
    }
}
