package dev.millrace.server;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Body;
import dev.millrace.http.Limits;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.http.Timeouts;
import dev.millrace.net.NetRuntime;
import dev.millrace.testkit.ParsedResponse;
import dev.millrace.testkit.ResponseParser;
import dev.millrace.testkit.TlsFixture;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whole servers on sockets of this machine. */
@Timeout(120)
class HttpServerTest {
    private static InetSocketAddress free() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    private static HttpServer.Builder server() {
        return HttpServer.builder().http(free()).asyncHandler(HttpServerTest::path);
    }

    private static CompletableFuture<Response> path(Request request) {
        return CompletableFuture.completedFuture(Response.text(request.path()));
    }

    private static byte[] random(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    private static void await(CountDownLatch latch) throws InterruptedException {
        assertTrue(latch.await(60, TimeUnit.SECONDS));
    }

    @Test
    @SuppressWarnings("try") // closing is what is tested
    void startsServesAndStops() throws Exception {
        int port;
        try (HttpServer server = server().start()) {
            port = server.port();
            assertEquals(port, server.addresses().get(0).getPort());
            try (Client client = new Client(port)) {
                assertEquals("/x", client.get("/x").responses(1).get(0).text());
                server.close();
                server.awaitStop();
                server.close();
                ResponseParser.parse(client.rest(), true);
            }
        }
        assertThrows(IOException.class, () -> new Client(port).close());
    }

    @Test
    void blockingHandlersAndTheJdksClient() throws Exception {
        try (HttpServer server = HttpServer.builder()
                .http(free())
                .handler(r -> Response.text(r.method() + " " + r.body().string(1000)))
                .start()) {
            HttpClient client =
                    HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
            URI uri = URI.create("http://localhost:" + server.port() + "/");
            List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                all.add(client.sendAsync(
                        HttpRequest.newBuilder(uri)
                                .expectContinue(i % 2 == 0)
                                .POST(HttpRequest.BodyPublishers.ofString("n" + i))
                                .build(),
                        HttpResponse.BodyHandlers.ofString()));
            }
            for (int i = 0; i < 50; i++) {
                assertEquals("POST n" + i, all.get(i).get(60, TimeUnit.SECONDS).body());
            }
        }
    }

    @Test
    void severalServersOnOneRuntime() throws Exception {
        try (NetRuntime runtime = NetRuntime.builder().loops(2).start()) {
            HttpServer first = server().runtime(runtime).start();
            try (HttpServer second =
                    server().http(free()).runtime(runtime).reusePort(true).start()) {
                assertEquals(2, second.addresses().size());
                for (InetSocketAddress address : second.addresses()) {
                    try (Client client = new Client(address.getPort())) {
                        assertEquals("/y", client.get("/y").responses(1).get(0).text());
                    }
                }
                first.close();
                try (Client client = new Client(second.port())) {
                    assertEquals("/z", client.get("/z").responses(1).get(0).text(), "outlives the other");
                }
            }
        }
    }

    @Test
    @SuppressWarnings("try") // closing is what is tested
    void closingLetsAStartedRequestEndAndIdleConnectionsGo() throws Exception {
        CompletableFuture<Response> response = new CompletableFuture<>();
        CountDownLatch asked = new CountDownLatch(1);
        HttpServer server = HttpServer.builder()
                .http(free())
                .asyncHandler(r -> {
                    if (r.path().equals("/idle")) {
                        return path(r);
                    }
                    asked.countDown();
                    return response;
                })
                .start();
        try (Client idle = new Client(server.port());
                Client silent = new Client(server.port());
                Client active = new Client(server.port())) {
            idle.get("/idle").responses(1);
            active.get("/");
            await(asked);
            Thread closing = new Thread(server::close);
            closing.start();
            assertEquals(1, ResponseParser.parse(idle.rest(), true).size(), "ended in an orderly way");
            assertEquals(0, silent.rest().length);
            assertTrue(closing.isAlive());
            response.complete(Response.text("served"));
            ParsedResponse last = active.responses(1).get(0);
            assertEquals("served", last.text());
            assertTrue(last.closes());
            active.close();
            closing.join(60_000);
            assertFalse(closing.isAlive());
        }
    }

    @Test
    void closingCutsOffWhatIsLeftAtItsDeadline() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch cancelled = new CountDownLatch(1);
        HttpServer server = HttpServer.builder()
                .http(free())
                .timeouts(Timeouts.defaults().withDrain(Duration.ofMillis(50)))
                .asyncHandler(r -> {
                    r.cancelled().thenRun(cancelled::countDown);
                    asked.countDown();
                    return new CompletableFuture<>();
                })
                .start();
        try (Client client = new Client(server.port())) {
            client.get("/");
            await(asked);
            server.close();
            await(cancelled);
            assertThrows(IOException.class, client::rest, "a reset");
        }
    }

    @Test
    void closingFromAHandlerDoesNotWaitForItself() throws Exception {
        HttpServer[] server = new HttpServer[1];
        server[0] = HttpServer.builder()
                .http(free())
                .asyncHandler(r -> {
                    server[0].close();
                    return path(r);
                })
                .start();
        try (Client client = new Client(server[0].port())) {
            assertEquals("/x", client.get("/x").responses(1).get(0).text());
        }
        server[0].awaitStop();
    }

    @Test
    void aClosedRuntimeLeavesNothingOpen() throws Exception {
        NetRuntime runtime = NetRuntime.builder().loops(1).start();
        HttpServer server = server().runtime(runtime).start();
        try (Client client = new Client(server.port())) {
            client.get("/").responses(1);
            runtime.close();
            try {
                client.rest(); // the end, in whatever way, and not silence
            } catch (java.net.SocketTimeoutException e) {
                throw new AssertionError("left open", e);
            } catch (IOException reset) {
                // as good
            }
            assertThrows(IOException.class, () -> new Client(server.port()).close());
        }
    }

    @Test
    void theBoundOnConnectionsPausesAndResumes() throws Exception {
        try (HttpServer server =
                server().limits(Limits.defaults().withConnections(2)).start()) {
            Client first = new Client(server.port());
            Client second = new Client(server.port());
            first.get("/1").responses(1);
            second.get("/2").responses(1);
            try (Client third = new Client(server.port())) { // the kernel completes it
                third.get("/3");
                first.get("/1").responses(2);
                first.close();
                assertEquals("/3", third.responses(1).get(0).text());
            }
            second.close();
        }
    }

    @Test
    void aListenerMayRefuseWhomThereIsNoRoomFor() throws Exception {
        try (HttpServer server = server().refuseWhenFull()
                        .https(free(), TlsFixture.build(TlsFixture.SELF.server()))
                        .refuseWhenFull()
                        .limits(Limits.defaults().withConnections(1))
                        .start();
                Client first = new Client(server.port())) {
            first.get("/1").responses(1);
            try (Client second = new Client(server.port()).get("/2")) {
                String told = new String(second.rest(), StandardCharsets.US_ASCII);
                assertTrue(told.startsWith("HTTP/1.1 503 "), told);
                assertTrue(told.endsWith("\r\nConnection: close\r\n\r\n"), told);
            }
            try (Client second = new Client(server.addresses().get(1).getPort())) {
                assertArrayEquals(new byte[] {21, 3, 3, 0, 2, 2, 80}, second.rest());
            }
            assertEquals("/1", first.get("/1").responses(2).get(1).text());
        }
        assertThrows(IllegalStateException.class, () -> HttpServer.builder().refuseWhenFull());
    }

    @Test
    void theBoundOnConnectionsIsTheServersNotEachListeners() throws Exception {
        try (HttpServer server = server().http(free())
                .limits(Limits.defaults().withConnections(2))
                .start()) {
            int other = server.addresses().get(1).getPort();
            Client first = new Client(server.port());
            Client second = new Client(other);
            first.get("/1").responses(1);
            second.get("/2").responses(1);
            try (Client third = new Client(other)) {
                third.get("/3");
                second.get("/2").responses(2);
                assertEquals(
                        2,
                        server.connections()
                                .toCompletableFuture()
                                .get(60, TimeUnit.SECONDS)
                                .size());
                first.close();
                assertEquals("/3", third.responses(1).get(0).text());
            }
            second.close();
        }
    }

    @Test
    void arraysAndFilesOfAllSizesArriveAgainAndAgain(@TempDir Path folder) throws Exception {
        int[] sizes = {0, 1, 65_536, 130_000, 131_072, 131_073, 262_144, 1 << 20, (4 << 20) + 1};
        Map<String, byte[]> contents = new HashMap<>();
        Map<String, Body> bodies = new HashMap<>();
        for (int size : sizes) {
            byte[] content = random(size);
            contents.put("/array/" + size, content);
            bodies.put("/array/" + size, Body.wrap(content));
            contents.put("/file/" + size, content);
            bodies.put("/file/" + size, Body.file(Files.write(folder.resolve("" + size), content)));
        }
        try (HttpServer server = HttpServer.builder()
                .http(free())
                .asyncHandler(r -> CompletableFuture.completedFuture(Response.ok("a/b", bodies.get(r.path()))))
                .start()) {
            for (int receiveBuffer : new int[] {0, 4096}) {
                for (int size : sizes) {
                    try (Client client = new Client(server.port(), receiveBuffer)) {
                        for (int i = 0; i < 5; i++) {
                            client.get("/array/" + size).get("/file/" + size);
                        }
                        client.endSending();
                        List<ParsedResponse> responses = ResponseParser.parse(client.rest(), true);
                        assertEquals(10, responses.size());
                        for (ParsedResponse response : responses) {
                            assertArrayEquals(contents.get("/file/" + size), response.content(), "size " + size);
                        }
                    }
                }
            }
        }
    }

    @Test
    void aSlowReaderGetsALargeBody() throws Exception {
        byte[] content = random(10 << 20);
        try (HttpServer server = HttpServer.builder()
                        .http(free())
                        .asyncHandler(r -> CompletableFuture.completedFuture(Response.ok(
                                "a/b",
                                r.path().equals("/stream")
                                        ? Body.publisher(Body.wrap(content).publisher())
                                        : Body.wrap(content))))
                        .start();
                Client client = new Client(server.port(), 4096)) {
            for (String path : List.of("/", "/stream")) {
                client.get(path);
            }
            client.endSending();
            byte[] small = new byte[3000];
            for (int i = 0; i < 200; i++) {
                client.read(small);
            }
            List<ParsedResponse> responses = ResponseParser.parse(client.rest(), true);
            assertEquals(2, responses.size());
            for (ParsedResponse response : responses) {
                assertTrue(response.complete());
                assertArrayEquals(content, response.content());
            }
        }
    }

    @Test
    void aLargeUploadIsEchoed() throws Exception {
        byte[] content = random(5 << 20);
        try (HttpServer server = HttpServer.builder()
                .http(free())
                .asyncHandler(r -> CompletableFuture.completedFuture(Response.ok("a/b", r.body())))
                .start()) {
            HttpClient client =
                    HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
            for (boolean length : new boolean[] {true, false}) {
                HttpRequest.BodyPublisher publisher = HttpRequest.BodyPublishers.ofByteArray(content);
                HttpResponse<byte[]> response = client.send(
                        HttpRequest.newBuilder(URI.create("http://localhost:" + server.port()))
                                .POST(length ? publisher : HttpRequest.BodyPublishers.fromPublisher(publisher))
                                .timeout(Duration.ofSeconds(60))
                                .build(),
                        HttpResponse.BodyHandlers.ofByteArray());
                assertArrayEquals(content, response.body());
            }
        }
    }

    @Test
    void aFile(@TempDir Path dir) throws Exception {
        byte[] content = random(3 << 20);
        Path file = Files.write(dir.resolve("f"), content);
        try (HttpServer server = HttpServer.builder()
                        .http(free())
                        .handler(r -> Response.ok("a/b", Body.file(file)))
                        .start();
                Client client = new Client(server.port(), 4096)) {
            client.get("/").get("/").send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            List<ParsedResponse> responses = ResponseParser.parse(client.rest(), true);
            assertEquals(3, responses.size());
            for (ParsedResponse response : responses) {
                assertArrayEquals(content, response.content());
            }
        }
    }

    @Test
    void thousandsOfConnections() throws Exception {
        try (HttpServer server = server().start()) {
            List<Client> open = new ArrayList<>();
            for (int round = 0; round < 4; round++) {
                for (int i = 0; i < 500; i++) {
                    open.add(new Client(server.port()).get("/" + i));
                }
                for (int i = 0; i < 500; i++) {
                    assertEquals("/" + i, open.get(i).responses(1).get(0).text());
                }
                for (Client client : open) {
                    client.close();
                }
                open.clear();
            }
        }
    }

    @Test
    void wrongConfigurations() throws Exception {
        assertMessage("handler", () -> HttpServer.builder().http(free()).start());
        assertMessage("handler", () -> server().handler(r -> Response.text("x")).start());
        assertMessage(
                "listener",
                () -> HttpServer.builder().handler(r -> Response.text("x")).start());
        assertMessage("loops", () -> HttpServer.builder().loops(0));
        assertMessage("loops", () -> NetRuntime.builder().loops(0));
        assertMessage("65536", () -> HttpServer.builder().http(65536));
        assertMessage(
                "no.such.host.invalid",
                () -> HttpServer.builder().http(InetSocketAddress.createUnresolved("no.such.host.invalid", 80)));
        assertThrows(IllegalArgumentException.class, () -> HttpServer.builder().serverName("a\r\nb"));
        try (NetRuntime runtime = NetRuntime.start()) {
            assertMessage("loops", () -> server().runtime(runtime).loops(1).start());
        }
    }

    private static void assertMessage(String part, org.junit.jupiter.api.function.Executable call) {
        RuntimeException e = assertThrows(RuntimeException.class, call);
        assertTrue(String.valueOf(e.getMessage()).contains(part), e.getMessage());
    }

    @Test
    void aTakenPort() throws Exception {
        try (HttpServer server = server().start()) {
            assertThrows(
                    BindException.class,
                    () -> server().http(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()))
                            .start());
        }
    }
}
