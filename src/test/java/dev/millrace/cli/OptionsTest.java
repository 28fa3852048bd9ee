package dev.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class OptionsTest {
    private static final Option NUMBER = new Option("--number", "N", "a number");
    private static final Option TEXT = new Option("--text", "WORDS", "a text");
    private static final Option FLAG = new Option("--flag", "", "no value");

    private static Options parse(String... args) throws UsageException {
        return with("", args);
    }

    private static Options with(String operand, String... args) throws UsageException {
        return Options.parse(List.of(NUMBER, TEXT, FLAG), operand, args, 0);
    }

    @Test
    void whatIsNotGivenHasItsDefault() throws UsageException {
        Options options = parse();
        assertEquals(7, options.number(NUMBER, 1, 9, 7));
        assertEquals("x", options.text(TEXT, "x"));
        assertNull(options.text(TEXT));
        assertFalse(options.help());
    }

    @Test
    void aValueFollowsOrIsAttached() throws UsageException {
        Options options = parse("--number", "3", "--text=a=b");
        assertEquals(3, options.number(NUMBER, 1, 9, 7));
        assertEquals("a=b", options.text(TEXT));
    }

    @Test
    void oneWithoutAValueStandsAlone() throws UsageException {
        Options options = parse("--flag", "--number", "3");
        assertTrue(options.has(FLAG));
        assertEquals(3, options.number(NUMBER, 1, 9, 7));
        assertFalse(parse("--number", "3").has(FLAG));
        assertEquals("--flag takes no value", mistake("--flag=yes"));
        assertEquals("unexpected argument yes", mistake("--flag", "yes"));
    }

    @Test
    void theLastOneCounts() throws UsageException {
        assertEquals(4, parse("--number", "3", "--number=4").number(NUMBER, 1, 9, 7));
    }

    @Test
    void allThatAreGivenAreKept() throws UsageException {
        assertEquals(List.of("a", "b"), parse("--text", "a", "--text=b").all(TEXT));
        assertEquals(List.of(), parse().all(TEXT));
    }

    @Test
    void anOptionWithoutArgumentTakesNone() throws UsageException {
        assertTrue(with("URL", "--flag", "here").has(FLAG));
        assertEquals("here", with("URL", "--flag", "here").operand());
        assertFalse(with("URL", "here").has(FLAG));
        assertThrows(UsageException.class, () -> parse("--flag=yes"));
    }

    @Test
    void anOperandIsWantedOnceWhereThereIsOne() {
        assertThrows(UsageException.class, () -> with("URL"));
        assertThrows(UsageException.class, () -> with("URL", "one", "two"));
        assertThrows(UsageException.class, () -> parse("one"));
    }

    @Test
    void wordsBeforeTheStartAreNotRead() throws UsageException {
        Options options = Options.parse(List.of(TEXT), "", new String[] {"serve", "--text", "t"}, 1);
        assertEquals("t", options.text(TEXT));
    }

    @Test
    void boundsBelongToTheRange() throws UsageException {
        assertEquals(1, parse("--number", "1").number(NUMBER, 1, 9, 7));
        assertEquals(9, parse("--number", "9").number(NUMBER, 1, 9, 7));
        for (String bad : List.of("0", "10", "-1", "+1", "1.0", " 1", "0x1", "\u0661", "18446744073709551617")) {
            Options options = parse("--number", bad);
            UsageException e = assertThrows(UsageException.class, () -> options.number(NUMBER, 1, 9, 7), bad);
            assertTrue(e.text().startsWith("--number wants a number from 1 to 9"), e.text());
        }
    }

    @Test
    void helpIsSeenAnywhere() throws UsageException {
        assertTrue(parse("--number", "1", "-h").help());
        assertTrue(parse("--help").help());
    }

    @Test
    void mistakesNameTheWord() {
        assertEquals("unknown option --nmber", mistake("--nmber", "1"));
        assertEquals("unknown option -n", mistake("-n"));
        assertEquals("unexpected argument 1", mistake("1"));
        assertEquals("--number wants a value: --number N", mistake("--number"));
        assertEquals("--text wants a value: --text WORDS", mistake("--text", "--number"));
        assertEquals("--text has an empty value: --text WORDS", mistake("--text", ""));
    }

    private static String mistake(String... args) {
        return assertThrows(UsageException.class, () -> parse(args)).text();
    }
}
