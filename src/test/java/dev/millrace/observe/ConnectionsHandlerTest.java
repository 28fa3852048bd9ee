package dev.millrace.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Method;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.http.Version;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

class ConnectionsHandlerTest {
    private static final List<ConnectionSnapshot> TWO = List.of(
            new ConnectionSnapshot(
                    7,
                    "https",
                    ConnectionState.IDLE,
                    61_001_999_999L,
                    1_234,
                    567_890,
                    0,
                    0,
                    12,
                    Version.HTTP_1_1,
                    "TLSv1.3",
                    "TLS_AES_128_GCM_SHA256",
                    "http/1.1",
                    address(new byte[] {(byte) 192, 0, 2, 1}, 50_000),
                    null),
            new ConnectionSnapshot(
                    12_345,
                    "http",
                    ConnectionState.SILENT,
                    -1,
                    0,
                    0,
                    65_536,
                    3,
                    0,
                    null,
                    null,
                    null,
                    null,
                    null,
                    null));

    private static InetSocketAddress address(byte[] address, int port) {
        try {
            return new InetSocketAddress(InetAddress.getByAddress(address), port);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private static Response get(String target, String accept) {
        Request.Builder request = Request.builder(Method.GET, target);
        if (!accept.isEmpty()) {
            request.header("Accept", accept);
        }
        return new ConnectionsHandler(() -> CompletableFuture.completedFuture(TWO))
                .handle(request.build())
                .toCompletableFuture()
                .join();
    }

    private static String type(String target, String accept) {
        return get(target, accept).headers().get("Content-Type");
    }

    @Test
    void theFormatIsNegotiated() {
        String text = "text/plain; charset=utf-8";
        String json = "application/json";
        assertEquals(text, type("/connections", ""));
        assertEquals(text, type("/connections", "*/*"));
        assertEquals(text, type("/connections", "text/html,*/*;q=0.8"));
        assertEquals(text, type("/connections", "application/json;q=0.1, text/plain"));
        assertEquals(json, type("/connections", "application/json"));
        assertEquals(json, type("/connections", "application/json, */*"));
        assertEquals(json, type("/connections?format=json", "text/plain"));
        assertEquals(text, type("/connections?format=text", "application/json"));
        Response other = get("/connections?format=xml", "");
        assertEquals(400, other.status().code());
        assertEquals("no-store", get("/connections", "").headers().get("Cache-Control"));
    }

    @Test
    void onlyReadingIsAllowed() {
        Supplier<CompletionStage<List<ConnectionSnapshot>>> nobodyAsks = () -> {
            throw new AssertionError("asked");
        };
        Response response = new ConnectionsHandler(nobodyAsks)
                .handle(Request.builder(Method.DELETE, "/connections").build())
                .toCompletableFuture()
                .join();
        assertEquals(405, response.status().code());
        assertEquals("GET, HEAD", response.headers().get("Allow"));
    }

    @Test
    void theAnswerComesWhenTheConnectionsDo() {
        CompletableFuture<List<ConnectionSnapshot>> later = new CompletableFuture<>();
        CompletableFuture<Response> answer = new ConnectionsHandler(() -> later)
                .handle(Request.builder(Method.HEAD, "/connections").build())
                .toCompletableFuture();
        assertFalse(answer.isDone());
        IllegalStateException failure = new IllegalStateException();
        later.completeExceptionally(failure);
        CompletionException thrown = Assertions.assertThrows(CompletionException.class, answer::join);
        assertSame(failure, thrown.getCause());
    }

    @Test
    void theTable() throws IOException {
        assertEquals(
                "   ID  LISTENER  STATE      AGE    IN     OUT  PENDING  KEPT  REQUESTS  PROTOCOL  TLS      SUITE"
                        + "                   ALPN      STREAMS  REMOTE\n"
                        + "    7  https     idle    61.001  1234  567890        0     0        12  http/1.1  TLSv1.3"
                        + "  TLS_AES_128_GCM_SHA256  http/1.1        -  192.0.2.1:50000\n"
                        + "12345  http      silent   0.000     0       0    65536     3         0  -         -        -"
                        + "                       -               -  -\n"
                        + "2 connections\n",
                get("/connections", "").body().string(1 << 16));
        assertTrue(ConnectionsText.table(TWO.subList(0, 1)).endsWith("\n1 connection\n"));
        assertTrue(ConnectionsText.table(List.of()).endsWith("REMOTE\n0 connections\n"));
    }

    @Test
    void theJson() throws IOException {
        assertEquals(
                "{\"count\":2,\"connections\":[\n"
                        + "{\"id\":7,\"listener\":\"https\",\"state\":\"idle\",\"ageSeconds\":61.001,\"bytesIn\":1234,"
                        + "\"bytesOut\":567890,\"pendingOut\":0,\"keptIn\":0,\"requests\":12,\"protocol\":\"http/1.1\","
                        + "\"tlsVersion\":\"TLSv1.3\",\"cipherSuite\":\"TLS_AES_128_GCM_SHA256\","
                        + "\"alpn\":\"http/1.1\",\"remoteAddress\":\"192.0.2.1:50000\",\"http2\":null},\n"
                        + "{\"id\":12345,\"listener\":\"http\",\"state\":\"silent\",\"ageSeconds\":0.000,\"bytesIn\":0,"
                        + "\"bytesOut\":0,\"pendingOut\":65536,\"keptIn\":3,\"requests\":0,\"protocol\":null,"
                        + "\"tlsVersion\":null,\"cipherSuite\":null,\"alpn\":null,\"remoteAddress\":null,\"http2\":null}\n"
                        + "]}\n",
                get("/connections?format=json", "").body().string(1 << 16));
        assertEquals("{\"count\":0,\"connections\":[\n]}\n", ConnectionsText.json(List.of()));
    }

    @Test
    void textsCannotBreakOut() {
        ConnectionSnapshot odd = new ConnectionSnapshot(
                1,
                "a\"b\\c\n\r\t\u0001\u007f\ud800\u00e9",
                ConnectionState.ACTIVE,
                0,
                0,
                0,
                0,
                0,
                0,
                Version.HTTP_2,
                null,
                "",
                "x y",
                InetSocketAddress.createUnresolved("peer.example", 1),
                new Http2Snapshot(1, 2, 3, 4, 5, 1_500_000, true));
        assertTrue(
                ConnectionsText.json(List.of(odd))
                        .contains("\"listener\":\"a\\\"b\\\\c\\n\\r\\t\\u0001\\u007f\\ud800\u00e9\","),
                ConnectionsText.json(List.of(odd)));
        assertTrue(
                ConnectionsText.json(List.of(odd))
                        .contains("\"http2\":{\"open\":1,\"halfClosedLocal\":2,\"halfClosedRemote\":3,"
                                + "\"sendWindow\":4,\"receiveWindow\":5,\"roundTripSeconds\":0.0015,"
                                + "\"leaving\":true}"),
                ConnectionsText.json(List.of(odd)));
        String row = ConnectionsText.table(List.of(odd)).split("\n", -1)[1];
        assertTrue(row.contains("a\"b\\c?????\ud800\u00e9"), row);
        assertTrue(row.endsWith("h2        -    -      x?y         6  peer.example:1"), row);
    }

    @Test
    void anAddressOfVersionSixStandsInBrackets() {
        byte[] address = new byte[16];
        address[0] = 0x20;
        address[1] = 0x01;
        address[15] = 1;
        ConnectionSnapshot snapshot = new ConnectionSnapshot(
                1,
                "http",
                ConnectionState.ACTIVE,
                0,
                0,
                0,
                0,
                0,
                0,
                null,
                null,
                null,
                null,
                address(address, 443),
                null);
        assertEquals("[2001:0:0:0:0:0:0:1]:443", snapshot.remote());
    }
}
