package dev.millrace.internal.tls;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** One block of a PEM text (RFC 7468). Immutable, as long as nobody writes to its content. */
public final class PemBlock {
    /** More than any bundle of roots has; a longer file is not what was meant. */
    static final int LARGEST_FILE = 16 << 20;

    private static final String BEGIN = "-----BEGIN ";
    private static final String END = "-----END ";
    private static final String DASHES = "-----";

    private final String label;
    private final boolean encrypted;
    private final byte[] der;

    private PemBlock(String label, boolean encrypted, byte[] der) {
        this.label = label;
        this.encrypted = encrypted;
        this.der = der;
    }

    /** {@return what stands between {@code BEGIN} and the dashes} */
    String label() {
        return label;
    }

    /** {@return whether the block has the header lines of the traditional, password-protected form} */
    boolean encrypted() {
        return encrypted;
    }

    /** {@return the decoded content, not copied; empty if {@link #encrypted()}, which is not read} */
    byte[] der() {
        return der;
    }

    /**
     * Reads a file.
     *
     * @param what what the file is for, for messages: {@code certificate file}
     * @param file the file
     * @return its blocks, at least one
     * @throws IOException if it cannot be read or is not PEM, with the reason and the file's name
     */
    static List<PemBlock> read(String what, Path file) throws IOException {
        byte[] bytes = bytes(what, file);
        List<PemBlock> blocks = parse(what + " " + file, new String(bytes, StandardCharsets.ISO_8859_1));
        if (blocks.isEmpty()) {
            String hint = bytes.length == 0
                    ? ": the file is empty"
                    : bytes[0] == DerWriter.SEQUENCE
                            ? ": no PEM text; it looks like DER or PKCS#12, convert it with openssl"
                            : ": no PEM text (no line starts with -----BEGIN)";
            throw new IOException(what + " " + file + hint);
        }
        return blocks;
    }

    /** {@return all of a file, with clear words where it cannot be read} */
    static byte[] bytes(String what, Path file) throws IOException {
        try {
            if (Files.size(file) > LARGEST_FILE) {
                throw new IOException(what + " " + file + ": longer than 16 MiB, so not what was meant");
            }
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new IOException(what + " " + file + ": no such file", e);
        } catch (AccessDeniedException e) {
            throw new IOException(what + " " + file + ": not allowed to read it; check its owner and mode", e);
        } catch (IOException e) {
            String message = String.valueOf(e.getMessage());
            throw message.startsWith(what) ? e : new IOException(what + " " + file + ": " + message, e);
        }
    }

    /**
     * Parses a text; what stands outside of blocks is passed over.
     *
     * @param where the text's origin, for messages
     * @param text the text
     * @return its blocks
     * @throws IOException if a block does not end or is not base64
     */
    public static List<PemBlock> parse(String where, String text) throws IOException {
        List<PemBlock> blocks = new ArrayList<>();
        int at = text.indexOf(BEGIN);
        while (at >= 0) {
            int nameEnd = text.indexOf(DASHES, at + BEGIN.length());
            int lineEnd = text.indexOf('\n', at);
            if (nameEnd < 0 || lineEnd < nameEnd) {
                throw new IOException(where + ": a BEGIN line is broken; the file may be cut");
            }
            String label = text.substring(at + BEGIN.length(), nameEnd);
            int end = text.indexOf(END + label + DASHES, lineEnd);
            if (end < 0) {
                throw new IOException(
                        where + ": the block BEGIN " + label + " has no END " + label + " line; the file is cut");
            }
            blocks.add(block(where, label, text.substring(lineEnd, end)));
            at = text.indexOf(BEGIN, end);
        }
        return blocks;
    }

    private static PemBlock block(String where, String label, String body) throws IOException {
        if (body.indexOf(':') >= 0) { // header lines (RFC 1421), of which only the traditional encryption is left
            return new PemBlock(label, true, new byte[0]);
        }
        StringBuilder base64 = new StringBuilder(body.length());
        for (int i = 0; i < body.length(); i++) {
            char c = body.charAt(i);
            if (c > ' ') {
                base64.append(c);
            }
        }
        try {
            byte[] der = Base64.getDecoder().decode(base64.toString());
            if (der.length == 0) {
                throw new IOException(where + ": the block " + label + " is empty");
            }
            return new PemBlock(label, false, der);
        } catch (IllegalArgumentException e) {
            throw new IOException(where + ": the block " + label + " is not base64; the file is damaged", e);
        }
    }

    /** {@return a block as text, lines of 64 characters} */
    public static String write(String label, byte[] der) {
        byte[] newline = {'\n'};
        return BEGIN + label + "-----\n" + Base64.getMimeEncoder(64, newline).encodeToString(der) + "\n" + END + label
                + "-----\n";
    }

    /** {@return the labels of blocks, for messages} */
    static String labels(List<PemBlock> blocks) {
        StringBuilder out = new StringBuilder();
        for (PemBlock block : blocks) {
            out.append(out.length() == 0 ? "" : ", ").append(block.label());
        }
        return out.toString();
    }
}
