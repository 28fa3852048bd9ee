package dev.millrace.http;

import java.util.OptionalLong;

/**
 * Dates as HTTP writes them (RFC 9110 §5.6.7), in whole seconds since 1970-01-01T00:00:00Z. Written out here and not with
 * {@code java.time}, because the first use of its formatters costs a server's start some tens of milliseconds.
 */
public final class HttpDate {
    private static final String DAYS = "ThuFriSatSunMonTueWed"; // 1970-01-01 was a Thursday
    private static final String LONG_DAYS = "Thursday, Friday, Saturday, Sunday, Monday, Tuesday, Wednesday, ";
    private static final String MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";
    private static final long DAY = 86_400;

    private HttpDate() {}

    /**
     * Whether a time can be written as a date.
     *
     * @param epochSecond the time
     * @return whether it lies in the years 0 to 9999
     */
    public static boolean writable(long epochSecond) {
        return epochSecond >= -62_167_219_200L && epochSecond <= 253_402_300_799L;
    }

    /**
     * Writes a date, such as {@code Sun, 06 Nov 1994 08:49:37 GMT}.
     *
     * @param epochSecond from the year 0 to the year 9999
     * @return the date in the preferred form
     */
    public static String format(long epochSecond) {
        long days = Math.floorDiv(epochSecond, DAY);
        int second = (int) Math.floorMod(epochSecond, DAY);
        // a year that begins in March ends with the leap day: months then follow a fixed pattern of 153 days in five
        long shifted = days + 719_468;
        long era = Math.floorDiv(shifted, 146_097);
        int dayOfEra = Math.floorMod(shifted, 146_097);
        int yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
        int dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
        int marchMonth = (5 * dayOfYear + 2) / 153;
        int day = dayOfYear - (153 * marchMonth + 2) / 5 + 1;
        int month = marchMonth < 10 ? marchMonth + 2 : marchMonth - 10; // January is 0
        long year = era * 400 + yearOfEra + (month < 2 ? 1 : 0);
        int weekday = Math.floorMod(days, 7);
        StringBuilder out = new StringBuilder(29);
        out.append(DAYS, 3 * weekday, 3 * weekday + 3).append(", ");
        two(out, day).append(' ').append(MONTHS, 3 * month, 3 * month + 3).append(' ');
        two(out, (int) (year / 100));
        two(out, (int) (year % 100)).append(' ');
        two(out, second / 3600).append(':');
        two(out, second / 60 % 60).append(':');
        return two(out, second % 60).append(" GMT").toString();
    }

    private static StringBuilder two(StringBuilder out, int value) {
        return out.append((char) ('0' + value / 10)).append((char) ('0' + value % 10));
    }

    /**
     * Reads a date in any of the three forms that a recipient must accept.
     *
     * @param text the field's value
     * @param nowEpochSecond the present, which tells the century of the obsolete two-digit year
     * @return the date, or nothing if the text is not one
     */
    public static OptionalLong parse(String text, long nowEpochSecond) {
        try {
            if (text.length() == 29 && text.charAt(3) == ',') {
                return preferred(text);
            }
            if (text.length() == 24 && text.charAt(3) == ' ') {
                return asctime(text);
            }
            int comma = text.indexOf(", ");
            return comma > 0 ? rfc850(text, comma + 2, nowEpochSecond) : OptionalLong.empty();
        } catch (IndexOutOfBoundsException | NumberFormatException notADate) {
            return OptionalLong.empty();
        }
    }

    private static OptionalLong preferred(String t) {
        if (DAYS.indexOf(t.substring(0, 3)) % 3 != 0 || !t.startsWith(" GMT", 25) || !spaces(t, 4, 7, 11, 16)) {
            return OptionalLong.empty();
        }
        return seconds(digits(t, 12, 16), month(t, 8), digits(t, 5, 7), t, 17);
    }

    private static OptionalLong asctime(String t) {
        if (DAYS.indexOf(t.substring(0, 3)) % 3 != 0 || !spaces(t, 7, 10, 19)) {
            return OptionalLong.empty();
        }
        int day = t.charAt(8) == ' ' ? digits(t, 9, 10) : digits(t, 8, 10);
        return seconds(digits(t, 20, 24), month(t, 4), day, t, 11);
    }

    private static OptionalLong rfc850(String t, int at, long now) {
        if (!LONG_DAYS.contains(t.substring(0, at))
                || t.length() != at + 22
                || t.charAt(at + 2) != '-'
                || t.charAt(at + 6) != '-'
                || !t.startsWith(" GMT", at + 18)
                || t.charAt(at + 9) != ' ') {
            return OptionalLong.empty();
        }
        int thisYear = Integer.parseInt(format(now).substring(12, 16));
        int year = thisYear - thisYear % 100 + digits(t, at + 7, at + 9);
        if (year > thisYear + 50) { // more than fifty years ahead means the past (RFC 9110 §5.6.7)
            year -= 100;
        }
        return seconds(year, month(t, at + 3), digits(t, at, at + 2), t, at + 10);
    }

    private static boolean spaces(String t, int... places) {
        for (int place : places) {
            if (t.charAt(place) != ' ') {
                return false;
            }
        }
        return true;
    }

    private static int month(String t, int at) {
        int index = MONTHS.indexOf(t.substring(at, at + 3));
        if (index < 0 || index % 3 != 0) {
            throw new NumberFormatException("month");
        }
        return index / 3 + 1;
    }

    private static int digits(String t, int from, int to) {
        int value = 0;
        for (int i = from; i < to; i++) {
            char c = t.charAt(i);
            if (c < '0' || c > '9') {
                throw new NumberFormatException("digit");
            }
            value = 10 * value + c - '0';
        }
        return value;
    }

    private static OptionalLong seconds(int year, int month, int day, String t, int clock) {
        if (t.charAt(clock + 2) != ':' || t.charAt(clock + 5) != ':') {
            return OptionalLong.empty();
        }
        int hour = digits(t, clock, clock + 2);
        int minute = digits(t, clock + 3, clock + 5);
        int second = digits(t, clock + 6, clock + 8);
        if (day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) {
            return OptionalLong.empty();
        }
        long y = month <= 2 ? year - 1 : year;
        long era = Math.floorDiv(y, 400);
        long yearOfEra = Math.floorMod(y, 400);
        long dayOfYear = (153L * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
        long dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
        long days = era * 146_097 + dayOfEra - 719_468;
        return OptionalLong.of(days * DAY + hour * 3600L + minute * 60L + second);
    }
}
