package dev.millrace.internal.tls;

import dev.millrace.testkit.Cuts;
import java.nio.charset.StandardCharsets;

/**
 * Fuzz target: the same as {@link PemFuzz} with the content of one block in DER, so that what is found is no base64. The first
 * byte of an input says what the block claims to be.
 */
public final class KeyFuzz {
    private static final String[] LABELS = {
        "PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "CERTIFICATE"
    };

    private KeyFuzz() {}

    /** One input. */
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length > 1) {
            String label = LABELS[(input[0] & 0xff) % LABELS.length];
            String text = PemBlock.write(label, Cuts.rest(input, 1));
            PemFuzz.fuzzerTestOneInput(text.getBytes(StandardCharsets.ISO_8859_1));
        }
    }
}
