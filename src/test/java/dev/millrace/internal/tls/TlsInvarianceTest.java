package dev.millrace.internal.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Request;
import dev.millrace.http.Response;
import dev.millrace.testkit.TlsFixture;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** However the records of a connection are cut on their way, what is said and how it ends stays the same. */
class TlsInvarianceTest {
    private static final String HOST = " HTTP/1.1\r\nHost: a\r\n";
    private static final String POST = "POST /body" + HOST + "Content-Length: 5\r\n\r\nhello";

    private static String get(String path) {
        return "GET " + path + HOST + "\r\n";
    }

    private static final List<List<String>> CONVERSATIONS = List.of(
            List.of(get("/")),
            List.of(get("/") + get("/1"), get("/2")),
            List.of(get("/task") + get("/1") + POST, get("/task") + get("/2"), POST + get("/3")),
            List.of(get("/task"), get("/task"), get("/1"), get("/2") + get("/task") + get("/3")),
            List.of("POST /body" + HOST + "Content-Length: 10\r\n\r\nhello", "world" + get("/"), get("/task")),
            List.of(get("/large") + get("/1"), get("/task"), get("/large")),
            List.of(get("/"), "GET / HT"),
            List.of("nonsense\r\n\r\n"));

    private static CompletionStage<Response> answer(TlsFixture[] f, Request request) {
        switch (request.path()) {
            case "/task":
                CompletableFuture<Response> later = new CompletableFuture<>();
                f[0].loop().execute(() -> f[0].loop().execute(() -> later.complete(Response.text("later"))));
                return later;
            case "/body":
                return request.body().stringAsync(1000).thenApply(Response::text);
            case "/large":
                return CompletableFuture.completedFuture(Response.text("x".repeat(40_000)));
            default:
                return CompletableFuture.completedFuture(Response.text(request.path()));
        }
    }

    private static TlsFixture connect(String version, boolean stepped) {
        TlsFixture[] f = new TlsFixture[1];
        TlsFixture.Builder builder = TlsFixture.builder().version(version).async(r -> answer(f, r));
        f[0] = (stepped ? builder.stepped() : builder).connect();
        return f[0];
    }

    /** Plays a conversation, all of it before anything of the answers is looked at. */
    private static String play(TlsFixture f, List<String> conversation, Function<TlsFixture, Sender> way) {
        Sender sender = way.apply(f);
        f.peer().way(sender::send);
        f.peer().handshake();
        byte[] all = {};
        for (String text : conversation) {
            all = Hellos.concat(all, f.peer().encrypt(text));
        }
        sender.send(Hellos.concat(all, f.peer().closeNotify()));
        f.end();
        String outcome = f.closedFor() + " " + f.closings() + " " + f.errors() + "\n"
                + f.peer().text();
        f.assertNothingReported();
        // whether a later answer knows already that the peer has ended is a matter of time
        return outcome.replace("Connection: close\r\n", "");
    }

    private interface Sender {
        void send(byte[] bytes);
    }

    private static Sender whole(TlsFixture f) {
        return f.peer()::sendRaw;
    }

    private static Sender inPieces(TlsFixture f, Random random) {
        return bytes -> {
            int from = 0;
            while (from < bytes.length && !f.transport().closed()) {
                int most = random.nextInt(4) == 0 ? 4096 : 1 + random.nextInt(64);
                int to = Math.min(bytes.length, from + 1 + random.nextInt(most));
                f.peer().sendRaw(Arrays.copyOfRange(bytes, from, to));
                from = to;
            }
        };
    }

    private static boolean answerable(String version, List<String> conversation) {
        // what is answered after close_notify of TLS 1.2 is lost, and when that comes is a matter of the cuts
        return version.equals("TLSv1.3") || conversation.stream().noneMatch(text -> text.contains("/task"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void cutOnceAnywhere(String version) {
        List<String> conversation = CONVERSATIONS.get(1);
        String expected = play(connect(version, false), conversation, TlsInvarianceTest::whole);
        assertTrue(expected.startsWith("COMPLETED"), expected);
        int[] total = {1};
        for (int cut = 1; cut <= total[0]; cut++) {
            int at = cut;
            int[] sent = new int[1];
            String outcome = play(connect(version, cut % 2 == 0), conversation, f -> bytes -> {
                int local = at - sent[0];
                sent[0] += bytes.length;
                total[0] = sent[0];
                if (local > 0 && local < bytes.length) {
                    f.peer().sendRaw(Arrays.copyOf(bytes, local));
                    f.peer().sendRaw(Arrays.copyOfRange(bytes, local, bytes.length));
                } else {
                    f.peer().sendRaw(bytes);
                }
            });
            assertEquals(expected, outcome, "cut at " + cut);
        }
        assertTrue(total[0] > 300, "bytes: " + total[0]);
    }

    @Test
    void cutAtRandom() {
        for (int seed = 0; seed < 400; seed++) {
            Random random = new Random(seed);
            String version = random.nextBoolean() ? "TLSv1.3" : "TLSv1.2";
            List<String> conversation = CONVERSATIONS.get(random.nextInt(CONVERSATIONS.size()));
            if (!answerable(version, conversation)) {
                version = "TLSv1.3";
            }
            String expected = play(connect(version, false), conversation, TlsInvarianceTest::whole);
            assertEquals(
                    expected,
                    play(connect(version, random.nextBoolean()), conversation, f -> inPieces(f, random)),
                    "seed " + seed);
        }
    }

    @Test
    void byteByByte() {
        for (String version : List.of("TLSv1.3", "TLSv1.2")) {
            for (List<String> conversation : CONVERSATIONS) {
                if (answerable(version, conversation)) {
                    String expected = play(connect(version, false), conversation, TlsInvarianceTest::whole);
                    assertEquals(
                            expected,
                            play(connect(version, false), conversation, f -> bytes -> {
                                for (int i = 0;
                                        i < bytes.length && !f.transport().closed();
                                        i++) {
                                    f.peer().sendRaw(new byte[] {bytes[i]});
                                }
                            }),
                            version + conversation);
                }
            }
        }
    }
}
