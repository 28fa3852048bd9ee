package dev.millrace.internal.tls;

import dev.millrace.internal.bytes.Nullable;
import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SNIMatcher;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;

/**
 * Gives engines their keys, straight from a table and without a {@code KeyStore}. The engine asks in three steps, first for
 * an alias and then with it for the key and the chain, so the alias must lead to the same credential each time: it is kept
 * for the thread, on which all three steps follow each other.
 */
final class CredentialKeys extends X509ExtendedKeyManager {
    private static final String ALIAS = "chosen";

    private static final ThreadLocal<@Nullable Credential> CHOSEN = new ThreadLocal<>();

    private final CredentialTable table;

    CredentialKeys(CredentialTable table) {
        this.table = table;
    }

    @Override
    public @Nullable String chooseEngineServerAlias(
            String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
        if (engine == null) {
            return null;
        }
        List<Credential> candidates = null;
        String name = EngineInfo.serverName(engine.getHandshakeSession());
        for (SNIMatcher matcher : matchers(engine)) {
            if (matcher instanceof NameMatcher ours) {
                candidates = ours.choose(name);
            }
        }
        if (candidates == null) {
            candidates = table.choose(name);
        }
        return keep(ofType(candidates, keyType));
    }

    @Override
    public @Nullable String chooseEngineClientAlias(
            String[] keyTypes, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
        List<Credential> candidates = table.choose(null);
        Credential fallback = null;
        for (String keyType : keyTypes) {
            Credential candidate = ofType(candidates, keyType);
            if (candidate != null && (issuers == null || issuers.length == 0 || issuedBy(candidate, issuers))) {
                return keep(candidate);
            }
            if (fallback == null) {
                fallback = candidate;
            }
        }
        // a server's list of issuers is a hint that is often incomplete: what was configured is shown all the same
        return keep(fallback);
    }

    @Override
    public @Nullable PrivateKey getPrivateKey(String alias) {
        Credential credential = CHOSEN.get();
        return credential == null ? null : credential.key();
    }

    @Override
    public X509Certificate @Nullable [] getCertificateChain(String alias) {
        Credential credential = CHOSEN.get();
        return credential == null ? null : credential.chain();
    }

    private @Nullable String keep(@Nullable Credential credential) {
        if (credential == null) {
            CHOSEN.remove();
            return null;
        }
        CHOSEN.set(credential);
        return ALIAS;
    }

    private static @Nullable Credential ofType(List<Credential> candidates, String keyType) {
        for (Credential candidate : candidates) {
            if (candidate.key().getAlgorithm().equals(keyType)) {
                return candidate;
            }
        }
        return null;
    }

    private static boolean issuedBy(Credential candidate, Principal[] issuers) {
        for (X509Certificate certificate : candidate.chain()) {
            for (Principal issuer : issuers) {
                if (certificate.getIssuerX500Principal().equals(issuer)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static Iterable<SNIMatcher> matchers(SSLEngine engine) {
        Iterable<SNIMatcher> matchers = engine.getSSLParameters().getSNIMatchers();
        return matchers == null ? List.of() : matchers;
    }

    @Override
    public @Nullable String chooseServerAlias(String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
        return null; // engines only
    }

    @Override
    public @Nullable String chooseClientAlias(
            String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
        return null; // engines only
    }

    @Override
    public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
        return null;
    }

    @Override
    public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
        return null;
    }
}
