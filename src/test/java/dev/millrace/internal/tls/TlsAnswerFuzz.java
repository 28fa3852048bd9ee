package dev.millrace.internal.tls;

import dev.millrace.net.Tls;
import dev.millrace.observe.CloseReason;
import dev.millrace.testkit.Cuts;
import dev.millrace.testkit.TlsClientFixture;
import dev.millrace.testkit.TlsFixture;
import java.time.Duration;

/**
 * Fuzz target: whatever answers a client's ClientHello, the connection ends once, whoever waits is told once why, for a reason
 * that is no mistake of ours, and no deadline and no byte is left. The first byte of an input says how large the pieces are.
 */
public final class TlsAnswerFuzz {
    private static final Tls SERVER = TlsFixture.build(TlsFixture.SELF.server());
    private static final Tls CLIENT = TlsFixture.build(TlsFixture.client());

    private TlsAnswerFuzz() {}

    /** One input. */
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length == 0) {
            return;
        }
        byte[] bytes = Cuts.rest(input, 1);
        TlsClientFixture f =
                TlsClientFixture.builder().server(SERVER).client(CLIENT).connect();
        int step = Cuts.step(input);
        for (int at = 0; at < bytes.length && !f.transport().closed(); at += step) {
            byte[] piece = new byte[Math.min(step, bytes.length - at)];
            System.arraycopy(bytes, at, piece, 0, piece.length);
            f.peer().sendRaw(piece);
        }
        if (!f.transport().closed()) {
            f.transport().peerEnds();
        }
        f.advance(Duration.ofSeconds(20));
        CloseReason why = f.failure().reason();
        if (why == CloseReason.INTERNAL_ERROR) {
            throw new AssertionError("a mistake of ours: " + f.failure());
        }
        f.assertClosed(why);
    }
}
