package dev.millrace.internal.h2;

import dev.millrace.http.Body;
import dev.millrace.internal.h2.Http2ClientFixture.Asked;
import dev.millrace.observe.CloseReason;
import dev.millrace.testkit.Cuts;
import dev.millrace.testkit.TestSubscriber;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/**
 * Fuzz target: a client's connection of HTTP/2 with four exchanges under way. The first byte of an input says with its low six
 * bits how large the pieces are, 0 for all at once, with the next one whether time passes between them, and with the highest
 * whether the server reads little; the others are what the server sends behind its SETTINGS and its acknowledgement of ours.
 */
public final class Http2ClientFuzz {
    /** Longer than any deadline. */
    private static final Duration LONG = Duration.ofHours(2);

    private static final int SLOW = 0x80;
    private static final int PAUSED = 0x40;
    private static final int STEP = 0x3f;

    private Http2ClientFuzz() {}

    /** One input. */
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length == 0) {
            return;
        }
        int control = input[0];
        byte[] bytes = Cuts.rest(input, 1);
        Http2ClientFixture client = new Http2ClientFixture();
        client.peer.serve();
        List<Asked> asked = List.of(
                client.ask(Http2ClientFixture.get("/1")),
                client.ask(Http2ClientFixture.post("/3", Body.of(new byte[100_000]))),
                client.ask(Http2ClientFixture.get("/5"), TestSubscriber.paused()),
                client.ask(Http2ClientFixture.get("/7"), TestSubscriber.oneByOne()));
        int step = (control & STEP) == 0 ? Math.max(1, bytes.length) : control & STEP;
        if ((control & SLOW) != 0) {
            client.transport.peerStopsReading();
        }
        for (int from = 0; from < bytes.length && !client.transport.closed(); from += step) {
            client.peer.send(Arrays.copyOfRange(bytes, from, Math.min(bytes.length, from + step)));
            if ((control & SLOW) != 0) {
                client.transport.peerReads(20);
            }
            if ((control & PAUSED) != 0) {
                client.advance(Duration.ofMillis(300));
            }
        }
        if (!client.transport.closed()) {
            client.transport.peerEnds();
        }
        client.transport.peerReadsAll();
        client.advance(LONG);
        if (client.closed.size() != 1 || client.closed.get(0) == CloseReason.INTERNAL_ERROR) {
            throw new AssertionError("ended with " + client.closed);
        }
        if (client.endedAt.size() != asked.size() || !asked.stream().allMatch(Asked::ended)) {
            throw new AssertionError("exchanges: " + asked + ", told " + client.endedAt.size());
        }
        client.assertNothingLeft();
    }
}
