package dev.millrace.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class StatusTest {
    @Test
    void oneValueForEachCode() {
        for (int code = 100; code <= 599; code++) {
            Status status = Status.of(code);
            assertEquals(code, status.code());
            assertSame(status, Status.of(code));
            assertEquals(code / 100, status.family());
            assertEquals(code < 200, status.informational());
            assertEquals(code < 200 || code == 204 || code == 304, status.bodiless());
        }
    }

    @Test
    void constantsAreNamedAsTheirReasons() throws Exception {
        int constants = 0;
        for (Field field : Status.class.getFields()) {
            if (Modifier.isStatic(field.getModifiers()) && field.getType() == Status.class) {
                Status status = (Status) field.get(null);
                assertSame(status, Status.of(status.code()));
                assertEquals(
                        field.getName(),
                        status.reason()
                                .toUpperCase(Locale.ROOT)
                                .replace(' ', '_')
                                .replace('-', '_'));
                constants++;
            }
        }
        assertEquals(true, constants > 40, "found " + constants);
    }

    @Test
    void text() {
        assertEquals("404 Not Found", Status.NOT_FOUND.toString());
        assertEquals("299", Status.of(299).toString());
        assertEquals("", Status.of(299).reason());
        assertEquals("Multi-Status", Status.of(207).reason());
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, 99, 600, 1000, Integer.MAX_VALUE})
    void refusesOtherCodes(int code) {
        assertThrows(IllegalArgumentException.class, () -> Status.of(code));
    }

    @Test
    void versions() {
        assertEquals("HTTP/1.0", Version.HTTP_1_0.toString());
        assertEquals("HTTP/1.1", Version.HTTP_1_1.toString());
        assertEquals("HTTP/2", Version.HTTP_2.toString());
    }
}
