package dev.millrace.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** {@link Limits} and {@link Timeouts}: every setting is checked, changed and named by itself. */
final class SettingsTest {
    private static final Map<String, Long> LEAST = Map.of(
            "requestLine", 32L,
            "headerSection", 128L,
            "headerFields", 1L,
            "body", 0L,
            "chunkExtensions", 0L,
            "discard", 0L,
            "outboundBuffer", 1L,
            "inboundBuffer", 1L,
            "connections", 1L,
            "handlers", 1L);

    @Test
    void defaultsOfLimits() {
        Limits limits = Limits.defaults();
        assertSame(limits, Limits.defaults());
        assertEquals(16 * 1024, limits.requestLine());
        assertEquals(32 * 1024, limits.headerSection());
        assertEquals(200, limits.headerFields());
        assertEquals(1L << 40, limits.body());
        assertTrue(limits.connections() >= 10_000);
    }

    @Test
    void defaultsOfTimeouts() {
        Timeouts timeouts = Timeouts.defaults();
        assertSame(timeouts, Timeouts.defaults());
        assertEquals(Duration.ofSeconds(60), timeouts.keepAliveIdle());
        assertTrue(timeouts.headers().compareTo(Duration.ofSeconds(35)) < 0);
        assertTrue(timeouts.progressWindow().compareTo(Duration.ofSeconds(35)) < 0);
        assertTrue(timeouts.progressRate() > 0);
    }

    @Test
    void everyLimitHasItsLeastValueAndIsNamedWhenRefused() throws Exception {
        RecordComponent[] all = Limits.class.getRecordComponents();
        assertEquals(LEAST.size(), all.length);
        for (RecordComponent one : all) {
            long least = LEAST.get(one.getName());
            checkChange(Limits.defaults(), one, boxed(one, least));
            refused(Limits.defaults(), one, boxed(one, least - 1));
            refused(Limits.defaults(), one, boxed(one, Integer.MIN_VALUE));
        }
    }

    @Test
    void everyDeadlineIsPositiveAndAtMostAYearAndIsNamedWhenRefused() throws Exception {
        for (RecordComponent one : Timeouts.class.getRecordComponents()) {
            Timeouts defaults = Timeouts.defaults();
            if (one.getType() == int.class) {
                checkChange(defaults, one, 0);
                checkChange(defaults, one, 77);
                refused(defaults, one, -1);
                continue;
            }
            checkChange(defaults, one, Duration.ofNanos(1));
            checkChange(defaults, one, Duration.ofDays(365));
            refused(defaults, one, Duration.ZERO);
            refused(defaults, one, Duration.ofNanos(-1));
            refused(defaults, one, Duration.ofDays(365).plusNanos(1));
            refused(defaults, one, Duration.ofSeconds(Long.MAX_VALUE));
            assertInstanceOf(NullPointerException.class, failure(defaults, one, null));
        }
    }

    @Test
    void progressIsAtLeastOneByteAndDoesNotOverflow() {
        Timeouts timeouts = Timeouts.defaults().withProgressRate(240).withProgressWindow(Duration.ofMillis(1_500));
        assertEquals(360, timeouts.progressBytes());
        assertEquals(1, timeouts.withProgressRate(0).progressBytes());
        assertEquals(1, timeouts.withProgressWindow(Duration.ofNanos(1)).progressBytes());
        assertEquals(
                Integer.MAX_VALUE * 365L * 86_400L,
                timeouts.withProgressRate(Integer.MAX_VALUE)
                        .withProgressWindow(Duration.ofDays(365))
                        .progressBytes());
    }

    private static Object boxed(RecordComponent one, long value) {
        if (one.getType() == int.class) {
            return (int) value;
        }
        return value;
    }

    private static String wither(RecordComponent one) {
        return "with" + Character.toUpperCase(one.getName().charAt(0))
                + one.getName().substring(1);
    }

    /** Each setting changes and no other one does: the withers pass eight or ten arguments of one type on. */
    private static void checkChange(Record settings, RecordComponent one, Object value) throws Exception {
        Object changed =
                settings.getClass().getMethod(wither(one), one.getType()).invoke(settings, value);
        for (RecordComponent each : settings.getClass().getRecordComponents()) {
            Object expected = each.getName().equals(one.getName())
                    ? value
                    : each.getAccessor().invoke(settings);
            assertEquals(expected, each.getAccessor().invoke(changed), wither(one) + " and " + each.getName());
        }
    }

    private static void refused(Record settings, RecordComponent one, Object value) {
        Throwable failure = failure(settings, one, value);
        assertInstanceOf(IllegalArgumentException.class, failure);
        String setting = settings.getClass().getSimpleName() + "." + one.getName() + " ";
        assertTrue(failure.getMessage().startsWith(setting), failure.getMessage());
        assertTrue(failure.getMessage().contains(value.toString()), failure.getMessage());
    }

    private static Throwable failure(Record settings, RecordComponent one, Object value) {
        return assertThrows(
                        InvocationTargetException.class,
                        () -> settings.getClass()
                                .getMethod(wither(one), one.getType())
                                .invoke(settings, value))
                .getCause();
    }
}
