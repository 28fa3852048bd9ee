package dev.millrace.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.AsyncHandler;
import dev.millrace.http.Body;
import dev.millrace.http.Handler;
import dev.millrace.http.Method;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.http.Status;
import dev.millrace.http.Timeouts;
import dev.millrace.http.Tunnel;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.net.CertificateAuthority;
import dev.millrace.net.Tls;
import dev.millrace.observe.ConnectionEnd;
import dev.millrace.observe.ConnectionInfo;
import dev.millrace.observe.ConnectionListener;
import dev.millrace.observe.ConnectionSnapshot;
import dev.millrace.observe.ConnectionStats;
import dev.millrace.observe.HandshakeInfo;
import dev.millrace.testkit.HeldTunnel;
import dev.millrace.testkit.TlsFixture;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Servers that answer CONNECT and then speak for the host that was asked for, on sockets of this machine. */
@Timeout(120)
class InterceptionTest {
    private static final CertificateAuthority AUTHORITY = CertificateAuthority.create("Interception");
    private static final Tls MINTING = TlsFixture.build(Tls.server().mintedBy(AUTHORITY));

    private final Queue<String> ends = new ConcurrentLinkedQueue<>();
    private @Nullable HttpServer server;

    private HttpServer running() {
        HttpServer known = server;
        if (known == null) {
            throw new AssertionError("no server");
        }
        return known;
    }

    private static InetSocketAddress free() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    private static Response answer(String authority, Request inner) throws IOException {
        return switch (inner.path()) {
            case "/large" -> Response.ok("application/octet-stream", Body.of(pattern(3 << 20)));
            case "/echo" ->
                Response.ok("application/octet-stream", Body.of(inner.body().bytes(10 << 20)));
            default ->
                Response.text(authority + " " + inner.version() + " " + inner.authority() + " "
                        + (inner.tls() == null ? "clear" : inner.tls().serverName()));
        };
    }

    /** Before the end of the block that would do it. */
    private static void stop(AutoCloseable open) throws Exception {
        open.close();
    }

    private static byte[] pattern(int size) {
        byte[] bytes = new byte[size];
        new Random(1).nextBytes(bytes);
        return bytes;
    }

    private HttpServer.Builder builder(@Nullable Tls tls, boolean async) {
        Handler handler = request -> {
            if (request.method() != Method.CONNECT) {
                return Response.of(Status.NOT_FOUND);
            }
            String authority = request.authority();
            Handler inner = asked -> answer(authority, asked);
            AsyncHandler asyncInner = asked -> {
                CompletableFuture<Response> done = new CompletableFuture<>();
                new Thread(() -> {
                            try {
                                done.complete(answer(authority, asked));
                            } catch (IOException e) {
                                done.completeExceptionally(e);
                            }
                        })
                        .start();
                return done;
            };
            return Response.tunnel(tunnel -> {
                if (async) {
                    running().serveAsync(tunnel, tls, asyncInner);
                } else {
                    running().serve(tunnel, tls, inner);
                }
            });
        };
        ends.clear();
        HttpServer.Builder builder = HttpServer.builder().http(free()).connectionListener(new ConnectionListener() {
            @Override
            public void closed(
                    ConnectionInfo connection,
                    ConnectionEnd end,
                    @Nullable HandshakeInfo handshake,
                    ConnectionStats stats) {
                ends.add(connection.listener() + " " + end.reason());
            }
        });
        return async
                ? builder.asyncHandler(request -> {
                    try {
                        return CompletableFuture.completedFuture(handler.handle(request));
                    } catch (Exception e) {
                        return CompletableFuture.failedFuture(e);
                    }
                })
                : builder.handler(handler);
    }

    private static SSLContext trusting() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setCertificateEntry("authority", AUTHORITY.certificate());
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    private static HttpClient client(HttpServer server, HttpClient.Version version) throws Exception {
        return HttpClient.newBuilder()
                .sslContext(trusting())
                .version(version)
                .proxy(ProxySelector.of(server.addresses().get(0)))
                .build();
    }

    private static HttpRequest.Builder to(String path) {
        return HttpRequest.newBuilder(URI.create("https://intercepted.test" + path))
                .timeout(Duration.ofSeconds(60));
    }

    @ParameterizedTest
    @EnumSource(HttpClient.Version.class)
    void aProxyThatSpeaksForTheOrigin(HttpClient.Version version) throws Exception {
        for (boolean async : new boolean[] {false, true}) {
            try (HttpServer started = builder(MINTING, async).start()) {
                server = started;
                HttpClient client = client(started, version);
                String http = version == HttpClient.Version.HTTP_2 ? "HTTP/2" : "HTTP/1.1";
                for (int i = 0; i < 3; i++) {
                    assertEquals(
                            "intercepted.test:443 " + http + " intercepted.test intercepted.test",
                            client.send(to("/").build(), HttpResponse.BodyHandlers.ofString())
                                    .body());
                }
                assertTrue(Arrays.equals(
                        pattern(3 << 20),
                        client.send(to("/large").build(), HttpResponse.BodyHandlers.ofByteArray())
                                .body()));
                byte[] sent = pattern(2 << 20);
                HttpRequest post = to("/echo")
                        .POST(HttpRequest.BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(sent)))
                        .build();
                assertTrue(Arrays.equals(
                        sent,
                        client.send(post, HttpResponse.BodyHandlers.ofByteArray())
                                .body()));
                List<ConnectionSnapshot> open =
                        started.connections().toCompletableFuture().get(30, TimeUnit.SECONDS);
                ConnectionSnapshot inner = open.stream()
                        .filter(each -> each.listener().equals("tunnel"))
                        .findFirst()
                        .orElseThrow();
                assertEquals("TLSv1.3", inner.tlsVersion());
                assertNotNull(inner.remoteAddress());
                assertTrue(inner.requests() > 0);
                stop(started);
                List<String> inTunnels =
                        ends.stream().filter(each -> each.startsWith("tunnel ")).toList();
                assertEquals(1, inTunnels.size(), "one connection carried all: " + inTunnels);
            }
        }
    }

    /** A socket that has asked for a tunnel and was given it. */
    private static Socket connected(HttpServer server) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        socket.setSoTimeout(30_000);
        socket.getOutputStream()
                .write("CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int c = socket.getInputStream().read();
            assertTrue(c >= 0, "the end came after " + head);
            head.append((char) c);
        }
        assertTrue(head.toString().startsWith("HTTP/1.1 200 "), head.toString());
        return socket;
    }

    private static SSLSocket tls(Socket socket) throws Exception {
        SSLSocket secured = (SSLSocket) trusting().getSocketFactory().createSocket(socket, "a.test", 443, true);
        secured.setSoTimeout(30_000);
        secured.startHandshake();
        return secured;
    }

    @Test
    void inClear() throws Exception {
        try (HttpServer started = builder(null, false).start()) {
            server = started;
            try (Socket socket = connected(started)) {
                socket.getOutputStream()
                        .write("GET / HTTP/1.1\r\nHost: b.test\r\nConnection: close\r\n\r\n"
                                .getBytes(StandardCharsets.US_ASCII));
                String text = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
                assertTrue(text.endsWith("a.test:443 HTTP/1.1 b.test clear"), text);
            }
        }
    }

    @Test
    void aServerThatStopsSaysGoodbyeInsideOfTheTunnel() throws Exception {
        HttpServer started = builder(MINTING, false).start();
        server = started;
        try (SSLSocket idle = tls(connected(started))) {
            idle.getOutputStream().write("GET / HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            int c = 0;
            while (c >= 0 && c != 'a') { // of the answer's a.test
                c = idle.getInputStream().read();
            }
            CompletableFuture<Void> closing = CompletableFuture.runAsync(started::close);
            byte[] rest = idle.getInputStream().readAllBytes(); // would throw without close_notify
            assertTrue(new String(rest, StandardCharsets.US_ASCII).endsWith("a.test"));
            stop(idle);
            closing.get(30, TimeUnit.SECONDS);
        }
        assertTrue(ends.contains("tunnel DRAINED"), ends.toString());
        assertTrue(ends.contains("http UPGRADED"), ends.toString());
    }

    @Test
    void aServerThatStopsCutsOffWhatIsLeftInTime() throws Exception {
        HttpServer started = builder(MINTING, false)
                .timeouts(Timeouts.defaults().withDrain(Duration.ofMillis(200)))
                .start();
        server = started;
        try (SSLSocket open = tls(connected(started))) {
            open.getOutputStream()
                    .write("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            List<ConnectionSnapshot> inner = new ArrayList<>();
            while (inner.stream().noneMatch(each -> each.requests() > 0)) {
                inner = started.connections().toCompletableFuture().get(30, TimeUnit.SECONDS).stream()
                        .filter(each -> each.listener().equals("tunnel"))
                        .toList();
            }
            started.close();
            assertTrue(ends.contains("tunnel DRAIN_FORCED"), ends.toString());
            assertThrows(IOException.class, () -> {
                if (open.getInputStream().read() < 0) {
                    throw new IOException("ended");
                }
            });
        }
    }

    @Test
    void aServerThatHasStoppedClosesTheTunnel() throws Exception {
        HttpServer stopped = builder(MINTING, false).start();
        stopped.close();
        Tunnel tunnel = new HeldTunnel();
        stopped.serve(tunnel, null, request -> Response.text("x"));
        assertTrue(tunnel.closed().toCompletableFuture().isDone());
    }

    @Test
    void aTunnelOfTheUsersOwnMake() throws Exception {
        HeldTunnel tunnel = new HeldTunnel();
        try (HttpServer started = builder(MINTING, false).start()) {
            started.serve(tunnel, null, request -> Response.text("hello " + request.path()));
            tunnel.send("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            tunnel.outputEnd().get(30, TimeUnit.SECONDS);
            assertTrue(tunnel.text().endsWith("hello /x"), tunnel.text());
            tunnel.end();
        }
    }

    @Test
    void aClientsConfigurationIsRefused() throws Exception {
        try (HttpServer started = builder(MINTING, false).start()) {
            Tls client = TlsFixture.build(Tls.client());
            Tunnel tunnel = new HeldTunnel();
            assertThrows(
                    IllegalArgumentException.class, () -> started.serve(tunnel, client, request -> Response.text("x")));
        }
    }
}
