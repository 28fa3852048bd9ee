package dev.millrace.session;

import dev.millrace.http.Version;
import dev.millrace.internal.bytes.Nullable;
import java.net.InetSocketAddress;
import java.time.Duration;

/**
 * A session as it was at one moment.
 *
 * @param id its number, never given twice in a process
 * @param origin scheme, host and port that it is for, such as {@code https://example.org:443}
 * @param route how it gets there: {@code direct}, or the proxy without its credentials
 * @param version the version it speaks, {@code null} while that is not known
 * @param remote the address it is connected to, {@code null} before that is known
 * @param reusability what speaks against another exchange
 * @param active how many exchanges are under way
 * @param exchanges how many have begun
 * @param age since it was asked for
 * @param idle since its last exchange ended; zero while one is under way
 * @param bytesIn received so far, as they were on the wire
 * @param bytesOut sent so far, as they were on the wire
 */
public record SessionSnapshot(
        long id,
        String origin,
        String route,
        @Nullable Version version,
        @Nullable InetSocketAddress remote,
        Reusability reusability,
        int active,
        long exchanges,
        Duration age,
        Duration idle,
        long bytesIn,
        long bytesOut) {

    /** {@return one line of words and {@code name=value} pairs, for a log} */
    @Override
    public String toString() {
        return "session " + id + " origin=" + origin + " route=" + route + " version="
                + (version == null ? "?" : version)
                + " remote=" + (remote == null ? "?" : remote) + " reusability=" + reusability + " active=" + active
                + " exchanges=" + exchanges + " age_ms=" + age.toMillis() + " idle_ms=" + idle.toMillis() + " in="
                + bytesIn
                + " out=" + bytesOut;
    }
}
