package dev.millrace.internal.h1;

import dev.millrace.testkit.ConnectionFuzz;
import dev.millrace.testkit.Cuts;

/**
 * Fuzz target: a whole connection of HTTP/1.1 over a transport in memory. The first byte of an input is the control of
 * {@link ConnectionFuzz#run}.
 */
public final class Http1Fuzz {
    private Http1Fuzz() {}

    /** One input. */
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length > 0) {
            ConnectionFuzz.run(input[0], Cuts.rest(input, 1));
        }
    }
}
