package dev.millrace.internal.tls;

import dev.millrace.internal.bytes.Nullable;
import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.List;

/** A credential from a PEM file with the chain and one with the key, which may be the same file. */
public final class PemSource implements CredentialSource {
    private final Path chain;
    private final Path key;
    private final char @Nullable [] password;

    /** A source of two files; the password is copied. */
    public PemSource(Path chain, Path key, char @Nullable [] password) {
        this.chain = chain;
        this.key = key;
        this.password = password == null ? null : password.clone();
    }

    @Override
    public Credential load() throws IOException {
        String chainFile = "certificate file " + chain;
        String keyFile = "key file " + key;
        List<X509Certificate> certificates =
                Credential.certificates(chainFile, PemBlock.read("certificate file", chain));
        PrivateKeyDecoder.Decoded decoded = PrivateKeyDecoder.decode(keyFile, PemBlock.read("key file", key), password);
        return Credential.checked(keyFile, chainFile, decoded.key(), decoded.publicPoint(), certificates);
    }

    @Override
    public List<Path> files() {
        return List.of(chain, key);
    }
}
