package dev.millrace.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HttpDateTest {
    private static final long EXAMPLE = 784_111_777;

    private static String java(String pattern, long seconds) {
        return DateTimeFormatter.ofPattern(pattern, Locale.US)
                .format(Instant.ofEpochSecond(seconds).atOffset(ZoneOffset.UTC));
    }

    @Test
    void theExamplesOfTheSpecificationAreOneTime() {
        assertEquals("Sun, 06 Nov 1994 08:49:37 GMT", HttpDate.write(EXAMPLE));
        assertEquals(EXAMPLE, HttpDate.read("Sun, 06 Nov 1994 08:49:37 GMT"));
        assertEquals(EXAMPLE, HttpDate.read("Sunday, 06-Nov-94 08:49:37 GMT"));
        assertEquals(EXAMPLE, HttpDate.read("Sun Nov  6 08:49:37 1994"));
    }

    @Test
    void allFormsAgreeWithTheJdk() {
        Random random = new Random(20);
        for (int i = 0; i < 2_000; i++) {
            long seconds = random.nextLong(253_402_300_800L);
            String written = HttpDate.write(seconds);
            assertEquals(java("EEE, dd MMM yyyy HH:mm:ss 'GMT'", seconds), written);
            assertEquals(seconds, HttpDate.read(written));
            assertEquals(seconds, HttpDate.read(java("EEE MMM ppd HH:mm:ss yyyy", seconds)));
            long near = seconds % 3_155_760_000L; // 1970 to 2069
            assertEquals(near, HttpDate.read(java("EEEE, dd-MMM-yy HH:mm:ss 'GMT'", near)));
        }
    }

    @Test
    void timesBeforeTheEpochAndBeyondFourDigits() {
        assertEquals("Wed, 31 Dec 1969 23:59:59 GMT", HttpDate.write(-1));
        assertEquals(-1, HttpDate.read("Wed, 31 Dec 1969 23:59:59 GMT"));
        assertTrue(HttpDate.writable(253_402_300_799L));
        assertFalse(HttpDate.writable(253_402_300_800L));
        assertFalse(HttpDate.writable(-62_167_219_201L));
    }

    @Test
    void aLeapSecondIsReadAsTheOneBefore() {
        assertEquals(HttpDate.read("Sat, 31 Dec 2016 23:59:59 GMT"), HttpDate.read("Sat, 31 Dec 2016 23:59:60 GMT"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ",",
                "yesterday",
                "784111777",
                "Sun, 06 Nov 1994 08:49:37 UTC",
                "Sun, 06 Nov 1994 08:49:37",
                "Sun, 06 Nov 1994 08:49:37 GMT ",
                "Sun, 6 Nov 1994 08:49:37 GMT",
                "Sun, 06 nov 1994 08:49:37 GMT",
                "Sun, 06 Foo 1994 08:49:37 GMT",
                "Sun, 06 anF 1994 08:49:37 GMT",
                "Sun, 32 Nov 1994 08:49:37 GMT",
                "Thu, 30 Feb 2023 08:49:37 GMT",
                "Sun, 06 Nov 1994 24:49:37 GMT",
                "Sun, 06 Nov 1994 08:60:37 GMT",
                "Sun, 06 Nov 1994 08:49:61 GMT",
                "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
                "Sunday, 06-Nov-1994 08:49:37 GMT",
                "Sunday, 06-Nov-94",
                "Sun Nov 6 08:49:37 1994",
                "Sun Nov  6 08:49:37 94  ",
            })
    void whatIsNoDateIsNone(String text) {
        assertEquals(HttpDate.NONE, HttpDate.read(text));
    }
}
