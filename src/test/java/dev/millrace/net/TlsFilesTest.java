package dev.millrace.net;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.internal.tls.Engines;
import dev.millrace.internal.tls.TlsAccess;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Certificates and keys from files, good and bad. */
class TlsFilesTest {
    private static final char[] SECRET = "secret".toCharArray();

    @TempDir
    Path directory;

    static Path file(String name) {
        try {
            URL url = Objects.requireNonNull(TlsFilesTest.class.getResource("/tls/" + name), name);
            return Path.of(url.toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    static Identity identity(String chain, String key) {
        return Identity.pem(file(chain), file(key));
    }

    private static String failure(Tls.Builder builder) {
        return String.valueOf(assertThrows(IOException.class, builder::build).getMessage());
    }

    private static void works(Tls server) throws IOException {
        Tls client = Tls.client().insecureTrustAll().build();
        Engines.handshake(
                TlsAccess.settings(client).newClientEngine("localhost", 1, null),
                TlsAccess.settings(server).newServerEngine());
    }

    @ParameterizedTest
    @CsvSource({
        "ec.pem,ec-sec1.key",
        "ec.pem,ec-pkcs8.key",
        "ec.pem,ec-nopublic.key",
        "ec-params.pem,ec-params.key",
        "rsa.pem,rsa-pkcs1.key",
        "rsa.pem,rsa-pkcs8.key",
        "ed25519.pem,ed25519.key"
    })
    void readsEveryFormOfKey(String chain, String key) throws IOException {
        works(Tls.server().pem(file(chain), file(key)).build());
    }

    @ParameterizedTest
    @ValueSource(strings = {"ec-aes256.key", "ec-aes128-sha512.key", "ec-des3.key", "ec-pbes1.key", "ec-pkcs8.key"})
    void readsEncryptedKeys(String key) throws IOException {
        works(Tls.server().pem(file("ec.pem"), file(key), SECRET).build());
    }

    @ParameterizedTest
    @ValueSource(strings = {"ec-aes256.key", "ec-aes128-sha512.key", "ec-des3.key", "ec-pbes1.key"})
    void aWrongPasswordIsSaid(String key) {
        for (int i = 0; i < 300; i++) { // the padding is right by chance once in 256 times
            if (i > 3 && !key.equals("ec-des3.key")) {
                break;
            }
            String message = failure(Tls.server().pem(file("ec.pem"), file(key), ("wrong" + i).toCharArray()));
            assertEquals("key file " + file(key) + ": wrong password for the encrypted private key", message);
        }
    }

    @Test
    void aMissingPasswordIsSaid() {
        assertTrue(failure(Tls.server().pem(file("ec.pem"), file("ec-aes256.key")))
                .endsWith("ec-aes256.key: the key is encrypted; give its password"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"ec-scrypt.key", "ec-traditional.key"})
    void otherEncryptionsAreRefusedWithTheRemedy(String key) {
        String message = failure(Tls.server().pem(file("ec.pem"), file(key), SECRET));
        assertTrue(message.contains(key) && message.contains("openssl pkcs8 -topk8 -v2 aes-256-cbc"), message);
    }

    @ParameterizedTest
    @CsvSource({"one.p12,first", "legacy.p12,old"})
    void readsPkcs12(String name, String alias) throws IOException {
        works(Tls.server().pkcs12(file(name), SECRET).build());
        works(Tls.server()
                .certificate(Identity.pkcs12(file(name), SECRET, alias))
                .build());
        assertEquals(
                "PKCS#12 file " + file(name) + ": wrong password",
                failure(Tls.server().pkcs12(file(name), "wrong".toCharArray())));
        assertEquals(
                "PKCS#12 file " + file(name) + ": no private key with the alias other; there is [" + alias + "]",
                failure(Tls.server().certificate(Identity.pkcs12(file(name), SECRET, "other"))));
    }

    @Test
    void whatIsNotPkcs12IsRefused() throws IOException {
        assertTrue(failure(Tls.server().pkcs12(file("ec.pem"), SECRET)).endsWith("ec.pem: not PKCS#12"));
        Path cut = directory.resolve("cut.p12");
        byte[] whole = Files.readAllBytes(file("one.p12"));
        Files.write(cut, Arrays.copyOf(whole, whole.length / 2));
        assertTrue(failure(Tls.server().pkcs12(cut, SECRET)).contains("cut.p12: "));
    }

    @ParameterizedTest
    @CsvSource({
        "ec.pem,rsa-pkcs1.key",
        "rsa.pem,ec-sec1.key",
        "ec.pem,ec-params.key",
        "ec-params.pem,ec-nopublic.key",
        "ed25519.pem,ec-sec1.key"
    })
    void aKeyOfAnotherCertificateIsRefusedNamingBoth(String chain, String key) {
        String message = failure(Tls.server().pem(file(chain), file(key)));
        assertTrue(message.contains("certificate file " + file(chain)), message);
        assertTrue(message.contains("key file " + file(key)), message);
        assertTrue(message.contains("do not belong together"), message);
    }

    @Test
    void aChainInTheWrongOrderIsSaid() throws IOException {
        Path chain = directory.resolve("chain.pem");
        Files.writeString(chain, Files.readString(file("rsa.pem")) + Files.readString(file("ec.pem")));
        String message = failure(Tls.server().pem(chain, file("ec-sec1.key")));
        assertTrue(message.contains("certificate number 2 is the one of the key"), message);
    }

    @Test
    void oneFileMayHoldBoth() throws IOException {
        Path both = directory.resolve("both.pem");
        Files.writeString(
                both,
                "some text\r\n" + Files.readString(file("ec.pem")).replace("\n", "\r\n")
                        + Files.readString(file("ec-sec1.key")));
        works(Tls.server().pem(both, both).build());
    }

    @Test
    void filesThatAreNotThereOrNotPemAreSaid() throws IOException {
        Path missing = directory.resolve("missing.pem");
        assertEquals(
                "certificate file " + missing + ": no such file",
                failure(Tls.server().pem(missing, file("ec-sec1.key"))));
        assertEquals(
                "key file " + missing + ": no such file", failure(Tls.server().pem(file("ec.pem"), missing)));
        assertTrue(
                failure(Tls.server().pem(file("ec.der"), file("ec-sec1.key"))).contains("looks like DER"));
        Path empty = Files.createFile(directory.resolve("empty.pem"));
        assertTrue(failure(Tls.server().pem(empty, empty)).endsWith("the file is empty"));
        assertTrue(failure(Tls.server().pem(file("ec-sec1.key"), file("ec-sec1.key")))
                .contains("no certificate in it, only EC PRIVATE KEY"));
        assertTrue(failure(Tls.server().pem(file("ec.pem"), file("ec.pem")))
                .contains("no private key in it, only CERTIFICATE"));
        assertTrue(failure(Tls.client().trust(missing)).startsWith("trust file " + missing));
        assertTrue(failure(Tls.server().pem(directory, directory)).startsWith("certificate file " + directory));
    }

    /** Whatever the place of the cut, it is an error that names the file, and never another exception. */
    @ParameterizedTest
    @CsvSource({"ec.pem,ec-sec1.key", "rsa.pem,rsa-pkcs1.key", "ec.pem,ec-pkcs8.key", "ec.pem,ec-aes256.key"})
    void filesThatAreCutAreSaid(String chain, String key) throws IOException {
        Path cut = directory.resolve("cut.pem");
        byte[] whole = Files.readAllBytes(file(key));
        for (int length = 0; length < whole.length - 7; length += 7) {
            Files.write(cut, Arrays.copyOf(whole, length));
            String message = failure(Tls.server().pem(file(chain), cut, SECRET));
            assertTrue(message.startsWith("key file " + cut), message);
        }
        whole = Files.readAllBytes(file(chain));
        for (int length = 0; length < whole.length - 7; length += 31) {
            Files.write(cut, Arrays.copyOf(whole, length));
            String message = failure(Tls.server().pem(cut, file(key), SECRET));
            assertTrue(message.startsWith("certificate file " + cut), message);
        }
    }

    /** Changed characters within the base64: an error that names a file, or by chance still the key. */
    @ParameterizedTest
    @ValueSource(strings = {"ec-sec1.key", "ec-pkcs8.key", "ec-aes256.key", "ec-aes128-sha512.key"})
    void filesThatAreDamagedAreSaid(String key) throws IOException {
        Path damaged = directory.resolve("damaged.pem");
        String whole = Files.readString(file(key));
        int from = whole.indexOf('\n') + 1;
        int to = whole.lastIndexOf("-----END") - 1;
        for (int at = from; at < to; at += 5) {
            // a letter that halves the number of rounds at most
            char other = whole.charAt(at) == 'A' ? 'B' : 'A';
            Files.writeString(damaged, whole.substring(0, at) + other + whole.substring(at + 1));
            try {
                Tls.server().pem(file("ec.pem"), damaged, SECRET).build();
            } catch (IOException e) {
                assertTrue(String.valueOf(e.getMessage()).contains(damaged.toString()), e::toString);
            }
        }
    }

    @Test
    void twoCertificatesWithTheSameKindOfKeyForOneNameAreRefused() {
        String message = failure(Tls.server()
                .certificate("a.test", identity("ec.pem", "ec-sec1.key"))
                .certificate("a.test", identity("ec-params.pem", "ec-params.key")));
        assertEquals("two certificates with EC keys for a.test", message);
    }

    @Test
    void certificatesAreListed() throws IOException {
        Tls tls = Tls.server()
                .certificate(identity("ec.pem", "ec-sec1.key"))
                .certificate(identity("rsa.pem", "rsa-pkcs1.key"))
                .certificate("www.test", identity("ec-params.pem", "ec-params.key"))
                .certificate("*.test", identity("ec-params.pem", "ec-params.key"))
                .build();
        List<Tls.Certificate> certificates = tls.certificates();
        assertEquals(3, certificates.size());
        assertEquals("ec.test", certificates.get(0).name());
        assertEquals(List.of("ec.test"), certificates.get(0).names());
        assertEquals("rsa.test", certificates.get(1).name());
        assertEquals("www.test", certificates.get(2).name());
        assertEquals(95, certificates.get(2).fingerprint().length());
        assertTrue(certificates.get(0).notAfter().isAfter(certificates.get(0).notBefore()));
    }

    @Test
    void roots() throws IOException {
        Path bundle = directory.resolve("roots.pem");
        Files.writeString(bundle, Files.readString(file("rsa.pem")) + Files.readString(file("ec.pem")));
        Tls client = Tls.client().trust(bundle).build();
        Tls server = Tls.server().pem(file("ec.pem"), file("ec-sec1.key")).build();
        assertDoesNotThrow(() -> Engines.handshake(
                TlsAccess.settings(client).newClientEngine("ec.test", 1, null),
                TlsAccess.settings(server).newServerEngine()));
        Files.writeString(
                bundle, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", StandardCharsets.UTF_8);
        assertTrue(failure(Tls.client().trust(bundle)).contains("certificate number 1 is damaged"));
    }

    @Test
    void settingsThatContradictEachOtherAreRefused() {
        assertThrows(IllegalStateException.class, () -> Tls.server().build());
        assertThrows(
                IllegalStateException.class,
                () -> SelfSigned.localhost()
                        .server()
                        .clientAuth(Tls.ClientAuth.REQUIRED)
                        .build());
        assertThrows(
                IllegalStateException.class,
                () -> Tls.client().clientAuth(Tls.ClientAuth.OPTIONAL).build());
        assertThrows(
                IllegalStateException.class,
                () -> Tls.client().insecureTrustAll().trust(file("ec.pem")).build());
        assertThrows(IllegalArgumentException.class, () -> Tls.client().protocols("TLSv1.1"));
        assertThrows(
                IllegalStateException.class,
                () -> Tls.client().cipherSuites("TLS_NONE").build());
        assertThrows(
                IllegalArgumentException.class,
                () -> Tls.server().certificate("127.0.0.1", identity("ec.pem", "ec-sec1.key")));
        assertThrows(
                IllegalArgumentException.class,
                () -> Tls.server().certificate("a.*.test", identity("ec.pem", "ec-sec1.key")));
        assertThrows(IllegalArgumentException.class, () -> Tls.client().alpn(""));
    }
}
