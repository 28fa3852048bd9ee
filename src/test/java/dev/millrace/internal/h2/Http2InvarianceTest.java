package dev.millrace.internal.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Body;
import dev.millrace.http.Response;
import dev.millrace.testkit.Http1Fixture;
import dev.millrace.testkit.Http2Frame;
import dev.millrace.testkit.Http2Peer;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Any cut of what a peer sends gives the same conversation; whatever it sends ends in a defined way. */
final class Http2InvarianceTest {
    private static final int SEEDS = 300;

    private static Http1Fixture server() {
        return Http1Fixture.async(request -> request.path().startsWith("/echo")
                ? CompletableFuture.completedFuture(
                        Response.ok("text/plain", Body.publisher(request.body().publisher())))
                : CompletableFuture.completedFuture(Response.text(request.path())));
    }

    private static byte[] conversation(Random random) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(Http2Peer.PREFACE);
        out.writeBytes(Http2Peer.settings());
        out.writeBytes(new Http2Frame(Http2Frame.SETTINGS, Http2Frame.ACK, 0, new byte[0]).bytes());
        for (int id = 1; id < 40; id += 2) {
            if (random.nextBoolean()) {
                out.writeBytes(Http2Peer.request(id, true, "GET", "/" + id));
            } else {
                out.writeBytes(Http2Peer.request(id, false, "POST", "/echo" + id));
                int pieces = random.nextInt(4);
                for (int i = 0; i < pieces; i++) {
                    out.writeBytes(Http2Peer.data(id, false, new byte[random.nextInt(500)]));
                }
                out.writeBytes(Http2Peer.data(id, true, "end" + id));
            }
            if (random.nextInt(5) == 0) {
                out.writeBytes(Http2Peer.ping(id, false));
            }
        }
        return out.toByteArray();
    }

    private static List<String> outcome(Http1Fixture fixture) {
        List<String> outcome = new ArrayList<>();
        for (int id = 1; id < 40; id += 2) {
            outcome.add(id + ": " + fixture.http2().status(id) + " "
                    + fixture.http2().text(id) + " " + fixture.http2().ended(id));
        }
        return outcome;
    }

    @Test
    void cutAnywhere() {
        for (int seed = 0; seed < SEEDS; seed++) {
            Random random = new Random(seed);
            byte[] bytes = conversation(random);
            Http1Fixture whole = server();
            whole.http2().send(bytes);
            Http1Fixture cut = server();
            cut.peer().sendRandomly(bytes, random);
            String name = "seed " + seed;
            assertEquals(outcome(whole), outcome(cut), name);
            assertTrue(outcome(whole).stream().allMatch(line -> line.endsWith("true")), name);
        }
    }

    @Test
    void anythingEndsInADefinedWay() {
        for (int seed = 0; seed < SEEDS; seed++) {
            Random random = new Random(seed);
            byte[] bytes = conversation(random);
            Http1Fixture fixture = server();
            int wrong = 1 + random.nextInt(8);
            for (int i = 0; i < wrong; i++) {
                bytes[24 + random.nextInt(bytes.length - 24)] = (byte) random.nextInt(256);
            }
            fixture.peer().sendRandomly(bytes, random);
            for (int i = 0; i < 20; i++) {
                byte[] payload = new byte[random.nextInt(20)];
                random.nextBytes(payload);
                fixture.http2().frame(random.nextInt(12), random.nextInt(64), random.nextInt(50), payload);
            }
            fixture.peer().end();
            fixture.advance(java.time.Duration.ofSeconds(200));
            String name = "seed " + seed;
            assertEquals(1, fixture.closings().size(), name);
            fixture.assertNothingLeft();
            assertEquals(List.of(), fixture.errors(), name);
        }
    }
}
