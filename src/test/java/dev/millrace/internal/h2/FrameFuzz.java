package dev.millrace.internal.h2;

import dev.millrace.testkit.Cuts;
import java.util.List;

/**
 * Fuzz target: {@link FrameDecoder} says the same of frames however they are cut, and ends with a defined error or none. The
 * first byte of an input says how large the pieces are; empty SETTINGS go before the rest.
 */
public final class FrameFuzz {
    private FrameFuzz() {}

    /** One input. */
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length == 0) {
            return;
        }
        byte[] frames = FrameBytes.cat(FrameBytes.begin(), Cuts.rest(input, 1));
        List<String> whole = FrameInvarianceTest.outcome(frames);
        List<String> pieces = FrameInvarianceTest.outcome(frames, Cuts.every(Cuts.step(input), frames.length));
        if (!whole.equals(pieces)) {
            throw new AssertionError(whole + " and " + pieces);
        }
    }
}
