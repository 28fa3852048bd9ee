package dev.millrace.session;

import dev.millrace.http.Headers;
import dev.millrace.http.Status;
import java.util.Objects;
import java.util.function.BiConsumer;

/**
 * What is different for one exchange. Immutable; {@code with…} methods give changed copies.
 *
 * @param timeouts the deadlines
 * @param interims is told of each interim response (RFC 9110 §15.2) with its fields, on the event loop, so it must not block
 */
public record ExchangeOptions(ClientTimeouts timeouts, BiConsumer<Status, Headers> interims) {

    /**
     * Checks that nothing is missing.
     *
     * @param timeouts as described above
     * @param interims as described above
     */
    public ExchangeOptions {
        Objects.requireNonNull(timeouts, "ExchangeOptions.timeouts");
        Objects.requireNonNull(interims, "ExchangeOptions.interims");
    }

    /**
     * Options with deadlines, and nobody who is told of interim responses.
     *
     * @param timeouts the deadlines
     * @return the options
     */
    public static ExchangeOptions of(ClientTimeouts timeouts) {
        return new ExchangeOptions(timeouts, ExchangeOptions::nobodyIsTold);
    }

    private static void nobodyIsTold(Status status, Headers headers) {}

    /**
     * These with other deadlines.
     *
     * @param value the deadlines
     * @return the changed copy
     */
    public ExchangeOptions withTimeouts(ClientTimeouts value) {
        return new ExchangeOptions(value, interims);
    }

    /**
     * These with somebody who is told of interim responses.
     *
     * @param value is told, on the event loop
     * @return the changed copy
     */
    public ExchangeOptions withInterims(BiConsumer<Status, Headers> value) {
        return new ExchangeOptions(timeouts, value);
    }
}
