package dev.millrace.internal.h1;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.millrace.http.FieldName;
import dev.millrace.internal.bytes.ByteScanner;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.Test;

class KnownFieldTest {
    private final ByteScanner scanner = new ByteScanner();

    private KnownField find(String before, String name, String after) {
        scanner.over((before + name + after).getBytes(ISO_8859_1));
        return KnownField.find(scanner, before.length(), name.length());
    }

    @Test
    void everyNameIsFoundInItsTwoSpellings() {
        for (String name : FieldName.all()) {
            for (String after : new String[] {"", ":", ": value and more"}) {
                KnownField registered = find("", name, after);
                assertNotNull(registered, name);
                assertSame(name, registered.text());
                KnownField lower = find("xy", name.toLowerCase(Locale.ROOT), after);
                assertNotNull(lower, name);
                assertEquals(name.toLowerCase(Locale.ROOT), lower.text());
                assertEquals(registered.role(), lower.role());
                assertEquals(registered.allowedInTrailers(), lower.allowedInTrailers());
            }
        }
    }

    @Test
    void anythingElseIsNot() {
        Set<String> all = Set.copyOf(FieldName.all());
        for (String name : FieldName.all()) {
            for (int i = 0; i < name.length(); i++) {
                String lower = name.toLowerCase(Locale.ROOT);
                assertNull(find("", name.substring(0, i) + '~' + name.substring(i + 1), ": x"), name);
                assertNull(find("", lower.substring(0, i) + '\u00e1' + lower.substring(i + 1), ": x"), name);
                String beginning = name.substring(0, i);
                if (i > 0 && !all.contains(beginning)) {
                    assertNull(find("", beginning, name.substring(i)), beginning);
                }
            }
            assertNull(find("", name + "-", ": x"));
            assertNull(find("", "-" + name, ": x"));
        }
        assertNull(find("", "x".repeat(500), ":"));
    }

    @Test
    void caseDoesNotMatterWhereItIsAskedNotTo() {
        for (String name : FieldName.all()) {
            KnownField field = KnownField.find(name.toUpperCase(Locale.ROOT));
            assertNotNull(field);
            assertSame(name, field.text());
        }
        assertNull(KnownField.find(""));
        assertNull(KnownField.find("x".repeat(500)));
        assertNull(KnownField.find("Hosts"));
    }

    @Test
    void onlySixFieldsHaveARole() {
        long roles = FieldName.all().stream()
                .filter(name -> KnownField.find(name).role() != KnownField.Role.ORDINARY)
                .count();
        assertEquals(KnownField.Role.values().length - 1, roles);
    }
}
