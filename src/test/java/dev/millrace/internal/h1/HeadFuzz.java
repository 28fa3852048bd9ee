package dev.millrace.internal.h1;

import dev.millrace.testkit.Cuts;

/**
 * Fuzz target: {@link HeadDecoder} has a verdict on any bytes, and it is the same whether a decoder is new or has just seen
 * them, and whether they come at once or in pieces. The first byte of an input says how large the pieces are.
 */
public final class HeadFuzz {
    private HeadFuzz() {}

    /** One input. */
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length == 0) {
            return;
        }
        byte[] b = Cuts.rest(input, 1);
        String expected = HeadDecoderInvarianceTest.outcome(
                new HeadDecoder(HeadDecoderInvarianceTest.SMALL, false), b, 0, b.length);
        HeadDecoder reusing = new HeadDecoder(HeadDecoderInvarianceTest.SMALL, true);
        for (int i = 0; i < 2; i++) {
            same(expected, HeadDecoderInvarianceTest.outcome(reusing, b, 0, b.length));
        }
        int[] cuts = Cuts.every(Cuts.step(input), b.length);
        same(expected, HeadDecoderInvarianceTest.pieces(reusing, b, cuts));
    }

    private static void same(String expected, String outcome) {
        if (!expected.equals(outcome)) {
            throw new AssertionError("«" + expected + "» and «" + outcome + "»");
        }
    }
}
