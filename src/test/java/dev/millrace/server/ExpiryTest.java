package dev.millrace.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Response;
import dev.millrace.net.Identity;
import dev.millrace.net.SelfSigned;
import dev.millrace.net.TimedRuntime;
import dev.millrace.net.Tls;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A server's certificates as they come to their end: somebody is warned, and the metrics follow a reload. */
@Timeout(120)
class ExpiryTest {
    private final BlockingQueue<String> told = new LinkedBlockingQueue<>();

    private static HttpServer start(TimedRuntime time, Tls tls) throws Exception {
        InetSocketAddress free = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        return HttpServer.builder()
                .runtime(time.runtime())
                .https(free, tls)
                .https(free, tls)
                .handler(r -> Response.text("x"))
                .start();
    }

    private String take() throws InterruptedException {
        return told.poll(30, TimeUnit.SECONDS);
    }

    /** The server's watch is a deadline that arms itself again, so time has to pass in steps. */
    private static void pass(TimedRuntime time, Duration span) throws Exception {
        for (long hours = span.toHours(); hours > 0; hours -= 6) {
            time.advance(Duration.ofHours(6).plusSeconds(1));
            time.settle();
        }
    }

    @Test
    void aServerWarnsOnceADayThoughNobodyReloads() throws Exception {
        try (TimedRuntime time = new TimedRuntime(1, Runnable::run)) {
            Tls tls = time.build(time.certificate(Duration.ofDays(30), "ends.test")
                    .server()
                    .expiryWarning(Duration.ofDays(7), certificate -> told.add(certificate.name())));
            HttpServer server = start(time, tls);
            pass(time, Duration.ofDays(22));
            assertEquals(0, told.size());
            pass(time, Duration.ofDays(1).plusHours(6));
            assertEquals("ends.test", take());
            pass(time, Duration.ofDays(2));
            assertEquals("ends.test", take());
            assertEquals("ends.test", take());
            assertEquals(0, told.size(), "once a day, and once for both listeners");
            server.close();
            pass(time, Duration.ofDays(3));
            assertEquals(0, told.size(), "a server that is closed warns no more");
        }
    }

    @Test
    void theGaugeFollowsAReload(@TempDir Path folder) throws Exception {
        Path chain = folder.resolve("c.pem");
        Path key = folder.resolve("k.pem");
        SelfSigned one = SelfSigned.of(Duration.ofDays(20), "one.test");
        Files.writeString(chain, one.certificatePem());
        Files.writeString(key, one.keyPem());
        Tls tls = Tls.server().certificate(Identity.pem(chain, key)).build();
        try (TimedRuntime time = new TimedRuntime(1);
                HttpServer server = start(time, tls)) {
            assertEquals(
                    Map.of("one.test", end(one)), server.metrics().snapshot().certificates());
            SelfSigned renewed = SelfSigned.of(Duration.ofDays(40), "one.test");
            Files.writeString(chain, renewed.certificatePem());
            Files.writeString(key, renewed.keyPem());
            assertTrue(tls.reload());
            assertEquals(
                    Map.of("one.test", end(renewed)),
                    server.metrics().snapshot().certificates());
            SelfSigned other = SelfSigned.of(Duration.ofDays(30), "other.test");
            Files.writeString(chain, other.certificatePem());
            Files.writeString(key, other.keyPem());
            assertTrue(tls.reload());
            assertEquals(
                    Map.of("other.test", end(other)),
                    server.metrics().snapshot().certificates());
            assertNull(told.poll());
        }
    }

    private static long end(SelfSigned certificate) {
        return certificate.certificate().getNotAfter().toInstant().getEpochSecond();
    }
}
