package dev.millrace.session;

import java.time.Duration;

/**
 * How many sessions a client keeps, and for how long. Immutable; {@code with…} methods give changed copies.
 *
 * @param perOrigin sessions open to one origin by one route, at least 1; 64: what one host takes from one client without
 *     calling it an attack. HTTP/2 opens a second one only where the streams of the first do not suffice
 * @param total sessions open in all, at least 1; 1,024
 * @param waiting exchanges that may wait for a session of one origin, at least 0; 4,096. One more fails at once
 * @param idle how long a session may be idle before it is drained and closed; 50 seconds: a little less than most servers
 *     wait, so that they are not the ones who close it under a request. Zero disables it: a session then stays until the
 *     server closes it, and each request after a long pause runs the risk of meeting that close on its way
 * @param maxAge how old a session may become before it takes no more exchanges, so that a change of addresses or certificates
 *     is followed; 10 minutes. Each session's own is up to a tenth shorter, so that they do not end all at once. Zero disables it
 * @param maxExchanges how many exchanges a session may carry, at least 0; 0, the default, for no bound
 * @param pingAfter silence on an HTTP/2 session after which the peer is asked by PING whether it is still there; 30 seconds.
 *     Zero disables it
 */
public record PoolSettings(
        int perOrigin, int total, int waiting, Duration idle, Duration maxAge, long maxExchanges, Duration pingAfter) {

    private static final PoolSettings DEFAULTS =
            new PoolSettings(64, 1024, 4096, Duration.ofSeconds(50), Duration.ofMinutes(10), 0, Duration.ofSeconds(30));

    /**
     * Checks the settings.
     *
     * @param perOrigin as described above
     * @param total as described above
     * @param waiting as described above
     * @param idle as described above
     * @param maxAge as described above
     * @param maxExchanges as described above
     * @param pingAfter as described above
     * @throws IllegalArgumentException with the setting's name for what is out of its range
     */
    public PoolSettings {
        atLeast("perOrigin", perOrigin, 1);
        atLeast("total", total, 1);
        atLeast("waiting", waiting, 0);
        notNegative("idle", idle);
        notNegative("maxAge", maxAge);
        atLeast("maxExchanges", maxExchanges, 0);
        notNegative("pingAfter", pingAfter);
    }

    private static void atLeast(String name, long value, long least) {
        if (value < least) {
            throw new IllegalArgumentException(
                    "PoolSettings." + name + " is " + value + " but must be at least " + least);
        }
    }

    private static void notNegative(String name, Duration value) {
        if (value.isNegative() || value.compareTo(Duration.ofDays(365)) > 0) {
            throw new IllegalArgumentException(
                    "PoolSettings." + name + " is " + value + " but must not be negative, and at most 365 days");
        }
    }

    /** {@return the settings described above} */
    public static PoolSettings defaults() {
        return DEFAULTS;
    }

    /**
     * These with another perOrigin.
     *
     * @param value its new value
     * @return the changed copy
     * @throws IllegalArgumentException as the constructor does
     */
    public PoolSettings withPerOrigin(int value) {
        return new PoolSettings(value, total, waiting, idle, maxAge, maxExchanges, pingAfter);
    }

    /**
     * These with another total.
     *
     * @param value its new value
     * @return the changed copy
     * @throws IllegalArgumentException as the constructor does
     */
    public PoolSettings withTotal(int value) {
        return new PoolSettings(perOrigin, value, waiting, idle, maxAge, maxExchanges, pingAfter);
    }

    /**
     * These with another waiting.
     *
     * @param value its new value
     * @return the changed copy
     * @throws IllegalArgumentException as the constructor does
     */
    public PoolSettings withWaiting(int value) {
        return new PoolSettings(perOrigin, total, value, idle, maxAge, maxExchanges, pingAfter);
    }

    /**
     * These with another idle.
     *
     * @param value its new value
     * @return the changed copy
     * @throws IllegalArgumentException as the constructor does
     */
    public PoolSettings withIdle(Duration value) {
        return new PoolSettings(perOrigin, total, waiting, value, maxAge, maxExchanges, pingAfter);
    }

    /**
     * These with another maxAge.
     *
     * @param value its new value
     * @return the changed copy
     * @throws IllegalArgumentException as the constructor does
     */
    public PoolSettings withMaxAge(Duration value) {
        return new PoolSettings(perOrigin, total, waiting, idle, value, maxExchanges, pingAfter);
    }

    /**
     * These with another maxExchanges.
     *
     * @param value its new value
     * @return the changed copy
     * @throws IllegalArgumentException as the constructor does
     */
    public PoolSettings withMaxExchanges(long value) {
        return new PoolSettings(perOrigin, total, waiting, idle, maxAge, value, pingAfter);
    }

    /**
     * These with another pingAfter.
     *
     * @param value its new value
     * @return the changed copy
     * @throws IllegalArgumentException as the constructor does
     */
    public PoolSettings withPingAfter(Duration value) {
        return new PoolSettings(perOrigin, total, waiting, idle, maxAge, maxExchanges, value);
    }
}
