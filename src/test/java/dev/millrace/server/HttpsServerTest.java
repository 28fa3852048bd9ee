package dev.millrace.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Response;
import dev.millrace.http.Timeouts;
import dev.millrace.net.CertificateAuthority;
import dev.millrace.net.Identity;
import dev.millrace.net.SelfSigned;
import dev.millrace.net.Tls;
import dev.millrace.testkit.TlsFixture;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whole servers with TLS on sockets of this machine. */
@Timeout(120)
class HttpsServerTest {
    private static final CertificateAuthority AUTHORITY = CertificateAuthority.create("Test authority");

    private static InetSocketAddress free() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    private static HttpServer start(Tls tls) throws IOException {
        return HttpServer.builder()
                .https(free(), tls)
                .handler(r -> Response.text(r.scheme() + " " + r.path()))
                .start();
    }

    private static SSLSocket connect(int port, String name) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new Everybody()}, new SecureRandom());
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(30_000);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setServerNames(List.of(new SNIHostName(name)));
        parameters.setApplicationProtocols(new String[] {"http/1.1"});
        socket.setSSLParameters(parameters);
        return socket;
    }

    private static final class Everybody implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    private static String get(SSLSocket socket, String path) throws IOException {
        socket.getOutputStream()
                .write(("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
        StringBuilder text = new StringBuilder();
        String end = "https " + path;
        while (text.indexOf(end) < 0) {
            int c = socket.getInputStream().read();
            if (c < 0) {
                throw new IOException("the end came after " + text);
            }
            text.append((char) c);
        }
        return text.toString();
    }

    private static String shown(SSLSocket socket) throws IOException {
        return ((X509Certificate) socket.getSession().getPeerCertificates()[0])
                .getSubjectX500Principal()
                .getName();
    }

    @Test
    void theNameChoosesTheCertificate() throws Exception {
        Tls tls = Tls.server()
                .certificate(AUTHORITY.leaf("default.test"))
                .certificate("one.test", AUTHORITY.leaf("one.test"))
                .build();
        try (HttpServer server = start(tls)) {
            for (String name : List.of("one.test", "default.test", "other.test")) {
                try (SSLSocket socket = connect(server.port(), name)) {
                    assertTrue(get(socket, "/x").startsWith("HTTP/1.1 200 "));
                    assertEquals("http/1.1", socket.getApplicationProtocol());
                    assertEquals(name.equals("one.test") ? "CN=one.test" : "CN=default.test", shown(socket));
                }
            }
        }
    }

    @Test
    void certificatesChangeUnderOpenConnections(@TempDir Path folder) throws Exception {
        Path chain = folder.resolve("c.pem");
        Path key = folder.resolve("k.pem");
        SelfSigned one = SelfSigned.of(Duration.ofDays(1), "one.test");
        SelfSigned two = SelfSigned.of(Duration.ofDays(1), "two.test");
        Files.writeString(chain, one.certificatePem());
        Files.writeString(key, one.keyPem());
        Tls tls = Tls.server().certificate(Identity.pem(chain, key)).build();
        try (HttpServer server = start(tls);
                SSLSocket before = connect(server.port(), "one.test")) {
            get(before, "/1");
            Files.writeString(chain, two.certificatePem());
            assertThrows(IOException.class, tls::reload); // the key is still the other's
            Files.writeString(key, two.keyPem());
            assertTrue(tls.reload());
            get(before, "/2");
            assertEquals("CN=one.test", shown(before));
            try (SSLSocket after = connect(server.port(), "one.test")) {
                get(after, "/3");
                assertEquals("CN=two.test", shown(after));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(HttpClient.Version.class)
    void aRequestKnowsItsConnection(HttpClient.Version version) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new Everybody()}, new SecureRandom());
        HttpClient client = HttpClient.newBuilder().sslContext(context).build();
        try (HttpServer server = HttpServer.builder()
                .https(free(), TlsFixture.build(TlsFixture.SELF.server()))
                .handler(r -> Response.text(
                        r.version() + " " + r.tls().protocol() + " " + r.tls().serverName() + " "
                                + r.tls().alpn() + " " + r.tls().peerCertificate()))
                .start()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create("https://localhost:" + server.port() + "/"))
                    .version(version)
                    .build();
            boolean two = version == HttpClient.Version.HTTP_2;
            assertEquals(
                    (two ? "HTTP/2" : "HTTP/1.1") + " TLSv1.3 localhost " + (two ? "h2" : "null") + " null",
                    client.send(request, HttpResponse.BodyHandlers.ofString()).body());
        }
    }

    @Test
    void aThousandHandshakes() throws Exception {
        try (HttpServer server = start(TlsFixture.build(TlsFixture.SELF.server()))) {
            for (int i = 0; i < 1000; i++) {
                try (SSLSocket socket = connect(server.port(), "localhost")) {
                    if (i % 2 == 0) {
                        get(socket, "/" + i);
                    } else {
                        socket.startHandshake();
                    }
                }
            }
        }
    }

    @Test
    void closesWithHandshakesUnderWay() throws Exception {
        List<Socket> sockets = new ArrayList<>();
        HttpServer server = HttpServer.builder()
                .https(free(), TlsFixture.build(TlsFixture.SELF.server()))
                .timeouts(Timeouts.defaults().withDrain(Duration.ofMillis(200)))
                .handler(r -> Response.text("https " + r.path()))
                .start();
        try (server) {
            for (int i = 0; i < 20; i++) {
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
                socket.setSoTimeout(30_000);
                sockets.add(socket);
                if (i % 2 == 0) {
                    socket.getOutputStream().write(new byte[] {22, 3, 1, 1, 0, 1});
                }
            }
            try (SSLSocket open = connect(server.port(), "localhost")) {
                get(open, "/x");
            }
        }
        for (Socket socket : sockets) {
            try (socket) {
                assertEquals(-1, socket.getInputStream().read());
            } catch (java.net.SocketException reset) {
                assertTrue(reset.getMessage().toLowerCase(java.util.Locale.ROOT).contains("reset"));
            }
        }
    }
}
