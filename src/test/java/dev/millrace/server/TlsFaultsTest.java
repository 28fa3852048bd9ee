package dev.millrace.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Response;
import dev.millrace.http.Timeouts;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.internal.tls.TlsAccess;
import dev.millrace.net.Tls;
import dev.millrace.net.TlsChoice;
import dev.millrace.testkit.TlsFixture;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a TLS provider or the hook for a ClientHello throws costs its own connection. */
@Timeout(120)
class TlsFaultsTest {
    private final AtomicReference<Throwable> broken = new AtomicReference<>();

    static Stream<Throwable> throwables() {
        return FaultsTest.throwables().filter(each -> each instanceof Error || each instanceof RuntimeException);
    }

    /** Gives the key, or throws while it is broken. */
    private final class Keys extends X509ExtendedKeyManager {
        private final PrivateKey key;

        Keys() throws GeneralSecurityException {
            byte[] der = Base64.getMimeDecoder().decode(TlsFixture.SELF.keyPem().replaceAll("-----[A-Z ]*-----", ""));
            key = KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(der));
        }

        private void at() {
            Throwable error = broken.get();
            if (error != null) {
                FaultsTest.thrown(error);
            }
        }

        @Override
        public String chooseEngineServerAlias(String type, Principal @Nullable [] issuers, SSLEngine engine) {
            at();
            return "only";
        }

        @Override
        public X509Certificate[] getCertificateChain(String alias) {
            return new X509Certificate[] {TlsFixture.SELF.certificate()};
        }

        @Override
        public PrivateKey getPrivateKey(String alias) {
            return key;
        }

        @Override
        public String @Nullable [] getClientAliases(String type, Principal @Nullable [] issuers) {
            return null;
        }

        @Override
        public @Nullable String chooseClientAlias(
                String @Nullable [] types, Principal @Nullable [] issuers, @Nullable Socket socket) {
            return null;
        }

        @Override
        public String @Nullable [] getServerAliases(String type, Principal @Nullable [] issuers) {
            return null;
        }

        @Override
        public @Nullable String chooseServerAlias(
                String type, Principal @Nullable [] issuers, @Nullable Socket socket) {
            return null;
        }
    }

    private void breaksAndMends(Tls tls, Throwable error) throws IOException {
        try (HttpServer server = HttpServer.builder()
                .https(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), tls)
                .loops(1)
                .timeouts(Timeouts.defaults().withHandshake(Duration.ofHours(1)))
                .handler(r -> Response.text("fine"))
                .start()) {
            for (int i = 0; i < 3; i++) {
                broken.set(error);
                try (TlsClient client = client(server)) {
                    IOException end = assertThrows(IOException.class, client::handshake);
                    assertFalse(end instanceof SocketTimeoutException, "nobody waits for a deadline");
                }
                broken.set(null);
                try (TlsClient client = client(server)) {
                    client.handshake().get("/").await("fine");
                    assertTrue(client.text().startsWith("HTTP/1.1 200 "));
                }
            }
            server.drain(Duration.ofMinutes(1)).toCompletableFuture().join();
            assertEquals(6, server.metrics().snapshot().closed());
        }
    }

    private static TlsClient client(HttpServer server) throws IOException {
        Tls client = TlsFixture.build(TlsFixture.client().alpn("http/1.1"));
        return new TlsClient(server.port(), TlsAccess.settings(client).newClientEngine("localhost", 443, null));
    }

    @ParameterizedTest
    @MethodSource("throwables")
    void aProvider(Throwable error) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(new KeyManager[] {new Keys()}, null, null);
        breaksAndMends(TlsFixture.build(Tls.server().context(context)), error);
        breaksAndMends(TlsFixture.build(Tls.server().context(context).handshakesOnLoop()), error);
    }

    @ParameterizedTest
    @MethodSource("throwables")
    void theHookForAClientHello(Throwable error) throws Exception {
        breaksAndMends(
                TlsFixture.build(TlsFixture.SELF.server().onClientHello(hello -> {
                    Throwable now = broken.get();
                    if (now != null) {
                        FaultsTest.thrown(now);
                    }
                    return CompletableFuture.completedFuture(TlsChoice.asConfigured());
                })),
                error);
    }
}
