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

    /**
     * The settings of a server's configuration.
     *
     * @param tls a {@code Tls}
     * @return its settings
     * @throws IllegalArgumentException if it is a client's
     */
    public static TlsSettings serverSettings(Object tls) {
        TlsSettings settings = settings(tls);
        if (!settings.server()) {
            throw new IllegalArgumentException("this is a client's TLS configuration, use Tls.server()");
        }
        return settings;
    }

    /** {@return the settings of a configuration, a {@code Tls}} */
    public static TlsSettings settings(Object tls) {
        return Objects.requireNonNull(way, "no TLS configuration exists").settings(tls);
    }
}
