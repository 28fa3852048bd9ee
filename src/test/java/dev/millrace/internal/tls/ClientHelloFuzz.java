package dev.millrace.internal.tls;

import dev.millrace.observe.ClientHello;
import dev.millrace.testkit.Cuts;

/**
 * Fuzz target: {@link ClientHelloReader} throws nothing, and its verdict is the same whether the bytes come at once or trickle
 * in. The first byte of an input says how large the pieces are.
 */
public final class ClientHelloFuzz {
    private static final int SMALL_BOUND = 2048;

    private ClientHelloFuzz() {}

    /** One input. */
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length == 0) {
            return;
        }
        byte[] bytes = Cuts.rest(input, 1);
        same(new ClientHelloReader(), new ClientHelloReader(), bytes, Cuts.step(input));
        same(new ClientHelloReader(SMALL_BOUND), new ClientHelloReader(SMALL_BOUND), bytes, Cuts.step(input));
    }

    private static void same(ClientHelloReader whole, ClientHelloReader pieces, byte[] bytes, int step) {
        String expected = outcome(whole, bytes, bytes.length);
        String found = "";
        for (int to = Math.min(step, bytes.length); ; to = Math.min(bytes.length, to + step)) {
            found = outcome(pieces, bytes, to);
            if (to == bytes.length) {
                break;
            }
        }
        if (!expected.equals(found)) {
            throw new AssertionError("«" + expected + "» and «" + found + "»");
        }
    }

    private static String outcome(ClientHelloReader reader, byte[] bytes, int to) {
        ClientHelloReader.Result result = reader.read(bytes, 0, to);
        if (result != ClientHelloReader.Result.COMPLETE) {
            return result + " " + reader.detail();
        }
        ClientHello hello = reader.hello();
        return hello + " " + hello.serverName() + " " + hello.applicationProtocols() + " " + hello.ja3() + " "
                + hello.ja4Raw() + " " + hello.highestVersion() + " " + hello.keyShares() + " "
                + hello.resumptionOffered();
    }
}
