package dev.millrace.internal.exchange;

import dev.millrace.http.HttpDate;
import dev.millrace.internal.time.Clock;

/** The value of the {@code Date} field (RFC 9110 §6.6.1), rendered once a second. One for each loop. */
public final class CurrentDate {
    private final Clock clock;
    private String value = "";
    private long goodUntil;

    /**
     * A date.
     *
     * @param clock tells the time
     */
    public CurrentDate(Clock clock) {
        this.clock = clock;
        this.goodUntil = clock.nanos() - 1;
    }

    /**
     * {@return the date, the same object until it changes}
     *
     * @param now the loop's time
     */
    public String value(long now) {
        if (now - goodUntil >= 0) {
            long millis = clock.epochMillis();
            value = HttpDate.format(Math.floorDiv(millis, 1000));
            goodUntil = now + (1000 - Math.floorMod(millis, 1000)) * 1_000_000L;
        }
        return value;
    }
}
