package dev.millrace.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.internal.tls.Credential;
import dev.millrace.testkit.ManualClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.cert.CertPath;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Certificates made in memory, read back by the JDK. */
class SelfSignedTest {
    private static final ManualClock CLOCK = new ManualClock(); // 2000-01-01T00:00:00Z

    @Test
    void localhost() throws Exception {
        SelfSigned self = SelfSigned.localhost();
        X509Certificate certificate = self.certificate();
        assertEquals(3, certificate.getVersion());
        assertEquals("CN=localhost", certificate.getSubjectX500Principal().getName());
        assertEquals(certificate.getSubjectX500Principal(), certificate.getIssuerX500Principal());
        assertEquals(List.of("localhost", "127.0.0.1", "0:0:0:0:0:0:0:1"), Credential.names(certificate));
        assertEquals("SHA256withECDSA", certificate.getSigAlgName());
        assertEquals(128, certificate.getSerialNumber().bitLength());
        assertEquals(-1, certificate.getBasicConstraints());
        assertArrayEquals(
                new boolean[] {true, false, false, false, false, false, false, false, false},
                certificate.getKeyUsage());
        assertEquals(List.of("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"), certificate.getExtendedKeyUsage());
        assertEquals(Set.of("2.5.29.19", "2.5.29.15"), certificate.getCriticalExtensionOIDs());
        assertEquals(
                Set.of("2.5.29.37", "2.5.29.17", "2.5.29.14", "2.5.29.35"), certificate.getNonCriticalExtensionOIDs());
        certificate.verify(certificate.getPublicKey());
        certificate.checkValidity();
        assertNotEquals(
                certificate.getSerialNumber(),
                SelfSigned.localhost().certificate().getSerialNumber());
    }

    @ParameterizedTest
    @CsvSource({
        "2000-01-01T00:00:00Z,90,1999-12-31T23:00:00Z,2000-03-31T00:00:00Z",
        "2049-12-31T23:59:59Z,1,2049-12-31T22:59:59Z,2050-01-01T23:59:59Z",
        "2096-02-29T12:34:56Z,366,2096-02-29T11:34:56Z,2097-03-01T12:34:56Z"
    })
    void validityFollowsTheClock(String now, int days, String from, String to) {
        ManualClock clock = new ManualClock();
        clock.setEpochMillis(Instant.parse(now).toEpochMilli());
        X509Certificate certificate =
                SelfSigned.of(clock, Duration.ofDays(days), "a.test").certificate();
        assertEquals(Instant.parse(from), certificate.getNotBefore().toInstant());
        assertEquals(Instant.parse(to), certificate.getNotAfter().toInstant());
    }

    @Test
    void aNameTooLongForASubjectStandsInTheAlternativesAlone() throws Exception {
        String name = "a".repeat(63) + ".b.test";
        CertificateAuthority authority = CertificateAuthority.create("Root");
        X509Certificate leaf = authority.leaf(name).source().load().certificate();
        assertEquals("", leaf.getSubjectX500Principal().getName());
        assertTrue(leaf.getCriticalExtensionOIDs().contains("2.5.29.17"));
        assertEquals(List.of(name), Credential.names(leaf));
        leaf.verify(authority.certificate().getPublicKey());
        X509Certificate self = SelfSigned.of(Duration.ofDays(1), name).certificate();
        assertEquals("CN=Self-signed", self.getSubjectX500Principal().getName());
        assertEquals(List.of(name), Credential.names(self));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", " ", "a b", "-a.test", "a-.test", "a..test", "*", "a.*.test", "ü.test", "1:2", "[::1]", "."})
    void whatIsNoNameIsRefused(String name) {
        assertThrows(IllegalArgumentException.class, () -> SelfSigned.of(Duration.ofDays(1), name));
    }

    @Test
    void noNameAndNoTimeAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> SelfSigned.of(Duration.ofDays(1)));
        assertThrows(IllegalArgumentException.class, () -> SelfSigned.of(Duration.ZERO, "a.test"));
    }

    @Test
    void theFingerprintIsTheSha256() throws Exception {
        SelfSigned self = SelfSigned.of(Duration.ofDays(1), "a.test");
        byte[] hash =
                MessageDigest.getInstance("SHA-256").digest(self.certificate().getEncoded());
        String[] pairs = self.fingerprint().split(":", -1);
        assertEquals(32, pairs.length);
        for (int i = 0; i < 32; i++) {
            assertEquals(hash[i], (byte) Integer.parseInt(pairs[i], 16));
            assertEquals(pairs[i].toUpperCase(Locale.ROOT), pairs[i]);
        }
    }

    @Test
    void pemIsReadBack(@TempDir Path directory) throws IOException {
        SelfSigned self = SelfSigned.localhost();
        Path chain = Files.writeString(directory.resolve("c.pem"), self.certificatePem());
        Path key = Files.writeString(directory.resolve("k.pem"), self.keyPem());
        Tls tls = Tls.server().pem(chain, key).build();
        assertEquals(self.fingerprint(), tls.certificates().get(0).fingerprint());
    }

    @Test
    void leavesOfAnAuthorityHoldAgainstIt() throws Exception {
        CertificateAuthority authority =
                CertificateAuthority.create(CLOCK, "Root", Duration.ofDays(100), Duration.ofDays(10));
        X509Certificate own = authority.certificate();
        assertEquals(0, own.getBasicConstraints());
        assertTrue(own.getKeyUsage()[5], "keyCertSign");
        Credential leaf = authority.leaf("*.a.test", "10.0.0.1").source().load();
        X509Certificate certificate = leaf.certificate();
        assertEquals("CN=Root", certificate.getIssuerX500Principal().getName());
        assertEquals(List.of("*.a.test", "10.0.0.1"), Credential.names(certificate));
        assertEquals(
                Instant.parse("2000-01-11T00:00:00Z"), certificate.getNotAfter().toInstant());
        assertEquals(own, leaf.chain()[1]);
        validate(certificate, own);
        CertificateAuthority other =
                CertificateAuthority.create(CLOCK, "Root", Duration.ofDays(100), Duration.ofDays(1));
        assertThrows(CertPathValidatorException.class, () -> validate(certificate, other.certificate()));
    }

    private static void validate(X509Certificate leaf, X509Certificate root) throws Exception {
        CertPath path = CertificateFactory.getInstance("X.509").generateCertPath(List.of(leaf));
        PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(root, null)));
        parameters.setRevocationEnabled(false);
        parameters.setDate(Date.from(Instant.ofEpochMilli(CLOCK.epochMillis())));
        CertPathValidator.getInstance("PKIX").validate(path, parameters);
    }

    @Test
    void leavesAreKeptByNameAndRenewedInTime() throws IOException {
        ManualClock clock = new ManualClock();
        CertificateAuthority authority =
                CertificateAuthority.create(clock, "Root", Duration.ofDays(12), Duration.ofDays(9));
        X509Certificate first = authority.leaf("a.test").source().load().certificate();
        assertEquals(first, authority.leaf("A.test.").source().load().certificate());
        assertNotEquals(first, authority.leaf("b.test").source().load().certificate());
        clock.advance(Duration.ofDays(5));
        assertEquals(first, authority.leaf("a.test").source().load().certificate());
        clock.advance(Duration.ofDays(2));
        X509Certificate second = authority.leaf("a.test").source().load().certificate();
        assertNotEquals(first, second);
        assertEquals(authority.certificate().getNotAfter(), second.getNotAfter(), "never past the authority's own end");
        for (int i = 0; i < 1100; i++) {
            authority.leaf("n" + i + ".test");
        }
        assertEquals(1024, authority.kept());
        clock.advance(Duration.ofDays(6));
        assertThrows(IllegalStateException.class, () -> authority.leaf("c.test"));
    }

    @Test
    void anAuthorityIsLoadedBack(@TempDir Path directory) throws Exception {
        CertificateAuthority first = CertificateAuthority.create("Root");
        CertificateAuthority again = CertificateAuthority.parse(first.certificatePem(), first.keyPem());
        assertEquals(first.fingerprint(), again.fingerprint());
        Path certificate = Files.writeString(directory.resolve("c.pem"), first.certificatePem());
        Path key = Files.writeString(directory.resolve("k.pem"), first.keyPem());
        CertificateAuthority loaded = CertificateAuthority.load(certificate, key);
        X509Certificate leaf = loaded.leaf("a.test").source().load().certificate();
        leaf.verify(first.certificate().getPublicKey());

        IOException mixed = assertThrows(
                IOException.class,
                () -> CertificateAuthority.parse(
                        first.certificatePem(),
                        CertificateAuthority.create("Other").keyPem()));
        assertTrue(String.valueOf(mixed.getMessage()).contains("do not belong together"));
        SelfSigned self = SelfSigned.localhost();
        IOException leafOnly =
                assertThrows(IOException.class, () -> CertificateAuthority.parse(self.certificatePem(), self.keyPem()));
        assertTrue(String.valueOf(leafOnly.getMessage()).contains("basicConstraints"));
    }

    @Test
    void anAuthorityFromElsewhereMayHaveAnRsaKey() throws Exception {
        CertificateAuthority authority =
                CertificateAuthority.load(TlsFilesTest.file("rsa.pem"), TlsFilesTest.file("rsa-pkcs1.key"));
        X509Certificate leaf = authority.leaf("a.test").source().load().certificate();
        assertEquals("SHA256withRSA", leaf.getSigAlgName());
        leaf.verify(authority.certificate().getPublicKey());
        assertArrayEquals(
                authority.certificate().getSubjectX500Principal().getEncoded(),
                leaf.getIssuerX500Principal().getEncoded());
        IOException edwards = assertThrows(
                IOException.class,
                () -> CertificateAuthority.load(TlsFilesTest.file("ed25519.pem"), TlsFilesTest.file("ed25519.key")));
        assertTrue(String.valueOf(edwards.getMessage()).contains("EC or RSA"));
    }
}
