package dev.millrace.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Dates against {@code java.time}. */
final class HttpDateTest {
    private static final DateTimeFormatter PREFERRED =
            DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ENGLISH);
    private static final DateTimeFormatter RFC_850 =
            DateTimeFormatter.ofPattern("EEEE, dd-MMM-yy HH:mm:ss 'GMT'", Locale.ENGLISH);
    private static final DateTimeFormatter ASCTIME =
            DateTimeFormatter.ofPattern("EEE MMM ppd HH:mm:ss yyyy", Locale.ENGLISH);

    private static final long EXAMPLE = 784_111_777;
    private static final long NOW = LocalDateTime.of(2026, 1, 1, 0, 0).toEpochSecond(ZoneOffset.UTC);

    @Test
    void theExampleOfTheRfcInItsThreeForms() {
        assertEquals("Sun, 06 Nov 1994 08:49:37 GMT", HttpDate.format(EXAMPLE));
        assertEquals(OptionalLong.of(EXAMPLE), HttpDate.parse("Sun, 06 Nov 1994 08:49:37 GMT", NOW));
        assertEquals(OptionalLong.of(EXAMPLE), HttpDate.parse("Sunday, 06-Nov-94 08:49:37 GMT", NOW));
        assertEquals(OptionalLong.of(EXAMPLE), HttpDate.parse("Sun Nov  6 08:49:37 1994", NOW));
    }

    @Test
    void agreesWithJavaTime() {
        Random random = new Random(1994);
        long from = LocalDateTime.of(1, 1, 1, 0, 0).toEpochSecond(ZoneOffset.UTC);
        long to = LocalDateTime.of(9999, 12, 31, 23, 59, 59).toEpochSecond(ZoneOffset.UTC);
        check(from);
        check(to);
        check(0);
        check(-1);
        for (int i = 0; i < 20_000; i++) {
            check(from + (long) (random.nextDouble() * (to - from)));
        }
    }

    @Test
    void agreesWithJavaTimeOnEveryDayOfFourCenturies() {
        long day = LocalDateTime.of(1899, 12, 31, 23, 59, 59).toEpochSecond(ZoneOffset.UTC);
        for (int i = 0; i <= 146_097; i++, day += 86_400) {
            assertEquals(OptionalLong.of(day), HttpDate.parse(HttpDate.format(day), NOW));
            if (i % 50 < 2) {
                check(day);
            }
        }
    }

    private static void check(long second) {
        ZonedDateTime date =
                LocalDateTime.ofEpochSecond(second, 0, ZoneOffset.UTC).atZone(ZoneOffset.UTC);
        assertEquals(PREFERRED.format(date), HttpDate.format(second));
        assertEquals(OptionalLong.of(second), HttpDate.parse(PREFERRED.format(date), NOW));
        assertEquals(OptionalLong.of(second), HttpDate.parse(ASCTIME.format(date), NOW));
        if (date.getYear() >= 1977 && date.getYear() <= 2076) {
            assertEquals(OptionalLong.of(second), HttpDate.parse(RFC_850.format(date), NOW));
        }
    }

    @Test
    void twoDigitsOfAYearMeanAtMostFiftyYearsAhead() {
        assertEquals(2076, year(HttpDate.parse("Wednesday, 01-Jan-76 00:00:00 GMT", NOW)));
        assertEquals(1977, year(HttpDate.parse("Saturday, 01-Jan-77 00:00:00 GMT", NOW)));
        assertEquals(2000, year(HttpDate.parse("Saturday, 01-Jan-00 00:00:00 GMT", NOW)));
    }

    private static int year(OptionalLong second) {
        return LocalDateTime.ofEpochSecond(second.orElseThrow(), 0, ZoneOffset.UTC)
                .getYear();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "0",
                "x",
                ",",
                ", ",
                "Sun, 06 Nov 1994 08:49:37 UTC",
                "Sun, 06 Nov 1994 08:49:37 GM",
                "Sun, 06 Nov 1994 08:49:37 GMT ",
                "Sun, 6 Nov 1994 08:49:37 GMT",
                "Xyz, 06 Nov 1994 08:49:37 GMT",
                "unM, 06 Nov 1994 08:49:37 GMT",
                "Sun, 06 nov 1994 08:49:37 GMT",
                "Sun, 06 anF 1994 08:49:37 GMT",
                "Sun, 00 Nov 1994 08:49:37 GMT",
                "Sun, 32 Nov 1994 08:49:37 GMT",
                "Sun, 06 Nov 1994 24:49:37 GMT",
                "Sun, 06 Nov 1994 08:60:37 GMT",
                "Sun, 06 Nov 1994 08:49:61 GMT",
                "Sun, 06 Nov 1994 08-49-37 GMT",
                "Sun, 06-Nov-1994 08:49:37 GMT",
                "Sun, -6 Nov 1994 08:49:37 GMT",
                "Sun, 06 Nov +994 08:49:37 GMT",
                "Sun, 06 Nov 1994 08:49:\u0663\u0667 GMT",
                "Sunday, 06-Nov-1994 08:49:37 GMT",
                "Someday, 06-Nov-94 08:49:37 GMT",
                "Sunday, 06-Nov-94 08:49:37 CET",
                "Sun Nov  6 08:49:37 94",
                "Sun Nov  x 08:49:37 1994",
                "Sun Nov  6 08:49:37 199x"
            })
    void whatIsNoDateIsNothing(String text) {
        assertEquals(OptionalLong.empty(), HttpDate.parse(text, NOW));
    }

    @Test
    void anyTextIsReadWithoutAnException() {
        Random random = new Random(850);
        String[] dates = {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"
        };
        int read = 0;
        for (int i = 0; i < 20_000; i++) {
            StringBuilder text = new StringBuilder(dates[random.nextInt(dates.length)]);
            text.setCharAt(random.nextInt(text.length()), (char) random.nextInt(300));
            text.setLength(text.length() - (random.nextInt(3) == 0 ? random.nextInt(text.length()) : 0));
            read += HttpDate.parse(text.toString(), NOW).isPresent() ? 1 : 0;
        }
        assertTrue(read > 0 && read < 10_000, "read " + read);
    }
}
