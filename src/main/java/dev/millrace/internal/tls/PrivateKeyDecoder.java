package dev.millrace.internal.tls;

import dev.millrace.internal.bytes.Nullable;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.List;

/**
 * Decodes private keys from PEM: PKCS#8 plain and encrypted (RFC 5958), SEC 1 (RFC 5915) and PKCS#1 (RFC 8017 §A.1.2). The
 * JDK reads PKCS#8 alone, so the older two are put into its wrapping.
 */
public final class PrivateKeyDecoder {
    static final String RSA = "1.2.840.113549.1.1.1";
    static final String RSA_PSS = "1.2.840.113549.1.1.10";
    static final String EC = "1.2.840.10045.2.1";
    static final String ED25519 = "1.3.101.112";
    static final String ED448 = "1.3.101.113";

    private static final int CURVE = 0xa0;
    private static final int PUBLIC_POINT = 0xa1;

    private PrivateKeyDecoder() {}

    /** A key, and what its file says beyond it. */
    public static final class Decoded {
        private final PrivateKey key;
        private final byte @Nullable [] publicPoint;

        Decoded(PrivateKey key, byte @Nullable [] publicPoint) {
            this.key = key;
            this.publicPoint = publicPoint;
        }

        /** {@return the key} */
        public PrivateKey key() {
            return key;
        }

        /** {@return the public key of an EC key where the file has it, as a point (SEC 1 §2.3.3); not copied} */
        public byte @Nullable [] publicPoint() {
            return publicPoint;
        }
    }

    /**
     * Decodes the first private key among blocks.
     *
     * @param where the blocks' origin, for messages
     * @param blocks the blocks of a PEM text
     * @param password of an encrypted key
     * @return the key
     * @throws IOException if there is none, or if it cannot be read, with the reason
     */
    public static Decoded decode(String where, List<PemBlock> blocks, char @Nullable [] password) throws IOException {
        for (PemBlock block : blocks) {
            if (block.label().endsWith("PRIVATE KEY")) {
                return decode(where, block, password);
            }
        }
        throw new IOException(where + ": no private key in it, only " + PemBlock.labels(blocks)
                + "; give the file with the line BEGIN PRIVATE KEY");
    }

    private static Decoded decode(String where, PemBlock block, char @Nullable [] password) throws IOException {
        if (block.encrypted()) {
            throw new IOException(where + ": " + block.label()
                    + " with the traditional encryption of OpenSSL, which is not supported; convert it with"
                    + " `openssl pkcs8 -topk8 -v2 aes-256-cbc`");
        }
        try {
            switch (block.label()) {
                case "PRIVATE KEY":
                    return pkcs8(where, block.der());
                case "ENCRYPTED PRIVATE KEY":
                    if (password == null) {
                        throw new IOException(where + ": the key is encrypted; give its password");
                    }
                    return pkcs8(where, EncryptedKeyDecoder.decrypt(where, block.der(), password));
                case "RSA PRIVATE KEY":
                    new DerReader(block.der()).enter(DerWriter.SEQUENCE);
                    byte[] rsa = DerWriter.sequence(DerWriter.oid(RSA), DerWriter.nothing());
                    return pkcs8(where, wrapped(rsa, block.der()));
                case "EC PRIVATE KEY":
                    byte[] ec = DerWriter.sequence(DerWriter.oid(EC), curve(where, block.der()));
                    return pkcs8(where, wrapped(ec, block.der()));
                default:
                    throw new IOException(where + ": " + block.label() + " is not supported; convert it with"
                            + " `openssl pkcs8 -topk8 -nocrypt`");
            }
        } catch (IOException e) {
            String message = String.valueOf(e.getMessage());
            throw message.startsWith(where)
                    ? e
                    : new IOException(where + ": the private key is damaged: " + message, e);
        }
    }

    private static byte[] wrapped(byte[] algorithm, byte[] key) {
        return DerWriter.sequence(DerWriter.integer(0), algorithm, DerWriter.octets(key));
    }

    private static byte[] curve(String where, byte[] sec1) throws IOException {
        DerReader key = new DerReader(sec1).enter(DerWriter.SEQUENCE);
        key.smallInteger();
        key.content(DerWriter.OCTET_STRING);
        if (!key.next(CURVE)) {
            throw new IOException(where + ": the EC key does not name its curve; convert it with"
                    + " `openssl pkcs8 -topk8 -nocrypt`");
        }
        return key.enter(CURVE).element();
    }

    private static Decoded pkcs8(String where, byte[] der) throws IOException {
        DerReader info = new DerReader(der).enter(DerWriter.SEQUENCE);
        info.smallInteger();
        String oid = info.enter(DerWriter.SEQUENCE).oid();
        byte[] content = info.content(DerWriter.OCTET_STRING);
        String algorithm = algorithm(oid);
        if (algorithm == null) {
            throw new IOException(where + ": a private key of the algorithm " + oid
                    + ", which TLS here does not use; take RSA, EC or Ed25519");
        }
        try {
            PrivateKey key = KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
            return new Decoded(key, oid.equals(EC) ? publicPoint(content) : null);
        } catch (NoSuchAlgorithmException e) {
            throw new IOException(where + ": this JDK knows no " + algorithm + " keys", e);
        } catch (GeneralSecurityException e) {
            throw new IOException(
                    where + ": the " + algorithm + " key is damaged or not supported by this JDK: " + e.getMessage(),
                    e);
        }
    }

    private static @Nullable String algorithm(String oid) {
        switch (oid) {
            case RSA:
                return "RSA";
            case RSA_PSS:
                return "RSASSA-PSS";
            case EC:
                return "EC";
            case ED25519:
                return "Ed25519";
            case ED448:
                return "Ed448";
            default:
                return null;
        }
    }

    private static byte @Nullable [] publicPoint(byte[] sec1) throws IOException {
        DerReader key = new DerReader(sec1).enter(DerWriter.SEQUENCE);
        key.smallInteger();
        key.content(DerWriter.OCTET_STRING);
        if (key.next(CURVE)) {
            key.element();
        }
        if (!key.next(PUBLIC_POINT)) {
            return null;
        }
        byte[] bits = key.enter(PUBLIC_POINT).content(DerWriter.BIT_STRING);
        byte[] point = new byte[Math.max(0, bits.length - 1)];
        System.arraycopy(bits, bits.length - point.length, point, 0, point.length);
        return point;
    }
}
