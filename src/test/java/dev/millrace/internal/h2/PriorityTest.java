package dev.millrace.internal.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** {@link Priority}: the fields of RFC 9218 §4 in the grammar of RFC 8941 §3.2. */
class PriorityTest {
    private static void says(int urgency, boolean incremental, String... fields) {
        for (String field : fields) {
            assertSame(Priority.of(urgency, incremental), Priority.parse(field), field);
        }
    }

    @Test
    void allOfThem() {
        for (int urgency = 0; urgency < 8; urgency++) {
            says(urgency, false, "u=" + urgency, "u=" + urgency + ", i=?0", "i=?0,u=" + urgency);
            says(urgency, true, "u=" + urgency + ", i", "i=?1,u=" + urgency, "i, u=" + urgency);
            assertEquals(urgency, Priority.of(urgency, true).urgency());
            assertEquals(true, Priority.of(urgency, true).incremental());
            assertEquals(false, Priority.of(urgency, false).incremental());
        }
        assertEquals("u=3", Priority.DEFAULT.toString());
        assertEquals("u=0, i", Priority.of(0, true).toString());
    }

    @Test
    void nothingSaysTheDefault() {
        assertSame(Priority.DEFAULT, Priority.parse(null));
        says(3, false, "", "   ", "i=?0");
        says(3, true, "i", "i=?1", " i ", "i\t");
    }

    @Test
    void whiteSpaceAndWhatIsUnknown() {
        says(
                1,
                true,
                "u=1,i",
                "  u=1  ,\t i  ",
                "u=1;a=b;c, i;d=?0",
                "i; u=5,u=1",
                "u=1, i, x=foo, y=\"a, u=7 \\\" \\\\\", z=:YWJj:, *k=-1.5, b",
                "a=(1 2;q=?0 \"x\"  foo);u=9, u=1, i",
                "list=(), u=1, i",
                "u=1, uu=5, i, ii=?0",
                "u=1, i, q=*t:o/k%e~n!");
    }

    @Test
    void theLastOneCounts() {
        says(5, false, "u=1, u=5", "u=1, i, i=?0, u=5");
        says(3, false, "u=5, u=9", "u=5, u", "i, i=1");
    }

    @Test
    void whatIsOfTheWrongKindIsIgnored() {
        says(
                3,
                true,
                "u=8, i",
                "u=-1, i",
                "u=1.0, i",
                "u=?1, i",
                "u, i",
                "u=\"1\", i",
                "u=high, i",
                "u=(1), i",
                "u=(1 2), i",
                "u=:MQ==:, i",
                "u=999999999999999, i");
        says(2, false, "u=2, i=1", "u=2, i=0", "u=2, i=yes", "u=2, i=(?1)", "u=2, i=\"?1\"", "u=02", "u=2, i=-1");
        says(0, false, "u=0", "u=-0", "u=00");
    }

    @Test
    void whatIsNoDictionaryIsIgnoredAsAWhole() {
        says(
                3,
                false,
                "u=1,",
                "u=1, ",
                "u=1,,i",
                ",u=1",
                "u=1 i",
                "u =1",
                "u= 1",
                "u=",
                "U=1",
                "u=1, I",
                "\tu=1",
                "u=1, i=?2",
                "u=1, i=?",
                "u=1, x=\"open",
                "u=1, x=\"a\\b\"",
                "u=1, x=\"\u00e9\"",
                "u=1, x=:YW",
                "u=1, x=:Y!:",
                "u=1, x=(1",
                "u=1, x=(1,2)",
                "u=1, x=(\"a\"\"b\")",
                "u=1, x=1.",
                "u=1, x=1.2345",
                "u=1, x=1234567890123.1",
                "u=1, x=1234567890123456",
                "u=1, x=-",
                "u=1, x=--1",
                "u=1;=2",
                "u=1;",
                "u=1; ",
                "u=1, x;A",
                "u=1, 1=2",
                "u=1, x=@1",
                "u=1, x={",
                "u=1\u0000",
                "u=1\u0101");
    }

    /** A response's field changes what it names and leaves the rest as the request said (RFC 9218 §8). */
    @Test
    void aResponseChangesWhatItNames() {
        Priority asked = Priority.of(5, true);
        assertSame(Priority.of(1, true), asked.with("u=1"));
        assertSame(Priority.of(5, false), asked.with("i=?0"));
        assertSame(Priority.of(0, false), asked.with("u=0, i=?0"));
        assertSame(asked, asked.with(""));
        assertSame(asked, asked.with("u=9, x"));
        assertSame(asked, asked.with("u=1,"));
    }

    @Test
    void anyTextSaysSomething() {
        List<String> pieces = List.of(
                "u", "i", "=", "?0", "?1", "1", "7", "-", ".", ",", ", ", ";", " ", "\t", "(", ")", "\"", "\\", ":",
                "*", "x", "\u00ff", "\u0000", "A");
        for (int seed = 0; seed < 50_000; seed++) {
            Random random = new Random(seed);
            StringBuilder text = new StringBuilder();
            for (int n = random.nextInt(12); n > 0; n--) {
                text.append(pieces.get(random.nextInt(pieces.size())));
            }
            Priority seen = Priority.parse(text.toString());
            assertSame(seen, Priority.of(seen.urgency(), seen.incremental()), "seed " + seed);
            assertSame(
                    seen == Priority.DEFAULT ? seen : Priority.of(1, false),
                    seen == Priority.DEFAULT ? seen : Priority.parse(text + ", u=1, i=?0"),
                    "seed " + seed + ": what can be read can be read on: " + text);
        }
    }
}
