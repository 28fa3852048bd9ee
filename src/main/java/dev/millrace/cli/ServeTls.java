package dev.millrace.cli;

import dev.millrace.internal.bytes.Nullable;
import dev.millrace.net.SelfSigned;
import dev.millrace.net.Tls;
import java.io.IOException;
import java.nio.file.Path;

/**
 * The TLS configuration of {@code serve}. A class of its own, so that nothing of TLS is loaded where it is not asked for.
 *
 * @param tls the configuration
 * @param fingerprint of the self-signed certificate, or {@code null} where one was given
 */
record ServeTls(Tls tls, @Nullable String fingerprint) {
    static ServeTls of(@Nullable Path certificate, @Nullable Path key) throws UsageException {
        try {
            if (certificate != null && key != null) {
                return new ServeTls(Tls.server().pem(certificate, key).build(), null);
            }
            if (certificate != null || key != null) {
                throw new UsageException("--cert and --key go together");
            }
            SelfSigned generated = SelfSigned.localhost();
            return new ServeTls(generated.server().build(), generated.fingerprint());
        } catch (IOException e) {
            throw new UsageException("--cert and --key: " + e.getMessage());
        }
    }
}
