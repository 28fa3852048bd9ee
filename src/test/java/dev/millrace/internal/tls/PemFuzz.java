package dev.millrace.internal.tls;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Fuzz target: files with certificates and keys, good or bad, are read or refused with an {@link IOException} that says why.
 * What was read as a block is the same when it is written and read again.
 */
public final class PemFuzz {
    private static final int INTEGER = 2;
    /** Deriving a key is meant to be slow. */
    private static final int QUICK_ITERATIONS = 10_000;

    private PemFuzz() {}

    /** One input. */
    public static void fuzzerTestOneInput(byte[] input) {
        List<PemBlock> blocks;
        try {
            blocks = PemBlock.parse("file", new String(input, StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            return;
        }
        for (PemBlock block : blocks) {
            writtenAndRead(block);
        }
        try {
            PrivateKeyDecoder.decode("file", blocks, null);
        } catch (IOException e) {
            need(e);
        }
        try {
            if (blocks.stream().allMatch(block -> quick(block.der()))) {
                PrivateKeyDecoder.decode("file", blocks, "secret".toCharArray());
            }
        } catch (IOException e) {
            need(e);
        }
        try {
            Credential.certificates("file", blocks).forEach(Credential::name);
        } catch (IOException e) {
            need(e);
        }
    }

    private static void need(IOException e) {
        if (!String.valueOf(e.getMessage()).startsWith("file: ")) {
            throw new AssertionError("says not where", e);
        }
    }

    private static void writtenAndRead(PemBlock block) {
        if (block.encrypted() || block.label().indexOf('-') >= 0) {
            return;
        }
        try {
            List<PemBlock> again = PemBlock.parse("again", PemBlock.write(block.label(), block.der()));
            if (again.size() != 1 || !Arrays.equals(block.der(), again.get(0).der())) {
                throw new AssertionError("another block than " + block.label());
            }
        } catch (IOException e) {
            throw new AssertionError(block.label(), e);
        }
    }

    /** Whether nothing in it can be a large count of iterations. */
    private static boolean quick(byte[] der) {
        for (int i = 0; i + 2 < der.length; i++) {
            if (der[i] == INTEGER && der[i + 1] > 1 && der[i + 1] <= Integer.BYTES) {
                int value = 0;
                for (int k = i + 2; k < Math.min(der.length, i + 2 + der[i + 1]); k++) {
                    value = value << 8 | der[k] & 0xff;
                }
                if (value > QUICK_ITERATIONS) {
                    return false;
                }
            }
        }
        return true;
    }
}
