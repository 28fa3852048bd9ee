package dev.millrace.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Phase;
import dev.millrace.http.Response;
import dev.millrace.http.Timeouts;
import dev.millrace.internal.tls.TlsAccess;
import dev.millrace.net.TimedRuntime;
import dev.millrace.observe.CloseReason;
import dev.millrace.testkit.TlsFixture;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whose a connection is that comes from a proxy: from a trusted one what it says, from others what is seen. */
@Timeout(120)
@SuppressWarnings("try") // closing is what is tested
class ProxyProtocolTest {
    private static final String HEADER = "PROXY TCP4 192.0.2.1 198.51.100.2 49152 443\r\n";
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

    private final Recorded recorded = new Recorded();

    private static InetSocketAddress free() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    private HttpServer.Builder server() {
        return HttpServer.builder()
                .connectionListener(recorded)
                .handler(r -> Response.text(r.remoteAddress().getAddress().getHostAddress() + " "
                        + r.remoteAddress().getPort() + " "
                        + r.context().localAddress().getPort()));
    }

    private HttpServer trusting() throws IOException {
        return server().http(free()).proxyProtocol("127.0.0.0/8", "::1").start();
    }

    @Test
    void aTrustedProxysHeaderSaysWhoThePeerIs() throws Exception {
        try (HttpServer server = trusting()) {
            for (int cut : new int[] {0, 1, 10, HEADER.length(), HEADER.length() + 5}) {
                String all = HEADER + GET;
                try (Client client = new Client(server.port())) {
                    client.send(all.substring(0, cut)).send(all.substring(cut));
                    assertEquals(
                            "192.0.2.1 49152 443", client.responses(1).get(0).text());
                    client.endSending();
                    assertEquals(
                            "192.0.2.1",
                            recorded.ending().connection().remoteAddress().getHostString());
                }
            }
        }
    }

    @Test
    void andItsOwnConnectionsKeepTheirAddress() throws Exception {
        try (HttpServer server = trusting();
                Client client = new Client(server.port())) {
            client.send("PROXY UNKNOWN\r\n" + GET);
            assertTrue(client.responses(1).get(0).text().startsWith("127.0.0.1 "));
        }
    }

    @Test
    void aTrustedProxyMustSendOne() throws Exception {
        try (HttpServer server = trusting();
                Client client = new Client(server.port()).send(GET)) {
            recorded.ending().is(CloseReason.PROTOCOL_ERROR, Phase.HANDSHAKE, "proxy_header");
            assertEquals("", client.restOrReset());
        }
    }

    @Test
    void othersMustNot() throws Exception {
        try (HttpServer server =
                server().http(free()).proxyProtocol("192.0.2.0/24").start()) {
            try (Client client = new Client(server.port()).send(GET)) {
                assertTrue(client.responses(1).get(0).text().startsWith("127.0.0.1 "));
            }
            try (Client client = new Client(server.port()).send(HEADER + GET)) {
                assertEquals(400, client.responses(1).get(0).status());
            }
        }
    }

    @Test
    void itComesBeforeTheHandshake() throws Exception {
        try (HttpServer server = server().http(free())
                        .https(free(), TlsFixture.build(TlsFixture.SELF.server()))
                        .proxyProtocol("127.0.0.1")
                        .start();
                Client plain = new Client(server.port()).send(GET);
                TlsClient client = new TlsClient(
                        server.addresses().get(1).getPort(),
                        TlsAccess.settings(TlsFixture.build(TlsFixture.client()))
                                .newClientEngine("localhost", 443, null))) {
            assertEquals(200, plain.responses(1).get(0).status(), "only the listener that was named has it");
            client.raw(HEADER.getBytes(StandardCharsets.US_ASCII))
                    .handshake()
                    .send(GET)
                    .await("443");
            assertTrue(client.text().endsWith("192.0.2.1 49152 443"), client.text());
        }
    }

    @Test
    void itsEnds() throws Exception {
        try (TimedRuntime time = new TimedRuntime(1);
                HttpServer server = server().runtime(time.runtime())
                        .timeouts(Timeouts.defaults())
                        .http(free())
                        .proxyProtocol("127.0.0.1")
                        .start()) {
            try (Client client = new Client(server.port()).endSending()) {
                recorded.ending().is(CloseReason.PEER_SILENT, Phase.OPENED, null);
            }
            try (Client client = new Client(server.port()).send("PROX").endSending()) {
                recorded.ending().is(CloseReason.TRUNCATED_REQUEST, Phase.HANDSHAKE, null);
            }
            try (Client client = new Client(server.port())) {
                awaitBytes(server, 0);
                time.advance(Duration.ofSeconds(61));
                recorded.ending().is(CloseReason.FIRST_BYTE_TIMEOUT, Phase.OPENED, null);
            }
            try (Client client = new Client(server.port()).send("PROXY")) {
                awaitBytes(server, 5);
                time.advance(Duration.ofSeconds(31));
                recorded.ending().is(CloseReason.HEADERS_TIMEOUT, Phase.HANDSHAKE, null);
            }
            try (Client silent = new Client(server.port())) {
                awaitBytes(server, 0);
                try (Client begun = new Client(server.port()).send("PROXY");
                        Client late = new Client(server.port()).send(HEADER.substring(0, 8))) {
                    awaitBytes(server, 13);
                    server.drain(Duration.ofMinutes(1));
                    recorded.ending().is(CloseReason.DRAINED, Phase.OPENED, null);
                    late.send(HEADER.substring(8) + GET);
                    assertTrue(late.responses(1).get(0).closes());
                    late.endSending();
                    recorded.ending();
                    time.advance(Duration.ofMillis(2020));
                    recorded.ending().is(CloseReason.HEADERS_TIMEOUT, Phase.HANDSHAKE, null);
                }
            }
        }
    }

    private static void awaitBytes(HttpServer server, long bytes) throws Exception {
        while (true) {
            var open = server.connections().toCompletableFuture().get(60, TimeUnit.SECONDS);
            if (!open.isEmpty()
                    && open.stream().mapToLong(each -> each.bytesIn()).sum() == bytes) {
                return;
            }
            Thread.onSpinWait();
        }
    }

    @Test
    void wrongSettings() {
        assertThrows(IllegalStateException.class, () -> server().proxyProtocol("10.0.0.0/8"));
        assertThrows(IllegalArgumentException.class, () -> server().http(free()).proxyProtocol("example.org"));
        assertThrows(IllegalArgumentException.class, () -> server().http(free()).proxyProtocol());
    }
}
