package dev.millrace.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Body;
import dev.millrace.http.Headers;
import dev.millrace.http.HttpException;
import dev.millrace.http.Method;
import dev.millrace.http.Phase;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.http.Status;
import dev.millrace.net.NetRuntime;
import dev.millrace.net.SelfSigned;
import dev.millrace.net.Tls;
import dev.millrace.server.HttpServer;
import dev.millrace.session.ClientTimeouts;
import dev.millrace.session.ExchangeOptions;
import dev.millrace.session.ExchangeTimeoutException;
import dev.millrace.session.PoolMetrics;
import dev.millrace.session.PoolSettings;
import dev.millrace.session.SessionSnapshot;
import dev.millrace.session.Veto;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The client against a server of ours over real sockets, on one runtime. */
class HttpClientTest {
    private static final int MAX = 4 << 20;

    private final SelfSigned authority = SelfSigned.localhost();
    private final CompletableFuture<Response> held = new CompletableFuture<>();
    private final CountDownLatch reached = new CountDownLatch(1);
    private NetRuntime runtime;
    private HttpServer server;
    private HttpClient client;
    private String clear;
    private String secure;

    @BeforeEach
    void start() throws IOException {
        runtime = NetRuntime.builder().loops(2).start();
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        server = HttpServer.builder()
                .runtime(runtime)
                .asyncHandler(request -> switch (request.path()) {
                    case "/echo" ->
                        CompletableFuture.completedFuture(Response.ok("application/octet-stream", request.body()));
                    case "/held" -> {
                        reached.countDown();
                        yield held;
                    }
                    case "/hints" -> {
                        request.inform(Status.of(103), Headers.of("Link", "</style.css>"));
                        yield CompletableFuture.completedFuture(Response.text("done"));
                    }
                    case "/close" ->
                        CompletableFuture.completedFuture(Response.text("bye").withHeader("Connection", "close"));
                    case "/trailers" ->
                        CompletableFuture.completedFuture(Response.ok(
                                "text/plain",
                                Body.stream(new ByteArrayInputStream("abc".getBytes(StandardCharsets.US_ASCII)))
                                        .withTrailers(() -> Headers.of("Sum", "6"))));
                    default ->
                        CompletableFuture.completedFuture(Response.text(request.method() + " " + request.target()));
                })
                .http(any)
                .https(any, authority.server().build())
                .start();
        clear = "http://localhost:" + server.addresses().get(0).getPort();
        secure = "https://localhost:" + server.addresses().get(1).getPort();
        client = client(PoolSettings.defaults());
    }

    private HttpClient client(PoolSettings pool) throws IOException {
        return HttpClient.builder()
                .runtime(runtime)
                .versions(HttpVersions.HTTP_1_1)
                .tls(Tls.client().trust(authority.certificate()).build())
                .pool(pool)
                .build();
    }

    @AfterEach
    void stop() {
        held.complete(Response.text("late"));
        client.close();
        server.close();
        runtime.close();
    }

    private String base(String scheme) {
        return scheme.equals("http") ? clear : secure;
    }

    private static byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i * 31 + (i >> 8));
        }
        return bytes;
    }

    private List<SessionSnapshot> sessions() throws Exception {
        return client.sessions().toCompletableFuture().get();
    }

    @ParameterizedTest
    @CsvSource({"http", "https"})
    void aRequestGetsItsResponse(String scheme) throws IOException {
        Response response = client.send(Request.get(base(scheme) + "/a/b?c=d#left-out"));
        assertEquals(Status.OK, response.status());
        assertEquals("GET /a/b?c=d", response.body().string(MAX));
    }

    @ParameterizedTest
    @CsvSource({"http, 0", "http, 10", "http, 70000", "http, 3000000", "https, 10", "https, 3000000"})
    void contentGoesBothWays(String scheme, int length) throws IOException {
        byte[] content = bytes(length);
        String url = base(scheme) + "/echo";
        for (Body body : List.of(
                Body.of("").length() == length ? Body.empty() : Body.wrap(content.clone()),
                Body.stream(new ByteArrayInputStream(content)),
                Body.stream(new ByteArrayInputStream(content), length))) {
            Response response = client.send(Request.post(url, "application/octet-stream", body));
            assertEquals(Status.OK, response.status());
            assertEquals(length, response.body().bytes(MAX).length);
        }
        Response response = client.send(Request.post(url, "application/octet-stream", Body.wrap(content.clone())));
        byte[] back = response.body().bytes(MAX);
        org.junit.jupiter.api.Assertions.assertArrayEquals(content, back);
    }

    @Test
    void aSessionIsUsedAgain() throws Exception {
        for (int i = 0; i < 50; i++) {
            assertEquals(
                    "GET /" + i,
                    client.send(Request.get(clear + "/" + i)).body().string(MAX));
        }
        assertEquals(1, sessions().size());
        PoolMetrics metrics = client.metrics();
        assertEquals(1, metrics.opened());
        assertEquals(49, metrics.reused());
        assertEquals(50, metrics.exchanges());
        assertTrue(sessions().get(0).reusability().reusable());
    }

    @Test
    void aSessionThatTheServerClosesIsNotUsedAgain() throws Exception {
        assertEquals("bye", client.send(Request.get(clear + "/close")).body().string(MAX));
        assertEquals("bye", client.send(Request.get(clear + "/close")).body().string(MAX));
        assertEquals(2, client.metrics().opened());
        assertEquals(0, client.metrics().reused());
    }

    @Test
    void requestsAtTheSameTimeGetSessionsOfTheirOwnUpToTheBound() throws Exception {
        HttpClient bounded = client(PoolSettings.defaults().withPerOrigin(3));
        try {
            List<CompletableFuture<Response>> all = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                all.add(bounded.sendAsync(Request.get(clear + "/" + i)));
            }
            for (int i = 0; i < 200; i++) {
                assertEquals("GET /" + i, all.get(i).get().body().string(MAX));
            }
            assertEquals(3, bounded.metrics().opened());
        } finally {
            bounded.close();
        }
        assertEquals(0, bounded.metrics().open());
    }

    @Test
    void aTimeoutNamesItsPhaseAndEndsOnlyTheSessionThatItIsOn() throws Exception {
        client.send(Request.get(clear + "/warm")).body().string(MAX);
        ClientTimeouts hasty = ClientTimeouts.defaults().withResponseHead(Duration.ofMillis(50));
        ExchangeTimeoutException late = assertThrows(
                ExchangeTimeoutException.class,
                () -> client.send(Request.get(clear + "/held"), ExchangeOptions.of(hasty)));
        assertEquals("responseHead", late.deadline());
        assertEquals(Phase.RESPONSE_HEAD, late.phase());
        assertFalse(late.retrySafe());
        SessionSnapshot session = late.session();
        assertNotNull(session);
        assertEquals(2, session.exchanges());
        assertTrue(session.reusability().has(Veto.BUSY), session.toString());
        assertEquals(
                "GET /next", client.send(Request.get(clear + "/next")).body().string(MAX));
        assertEquals(2, client.metrics().opened());
        assertEquals(1, client.metrics().timedOut());
    }

    @Test
    void cancellingGivesTheExchangeUp() throws Exception {
        CompletableFuture<Response> asked = client.sendAsync(Request.get(clear + "/held"));
        reached.await();
        assertTrue(asked.cancel(true));
        assertEquals(
                "GET /next", client.send(Request.get(clear + "/next")).body().string(MAX));
    }

    @Test
    void interimResponsesAreSeen() throws IOException {
        List<String> seen = new ArrayList<>();
        ExchangeOptions options = ExchangeOptions.of(ClientTimeouts.defaults())
                .withInterims((status, headers) -> seen.add(status.code() + " " + headers.get("Link")));
        assertEquals(
                "done",
                client.send(Request.get(clear + "/hints"), options).body().string(MAX));
        assertEquals(List.of("103 </style.css>"), seen);
    }

    @Test
    void trailersFollowTheContent() throws IOException {
        Response response = client.send(Request.get(clear + "/trailers"));
        assertEquals("abc", response.body().string(MAX));
        assertEquals("6", response.body().trailers().get("Sum"));
    }

    @Test
    void contentWaitsForA100() throws IOException {
        Request request = Request.to(Method.PUT, clear + "/echo")
                .header("Expect", "100-continue")
                .body(Body.of("waited"))
                .build();
        assertEquals("waited", client.send(request).body().string(MAX));
    }

    @Test
    void aResponseThatIsNotReadToItsEndGivesItsPlaceBack() throws Exception {
        byte[] content = bytes(3_000_000);
        Response response = client.send(Request.post(clear + "/echo", "application/octet-stream", Body.wrap(content)));
        try (InputStream in = response.body().inputStream()) {
            assertEquals(content[0], (byte) in.read());
        }
        assertEquals(
                "GET /next", client.send(Request.get(clear + "/next")).body().string(MAX));
    }

    @Test
    void whatCannotBeReachedIsTold() throws IOException {
        int nobody;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            nobody = socket.getLocalPort();
        }
        HttpException refused =
                assertThrows(HttpException.class, () -> client.send(Request.get("http://127.0.0.1:" + nobody + "/")));
        assertEquals(Phase.CONNECT, refused.phase());
        assertTrue(refused.retrySafe());
    }

    @Test
    void aServerThatIsNotTrustedIsRefused() throws IOException {
        try (HttpClient wary =
                HttpClient.builder().runtime(runtime).tls(Tls.client().build()).build()) {
            HttpException refused = assertThrows(HttpException.class, () -> wary.send(Request.get(secure + "/")));
            assertEquals(Phase.HANDSHAKE, refused.phase());
            Throwable cause = refused.getCause();
            while (cause != null && !(cause instanceof CertificateException)) {
                cause = cause.getCause();
            }
            assertNotNull(cause, refused.toString());
        }
    }

    @Test
    void anEventLoopMustNotWait() throws Exception {
        CompletableFuture<Throwable> thrown = new CompletableFuture<>();
        CompletableFuture<Void> told = client.sendAsync(Request.get(clear + "/"))
                .thenAccept(first -> {
                    try {
                        client.send(Request.get(clear + "/"));
                        thrown.complete(null);
                    } catch (IOException | RuntimeException e) {
                        thrown.complete(e);
                    }
                });
        assertInstanceOf(IllegalStateException.class, thrown.get());
        told.get();
    }

    @Test
    void nothingBeginsOnceTheClientIsClosed() throws IOException {
        HttpClient other = client(PoolSettings.defaults());
        other.send(Request.get(clear + "/")).body().string(MAX);
        other.close();
        assertEquals(0, other.metrics().open());
        ExecutionException refused = assertThrows(
                ExecutionException.class,
                () -> other.sendAsync(Request.get(clear + "/")).get());
        assertInstanceOf(HttpException.class, refused.getCause());
    }

    @Test
    void aRequestMustSayWhereTo() {
        assertThrows(
                IllegalArgumentException.class,
                () -> client.send(Request.builder(Method.GET, "/").build()));
        assertThrows(IllegalArgumentException.class, () -> Request.get("ftp://localhost/"));
        assertThrows(IllegalArgumentException.class, () -> Request.get("http:///path"));
        assertThrows(IllegalArgumentException.class, () -> Request.get("http://user@localhost/"));
        assertThrows(IllegalArgumentException.class, () -> Request.get("http://localhost/a b"));
    }

    @Test
    void aClientCanStandWhereAHandlerIsWanted() throws Exception {
        HttpClient upstream = client;
        String target = clear;
        try (HttpServer proxy = HttpServer.builder()
                .runtime(runtime)
                .asyncHandler(request -> upstream.sendAsync(Request.to(request.method(), target + request.target())
                        .body(request.body())
                        .build()))
                .http(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .start()) {
            String front = "http://localhost:" + proxy.addresses().get(0).getPort();
            assertEquals(
                    "GET /through",
                    client.send(Request.get(front + "/through")).body().string(MAX));
            byte[] content = bytes(1_000_000);
            Response back = client.send(Request.post(front + "/echo", "application/octet-stream", Body.wrap(content)));
            assertEquals(content.length, back.body().bytes(MAX).length);
        }
    }
}
