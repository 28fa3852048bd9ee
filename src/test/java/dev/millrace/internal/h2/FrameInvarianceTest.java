package dev.millrace.internal.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a decoder says depends on the bytes and not on how they are cut, and there are no bytes for which it has no word. */
class FrameInvarianceTest {
    static List<String> outcome(byte[] b, int... cuts) {
        RecordingSink sink = new RecordingSink();
        return RecordingSink.decode(new FrameDecoder(sink, 16_384, 4_000, 3), sink, b, cuts);
    }

    /** Where bytes stay untaken depends on the cuts only in the middle of a DATA frame, never what was said. */
    private static List<String> said(List<String> lines) {
        List<String> said = new ArrayList<>(lines);
        said.removeIf(line -> line.startsWith("taken"));
        return said;
    }

    private static int[] everywhere(int length) {
        int[] cuts = new int[Math.max(0, length - 1)];
        Arrays.setAll(cuts, i -> i + 1);
        return cuts;
    }

    @Test
    void everyConversationCutOnceOrTwiceSaysTheSame() {
        for (byte[] b : FrameCorpus.conversations()) {
            List<String> expected = outcome(b);
            for (int i = 0; i <= b.length; i++) {
                int cut = i;
                assertEquals(expected, outcome(b, i), () -> HexFormat.of().formatHex(b) + " cut at " + cut);
            }
            for (int i = 0; i < b.length; i += 7) {
                int cut = i;
                int again = Math.min(b.length, i + 1 + i % 11);
                assertEquals(
                        expected,
                        outcome(b, i, again),
                        () -> HexFormat.of().formatHex(b) + " cut at " + cut + " and " + again);
            }
        }
    }

    @Test
    void everyConversationByteByByteSaysTheSame() {
        for (byte[] b : FrameCorpus.conversations()) {
            assertEquals(
                    outcome(b),
                    outcome(b, everywhere(b.length)),
                    () -> HexFormat.of().formatHex(b));
        }
    }

    @Test
    void aBeginningSaysTheBeginning() {
        for (byte[] b : FrameCorpus.conversations()) {
            List<String> all = said(outcome(b));
            int before = 0;
            for (int i = 0; i <= b.length; i++) {
                List<String> some = said(outcome(Arrays.copyOf(b, i)));
                assertEquals(all.subList(0, some.size()), some);
                assertTrue(some.size() >= before, "more bytes say more");
                before = some.size();
            }
        }
    }

    @Test
    void mutationsSayTheSameInPiecesAndEndInADefinedWay() {
        List<byte[]> conversations = FrameCorpus.conversations();
        Set<String> errors = new HashSet<>();
        for (int seed = 0; seed < 30_000; seed++) {
            Random random = new Random(seed);
            byte[] b = mutate(conversations.get(random.nextInt(conversations.size())), random);
            List<String> expected = outcome(b);
            int[] cuts =
                    random.ints(1 + random.nextInt(5), 0, b.length + 1).sorted().toArray();
            String what = "seed " + seed;
            assertEquals(expected, outcome(b, cuts), what);
            expected.stream().filter(line -> line.startsWith("error 0")).forEach(errors::add);
        }
        Set<String> all = new HashSet<>();
        EnumSet.of(ErrorCode.PROTOCOL_ERROR, ErrorCode.FRAME_SIZE_ERROR).forEach(code -> all.add("error 0 " + code));
        all.add("error 0 ENHANCE_YOUR_CALM HEADER_LIST");
        all.add("error 0 ENHANCE_YOUR_CALM CONTINUATION");
        assertEquals(all, errors, "the mutations reach every error, and no other");
    }

    private static byte[] mutate(byte[] original, Random random) {
        byte[] b = original.clone();
        for (int changes = random.nextInt(4); changes > 0 && b.length > 9; changes--) {
            int at = random.nextInt(b.length);
            switch (random.nextInt(6)) {
                case 0 -> b[at] = (byte) random.nextInt(256);
                case 1 -> b[at] ^= (byte) (1 << random.nextInt(8));
                case 2 -> b = Arrays.copyOf(b, at);
                case 3 -> {
                    byte[] shorter = Arrays.copyOf(b, b.length - 1);
                    System.arraycopy(b, at + 1, shorter, at, shorter.length - at);
                    b = shorter;
                }
                case 4 -> { // some frames between, at any place
                    List<byte[]> frames = FrameCorpus.frames();
                    b = FrameBytes.cat(
                            Arrays.copyOf(b, at),
                            frames.get(random.nextInt(frames.size())),
                            Arrays.copyOfRange(b, at, b.length));
                }
                default -> { // CONTINUATION without an end
                    byte[] one = FrameBytes.frame(FrameType.CONTINUATION, 0, 5, random.nextInt(256));
                    byte[] open = FrameBytes.frame(FrameType.HEADERS, 0, 5, 1);
                    b = FrameBytes.cat(FrameBytes.begin(), open, one, one, one, one, b);
                }
            }
        }
        return b;
    }

    /** Frames that look right and are put together by chance, far from what anybody sends. */
    @Test
    void randomFramesEndInADefinedWay() {
        for (int seed = 0; seed < 5_000; seed++) {
            Random random = new Random(seed);
            byte[][] frames = new byte[1 + random.nextInt(20)][];
            frames[0] = FrameBytes.begin();
            for (int i = 1; i < frames.length; i++) {
                byte[] payload = new byte[random.nextInt(random.nextInt(4) == 0 ? 200 : 12)];
                random.nextBytes(payload);
                int type = random.nextInt(8) == 0 ? random.nextInt(256) : random.nextInt(10);
                frames[i] = FrameBytes.frame(type, random.nextInt(64), random.nextInt(4), payload);
            }
            byte[] b = FrameBytes.cat(frames);
            List<String> expected = outcome(b);
            String last = expected.get(expected.size() - 1);
            assertTrue(last.startsWith("taken") || last.startsWith("error 0"), "seed " + seed + ": " + last);
            assertEquals(expected, outcome(b, everywhere(b.length)), "seed " + seed);
        }
    }

    @Test
    void noiseEndsInADefinedWay() {
        int refused = 0;
        for (int seed = 0; seed < 5_000; seed++) {
            Random random = new Random(seed);
            byte[] b = new byte[random.nextInt(300)];
            random.nextBytes(b);
            List<String> lines = outcome(b);
            refused += lines.get(0).equals("error 0 PROTOCOL_ERROR") ? 1 : 0;
            assertEquals(1, lines.size(), "seed " + seed);
        }
        assertTrue(refused > 4_500, "refused " + refused);
    }
}
