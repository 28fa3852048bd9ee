package dev.millrace.internal.h2;

import dev.millrace.testkit.ConnectionFuzz;
import dev.millrace.testkit.Cuts;
import dev.millrace.testkit.Http2Peer;

/**
 * Fuzz target: a whole connection of HTTP/2 over a transport in memory. The first byte of an input is the control of
 * {@link ConnectionFuzz#run}; the others are what a client sends behind its magic and empty SETTINGS.
 */
public final class Http2Fuzz {
    private Http2Fuzz() {}

    /** One input. */
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length > 0) {
            ConnectionFuzz.run(input[0], FrameBytes.cat(Http2Peer.PREFACE, FrameBytes.begin(), Cuts.rest(input, 1)));
        }
    }
}
