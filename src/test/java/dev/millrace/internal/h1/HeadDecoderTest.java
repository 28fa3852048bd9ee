package dev.millrace.internal.h1;

import static dev.millrace.internal.h1.HeadDecoder.Result.COMPLETE;
import static dev.millrace.internal.h1.HeadDecoder.Result.INCOMPLETE;
import static dev.millrace.internal.h1.HeadDecoder.Result.REJECTED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.FieldName;
import dev.millrace.http.Limits;
import dev.millrace.http.Method;
import dev.millrace.http.Version;
import dev.millrace.internal.h1.HeadDecoder.Result;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class HeadDecoderTest {
    private final HeadDecoder decoder = new HeadDecoder(Limits.defaults(), false);

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private RequestHead head(String text) {
        byte[] b = bytes(text);
        assertEquals(COMPLETE, decoder.decode(b, 0, b.length), text);
        assertEquals(b.length, decoder.next());
        return decoder.head();
    }

    private RequestHead headOf(String requestLine, String... fields) {
        return head(requestLine + "\r\nHost: h\r\n" + String.join("\r\n", fields) + (fields.length == 0 ? "" : "\r\n")
                + "\r\n");
    }

    private void rejected(Violation expected, Limits limits, String text) {
        byte[] b = bytes(text);
        HeadDecoder limited = new HeadDecoder(limits);
        assertEquals(REJECTED, limited.decode(b, 0, b.length));
        assertEquals(expected, limited.violation());
    }

    @ParameterizedTest
    @MethodSource("dev.millrace.internal.h1.HeadCorpus#all")
    void everyHeadGetsItsVerdict(HeadCorpus.Entry entry) {
        byte[] b = entry.bytes();
        Result result = decoder.decode(b, 0, b.length);
        if (entry.expected() == null) {
            assertEquals(COMPLETE, result, () -> decoder.detail());
            assertEquals(b.length, decoder.next());
        } else {
            assertEquals(REJECTED, result);
            assertEquals(entry.expected(), decoder.violation());
            assertSame(entry.expected().status(), decoder.status());
            assertEquals(entry.expected().detail(), decoder.detail());
        }
    }

    @Test
    void aHeadMayStandAnywhereInAnArray() {
        byte[] b = bytes("GET /a" + HeadCorpus.BROWSER + HeadCorpus.WRK + "GET /b");
        assertEquals(COMPLETE, decoder.decode(b, 6, b.length));
        assertEquals("/catalogue/watermills", decoder.head().path());
        assertEquals(16, decoder.head().headers().size());
        int second = decoder.next();
        assertEquals(COMPLETE, decoder.decode(b, second, b.length));
        assertEquals("/plaintext", decoder.head().target());
        assertEquals(INCOMPLETE, decoder.decode(b, decoder.next(), b.length));
        assertEquals(INCOMPLETE, decoder.decode(b, second, b.length - 7));
        assertEquals(INCOMPLETE, decoder.decode(b, 6, 6));
    }

    @Test
    void theBrowsersHead() {
        RequestHead head = head(HeadCorpus.BROWSER);
        assertSame(Method.GET, head.method());
        assertEquals("/catalogue/watermills?sort=year&page=2", head.target());
        assertEquals("/catalogue/watermills", head.path());
        assertEquals("sort=year&page=2", head.query());
        assertEquals(Version.HTTP_1_1, head.version());
        assertEquals("www.example.org", head.authority());
        assertNull(head.scheme());
        assertEquals(RequestHead.Framing.NONE, head.framing());
        assertEquals(0, head.contentLength());
        assertTrue(head.keepAlive());
        assertFalse(head.expectContinue());
        assertFalse(head.upgradeRequested());
        assertSame(FieldName.USER_AGENT, head.headers().name(6));
        assertEquals("sec-ch-ua-platform", head.headers().name(4));
        assertEquals("\"Linux\"", head.headers().value(4));
        assertEquals("session=b7c1f0de52a94e68", head.headers().get("cookie"));
        assertEquals("GET /catalogue/watermills?sort=year&page=2 HTTP/1.1", head.toString());
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "GET, /, /, -, -, h",
                "GET, /a?, /a, '', -, h",
                "GET, /a?b?c, /a, b?c, -, h",
                "GET, //x/y, //x/y, -, -, h",
                "GET, http://A:1, /, -, http, A:1",
                "GET, HTTPS://a?q, /, q, https, a",
                "GET, http://a/b/c?d/e, /b/c, d/e, http, a",
                "GET, http://a?b/c, /, b/c, http, a",
                "OPTIONS, *, *, -, -, h",
                "OPTIONS, /x, /x, -, -, h",
                "CONNECT, a:443, '', -, -, a:443",
                "CONNECT, [::1]:443, '', -, -, [::1]:443"
            })
    void targetsHaveTheirParts(
            String method, String target, String path, String query, String scheme, String authority) {
        RequestHead head = headOf(method + " " + target + " HTTP/1.1");
        assertEquals(Method.of(method), head.method());
        assertEquals(target, head.target());
        assertEquals(path, head.path());
        assertEquals(query, head.query());
        assertEquals(scheme, head.scheme());
        assertEquals(authority, head.authority());
    }

    @Test
    void authorityIsEmptyWithoutHostInOldRequests() {
        assertEquals("", head("GET / HTTP/1.0\r\n\r\n").authority());
        assertEquals("", head("GET / HTTP/1.0\r\nHost: \r\n\r\n").authority());
    }

    @Test
    void minorVersionsAbove1CountAs1() {
        assertEquals(Version.HTTP_1_1, headOf("GET / HTTP/1.7").version());
        assertEquals(Version.HTTP_1_0, headOf("GET / HTTP/1.0").version());
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "1.1, -, true",
                "1.1, close, false",
                "1.1, Close, false",
                "1.1, keep-alive, true",
                "1.1, 'x, \tclose ', false",
                "1.1, 'keep-alive, close', false",
                "1.1, closed, true",
                "1.0, -, false",
                "1.0, keep-alive, true",
                "1.0, Keep-Alive, true",
                "1.0, 'keep-alive,close', false",
                "1.0, upgrade, false"
            })
    void connectionsPersistAsTheyAreAsked(String version, String connection, boolean keepAlive) {
        String line = "GET / HTTP/" + version;
        RequestHead head = connection == null ? headOf(line) : headOf(line, "Connection: " + connection);
        assertEquals(keepAlive, head.keepAlive());
    }

    @Test
    void connectionFieldsAddUp() {
        assertFalse(
                headOf("GET / HTTP/1.1", "Connection: x", "Connection: close").keepAlive());
    }

    @Test
    void upgradeNeedsTheFieldTheOptionAndTheVersion() {
        assertTrue(headOf("GET / HTTP/1.1", "Connection: keep-alive, Upgrade", "Upgrade: websocket")
                .upgradeRequested());
        assertFalse(headOf("GET / HTTP/1.1", "Upgrade: websocket").upgradeRequested());
        assertFalse(headOf("GET / HTTP/1.1", "Connection: upgrade").upgradeRequested());
        assertFalse(
                headOf("GET / HTTP/1.0", "Connection: upgrade", "Upgrade: x").upgradeRequested());
    }

    @Test
    void expectationsAreOfHttp11() {
        assertTrue(headOf("PUT / HTTP/1.1", "Expect: 100-CONTINUE").expectContinue());
        assertFalse(headOf("PUT / HTTP/1.0", "Expect: 100-continue").expectContinue());
        assertFalse(headOf("PUT / HTTP/1.0", "Expect: x").expectContinue());
    }

    @Test
    void framingIsThatOfTheFields() {
        RequestHead length = headOf("POST / HTTP/1.1", "Content-Length: 0012");
        assertEquals(RequestHead.Framing.LENGTH, length.framing());
        assertEquals(12, length.contentLength());
        RequestHead chunked = headOf("POST / HTTP/1.1", "transfer-ENCODING: Chunked");
        assertEquals(RequestHead.Framing.CHUNKED, chunked.framing());
        assertEquals(-1, chunked.contentLength());
        RequestHead empty = headOf("POST / HTTP/1.1", "Content-Length: 0");
        assertEquals(RequestHead.Framing.LENGTH, empty.framing());
        assertEquals(0, empty.contentLength());
    }

    @Test
    void namesKeepTheirSpellingAndValuesLoseTheirWhiteSpace() {
        RequestHead head = headOf("GET / HTTP/1.1", "ACCEPT:\t a b \t", "accept: c", "x-Own:", "Caf: \u00e9");
        assertEquals("ACCEPT", head.headers().name(1));
        assertEquals("a b", head.headers().value(1));
        assertEquals("accept", head.headers().name(2));
        assertEquals("", head.headers().value(3));
        assertEquals("\u00e9", head.headers().value(4));
    }

    @Test
    void theRequestLineHasALimit() {
        Limits limits = Limits.defaults().withRequestLine(40);
        String most = "GET /" + "a".repeat(24) + " HTTP/1.1\r\n";
        assertEquals(40, most.length());
        byte[] b = bytes(most + "Host: a\r\n\r\n");
        HeadDecoder limited = new HeadDecoder(limits);
        assertEquals(COMPLETE, limited.decode(b, 0, b.length));
        rejected(Violation.REQUEST_LINE_TOO_LONG, limits, most.replace("/a", "/aa") + "Host: a\r\n\r\n");
        rejected(Violation.REQUEST_LINE_TOO_LONG, limits, "GET /" + "a".repeat(35));
        rejected(Violation.REQUEST_LINE_TOO_LONG, limits, "G".repeat(40));
        byte[] shorter = bytes("G".repeat(39));
        assertEquals(INCOMPLETE, limited.decode(shorter, 0, 39));
    }

    @Test
    void theHeaderSectionHasALimit() {
        Limits limits = Limits.defaults().withHeaderSection(128);
        String line = "GET / HTTP/1.1\r\n";
        String most = "Host: a\r\nX: " + "b".repeat(114) + "\r\n";
        assertEquals(128, most.length());
        byte[] b = bytes(line + most + "\r\n");
        HeadDecoder limited = new HeadDecoder(limits);
        assertEquals(COMPLETE, limited.decode(b, 0, b.length));
        rejected(Violation.SECTION_TOO_LONG, limits, line + most.replace("b\r", "bb\r") + "\r\n");
        rejected(Violation.SECTION_TOO_LONG, limits, line + "X: " + "b".repeat(127));
        rejected(Violation.SECTION_TOO_LONG, limits, line + "X".repeat(130));
        byte[] shorter = bytes(line + "X".repeat(129));
        assertEquals(INCOMPLETE, limited.decode(shorter, 0, shorter.length));
    }

    @Test
    void fieldsAreCounted() {
        Limits limits = Limits.defaults().withHeaderFields(3);
        byte[] b = bytes(HeadCorpus.manyFields(3));
        HeadDecoder limited = new HeadDecoder(limits);
        assertEquals(COMPLETE, limited.decode(b, 0, b.length));
        rejected(Violation.TOO_MANY_FIELDS, limits, HeadCorpus.manyFields(4));
        rejected(Violation.TOO_MANY_FIELDS, limits, "GET / HTTP/1.1\r\nHost: a\r\nB:\r\nC:\r\nD");
    }

    @Test
    void theLargestLimitsWork() {
        Limits limits = Limits.defaults()
                .withRequestLine(Integer.MAX_VALUE)
                .withHeaderSection(Integer.MAX_VALUE)
                .withHeaderFields(Integer.MAX_VALUE)
                .withBody(Long.MAX_VALUE);
        byte[] b = bytes("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775807\r\n\r\n");
        HeadDecoder unlimited = new HeadDecoder(limits);
        assertEquals(COMPLETE, unlimited.decode(b, 0, b.length));
        assertEquals(Long.MAX_VALUE, unlimited.head().contentLength());
        rejected(Violation.CONTENT_TOO_LARGE, limits, new String(b, StandardCharsets.ISO_8859_1).replace("7\r", "8\r"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /a#",
                "GET /a\u00e9",
                "GET *",
                "GET x",
                "GET  ",
                "G@",
                "GET / HTTP/2",
                "GET / h",
                "GET /%g",
                "\n",
                "GET / HTTP/1.1\r\n ",
                "GET / HTTP/1.1\r\nA ",
                "GET / HTTP/1.1\r\nA: \u0000",
                "GET / HTTP/1.1\nA",
                "GET / HTTP/1.1\r\nHost: a b\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nHost",
                "CONNECT /",
                "OPTIONS *x",
                "GET / HTTP/1.1\r\nContent-Length: x\r\n"
            })
    void garbageIsRejectedBeforeItIsComplete(String beginning) {
        byte[] b = bytes(beginning);
        Result result = decoder.decode(b, 0, b.length);
        assertEquals(beginning.endsWith("Host") ? INCOMPLETE : REJECTED, result);
    }

    @Test
    void accessorsRefuseWhatIsNotThere() {
        assertThrows(IllegalStateException.class, decoder::head);
        assertThrows(IllegalStateException.class, decoder::status);
        assertThrows(IllegalStateException.class, decoder::detail);
    }

    @Test
    void retryingIsWorthItForControlsShortHeadsAndGrowth() {
        byte[] b = new byte[9000];
        java.util.Arrays.fill(b, (byte) 'a');
        assertTrue(HeadDecoder.worthRetrying(b, 0, 1000, 1024));
        assertFalse(HeadDecoder.worthRetrying(b, 0, 1024, 1025));
        assertFalse(HeadDecoder.worthRetrying(b, 0, 4096, 8191));
        assertTrue(HeadDecoder.worthRetrying(b, 0, 8191, 8192));
        assertFalse(HeadDecoder.worthRetrying(b, 100, 8191, 8192));
        for (int c : new int[] {0, '\n', '\r', 0x1f, 0x7f}) {
            b[3000] = (byte) c;
            assertTrue(HeadDecoder.worthRetrying(b, 0, 2990, 3001), "control " + c);
            assertFalse(HeadDecoder.worthRetrying(b, 0, 2990, 3000));
            assertFalse(HeadDecoder.worthRetrying(b, 0, 3001, 3010));
        }
        for (int c : new int[] {'\t', ' ', 0x80, 0xff}) {
            b[3000] = (byte) c;
            assertFalse(HeadDecoder.worthRetrying(b, 0, 2990, 3010), "no control " + c);
        }
    }
}
