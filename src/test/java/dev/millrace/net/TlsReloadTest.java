package dev.millrace.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.internal.tls.Engines;
import dev.millrace.internal.tls.TlsAccess;
import dev.millrace.internal.tls.TlsSettings;
import dev.millrace.testkit.ManualClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that change under a configuration, and certificates that end. */
class TlsReloadTest {
    private static final CertificateAuthority AUTHORITY = CertificateAuthority.create("Test authority");

    @TempDir
    Path directory;

    private Path chain;
    private Path key;
    private int writes;

    @BeforeEach
    void files() throws IOException {
        chain = directory.resolve("chain.pem");
        key = directory.resolve("key.pem");
        write(SelfSigned.of(Duration.ofDays(90), "one.test"));
    }

    /** Writes both files, each time with a later modification time however fast the test is. */
    private void write(SelfSigned next) throws IOException {
        write(chain, next.certificatePem());
        write(key, next.keyPem());
    }

    private void write(Path file, String text) throws IOException {
        Path fresh = Files.writeString(directory.resolve("fresh"), text);
        Files.setLastModifiedTime(fresh, FileTime.fromMillis(1_000_000_000_000L + 1000L * ++writes));
        Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    private static X509Certificate shown(Tls server) throws IOException {
        SSLEngine client =
                TlsAccess.settings(Tls.client().insecureTrustAll().build()).newClientEngine("localhost", 1, null);
        Engines.handshake(client, TlsAccess.settings(server).newServerEngine());
        try {
            return (X509Certificate) client.getSession().getPeerCertificates()[0];
        } catch (SSLPeerUnverifiedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void newHandshakesGetTheNewCertificateAndConnectionsGoOn() throws IOException {
        Tls server = Tls.server().pem(chain, key).build();
        TlsSettings client = TlsAccess.settings(Tls.client().insecureTrustAll().build());
        SSLEngine old = client.newClientEngine("localhost", 1, null);
        SSLEngine begun = TlsAccess.settings(server).newServerEngine();
        assertFalse(server.reload(), "nothing changed");
        SelfSigned next = SelfSigned.of(Duration.ofDays(90), "two.test");
        write(next);
        assertTrue(server.reload());
        assertEquals(next.certificate(), shown(server));
        assertEquals("two.test", server.certificates().get(0).name());
        // the connection that had begun before ends its handshake with what it began with
        Engines.handshake(old, begun);
        assertEquals(
                "CN=one.test",
                ((X509Certificate) old.getSession().getPeerCertificates()[0])
                        .getSubjectX500Principal()
                        .getName());
    }

    @Test
    void aReloadWithoutAChangeKeepsTheSessions() throws IOException {
        Tls server = Tls.server().pem(chain, key).build();
        TlsSettings client = TlsAccess.settings(Tls.client().insecureTrustAll().build());
        boolean[] resumed = new boolean[4];
        for (int i = 0; i < resumed.length; i++) {
            SSLEngine engine = client.newClientEngine("localhost", 1, null);
            Engines.handshake(engine, TlsAccess.settings(server).newServerEngine());
            resumed[i] = engine.getSession().getValue("mark") != null;
            engine.getSession().putValue("mark", "mark");
            if (i == 1) {
                write(SelfSigned.of(Duration.ofDays(90), "two.test"));
            }
            server.reload();
        }
        assertEquals(List.of(false, true, false, true), List.of(resumed[0], resumed[1], resumed[2], resumed[3]));
    }

    @Test
    void badFilesAreReportedAndTheOldStay() throws IOException {
        Tls server = Tls.server().pem(chain, key).build();
        X509Certificate before = shown(server);
        write(chain, "-----BEGIN CERTIFICATE-----\n");
        IOException cut = assertThrows(IOException.class, server::reload);
        assertTrue(String.valueOf(cut.getMessage()).contains(chain.toString()), cut::toString);
        assertEquals(before, shown(server));
        write(chain, SelfSigned.localhost().certificatePem());
        IOException other = assertThrows(IOException.class, server::reload);
        assertTrue(String.valueOf(other.getMessage()).contains("do not belong together"), other::toString);
        assertEquals(before, shown(server));
    }

    @Test
    void trustIsReloadedToo() throws IOException {
        Path roots = directory.resolve("roots.pem");
        write(roots, AUTHORITY.certificatePem());
        SelfSigned self = SelfSigned.localhost();
        Tls client = Tls.client().trust(roots).build();
        TlsSettings server = TlsAccess.settings(self.server().build());
        assertThrows(
                IOException.class,
                () -> Engines.handshake(
                        TlsAccess.settings(client).newClientEngine("localhost", 1, null), server.newServerEngine()));
        write(roots, self.certificatePem());
        assertTrue(client.reload());
        Engines.handshake(TlsAccess.settings(client).newClientEngine("localhost", 1, null), server.newServerEngine());
    }

    @Test
    void theWatcherReloads() throws Exception {
        BlockingQueue<Exception> errors = new LinkedBlockingQueue<>();
        BlockingQueue<Tls.Certificate> seen = new LinkedBlockingQueue<>();
        try (Tls server = Tls.server()
                .pem(chain, key)
                .watch(Duration.ofMillis(1))
                .onReloadError(errors::add)
                .expiryWarning(Duration.ofDays(1000), seen::add)
                .build()) {
            assertEquals("one.test", take(seen).name());
            SelfSigned next = SelfSigned.of(Duration.ofDays(90), "two.test");
            write(next); // the watcher may see a half of it, and then says so once
            Tls.Certificate told = take(seen);
            while (told.name().equals("one.test")) {
                told = take(seen);
            }
            assertEquals(next.fingerprint(), told.fingerprint());
            assertEquals(next.certificate(), shown(server));
            errors.clear();
            write(chain, "nothing");
            assertTrue(String.valueOf(take(errors).getMessage()).contains("no PEM text"));
            assertEquals(next.certificate(), shown(server));
        }
    }

    private static <T> T take(BlockingQueue<T> queue) throws InterruptedException {
        T taken = queue.poll(60, TimeUnit.SECONDS);
        if (taken == null) {
            throw new AssertionError("nothing came");
        }
        return taken;
    }

    @Test
    void reloadsUnderHandshakesNeverMixTwoStates() throws Exception {
        SelfSigned[] all = new SelfSigned[4];
        for (int i = 0; i < all.length; i++) {
            all[i] = SelfSigned.of(Duration.ofDays(90), "n" + i + ".test");
        }
        write(all[0]);
        Tls server = Tls.server().pem(chain, key).build();
        AtomicBoolean end = new AtomicBoolean();
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            List<Future<Integer>> hands = new ArrayList<>();
            for (int t = 0; t < 2; t++) {
                hands.add(threads.submit(() -> {
                    int count = 0;
                    while (!end.get() || count == 0) {
                        shown(server); // a key of another certificate would fail the handshake
                        count++;
                    }
                    return count;
                }));
            }
            for (int i = 0; i < 100; i++) {
                write(all[i % all.length]);
                server.reload();
            }
            end.set(true);
            for (Future<Integer> hand : hands) {
                assertTrue(hand.get() > 0);
            }
        } finally {
            end.set(true);
            threads.shutdownNow();
        }
        assertEquals(all[3].certificate(), shown(server));
    }

    @Test
    void certificatesThatEndAreToldOf() throws IOException {
        ManualClock clock = new ManualClock();
        write(SelfSigned.of(clock, Duration.ofDays(30), "ends.test"));
        List<String> told = new ArrayList<>();
        Tls server = Tls.server()
                .pem(chain, key)
                .clock(clock)
                .expiryWarning(Duration.ofDays(7), certificate -> told.add(certificate.name()))
                .build();
        assertEquals(List.of(), told);
        clock.advance(Duration.ofDays(22));
        server.reload();
        assertEquals(List.of(), told);
        clock.advance(Duration.ofDays(2));
        server.reload();
        assertEquals(List.of("ends.test"), told);
        clock.advance(Duration.ofDays(10)); // it has ended, and is used all the same
        server.reload();
        assertEquals(List.of("ends.test", "ends.test"), told);
        assertEquals("ends.test", server.certificates().get(0).name());
    }

    @Test
    void aCertificateThatHasEndedLoadsAndIsToldOf() throws IOException {
        ManualClock past = new ManualClock(); // the year 2000
        SelfSigned ended = SelfSigned.of(past, Duration.ofDays(1), "ended.test");
        List<Tls.Certificate> told = new ArrayList<>();
        Tls server = ended.server().expiryWarning(Duration.ZERO, told::add).build();
        assertEquals(1, told.size());
        assertEquals("ended.test", told.get(0).name());
        assertEquals(ended.certificate(), shown(server));
        assertEquals(1, server.certificates().size());
    }

    @Test
    void aHookThatFailsDoesNoHarm() throws IOException {
        Tls server = SelfSigned.localhost()
                .server()
                .expiryWarning(Duration.ofDays(1000), certificate -> {
                    throw new IllegalStateException("the hook of this test fails on purpose");
                })
                .build();
        assertEquals("localhost", server.certificates().get(0).name());
    }
}
