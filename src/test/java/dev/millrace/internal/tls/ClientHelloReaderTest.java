package dev.millrace.internal.tls;

import static dev.millrace.internal.tls.Hellos.concat;
import static dev.millrace.internal.tls.Hellos.extension;
import static dev.millrace.internal.tls.Hellos.hex;
import static dev.millrace.internal.tls.Hellos.message;
import static dev.millrace.internal.tls.Hellos.records;
import static dev.millrace.internal.tls.Hellos.vector;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.internal.tls.ClientHelloReader.Result;
import dev.millrace.observe.ClientHello;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClientHelloReaderTest {

    /** The expected values were computed by another program, from the specifications alone. */
    @ParameterizedTest
    @CsvSource({
        "openssl_tls12_no_sni, -, -, fbe7e189e37a07ee33706f86bc746344, t12i280600_d943125447b4_e7e480e5a997",
        "openssl_tls13, www.example.org, h2|http/1.1, 5a1edc7f170af1014fc65c994878e63c, t13d3111h2_e8f1e7e78f70_1f22a2ca17c4",
        "curl, example.com, h2|http/1.1, 0149f47eabf9a20d0893e2a44e5a6323, t13d3112h2_e8f1e7e78f70_b26ce05bbdd6",
        "node, localhost, -, 0cce74b0d9b7f8528fb2181588d23793, t13d591000_a33745022dd6_1f22a2ca17c4",
        "python, localhost, -, 93c7d42c0df602fb91589311534831f5, t13d181100_85036bcba153_d41ae481755e",
        "jdk17, localhost, h2|http/1.1, eea0a26d87c4721f5818bb176368f238, t13d3713h2_db35923f8641_7c76daad20ec",
        "chromium, www.example.org, h2|http/1.1, 90d02de01d0c59f4b5313a27800c0fbe, t13d1516h2_8daaf6152771_806a8c22fdea",
        "jdk25, localhost, h2|http/1.1, bddb16608b241c89053080cf80771423, t13d3113h2_1d947a95fc68_7e1102d2036b",
        "openssl_psk, localhost, -, 2fd756ca7f87535a1539ab4cbb4d63fd, t13d311100_e8f1e7e78f70_dbd39dd1d406",
        "openssl_early, localhost, -, 73a4e2cca8dc512d9d81c80851418f14, t13d311200_e8f1e7e78f70_87f12a3f655c"
    })
    void readsRealClients(String client, String name, String protocols, String ja3, String ja4) {
        ClientHello hello = read(Hellos.captured(client));
        assertEquals(name, hello.serverName() == null ? "-" : hello.serverName());
        String offered = String.join("|", hello.applicationProtocols());
        assertEquals(protocols, offered.isEmpty() ? "-" : offered);
        assertEquals(ja3, hello.ja3Hash());
        assertEquals(ja4, hello.ja4());
    }

    @Test
    void tellsWhatIsResumed() {
        assertFalse(read(Hellos.captured("curl")).resumptionOffered());
        assertTrue(read(Hellos.captured("curl")).sessionIdOffered());
        ClientHello psk = read(Hellos.captured("openssl_psk"));
        assertTrue(psk.preSharedKeyOffered() && psk.resumptionOffered());
        assertFalse(psk.earlyDataOffered());
        assertTrue(read(Hellos.captured("openssl_early")).earlyDataOffered());
        ClientHello ticket = read(records(message(extension(35, new byte[5])), 16384));
        assertTrue(ticket.ticketsSupported() && ticket.ticketOffered() && ticket.resumptionOffered());
        ClientHello wants = read(records(message(extension(35, new byte[0]), extension(43, hex("02 0304"))), 16384));
        assertTrue(wants.ticketsSupported());
        assertFalse(wants.ticketOffered() || wants.resumptionOffered());
        // Without TLS 1.3 a session id is a wish to resume.
        assertTrue(read(records(message(), 16384)).resumptionOffered());
    }

    @Test
    void readsEveryListOfChromium() {
        ClientHello hello = read(Hellos.captured("chromium"));
        assertEquals(0x0303, hello.legacyVersion());
        assertEquals(0x0304, hello.highestVersion());
        assertEquals(List.of(0xfafa, 0x0304, 0x0303), hello.supportedVersions());
        assertTrue(hello.offersVersion(0x0303));
        assertFalse(hello.offersVersion(0x0302));
        assertEquals(16, hello.cipherSuites().size());
        assertEquals(0x1301, hello.cipherSuites().get(1));
        assertEquals(18, hello.extensions().size());
        assertEquals(List.of(0xbaba, 0x11ec, 29, 23, 24), hello.groups());
        assertEquals(List.of(0xbaba, 0x11ec, 29), hello.keyShares());
        assertEquals(List.of(0), hello.pointFormats());
        assertTrue(hello.signatureAlgorithms().contains(0x0403));
        assertTrue(hello.hasExtension(0xfe0d));
        assertFalse(hello.serverNameInvalid());
    }

    @Test
    void anyCutGivesTheSame() {
        for (Map.Entry<String, byte[]> entry : Hellos.captured().entrySet()) {
            byte[] bytes = entry.getValue();
            ClientHello whole = read(bytes);
            int length = helloLength(bytes);
            for (int cut = 0; cut < bytes.length; cut++) {
                ClientHelloReader reader = new ClientHelloReader();
                Result first = reader.read(Arrays.copyOf(bytes, cut), 0, cut);
                assertEquals(cut < length ? Result.INCOMPLETE : Result.COMPLETE, first, entry.getKey() + " at " + cut);
                assertEquals(Result.COMPLETE, reader.read(bytes, 0, bytes.length));
                assertEquals(whole, reader.hello());
            }
        }
    }

    @Test
    void bytesOneByOneAtMovingPlaces() {
        byte[] bytes = Hellos.captured("chromium");
        ClientHelloReader reader = new ClientHelloReader();
        for (int end = 0; end <= bytes.length; end++) {
            byte[] buffer = new byte[3 * bytes.length];
            int offset = end % 7 * 11;
            System.arraycopy(bytes, 0, buffer, offset, end);
            assertEquals(
                    end < bytes.length ? Result.INCOMPLETE : Result.COMPLETE,
                    reader.read(buffer, offset, offset + end));
        }
        assertEquals(read(bytes), reader.hello());
    }

    @Test
    void anySplitIntoRecordsGivesTheSame() {
        byte[] chromium = Hellos.captured("chromium");
        byte[] message = Hellos.unwrap(chromium);
        ClientHello whole = read(chromium);
        for (int most = 1; most < message.length; most += most < 20 ? 1 : 37) {
            byte[] split = records(message, most);
            assertEquals(whole, read(split), "records of " + most);
            ClientHelloReader reader = new ClientHelloReader();
            for (int end = 0; end < split.length; end++) {
                assertEquals(Result.INCOMPLETE, reader.read(split, 0, end));
            }
            assertEquals(Result.COMPLETE, reader.read(split, 0, split.length));
            assertEquals(whole, reader.hello());
        }
    }

    @Test
    void theBytesStay() {
        for (byte[] bytes : Hellos.captured().values()) {
            byte[] copy = bytes.clone();
            read(copy);
            assertArrayEquals(bytes, copy);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.1\r\n",
                "OPTIONS * HTTP/1.1\r\n",
                "CONNECT example.org:443 HTTP/1.1\r\n",
                "GET http://example.org/ HTTP/1.1\r\n",
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                "VERSION-CONTROL /a HTTP/1.1\r\n",
                "get /\r\n"
            })
    void knowsHttpInClear(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        ClientHelloReader reader = new ClientHelloReader();
        Result result = Result.INCOMPLETE;
        for (int end = 0; end <= bytes.length; end++) {
            Result next = reader.read(bytes, 0, end);
            assertTrue(next == Result.INCOMPLETE && result == next || next == Result.PLAINTEXT_HTTP, "at " + end);
            result = next;
        }
        assertEquals(Result.PLAINTEXT_HTTP, result);
        assertEquals(Result.PLAINTEXT_HTTP, new ClientHelloReader().read(bytes, 0, bytes.length));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SSH-2.0-OpenSSH_9.2p1 Debian\r\n",
                "HELO there\r\n",
                "EHLO example.org\r\n",
                "\r\n",
                " GET / HTTP/1.1",
                "-GET / HTTP/1.1",
                "hello\r\n",
                "ABCDEFGHIJKLMNOPQRSTUVWXYZ /",
                "CONNECT \r\n",
                "\0\0\0",
                "\u0016\u0002\u0001",
                "\u00ff\u0003"
            })
    void knowsWhatIsNeither(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        assertEquals(Result.NOT_TLS, new ClientHelloReader().read(bytes, 0, bytes.length));
    }

    @Test
    void anOldHelloIsNotTls() {
        // RFC 5246 §E.2: a hello in the format of SSL 2, asking for TLS 1.0.
        byte[] bytes = hex("802e 01 0301 0015 0000 0010 00002f 000035 00000a 010080 0700c0 030080 060040");
        assertEquals(Result.NOT_TLS, new ClientHelloReader().read(bytes, 0, bytes.length));
    }

    @Test
    void otherRecordsAreMalformed() {
        refused("15 0301 0002 0228", "the first record is not of a handshake");
        refused("17 0303 0010", "the first record is not of a handshake");
        refused("14 0303 0001 01", "the first record is not of a handshake");
        refused("16 0301 0000", "an empty record of a handshake");
        refused("16 0301 4001", "a record of more than 16,384 bytes");
        refused("16 0301 0004 02000000", "the first handshake message is not a ClientHello");
        byte[] message = message();
        byte[] beginning = records(Arrays.copyOf(message, 20), 20);
        byte[] bytes = concat(beginning, hex("15 0301 0002 0100"));
        ClientHelloReader reader = new ClientHelloReader();
        assertEquals(Result.MALFORMED, reader.read(bytes, 0, bytes.length));
        assertEquals("another record inside the ClientHello", reader.detail());
        assertThrows(IllegalStateException.class, reader::hello);
        assertEquals(Result.MALFORMED, reader.read(message, 0, message.length), "a verdict stays");
    }

    @Test
    void malformedContent() {
        refused(extension(0, hex("")), "server_name");
        refused(extension(0, hex("0000")), "server_name");
        refused(extension(0, hex("0004 00 0001 61 00")), "server_name");
        refused(extension(0, hex("0008 00 0001 61 00 0001 62")), "server_name");
        refused(extension(0, hex("0003 00 0000")), "server_name");
        refused(extension(10, hex("0003 001d 00")), "supported_groups");
        refused(extension(11, hex("00")), "ec_point_formats");
        refused(extension(13, hex("0004 0403")), "signature_algorithms");
        refused(extension(16, hex("0001 00")), "application_layer_protocol_negotiation");
        refused(extension(16, hex("0000")), "application_layer_protocol_negotiation");
        refused(extension(16, hex("0003 03 6832")), "application_layer_protocol_negotiation");
        refused(extension(43, hex("03 0304 03")), "supported_versions");
        refused(extension(51, hex("0006 001d 0003 0102")), "key_share");
        refused(extension(51, hex("0004 001d 0000")), "key_share");
        refused(concat(extension(23, hex("")), extension(23, hex(""))), "an extension that comes twice");
        refused(hex("0017 0001"), "an extension's length");
        refused(hex("0017 00"), "an extension's header");
    }

    @Test
    void malformedHead() {
        refusedBody("0303", "a ClientHello without a random");
        String start = "0303" + "00".repeat(32);
        refusedBody(start + "21" + "00".repeat(33), "session_id");
        refusedBody(start + "20" + "00".repeat(31), "session_id");
        refusedBody(start + "00 0000", "cipher_suites");
        refusedBody(start + "00 0003 130113", "cipher_suites");
        refusedBody(start + "00 0002 1301 00", "compression_methods");
        refusedBody(start + "00 0002 1301", "compression_methods");
        refusedBody(start + "00 0002 1301 0100 00", "the length of the extensions");
        refusedBody(start + "00 0002 1301 0100 0001", "the length of the extensions");
        refusedBody(start + "00 0002 1301 0100 0000 00", "the length of the extensions");
    }

    @Test
    void withoutExtensions() {
        byte[] body = hex("0301" + "00".repeat(32) + "00 0002 002f 01 00");
        ClientHello hello = read(records(concat(hex("01"), vector(3, body)), 16384));
        assertEquals(List.of(), hello.extensions());
        assertEquals(0x0301, hello.highestVersion());
        assertTrue(hello.offersVersion(0x0300));
        assertFalse(hello.offersVersion(0x0302));
        assertEquals("769,47,,,", hello.ja3());
        assertEquals("t10i010000_", hello.ja4().substring(0, 11));
        assertTrue(hello.ja4().endsWith("_000000000000"));
    }

    @ParameterizedTest
    @CsvSource({
        "WWW.Example.ORG, www.example.org",
        "a_b-c.x1, a_b-c.x1",
        "127.0.0.1, 127.0.0.1",
        "xn--bcher-kva.example, xn--bcher-kva.example",
        "example.org., ",
        ".example.org, ",
        "a..b, ",
        "a b, ",
        "bücher.example, ",
        "[::1], ",
        "'a\nb', ",
        "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijkl.org, "
    })
    void validatesHostNames(String sent, String name) {
        byte[] bytes = sent.getBytes(StandardCharsets.UTF_8);
        byte[] content = vector(2, new byte[1], vector(2, bytes));
        ClientHello hello = read(records(message(extension(0, content)), 16384));
        assertEquals(name, hello.serverName());
        assertEquals(name == null, hello.serverNameInvalid());
        assertEquals('d', hello.ja4().charAt(3));
    }

    @Test
    void aNameOfAnotherTypeIsNotAHostName() {
        ClientHello hello = read(records(message(extension(0, hex("0004 01 0001 61"))), 16384));
        assertNull(hello.serverName());
    }

    @Test
    void aHelloMayTakeAllOfTheBound() {
        byte[] most = records(message(extension(21, new byte[65_535 - 200])), 1 << 14);
        assertEquals(Result.COMPLETE, new ClientHelloReader().read(most, 0, most.length));
        byte[] fits = records(message(extension(21, new byte[4_096])), 1 << 14);
        assertEquals(Result.COMPLETE, new ClientHelloReader(fits.length).read(fits, 0, fits.length));
        ClientHelloReader reader = new ClientHelloReader(fits.length - 1);
        assertEquals(Result.TOO_LONG, reader.read(fits, 0, fits.length));
        // Known as soon as the length is: nothing waits for bytes that will not be read.
        assertEquals(Result.TOO_LONG, new ClientHelloReader(fits.length - 1).read(fits, 0, 9));
    }

    @Test
    void aClaimedLengthIsJudgedAtOnce() {
        byte[] bytes = hex("16 0301 4000 01 ffffff 0303");
        ClientHelloReader reader = new ClientHelloReader();
        assertEquals(Result.INCOMPLETE, reader.read(bytes, 0, 8));
        assertEquals(Result.TOO_LONG, reader.read(bytes, 0, 9));
        assertFalse(reader.detail().isEmpty());
    }

    @Test
    void recordsOfOneByteReachTheBoundToo() {
        byte[] bytes = records(message(extension(21, new byte[20_000])), 1);
        ClientHelloReader reader = new ClientHelloReader();
        int end = 0;
        while (reader.read(bytes, 0, end) == Result.INCOMPLETE) {
            end += 101;
        }
        assertEquals(Result.TOO_LONG, reader.read(bytes, 0, end));
        assertTrue(end < ClientHelloReader.MAX_BYTES + 101, "at " + end);
    }

    @Test
    void namesOfAlpnAreBounded() {
        byte[] name = hex("0161");
        byte[][] names = new byte[ClientHelloDecoder.MAX_PROTOCOLS + 1][];
        Arrays.fill(names, name);
        byte[] tooMany = records(message(extension(16, vector(2, names))), 16384);
        assertEquals(Result.TOO_LONG, new ClientHelloReader().read(tooMany, 0, tooMany.length));
        byte[][] most = Arrays.copyOf(names, names.length - 1);
        assertEquals(
                most.length,
                read(records(message(extension(16, vector(2, most))), 16384))
                        .applicationProtocols()
                        .size());
    }

    @Test
    void whateverComesItNeverThrows() {
        List<byte[]> seeds = List.copyOf(Hellos.captured().values());
        int complete = 0;
        for (long seed = 0; seed < 20_000; seed++) {
            Random random = new Random(seed);
            byte[] bytes = mutate(random, seeds.get(random.nextInt(seeds.size())));
            try {
                Result result = inPieces(random, bytes);
                // The same in one piece.
                ClientHelloReader whole = new ClientHelloReader(8_192);
                assertEquals(result, whole.read(bytes, 0, bytes.length));
                if (result == Result.COMPLETE) {
                    complete++;
                    assertFalse(whole.hello().toString().isEmpty());
                    assertEquals(36, whole.hello().ja4().length());
                    assertFalse(whole.hello().ja4Raw().isEmpty());
                    assertEquals(32, whole.hello().ja3Hash().length());
                }
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
        assertTrue(complete > 1_000 && complete < 19_000, "complete: " + complete);
    }

    @Test
    void noiseNeverThrows() {
        for (long seed = 0; seed < 20_000; seed++) {
            Random random = new Random(seed);
            byte[] bytes = new byte[random.nextInt(200)];
            random.nextBytes(bytes);
            if (bytes.length > 60 && random.nextBoolean()) { // a good beginning, then noise
                System.arraycopy(hex("16 0301 0100 01 000040 0303"), 0, bytes, 0, 11);
                bytes[43] = 0;
            }
            inPieces(random, bytes);
        }
    }

    private static Result inPieces(Random random, byte[] bytes) {
        ClientHelloReader reader = new ClientHelloReader(8_192);
        Result result = Result.INCOMPLETE;
        for (int end = 0; end < bytes.length; ) {
            end = Math.min(bytes.length, end + 1 + random.nextInt(300));
            // What has not arrived is not there to be read.
            result = reader.read(Arrays.copyOf(bytes, end), 0, end);
        }
        return bytes.length == 0 ? reader.read(bytes, 0, 0) : result;
    }

    private static byte[] mutate(Random random, byte[] original) {
        byte[] bytes = original.clone();
        switch (random.nextInt(5)) {
            case 0:
                bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
                break;
            case 1:
                bytes = records(Hellos.unwrap(bytes), 1 + random.nextInt(400));
                break;
            case 2: // a piece of another place
                int from = random.nextInt(bytes.length);
                int to = random.nextInt(bytes.length);
                System.arraycopy(bytes, from, bytes, to, random.nextInt(bytes.length - Math.max(from, to)));
                break;
            default:
                break;
        }
        for (int flips = random.nextInt(4); flips > 0 && bytes.length > 0; flips--) {
            int at = random.nextInt(3) == 0 ? random.nextInt(Math.min(bytes.length, 50)) : random.nextInt(bytes.length);
            bytes[at] = random.nextBoolean() ? (byte) random.nextInt() : (byte) (bytes[at] + 1 - random.nextInt(3));
        }
        return bytes;
    }

    private static int helloLength(byte[] bytes) {
        return 5 + ((bytes[3] & 0xff) << 8 | bytes[4] & 0xff);
    }

    private static ClientHello read(byte[] bytes) {
        ClientHelloReader reader = new ClientHelloReader();
        assertEquals(Result.COMPLETE, reader.read(bytes, 0, bytes.length), reader.detail());
        assertEquals("", reader.detail());
        return reader.hello();
    }

    private static void refused(String bytes, String why) {
        refusedBytes(hex(bytes), why);
    }

    private static void refused(byte[] extensions, String why) {
        refusedBytes(records(message(extensions), 16384), why);
    }

    private static void refusedBody(String body, String why) {
        refusedBytes(records(concat(hex("01"), vector(3, hex(body))), 16384), why);
    }

    private static void refusedBytes(byte[] bytes, String why) {
        ClientHelloReader reader = new ClientHelloReader();
        assertEquals(Result.MALFORMED, reader.read(bytes, 0, bytes.length));
        assertEquals(why, reader.detail());
        assertThrows(IllegalStateException.class, reader::hello);
    }
}
