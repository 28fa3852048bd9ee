package dev.millrace.internal.transport;

import dev.millrace.internal.bytes.Nullable;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;

/** A set of IP addresses, told as ranges such as {@code 10.0.0.0/8}. */
public final class AddressRanges {
    private static final class Range {
        private final byte[] address;
        private final int bits;

        Range(byte[] address, int bits) {
            this.address = address;
            this.bits = bits;
        }

        boolean contains(byte[] other) {
            if (other.length != address.length) {
                return false;
            }
            for (int bit = 0; bit < bits; bit += 8) {
                int mask = bits - bit >= 8 ? 0xff : 0xff << (8 - (bits - bit));
                if (((other[bit / 8] ^ address[bit / 8]) & mask) != 0) {
                    return false;
                }
            }
            return true;
        }
    }

    private final List<Range> ranges = new ArrayList<>();

    /**
     * Reads ranges.
     *
     * @param texts each an address, or an address and how many of its leading bits count
     * @throws IllegalArgumentException naming the one that is neither
     */
    public AddressRanges(String... texts) {
        for (String text : texts) {
            int slash = text.indexOf('/');
            byte[] address = parse(slash < 0 ? text : text.substring(0, slash));
            if (address == null) {
                throw new IllegalArgumentException("not a range of addresses such as 10.0.0.0/8 or ::1: " + text);
            }
            int all = 8 * address.length;
            int bits = slash < 0 ? all : number(text.substring(slash + 1), all);
            if (bits < 0) {
                throw new IllegalArgumentException("a prefix has 0 to " + all + " bits: " + text);
            }
            ranges.add(new Range(address, bits));
        }
    }

    /** {@return whether an address is one of these} */
    public boolean contains(InetAddress address) {
        byte[] bytes = address.getAddress();
        for (Range range : ranges) {
            if (range.contains(bytes)) {
                return true;
            }
        }
        return false;
    }

    /** The bytes of an address in text, {@code null} if it is none. Asks no name service. */
    static byte @Nullable [] parse(String text) {
        boolean colons = text.indexOf(':') >= 0;
        int dots = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean digit = c >= '0' && c <= '9';
            boolean hex = c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' || c == ':';
            dots += c == '.' ? 1 : 0;
            if (!digit && c != '.' && !(colons && hex)) {
                return null;
            }
        }
        if (!colons && (dots != 3 || !decimal(text))) {
            return null;
        }
        try {
            return InetAddress.getByName(text).getAddress();
        } catch (UnknownHostException e) { // a colon in the wrong place
            return null;
        }
    }

    /** Whether four numbers up to 255 stand there, none of them with a leading zero that some read as octal. */
    private static boolean decimal(String text) {
        for (String part : text.split("\\.", -1)) {
            if (number(part, 255) < 0) {
                return false;
            }
        }
        return true;
    }

    /** A decimal number without leading zeros, -1 if it is none or too large. */
    static int number(String digits, int most) {
        if (digits.isEmpty() || digits.length() > 5 || digits.length() > 1 && digits.charAt(0) == '0') {
            return -1;
        }
        int value = 0;
        for (int i = 0; i < digits.length(); i++) {
            char c = digits.charAt(i);
            if (c < '0' || c > '9') {
                return -1;
            }
            value = 10 * value + c - '0';
        }
        return value <= most ? value : -1;
    }
}
