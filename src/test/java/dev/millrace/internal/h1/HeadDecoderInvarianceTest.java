package dev.millrace.internal.h1;

import static dev.millrace.internal.h1.HeadDecoder.Result.COMPLETE;
import static dev.millrace.internal.h1.HeadDecoder.Result.INCOMPLETE;
import static dev.millrace.internal.h1.HeadDecoder.Result.REJECTED;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Limits;
import dev.millrace.internal.h1.HeadDecoder.Result;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The verdict on a head depends on its bytes and on nothing else: not on how they are cut, not on what came before. */
class HeadDecoderInvarianceTest {
    static final Limits SMALL = Limits.defaults()
            .withRequestLine(200)
            .withHeaderSection(2000)
            .withHeaderFields(30)
            .withBody(1000);

    /** Everything that a decoder says about bytes. */
    static String outcome(HeadDecoder decoder, byte[] b, int offset, int end) {
        Result result = decoder.decode(b, offset, end);
        return switch (result) {
            case INCOMPLETE -> "INCOMPLETE";
            case REJECTED -> "REJECTED " + decoder.violation();
            case COMPLETE -> "COMPLETE " + (decoder.next() - offset) + " " + describe(decoder.head());
        };
    }

    private static String describe(RequestHead head) {
        StringBuilder out = new StringBuilder(head.toString())
                .append('|')
                .append(head.path())
                .append('|')
                .append(head.query())
                .append('|')
                .append(head.scheme())
                .append('|')
                .append(head.authority())
                .append('|')
                .append(head.framing())
                .append('|')
                .append(head.contentLength())
                .append('|')
                .append(head.keepAlive())
                .append('|')
                .append(head.expectContinue())
                .append('|')
                .append(head.upgradeRequested());
        for (int i = 0; i < head.headers().size(); i++) {
            out.append('\n')
                    .append(head.headers().name(i))
                    .append(':')
                    .append(head.headers().value(i));
        }
        return out.toString();
    }

    /** Feeds growing beginnings that end at the cuts; answers the first outcome that is not INCOMPLETE. */
    static String pieces(HeadDecoder decoder, byte[] b, int... cuts) {
        int seen = 0;
        for (int cut : cuts) {
            if (seen == 0 || HeadDecoder.worthRetrying(b, 0, seen, cut)) {
                String outcome = outcome(decoder, Arrays.copyOf(b, cut), 0, cut);
                if (!outcome.equals("INCOMPLETE")) {
                    return outcome;
                }
            }
            seen = cut;
        }
        return outcome(decoder, b, 0, b.length);
    }

    @Test
    void everyHeadCutOnceGetsTheSameVerdict() {
        HeadDecoder whole = new HeadDecoder(Limits.defaults(), false);
        HeadDecoder cut = new HeadDecoder(Limits.defaults(), true);
        for (HeadCorpus.Entry entry : HeadCorpus.all()) {
            byte[] b = entry.bytes();
            String expected = outcome(whole, b, 0, b.length);
            for (int i = 0; i < b.length; i++) {
                String first = outcome(cut, Arrays.copyOf(b, i), 0, i);
                if (entry.expected() == null) {
                    assertEquals("INCOMPLETE", first, entry + " up to " + i);
                } else if (!first.equals("INCOMPLETE")) {
                    assertEquals(expected, first, entry + " up to " + i);
                }
                assertEquals(expected, outcome(cut, b, 0, b.length), entry + " after " + i);
            }
        }
    }

    @Test
    void everyHeadInPiecesGetsTheSameVerdict() {
        Random random = new Random(20250301);
        HeadDecoder whole = new HeadDecoder(Limits.defaults(), false);
        HeadDecoder cut = new HeadDecoder(Limits.defaults(), true);
        for (HeadCorpus.Entry entry : HeadCorpus.all()) {
            byte[] b = entry.bytes();
            String expected = outcome(whole, b, 0, b.length);
            for (int round = 0; round < 20; round++) {
                int[] cuts =
                        random.ints(1 + random.nextInt(8), 0, b.length).sorted().toArray();
                assertEquals(expected, pieces(cut, b, cuts), () -> entry + " cut at " + Arrays.toString(cuts));
            }
            int[] everywhere = new int[Math.min(b.length, 1200)];
            Arrays.setAll(everywhere, i -> i + 1);
            assertEquals(expected, pieces(cut, b, everywhere), () -> entry + " byte by byte");
        }
    }

    /** Bytes after the end given, in the same array, are not looked at. */
    @Test
    void whatLiesBeyondTheEndDoesNotMatter() {
        HeadDecoder decoder = new HeadDecoder(Limits.defaults(), false);
        for (HeadCorpus.Entry entry : HeadCorpus.valid()) {
            byte[] b = entry.bytes();
            for (int i = 0; i < b.length; i++) {
                for (byte filler : new byte[] {0, '\n', ':', 'a', (byte) 0xff}) {
                    byte[] padded = Arrays.copyOf(b, b.length + 9);
                    Arrays.fill(padded, i, padded.length, filler);
                    assertEquals(INCOMPLETE, decoder.decode(padded, 0, i), () -> entry.toString());
                }
            }
        }
    }

    /** Not even where they are the rest of the very head. */
    @Test
    void theRestBeyondTheEndDoesNotMatter() {
        HeadDecoder decoder = new HeadDecoder(Limits.defaults(), false);
        for (HeadCorpus.Entry entry : HeadCorpus.valid()) {
            byte[] b = Arrays.copyOf(entry.bytes(), entry.bytes().length + 9);
            int length = entry.bytes().length;
            String whole = outcome(decoder, b, 0, length);
            for (int i = 0; i < length; i++) {
                assertEquals(INCOMPLETE, decoder.decode(b, 0, i), () -> entry.toString());
            }
            assertEquals(whole, outcome(decoder, b, 0, length));
        }
    }

    /** A decoder learns in which order fields come; its verdicts must not show it. */
    @Test
    void whatWasDecodedBeforeDoesNotMatter() {
        Random random = new Random(48);
        List<HeadCorpus.Entry> valid = HeadCorpus.valid();
        HeadDecoder learned = new HeadDecoder(SMALL, false);
        for (int i = 0; i < 20_000; i++) {
            int number = i;
            byte[] b = valid.get(random.nextInt(valid.size())).bytes();
            if (random.nextBoolean()) {
                b = mutate(b, random);
            }
            HeadDecoder fresh = new HeadDecoder(SMALL, false);
            assertEquals(
                    outcome(fresh, b, 0, b.length),
                    outcome(learned, b, 0, b.length),
                    () -> "seed 48, number " + number);
        }
    }

    @Test
    void mutationsGetTheSameVerdictWithReuseAndWithoutAndInPieces() {
        Random random = new Random(47);
        List<HeadCorpus.Entry> valid = HeadCorpus.valid();
        Set<Result> seen = EnumSet.noneOf(Result.class);
        HeadDecoder plain = new HeadDecoder(SMALL, false);
        HeadDecoder reusing = new HeadDecoder(SMALL, true);
        HeadDecoder pieces = new HeadDecoder(SMALL, true);
        for (int i = 0; i < 60_000; i++) {
            int number = i;
            byte[] b = mutate(valid.get(random.nextInt(valid.size())).bytes(), random);
            String expected = outcome(plain, b, 0, b.length);
            seen.add(Result.valueOf(expected.split(" ", 2)[0]));
            int times = 1 + random.nextInt(3);
            for (int j = 0; j < times; j++) {
                assertEquals(expected, outcome(reusing, b, 0, b.length), () -> "mutation " + number);
            }
            int offset = random.nextInt(20);
            byte[] moved = new byte[b.length + 40];
            random.nextBytes(moved);
            System.arraycopy(b, 0, moved, offset, b.length);
            assertEquals(expected, outcome(reusing, moved, offset, offset + b.length), () -> "mutation " + number);
            if (b.length > 0) {
                int[] cuts =
                        random.ints(1 + random.nextInt(4), 0, b.length).sorted().toArray();
                assertEquals(expected, pieces(pieces, b, cuts), () -> "mutation " + number);
            }
        }
        assertEquals(EnumSet.allOf(Result.class), seen);
    }

    private static byte[] mutate(byte[] original, Random random) {
        byte[] b = original.clone();
        for (int changes = random.nextInt(4); changes > 0 && b.length > 0; changes--) {
            int at = random.nextInt(b.length);
            switch (random.nextInt(6)) {
                case 0 -> b[at] = (byte) random.nextInt(256);
                case 1 -> b[at] = (byte) "\r\n\t :,;%#/?*@[]\0".charAt(random.nextInt(16));
                case 2 -> b = Arrays.copyOf(b, at); // cut off
                case 3 -> { // one byte less
                    byte[] shorter = Arrays.copyOf(b, b.length - 1);
                    System.arraycopy(b, at + 1, shorter, at, shorter.length - at);
                    b = shorter;
                }
                case 4 -> { // a piece twice
                    int length = Math.min(random.nextInt(40), b.length - at);
                    byte[] longer = Arrays.copyOf(b, b.length + length);
                    System.arraycopy(b, at, longer, at + length, b.length - at);
                    b = longer;
                }
                default -> b[at] ^= 0x20;
            }
        }
        return b;
    }

    @Test
    void pureNoiseGetsAVerdict() {
        Random random = new Random(11);
        HeadDecoder decoder = new HeadDecoder(SMALL);
        int rejected = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] b = new byte[random.nextInt(300)];
            random.nextBytes(b);
            Result result = decoder.decode(b, 0, b.length);
            assertNotEquals(COMPLETE, result);
            rejected += result == REJECTED ? 1 : 0;
        }
        assertTrue(rejected > 15_000, "rejected " + rejected);
    }

    @Test
    void theSameBytesGiveTheSameHead() {
        HeadDecoder decoder = new HeadDecoder(Limits.defaults());
        byte[] b = HeadCorpus.BROWSER.getBytes(ISO_8859_1);
        decoder.decode(b, 0, b.length);
        RequestHead first = decoder.head();
        byte[] twice = (HeadCorpus.BROWSER + HeadCorpus.BROWSER).getBytes(ISO_8859_1);
        assertEquals(COMPLETE, decoder.decode(twice, b.length, twice.length));
        assertSame(first, decoder.head());
        assertEquals(twice.length, decoder.next());
        assertEquals(INCOMPLETE, decoder.decode(b, 0, b.length - 1));
        assertEquals(COMPLETE, decoder.decode(b, 0, b.length));
        assertSame(first, decoder.head());
    }

    @Test
    void theSameSectionGivesTheSameHeaders() {
        HeadDecoder decoder = new HeadDecoder(Limits.defaults());
        byte[] b = HeadCorpus.BROWSER.getBytes(ISO_8859_1);
        decoder.decode(b, 0, b.length);
        RequestHead first = decoder.head();
        byte[] other = HeadCorpus.BROWSER.replace("GET /catalogue", "HEAD /x").getBytes(ISO_8859_1);
        assertEquals(COMPLETE, decoder.decode(other, 0, other.length));
        assertSame(first.headers(), decoder.head().headers());
        assertEquals("/x/watermills", decoder.head().path());
        assertEquals(other.length, decoder.next());
    }

    @Test
    void aSectionIsNotReusedUnderOtherRules() {
        HeadDecoder decoder = new HeadDecoder(Limits.defaults());
        String section = "Host: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        byte[] current = ("POST / HTTP/1.1\r\n" + section).getBytes(ISO_8859_1);
        byte[] old = ("POST / HTTP/1.0\r\n" + section).getBytes(ISO_8859_1);
        byte[] connect = ("CONNECT a:80 HTTP/1.1\r\n" + section).getBytes(ISO_8859_1);
        assertEquals(COMPLETE, decoder.decode(current, 0, current.length));
        assertEquals(REJECTED, decoder.decode(old, 0, old.length));
        assertEquals(Violation.CODING_IN_1_0, decoder.violation());
        assertEquals(REJECTED, decoder.decode(connect, 0, connect.length));
        assertEquals(Violation.CONNECT_CONTENT, decoder.violation());
        assertEquals(COMPLETE, decoder.decode(current, 0, current.length));
    }

    @Test
    void aLongHeadIsParsedEachTime() {
        HeadDecoder decoder = new HeadDecoder(Limits.defaults());
        byte[] b = HeadCorpus.manyFields(150).getBytes(ISO_8859_1);
        assertTrue(b.length > 2048);
        assertEquals(COMPLETE, decoder.decode(b, 0, b.length));
        String first = describe(decoder.head());
        assertEquals(COMPLETE, decoder.decode(b, 0, b.length));
        assertEquals(first, describe(decoder.head()));
    }
}
