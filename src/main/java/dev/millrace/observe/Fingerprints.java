package dev.millrace.observe;

import dev.millrace.internal.bytes.Ascii;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** The fingerprints JA3 and JA4 of a ClientHello. JA4 follows FoxIO's specification of the TLS client fingerprint. */
final class Fingerprints {
    private static final int SERVER_NAME = 0;
    private static final int ALPN = 16;
    private static final int HASH_DIGITS = 12;
    private static final String NOTHING = "000000000000"; // what stands for the hash of an empty list

    private Fingerprints() {}

    static String ja3(int version, int[] suites, int[] extensions, int[] groups, int[] pointFormats) {
        StringBuilder out = new StringBuilder(256).append(version);
        appendDecimal(out.append(','), suites);
        appendDecimal(out.append(','), extensions);
        appendDecimal(out.append(','), groups);
        appendDecimal(out.append(','), pointFormats);
        return out.toString();
    }

    static String ja4(ClientHello hello, int[] suites, int[] extensions, int[] signatures, boolean hashed) {
        int[] ciphers = withoutGrease(suites, false);
        int[] all = withoutGrease(extensions, false);
        int[] sorted = withoutGrease(extensions, true);
        Arrays.sort(ciphers);
        Arrays.sort(sorted);

        StringBuilder out = new StringBuilder(hashed ? 36 : 256).append('t').append(version(hello.highestVersion()));
        out.append(hello.hasExtension(SERVER_NAME) ? 'd' : 'i');
        appendCount(out, ciphers.length);
        appendCount(out, all.length);
        appendProtocol(out, hello.applicationProtocols());
        out.append('_');

        StringBuilder list = hashed ? new StringBuilder(256) : out;
        appendHex(list, ciphers);
        if (hashed) {
            out.append(truncatedHash(list));
            list.setLength(0);
        }
        out.append('_');
        if (sorted.length > 0) {
            appendHex(list, sorted);
            int[] algorithms = withoutGrease(signatures, false);
            if (algorithms.length > 0) {
                appendHex(list.append('_'), algorithms);
            }
        }
        return (hashed ? out.append(truncatedHash(list)) : out).toString();
    }

    static String md5(String text) {
        return hash("MD5", text);
    }

    static String printable(String text) {
        return Ascii.printable(text);
    }

    private static String version(int version) {
        switch (version) {
            case 0x0304:
                return "13";
            case 0x0303:
                return "12";
            case 0x0302:
                return "11";
            case 0x0301:
                return "10";
            case 0x0300:
                return "s3";
            case 0x0002:
                return "s2";
            default:
                return "00";
        }
    }

    /** The first and the last character of the first name, or of its hexadecimal form if one is not alphanumeric. */
    private static void appendProtocol(StringBuilder out, List<String> names) {
        for (int i = 0; i < names.size(); i++) {
            String name = names.get(i);
            if (TlsNames.isGreaseProtocol(name)) {
                continue;
            }
            char first = name.charAt(0);
            char last = name.charAt(name.length() - 1);
            boolean clear = isAlphanumeric(first) && isAlphanumeric(last);
            out.append(clear ? first : Character.forDigit(first >> 4 & 0xf, 16));
            out.append(clear ? last : Character.forDigit(last & 0xf, 16));
            return;
        }
        out.append("00");
    }

    private static boolean isAlphanumeric(char c) {
        return c >= '0' && c <= '9' || Ascii.lower(c) >= 'a' && Ascii.lower(c) <= 'z';
    }

    private static int[] withoutGrease(int[] values, boolean withoutNames) {
        int[] kept = new int[values.length];
        int count = 0;
        for (int value : values) {
            if (!TlsNames.isGrease(value) && !(withoutNames && (value == SERVER_NAME || value == ALPN))) {
                kept[count++] = value;
            }
        }
        return Arrays.copyOf(kept, count);
    }

    private static void appendCount(StringBuilder out, int count) {
        int shown = Math.min(count, 99);
        out.append((char) ('0' + shown / 10)).append((char) ('0' + shown % 10));
    }

    private static void appendDecimal(StringBuilder out, int[] values) {
        int start = out.length();
        for (int value : values) {
            if (!TlsNames.isGrease(value)) {
                if (out.length() > start) {
                    out.append('-');
                }
                out.append(value);
            }
        }
    }

    private static void appendHex(StringBuilder out, int[] values) {
        for (int i = 0; i < values.length; i++) {
            if (i > 0) {
                out.append(',');
            }
            TlsNames.appendHex(out, values[i]);
        }
    }

    private static String truncatedHash(CharSequence list) {
        return list.length() == 0 ? NOTHING : hash("SHA-256", list.toString()).substring(0, HASH_DIGITS);
    }

    private static String hash(String algorithm, String text) {
        try {
            byte[] digest = MessageDigest.getInstance(algorithm).digest(text.getBytes(StandardCharsets.ISO_8859_1));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK has SHA-256; MD5 is missing only where it was taken out
        }
    }
}
