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

/** {@link Limits}, {@link Http2Limits} and {@link Timeouts}: every setting is checked, changed and named by itself. */
final class SettingsTest {
    /** The least and the greatest value of a setting, where all others have their defaults. */
    private record Range(int least, int most) {
        static Range from(int least) {
            return new Range(least, Integer.MAX_VALUE);
        }
    }

    private static final Map<String, Range> HTTP2 = Map.of(
            "concurrentStreams", Range.from(1),
            "headerTable", new Range(0, 16 << 20),
            "encoderTable", new Range(0, 16 << 20),
            "frameSize", new Range(16_384, 16_777_215),
            "streamWindow", new Range(1, 4 << 20),
            "maxStreamWindow", Range.from(65_535),
            "connectionWindow", new Range(65_535, 8 << 20),
            "maxConnectionWindow", Range.from(1 << 20));

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
        assertEquals(LEAST.size() + 1, all.length);
        for (RecordComponent one : all) {
            if (one.getType() == Http2Limits.class) {
                checkChange(Limits.defaults(), one, Http2Limits.defaults().withHeaderTable(0));
                assertInstanceOf(NullPointerException.class, failure(Limits.defaults(), one, null));
                continue;
            }
            long least = LEAST.get(one.getName());
            checkChange(Limits.defaults(), one, boxed(one, least));
            refused(Limits.defaults(), one, boxed(one, least - 1));
            refused(Limits.defaults(), one, boxed(one, Integer.MIN_VALUE));
        }
    }

    @Test
    void defaultsOfHttp2() {
        Http2Limits limits = Limits.defaults().http2();
        assertSame(limits, Http2Limits.defaults());
        assertTrue(limits.concurrentStreams() >= 100, "RFC 9113 §6.5.2");
        assertEquals(16_384, limits.frameSize());
        assertEquals(65_535, limits.streamWindow());
        assertTrue(
                limits.maxConnectionWindow() > (limits.concurrentStreams() - 1) * limits.streamWindow(),
                "streams that nobody reads leave room for one that is read");
        for (Flood kind : Flood.values()) {
            assertEquals(kind.defaultBound(), limits.flood(kind));
            assertEquals(kind.defaultBound(), limits.floods().get(kind));
        }
    }

    @Test
    void everyBoundOfHttp2HasItsRangeAndIsNamedWhenRefused() throws Exception {
        Http2Limits defaults = Http2Limits.defaults();
        for (RecordComponent one : Http2Limits.class.getRecordComponents()) {
            if (one.getType() == Map.class) {
                continue;
            }
            Range range = HTTP2.get(one.getName());
            checkChange(defaults, one, range.least());
            checkChange(defaults, one, range.most());
            refused(defaults, one, Integer.MIN_VALUE);
            if (one.getName().equals("streamWindow") || one.getName().equals("connectionWindow")) {
                // the bound for its growth is what is too small then
                assertInstanceOf(IllegalArgumentException.class, failure(defaults, one, range.most() + 1));
            } else if (range.most() < Integer.MAX_VALUE) {
                refused(defaults, one, range.most() + 1);
            }
            refused(defaults, one, range.least() - 1);
        }
        assertEquals(HTTP2.size() + 1, Http2Limits.class.getRecordComponents().length);
    }

    @Test
    void everyBoundOfFloodsChangesAloneAndIsNamedWhenRefused() {
        for (Flood kind : Flood.values()) {
            Http2Limits changed = Http2Limits.defaults().withFlood(kind, 7);
            for (Flood each : Flood.values()) {
                assertEquals(each == kind ? 7 : each.defaultBound(), changed.flood(each), each + " with " + kind);
            }
            assertEquals(changed, Http2Limits.defaults().withFlood(kind, 7));
            Throwable failure = assertThrows(
                    IllegalArgumentException.class, () -> Http2Limits.defaults().withFlood(kind, 0));
            assertEquals("Http2Limits.floods." + kind + " is 0 but must be at least 1", failure.getMessage());
            assertThrows(
                    UnsupportedOperationException.class, () -> changed.floods().put(kind, 1));
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

    /** Each setting changes and no other one does: the withers pass up to eleven arguments on. */
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
