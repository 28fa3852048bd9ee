package dev.millrace.internal.h1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.BiPredicate;
import org.junit.jupiter.api.Test;

/** Pins the whole matrix of each state machine of a server's connection. */
class StatesTest {
    private static <S extends Enum<S>> void pin(
            Class<S> type, Map<S, Set<S>> legal, BiPredicate<S, S> mayBecome, BiFunction<S, S, S> become) {
        assertEquals(EnumSet.allOf(type), legal.keySet(), "every state has its row");
        for (S from : type.getEnumConstants()) {
            for (S to : type.getEnumConstants()) {
                boolean allowed = legal.get(from).contains(to);
                assertEquals(allowed, mayBecome.test(from, to), from + " → " + to);
                if (allowed) {
                    assertSame(to, become.apply(from, to));
                } else {
                    assertThrows(AssertionError.class, () -> become.apply(from, to), from + " → " + to);
                }
            }
        }
    }

    @Test
    void inbound() {
        pin(
                Inbound.class,
                Map.of(
                        Inbound.READ_VERSION, Set.of(Inbound.READ_HEADERS),
                        Inbound.READ_HEADERS, Set.of(Inbound.BODY, Inbound.DONE),
                        Inbound.BODY, Set.of(Inbound.DONE),
                        Inbound.DONE, Set.of(Inbound.READ_VERSION)),
                Inbound::mayBecome,
                Inbound::become);
    }

    @Test
    void outbound() {
        pin(
                Outbound.class,
                Map.of(
                        Outbound.IDLE, Set.of(Outbound.HEADERS),
                        Outbound.HEADERS, Set.of(Outbound.BODY),
                        Outbound.BODY, Set.of(Outbound.DONE),
                        Outbound.DONE, Set.of(Outbound.IDLE)),
                Outbound::mayBecome,
                Outbound::become);
    }

    @Test
    void life() {
        pin(
                Life.class,
                Map.of(
                        Life.OPEN, Set.of(Life.TUNNEL, Life.LINGERING, Life.CLOSING, Life.CLOSED),
                        Life.TUNNEL, Set.of(Life.CLOSING, Life.CLOSED),
                        Life.LINGERING, Set.of(Life.CLOSING, Life.CLOSED),
                        Life.CLOSING, Set.of(Life.CLOSING, Life.CLOSED),
                        Life.CLOSED, Set.of()),
                Life::mayBecome,
                Life::become);
    }

    @Test
    void theFirstReasonToEndStays() {
        for (Persistence first : Persistence.values()) {
            for (Persistence second : Persistence.values()) {
                assertSame(first == Persistence.KEEP ? second : first, first.and(second), first + " and " + second);
            }
            assertSame(first, first.and(true));
            assertSame(first == Persistence.KEEP ? Persistence.PEER_CLOSES : first, first.and(false));
        }
    }
}
