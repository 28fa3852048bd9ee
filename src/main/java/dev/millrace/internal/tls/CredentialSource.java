package dev.millrace.internal.tls;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Where a credential comes from, again at each reload. Safe for any thread. */
public interface CredentialSource {
    /**
     * Reads the credential.
     *
     * @return it, checked
     * @throws IOException if that fails; the message says which file, what is wrong, and what to do
     */
    Credential load() throws IOException;

    /** {@return the files to watch; none if the credential never changes} */
    List<Path> files();

    /** {@return a source of always the same credential} */
    static CredentialSource fixed(Credential credential) {
        return new CredentialSource() {
            @Override
            public Credential load() {
                return credential;
            }

            @Override
            public List<Path> files() {
                return List.of();
            }
        };
    }
}
