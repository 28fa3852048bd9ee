package dev.millrace.internal.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Body;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.observe.CloseReason;
import dev.millrace.testkit.OthersHolding;
import dev.millrace.testkit.TestSubscriber;
import dev.millrace.testkit.TlsFixture;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What connections with TLS hold for their peers, and what they do while all together hold too much. */
final class TlsPressureTest {
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\nX: " + "x".repeat(100) + "\r\n\r\n";

    private final TestSubscriber reader = TestSubscriber.paused();

    private CompletionStage<Response> answer(Request request) {
        if (request.path().equals("/read")) {
            request.body().publisher().subscribe(reader);
            return new CompletableFuture<>();
        }
        return CompletableFuture.completedFuture(
                request.path().equals("/large")
                        ? Response.ok("a/b", Body.of(new byte[1 << 20]))
                        : Response.text("hello"));
    }

    private TlsFixture.Builder fixture(String version) {
        return TlsFixture.builder().version(version).async(this::answer);
    }

    private static void press(TlsFixture fixture) {
        new OthersHolding(fixture.loop().buffers()).add(fixture.loop().bound().most() * 2);
        fixture.loop().runTasks();
    }

    private static long held(TlsFixture fixture) {
        return fixture.transport().holding().bytes();
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void whatWaitsForThePeerIsCountedUntilItIsOut(String version) {
        TlsFixture fixture = fixture(version).open();
        fixture.transport().peerStopsReading();
        fixture.peer().send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
        assertTrue(held(fixture) > 1 << 20, held(fixture) + " bytes");
        fixture.transport().peerReadsAll();
        fixture.loop().runTasks();
        assertEquals(0, held(fixture));
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void contentThatWaitsForItsReaderIsCountedInClear(String version) {
        TlsFixture fixture = fixture(version).open();
        fixture.peer().send("POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 10000\r\n\r\n");
        fixture.peer().send("x".repeat(6_000));
        assertEquals(6_000, held(fixture));
        fixture.peer().send("x".repeat(4_000));
        assertTrue(held(fixture) > 10_000, "the second record is not even decrypted");
        reader.request(2);
        fixture.loop().runTasks();
        assertEquals(10_000, reader.size());
        assertEquals(0, held(fixture));
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void aRequestOfWhichAPartOfARecordHasComeIsRefused(String version) {
        TlsFixture fixture = fixture(version).open();
        byte[] record = fixture.peer().encrypt(GET);
        fixture.peer().sendRaw(Arrays.copyOf(record, 80));
        assertEquals(80, held(fixture));
        press(fixture);
        fixture.peer().read();
        assertEquals(503, fixture.peer().responses().get(0).status());
        assertTrue(fixture.peer().closed());
        fixture.peer().sendRaw(Arrays.copyOfRange(record, 80, record.length)).close();
        fixture.assertClosed(CloseReason.SERVER_CLOSED);
    }

    @Test
    void aHandshakeThatIsIncompleteIsRefused() throws Exception {
        TlsFixture fixture = fixture("TLSv1.3").connect();
        fixture.peer().engine().beginHandshake();
        byte[] hello = fixture.peer().produced();
        fixture.peer().sendRaw(Arrays.copyOf(hello, 100));
        assertEquals(100, held(fixture));
        press(fixture);
        fixture.peer().read();
        assertEquals(List.of("fatal 80"), fixture.peer().alerts());
        assertEquals(0, held(fixture));
        fixture.assertClosed(CloseReason.HANDSHAKE_FAILED, "internal_error");
    }
}
