package dev.millrace.internal.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.internal.transport.ProxyHeaderDecoder.Outcome;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The header of the PROXY protocol, right and wrong, whole and cut anywhere. */
class ProxyHeaderDecoderTest {
    private static final byte[] SIGNATURE = {13, 10, 13, 10, 0, 13, 10, 'Q', 'U', 'I', 'T', 10};

    private final ProxyHeaderDecoder decoder = new ProxyHeaderDecoder();

    private static byte[] line(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] binary(int command, int family, byte[]... parts) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            body.writeBytes(part);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(SIGNATURE);
        out.write(command);
        out.write(family);
        out.write(body.size() >> 8);
        out.write(body.size());
        out.writeBytes(body.toByteArray());
        return out.toByteArray();
    }

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    private static final byte[] INET = bytes(192, 0, 2, 1, 198, 51, 100, 2, 0xc0, 0, 1, 0xbb);

    /** Whole, cut anywhere before its end, at an offset, and with something behind. */
    private void taken(byte[] header, String source, String destination) {
        for (int cut = 1; cut < header.length; cut++) {
            assertEquals(Outcome.INCOMPLETE, decoder.decode(header, 0, cut), "cut at " + cut);
        }
        byte[] more = new byte[header.length + 20];
        System.arraycopy(header, 0, more, 7, header.length);
        assertEquals(Outcome.COMPLETE, decoder.decode(more, 7, more.length));
        assertEquals(7 + header.length, decoder.next());
        assertEquals(Outcome.COMPLETE, decoder.decode(header, 0, header.length));
        assertEquals(header.length, decoder.next());
        assertEquals(source, text(decoder.source()));
        assertEquals(destination, text(decoder.destination()));
    }

    private static String text(InetSocketAddress address) {
        return address == null ? null : address.getAddress().getHostAddress() + " " + address.getPort();
    }

    private void refused(byte[] header) {
        Outcome last = Outcome.INCOMPLETE;
        for (int end = 1; end <= header.length && last == Outcome.INCOMPLETE; end++) {
            last = decoder.decode(header, 0, end);
        }
        assertEquals(Outcome.REJECTED, last, new String(header, StandardCharsets.ISO_8859_1));
        assertEquals(Outcome.REJECTED, decoder.decode(header, 0, header.length));
    }

    @Test
    void lines() {
        taken(line("PROXY TCP4 192.0.2.1 198.51.100.2 49152 443\r\n"), "192.0.2.1 49152", "198.51.100.2 443");
        taken(line("PROXY TCP4 255.255.255.255 0.0.0.0 65535 0\r\n"), "255.255.255.255 65535", "0.0.0.0 0");
        taken(line("PROXY TCP6 2001:db8::1 ::1 1 2\r\n"), "2001:db8:0:0:0:0:0:1 1", "0:0:0:0:0:0:0:1 2");
        taken(line("PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n"), "192.0.2.1 1", "0:0:0:0:0:0:0:1 2");
        taken(line("PROXY UNKNOWN\r\n"), null, null);
        taken(line("PROXY UNKNOWN ffff:f...f:ffff whatever 65535 65535\r\n"), null, null);
        String longest =
                "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n";
        taken(
                line(longest),
                "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535",
                "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.1\r\n",
                "proxy TCP4 192.0.2.1 198.51.100.2 1 2\r\n",
                "PROXY TCP4 192.0.2.1 198.51.100.2 1 2\rX",
                "PROXY TCP4 192.0.2.1  198.51.100.2 1 2\r\n",
                "PROXY TCP4 192.0.2.1 198.51.100.2 1\r\n",
                "PROXY TCP4 192.0.2.1 198.51.100.2 1 2 3\r\n",
                "PROXY TCP4 192.0.2.1 198.51.100.2 1 65536\r\n",
                "PROXY TCP4 192.0.2.1 198.51.100.2 01 2\r\n",
                "PROXY TCP4 192.0.2.1 198.51.100.2 -1 2\r\n",
                "PROXY TCP4 192.0.2.1 198.51.100.2 1 \r\n",
                "PROXY TCP4 192.0.2.256 198.51.100.2 1 2\r\n",
                "PROXY TCP4 192.0.2.010 198.51.100.2 1 2\r\n",
                "PROXY TCP4 192.0.2 198.51.100.2 1 2\r\n",
                "PROXY TCP4 localhost 198.51.100.2 1 2\r\n",
                "PROXY TCP4 ::1 ::1 1 2\r\n",
                "PROXY TCP6 192.0.2.1 198.51.100.2 1 2\r\n",
                "PROXY TCP6 2001:db8:::1 ::1 1 2\r\n",
                "PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n",
                "PROXY UDP4 192.0.2.1 198.51.100.2 1 2\r\n",
                "PROXY \r\n",
                "PROXY UNKNOWNX\r\n"
            })
    void wrongLines(String text) {
        refused(line(text));
    }

    @Test
    void aLineHasABound() {
        assertEquals(Outcome.INCOMPLETE, decoder.decode(line("PROXY UNKNOWN " + "x".repeat(92)), 0, 106));
        refused(line("PROXY UNKNOWN " + "x".repeat(200) + "\r\n"));
    }

    @Test
    void headers() {
        taken(binary(0x21, 0x11, INET), "192.0.2.1 49152", "198.51.100.2 443");
        byte[] inet6 = new byte[36];
        inet6[15] = 1;
        inet6[31] = 2;
        inet6[33] = 80;
        inet6[35] = 81;
        taken(binary(0x21, 0x21, inet6), "0:0:0:0:0:0:0:1 80", "0:0:0:0:0:0:0:2 81");
        taken(
                binary(0x21, 0x11, INET, bytes(1, 0, 2, 'h', '2'), bytes(4, 0, 0)),
                "192.0.2.1 49152",
                "198.51.100.2 443");
        taken(binary(0x20, 0x00), null, null);
        taken(binary(0x20, 0x11, INET), null, null);
        taken(binary(0x20, 0x00, bytes(1, 2)), null, null);
        taken(binary(0x21, 0x00, bytes(4, 0, 1, 0)), null, null);
        taken(binary(0x21, 0x31, new byte[216]), null, null);
    }

    @Test
    void wrongHeaders() {
        refused(binary(0x11, 0x11, INET)); // another version
        refused(binary(0x22, 0x11, INET)); // a command that there is not
        refused(binary(0x21, 0x41, INET)); // a family that there is not
        refused(binary(0x21, 0x13, INET)); // a protocol that there is not
        refused(binary(0x21, 0x11, Arrays.copyOf(INET, 11))); // shorter than its addresses
        refused(binary(0x21, 0x21, INET));
        refused(binary(0x21, 0x31, new byte[215]));
        refused(binary(0x21, 0x11, INET, bytes(4, 0))); // additions that are cut
        refused(binary(0x21, 0x11, INET, bytes(4, 0, 2, 1)));
        refused(binary(0x21, 0x11, INET, new byte[4096 - 16 - 12 + 1])); // longer than is taken
        byte[] signature = binary(0x21, 0x11, INET);
        signature[11] = 13;
        refused(signature);
    }

    @Test
    void aChecksumIsChecked() {
        byte[] header = binary(0x21, 0x11, INET, bytes(3, 0, 4, 0, 0, 0, 0), bytes(4, 0, 1, 9));
        CRC32C sum = new CRC32C();
        sum.update(header);
        for (int i = 0; i < 4; i++) {
            header[16 + 12 + 3 + i] = (byte) (sum.getValue() >> (24 - 8 * i));
        }
        taken(header, "192.0.2.1 49152", "198.51.100.2 443");
        header[20]++;
        refused(header);
        refused(binary(0x21, 0x11, INET, bytes(3, 0, 3, 0, 0, 0)));
    }

    private static InetAddress address(String text) throws UnknownHostException {
        return InetAddress.getByAddress(AddressRanges.parse(text));
    }

    @Test
    void ranges() throws UnknownHostException {
        AddressRanges ranges = new AddressRanges("10.0.0.0/8", "192.0.2.7", "2001:db8::/33", "198.51.100.128/25");
        for (String in : new String[] {
            "10.255.0.1", "192.0.2.7", "2001:db8:7fff::1", "198.51.100.128", "198.51.100.255", "::ffff:10.1.1.1"
        }) {
            assertTrue(ranges.contains(address(in)), in);
        }
        for (String out : new String[] {"11.0.0.1", "192.0.2.6", "2001:db8:8000::1", "198.51.100.127", "::1"}) {
            assertFalse(ranges.contains(address(out)), out);
        }
        assertTrue(new AddressRanges("0.0.0.0/0").contains(address("8.8.8.8")));
        assertFalse(new AddressRanges("0.0.0.0/0").contains(address("::1")));
        assertFalse(new AddressRanges().contains(address("::1")));
        for (String wrong : new String[] {
            "", "localhost", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0/8", "10.0.0.0/-1", "a.b.c.d"
        }) {
            assertThrows(IllegalArgumentException.class, () -> new AddressRanges(wrong), wrong);
        }
        assertNull(AddressRanges.parse("1.2.3.4.5"));
    }
}
