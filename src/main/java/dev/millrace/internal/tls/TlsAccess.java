package dev.millrace.internal.tls;

import dev.millrace.internal.bytes.Nullable;
import java.util.Objects;

/**
 * The way from the public {@code Tls} to its settings: servers and clients make engines with them, users must not see
 * them. The public class puts the way here when it is loaded.
 */
public final class TlsAccess {
    /** Gets at the settings of a configuration. */
    public interface Way {
        /** {@return the settings of a configuration} */
        TlsSettings settings(Object tls);
    }

    private static volatile @Nullable Way way;

    private TlsAccess() {}

    /** Sets the way; for the public class. */
    public static void set(Way newWay) {
        way = newWay;
    }

    /** {@return the settings of a configuration, a {@code Tls}} */
    public static TlsSettings settings(Object tls) {
        return Objects.requireNonNull(way, "no TLS configuration exists").settings(tls);
    }
}
