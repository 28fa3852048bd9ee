package dev.millrace.internal.h1;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.FieldName;
import dev.millrace.http.Headers;
import dev.millrace.http.Limits;
import dev.millrace.internal.h1.ChunkedDecoder.Event;
import dev.millrace.internal.h1.ChunkedDecoder.State;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChunkedDecoderTest {
    static final Limits LIMITS = Limits.defaults()
            .withBody(100_000)
            .withChunkExtensions(60)
            .withHeaderSection(400)
            .withHeaderFields(5);

    /** What a decoder makes of a body that comes in pieces: its data, its trailers, its verdict and how much it took. */
    static String outcome(Limits limits, byte[] b, int... cuts) {
        ChunkedDecoder decoder = new ChunkedDecoder(limits);
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        int start = 0;
        for (int i = 0; i <= cuts.length; i++) {
            int end = i < cuts.length ? cuts[i] : b.length;
            byte[] piece = Arrays.copyOfRange(b, start, end); // a new array each: nothing of the last may be needed
            int at = 0;
            while (true) {
                Event event = decoder.next(piece, at, piece.length);
                if (event == Event.REJECTED) {
                    assertEquals(Event.REJECTED, decoder.next(piece, at, piece.length), "rejected for good");
                    return "REJECTED " + decoder.violation();
                }
                assertTrue(decoder.position() >= at && decoder.position() <= piece.length, "position");
                if (event == Event.END) {
                    int taken = start + decoder.position();
                    assertEquals(Event.END, decoder.next(piece, decoder.position(), piece.length), "over for good");
                    return "END " + taken + " " + data.toString(ISO_8859_1) + " " + decoder.trailers();
                }
                if (event == Event.NEED_MORE) {
                    assertEquals(piece.length, decoder.position(), "all taken in");
                    break;
                }
                assertTrue(decoder.dataLength() > 0);
                data.write(piece, decoder.dataOffset(), decoder.dataLength());
                at = decoder.position();
                assertEquals(decoder.dataOffset() + decoder.dataLength(), at);
            }
            start = end;
        }
        return "NEED_MORE " + data.toString(ISO_8859_1);
    }

    private static String outcome(String body) {
        return outcome(LIMITS, body.getBytes(ISO_8859_1));
    }

    private static final String[] VALID = {
        "0\r\n\r\n",
        "0000000000000000\r\n\r\n",
        "5\r\nhello\r\n0\r\n\r\n",
        "a\r\n0123456789\r\nA\r\n0123456789\r\n00\r\n\r\n",
        "1\r\n\r\r\n2\r\n\r\n\r\n0\r\n\r\n",
        "3;a\r\nabc\r\n0;b\r\n\r\n",
        "3;a=b;c=\"d;e\\\"f\\\\\"\r\nabc\r\n0\r\n\r\n",
        "3 \t; \ta \t=\t b ;c\r\nabc\r\n0\r\n\r\n",
        "3;a=\"\t \u00e9\"\r\nabc\r\n0\r\n\r\n",
        "1;a=\"\" ;b\r\nx\r\n0\r\n\r\n",
        "0\r\nX-Sum: 5\r\n\r\n",
        "1\r\nx\r\n0;y=z\r\nA: b\r\nC:\r\nD:\te f \r\n\r\n",
        "0\r\nContent-Length: 5\r\nHOST: b\r\nX: y\r\ntransfer-encoding: chunked\r\n\r\n",
    };

    @Test
    void bodiesEndWhereTheyEnd() {
        assertEquals("END 15 hello {}", outcome("5\r\nhello\r\n0\r\n\r\n"));
        assertEquals("END 15 hello {}", outcome("5\r\nhello\r\n0\r\n\r\nGET / HTTP/1.1\r\n"));
        assertEquals("END 16  {X: y}", outcome("0\r\nX: y\r\nTE:\r\n\r\n"));
        assertEquals("NEED_MORE hel", outcome("5\r\nhel"));
        assertEquals("NEED_MORE hello", outcome("5\r\nhello\r\n0\r\n"));
    }

    @Test
    void validBodiesEndHoweverTheyAreCut() {
        for (String body : VALID) {
            byte[] b = (body + "0\r\n").getBytes(ISO_8859_1);
            String whole = outcome(LIMITS, b);
            assertTrue(whole.startsWith("END " + body.length() + " "), () -> body + whole);
            for (int i = 0; i <= b.length; i++) {
                assertEquals(whole, outcome(LIMITS, b, i), body + " cut at " + i);
                if (i < body.length()) {
                    String beginning = outcome(LIMITS, Arrays.copyOf(b, i));
                    assertTrue(beginning.startsWith("NEED_MORE"), body + " up to " + i + " " + beginning);
                }
            }
            int[] everywhere = new int[b.length];
            Arrays.setAll(everywhere, i -> i);
            assertEquals(whole, outcome(LIMITS, b, everywhere));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "CHUNK_SIZE~ 5|hello|",
                "CHUNK_SIZE~|5",
                "CHUNK_SIZE~g|",
                "CHUNK_SIZE~-1|",
                "CHUNK_SIZE~+5|hello",
                "CHUNK_SIZE~0x5|",
                "CHUNK_SIZE~5,|",
                "CHUNK_SIZE~5_|",
                "CHUNK_SIZE~;a|",
                "CHUNK_SIZE~00000000000000001|x",
                "CHUNK_EXTENSION~5 |hello",
                "CHUNK_EXTENSION~5\t|hello",
                "CHUNK_EXTENSION~5 5|hello",
                "CHUNK_EXTENSION~5;|hello",
                "CHUNK_EXTENSION~5; |hello",
                "CHUNK_EXTENSION~5;a=|hello",
                "CHUNK_EXTENSION~5;=b|hello",
                "CHUNK_EXTENSION~5;a b|hello",
                "CHUNK_EXTENSION~5;a |hello",
                "CHUNK_EXTENSION~5;a=b |hello",
                "CHUNK_EXTENSION~5;a=b c|hello",
                "CHUNK_EXTENSION~5;a=\"b|hello",
                "CHUNK_EXTENSION~5;a=\"b\\|hello",
                "CHUNK_EXTENSION~5;a=\"b\"c|hello",
                "CHUNK_EXTENSION~5;a=\"b\" |hello",
                "CHUNK_EXTENSION~5;a,b|hello",
                "CHUNK_EXTENSION~5;a=b=c|hello",
                "CHUNK_EXTENSION~5;;a|hello",
                "CHUNK_EXTENSION~5;a=é|hello",
                "BARE_LF~5^hello",
                "BARE_LF~^",
                "BARE_LF~5;a^hello",
                "BARE_LF~5;a=\"^\"|",
                "BARE_LF~0|X: y^",
                "BARE_LF~0|^",
                "CHUNK_LINE_END~5|hello5|",
                "CHUNK_LINE_END~5|hello^",
                "CHUNK_LINE_END~5|hello world|",
                "CONTENT_TOO_LARGE~186A1|",
                "CONTENT_TOO_LARGE~FFFFFFFFFFFFFFFF|",
                "CONTENT_TOO_LARGE~8000000000000000|",
                "CONTENT_TOO_LARGE~7FFFFFFFFFFFFFFF|",
                "CONTENT_TOO_LARGE~1|x|186A0|",
                "FIELD_NAME_SPACE~0|A : b|",
                "FIELD_NAME_SPACE~0|A b|",
                "FOLDED_LINE~0| A: b|",
                "FOLDED_LINE~0|A: b| c|",
                "FIELD_NAME~0|: b|",
                "FIELD_NAME~0|hello|",
                "TOO_MANY_FIELDS~0|A:|B:|C:|D:|E:|F:||",
                "TOO_MANY_FIELDS~0|TE:|TE:|TE:|TE:|TE:|TE:||"
            })
    void malformedBodiesAreRejectedHoweverTheyAreCut(Violation expected, String shown) {
        byte[] b = shown.replace("|", "\r\n").replace('^', '\n').getBytes(ISO_8859_1);
        assertEquals("REJECTED " + expected, outcome(LIMITS, b));
        for (int i = 0; i <= b.length; i++) {
            assertEquals("REJECTED " + expected, outcome(LIMITS, b, i), "cut at " + i);
        }
        int[] everywhere = new int[b.length];
        Arrays.setAll(everywhere, i -> i);
        assertEquals("REJECTED " + expected, outcome(LIMITS, b, everywhere));
    }

    @ParameterizedTest
    @ValueSource(strings = {"5\rx", "5;a\rx", "0\r\n\rx", "0\r\nA: b\rc", "5;a=b\r\r"})
    void bareCarriageReturnsAreRejected(String body) {
        assertEquals("REJECTED BARE_CR", outcome(body));
    }

    @Test
    void controlsAreRejectedEverywhereButInData() {
        for (int c = 0; c < 0x20; c++) {
            if (c != '\t' && c != '\r' && c != '\n') {
                assertEquals("REJECTED CHUNK_SIZE", outcome("5" + (char) c), "size " + c);
                assertEquals("REJECTED CHUNK_EXTENSION", outcome("5;a" + (char) c), "name " + c);
                assertEquals("REJECTED CHUNK_EXTENSION", outcome("5;a=\"" + (char) c), "quoted " + c);
                assertEquals("REJECTED CHUNK_EXTENSION", outcome("5;a=\"\\" + (char) c), "escaped " + c);
                assertEquals("REJECTED FIELD_VALUE", outcome("0\r\nA: b" + (char) c), "value " + c);
                assertEquals("NEED_MORE " + (char) c, outcome("5\r\n" + (char) c));
            }
        }
    }

    @Test
    void extensionsHaveABoundForTheWholeBody() {
        String extension = ";" + "x".repeat(29);
        assertTrue(outcome("1" + extension + "\r\na\r\n1" + extension + "\r\nb\r\n0\r\n\r\n")
                .startsWith("END"));
        assertEquals(
                "REJECTED CHUNK_EXTENSIONS_TOO_LONG",
                outcome("1" + extension + "\r\na\r\n1" + extension + "x\r\nb\r\n0\r\n\r\n"));
        assertEquals(
                "REJECTED CHUNK_EXTENSIONS_TOO_LONG",
                outcome("1" + extension + "\r\na\r\n1" + extension + "\r\nb\r\n0;\r\n\r\n"));
        Limits none = LIMITS.withChunkExtensions(0);
        assertEquals("REJECTED CHUNK_EXTENSIONS_TOO_LONG", outcome(none, "1;a\r\n".getBytes(ISO_8859_1)));
        assertEquals("REJECTED CHUNK_EXTENSIONS_TOO_LONG", outcome(none, "1 ".getBytes(ISO_8859_1)));
    }

    @Test
    void trailersHaveABoundHoweverTheyTrickle() {
        Limits limits = LIMITS.withHeaderSection(5000);
        byte[] most = ("0\r\nX: " + "v".repeat(4995) + "\r\n\r\n").getBytes(ISO_8859_1);
        byte[] more = ("0\r\nX: " + "v".repeat(4996) + "\r\n\r\n").getBytes(ISO_8859_1);
        int[] everywhere = new int[most.length];
        Arrays.setAll(everywhere, i -> i);
        assertTrue(outcome(limits, most, everywhere).startsWith("END " + most.length));
        assertTrue(outcome(limits, most).startsWith("END " + most.length));
        assertEquals("REJECTED SECTION_TOO_LONG", outcome(limits, more, everywhere));
        assertEquals("REJECTED SECTION_TOO_LONG", outcome(limits, more));
        byte[] endless = ("0\r\nX: " + "v".repeat(20_000)).getBytes(ISO_8859_1);
        assertEquals("REJECTED SECTION_TOO_LONG", outcome(limits, endless, 5, 4000, 4999, 5003, 5004, 5005, 5006));
    }

    @Test
    void trailersThatFrameOrRouteAreDropped() {
        String[] dropped = {
            FieldName.CONTENT_LENGTH,
            FieldName.TRANSFER_ENCODING,
            FieldName.HOST,
            FieldName.TRAILER,
            FieldName.TE,
            FieldName.CONNECTION,
            FieldName.AUTHORIZATION,
            FieldName.CONTENT_ENCODING,
            FieldName.CONTENT_TYPE,
            FieldName.CONTENT_RANGE,
            FieldName.EXPECT,
            FieldName.CACHE_CONTROL,
            FieldName.SET_COOKIE,
            FieldName.COOKIE,
            FieldName.RANGE,
            FieldName.IF_MATCH,
            FieldName.MAX_FORWARDS,
            FieldName.UPGRADE,
            FieldName.KEEP_ALIVE
        };
        for (String name : dropped) {
            for (String spelled :
                    new String[] {name, name.toLowerCase(java.util.Locale.ROOT), name.toUpperCase(java.util.Locale.ROOT)
                    }) {
                assertTrue(outcome("0\r\n" + spelled + ": x\r\nX: y\r\n\r\n").endsWith("{X: y}"), spelled);
            }
        }
        assertTrue(outcome("0\r\nETag: x\r\nServer-Timing: y\r\n\r\n").endsWith("{ETag: x, Server-Timing: y}"));
    }

    @Test
    void theAnswerIsThatOfTheViolation() {
        ChunkedDecoder decoder = new ChunkedDecoder(LIMITS);
        assertThrows(IllegalStateException.class, decoder::status);
        assertEquals(Event.REJECTED, decoder.next(new byte[] {'x'}, 0, 1));
        assertEquals(400, decoder.status().code());
        assertEquals(Violation.CHUNK_SIZE.detail(), decoder.detail());
        assertEquals(Headers.empty(), decoder.trailers());
    }

    @Test
    void randomBodiesComeBack() {
        Random random = new Random(71);
        for (int round = 0; round < 3000; round++) {
            int seed = round;
            StringBuilder wire = new StringBuilder();
            StringBuilder data = new StringBuilder();
            for (int chunks = random.nextInt(6); chunks > 0; chunks--) {
                int size = 1 + random.nextInt(random.nextInt(10) == 0 ? 3000 : 20);
                String chunk = noise(random, size);
                String hex = Integer.toHexString(size);
                wire.append("0".repeat(random.nextInt(4)))
                        .append(random.nextBoolean() ? hex : hex.toUpperCase(java.util.Locale.ROOT))
                        .append(new String[] {"", "", ";a", " ;b=c", ";d=\"\\\"\""}[random.nextInt(5)])
                        .append("\r\n")
                        .append(chunk)
                        .append("\r\n");
                data.append(chunk);
            }
            String trailers = new String[] {"", "X-A: 1\r\n", "Host: h\r\nX-B:2 \r\nX-C:\r\n"}[random.nextInt(3)];
            String shown = new String[] {"{}", "{X-A: 1}", "{X-B: 2, X-C: }"}
                    [trailers.isEmpty() ? 0 : trailers.startsWith("X") ? 1 : 2];
            wire.append("0\r\n").append(trailers).append("\r\n");
            int length = wire.length();
            byte[] b = wire.append(noise(random, random.nextInt(30))).toString().getBytes(ISO_8859_1);
            int[] cuts =
                    random.ints(random.nextInt(12), 0, b.length + 1).sorted().toArray();
            assertEquals("END " + length + " " + data + " " + shown, outcome(LIMITS, b, cuts), () -> "round " + seed);
        }
    }

    @Test
    void mutatedBodiesGetTheSameVerdictHoweverTheyAreCut() {
        Random random = new Random(72);
        Set<String> seen = new java.util.TreeSet<>();
        for (int round = 0; round < 30_000; round++) {
            int seed = round;
            byte[] b = VALID[random.nextInt(VALID.length)].getBytes(ISO_8859_1);
            for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
                b[random.nextInt(b.length)] = random.nextBoolean()
                        ? (byte) random.nextInt(256)
                        : (byte) "\r\n\t ;=\"\\:0a".charAt(random.nextInt(11));
            }
            int[] cuts =
                    random.ints(random.nextInt(5), 0, b.length + 1).sorted().toArray();
            String whole = outcome(LIMITS, b);
            seen.add(whole.split(" ", 2)[0]);
            assertEquals(whole, outcome(LIMITS, b, cuts), () -> "round " + seed);
        }
        assertEquals(Set.of("END", "NEED_MORE", "REJECTED"), seen);
    }

    private static String noise(Random random, int size) {
        StringBuilder out = new StringBuilder(size);
        for (int i = 0; i < size; i++) {
            out.append((char) random.nextInt(256));
        }
        return out.toString();
    }

    @Test
    void theMatrixOfStates() {
        Map<State, Set<State>> legal = new EnumMap<>(State.class);
        legal.put(State.SIZE, EnumSet.of(State.BEFORE_SEMICOLON, State.NAME_START, State.SIZE_LF, State.REJECTED));
        legal.put(State.BEFORE_SEMICOLON, EnumSet.of(State.NAME_START, State.REJECTED));
        legal.put(State.NAME_START, EnumSet.of(State.NAME, State.REJECTED));
        legal.put(
                State.NAME,
                EnumSet.of(State.NAME_END, State.VALUE_START, State.NAME_START, State.SIZE_LF, State.REJECTED));
        legal.put(State.NAME_END, EnumSet.of(State.VALUE_START, State.NAME_START, State.REJECTED));
        legal.put(State.VALUE_START, EnumSet.of(State.TOKEN, State.QUOTED, State.REJECTED));
        legal.put(State.TOKEN, EnumSet.of(State.BEFORE_SEMICOLON, State.NAME_START, State.SIZE_LF, State.REJECTED));
        legal.put(State.QUOTED, EnumSet.of(State.ESCAPE, State.QUOTED_END, State.REJECTED));
        legal.put(State.ESCAPE, EnumSet.of(State.QUOTED, State.REJECTED));
        legal.put(
                State.QUOTED_END, EnumSet.of(State.BEFORE_SEMICOLON, State.NAME_START, State.SIZE_LF, State.REJECTED));
        legal.put(State.SIZE_LF, EnumSet.of(State.DATA, State.TRAILERS, State.REJECTED));
        legal.put(State.DATA, EnumSet.of(State.DATA_CR));
        legal.put(State.DATA_CR, EnumSet.of(State.DATA_LF, State.REJECTED));
        legal.put(State.DATA_LF, EnumSet.of(State.SIZE, State.REJECTED));
        legal.put(State.TRAILERS, EnumSet.of(State.DONE, State.REJECTED));
        legal.put(State.DONE, EnumSet.noneOf(State.class));
        legal.put(State.REJECTED, EnumSet.noneOf(State.class));
        for (State from : State.values()) {
            for (State to : State.values()) {
                assertEquals(legal.get(from).contains(to), from.mayBecome(to), from + " to " + to);
            }
        }
        assertNotEquals(0, legal.size());
    }
}
