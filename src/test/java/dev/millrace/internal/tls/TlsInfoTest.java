package dev.millrace.internal.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Method;
import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.http.TlsInfo;
import dev.millrace.net.CertificateAuthority;
import dev.millrace.net.Tls;
import dev.millrace.testkit.Http1Fixture;
import dev.millrace.testkit.TlsFixture;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a request knows of the TLS connection that brought it. */
class TlsInfoTest {
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    private static final CertificateAuthority CLIENTS = CertificateAuthority.create("Clients");

    private final List<TlsInfo> seen = new ArrayList<>();

    private TlsFixture.Builder builder() {
        return TlsFixture.builder().answering(request -> {
            seen.add(request.tls());
            return Response.text("ok");
        });
    }

    private TlsInfo ask(TlsFixture f) {
        seen.clear();
        f.peer().send(GET);
        assertEquals(1, f.peer().responses().size());
        assertEquals(1, seen.size());
        TlsInfo info = seen.get(0);
        assertNotNull(info);
        return info;
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void whatWasNegotiated(String version) {
        String suite = version.equals("TLSv1.3") ? "TLS_AES_256_GCM_SHA384" : "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384";
        TlsFixture f = builder()
                .client(TlsFixture.client()
                        .protocols(version)
                        .cipherSuites(suite)
                        .alpn("http/1.1"))
                .name("LocalHost")
                .open();
        TlsInfo info = ask(f);
        assertEquals(version, info.protocol());
        assertEquals(suite, info.cipherSuite());
        assertEquals("http/1.1", info.alpn());
        assertEquals("localhost", info.serverName());
        assertFalse(info.resumed());
        assertEquals(List.of(), info.peerCertificates());
        assertNull(info.peerCertificate());
        f.peer().close();
        f.end();
        assertEquals(version, info.protocol(), "still known after the end");
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void withoutNames(String version) {
        TlsFixture f = builder()
                .client(TlsFixture.client().protocols(version))
                .name("127.0.0.1")
                .open();
        TlsInfo info = ask(f);
        assertNull(info.serverName());
        assertNull(info.alpn());
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void thePeersCertificatesAlsoWhenResumed(String version) {
        Tls server = TlsFixture.build(
                TlsFixture.SELF.server().clientAuth(Tls.ClientAuth.OPTIONAL).trust(CLIENTS.certificate()));
        Tls client = TlsFixture.build(TlsFixture.client().protocols(version).certificate(CLIENTS.leaf("client.test")));
        TlsFixture first = builder().server(server).client(client).open();
        TlsInfo full = ask(first);
        first.peer().close();
        assertFalse(full.resumed());
        TlsInfo again = ask(builder().server(server).client(client).open());
        assertTrue(again.resumed());
        for (TlsInfo info : List.of(full, again)) {
            List<X509Certificate> chain = info.peerCertificates();
            assertEquals(2, chain.size());
            assertEquals(
                    "CN=client.test", chain.get(0).getSubjectX500Principal().getName());
            assertEquals(CLIENTS.certificate(), chain.get(1));
            assertEquals(chain.get(0), info.peerCertificate());
            assertEquals("localhost", info.serverName());
        }
        TlsInfo without = ask(builder()
                .server(server)
                .client(TlsFixture.client().protocols(version))
                .open());
        assertNull(without.peerCertificate());
    }

    @Test
    void nothingInTheClear() {
        List<TlsInfo> infos = new ArrayList<>();
        Http1Fixture f = Http1Fixture.answering(request -> {
            infos.add(request.tls());
            return Response.text("ok");
        });
        f.peer().send(GET);
        assertEquals(1, infos.size());
        assertNull(infos.get(0));
        assertNull(Request.builder(Method.GET, "/").build().tls());
    }
}
