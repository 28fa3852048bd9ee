package dev.millrace.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.tls.Credential;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.ConnectionEnd;
import dev.millrace.testkit.TlsClientFixture;
import dev.millrace.testkit.TlsFixture;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A client's own look at the certificates of servers that are trusted. */
class TlsPinTest {
    private static final CertificateAuthority AUTHORITY = CertificateAuthority.create("Test authority");
    private static final SelfSigned OTHER = SelfSigned.localhost();

    private final List<String> hosts = new ArrayList<>();
    private final List<List<X509Certificate>> chains = new ArrayList<>();

    private Tls.Builder looking(Tls.Builder client) {
        return client.onServerCertificate((host, chain) -> {
            hosts.add(host);
            chains.add(chain);
        });
    }

    private static @Nullable Throwable refusal(ConnectionEnd end) {
        Throwable cause = end.cause();
        while (cause != null && !(cause instanceof CertificateRefusedException)) {
            cause = cause.getCause();
        }
        return cause;
    }

    /** {@return an identity that shows a certificate which has nothing to do with it} */
    private static Identity withAnother(X509Certificate other) throws IOException {
        Credential own = AUTHORITY.leaf("localhost").source().load();
        return Identity.of(own.key(), own.certificate(), other);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void itSeesTheVerifiedPath(String version) throws IOException {
        X509Certificate leaf = AUTHORITY.leaf("localhost").source().load().certificate();
        TlsClientFixture f = TlsClientFixture.builder()
                .server(Tls.server().certificate(withAnother(OTHER.certificate())))
                .client(looking(Tls.client().trust(AUTHORITY.certificate()).protocols(version)))
                .open();
        assertEquals(List.of("localhost"), hosts);
        assertEquals(2, chains.get(0).size(), "without the certificate that proves nothing");
        assertEquals(leaf.getIssuerX500Principal(), chains.get(0).get(0).getIssuerX500Principal());
        assertEquals(AUTHORITY.certificate(), chains.get(0).get(1));
        f.say("x");
        assertEquals("x", f.peer().text());
    }

    @Test
    void aCertificateThatIsTrustedItself() {
        TlsClientFixture.builder().client(looking(TlsFixture.client())).open();
        assertEquals(List.of(List.of(TlsFixture.SELF.certificate())), chains);
    }

    @Test
    void whereEverybodyIsTrustedOnlyTheServersOwnIsKnown() throws IOException {
        TlsClientFixture.builder()
                .server(Tls.server().certificate(withAnother(OTHER.certificate())))
                .client(looking(Tls.client().insecureTrustAll()))
                .open();
        assertEquals(1, chains.get(0).size());
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void itMayRefuse(String version) {
        for (Exception thrown : List.of(new IOException("not pinned"), new IllegalStateException("not pinned"))) {
            TlsClientFixture f = TlsClientFixture.builder()
                    .client(TlsFixture.client().protocols(version).onServerCertificate((host, chain) -> {
                        throw thrown;
                    }))
                    .stepped()
                    .connect()
                    .handshake();
            ConnectionEnd end = f.failure();
            assertEquals(CloseReason.HANDSHAKE_FAILED, end.reason());
            Throwable refusal = refusal(end);
            assertNotNull(refusal, () -> "" + end.cause());
            assertSame(thrown, refusal.getCause());
            assertInstanceOf(SSLException.class, end.cause());
            f.assertClosed(CloseReason.HANDSHAKE_FAILED);
        }
    }

    @Test
    void whoIsNotTrustedIsNotShown() {
        TlsClientFixture untrusted = TlsClientFixture.builder()
                .client(looking(Tls.client()))
                .connect()
                .handshake();
        TlsClientFixture elsewhere = TlsClientFixture.builder()
                .client(looking(TlsFixture.client()))
                .host("example.org")
                .connect()
                .handshake();
        assertEquals(CloseReason.HANDSHAKE_FAILED, untrusted.failure().reason());
        assertEquals(CloseReason.HANDSHAKE_FAILED, elsewhere.failure().reason());
        assertEquals(List.of(), chains);
    }

    @Test
    void aServerHasNone() {
        assertThrows(IllegalStateException.class, () -> looking(Tls.server()));
    }

    @Test
    void noneWithAReadyContext() throws Exception {
        Tls.Builder builder = looking(Tls.client().context(SSLContext.getDefault()));
        assertThrows(IllegalStateException.class, builder::build);
    }
}
