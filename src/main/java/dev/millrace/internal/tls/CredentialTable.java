package dev.millrace.internal.tls;

import dev.millrace.internal.bytes.Nullable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which credentials a server shows for which server name (RFC 6066 §3): an exact name first, then a wildcard of one label,
 * then what an authority mints, then the default. Several credentials for one name differ in the kind of key. Immutable.
 */
public final class CredentialTable {
    /** Makes credentials for names that no entry has. Safe for any thread. */
    public interface Minter {
        /** {@return a credential for a name in normal form, a DNS name} */
        Credential mint(String name);
    }

    /**
     * One entry.
     *
     * @param name the name in normal form, with {@code *.} before it for a wildcard; {@code null} for the default
     * @param credential what to show
     */
    record Entry(@Nullable String name, Credential credential) {}

    private static final String DEFAULT = "";

    private final List<Entry> entries;
    private final Map<String, List<Credential>> byName;
    private final @Nullable Minter minter;

    CredentialTable(List<Entry> entries, @Nullable Minter minter) {
        this.entries = List.copyOf(entries);
        this.minter = minter;
        Map<String, List<Credential>> map = new HashMap<>();
        for (Entry entry : entries) {
            String key = entry.name() == null ? DEFAULT : entry.name();
            List<Credential> known = map.get(key);
            if (known == null) {
                map.put(key, List.of(entry.credential()));
                continue;
            }
            String algorithm = entry.credential().key().getAlgorithm();
            for (Credential other : known) {
                if (other.key().getAlgorithm().equals(algorithm)) {
                    throw new IllegalArgumentException("two certificates with " + algorithm + " keys for "
                            + (entry.name() == null ? "the default" : entry.name()));
                }
            }
            List<Credential> more = new ArrayList<>(known);
            more.add(entry.credential());
            map.put(key, Collections.unmodifiableList(more));
        }
        this.byName = map;
    }

    /** {@return the entries, in the order in which they were given} */
    List<Entry> entries() {
        return entries;
    }

    /** {@return whether there is nothing to show to anybody} */
    boolean isEmpty() {
        return byName.isEmpty() && minter == null;
    }

    /**
     * Chooses for a name.
     *
     * @param name in normal form; {@code null} if the client gave none
     * @return the credentials to choose from by kind of key; empty if there is nothing for this name
     */
    List<Credential> choose(@Nullable String name) {
        if (name != null) {
            List<Credential> exact = named(name);
            if (!exact.isEmpty()) {
                return exact;
            }
            if (minter != null && ServerNames.isDnsName(name) && name.charAt(0) != '*') {
                return List.of(minter.mint(name));
            }
        }
        return byName.getOrDefault(DEFAULT, List.of());
    }

    /** {@return the credentials that an entry gives for a name, exactly or by wildcard; empty if none does} */
    List<Credential> named(String name) {
        List<Credential> exact = name.isEmpty() ? null : byName.get(name);
        if (exact == null) {
            int dot = name.indexOf('.');
            exact = dot > 0 ? byName.get("*" + name.substring(dot)) : null;
        }
        return exact == null ? List.of() : exact;
    }

    /** {@return whether two tables show the same in every case} */
    boolean sameAs(CredentialTable other) {
        if (entries.size() != other.entries.size()) {
            return false;
        }
        for (int i = 0; i < entries.size(); i++) {
            // the names are those of the settings, which do not change
            if (!entries.get(i).credential().sameAs(other.entries.get(i).credential())) {
                return false;
            }
        }
        return true;
    }
}
