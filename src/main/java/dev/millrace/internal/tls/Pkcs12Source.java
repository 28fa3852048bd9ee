package dev.millrace.internal.tls;

import dev.millrace.internal.bytes.Nullable;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.UnrecoverableKeyException;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** A credential from a PKCS#12 file (RFC 7292). */
public final class Pkcs12Source implements CredentialSource {
    private final Path file;
    private final char[] password;
    private final @Nullable String alias;

    /** A source of one file; the password is copied. Without an alias, the file must have one key. */
    public Pkcs12Source(Path file, char[] password, @Nullable String alias) {
        this.file = file;
        this.password = password.clone();
        this.alias = alias;
    }

    @Override
    public Credential load() throws IOException {
        String where = "PKCS#12 file " + file;
        byte[] bytes = PemBlock.bytes("PKCS#12 file", file);
        if (bytes.length == 0 || bytes[0] != DerWriter.SEQUENCE) {
            throw new IOException(where + ": not PKCS#12" + (bytes.length == 0 ? ", it is empty" : ""));
        }
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(new ByteArrayInputStream(bytes), password);
            String entry = entry(where, store);
            Key key = store.getKey(entry, password);
            Certificate[] found = store.getCertificateChain(entry);
            if (!(key instanceof PrivateKey privateKey) || found == null) {
                throw new IOException(where + ": the entry " + entry + " is not a private key with certificates");
            }
            List<X509Certificate> chain = new ArrayList<>();
            for (Certificate certificate : found) {
                chain.add((X509Certificate) certificate);
            }
            return Credential.checked(where + " (entry " + entry + ")", where, privateKey, null, chain);
        } catch (UnrecoverableKeyException e) {
            throw new IOException(where + ": wrong password for the key in it", e);
        } catch (GeneralSecurityException e) {
            throw new IOException(where + ": cannot be read: " + e.getMessage(), e);
        } catch (IOException e) {
            String message = String.valueOf(e.getMessage());
            if (message.startsWith(where)) {
                throw e;
            }
            if (e.getCause() instanceof UnrecoverableKeyException) {
                throw new IOException(where + ": wrong password", e);
            }
            throw new IOException(where + ": damaged or not PKCS#12: " + message, e);
        }
    }

    private String entry(String where, KeyStore store) throws IOException, GeneralSecurityException {
        List<String> keys = new ArrayList<>();
        for (String candidate : Collections.list(store.aliases())) {
            if (store.isKeyEntry(candidate)) {
                if (candidate.equalsIgnoreCase(alias)) {
                    return candidate;
                }
                keys.add(candidate);
            }
        }
        if (alias != null) {
            throw new IOException(where + ": no private key with the alias " + alias + "; there is " + keys);
        }
        if (keys.size() != 1) {
            throw new IOException(where + ": " + keys.size() + " private keys in it; name one by its alias: " + keys);
        }
        return keys.get(0);
    }

    @Override
    public List<Path> files() {
        return List.of(file);
    }
}
