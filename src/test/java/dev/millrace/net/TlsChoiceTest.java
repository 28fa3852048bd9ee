package dev.millrace.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Response;
import dev.millrace.http.Timeouts;
import dev.millrace.observe.ClientHello;
import dev.millrace.observe.CloseReason;
import dev.millrace.testkit.TlsFixture;
import dev.millrace.testkit.TlsPeer;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The hook that chooses what a ClientHello is answered with: at once, later, wrongly, and too late. */
class TlsChoiceTest {
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    private static final CertificateAuthority AUTHORITY = CertificateAuthority.create("Test authority");

    private final List<ClientHello> asked = new ArrayList<>();

    private Tls.Builder server(Function<ClientHello, CompletionStage<TlsChoice>> hook) {
        return Tls.server()
                .certificate(AUTHORITY.leaf("default.test"))
                .certificate("one.test", AUTHORITY.leaf("one.test"))
                .onClientHello(hello -> {
                    asked.add(hello);
                    return hook.apply(hello);
                });
    }

    private static Tls.Builder client() {
        return Tls.client().trust(AUTHORITY.certificate()).insecureAnyHostname();
    }

    private TlsFixture.Builder builder(Tls.Builder server) {
        return TlsFixture.builder()
                .answering(r -> Response.text(r.path()))
                .server(server)
                .client(client())
                .name("asked.test");
    }

    private TlsFixture.Builder choosing(TlsChoice choice) {
        return builder(server(hello -> CompletableFuture.completedFuture(choice)));
    }

    private static String shown(TlsFixture f) {
        try {
            return ((X509Certificate) f.peer().engine().getSession().getPeerCertificates()[0])
                    .getSubjectX500Principal()
                    .getName();
        } catch (SSLPeerUnverifiedException e) {
            throw new AssertionError(e);
        }
    }

    private static void serves(TlsFixture f) {
        f.peer().send(GET);
        assertEquals("/", f.peer().responses().get(0).text());
        f.peer().close();
        f.assertClosed(CloseReason.COMPLETED);
    }

    /** A connection whose hello is out and whose hook has not answered. */
    private static TlsFixture waiting(TlsFixture.Builder builder) {
        TlsFixture f = builder.connect();
        f.peer().handshakeWhile(flight -> flight == 0);
        assertFalse(f.transport().closed());
        assertEquals(0, f.transport().received().length, "nothing is answered yet");
        return f;
    }

    // ---- what can be chosen

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void aCertificateInMemory(String version) {
        Tls server = TlsFixture.build(server(hello -> CompletableFuture.completedFuture(
                TlsChoice.asConfigured().certificate(AUTHORITY.leaf("chosen." + hello.serverName())))));
        TlsFixture f = TlsFixture.builder()
                .answering(r -> Response.text(r.path()))
                .server(server)
                .client(client().protocols(version))
                .name("asked.test")
                .open();
        assertEquals("CN=chosen.asked.test", shown(f));
        assertEquals(1, asked.size());
        assertEquals("asked.test", asked.get(0).serverName());
        serves(f);
    }

    @Test
    void theCertificateOfAName() {
        TlsFixture f =
                choosing(TlsChoice.asConfigured().certificateOf("One.test")).open();
        assertEquals("CN=one.test", shown(f));
        serves(f);
    }

    @Test
    void asConfigured() {
        TlsFixture f = choosing(TlsChoice.asConfigured()).name("one.test").open();
        assertEquals("CN=one.test", shown(f));
        serves(f);
    }

    @Test
    void applicationProtocols() {
        TlsFixture f = choosing(TlsChoice.asConfigured().alpn("x/1", "http/1.1"))
                .client(client().alpn("http/1.1", "x/1"))
                .open();
        assertEquals("x/1", f.peer().engine().getApplicationProtocol());
        assertEquals("CN=default.test", shown(f));
        serves(f);

        TlsFixture none = choosing(TlsChoice.asConfigured().alpn())
                .client(client().alpn("http/1.1"))
                .open();
        assertEquals("", none.peer().engine().getApplicationProtocol());

        TlsFixture both = choosing(TlsChoice.asConfigured().alpn("x/1").certificateOf("one.test"))
                .client(client().alpn("x/1"))
                .open();
        assertEquals("x/1", both.peer().engine().getApplicationProtocol());
        assertEquals("CN=one.test", shown(both));

        TlsFixture nothing = choosing(TlsChoice.asConfigured().alpn("x/1"))
                .client(client().alpn("http/1.1"))
                .connect();
        nothing.peer().handshake();
        nothing.assertClosed(CloseReason.HANDSHAKE_FAILED, "no_application_protocol");
    }

    @Test
    void anotherConfiguration() {
        Tls other = TlsFixture.build(Tls.server()
                .certificate(AUTHORITY.leaf("other.test"))
                .protocols("TLSv1.2")
                .onClientHello(hello -> {
                    throw new AssertionError("its own hook is not asked");
                }));
        TlsFixture f = choosing(TlsChoice.of(other)).open();
        assertEquals("CN=other.test", shown(f));
        assertEquals("TLSv1.2", f.peer().engine().getSession().getProtocol());
        serves(f);
        TlsFixture shown = choosing(TlsChoice.of(other).certificate(AUTHORITY.leaf("leaf.test")))
                .open();
        assertEquals("CN=leaf.test", shown(shown));
        assertEquals("TLSv1.2", shown.peer().engine().getSession().getProtocol());
    }

    @Test
    void aRefusal() {
        TlsFixture f = choosing(TlsChoice.refuse()).connect();
        f.peer().handshake();
        assertEquals(List.of("fatal 40"), f.peer().alerts());
        f.assertClosed(CloseReason.HANDSHAKE_FAILED, "handshake_failure");
    }

    // ---- when

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void later(String version) {
        CompletableFuture<TlsChoice> answer = new CompletableFuture<>();
        TlsFixture f = waiting(builder(server(hello -> answer)).client(client().protocols(version)));
        f.advance(Timeouts.defaults().handshake().minusSeconds(1));
        assertFalse(f.transport().closed());
        f.loop().outside(() -> answer.complete(TlsChoice.asConfigured().certificateOf("one.test")));
        assertEquals(0, f.transport().received().length, "only the loop goes on with it");
        f.loop().runTasks();
        f.peer().handshake();
        assertTrue(f.peer().open());
        assertEquals("CN=one.test", shown(f));
        serves(f);
    }

    @Test
    void laterThanAnAlertThatFollows() {
        CompletableFuture<TlsChoice> answer = new CompletableFuture<>();
        TlsFixture f = waiting(builder(server(hello -> answer)));
        f.peer().sendRaw(new byte[] {TlsPeer.ALERT, 3, 3, 0, 2, 2, 40});
        assertFalse(f.transport().closed(), "nothing is read meanwhile");
        answer.complete(TlsChoice.asConfigured());
        f.assertClosed(CloseReason.HANDSHAKE_REJECTED, "handshake_failure");
    }

    @Test
    void ofAHelloThatTrickles() {
        TlsFixture f = choosing(TlsChoice.asConfigured()).connect();
        f.peer().way(bytes -> {
            for (byte octet : bytes) {
                f.peer().sendRaw(new byte[] {octet});
            }
        });
        f.peer().handshake();
        assertEquals(1, asked.size());
        serves(f);
    }

    @Test
    void neverOfAHelloThatIsMalformed() throws Exception {
        TlsFixture f = choosing(TlsChoice.asConfigured()).connect();
        f.peer().engine().beginHandshake();
        byte[] hello = f.peer().produced();
        hello[5] = 2;
        f.peer().sendRaw(hello);
        f.assertClosed(CloseReason.HANDSHAKE_FAILED);
        assertEquals(List.of(), asked);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void tooLate(boolean drained) {
        CompletableFuture<TlsChoice> answer = new CompletableFuture<>();
        TlsFixture f = waiting(builder(server(hello -> answer)));
        if (drained) {
            f.transport().drain();
            assertFalse(answer.isDone(), "a handshake that has begun is finished");
        }
        f.advance(Timeouts.defaults().handshake().plusMillis(10));
        assertTrue(answer.isCancelled());
        f.assertClosed(CloseReason.HANDSHAKE_TIMEOUT);
    }

    @Test
    void whileTheServerStops() {
        CompletableFuture<TlsChoice> answer = new CompletableFuture<>();
        TlsFixture f = waiting(builder(server(hello -> answer)));
        f.transport().drain();
        answer.complete(TlsChoice.asConfigured());
        f.loop().runTasks();
        f.peer().handshake();
        f.assertClosed(CloseReason.DRAINED);
    }

    @Test
    void thePeerLeavesMeanwhile() {
        CompletableFuture<TlsChoice> answer = new CompletableFuture<>();
        TlsFixture reset = waiting(builder(server(hello -> answer)));
        reset.transport().peerResets();
        reset.loop().runTasks();
        assertTrue(answer.isCancelled());
        reset.assertClosed(CloseReason.PEER_RESET);

        CompletableFuture<TlsChoice> second = new CompletableFuture<>();
        TlsFixture fin = waiting(builder(server(hello -> second)));
        fin.end();
        second.complete(TlsChoice.asConfigured());
        fin.assertClosed(CloseReason.HANDSHAKE_ABORTED);
    }

    @Test
    void answeredAfterTheEnd() {
        CompletableFuture<TlsChoice> answer = new CompletableFuture<>();
        TlsFixture f = waiting(builder(server(hello -> answer.minimalCompletionStage()))); // which cannot be cancelled
        f.transport().peerResets();
        f.loop().runTasks();
        assertFalse(answer.isDone());
        answer.complete(TlsChoice.asConfigured());
        f.loop().runTasks();
        f.assertClosed(CloseReason.PEER_RESET);
    }

    // ---- what goes wrong

    private Throwable reported(TlsFixture f) {
        f.peer().handshake();
        f.loop().runTasks();
        assertEquals(List.of("fatal 80"), f.peer().alerts());
        assertEquals("internal_error", f.tls().closeDetail());
        assertEquals(1, f.loop().reports().size());
        Throwable error = f.loop().reports().get(0).error();
        f.loop().reports().clear();
        f.assertClosed(CloseReason.HANDSHAKE_FAILED, "internal_error");
        return error;
    }

    @Test
    void aHookThatThrows() {
        IllegalStateException error = new IllegalStateException("on purpose");
        assertSame(
                error,
                reported(builder(server(hello -> {
                            throw error;
                        }))
                        .connect()));
    }

    @Test
    void aStageThatFails() {
        IllegalStateException error = new IllegalStateException("on purpose");
        assertSame(
                error,
                reported(builder(server(hello -> CompletableFuture.failedFuture(error)))
                        .connect()));
        assertSame(
                error,
                reported(builder(server(hello ->
                                CompletableFuture.<TlsChoice>failedFuture(error).thenApply(choice -> choice.alpn("x"))))
                        .connect()));
        CompletableFuture<TlsChoice> later = new CompletableFuture<>();
        TlsFixture f = waiting(builder(server(hello -> later)));
        later.completeExceptionally(error);
        assertSame(error, reported(f));
    }

    @Test
    void nothing() {
        assertTrue(
                reported(builder(server(hello -> null)).connect()).getMessage().contains("no stage"));
        assertTrue(reported(builder(server(hello -> CompletableFuture.completedFuture(null)))
                        .connect())
                .getMessage()
                .contains("chose nothing"));
    }

    @Test
    void whatCannotBeFulfilled() throws Exception {
        Tls.Builder strict = Tls.server()
                .certificate("one.test", AUTHORITY.leaf("one.test"))
                .onClientHello(hello -> CompletableFuture.completedFuture(
                        TlsChoice.asConfigured().certificateOf("two.test")));
        assertTrue(reported(builder(strict).connect()).getMessage().contains("two.test"));

        SSLContext ready = SSLContext.getInstance("TLS");
        ready.init(null, null, null);
        Tls.Builder context = Tls.server()
                .context(ready)
                .onClientHello(hello -> CompletableFuture.completedFuture(
                        TlsChoice.asConfigured().certificate(AUTHORITY.leaf("one.test"))));
        assertTrue(reported(builder(context).connect()).getMessage().contains("ready context"));
    }

    @Test
    void settingsThatMakeNoSense() {
        assertThrows(IllegalStateException.class, () -> Tls.client().onClientHello(hello -> null));
        assertThrows(IllegalArgumentException.class, () -> TlsChoice.of(TlsFixture.build(Tls.client())));
        assertThrows(
                IllegalArgumentException.class,
                () -> TlsChoice.asConfigured().certificate(Identity.pem(Path.of("chain.pem"), Path.of("key.pem"))));
        assertThrows(
                IllegalArgumentException.class, () -> TlsChoice.asConfigured().alpn(""));
        assertThrows(IllegalStateException.class, () -> TlsChoice.refuse().alpn("h2"));
    }

    // ---- where a handshake computes

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void handshakesOnTheLoop(String version) {
        TlsFixture f = TlsFixture.builder()
                .answering(r -> Response.text(r.path()))
                .server(Tls.server().certificate(AUTHORITY.leaf("one.test")).handshakesOnLoop())
                .client(client().protocols(version))
                .stepped()
                .connect();
        f.tasks().refuse();
        f.peer().handshake();
        assertTrue(f.peer().open());
        assertEquals(0, f.tasks().waiting());
        serves(f);
    }

    @Test
    void theRecordOfARefusalIsOneAlert() {
        TlsFixture f = choosing(TlsChoice.refuse()).connect();
        f.peer().handshakeWhile(flight -> flight == 0);
        assertEquals(
                List.of(TlsPeer.ALERT, 3, 3, 0, 2, 2, 40),
                Arrays.asList(boxed(f.transport().received())));
        f.assertClosed(CloseReason.HANDSHAKE_FAILED);
    }

    private static Integer[] boxed(byte[] bytes) {
        Integer[] out = new Integer[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            out[i] = bytes[i] & 0xff;
        }
        return out;
    }
}
