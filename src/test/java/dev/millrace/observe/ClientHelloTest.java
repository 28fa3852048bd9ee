package dev.millrace.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClientHelloTest {
    private static final String SUITES =
            "0a0a,1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c,009d,002f,0035";
    private static final String EXTENSIONS =
            "1a1a,001b,0000,0033,0010,4469,0017,002d,000d,0005,0023,0012,002b,ff01,000b,000a,eaea,0015";
    private static final String SIGNATURES = "0403,0804,0401,0503,0805,0501,0806,0601";

    /** The example of the specification of JA4, with GREASE added. */
    @Test
    void ja4AsPublished() {
        ClientHello hello = published().build();
        assertEquals("t13d1516h2_8daaf6152771_e5627efa2ab1", hello.ja4());
        assertEquals(
                "t13d1516h2_002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,cca9"
                        + "_0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01"
                        + "_0403,0804,0401,0503,0805,0501,0806,0601",
                hello.ja4Raw());
        assertEquals(
                "t13d1516h2_8daaf6152771_6d807ffa2a79",
                published().signatureAlgorithms().build().ja4());
    }

    /** Of the newer Chrome too, whose first hash is the same: fewer of the hello's parts change than one would think. */
    @Test
    void ja4OfAnotherChrome() {
        ClientHello hello = published()
                .extensions(
                        numbers("0005,0000,0010,000a,000b,000d,0012,0017,001b,0023,002b,002d,0033,44cd,fe0d,ff01,0a0a"))
                .build();
        assertEquals("t13d1516h2_8daaf6152771_d8a2da3f94cd", hello.ja4());
    }

    @Test
    void ja4OfNothing() {
        assertEquals(
                "t12i000000_000000000000_000000000000",
                new ClientHello.Builder().build().ja4());
        assertEquals("t12i000000__", new ClientHello.Builder().build().ja4Raw());
        // Signature algorithms alone do not fill the last field, nor do a name and ALPN.
        ClientHello bare = new ClientHello.Builder()
                .extensions(0, 16)
                .signatureAlgorithms(0x0403)
                .build();
        assertEquals("t12d000200_000000000000_000000000000", bare.ja4());
    }

    @Test
    void countsStopAt99() {
        int[] many = new int[120];
        Arrays.setAll(many, i -> i + 0x4000);
        ClientHello hello =
                new ClientHello.Builder().cipherSuites(many).extensions(many).build();
        assertTrue(hello.ja4().startsWith("t12i999900_"), hello.ja4());
    }

    /** The examples of the specification. */
    @ParameterizedTest
    @CsvSource({
        "ab, ab",
        "20, 20",
        "abcd, ad",
        "2061, 21",
        "30ab, 3b",
        "6120, 60",
        "3031abcd, 3d",
        "30abcd31, 01",
        "68, hh",
        "6832, h2",
        "687474702f312e31, h1"
    })
    void ja4OfProtocols(String hex, String shown) {
        StringBuilder name = new StringBuilder();
        for (int i = 0; i < hex.length(); i += 2) {
            name.append((char) Integer.parseInt(hex.substring(i, i + 2), 16));
        }
        ClientHello hello = new ClientHello.Builder()
                .applicationProtocols(List.of(name.toString(), "other"))
                .build();
        assertEquals(shown, hello.ja4().substring(8, 10));
    }

    @Test
    void ja4SkipsGreaseInAlpn() {
        ClientHello hello = new ClientHello.Builder()
                .applicationProtocols(List.of("\u00aa\u00aa", "h2"))
                .build();
        assertEquals("h2", hello.ja4().substring(8, 10));
    }

    @ParameterizedTest
    @CsvSource({"0304, 13", "0303, 12", "0302, 11", "0301, 10", "0300, s3", "0002, s2", "7f1c, 00"})
    void ja4OfVersions(String version, String shown) {
        ClientHello byExtension = new ClientHello.Builder()
                .supportedVersions(0xdada, numbers(version)[0])
                .build();
        assertEquals(shown, byExtension.ja4().substring(1, 3));
        ClientHello byField =
                new ClientHello.Builder().legacyVersion(numbers(version)[0]).build();
        assertEquals(shown, byField.ja4().substring(1, 3));
    }

    /** The two examples published with JA3. */
    @Test
    void ja3AsPublished() {
        ClientHello full = new ClientHello.Builder()
                .legacyVersion(769)
                .cipherSuites(47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4)
                .extensions(0, 10, 11)
                .groups(23, 24, 25)
                .pointFormats(0)
                .build();
        assertEquals("769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0", full.ja3());
        assertEquals("ada70206e40642a3e4461f35503241d5", full.ja3Hash());
        ClientHello sparse = new ClientHello.Builder()
                .legacyVersion(769)
                .cipherSuites(4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99)
                .build();
        assertEquals("769,4-5-10-9-100-98-3-6-19-18-99,,,", sparse.ja3());
        assertEquals("de350869b8c85de67a350c8d186f11e6", sparse.ja3Hash());
    }

    @Test
    void ja3SkipsGrease() {
        ClientHello hello = new ClientHello.Builder()
                .cipherSuites(0x0a0a, 0x1301)
                .extensions(0x1a1a, 0, 0xfafa)
                .groups(0x2a2a, 29)
                .build();
        assertEquals("771,4865,0,29,", hello.ja3());
    }

    @Test
    void nobodyChangesIt() {
        int[] suites = {1, 2};
        ClientHello hello = new ClientHello.Builder().cipherSuites(suites).build();
        suites[0] = 9;
        assertEquals(List.of(1, 2), hello.cipherSuites());
        assertThrows(
                UnsupportedOperationException.class, () -> hello.cipherSuites().set(0, 3));
        assertThrows(
                UnsupportedOperationException.class,
                () -> hello.applicationProtocols().add("h2"));
    }

    @Test
    void equality() {
        assertEquals(published().build(), published().build());
        assertEquals(published().build().hashCode(), published().build().hashCode());
        assertNotEquals(published().build(), published().serverName("other").build());
        assertNotEquals(published().build(), published().keyShares(29).build());
        assertFalse(published().build().equals("hello"));
    }

    @Test
    void textForALogHasNoControls() {
        ClientHello hello = new ClientHello.Builder()
                .serverName("localhost")
                .applicationProtocols(List.of("h2", "a\nb\u00ff"))
                .build();
        assertTrue(
                hello.toString().startsWith("TLSv1.2 sni=localhost alpn=h2,a\\u000ab\\u00ff ja4=t12"),
                hello.toString());
        assertEquals(
                "TLSv1.2 sni=- alpn=- ja4=t12i000000_000000000000_000000000000",
                new ClientHello.Builder().build().toString());
    }

    @Test
    void names() {
        assertEquals("TLSv1.3", TlsNames.version(0x0304));
        assertEquals("TLS_AES_128_GCM_SHA256", TlsNames.cipherSuite(0x1301));
        assertEquals("X25519MLKEM768", TlsNames.group(0x11ec));
        assertEquals("ecdsa_secp256r1_sha256", TlsNames.signatureAlgorithm(0x0403));
        assertEquals("GREASE", TlsNames.cipherSuite(0xfafa));
        assertEquals("0x00fe", TlsNames.cipherSuite(0xfe));
        for (int value = 0; value < 0x10000; value++) {
            boolean grease = value % 0x1010 == 0x0a0a && value >> 8 == (value & 0xff);
            assertEquals(grease, TlsNames.isGrease(value));
        }
    }

    private static ClientHello.Builder published() {
        return new ClientHello.Builder()
                .supportedVersions(0x9a9a, 0x0304, 0x0303)
                .serverName("www.example.org")
                .applicationProtocols(List.of("h2", "http/1.1"))
                .cipherSuites(numbers(SUITES))
                .extensions(numbers(EXTENSIONS))
                .groups(0x0a0a, 29, 23, 24)
                .signatureAlgorithms(numbers(SIGNATURES))
                .pointFormats(0);
    }

    private static int[] numbers(String list) {
        return Arrays.stream(list.split(",", -1))
                .mapToInt(text -> Integer.parseInt(text, 16))
                .toArray();
    }
}
