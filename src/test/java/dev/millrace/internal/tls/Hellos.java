package dev.millrace.internal.tls;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/** The captured hellos, and the making of others. */
final class Hellos {
    private static final Map<String, byte[]> CAPTURED = load();

    private Hellos() {}

    /** All that were captured, by name. */
    static Map<String, byte[]> captured() {
        return CAPTURED;
    }

    /** One that was captured. */
    static byte[] captured(String name) {
        return CAPTURED.get(name).clone();
    }

    /** The bytes of hexadecimal digits; spaces are for the eye. */
    static byte[] hex(String digits) {
        return HexFormat.of().parseHex(digits.replace(" ", ""));
    }

    static byte[] concat(byte[]... parts) {
        byte[] all = new byte[Arrays.stream(parts).mapToInt(part -> part.length).sum()];
        int at = 0;
        for (byte[] part : parts) {
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        return all;
    }

    /** A vector: its length in so many bytes, then the bytes. */
    static byte[] vector(int lengthBytes, byte[]... parts) {
        byte[] content = concat(parts);
        byte[] length = new byte[lengthBytes];
        for (int i = 0; i < lengthBytes; i++) {
            length[i] = (byte) (content.length >>> 8 * (lengthBytes - 1 - i));
        }
        return concat(length, content);
    }

    /** An extension of a type, its content in hexadecimal digits. */
    static byte[] extension(int type, byte[] content) {
        return concat(new byte[] {(byte) (type >> 8), (byte) type}, vector(2, content));
    }

    /** A ClientHello with two suites and the given extensions: the message, without records. */
    static byte[] message(byte[]... extensions) {
        byte[] body = concat(
                hex("0303"),
                new byte[32],
                vector(1, new byte[32]),
                vector(2, hex("1301 c02f")),
                vector(1, new byte[1]),
                vector(2, extensions));
        return concat(new byte[] {1}, vector(3, body));
    }

    /** A message cut into records of at most so many bytes. */
    static byte[] records(byte[] message, int most) {
        byte[] all = {};
        for (int at = 0; at < message.length; at += most) {
            byte[] fragment = Arrays.copyOfRange(message, at, Math.min(message.length, at + most));
            all = concat(all, hex("16 0301"), vector(2, fragment));
        }
        return all;
    }

    /** The message within one record. */
    static byte[] unwrap(byte[] record) {
        int length = (record[3] & 0xff) << 8 | record[4] & 0xff;
        return Arrays.copyOfRange(record, 5, 5 + length);
    }

    private static Map<String, byte[]> load() {
        Map<String, byte[]> hellos = new LinkedHashMap<>();
        try (InputStream in = Hellos.class.getResourceAsStream("hellos.txt")) {
            String text = new String(in.readAllBytes(), StandardCharsets.US_ASCII);
            for (String block : text.split("\n\n", -1)) {
                String name = "";
                StringBuilder digits = new StringBuilder();
                for (String line : block.split("\n", -1)) {
                    if (name.isEmpty() && !line.startsWith("#")) {
                        name = line;
                    } else if (!line.startsWith("#")) {
                        digits.append(line);
                    }
                }
                if (!name.isEmpty()) {
                    hellos.put(name, hex(digits.toString()));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return hellos;
    }
}
