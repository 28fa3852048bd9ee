package dev.millrace.internal.h1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ViolationTest {
    @Test
    void eachNamesItsRuleInOneSentence() {
        for (Violation violation : Violation.values()) {
            assertTrue(violation.detail().endsWith(")."), violation.detail());
            assertTrue(violation.detail().contains("(RFC "), violation.detail());
            assertEquals(
                    violation.status().code() / 100 == 5 ? 5 : 4,
                    violation.status().family());
        }
    }

    @Test
    void theCorpusHasEachThatAHeadCanHaveWithUsualLimits() {
        Set<Violation> seen = HeadCorpus.all().stream()
                .filter(entry -> entry.expected() != null)
                .map(HeadCorpus.Entry::expected)
                .collect(Collectors.toCollection(() -> EnumSet.noneOf(Violation.class)));
        assertEquals(
                EnumSet.complementOf(EnumSet.of(
                        Violation.REQUEST_LINE_TOO_LONG,
                        Violation.STATUS_LINE, // of responses
                        Violation.STATUS_LINE_TOO_LONG,
                        Violation.SECTION_TOO_LONG,
                        Violation.TOO_MANY_FIELDS,
                        Violation.CHUNK_SIZE,
                        Violation.CHUNK_EXTENSION,
                        Violation.CHUNK_EXTENSIONS_TOO_LONG,
                        Violation.CHUNK_LINE_END)),
                seen);
    }
}
