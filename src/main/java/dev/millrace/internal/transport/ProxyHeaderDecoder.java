package dev.millrace.internal.transport;

import dev.millrace.internal.bytes.Nullable;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * Reads the header that a proxy puts before the bytes of a connection that it passes on, to say whose it is: the PROXY
 * protocol of HAProxy, versions 1 (a line of text) and 2 (binary). Remembers nothing from call to call: what is incomplete is
 * shown again from its beginning.
 */
final class ProxyHeaderDecoder {
    /** The longest line of version 1, its end included. */
    static final int LONGEST_LINE = 107;

    /** The longest header of version 2 that is taken; what proxies add to the addresses is some hundred bytes. */
    static final int LONGEST = 4096;

    private static final byte[] LINE = "PROXY ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] SIGNATURE = {13, 10, 13, 10, 0, 13, 10, 'Q', 'U', 'I', 'T', 10};
    private static final int FIXED = 16; // signature, version and command, family and protocol, length

    private static final int INET = 1;
    private static final int INET6 = 2;
    private static final int UNIX = 3;
    private static final int UNIX_LENGTH = 216;
    private static final int CRC32C = 3; // the type of an addition

    /** What the bytes are. */
    enum Outcome {
        /** The beginning of a header. */
        INCOMPLETE,
        /** A header: {@link #next()} tells where it ends. */
        COMPLETE,
        /** No header. */
        REJECTED
    }

    private int next;
    private @Nullable InetSocketAddress source;
    private @Nullable InetSocketAddress destination;

    /** {@return what the bytes from {@code offset} to {@code end} begin with} */
    Outcome decode(byte[] bytes, int offset, int end) {
        source = null;
        destination = null;
        if (matches(LINE, bytes, offset, end)) {
            return end - offset < LINE.length ? Outcome.INCOMPLETE : line(bytes, offset, end);
        }
        if (matches(SIGNATURE, bytes, offset, end)) {
            return end - offset < FIXED ? Outcome.INCOMPLETE : binary(bytes, offset, end);
        }
        return Outcome.REJECTED;
    }

    private static boolean matches(byte[] wanted, byte[] bytes, int offset, int end) {
        int n = Math.min(wanted.length, end - offset);
        return Arrays.equals(wanted, 0, n, bytes, offset, offset + n);
    }

    /** {@return where the header ends} */
    int next() {
        return next;
    }

    /** {@return the address of the proxy's peer, or {@code null} if the connection is the proxy's own} */
    @Nullable
    InetSocketAddress source() {
        return source;
    }

    /** {@return the address that the proxy's peer connected to, or {@code null} if the connection is the proxy's own} */
    @Nullable
    InetSocketAddress destination() {
        return destination;
    }

    // ---- version 1

    private Outcome line(byte[] bytes, int offset, int end) {
        int bound = Math.min(end, offset + LONGEST_LINE);
        int at = offset;
        while (at < bound && bytes[at] != '\r') {
            at++;
        }
        if (at + 1 >= bound) {
            return end - offset < LONGEST_LINE ? Outcome.INCOMPLETE : Outcome.REJECTED;
        }
        if (bytes[at + 1] != '\n') {
            return Outcome.REJECTED;
        }
        next = at + 2;
        String text = new String(bytes, offset + LINE.length, at - offset - LINE.length, StandardCharsets.ISO_8859_1);
        if (text.equals("UNKNOWN") || text.startsWith("UNKNOWN ")) {
            return Outcome.COMPLETE; // whatever follows says nothing
        }
        String[] words = text.split(" ", -1);
        int length = words[0].equals("TCP4") ? 4 : words[0].equals("TCP6") ? 16 : 0;
        if (words.length != 5 || length == 0) {
            return Outcome.REJECTED;
        }
        source = address(words[1], words[3], length);
        destination = address(words[2], words[4], length);
        return source == null || destination == null ? Outcome.REJECTED : Outcome.COMPLETE;
    }

    private static @Nullable InetSocketAddress address(String host, String port, int length) {
        byte[] address = AddressRanges.parse(host);
        int number = AddressRanges.number(port, 65_535);
        boolean family = (host.indexOf(':') >= 0) == (length == 16); // one of IPv6 may stand for one of IPv4
        return address == null || number < 0 || !family ? null : of(address, number);
    }

    private static InetSocketAddress of(byte[] address, int port) {
        try {
            return new InetSocketAddress(InetAddress.getByAddress(address), port);
        } catch (UnknownHostException e) {
            throw new AssertionError("an address of " + address.length + " bytes", e);
        }
    }

    // ---- version 2

    private Outcome binary(byte[] bytes, int offset, int end) {
        int version = bytes[offset + 12] & 0xff;
        int family = (bytes[offset + 13] & 0xff) >> 4;
        int protocol = bytes[offset + 13] & 0x0f;
        int length = number(bytes, offset + 14);
        boolean own = version == 0x20;
        if (!own && version != 0x21 || family > UNIX || protocol > 2 || FIXED + length > LONGEST) {
            return Outcome.REJECTED;
        }
        int size = family == INET ? 4 : family == INET6 ? 16 : 0;
        int addresses = family == UNIX ? UNIX_LENGTH : size == 0 ? 0 : 2 * size + 4;
        if (!own && length < addresses) {
            return Outcome.REJECTED;
        }
        if (end - offset < FIXED + length) {
            return Outcome.INCOMPLETE;
        }
        int at = offset + FIXED;
        next = at + length;
        if (own) {
            return Outcome.COMPLETE; // whatever follows says nothing
        }
        if (size > 0) {
            source = of(Arrays.copyOfRange(bytes, at, at + size), number(bytes, at + 2 * size));
            destination = of(Arrays.copyOfRange(bytes, at + size, at + 2 * size), number(bytes, at + 2 * size + 2));
        }
        return additions(bytes, offset, at + addresses) ? Outcome.COMPLETE : Outcome.REJECTED;
    }

    /** Looks through what follows the addresses; says whether it is well-formed, and its checksum, if there is one, right. */
    private boolean additions(byte[] bytes, int offset, int from) {
        int at = from;
        while (at < next) {
            if (next - at < 3) {
                return false;
            }
            int type = bytes[at] & 0xff;
            int length = number(bytes, at + 1);
            at += 3;
            if (length > next - at || type == CRC32C && !(length == 4 && checks(bytes, offset, at))) {
                return false;
            }
            at += length;
        }
        return true;
    }

    private boolean checks(byte[] bytes, int offset, int at) {
        CRC32C sum = new CRC32C();
        sum.update(bytes, offset, at - offset);
        sum.update(new byte[4], 0, 4);
        sum.update(bytes, at + 4, next - at - 4);
        return sum.getValue() == ((long) number(bytes, at) << 16 | number(bytes, at + 2));
    }

    private static int number(byte[] bytes, int at) {
        return (bytes[at] & 0xff) << 8 | bytes[at + 1] & 0xff;
    }
}
