package dev.millrace.internal.bytes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

final class AsciiTest {
    private static final String TOKEN = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    @Test
    void tokenCharactersAreThoseOfTheRfc() {
        for (int c = -300; c < 70_000; c++) {
            assertEquals(c > 0 && TOKEN.indexOf(c) >= 0, Ascii.isTokenChar(c), "character " + c);
        }
        for (int b = -128; b < 128; b++) {
            assertEquals(b > 0 && TOKEN.indexOf(b) >= 0, Ascii.isTokenByte((byte) b), "byte " + b);
        }
    }

    @Test
    void valueCharactersAreTabSpaceVisibleAndObsText() {
        for (int c = 0; c <= Character.MAX_VALUE; c++) {
            boolean allowed = c == '\t' || (c >= 0x20 && c <= 0xff && c != 0x7f);
            assertEquals(allowed, Ascii.isValueChar((char) c), "character " + c);
            if (c < 256) {
                assertEquals(allowed, Ascii.isValueByte((byte) c), "byte " + c);
            }
        }
    }

    @Test
    void tokenIsNotEmptyAndHasTokenCharactersOnly() {
        assertTrue(Ascii.isToken(TOKEN));
        assertFalse(Ascii.isToken(""));
        assertFalse(Ascii.isToken("a b"));
        assertFalse(Ascii.isToken("a:"));
        assertFalse(Ascii.isToken(":path"));
        assertFalse(Ascii.isToken("\u0141")); // its low byte is 'A'
    }

    @Test
    void onlyAsciiLettersHaveNoCase() {
        for (int a = 0; a < 256; a++) {
            for (int b = 0; b < 256; b++) {
                boolean letters = Character.isLetter(a) && Character.isLetter(b) && a < 128 && b < 128;
                boolean equal = a == b || (letters && (a ^ b) == 0x20);
                assertEquals(
                        equal,
                        Ascii.equalsIgnoreCase(Character.toString(a), Character.toString(b)),
                        "characters " + a + " and " + b);
            }
        }
        assertFalse(Ascii.equalsIgnoreCase("\u212a", "k"), "the Kelvin sign is not a k");
        assertFalse(Ascii.equalsIgnoreCase("\u0130", "i"), "a dotted I is not an i");
        assertFalse(Ascii.equalsIgnoreCase("abc", "ab"));
        assertFalse(Ascii.equalsIgnoreCase("abc", "abd"));
        assertTrue(Ascii.equalsIgnoreCase("Content-LENGTH", "content-length"));
        assertTrue(Ascii.equalsIgnoreCase("", ""));
    }

    @Test
    void startsWithLooksAtOnePlaceOnly() {
        assertTrue(Ascii.startsWithIgnoreCase("a, CLOSE", 3, "close"));
        assertTrue(Ascii.startsWithIgnoreCase("abc", 3, ""));
        assertFalse(Ascii.startsWithIgnoreCase("a, CLOSE", 2, "close"));
        assertFalse(Ascii.startsWithIgnoreCase("a, CLOS", 3, "close"));
        assertFalse(Ascii.startsWithIgnoreCase("abc", -1, "a"));
        assertFalse(Ascii.startsWithIgnoreCase("abc", 4, ""));
    }

    @Test
    void hexDigits() {
        for (int c = -300; c < 70_000; c++) {
            int value = c < 128 && c > 0 ? Character.digit(c, 16) : -1;
            assertEquals(value, Ascii.hexDigit(c), "character " + c);
        }
    }

    @Test
    void printableEscapesAndCuts() {
        assertEquals("a\\u000d\\u000a\\u0000\\u007f\\u00e9\\ud83db", Ascii.printable("a\r\n\0\u007f\u00e9\ud83db"));
        assertEquals("x".repeat(80), Ascii.printable("x".repeat(80)));
        assertEquals("x".repeat(80) + "…", Ascii.printable("x".repeat(81)));
    }
}
