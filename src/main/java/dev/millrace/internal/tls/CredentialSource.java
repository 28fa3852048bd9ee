package dev.millrace.internal.tls;

import dev.millrace.internal.bytes.Nullable;
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
        return new Fixed(credential);
    }

    /** {@return the credential of a source that needs no file, or {@code null} of another one} */
    static @Nullable Credential inMemory(CredentialSource source) {
        return source instanceof Fixed fixed ? fixed.load() : null;
    }

    /**
     * A source of always the same credential.
     *
     * @param load the credential
     */
    record Fixed(Credential load) implements CredentialSource {
        @Override
        public List<Path> files() {
            return List.of();
        }
    }
}
