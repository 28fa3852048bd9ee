package dev.millrace.files;

import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;

/** Dates of fields (RFC 9110 §5.6.7), in seconds since 1970. Written in the one form that is sent, read in all three. */
final class HttpDate {
    /** Not a date. */
    static final long NONE = Long.MIN_VALUE;

    private static final String DAYS = "MonTueWedThuFriSatSun";
    private static final String MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";
    private static final long FIRST_YEAR_0 = -62_167_219_200L;
    private static final long LAST_YEAR_9999 = 253_402_300_799L;

    private HttpDate() {}

    /** {@return whether the time has a form: years 0 to 9999} */
    static boolean writable(long seconds) {
        return seconds >= FIRST_YEAR_0 && seconds <= LAST_YEAR_9999;
    }

    /** {@return such as {@code Sun, 06 Nov 1994 08:49:37 GMT}} */
    static String write(long seconds) {
        LocalDateTime time = LocalDateTime.ofEpochSecond(seconds, 0, ZoneOffset.UTC);
        int day = 3 * (time.getDayOfWeek().getValue() - 1);
        int month = 3 * (time.getMonthValue() - 1);
        StringBuilder out = new StringBuilder(29).append(DAYS, day, day + 3).append(", ");
        twoDigits(out, time.getDayOfMonth()).append(' ');
        out.append(MONTHS, month, month + 3).append(' ');
        twoDigits(out, time.getYear() / 100);
        twoDigits(out, time.getYear() % 100).append(' ');
        twoDigits(out, time.getHour()).append(':');
        twoDigits(out, time.getMinute()).append(':');
        return twoDigits(out, time.getSecond()).append(" GMT").toString();
    }

    private static StringBuilder twoDigits(StringBuilder out, int value) {
        return out.append((char) ('0' + value / 10)).append((char) ('0' + value % 10));
    }

    /**
     * Reads a date in any of the three forms. The name of the day is not compared with the date.
     *
     * @param text the field's value
     * @return the time in seconds, or {@link #NONE}
     */
    static long read(String text) {
        int comma = text.indexOf(',');
        if (comma == 3 && text.length() == 29) { // Sun, 06 Nov 1994 08:49:37 GMT
            if (!shaped(text, ", dd mmm dddd dd:dd:dd GMT", 3)) {
                return NONE;
            }
            return time(text, number(text, 12, 16), text.substring(8, 11), number(text, 5, 7), 17);
        }
        if (comma >= 6) { // Sunday, 06-Nov-94 08:49:37 GMT
            if (!shaped(text, ", dd-mmm-dd dd:dd:dd GMT", comma)) {
                return NONE;
            }
            int year = number(text, comma + 9, comma + 11);
            // The form is from before 1994: what it calls 70 to 99 lies in the last century.
            int whole = year + (year < 70 ? 2000 : 1900);
            String month = text.substring(comma + 5, comma + 8);
            return time(text, whole, month, number(text, comma + 2, comma + 4), comma + 12);
        }
        // Sun Nov  6 08:49:37 1994
        if (text.length() != 24 || !shaped(text, " mmm sd dd:dd:dd dddd", 3)) {
            return NONE;
        }
        int day = number(text, text.charAt(8) == ' ' ? 9 : 8, 10);
        return time(text, number(text, 20, 24), text.substring(4, 7), day, 11);
    }

    /** Whether the rest of the text has a shape: d for a digit, s for a digit or a space, m for a letter, else itself. */
    private static boolean shaped(String text, String shape, int from) {
        if (text.length() != from + shape.length()) {
            return false;
        }
        for (int i = 0; i < shape.length(); i++) {
            char c = text.charAt(from + i);
            boolean digit = c >= '0' && c <= '9';
            boolean fits = switch (shape.charAt(i)) {
                case 'd' -> digit;
                case 's' -> digit || c == ' ';
                case 'm' -> c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z';
                default -> c == shape.charAt(i);
            };
            if (!fits) {
                return false;
            }
        }
        return true;
    }

    private static int number(String text, int from, int to) {
        int value = 0;
        for (int i = from; i < to; i++) {
            value = 10 * value + text.charAt(i) - '0';
        }
        return value;
    }

    private static long time(String text, int year, String monthName, int day, int clock) {
        int month = MONTHS.indexOf(monthName);
        if (month < 0 || month % 3 != 0) {
            return NONE;
        }
        int hour = number(text, clock, clock + 2);
        int minute = number(text, clock + 3, clock + 5);
        int second = number(text, clock + 6, clock + 8);
        try {
            // 60 is a leap second, which Java's time line does not have
            return LocalDateTime.of(year, month / 3 + 1, day, hour, minute, second == 60 ? 59 : second)
                    .toEpochSecond(ZoneOffset.UTC);
        } catch (DateTimeException e) {
            return NONE;
        }
    }
}
