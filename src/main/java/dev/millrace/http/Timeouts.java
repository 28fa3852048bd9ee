package dev.millrace.http;

import java.time.Duration;

/**
 * Deadlines of a server's connections. No state of a connection lasts for ever: each has one of these. Immutable; change
 * one with its {@code with…} method.
 *
 * @param handshake from accepting a connection to the end of its TLS handshake, 10 s: a few round trips of the slowest
 *     network, and a signature
 * @param firstByte from accepting a connection, or the end of its TLS handshake, to the first byte of a request, 60 s: browsers open connections ahead
 *     of need and hold them for tens of seconds
 * @param headers from the first byte of a request to the end of its header section, 30 s in all, however it trickles
 * @param progressWindow the span over which a body that arrives or a response that is being read must make progress,
 *     30 s: in each span at least {@code progressRate} × its seconds of bytes move, or the connection ends. Spans in which the
 *     handler is the one that is waited for do not count
 * @param progressRate bytes a second, on average over a span, 240: a tenth of a modem's rate, and 30 s × 240 B is one page
 * @param handler from the end of the request, or of its header section while nobody reads its content, to the handler's
 *     response, and between two pieces of the body that it produces, 5 min. Passed: 503, or the connection is closed if the response has begun
 * @param keepAliveIdle between two requests, 60 s
 * @param linger from the last byte of a response after which the connection closes to the end of the peer's own sending,
 *     5 s: time for the peer to read the response before a reset could destroy it
 * @param tunnelIdle in a tunnel, without a byte in either direction, 1 h: whoever keeps one longer sends something now and
 *     then
 * @param settingsAck from our SETTINGS to their acknowledgement, over HTTP/2, 10 s: a few round trips of the slowest network
 * @param ping over HTTP/2, with streams open, without a byte from the peer, 30 s: it is asked by a PING then, and the connection
 *     ends if nothing comes for as long again, and for as long as reading what was sent before may take at {@code progressRate}
 * @param drain the deadline of a graceful stop, 10 s
 */
public record Timeouts(
        Duration handshake,
        Duration firstByte,
        Duration headers,
        Duration progressWindow,
        int progressRate,
        Duration handler,
        Duration keepAliveIdle,
        Duration linger,
        Duration tunnelIdle,
        Duration settingsAck,
        Duration ping,
        Duration drain) {

    private static final Duration LONGEST = Duration.ofDays(365); // before the defaults, which are checked against it

    private static final Timeouts DEFAULTS = new Timeouts(
            Duration.ofSeconds(10),
            Duration.ofSeconds(60),
            Duration.ofSeconds(30),
            Duration.ofSeconds(30),
            240,
            Duration.ofMinutes(5),
            Duration.ofSeconds(60),
            Duration.ofSeconds(5),
            Duration.ofHours(1),
            Duration.ofSeconds(10),
            Duration.ofSeconds(30),
            Duration.ofSeconds(10));

    /**
     * Checks every deadline.
     *
     * @param handshake as described above
     * @param firstByte as described above
     * @param headers as described above
     * @param progressWindow as described above
     * @param progressRate as described above
     * @param handler as described above
     * @param keepAliveIdle as described above
     * @param linger as described above
     * @param tunnelIdle as described above
     * @param settingsAck as described above
     * @param ping as described above
     * @param drain as described above
     * @throws IllegalArgumentException naming the deadline that is not positive or longer than a year
     */
    public Timeouts {
        positive("handshake", handshake);
        positive("firstByte", firstByte);
        positive("headers", headers);
        positive("progressWindow", progressWindow);
        if (progressRate < 0) {
            throw new IllegalArgumentException(
                    "Timeouts.progressRate is " + progressRate + " but must not be negative");
        }
        positive("handler", handler);
        positive("keepAliveIdle", keepAliveIdle);
        positive("linger", linger);
        positive("tunnelIdle", tunnelIdle);
        positive("settingsAck", settingsAck);
        positive("ping", ping);
        positive("drain", drain);
    }

    private static void positive(String name, Duration value) {
        if (value.isNegative() || value.isZero() || value.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(
                    "Timeouts." + name + " is " + value + " but must be more than zero and at most 365 days");
        }
    }

    /** {@return the deadlines described above} */
    public static Timeouts defaults() {
        return DEFAULTS;
    }

    /** {@return how many bytes must move in a progress window, at least one} */
    public long progressBytes() {
        long millis = progressWindow.toMillis();
        // seconds and rest apart: all in one, the largest rate over the longest window overflows
        return Math.max(1, progressRate * (millis / 1000) + progressRate * (millis % 1000) / 1000);
    }

    /**
     * These deadlines with another {@link #handshake()}.
     *
     * @param value the new deadline
     * @return the changed deadlines
     */
    public Timeouts withHandshake(Duration value) {
        return new Timeouts(
                value,
                firstByte,
                headers,
                progressWindow,
                progressRate,
                handler,
                keepAliveIdle,
                linger,
                tunnelIdle,
                settingsAck,
                ping,
                drain);
    }

    /**
     * These deadlines with another {@link #firstByte()}.
     *
     * @param value the new deadline
     * @return the changed deadlines
     */
    public Timeouts withFirstByte(Duration value) {
        return new Timeouts(
                handshake,
                value,
                headers,
                progressWindow,
                progressRate,
                handler,
                keepAliveIdle,
                linger,
                tunnelIdle,
                settingsAck,
                ping,
                drain);
    }

    /**
     * These deadlines with another {@link #headers()}.
     *
     * @param value the new deadline
     * @return the changed deadlines
     */
    public Timeouts withHeaders(Duration value) {
        return new Timeouts(
                handshake,
                firstByte,
                value,
                progressWindow,
                progressRate,
                handler,
                keepAliveIdle,
                linger,
                tunnelIdle,
                settingsAck,
                ping,
                drain);
    }

    /**
     * These deadlines with another {@link #progressWindow()}.
     *
     * @param value the new deadline
     * @return the changed deadlines
     */
    public Timeouts withProgressWindow(Duration value) {
        return new Timeouts(
                handshake,
                firstByte,
                headers,
                value,
                progressRate,
                handler,
                keepAliveIdle,
                linger,
                tunnelIdle,
                settingsAck,
                ping,
                drain);
    }

    /**
     * These deadlines with another {@link #progressRate()}.
     *
     * @param value the new rate in bytes a second
     * @return the changed deadlines
     */
    public Timeouts withProgressRate(int value) {
        return new Timeouts(
                handshake,
                firstByte,
                headers,
                progressWindow,
                value,
                handler,
                keepAliveIdle,
                linger,
                tunnelIdle,
                settingsAck,
                ping,
                drain);
    }

    /**
     * These deadlines with another {@link #handler()}.
     *
     * @param value the new deadline
     * @return the changed deadlines
     */
    public Timeouts withHandler(Duration value) {
        return new Timeouts(
                handshake,
                firstByte,
                headers,
                progressWindow,
                progressRate,
                value,
                keepAliveIdle,
                linger,
                tunnelIdle,
                settingsAck,
                ping,
                drain);
    }

    /**
     * These deadlines with another {@link #keepAliveIdle()}.
     *
     * @param value the new deadline
     * @return the changed deadlines
     */
    public Timeouts withKeepAliveIdle(Duration value) {
        return new Timeouts(
                handshake,
                firstByte,
                headers,
                progressWindow,
                progressRate,
                handler,
                value,
                linger,
                tunnelIdle,
                settingsAck,
                ping,
                drain);
    }

    /**
     * These deadlines with another {@link #linger()}.
     *
     * @param value the new deadline
     * @return the changed deadlines
     */
    public Timeouts withLinger(Duration value) {
        return new Timeouts(
                handshake,
                firstByte,
                headers,
                progressWindow,
                progressRate,
                handler,
                keepAliveIdle,
                value,
                tunnelIdle,
                settingsAck,
                ping,
                drain);
    }

    /**
     * These deadlines with another {@link #tunnelIdle()}.
     *
     * @param value the new deadline
     * @return the changed deadlines
     */
    public Timeouts withTunnelIdle(Duration value) {
        return new Timeouts(
                handshake,
                firstByte,
                headers,
                progressWindow,
                progressRate,
                handler,
                keepAliveIdle,
                linger,
                value,
                settingsAck,
                ping,
                drain);
    }

    /**
     * These deadlines with another {@link #settingsAck()}.
     *
     * @param value the new deadline
     * @return the changed deadlines
     */
    public Timeouts withSettingsAck(Duration value) {
        return new Timeouts(
                handshake,
                firstByte,
                headers,
                progressWindow,
                progressRate,
                handler,
                keepAliveIdle,
                linger,
                tunnelIdle,
                value,
                ping,
                drain);
    }

    /**
     * These deadlines with another {@link #ping()}.
     *
     * @param value the new deadline
     * @return the changed deadlines
     */
    public Timeouts withPing(Duration value) {
        return new Timeouts(
                handshake,
                firstByte,
                headers,
                progressWindow,
                progressRate,
                handler,
                keepAliveIdle,
                linger,
                tunnelIdle,
                settingsAck,
                value,
                drain);
    }

    /**
     * These deadlines with another {@link #drain()}.
     *
     * @param value the new deadline
     * @return the changed deadlines
     */
    public Timeouts withDrain(Duration value) {
        return new Timeouts(
                handshake,
                firstByte,
                headers,
                progressWindow,
                progressRate,
                handler,
                keepAliveIdle,
                linger,
                tunnelIdle,
                settingsAck,
                ping,
                value);
    }
}
