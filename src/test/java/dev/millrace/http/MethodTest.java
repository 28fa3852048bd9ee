package dev.millrace.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class MethodTest {
    @ParameterizedTest
    @CsvSource({
        "GET,true,true",
        "HEAD,true,true",
        "OPTIONS,true,true",
        "TRACE,true,true",
        "PUT,false,true",
        "DELETE,false,true",
        "POST,false,false",
        "CONNECT,false,false",
        "PATCH,false,false"
    })
    void registeredOnesAreTheConstants(String name, boolean safe, boolean idempotent) throws Exception {
        Method method = Method.of(name);
        assertSame(Method.class.getField(name).get(null), method);
        assertSame(method, Method.of(String.valueOf(name.toCharArray())));
        assertEquals(name, method.name());
        assertEquals(name, method.toString());
        assertEquals(safe, method.safe());
        assertEquals(idempotent, method.idempotent());
        assertTrue(method.registered());
    }

    @Test
    void othersAreEqualByNameAndCase() {
        Method purge = Method.of("PURGE");
        assertEquals(purge, Method.of("PURGE"));
        assertEquals(purge.hashCode(), Method.of("PURGE").hashCode());
        assertFalse(purge.registered() || purge.safe() || purge.idempotent());
        assertNotEquals(Method.GET, Method.of("get"));
        assertFalse(Method.of("get").safe());
        assertFalse(purge.equals(null));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "GET ", "G T", "GET\r\n", "G\0T", "G/T", "G(", "G\u0397T"})
    void refusesWhatIsNoToken(String name) {
        assertThrows(IllegalArgumentException.class, () -> Method.of(name));
    }
}
