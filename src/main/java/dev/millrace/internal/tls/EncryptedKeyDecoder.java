package dev.millrace.internal.tls;

import java.io.IOException;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import javax.crypto.BadPaddingException;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.IllegalBlockSizeException;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Decrypts PKCS#8 keys: PBES2 with PBKDF2 and AES or triple DES (RFC 8018 §6.2), which is what OpenSSL writes, taken apart
 * here because the JDK's own names for these schemes differ between versions; PBES1 as far as the JDK goes.
 */
final class EncryptedKeyDecoder {
    private static final String PBES2 = "1.2.840.113549.1.5.13";
    private static final String PBKDF2 = "1.2.840.113549.1.5.12";
    private static final String SCRYPT = "1.3.6.1.4.1.11591.4.11";
    /** More than any tool's default by far; a file with more would only keep a processor busy. */
    private static final int MOST_ITERATIONS = 50_000_000;

    private EncryptedKeyDecoder() {}

    /** {@return the PKCS#8 structure within an encrypted one} */
    static byte[] decrypt(String where, byte[] der, char[] password) throws IOException {
        DerReader outer = new DerReader(der).enter(DerWriter.SEQUENCE);
        DerReader scheme = outer.enter(DerWriter.SEQUENCE);
        byte[] encrypted = outer.content(DerWriter.OCTET_STRING);
        String oid = scheme.oid();
        try {
            byte[] plain =
                    oid.equals(PBES2) ? pbes2(where, scheme, encrypted, password) : pbes1(where, oid, der, password);
            // a wrong password passes the check of the padding once in 256 times: then this is no PKCS#8
            try {
                new DerReader(plain).enter(DerWriter.SEQUENCE).smallInteger();
            } catch (IOException e) {
                throw wrongPassword(where, e);
            }
            return plain;
        } catch (BadPaddingException | IllegalBlockSizeException e) {
            throw wrongPassword(where, e);
        } catch (NoSuchAlgorithmException e) {
            throw unsupported(where, String.valueOf(e.getMessage()));
        } catch (GeneralSecurityException e) {
            throw new IOException(where + ": the encrypted key cannot be read: " + e.getMessage(), e);
        }
    }

    private static byte[] pbes2(String where, DerReader scheme, byte[] encrypted, char[] password)
            throws IOException, GeneralSecurityException {
        DerReader parameters = scheme.enter(DerWriter.SEQUENCE);
        DerReader derivation = parameters.enter(DerWriter.SEQUENCE);
        DerReader encryption = parameters.enter(DerWriter.SEQUENCE);
        String kdf = derivation.oid();
        if (!kdf.equals(PBKDF2)) {
            throw unsupported(where, kdf.equals(SCRYPT) ? "scrypt" : "key derivation " + kdf);
        }
        DerReader pbkdf2 = derivation.enter(DerWriter.SEQUENCE);
        byte[] salt = pbkdf2.content(DerWriter.OCTET_STRING);
        if (salt.length == 0) {
            throw new IOException(where + ": the encrypted key has no salt");
        }
        int iterations = pbkdf2.smallInteger();
        if (iterations < 1 || iterations > MOST_ITERATIONS) {
            throw new IOException(where + ": the encrypted key wants " + iterations + " iterations");
        }
        if (pbkdf2.next(DerWriter.INTEGER)) {
            pbkdf2.smallInteger(); // the key's length, which the cipher says too
        }
        String mac = "1.2.840.113549.2.7"; // the default: HMAC-SHA-1
        if (pbkdf2.next(DerWriter.SEQUENCE)) {
            mac = pbkdf2.enter(DerWriter.SEQUENCE).oid();
        }
        String cipherOid = encryption.oid();
        byte[] iv = encryption.content(DerWriter.OCTET_STRING);
        int keyBytes = keyBytes(where, cipherOid);
        String cipherName = keyBytes == 24 && cipherOid.startsWith("1.2.840") ? "DESede" : "AES";

        PBEKeySpec spec = new PBEKeySpec(password, salt, iterations, 8 * keyBytes);
        SecretKey secret = SecretKeyFactory.getInstance(pbkdf2Name(where, mac)).generateSecret(spec);
        spec.clearPassword();
        byte[] raw = secret.getEncoded();
        Cipher cipher = Cipher.getInstance(cipherName + "/CBC/PKCS5Padding");
        cipher.init(Cipher.DECRYPT_MODE, new SecretKeySpec(raw, cipherName), new IvParameterSpec(iv));
        Arrays.fill(raw, (byte) 0);
        return cipher.doFinal(encrypted);
    }

    private static byte[] pbes1(String where, String oid, byte[] der, char[] password)
            throws IOException, GeneralSecurityException {
        if (!oid.startsWith("1.2.840.113549.1.5.") && !oid.startsWith("1.2.840.113549.1.12.1.")) {
            throw unsupported(where, "encryption " + oid);
        }
        EncryptedPrivateKeyInfo info = new EncryptedPrivateKeyInfo(der);
        AlgorithmParameters parameters = info.getAlgParameters();
        PBEKeySpec spec = new PBEKeySpec(password);
        SecretKey secret = SecretKeyFactory.getInstance(info.getAlgName()).generateSecret(spec);
        spec.clearPassword();
        Cipher cipher = Cipher.getInstance(info.getAlgName());
        cipher.init(Cipher.DECRYPT_MODE, secret, parameters);
        return cipher.doFinal(info.getEncryptedData());
    }

    private static String pbkdf2Name(String where, String mac) throws IOException {
        switch (mac) {
            case "1.2.840.113549.2.7":
                return "PBKDF2WithHmacSHA1";
            case "1.2.840.113549.2.8":
                return "PBKDF2WithHmacSHA224";
            case "1.2.840.113549.2.9":
                return "PBKDF2WithHmacSHA256";
            case "1.2.840.113549.2.10":
                return "PBKDF2WithHmacSHA384";
            case "1.2.840.113549.2.11":
                return "PBKDF2WithHmacSHA512";
            default:
                throw unsupported(where, "PBKDF2 with " + mac);
        }
    }

    private static int keyBytes(String where, String cipher) throws IOException {
        switch (cipher) {
            case "2.16.840.1.101.3.4.1.2":
                return 16;
            case "2.16.840.1.101.3.4.1.22":
            case "1.2.840.113549.3.7": // des-ede3-cbc
                return 24;
            case "2.16.840.1.101.3.4.1.42":
                return 32;
            default:
                throw unsupported(where, "cipher " + cipher);
        }
    }

    private static IOException unsupported(String where, String what) {
        return new IOException(where + ": the key is encrypted with " + what
                + ", which is not supported; convert it with `openssl pkcs8 -topk8 -v2 aes-256-cbc`");
    }

    private static IOException wrongPassword(String where, Exception cause) {
        return new IOException(where + ": wrong password for the encrypted private key", cause);
    }
}
