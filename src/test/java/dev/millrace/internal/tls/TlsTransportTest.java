package dev.millrace.internal.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Body;
import dev.millrace.http.Limits;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.net.Tls;
import dev.millrace.observe.CloseReason;
import dev.millrace.testkit.ParsedResponse;
import dev.millrace.testkit.TlsFixture;
import dev.millrace.testkit.TlsPeer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests and responses over TLS: what leaves in which records, what waits, and how both sides say goodbye. */
class TlsTransportTest {
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    private static String get(String path) {
        return "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n";
    }

    private static String pattern(int size) {
        StringBuilder text = new StringBuilder(size);
        for (int i = 0; text.length() < size; i++) {
            text.append(i).append(' ');
        }
        return text.substring(0, size);
    }

    private static Response path(Request request) {
        return Response.text(request.path());
    }

    private static TlsFixture.Builder paths(String version) {
        return TlsFixture.builder().version(version).answering(TlsTransportTest::path);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void aRequestAndItsResponse(String version) {
        TlsFixture f = paths(version).open();
        assertEquals(version, f.peer().engine().getSession().getProtocol());
        f.peer().send(get("/x"));
        assertEquals("/x", f.peer().responses().get(0).text());
        f.peer().send(get("/y"));
        assertEquals("/y", f.peer().responses().get(1).text());
        assertFalse(f.transport().closed());
        f.peer().close();
        assertTrue(f.peer().closed(), "the goodbye is answered");
        f.assertClosed(CloseReason.COMPLETED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void anIdleConnectionHoldsNothing(String version) {
        TlsFixture f = paths(version).open();
        f.peer().send(GET);
        assertEquals(0, f.transport().kept());
        assertEquals(0, f.tls().pending());
        assertEquals(1, f.loop().armed());
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void pipelinedResponsesShareARecord(String version) {
        TlsFixture f = paths(version).open();
        int before = f.peer().records(TlsPeer.CONTENT);
        StringBuilder requests = new StringBuilder();
        for (int i = 0; i < 20; i++) {
            requests.append(get("/" + i));
        }
        f.peer().send(requests.toString());
        List<ParsedResponse> responses = f.peer().responses();
        assertEquals(20, responses.size());
        assertEquals("/19", responses.get(19).text());
        assertEquals(1, f.peer().records(TlsPeer.CONTENT) - before);
    }

    @ParameterizedTest
    @ValueSource(ints = {16_000, 16_384, 50_000, 131_072, 300_000, 1 << 20})
    void aLargeResponseFillsItsRecords(int size) {
        String content = pattern(size);
        for (String version : List.of("TLSv1.3", "TLSv1.2")) {
            TlsFixture f = TlsFixture.builder()
                    .version(version)
                    .answering(r -> Response.text(content))
                    .open();
            int before = f.peer().records(TlsPeer.CONTENT);
            f.peer().send(GET);
            assertEquals(content, f.peer().responses().get(0).text());
            int head = f.peer().text().indexOf("\r\n\r\n") + 4;
            assertEquals(
                    (size + head + TlsBuffers.FRAGMENT - 1) / TlsBuffers.FRAGMENT,
                    f.peer().records(TlsPeer.CONTENT) - before,
                    version + " in as few records as fit");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void aLargeRequest(String version) {
        TlsFixture f = TlsFixture.builder()
                .version(version)
                .async(r -> r.body().stringAsync(2_000_000).thenApply(text -> Response.text("" + text.hashCode())))
                .open();
        String content = pattern(1_000_000);
        f.peer().send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + content.length() + "\r\n\r\n" + content);
        assertEquals("" + content.hashCode(), f.peer().responses().get(0).text());
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void filesOfAllSizes(String version, @TempDir Path folder) throws IOException {
        for (int size : new int[] {0, 1, 16_384, 200_000}) {
            String content = pattern(size);
            Path file = Files.writeString(folder.resolve("f" + size), content, StandardCharsets.US_ASCII);
            TlsFixture f = TlsFixture.builder()
                    .version(version)
                    .answering(r -> Response.ok("text/plain", Body.file(file)))
                    .open();
            f.peer().send(GET + GET);
            assertEquals(content, f.peer().responses().get(0).text(), "size " + size);
            assertEquals(content, f.peer().responses().get(1).text(), "size " + size);
            f.peer().close();
            f.assertClosed(CloseReason.COMPLETED);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void clearTextWaitsForAPeerThatDoesNotRead(String version, @TempDir Path folder) throws IOException {
        String content = pattern(3_000_000);
        Path file = Files.writeString(folder.resolve("f"), content, StandardCharsets.US_ASCII);
        for (Body body : List.of(Body.of(content.getBytes(StandardCharsets.US_ASCII)), Body.file(file))) {
            TlsFixture f = TlsFixture.builder()
                    .version(version)
                    .answering(r -> Response.ok("text/plain", body))
                    .open();
            f.transport().peerStopsReading();
            f.peer().send(GET);
            long bound = Limits.defaults().outboundBuffer() + 9 * 18_000L;
            assertTrue(f.transport().pending() > 0);
            assertTrue(
                    f.transport().pending() < bound,
                    "encrypted: " + f.transport().pending());
            assertTrue(f.tls().pending() > 2_000_000, "in clear: " + f.tls().pending());
            assertFalse(f.tls().writable());
            while (f.tls().pending() > 0) {
                f.transport().peerReads(70_001);
                f.loop().runTasks();
                assertTrue(
                        f.transport().pending() < bound,
                        "encrypted: " + f.transport().pending());
            }
            f.transport().peerReadsAll();
            f.loop().runTasks();
            assertEquals(content, f.peer().responses().get(0).text());
            f.peer().send(GET);
            assertEquals(content, f.peer().responses().get(1).text());
            f.peer().close();
            f.assertClosed(CloseReason.COMPLETED);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void aWaitingFileIsDroppedWithTheConnection(String version, @TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("f"), pattern(1_000_000), StandardCharsets.US_ASCII);
        TlsFixture f = TlsFixture.builder()
                .version(version)
                .answering(r -> Response.ok("text/plain", Body.file(file)))
                .open();
        f.transport().peerStopsReading();
        f.peer().send(GET);
        assertTrue(f.tls().pending() > 0);
        f.transport().peerResets();
        f.loop().runTasks();
        f.assertClosed(CloseReason.PEER_RESET);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void aPeerThatStopsReadingIsCutOff(String version) {
        TlsFixture f = TlsFixture.builder()
                .version(version)
                .answering(r -> Response.text(pattern(3_000_000)))
                .open();
        f.transport().peerStopsReading();
        f.peer().send(GET);
        f.advance(dev.millrace.http.Timeouts.defaults().progressWindow().plusSeconds(1));
        f.assertClosed(CloseReason.WRITE_TIMEOUT);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void aFinWithoutGoodbyeIsAnEndToo(String version) {
        TlsFixture f = paths(version).open();
        f.peer().send(GET);
        f.end();
        assertTrue(f.peer().closed());
        f.assertClosed(CloseReason.COMPLETED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void aRequestAndAGoodbyeInOnePiece(String version) {
        TlsFixture f = paths(version).open();
        byte[] request = f.peer().encrypt(get("/last"));
        f.peer().sendRaw(Hellos.concat(request, f.peer().closeNotify()));
        assertEquals("/last", f.peer().responses().get(0).text());
        f.assertClosed(CloseReason.COMPLETED);
    }

    @Test
    void anAnswerFollowsTheGoodbyeOfVersion13() {
        CompletableFuture<Response> answer = new CompletableFuture<>();
        TlsFixture f =
                TlsFixture.builder().version("TLSv1.3").async(r -> answer).open();
        f.peer().send(GET).close();
        assertFalse(f.transport().closed(), "half-closed");
        answer.complete(Response.text("later"));
        f.loop().runTasks();
        assertEquals("later", f.peer().responses().get(0).text());
        assertTrue(f.peer().closed());
        f.assertClosed(CloseReason.COMPLETED);
    }

    @Test
    void theGoodbyeOfVersion12EndsBothDirections() {
        CompletableFuture<Response> answer = new CompletableFuture<>();
        TlsFixture f =
                TlsFixture.builder().version("TLSv1.2").async(r -> answer).open();
        f.peer().send(GET).close();
        assertTrue(f.peer().closed(), "RFC 5246 §7.2.1: answered at once");
        answer.complete(Response.text("later"));
        f.loop().runTasks();
        f.assertClosed(CloseReason.PEER_CLOSED_EARLY);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void aResponseThatClosesIsReadToItsEnd(String version) {
        TlsFixture f = TlsFixture.builder()
                .version(version)
                .answering(r -> Response.text("bye").withHeader("Connection", "close"))
                .open();
        f.peer().send(GET);
        assertEquals("bye", f.peer().responses().get(0).text());
        assertTrue(f.peer().closed());
        assertTrue(f.transport().outputEnded());
        assertFalse(f.transport().closed(), "lingers for the peer's end");
        f.end();
        f.assertClosed(CloseReason.SERVER_CLOSED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void anEarlyAnswerSurvivesTheRestOfTheRequest(String version) {
        TlsFixture f = TlsFixture.builder()
                .version(version)
                .answering(r -> Response.text("no").withHeader("Connection", "close"))
                .open();
        f.peer().sendRaw(f.peer().encrypt("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n"));
        for (int i = 0; i < 10; i++) { // does not look at what comes
            f.peer().sendRaw(f.peer().encrypt(pattern(10_000)));
        }
        assertFalse(f.transport().closed(), "a close with bytes unread would be a reset");
        assertEquals(0, f.transport().kept());
        assertEquals("no", f.peer().responses().get(0).text());
    }

    @Test
    void aKeyUpdateIsAnswered() throws Exception {
        TlsFixture f = paths("TLSv1.3").open();
        f.peer().send(get("/1"));
        for (int i = 0; i < 5; i++) {
            int before = f.peer().records(TlsPeer.CONTENT);
            f.peer().engine().beginHandshake();
            byte[] update = f.peer().produced();
            assertTrue(update.length > 0);
            f.peer().sendRaw(update);
            assertEquals(1, f.peer().records(TlsPeer.CONTENT) - before, "the server's own update");
            f.peer().send(get("/2"));
        }
        assertEquals(6, f.peer().responses().size());
        assertNull(f.peer().failure());
        f.peer().close();
        f.assertClosed(CloseReason.COMPLETED);
    }

    @Test
    void keyUpdatesThatAreNotReadAreAFlood() throws Exception {
        TlsFixture f = TlsFixture.builder()
                .version("TLSv1.3")
                .answering(r -> Response.text(pattern(1_000_000)))
                .open();
        f.transport().peerStopsReading();
        f.peer().send(GET);
        long before = f.transport().pending();
        for (int i = 0; i < 5_000 && !f.transport().closed(); i++) {
            f.peer().engine().beginHandshake();
            byte[] update = f.peer().produced();
            if (update.length == 0) {
                break; // the client's engine waits for an answer
            }
            f.peer().sendRaw(update);
        }
        assertTrue(
                f.transport().pending() - before < 10_000,
                "held: " + (f.transport().mostPending() - before));
    }

    @Test
    void renegotiationIsRefused() throws Exception {
        TlsFixture f = paths("TLSv1.2").open();
        f.peer().send(GET);
        f.peer().engine().beginHandshake();
        byte[] hello = f.peer().produced();
        assertTrue(hello.length > 0);
        f.peer().sendRaw(hello);
        f.peer().read();
        assertTrue(
                f.peer().failure().getMessage().contains("Received fatal alert: protocol_version"),
                "" + f.peer().failure());
        f.assertClosed(CloseReason.PROTOCOL_ERROR, "no_renegotiation");
    }

    @Test
    void renegotiationOfAResumedSessionIsRefused() throws Exception {
        Tls server = TlsFixture.build(TlsFixture.SELF.server());
        Tls client = TlsFixture.build(TlsFixture.client().protocols("TLSv1.2"));
        TlsFixture.Builder builder =
                TlsFixture.builder().server(server).client(client).answering(TlsTransportTest::path);
        builder.open().peer().send(GET).close();
        TlsFixture f = builder.open();
        assertTrue(f.tls().tls().resumed());
        f.peer().send(GET);
        f.peer().engine().beginHandshake();
        f.peer().sendRaw(f.peer().produced());
        f.peer().read();
        assertTrue(
                f.peer().failure().getMessage().contains("Received fatal alert: protocol_version"),
                "" + f.peer().failure());
        f.assertClosed(CloseReason.PROTOCOL_ERROR, "no_renegotiation");
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void garbageAfterTheHandshake(String version) {
        TlsFixture f = paths(version).open();
        f.peer().send(GET);
        byte[] garbage = new byte[40];
        garbage[0] = TlsPeer.CONTENT;
        garbage[1] = 3;
        garbage[2] = 3;
        garbage[4] = 35;
        f.peer().sendRaw(garbage);
        f.assertClosed(CloseReason.PROTOCOL_ERROR);
        f.peer().read();
        assertTrue(
                f.peer().failure().getMessage().contains("bad_record_mac"),
                "" + f.peer().failure());
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void aRecordOfAnUnknownTypeAfterTheHandshake(String version) {
        TlsFixture f = paths(version).open();
        f.peer().send(GET);
        f.peer().sendRaw(new byte[] {99, 3, 3, 0, 4, 1, 2, 3, 4});
        f.assertClosed(CloseReason.PROTOCOL_ERROR);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void sessionsAreResumed(String version) {
        dev.millrace.net.Tls server = TlsFixture.build(TlsFixture.SELF.server());
        dev.millrace.net.Tls client = TlsFixture.build(TlsFixture.client().protocols(version));
        List<Integer> handshakeRecords = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            TlsFixture f = TlsFixture.builder()
                    .server(server)
                    .client(client)
                    .answering(TlsTransportTest::path)
                    .open();
            f.peer().send(GET);
            assertEquals(1, f.peer().responses().size());
            boolean resumed = f.peer().engine().getSession().getValue("mark") != null;
            assertEquals(i > 0, resumed, "connection " + i);
            f.peer().engine().getSession().putValue("mark", "mark");
            f.peer().close();
            f.assertClosed(CloseReason.COMPLETED);
            handshakeRecords.add(f.peer().records(TlsPeer.HANDSHAKE));
        }
        assertEquals(3, handshakeRecords.size());
    }

    /** One answer comes later, those of the requests behind it at once. */
    private static TlsFixture firstLater(List<CompletableFuture<Response>> later, String version) {
        return TlsFixture.builder()
                .version(version)
                .async(r -> {
                    if (r.path().startsWith("/later")) {
                        CompletableFuture<Response> answer = new CompletableFuture<>();
                        later.add(answer);
                        return answer;
                    }
                    return CompletableFuture.completedFuture(Response.text(r.path()));
                })
                .open();
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void requestsThatWaitBothInClearAndEncryptedKeepTheirOrder(String version) {
        List<CompletableFuture<Response>> later = new ArrayList<>();
        TlsFixture f = firstLater(later, version);
        f.peer().sendRaw(f.peer().encrypt(get("/later") + get("/1") + get("/2")));
        f.peer().sendRaw(f.peer().encrypt(get("/3") + get("/4")));
        f.peer().sendRaw(f.peer().encrypt(get("/5")));
        later.get(0).complete(Response.text("/0"));
        f.loop().runTasks();
        List<String> texts =
                f.peer().responses().stream().map(ParsedResponse::text).toList();
        assertEquals(List.of("/0", "/1", "/2", "/3", "/4", "/5"), texts);
        f.peer().close();
        f.assertClosed(CloseReason.COMPLETED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void theServerStops(String version) {
        TlsFixture idle = paths(version).open();
        idle.transport().drain();
        idle.loop().runTasks();
        assertTrue(idle.peer().closed());
        idle.assertClosed(CloseReason.DRAINED);

        CompletableFuture<Response> answer = new CompletableFuture<>();
        TlsFixture busy =
                TlsFixture.builder().version(version).async(r -> answer).open();
        busy.peer().send(GET);
        busy.transport().drain();
        answer.complete(Response.text("still"));
        busy.loop().runTasks();
        assertEquals("still", busy.peer().responses().get(0).text());
        assertTrue(busy.peer().closed());
    }
}
