package dev.millrace.internal.h1;

import dev.millrace.testkit.Cuts;

/**
 * Fuzz target: {@link ChunkedDecoder} finds the same content, trailers, end and fault however the bytes are cut. The first
 * byte of an input says how large the pieces are.
 */
public final class ChunkedFuzz {
    private ChunkedFuzz() {}

    /** One input. */
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length == 0) {
            return;
        }
        byte[] b = Cuts.rest(input, 1);
        String whole = ChunkedDecoderTest.outcome(ChunkedDecoderTest.LIMITS, b);
        String pieces =
                ChunkedDecoderTest.outcome(ChunkedDecoderTest.LIMITS, b, Cuts.every(Cuts.step(input), b.length));
        if (!whole.equals(pieces)) {
            throw new AssertionError("«" + whole + "» and «" + pieces + "»");
        }
    }
}
