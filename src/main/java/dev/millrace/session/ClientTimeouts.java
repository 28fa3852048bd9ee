package dev.millrace.session;

import java.time.Duration;

/**
 * How long an exchange of a client may take, as a whole and in each of its phases. Immutable; {@code with…} methods give
 * changed copies. Each deadline that passes is an {@link ExchangeTimeoutException} with its name.
 *
 * @param poolWait for a session, where as many are open as may be; 30 seconds: longer, and the caller's own callers are gone
 * @param resolve of a name to addresses; 5 seconds: what a resolver's own two tries take
 * @param connect of one address to be connected to; 10 seconds: three lost SYNs
 * @param proxy of a proxy's answer to CONNECT; 10 seconds
 * @param handshake of TLS; 10 seconds
 * @param request until the request is written as a whole, with its content; zero, the default, for no bound: an upload may
 *     take its time as long as it makes progress
 * @param expectContinue that content waits for a 100 where {@code Expect: 100-continue} is said (RFC 9110 §10.1.1): sent
 *     without it then; 1 second
 * @param responseHead from the end of the request to the response's header section; 60 seconds
 * @param progressWindow in which content that is waited for must make progress, in either direction; 30 seconds
 * @param progressRate bytes that must move in a second over that window, at least 0: then a single byte is enough; 240
 * @param exchange from {@code send} to the last byte of the response's content, waiting and retrying included; zero, the
 *     default, for no bound
 */
public record ClientTimeouts(
        Duration poolWait,
        Duration resolve,
        Duration connect,
        Duration proxy,
        Duration handshake,
        Duration request,
        Duration expectContinue,
        Duration responseHead,
        Duration progressWindow,
        int progressRate,
        Duration exchange) {

    private static final Duration LONGEST = Duration.ofDays(365); // before the defaults, which are checked against it

    private static final ClientTimeouts DEFAULTS = new ClientTimeouts(
            Duration.ofSeconds(30),
            Duration.ofSeconds(5),
            Duration.ofSeconds(10),
            Duration.ofSeconds(10),
            Duration.ofSeconds(10),
            Duration.ZERO,
            Duration.ofSeconds(1),
            Duration.ofSeconds(60),
            Duration.ofSeconds(30),
            240,
            Duration.ZERO);

    /**
     * Checks the deadlines.
     *
     * @param poolWait as described above
     * @param resolve as described above
     * @param connect as described above
     * @param proxy as described above
     * @param handshake as described above
     * @param request as described above
     * @param expectContinue as described above
     * @param responseHead as described above
     * @param progressWindow as described above
     * @param progressRate as described above
     * @param exchange as described above
     * @throws IllegalArgumentException with the setting's name for a span that is negative, or zero where that means nothing,
     *     or over 365 days
     */
    public ClientTimeouts {
        positive("poolWait", poolWait);
        positive("resolve", resolve);
        positive("connect", connect);
        positive("proxy", proxy);
        positive("handshake", handshake);
        notNegative("request", request);
        positive("expectContinue", expectContinue);
        positive("responseHead", responseHead);
        positive("progressWindow", progressWindow);
        if (progressRate < 0) {
            throw new IllegalArgumentException(
                    "ClientTimeouts.progressRate is " + progressRate + " but must not be negative");
        }
        notNegative("exchange", exchange);
    }

    private static void positive(String name, Duration value) {
        notNegative(name, value);
        if (value.isZero()) {
            throw new IllegalArgumentException("ClientTimeouts." + name + " is zero but must be more");
        }
    }

    private static void notNegative(String name, Duration value) {
        if (value.isNegative() || value.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(
                    "ClientTimeouts." + name + " is " + value + " but must not be negative, and at most 365 days");
        }
    }

    /** {@return the deadlines described above} */
    public static ClientTimeouts defaults() {
        return DEFAULTS;
    }

    /** {@return how many bytes must move in a progress window, at least one} */
    public long progressBytes() {
        long millis = progressWindow.toMillis();
        return Math.max(1, progressRate * (millis / 1000) + progressRate * (millis % 1000) / 1000);
    }

    /**
     * These with another poolWait.
     *
     * @param value how long to wait for a session
     * @return the changed copy
     * @throws IllegalArgumentException as the constructor does
     */
    public ClientTimeouts withPoolWait(Duration value) {
        return new ClientTimeouts(
                value,
                resolve,
                connect,
                proxy,
                handshake,
                request,
                expectContinue,
                responseHead,
                progressWindow,
                progressRate,
                exchange);
    }

    /**
     * These with another resolve.
     *
     * @param value how long to resolve a name
     * @return the changed copy
     * @throws IllegalArgumentException as the constructor does
     */
    public ClientTimeouts withResolve(Duration value) {
        return new ClientTimeouts(
                poolWait,
                value,
                connect,
                proxy,
                handshake,
                request,
                expectContinue,
                responseHead,
                progressWindow,
                progressRate,
                exchange);
    }

    /**
     * These with another connect.
     *
     * @param value how long to connect to one address
     * @return the changed copy
     * @throws IllegalArgumentException as the constructor does
     */
    public ClientTimeouts withConnect(Duration value) {
        return new ClientTimeouts(
                poolWait,
                resolve,
                value,
                proxy,
                handshake,
                request,
                expectContinue,
                responseHead,
                progressWindow,
                progressRate,
                exchange);
    }

    /**
     * These with another proxy.
     *
     * @param value how long to wait for a proxy's answer
     * @return the changed copy
     * @throws IllegalArgumentException as the constructor does
     */
    public ClientTimeouts withProxy(Duration value) {
        return new ClientTimeouts(
                poolWait,
                resolve,
                connect,
                value,
                handshake,
                request,
                expectContinue,
                responseHead,
                progressWindow,
                progressRate,
                exchange);
    }

    /**
     * These with another handshake.
     *
     * @param value how long a TLS handshake may take
     * @return the changed copy
     * @throws IllegalArgumentException as the constructor does
     */
    public ClientTimeouts withHandshake(Duration value) {
        return new ClientTimeouts(
                poolWait,
                resolve,
                connect,
                proxy,
                value,
                request,
                expectContinue,
                responseHead,
                progressWindow,
                progressRate,
                exchange);
    }

    /**
     * These with another request.
     *
     * @param value how long the request may take to be written, zero for no bound
     * @return the changed copy
     * @throws IllegalArgumentException as the constructor does
     */
    public ClientTimeouts withRequest(Duration value) {
        return new ClientTimeouts(
                poolWait,
                resolve,
                connect,
                proxy,
                handshake,
                value,
                expectContinue,
                responseHead,
                progressWindow,
                progressRate,
                exchange);
    }

    /**
     * These with another expectContinue.
     *
     * @param value how long content waits for a 100
     * @return the changed copy
     * @throws IllegalArgumentException as the constructor does
     */
    public ClientTimeouts withExpectContinue(Duration value) {
        return new ClientTimeouts(
                poolWait,
                resolve,
                connect,
                proxy,
                handshake,
                request,
                value,
                responseHead,
                progressWindow,
                progressRate,
                exchange);
    }

    /**
     * These with another responseHead.
     *
     * @param value how long to wait for the response's header section
     * @return the changed copy
     * @throws IllegalArgumentException as the constructor does
     */
    public ClientTimeouts withResponseHead(Duration value) {
        return new ClientTimeouts(
                poolWait,
                resolve,
                connect,
                proxy,
                handshake,
                request,
                expectContinue,
                value,
                progressWindow,
                progressRate,
                exchange);
    }

    /**
     * These with another progressWindow.
     *
     * @param value how long the window of progress is
     * @return the changed copy
     * @throws IllegalArgumentException as the constructor does
     */
    public ClientTimeouts withProgressWindow(Duration value) {
        return new ClientTimeouts(
                poolWait,
                resolve,
                connect,
                proxy,
                handshake,
                request,
                expectContinue,
                responseHead,
                value,
                progressRate,
                exchange);
    }

    /**
     * These with another progressRate.
     *
     * @param value bytes that must move in a second
     * @return the changed copy
     * @throws IllegalArgumentException as the constructor does
     */
    public ClientTimeouts withProgressRate(int value) {
        return new ClientTimeouts(
                poolWait,
                resolve,
                connect,
                proxy,
                handshake,
                request,
                expectContinue,
                responseHead,
                progressWindow,
                value,
                exchange);
    }

    /**
     * These with another exchange.
     *
     * @param value how long all may take together, zero for no bound
     * @return the changed copy
     * @throws IllegalArgumentException as the constructor does
     */
    public ClientTimeouts withExchange(Duration value) {
        return new ClientTimeouts(
                poolWait,
                resolve,
                connect,
                proxy,
                handshake,
                request,
                expectContinue,
                responseHead,
                progressWindow,
                progressRate,
                value);
    }
}
