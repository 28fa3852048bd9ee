package dev.millrace.internal.h1;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.FieldName;
import dev.millrace.internal.bytes.ByteScanner;
import dev.millrace.internal.bytes.Nullable;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class KnownFieldTest {
    private final ByteScanner scanner = new ByteScanner();

    /** What is found for a name that stands between other bytes, and how it is spelled. */
    private record Found(KnownField field, @Nullable String spelled) {}

    private @Nullable Found find(String before, String name, String after) {
        byte[] bytes = (before + name + after).getBytes(ISO_8859_1);
        scanner.over(bytes);
        int from = before.length();
        int length = name.length();
        long first = scanner.word(from, length);
        long last = length <= 8 ? first : scanner.word(from + length - 8, 8);
        KnownField field = KnownField.candidate(first, last, length);
        if (field == null) {
            return null;
        }
        KnownField.Spelling spelling = field.spelling(scanner, bytes, from, bytes.length);
        if (spelling == null) {
            return new Found(field, null);
        }
        assertSame(field, spelling.field());
        assertEquals(spelling.name().length(), spelling.length());
        return new Found(field, spelling.name());
    }

    private @Nullable String spelled(String before, String name, String after) {
        Found found = find(before, name, after);
        return found == null ? null : found.spelled();
    }

    @Test
    void everyNameIsFoundInItsTwoSpellings() {
        for (String name : FieldName.all()) {
            for (String after : new String[] {": value", ": value and more"}) {
                assertSame(name, spelled("", name, after));
                String lower = name.toLowerCase(Locale.ROOT);
                assertEquals(lower, spelled("xy", lower, after));
                assertTrue(find("", name, after).field().named(lower));
            }
        }
    }

    @Test
    void everyNameIsTheCandidateInAnyCase() {
        Random random = new Random(3);
        for (String name : FieldName.all()) {
            for (int round = 0; round < 20; round++) {
                char[] mixed = name.toCharArray();
                for (int i = 0; i < mixed.length; i++) {
                    mixed[i] = random.nextBoolean() ? Character.toUpperCase(mixed[i]) : Character.toLowerCase(mixed[i]);
                }
                String text = new String(mixed);
                Found found = find("", text, ": padding");
                assertNotNull(found, text);
                assertTrue(found.field().named(text), text);
                boolean usual = text.equals(name) || text.equals(name.toLowerCase(Locale.ROOT));
                assertEquals(usual ? text : null, found.spelled());
            }
        }
    }

    @Test
    void anythingElseIsNot() {
        Set<String> all = Set.copyOf(FieldName.all());
        for (String name : FieldName.all()) {
            String lower = name.toLowerCase(Locale.ROOT);
            for (int i = 0; i < name.length(); i++) {
                assertNull(spelled("", name.substring(0, i) + '~' + name.substring(i + 1), ": padding"), name);
                assertNull(spelled("", lower.substring(0, i) + '\u00e1' + lower.substring(i + 1), ": padding"), name);
                // a character that looks like the right one once letters have no case
                assertNull(spelled(
                        "",
                        name.substring(0, i) + (char) (name.charAt(i) ^ 0x40) + name.substring(i + 1),
                        ": padding"));
                String beginning = name.substring(0, i);
                if (i > 0 && !all.contains(beginning)) {
                    assertNull(spelled("", beginning, ": padding"), beginning);
                }
            }
            assertNull(spelled("", name + "-", ": padding"));
            assertNull(spelled("", "-" + name, ": padding"));
            assertFalse(find("", name, "").field().named(name + "-"));
        }
        assertNull(spelled("", "x".repeat(500), ": padding"));
        assertNull(spelled("", "\r".repeat(8), ": padding"));
    }

    @Test
    void sixFieldsHaveARole() {
        long roles = FieldName.all().stream()
                .filter(name -> find("", name, "").field().role() != KnownField.Role.ORDINARY)
                .count();
        assertEquals(KnownField.Role.values().length - 1, roles);
    }
}
