package dev.millrace.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class HeadersTest {
    private static final Headers SAMPLE = Headers.of("Accept", "a", "X-One", "1", "ACCEPT", "b", "Accept", "c, d");

    @Test
    void keepsOrderSpellingAndRepeats() {
        assertEquals(4, SAMPLE.size());
        assertEquals("Accept", SAMPLE.name(0));
        assertEquals("ACCEPT", SAMPLE.name(2));
        assertEquals("1", SAMPLE.value(1));
        assertEquals(List.of("a", "b", "c, d"), SAMPLE.all("accept"));
        assertEquals("a, b, c, d", SAMPLE.combined("aCCEPT"));
    }

    @Test
    void looksUpWithoutCase() {
        assertEquals("a", SAMPLE.get("accept"));
        assertEquals(Optional.of("1"), SAMPLE.first("x-ONE"));
        assertTrue(SAMPLE.contains("X-ONE"));
        assertEquals(0, SAMPLE.indexOf("ACCEPT", 0));
        assertEquals(2, SAMPLE.indexOf("accept", 1));
        assertEquals(3, SAMPLE.indexOf("accept", 3));
        assertEquals(-1, SAMPLE.indexOf("accept", 4));
        assertEquals("1", SAMPLE.combined("x-one"));
    }

    @Test
    void whatIsNotThere() {
        assertNull(SAMPLE.get("X-On"));
        assertNull(SAMPLE.combined("X-Onee"));
        assertEquals(Optional.empty(), SAMPLE.first("X"));
        assertEquals(List.of(), SAMPLE.all("X"));
        assertEquals(-1, SAMPLE.indexOf("1", 0), "values are not names");
        assertFalse(SAMPLE.contains("a"));
        assertThrows(IndexOutOfBoundsException.class, () -> SAMPLE.name(4));
        assertThrows(IndexOutOfBoundsException.class, () -> SAMPLE.value(-1));
        assertThrows(
                UnsupportedOperationException.class, () -> SAMPLE.all("Accept").add("x"));
    }

    @Test
    void empty() {
        assertTrue(Headers.empty().isEmpty());
        assertEquals(0, Headers.empty().size());
        assertSame(Headers.empty(), Headers.of());
        assertSame(Headers.empty(), Headers.builder().build());
        assertSame(Headers.empty(), Headers.ofChecked(new String[0]));
        assertFalse(SAMPLE.isEmpty());
    }

    @Test
    void takesWhiteSpaceOffValues() {
        assertEquals("a \t b", Headers.of("X", " \t a \t b\t ").get("X"));
        assertEquals("", Headers.of("X", " \t ").get("X"));
        assertEquals("", Headers.of("X", "").get("X"));
        assertEquals("caf\u00e9", Headers.of("X", "caf\u00e9").get("X"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a\rb",
                "a\nb",
                "a\0b",
                "a\r\nX: 1",
                "a\n",
                "\na",
                "\r",
                "a\u007f",
                "a\u000b",
                "\u001b[m",
                "\u0100",
                "\u010a", // its low byte is LF
                "\u010d", // its low byte is CR
                "\u2028"
            })
    void refusesBadValues(String value) {
        Headers.Builder builder = Headers.builder().add("Kept", "1");
        assertThrows(IllegalArgumentException.class, () -> Headers.of("X", value));
        assertThrows(IllegalArgumentException.class, () -> builder.add("X", value));
        assertThrows(IllegalArgumentException.class, () -> builder.set("Kept", value));
        assertThrows(IllegalArgumentException.class, () -> SAMPLE.with("X", value));
        assertEquals(Headers.of("Kept", "1"), builder.build(), "a refusal changes nothing");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", " ", "a b", "a:", ":a", "a\r", "a\n", "a\0", "a\t", " a", "caf\u00e9", "\u0141", "a,b", "a/b"
            })
    void refusesBadNames(String name) {
        Headers.Builder builder = Headers.builder().add("Kept", "1");
        assertThrows(IllegalArgumentException.class, () -> Headers.of(name, "1"));
        assertThrows(IllegalArgumentException.class, () -> builder.add(name, "1"));
        assertThrows(IllegalArgumentException.class, () -> builder.set(name, "1"));
        assertThrows(IllegalArgumentException.class, () -> SAMPLE.with(name, "1"));
        assertEquals(Headers.of("Kept", "1"), builder.build(), "a refusal changes nothing");
    }

    @Test
    void refusalsNameTheFieldAndHideCredentials() {
        String shown = assertThrows(IllegalArgumentException.class, () -> Headers.of("X-Shown", "value\r\n1"))
                .getMessage();
        assertTrue(shown.contains("X-Shown") && shown.contains("value\\u000d"), shown);
        assertFalse(shown.contains("\r") || shown.contains("\n"), "the message is one line");
        String hidden = assertThrows(
                        IllegalArgumentException.class, () -> Headers.of("authorization", "Basic cGFzcw\n="))
                .getMessage();
        assertTrue(hidden.contains("authorization"), hidden);
        assertFalse(hidden.contains("cGFzcw"), hidden);
        String name = assertThrows(IllegalArgumentException.class, () -> Headers.of("X\r\nY", "1"))
                .getMessage();
        assertTrue(name.contains("X\\u000d\\u000aY"), name);
    }

    @Test
    void refusesAnOddCount() {
        assertThrows(IllegalArgumentException.class, () -> Headers.of("A"));
        assertThrows(IllegalArgumentException.class, () -> Headers.of("A", "1", "B"));
    }

    @Test
    void builderReplacesAtTheEndAndRemovesAll() {
        assertEquals(
                Headers.of("X-One", "1", "accept", "z"),
                SAMPLE.toBuilder().set("accept", "z").build());
        assertEquals("accept", SAMPLE.toBuilder().set("accept", "z").build().name(1));
        assertEquals(
                Headers.of("X-One", "1"), SAMPLE.toBuilder().remove("ACCEPT").build());
        assertEquals(Headers.of("X-One", "1"), SAMPLE.without("accept"));
        assertSame(SAMPLE, SAMPLE.without("absent"));
        assertEquals(
                Headers.of("A", "1", "B", "2", "A", "3"),
                Headers.of("A", "1").toBuilder()
                        .addAll(Headers.of("B", "2", "A", "3"))
                        .build());
    }

    @Test
    void whatIsBuiltDoesNotChange() {
        Headers.Builder builder = Headers.builder().add("A", "1");
        Headers first = builder.build();
        Headers second = builder.add("B", "2").build();
        Headers third = first.with("C", "3");
        first.toBuilder().remove("A").add("D", "4").build();
        assertEquals(Headers.of("A", "1"), first);
        assertEquals(Headers.of("A", "1", "B", "2"), second);
        assertEquals(Headers.of("A", "1", "C", "3"), third);
    }

    @Test
    void tokensOfLists() {
        Headers headers = Headers.of("Connection", "keep-alive,\tUpgrade ,", "connection", "HTTP2-Settings");
        assertTrue(headers.hasToken("CONNECTION", "Keep-Alive"));
        assertTrue(headers.hasToken("connection", "upgrade"));
        assertTrue(headers.hasToken("connection", "http2-settings"));
        assertFalse(headers.hasToken("connection", "keep"));
        assertFalse(headers.hasToken("connection", "alive"));
        assertFalse(headers.hasToken("connection", "upgrades"));
        assertFalse(headers.hasToken("connection", ""), "an empty element is none");
        assertFalse(headers.hasToken("upgrade", "upgrade"));
        assertFalse(Headers.of("TE", "chunked;q=1").hasToken("TE", "chunked"), "only whole elements");
        assertTrue(Headers.of("TE", ",, ,x").hasToken("TE", "x"));
        assertFalse(Headers.of("TE", "").hasToken("TE", "x"));
    }

    @Test
    void equalWithoutCaseOfNamesButInOrder() {
        Headers a = Headers.of("Host", "x", "Via", "y");
        Headers b = Headers.of("hOST", "x", "via", "y");
        assertEquals(a, b);
        assertEquals(a.hashCode(), b.hashCode());
        assertNotEquals(a, Headers.of("Via", "y", "Host", "x"));
        assertNotEquals(a, Headers.of("Host", "X", "Via", "y"));
        assertNotEquals(a, Headers.of("Host", "x"));
        assertNotEquals(a, Headers.of("Most", "x", "Via", "y"));
        assertNotEquals(a.hashCode(), Headers.of("Host", "x", "Via", "z").hashCode());
        assertFalse(a.equals(null));
    }

    @Test
    void textHidesCredentials() {
        Headers headers = Headers.of(
                "Host", "h", "authorization", "S1", "COOKIE", "S2", "Set-Cookie", "S3", "Proxy-Authorization", "S4");
        assertEquals(
                "{Host: h, authorization: …, COOKIE: …, Set-Cookie: …, Proxy-Authorization: …}", headers.toString());
        assertEquals("{}", Headers.empty().toString());
    }
}
