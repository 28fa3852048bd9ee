package dev.millrace.internal.tls;

import dev.millrace.internal.bytes.Nullable;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.net.ssl.SNIMatcher;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.StandardConstants;

/**
 * Accepts the server names that there is a credential for; the engine answers others with the alert
 * {@code unrecognized_name} (RFC 6066 §3). It is also where an engine keeps a choice of credentials that was made
 * beforehand.
 */
final class NameMatcher extends SNIMatcher {
    private final CredentialTable table;
    private final @Nullable List<Credential> chosen;

    NameMatcher(CredentialTable table, @Nullable List<Credential> chosen) {
        super(StandardConstants.SNI_HOST_NAME);
        this.table = table;
        this.chosen = chosen;
    }

    @Override
    public boolean matches(SNIServerName name) {
        return chosen != null || !table.choose(text(name)).isEmpty();
    }

    /** {@return the credentials for a connection} */
    List<Credential> choose(@Nullable String name) {
        return chosen != null ? chosen : table.choose(name);
    }

    /** {@return the name in normal form; it may be any text, since the peer sent it} */
    static String text(SNIServerName name) {
        return ServerNames.normal(new String(name.getEncoded(), StandardCharsets.ISO_8859_1));
    }
}
