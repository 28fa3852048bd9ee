package dev.millrace.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RequestTest {
    @Test
    void builderDefaults() {
        Request request = Request.builder(Method.GET, "/a/b%20c?x=1&y").build();
        assertSame(Method.GET, request.method());
        assertEquals("/a/b%20c?x=1&y", request.target());
        assertEquals("/a/b%20c", request.path());
        assertEquals("x=1&y", request.query());
        assertEquals("http", request.scheme());
        assertEquals("", request.authority());
        assertSame(Version.HTTP_1_1, request.version());
        assertSame(Headers.empty(), request.headers());
        assertSame(Body.empty(), request.body());
        assertNull(request.remoteAddress());
        assertFalse(request.cancelled().toCompletableFuture().isDone());
        assertEquals("GET /a/b%20c?x=1&y HTTP/1.1", request.toString());
    }

    @Test
    void authorityComesFromHostUnlessSet() {
        Request.Builder builder = Request.builder(Method.GET, "/").header("host", "a:80");
        assertEquals("a:80", builder.build().authority());
        assertEquals("GET / HTTP/1.1 (a:80)", builder.build().toString());
        assertEquals("[::1]:81", builder.authority("[::1]:81").build().authority());
    }

    @Test
    void queryMayBeMissingOrEmpty() {
        assertEquals("", Request.builder(Method.GET, "/").build().query());
        assertEquals("", Request.builder(Method.GET, "/?").build().query());
        assertEquals("?", Request.builder(Method.GET, "/??").build().query());
        assertEquals("*", Request.builder(Method.OPTIONS, "*").build().path());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "/a b", "/a\r\nX: 1", "/\0", "/\u007f", "/caf\u00e9", "/a#b", "/\u010a"})
    void refusesBadTargets(String target) {
        assertThrows(IllegalArgumentException.class, () -> Request.builder(Method.GET, target));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a b", "a\r\nX: 1", "a/b", "user@a", "a?b", "a#b", "a\\b", "\u00e9", "a\0"})
    void refusesBadAuthorities(String authority) {
        Request.Builder builder = Request.builder(Method.GET, "/");
        assertThrows(IllegalArgumentException.class, () -> builder.authority(authority));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "ftp", "HTTP", "http\r\n"})
    void refusesOtherSchemes(String scheme) {
        Request.Builder builder = Request.builder(Method.GET, "/");
        assertThrows(IllegalArgumentException.class, () -> builder.scheme(scheme));
    }

    @Test
    void parametersAreReadAsAFormIs() {
        Request request = Request.builder(Method.GET, "/?a=1&b=x+y%26z&a=2&c&=e&%C3%A9=%E2%82%AC&d=%zz&g=a=b&&h=")
                .build();
        assertEquals(Optional.of("1"), request.parameter("a"));
        assertEquals(Optional.of("x y&z"), request.parameter("b"));
        assertEquals(Optional.of(""), request.parameter("c"));
        assertEquals(Optional.of("e"), request.parameter(""));
        assertEquals(Optional.of("€"), request.parameter("é"));
        assertEquals(Optional.of("%zz"), request.parameter("d"), "a malformed escape stays as it is");
        assertEquals(Optional.of("a=b"), request.parameter("g"));
        assertEquals(Optional.of(""), request.parameter("h"));
        assertEquals(Optional.empty(), request.parameter("A"));
        assertEquals(Optional.empty(), request.parameter("z"));
    }

    @Test
    void decodedPathsKeepEncodedSlashesAndPluses() {
        assertEquals("/a b+c/é", decodedPath("/a%20b+c/%C3%a9"));
        assertEquals("/abc", decodedPath("/a%62c"));
        assertEquals("/a%2Fb%2Fc", decodedPath("/a%2Fb%2fc"));
        assertEquals("/a+b", decodedPath("/a+b"));
        assertEquals("/a+%zz%2f", decodedPath("/a+%zz%2f"), "a malformed escape leaves all as it is");
        assertEquals("/%", decodedPath("/%"));
        assertEquals("/", decodedPath("/?%20"));
    }

    private static String decodedPath(String target) {
        return Request.builder(Method.GET, target).build().decodedPath();
    }

    @Test
    void nothingBetweenTwoAmpersandsIsNoParameter() {
        assertEquals(
                Optional.empty(),
                Request.builder(Method.GET, "/?&&a=1&").build().parameter(""));
        assertEquals(
                Optional.of("1"),
                Request.builder(Method.GET, "/?&&a=1&").build().parameter("a"));
        assertEquals(Optional.empty(), Request.builder(Method.GET, "/").build().parameter(""));
    }

    @Test
    void rebuildingKeepsEveryPart() {
        RequestContext context = RequestContext.detached();
        Body body = Body.of("x");
        // as a server makes it of a target in absolute-form, which the builder alone would not take apart
        Request request = new Request(
                Method.POST,
                "http://other\u00e9/p?q#",
                "https",
                "h:1",
                "/p",
                "q",
                Version.HTTP_2,
                Headers.of("A", "1", "a", "2"),
                body,
                context);
        Request copy = request.toBuilder().build();
        assertSame(request.method(), copy.method());
        assertEquals(request.target(), copy.target());
        assertEquals("https", copy.scheme());
        assertEquals("h:1", copy.authority());
        assertEquals("/p", copy.path());
        assertEquals("q", copy.query());
        assertSame(Version.HTTP_2, copy.version());
        assertEquals(request.headers(), copy.headers());
        assertSame(body, copy.body());
        assertSame(context, copy.context());
    }

    @Test
    void rebuildingChangesTheCopyOnly() {
        Request request = Request.builder(Method.GET, "/").header("A", "1").build();
        Request changed = request.toBuilder()
                .header("B", "2")
                .version(Version.HTTP_1_0)
                .scheme("https")
                .body(Body.of("b"))
                .build();
        assertEquals(Headers.of("A", "1"), request.headers());
        assertEquals(Headers.of("A", "1", "B", "2"), changed.headers());
        assertEquals("https", changed.scheme());
        assertEquals(1, changed.body().length());
        Headers other = Headers.of("C", "3");
        assertEquals(other, request.toBuilder().headers(other).build().headers());
    }

    @Test
    void builderCanBeUsedAgain() {
        Request.Builder builder = Request.builder(Method.GET, "/").header("A", "1");
        Request first = builder.build();
        builder.header("B", "2");
        assertEquals(1, first.headers().size());
        assertEquals(2, builder.build().headers().size());
    }

    @Test
    void onlyInterimStatusesInform() {
        Request request = Request.builder(Method.GET, "/").build();
        request.inform(Status.EARLY_HINTS, Headers.of("Link", "</a>"));
        request.inform(Status.CONTINUE, Headers.empty());
        assertThrows(IllegalArgumentException.class, () -> request.inform(Status.SWITCHING_PROTOCOLS, Headers.empty()));
        assertThrows(IllegalArgumentException.class, () -> request.inform(Status.OK, Headers.empty()));
    }
}
