package dev.millrace.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.internal.bytes.Ascii;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class FieldNameTest {
    @Test
    void everyConstantIsATokenNamedAsItsFieldAndListedOnce() throws Exception {
        List<String> constants = new ArrayList<>();
        for (Field field : FieldName.class.getFields()) {
            String name = (String) field.get(null);
            assertTrue(Ascii.isToken(name), name);
            assertEquals(field.getName(), name.toUpperCase(Locale.ROOT).replace('-', '_'));
            constants.add(name);
        }
        assertEquals(new HashSet<>(constants), Set.copyOf(FieldName.all()));
        assertEquals(constants.size(), FieldName.all().size());
    }

    @Test
    void namesDifferInMoreThanCase() {
        Set<String> lower = new HashSet<>();
        for (String name : FieldName.all()) {
            assertTrue(lower.add(name.toLowerCase(Locale.ROOT)), name);
        }
    }
}
