package dev.millrace.internal.tls;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.time.ZoneOffset;

/**
 * Writes DER (ITU-T X.690 §10 and §11): each method gives one complete element, tag and length and content, and elements
 * nest by being handed to the outer one. Only the types that certificates and keys are made of.
 */
public final class DerWriter {
    static final int BOOLEAN = 0x01;
    static final int INTEGER = 0x02;
    static final int BIT_STRING = 0x03;
    static final int OCTET_STRING = 0x04;
    static final int NULL = 0x05;
    static final int OBJECT_IDENTIFIER = 0x06;
    static final int UTF8_STRING = 0x0c;
    static final int UTC_TIME = 0x17;
    static final int GENERALIZED_TIME = 0x18;
    static final int SEQUENCE = 0x30;
    static final int SET = 0x31;

    private DerWriter() {}

    /** {@return an element of any tag, its content in parts that are joined} */
    public static byte[] element(int tag, byte[]... parts) {
        int length = 0;
        for (byte[] part : parts) {
            length = Math.addExact(length, part.length);
        }
        int lengthBytes = length < 0x80 ? 0 : (32 - Integer.numberOfLeadingZeros(length) + 7) / 8;
        byte[] out = new byte[Math.addExact(length, 2 + lengthBytes)];
        out[0] = (byte) tag;
        out[1] = (byte) (lengthBytes == 0 ? length : 0x80 | lengthBytes);
        int at = 2;
        for (int shift = 8 * (lengthBytes - 1); shift >= 0; shift -= 8) {
            out[at++] = (byte) (length >>> shift);
        }
        for (byte[] part : parts) {
            System.arraycopy(part, 0, out, at, part.length);
            at += part.length;
        }
        return out;
    }

    /** {@return a SEQUENCE of elements} */
    public static byte[] sequence(byte[]... elements) {
        return element(SEQUENCE, elements);
    }

    /** {@return a SET of one element, which needs no sorting} */
    public static byte[] setOf(byte[] only) {
        return element(SET, only);
    }

    /** {@return a context-specific, constructed element: {@code [number] EXPLICIT}} */
    public static byte[] explicit(int number, byte[]... elements) {
        return element(0xa0 | number, elements);
    }

    /** {@return a context-specific, primitive element: {@code [number] IMPLICIT}} */
    public static byte[] implicit(int number, byte[] content) {
        return element(0x80 | number, content);
    }

    /** {@return BOOLEAN true; false is a default, which DER leaves out} */
    public static byte[] booleanTrue() {
        return new byte[] {BOOLEAN, 1, (byte) 0xff};
    }

    /** {@return an INTEGER} */
    public static byte[] integer(BigInteger value) {
        return element(INTEGER, value.toByteArray());
    }

    /** {@return an INTEGER} */
    public static byte[] integer(long value) {
        return integer(BigInteger.valueOf(value));
    }

    /** {@return NULL} */
    public static byte[] nothing() {
        return new byte[] {NULL, 0};
    }

    /** {@return an OCTET STRING} */
    public static byte[] octets(byte[] content) {
        return element(OCTET_STRING, content);
    }

    /** {@return a BIT STRING of whole octets} */
    public static byte[] bits(byte[] content) {
        return element(BIT_STRING, new byte[1], content);
    }

    /**
     * A BIT STRING of named bits (X.690 §11.2.2: no trailing zero bit).
     *
     * @param mask the bits, named bit 0 being the most significant of the octet (0x80)
     * @return the element
     */
    public static byte[] namedBits(int mask) {
        int unused = mask == 0 ? 0 : Integer.numberOfTrailingZeros(mask & 0xff);
        return mask == 0 ? bits(new byte[0]) : element(BIT_STRING, new byte[] {(byte) unused, (byte) mask});
    }

    /** {@return a UTF8String} */
    public static byte[] utf8(String text) {
        return element(UTF8_STRING, text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * An OBJECT IDENTIFIER.
     *
     * @param dotted the arcs in decimal, such as {@code 1.2.840.10045.2.1}, each below 2<sup>31</sup>
     * @return the element
     */
    public static byte[] oid(String dotted) {
        byte[] content = new byte[dotted.length() + 5]; // seven bits a byte never need more than the digits do
        int length = 0;
        int arc = 0;
        int value = 0;
        int first = 0;
        for (int i = 0; i <= dotted.length(); i++) {
            if (i < dotted.length() && dotted.charAt(i) != '.') {
                value = Math.addExact(Math.multiplyExact(value, 10), dotted.charAt(i) - '0');
                continue;
            }
            if (arc == 0) {
                first = value;
            } else {
                int number = arc == 1 ? 40 * first + value : value;
                for (int shift = 28; shift > 0; shift -= 7) {
                    if (number >>> shift != 0) {
                        content[length++] = (byte) (0x80 | number >>> shift & 0x7f);
                    }
                }
                content[length++] = (byte) (number & 0x7f);
            }
            arc++;
            value = 0;
        }
        byte[] exact = new byte[length];
        System.arraycopy(content, 0, exact, 0, length);
        return element(OBJECT_IDENTIFIER, exact);
    }

    /** {@return a moment as RFC 5280 §4.1.2.5 wants it: UTCTime through the year 2049, GeneralizedTime after} */
    public static byte[] time(long epochSecond) {
        LocalDateTime at = LocalDateTime.ofEpochSecond(epochSecond, 0, ZoneOffset.UTC);
        boolean utc = at.getYear() >= 1950 && at.getYear() < 2050;
        StringBuilder text = new StringBuilder(15);
        if (!utc) {
            two(text, at.getYear() / 100);
        }
        two(text, at.getYear() % 100);
        two(text, at.getMonthValue());
        two(text, at.getDayOfMonth());
        two(text, at.getHour());
        two(text, at.getMinute());
        two(text, at.getSecond());
        text.append('Z');
        return element(utc ? UTC_TIME : GENERALIZED_TIME, text.toString().getBytes(StandardCharsets.US_ASCII));
    }

    private static void two(StringBuilder out, int value) {
        out.append((char) ('0' + value / 10)).append((char) ('0' + value % 10));
    }
}
