package dev.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Body;
import dev.millrace.http.Headers;
import dev.millrace.http.Method;
import dev.millrace.http.Request;
import dev.millrace.http.RequestContext;
import dev.millrace.http.Response;
import dev.millrace.http.Status;
import dev.millrace.server.HttpServer;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DemoHandlerTest {
    private final ManualTimer timer = new ManualTimer();
    private final DemoHandler demo = new DemoHandler(timer);

    private CompletableFuture<Response> start(Request request) {
        return demo.handle(request).toCompletableFuture();
    }

    private Response answer(Method method, String target) {
        CompletableFuture<Response> response =
                start(Request.builder(method, target).build());
        assertTrue(response.isDone(), target);
        return response.join();
    }

    private Response get(String target) {
        return answer(Method.GET, target);
    }

    private static String text(Response response) throws IOException {
        return response.body().string(1 << 21);
    }

    @Test
    void plaintextIsOneObjectForAllRequests() throws IOException {
        Response response = get("/plaintext");
        assertEquals("Hello, World!", text(response));
        assertEquals(Headers.of("Content-Type", "text/plain"), response.headers());
        assertSame(response, answer(Method.HEAD, "/plaintext"));
        assertSame(
                start(Request.builder(Method.GET, "/plaintext").build()),
                start(Request.builder(Method.GET, "/plaintext?x").build()));
    }

    @Test
    void thePageLinksWhatIsThere() throws Exception {
        try (HttpServer server = HttpServer.builder().asyncHandler(demo).http(0).start()) {
            assertEquals(503, get("/metrics").status().code());
            demo.observe(server);
            everyLinkAnswers();
        }
    }

    private void everyLinkAnswers() throws Exception {
        Response page = get("/");
        assertEquals("text/html; charset=utf-8", page.headers().get("Content-Type"));
        Matcher links = Pattern.compile("href=\"(/[^\"]*)\"").matcher(text(page));
        List<String> seen = new ArrayList<>();
        while (links.find()) {
            String target = links.group(1).replace("&amp;", "&");
            seen.add(target);
            CompletableFuture<Response> response =
                    start(Request.builder(Method.GET, target).build());
            timer.pass(DemoHandler.MOST_MILLIS);
            if (!target.equals("/connections")) { // which asks the loops
                assertTrue(response.isDone(), target);
            }
            int expected = target.startsWith("/status/") ? 418 : 200;
            assertEquals(expected, response.get(30, TimeUnit.SECONDS).status().code(), target);
        }
        assertEquals(9, seen.size(), seen.toString());
        assertTrue(text(page).contains("/echo"));
    }

    @Test
    void fixedBodiesHaveTheirSize() {
        assertEquals(1 << 10, get("/1k").body().length());
        assertEquals(1 << 20, get("/1m").body().length());
        assertSame(get("/1m"), get("/1m"));
    }

    @Test
    void bytesHaveTheirLengthInAdvance() throws IOException {
        assertEquals("0123456789abcdef0", text(get("/bytes/17")));
        assertEquals(17, get("/bytes/17").body().length());
        assertEquals(1L << 50, get("/bytes/1125899906842624").body().length());
        assertEquals(0, get("/bytes/0").body().length());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/bytes/",
                "/bytes/-1",
                "/bytes/1125899906842625",
                "/bytes/99999999999999999999999999",
                "/bytes/1x",
                "/bytes/1/",
                "/slow",
                "/slow?ms=",
                "/slow?ms=-1",
                "/slow?ms=3600001",
                "/slow?ms=1.5",
                "/stream",
                "/stream?chunks=1",
                "/stream?ms=1",
                "/stream?chunks=1000000001&ms=0",
                "/stream?chunks=1&ms=3600001",
                "/status/",
                "/status/199",
                "/status/100",
                "/status/600",
                "/status/0200x",
            })
    void whatIsOutOfBoundsIsABadRequest(String target) {
        assertEquals(Status.BAD_REQUEST, get(target).status());
        assertEquals(0, timer.waiting());
    }

    @Test
    void echoGivesBackContentAndType() throws IOException {
        Request request = Request.builder(Method.POST, "/echo")
                .header("Content-Type", "application/x-test")
                .body(Body.of("abc"))
                .build();
        Response response = start(request).join();
        assertEquals("application/x-test", response.headers().get("Content-Type"));
        assertEquals(3, response.body().length());
        assertEquals("abc", text(response));
    }

    @Test
    void echoOfUnknownLengthAndTypeStreams() throws IOException {
        Probe seen = new Probe();
        Request request = Request.builder(Method.POST, "/echo")
                .body(Body.publisher(new PatternPublisher(100_000)))
                .build();
        Response response = start(request).join();
        assertEquals(Body.UNKNOWN_LENGTH, response.body().length());
        assertEquals("application/octet-stream", response.headers().get("Content-Type"));
        response.body().publisher().subscribe(seen);
        assertEquals(0, seen.pieces, "nothing is read before the response is");
        seen.subscription.request(1);
        assertEquals(1, seen.pieces);
        seen.subscription.request(1);
        assertEquals(100_000, seen.bytes);
        assertEquals(1, seen.ends);
    }

    @Test
    void slowAnswersWhenItsTimeHasCome() throws IOException {
        CompletableFuture<Response> response =
                start(Request.builder(Method.GET, "/slow?ms=500").build());
        timer.pass(499);
        assertFalse(response.isDone());
        timer.pass(1);
        assertEquals("waited 500 ms\n", text(response.join()));
        assertTrue(start(Request.builder(Method.GET, "/slow?ms=0").build()).isDone());
    }

    @Test
    void aCancelledRequestLeavesNoTimerBehind() {
        CompletableFuture<Void> cancelled = new CompletableFuture<>();
        RequestContext context = (RequestContext) Proxy.newProxyInstance(
                RequestContext.class.getClassLoader(),
                new Class<?>[] {RequestContext.class},
                (proxy, method, args) -> method.getName().equals("cancelled") ? cancelled : null);
        CompletableFuture<Response> response = start(
                Request.builder(Method.GET, "/slow?ms=500").context(context).build());
        assertEquals(1, timer.waiting());
        cancelled.complete(null);
        assertEquals(0, timer.waiting());
        assertTrue(response.isCancelled());
    }

    @Test
    void streamIsChunkedLines() throws IOException {
        Response response = get("/stream?chunks=3&ms=0");
        assertEquals(Body.UNKNOWN_LENGTH, response.body().length());
        assertEquals("chunk 1\nchunk 2\nchunk 3\n", text(response));
    }

    @Test
    void anAbandonedStreamSetsNoTimer() {
        answer(Method.HEAD, "/stream?chunks=3&ms=100").body().abandon();
        assertEquals(0, timer.waiting());
    }

    @Test
    void everyFinalStatusCanBeHad() throws IOException {
        for (int code = 200; code < 600; code++) {
            Response response = get("/status/" + code);
            assertEquals(code, response.status().code());
            boolean bare = code == 204 || code == 205 || code == 304;
            assertEquals(bare, response.body().length() == 0, "status " + code);
            assertEquals(!bare, response.headers().contains("Content-Type"), "status " + code);
        }
        assertEquals("418 I'm a teapot\n", text(get("/status/418")));
    }

    @ParameterizedTest
    @CsvSource({
        "206, Content-Range",
        "301, Location",
        "303, Location",
        "308, Location",
        "401, WWW-Authenticate",
        "405, Allow",
        "407, Proxy-Authenticate",
        "416, Content-Range",
        "426, Upgrade"
    })
    void aStatusHasTheFieldThatBelongsToIt(int code, String name) {
        assertNotNull(get("/status/" + code).headers().get(name));
        assertNull(get("/status/200").headers().get(name));
    }

    @Test
    void thePartOf206IsAsLongAsItSays() {
        assertEquals("bytes 0-19/1000", get("/status/206").headers().get("Content-Range"));
        assertEquals(20, get("/status/206").body().length());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/", "/plaintext", "/1k", "/1m", "/bytes/5", "/slow?ms=0", "/stream?chunks=1&ms=0", "/status/200"
            })
    void whatAnswersGetAnswersHeadAndNothingElse(String target) {
        assertEquals(Status.OK, get(target).status());
        assertEquals(Status.OK, answer(Method.HEAD, target).status());
        for (Method method : List.of(Method.POST, Method.PUT, Method.DELETE, Method.PATCH, Method.TRACE)) {
            Response response = answer(method, target);
            assertEquals(Status.METHOD_NOT_ALLOWED, response.status(), target);
            assertEquals("GET, HEAD, OPTIONS", response.headers().get("Allow"));
        }
    }

    @Test
    void echoTakesPostOnly() {
        for (Method method : List.of(Method.GET, Method.HEAD, Method.PUT)) {
            Response response = answer(method, "/echo");
            assertEquals(Status.METHOD_NOT_ALLOWED, response.status());
            assertEquals("POST, OPTIONS", response.headers().get("Allow"));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"/plaintext|GET, HEAD, OPTIONS", "/echo|POST, OPTIONS", "*|GET, HEAD, POST, OPTIONS"})
    void optionsNamesTheMethods(String target, String allow) {
        Response response = answer(Method.OPTIONS, target);
        assertEquals(Status.NO_CONTENT, response.status());
        assertEquals(Headers.of("Allow", allow), response.headers());
    }

    @Test
    void aPathMayBeSpelledWithEscapes() throws IOException {
        assertSame(get("/plaintext"), get("/%70laintext"));
        assertEquals("0123", text(get("/b%79tes/%34")));
    }

    @Test
    void whatIsNotThereIsNotFound() {
        for (String target : List.of("/nope", "/plaintext/", "/Plaintext", "//plaintext", "/echo/x", "/statu")) {
            assertEquals(Status.NOT_FOUND, get(target).status(), target);
            assertEquals(Status.NOT_FOUND, answer(Method.PUT, target).status(), target);
            assertEquals(Status.NOT_FOUND, answer(Method.OPTIONS, target).status(), target);
        }
    }

    @Test
    void methodsThatNobodyKnowsAreNotImplemented() {
        assertEquals(
                Status.NOT_IMPLEMENTED, answer(Method.of("BREW"), "/plaintext").status());
        assertEquals(Status.NOT_IMPLEMENTED, answer(Method.of("get"), "/nope").status());
    }

    @Test
    void thereAreNoTunnelsAndNoTraces() {
        assertEquals(
                Status.METHOD_NOT_ALLOWED,
                answer(Method.CONNECT, "example.org:443").status());
        assertEquals(Status.METHOD_NOT_ALLOWED, answer(Method.TRACE, "/nope").status());
    }
}
