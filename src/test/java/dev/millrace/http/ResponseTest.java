package dev.millrace.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ResponseTest {
    @Test
    void kindsOfContent() throws Exception {
        check(Response.text("é"), "text/plain; charset=utf-8", "é");
        check(Response.html("<p>"), "text/html; charset=utf-8", "<p>");
        check(Response.json("{}"), "application/json", "{}");
        check(Response.ok("image/png", Body.of("p")), "image/png", "p");
        assertSame(Status.NOT_FOUND, Response.text(Status.NOT_FOUND, "no").status());
    }

    private static void check(Response response, String type, String content) throws Exception {
        assertSame(Status.OK, response.status());
        assertEquals(Headers.of("Content-Type", type), response.headers());
        assertEquals(content, response.body().string(100));
        assertNull(response.tunnel());
    }

    @Test
    void interimStatusesAreNoResponses() {
        assertThrows(IllegalArgumentException.class, () -> Response.of(Status.CONTINUE));
        assertThrows(IllegalArgumentException.class, () -> Response.of(Status.SWITCHING_PROTOCOLS));
        assertThrows(IllegalArgumentException.class, () -> Response.text(Status.EARLY_HINTS, ""));
    }

    @ParameterizedTest
    @ValueSource(ints = {301, 302, 303, 307, 308})
    void redirections(int code) {
        Response response = Response.redirect(Status.of(code), "/there");
        assertEquals(code, response.status().code());
        assertEquals(Headers.of("Location", "/there"), response.headers());
        assertSame(Body.empty(), response.body());
    }

    @ParameterizedTest
    @ValueSource(ints = {200, 201, 300, 304, 305, 306, 399, 400})
    void otherStatusesDoNotRedirect(int code) {
        assertThrows(IllegalArgumentException.class, () -> Response.redirect(Status.of(code), "/there"));
    }

    @Test
    void locationsCannotSmuggleFields() {
        assertThrows(IllegalArgumentException.class, () -> Response.redirect(Status.FOUND, "/a\r\nSet-Cookie: b=c"));
        assertThrows(IllegalArgumentException.class, () -> Response.ok("text/plain\nX: 1", Body.empty()));
        assertThrows(IllegalArgumentException.class, () -> Response.switchingProtocols("a\r\n", tunnel -> {}));
    }

    @Test
    void tunnels() {
        Tunnel.Handler handler = tunnel -> {};
        Response upgrade = Response.switchingProtocols("websocket", handler).withHeader("X", "1");
        assertSame(Status.SWITCHING_PROTOCOLS, upgrade.status());
        assertEquals(Headers.of("Upgrade", "websocket", "X", "1"), upgrade.headers());
        assertSame(handler, upgrade.tunnel());
        assertSame(
                handler, Response.tunnel(handler).withHeaders(Headers.empty()).tunnel());
        assertTrue(upgrade.toString().endsWith(" tunnel"), upgrade.toString());
    }

    @Test
    void changesMakeNewResponses() throws Exception {
        Response first = Response.text("a");
        Response header = first.withHeader("X", "1");
        Response headers = header.withHeaders(Headers.of("Y", "2"));
        Response body = headers.withBody(Body.of("b"));
        assertEquals(1, first.headers().size());
        assertEquals("1", header.headers().get("x"));
        assertEquals(Headers.of("Y", "2"), body.headers());
        assertEquals("b", body.body().string(1));
        assertEquals("a", headers.body().string(1));
        assertThrows(IllegalArgumentException.class, () -> first.withHeader("X", "1\n2"));
    }

    @Test
    void textForALog() {
        Response response = Response.text("12345").withHeader("Set-Cookie", "secret");
        assertEquals(
                "200 OK {Content-Type: text/plain; charset=utf-8, Set-Cookie: …} Bytes[5 bytes]", response.toString());
        assertFalse(response.toString().contains("12345"));
    }
}
