package dev.millrace.server;

import static dev.millrace.server.Rows.closed;
import static dev.millrace.server.Rows.counted;
import static dev.millrace.server.Rows.firstByte;
import static dev.millrace.server.Rows.request;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Limits;
import dev.millrace.http.Phase;
import dev.millrace.http.Timeouts;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.ConnectionState;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Over sockets, in clear: each ending of a connection is told to observers once, with its exact reason and phase, and counts
 * in exactly one row of the metrics.
 */
@Timeout(120)
class EndingTest {
    private static final Timeouts TIMES = Timeouts.defaults();
    private static final String POST = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12";

    private static void status(Client client, int wanted) throws Exception {
        String text = new String(client.rest(), StandardCharsets.ISO_8859_1);
        assertTrue(text.startsWith("HTTP/1.1 " + wanted + " "), text);
    }

    @Test
    void peerSilent() throws Exception {
        try (ObservedServer server = new ObservedServer()) {
            try (Client client = server.client().endSending()) {
                Recorded.Ending ending = server.ending().is(CloseReason.PEER_SILENT, Phase.OPENED, null);
                assertNull(ending.after("opened").handshake());
                assertEquals("http", ending.connection().listener());
                assertEquals(0, ending.stats().bytesIn() + ending.stats().bytesOut());
                assertEquals(0, client.rest().length);
            }
            server.assertCounted(closed(1, "http", "peer_silent", "peer", "opened"));
        }
    }

    @Test
    void completed() throws Exception {
        try (ObservedServer server = new ObservedServer()) {
            try (Client client = server.client().get("/").get("/missing")) {
                client.responses(2);
                client.endSending();
                Recorded.Ending ending = server.ending().is(CloseReason.COMPLETED, Phase.IDLE, null);
                ending.after("opened", "started", "ended", "started", "ended");
                assertEquals(2, ending.stats().requests());
                assertEquals(
                        2 * "GET / HTTP/1.1\r\nHost: a\r\n\r\n".length() + 7,
                        ending.stats().bytesIn());
                assertEquals(client.rest().length, ending.stats().bytesOut());
            }
            server.assertCounted(counted(
                    closed(1, "http", "completed", "peer", "idle"),
                    firstByte(1),
                    request(1, "2xx"),
                    request(1, "4xx")));
        }
    }

    @Test
    void truncated() throws Exception {
        try (ObservedServer server = new ObservedServer()) {
            try (Client client = server.client()) {
                client.send("GET / HTTP/1.1\r\n").endSending();
                server.ending()
                        .is(CloseReason.TRUNCATED_REQUEST, Phase.HEADERS, null)
                        .after("opened");
            }
            try (Client client = server.client()) {
                client.send(POST).endSending();
                server.ending()
                        .is(CloseReason.TRUNCATED_REQUEST, Phase.BODY, null)
                        .after("opened", "started", "ended");
            }
            server.assertCounted(counted(
                    closed(1, "http", "truncated_request", "peer", "headers"),
                    closed(1, "http", "truncated_request", "peer", "body"),
                    firstByte(2),
                    request(1, "4xx")));
        }
    }

    @Test
    void firstByteAndIdleTimeout() throws Exception {
        try (ObservedServer server = new ObservedServer()) {
            try (Client client = server.client()) {
                server.await(each -> each.state() == ConnectionState.SILENT);
                server.advance(TIMES.firstByte().plusSeconds(1));
                server.ending()
                        .is(CloseReason.FIRST_BYTE_TIMEOUT, Phase.OPENED, null)
                        .after("opened");
                assertEquals(0, client.rest().length);
            }
            try (Client client = server.client().get("/")) {
                client.responses(1);
                server.await(each -> each.state() == ConnectionState.IDLE);
                server.advance(TIMES.keepAliveIdle().plusSeconds(1));
                server.ending().is(CloseReason.IDLE_TIMEOUT, Phase.IDLE, null);
            }
            server.assertCounted(counted(
                    closed(1, "http", "first_byte_timeout", "peer", "opened"),
                    closed(1, "http", "idle_timeout", "local", "idle"),
                    firstByte(1),
                    request(1, "2xx")));
        }
    }

    @Test
    void timeoutsWithinARequest() throws Exception {
        try (ObservedServer server = new ObservedServer()) {
            try (Client client = server.client().send("GET / HTTP/1.1\r\n")) {
                server.await(each -> each.bytesIn() == 16);
                server.advance(TIMES.headers().plusSeconds(1));
                status(client, 408);
                client.endSending();
                server.ending()
                        .is(CloseReason.HEADERS_TIMEOUT, Phase.HEADERS, null)
                        .after("opened");
            }
            try (Client client = server.client().send(POST)) {
                server.await(each -> each.requests() == 1);
                server.advance(TIMES.progressWindow().plusSeconds(1));
                status(client, 408);
                client.endSending();
                server.ending().is(CloseReason.BODY_TIMEOUT, Phase.BODY, null).after("opened", "started", "ended");
            }
            try (Client client = server.client().get("/never")) {
                server.await(each -> each.requests() == 1);
                server.advance(TIMES.handler().plusSeconds(1));
                status(client, 503);
                client.endSending();
                server.ending()
                        .is(CloseReason.HANDLER_TIMEOUT, Phase.HANDLER, null)
                        .after("opened", "started", "ended");
            }
            server.assertCounted(counted(
                    closed(1, "http", "headers_timeout", "peer", "headers"),
                    closed(1, "http", "body_timeout", "peer", "body"),
                    closed(1, "http", "handler_timeout", "local", "handler"),
                    firstByte(3),
                    request(1, "4xx"),
                    request(1, "5xx")));
        }
    }

    @Test
    void writeTimeout() throws Exception {
        try (ObservedServer server = new ObservedServer()) {
            try (Client client = new Client(server.clearPort(), 4096)) {
                client.get("/large");
                server.await(each -> each.pendingOut() > 0);
                // the kernel may go on taking some, which is progress
                server.endingAfter(TIMES.progressWindow().plusSeconds(1))
                        .is(CloseReason.WRITE_TIMEOUT, Phase.RESPONSE, null)
                        .after("opened", "started", "ended");
            }
            server.assertCounted(
                    counted(closed(1, "http", "write_timeout", "peer", "response"), firstByte(1), request(1, "2xx")));
        }
    }

    @Test
    void reset() throws Exception {
        try (ObservedServer server = new ObservedServer()) {
            Client silent = server.client();
            server.await(each -> each.state() == ConnectionState.SILENT);
            silent.reset();
            server.ending().is(CloseReason.PEER_RESET, Phase.OPENED, null).after("opened");

            Client asks = server.client().send("GET /");
            server.await(each -> each.bytesIn() == 5);
            asks.reset();
            server.ending().is(CloseReason.PEER_RESET, Phase.HEADERS, null);

            Client idle = server.client().get("/");
            idle.responses(1);
            server.await(each -> each.state() == ConnectionState.IDLE);
            idle.reset();
            server.ending().is(CloseReason.PEER_RESET, Phase.IDLE, null);
            server.assertCounted(counted(
                    closed(1, "http", "peer_reset", "peer", "opened"),
                    closed(1, "http", "peer_reset", "peer", "headers"),
                    closed(1, "http", "peer_reset", "peer", "idle"),
                    firstByte(2),
                    request(1, "2xx")));
        }
    }

    @Test
    void closedEarly() throws Exception {
        try (ObservedServer server = new ObservedServer()) {
            Client client = new Client(server.clearPort(), 4096).get("/large");
            server.await(each -> each.pendingOut() > 0);
            client.reset();
            server.ending()
                    .is(CloseReason.PEER_CLOSED_EARLY, Phase.RESPONSE, null)
                    .after("opened", "started", "ended");
            server.assertCounted(counted(
                    closed(1, "http", "peer_closed_early", "peer", "response"), firstByte(1), request(1, "2xx")));
        }
    }

    @Test
    void refused() throws Exception {
        Limits small = Limits.defaults().withHeaderSection(1024).withBody(10);
        try (ObservedServer server = new ObservedServer(small)) {
            try (Client client = server.client().send("GET /\r\n\r\n")) {
                status(client, 400);
                client.endSending();
                server.ending()
                        .is(CloseReason.PROTOCOL_ERROR, Phase.HEADERS, null)
                        .after("opened");
            }
            try (Client client =
                    server.client().send("GET / HTTP/1.1\r\nHost: a\r\nX: " + "x".repeat(2000) + "\r\n\r\n")) {
                status(client, 431);
                client.endSending();
                server.ending()
                        .is(CloseReason.LIMIT_EXCEEDED, Phase.HEADERS, null)
                        .after("opened");
            }
            try (Client client = server.client()
                    .send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                            + "b\r\n01234567890\r\n0\r\n\r\n")) {
                status(client, 413);
                client.endSending();
                server.ending().is(CloseReason.LIMIT_EXCEEDED, Phase.BODY, null).after("opened", "started", "ended");
            }
            server.assertCounted(counted(
                    closed(1, "http", "protocol_error", "peer", "headers"),
                    closed(1, "http", "limit_exceeded", "peer", "headers"),
                    closed(1, "http", "limit_exceeded", "peer", "body"),
                    firstByte(3),
                    request(1, "4xx")));
        }
    }

    @Test
    void byTheHandler() throws Exception {
        try (ObservedServer server = new ObservedServer()) {
            try (Client client = server.client().get("/last")) {
                status(client, 200);
                client.endSending();
                server.ending()
                        .is(CloseReason.SERVER_CLOSED, Phase.CLOSING, null)
                        .after("opened", "started", "ended");
            }
            try (Client client = server.client().get("/breaks")) {
                status(client, 200);
                server.ending()
                        .is(CloseReason.HANDLER_ERROR, Phase.RESPONSE, null)
                        .after("opened", "started", "ended");
            }
            try (Client client = server.client()
                    .send("GET /tunnel HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n")) {
                server.await(each -> each.state() == ConnectionState.TUNNEL);
                client.send("through").endSending();
                assertTrue(new String(client.rest(), StandardCharsets.US_ASCII).endsWith("\r\n\r\nthrough"));
                server.ending().is(CloseReason.UPGRADED, Phase.TUNNEL, null).after("opened", "started", "ended");
            }
            try (Client client = server.client()) {
                client.send("GET /bad-tunnel HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n");
                server.ending()
                        .is(CloseReason.HANDLER_ERROR, Phase.TUNNEL, null)
                        .after("opened", "started", "ended");
            }
            server.assertCounted(counted(
                    closed(1, "http", "server_closed", "local", "closing"),
                    closed(1, "http", "handler_error", "local", "response"),
                    closed(1, "http", "upgraded", "peer", "tunnel"),
                    closed(1, "http", "handler_error", "local", "tunnel"),
                    firstByte(4),
                    request(2, "2xx"),
                    request(2, "1xx")));
        }
    }

    @Test
    void byAStop() throws Exception {
        ObservedServer server = new ObservedServer();
        try (server;
                Client silent = server.client();
                Client idle = server.client().get("/")) {
            idle.responses(1);
            server.awaitAll(2, each -> each.state() != ConnectionState.ACTIVE);
            server.server().close();
            Recorded.Ending one = server.ending();
            Recorded.Ending other = server.ending();
            boolean inOrder = one.end().phase() == Phase.OPENED;
            (inOrder ? one : other).is(CloseReason.DRAINED, Phase.OPENED, null);
            (inOrder ? other : one).is(CloseReason.DRAINED, Phase.IDLE, null);
            server.assertCounted(counted(
                    closed(1, "http", "drained", "local", "opened"),
                    closed(1, "http", "drained", "local", "idle"),
                    firstByte(1),
                    request(1, "2xx")));
            assertEquals(0, silent.rest().length);
        }
    }

    @Test
    void byAStopThatIsForced() throws Exception {
        ObservedServer server = new ObservedServer();
        try (server;
                Client client = server.client()) {
            client.get("/never");
            server.await(each -> each.requests() == 1);
            server.server().drain(Duration.ofSeconds(1));
            server.endingAfter(Duration.ofSeconds(1))
                    .is(CloseReason.DRAIN_FORCED, Phase.HANDLER, null)
                    .after("opened", "started", "ended");
            server.assertCounted(counted(closed(1, "http", "drain_forced", "local", "handler"), firstByte(1)));
        }
    }
}
