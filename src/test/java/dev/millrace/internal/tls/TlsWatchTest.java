package dev.millrace.internal.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.internal.bytes.Nullable;
import dev.millrace.testkit.ManualClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The watcher, look by look. */
class TlsWatchTest {
    private static final KeyPair KEYS = CertificateWriter.newKeys();

    @TempDir
    Path directory;

    private final ManualClock clock = new ManualClock();
    private final List<String> told = new ArrayList<>();
    private final List<BooleanSupplier> ticks = new ArrayList<>();
    private Path file;
    private int writes;
    private boolean ended;

    @BeforeEach
    void name() {
        file = directory.resolve("both.pem");
    }

    private void write(String name, Duration validity) throws IOException {
        long now = clock.epochMillis() / 1000;
        X509Certificate certificate =
                CertificateWriter.leaf(KEYS, List.of(name), now, now + validity.toSeconds(), null);
        write(Credential.pem(certificate) + Credential.pem(KEYS.getPrivate()));
    }

    private void write(String text) throws IOException {
        Path fresh = Files.writeString(directory.resolve("fresh"), text);
        Files.setLastModifiedTime(fresh, FileTime.fromMillis(1_000_000_000_000L + 1000L * ++writes));
        Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING);
    }

    private TlsSettings settings() throws IOException {
        return settings(Duration.ofDays(7));
    }

    private TlsSettings settings(@Nullable Duration expiryWarning) throws IOException {
        TlsSpec.Hooks hooks = new TlsSpec.Hooks() {
            @Override
            public void reloadFailed(Exception error) {
                told.add("failed");
            }

            @Override
            public void expires(LoadedCertificate certificate) {
                told.add(certificate.name());
            }
        };
        TlsSpec spec = new TlsSpec(
                true,
                null,
                List.of(new TlsSpec.Named(null, new PemSource(file, file, null))),
                null,
                TrustSource.NOBODY,
                TlsSpec.PeerAuth.NONE,
                false,
                null,
                List.of("TLSv1.3"),
                List.of("TLS_AES_128_GCM_SHA256"),
                List.of(),
                1,
                Duration.ofHours(1),
                Duration.ofMinutes(1),
                expiryWarning,
                hooks,
                null,
                false,
                clock);
        return new TlsSettings(spec, (every, work) -> {
            assertEquals(Duration.ofMinutes(1), every);
            ticks.add(work);
            return () -> ended = true;
        });
    }

    private void look() {
        assertTrue(ticks.get(0).getAsBoolean());
    }

    @Test
    void aFailureIsToldOnceAndTriedAgainEachTime() throws IOException {
        write("one.test", Duration.ofDays(90));
        TlsSettings settings = settings();
        look();
        write("nothing");
        look();
        look();
        assertEquals(List.of("failed"), told);
        Files.delete(file);
        look();
        look();
        assertEquals(List.of("failed", "failed"), told);
        assertEquals("one.test", settings.certificates().get(0).name());
        write("two.test", Duration.ofDays(90));
        look();
        assertEquals("two.test", settings.certificates().get(0).name());
        write("nothing");
        look();
        assertEquals(List.of("failed", "failed", "failed"), told);
        settings.endWatch();
        assertTrue(ended);
    }

    @Test
    void anEndIsToldOnceADay() throws IOException {
        write("ends.test", Duration.ofDays(10));
        TlsSettings settings = settings();
        look();
        assertEquals(List.of(), told);
        clock.advance(Duration.ofDays(4));
        look();
        look();
        assertEquals(List.of("ends.test"), told);
        clock.advance(Duration.ofHours(23));
        look();
        assertEquals(List.of("ends.test"), told);
        clock.advance(Duration.ofHours(1));
        look();
        assertEquals(List.of("ends.test", "ends.test"), told);
        write("renewed.test", Duration.ofDays(10));
        look();
        clock.advance(Duration.ofDays(2));
        look();
        assertEquals(List.of("ends.test", "ends.test"), told);
        assertEquals("renewed.test", settings.certificates().get(0).name());
    }

    @Test
    void withoutAWishFourteenDaysBeforeOrInTheLastThird() throws IOException {
        for (int days : new int[] {90, 42, 6}) {
            int before = Math.min(14, days / 3);
            told.clear();
            ticks.clear();
            write("ends.test", Duration.ofDays(days));
            settings(null);
            clock.advance(Duration.ofDays(days - before).minusMinutes(1));
            look();
            assertEquals(List.of(), told, days + " days");
            clock.advance(Duration.ofMinutes(1));
            look();
            assertEquals(List.of("ends.test"), told, days + " days");
        }
    }
}
