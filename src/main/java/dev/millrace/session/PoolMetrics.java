package dev.millrace.session;

import java.util.Map;

/**
 * What a client's pool has counted so far.
 *
 * @param opened sessions that were opened
 * @param notOpened sessions that could not be: not resolved, not connected, refused by a proxy or in the TLS handshake
 * @param reused exchanges that began on a session which had carried one before
 * @param evicted sessions that left the pool, by the veto that made them leave; a veto's row is there even if it is 0
 * @param closedNormally connections that ended as connections are meant to end
 * @param closedAbnormally connections that ended in another way
 * @param exchanges exchanges that were asked for
 * @param retried second tries
 * @param timedOut exchanges of which a deadline passed
 * @param waited exchanges that had to wait for a session, or for one to be opened
 * @param refused exchanges for which there was no place to wait any more
 * @param open sessions that are open now or on their way
 * @param waiting exchanges that wait now
 */
public record PoolMetrics(
        long opened,
        long notOpened,
        long reused,
        Map<Veto, Long> evicted,
        long closedNormally,
        long closedAbnormally,
        long exchanges,
        long retried,
        long timedOut,
        long waited,
        long refused,
        int open,
        int waiting) {}
