package dev.millrace.internal.h1;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.FieldName;
import dev.millrace.internal.bytes.ByteScanner;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.Test;

class KnownFieldTest {
    private final ByteScanner scanner = new ByteScanner();

    private KnownField candidate(String before, String name, String after) {
        scanner.over((before + name + after).getBytes(ISO_8859_1));
        return KnownField.candidate(scanner, before.length(), name.length());
    }

    /** The field of that name in one of its two spellings. */
    private String spelled(String before, String name, String after) {
        KnownField candidate = candidate(before, name, after);
        return candidate == null ? null : candidate.spelled(scanner, before.length());
    }

    @Test
    void everyNameIsFoundInItsTwoSpellings() {
        for (String name : FieldName.all()) {
            for (String after : new String[] {"", ":", ": value and more"}) {
                assertSame(name, spelled("", name, after));
                assertEquals(name.toLowerCase(Locale.ROOT), spelled("xy", name.toLowerCase(Locale.ROOT), after));
            }
        }
    }

    @Test
    void anythingElseIsNot() {
        Set<String> all = Set.copyOf(FieldName.all());
        for (String name : FieldName.all()) {
            for (int i = 0; i < name.length(); i++) {
                String lower = name.toLowerCase(Locale.ROOT);
                assertNull(spelled("", name.substring(0, i) + '~' + name.substring(i + 1), ": x"), name);
                assertNull(spelled("", lower.substring(0, i) + '\u00e1' + lower.substring(i + 1), ": x"), name);
                String beginning = name.substring(0, i);
                if (i > 0 && !all.contains(beginning)) {
                    assertNull(spelled("", beginning, name.substring(i)), beginning);
                }
            }
            assertNull(spelled("", name + "-", ": x"));
            assertNull(spelled("", "-" + name, ": x"));
        }
        assertNull(spelled("", "x".repeat(500), ":"));
    }

    @Test
    void anyOtherCaseIsACandidateThatIsNamedSo() {
        for (String name : FieldName.all()) {
            String shouted = name.toUpperCase(Locale.ROOT);
            KnownField field = candidate("", shouted, ":");
            assertNotNull(field, name);
            assertTrue(field.named(shouted));
        }
        assertNull(candidate("", "Hosts", ":"));
    }

    @Test
    void onlySixFieldsHaveARole() {
        long roles = FieldName.all().stream()
                .filter(name -> candidate("", name, ":").role() != KnownField.Role.ORDINARY)
                .count();
        assertEquals(KnownField.Role.values().length - 1, roles);
    }
}
