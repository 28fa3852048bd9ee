package dev.millrace.testkit;

import java.util.Arrays;

/** Where bytes that come in pieces are cut. */
public final class Cuts {
    private Cuts() {}

    /**
     * Cuts into pieces of one size.
     *
     * @param step the size, at least 1
     * @param length of the whole
     * @return where a piece ends and the next begins, rising, within the whole
     */
    public static int[] every(int step, int length) {
        int[] cuts = new int[length <= 0 ? 0 : (length - 1) / step];
        Arrays.setAll(cuts, i -> (i + 1) * step);
        return cuts;
    }

    /**
     * The step that the first byte of an input says, for {@link #every}.
     *
     * @param input at least one byte
     * @return from 1 to 256
     */
    public static int step(byte[] input) {
        return 1 + (input[0] & 0xff);
    }

    /**
     * The rest of an input whose first bytes say how to cut it.
     *
     * @param input all of it
     * @param from how many bytes are left out; more than there are leave nothing
     * @return a copy
     */
    public static byte[] rest(byte[] input, int from) {
        return Arrays.copyOfRange(input, Math.min(from, input.length), input.length);
    }
}
