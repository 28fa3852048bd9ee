package dev.millrace.internal.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.BiPredicate;
import org.junit.jupiter.api.Test;

/** Pins the whole matrix of each state machine of a connection with TLS. */
class TlsStatesTest {
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
    void connection() {
        pin(
                TlsState.class,
                Map.of(
                        TlsState.HANDSHAKE,
                        Set.of(TlsState.OPEN, TlsState.LINGERING, TlsState.CLOSING, TlsState.CLOSED),
                        TlsState.OPEN,
                        Set.of(TlsState.LINGERING, TlsState.CLOSING, TlsState.CLOSED),
                        TlsState.LINGERING,
                        Set.of(TlsState.CLOSING, TlsState.CLOSED),
                        TlsState.CLOSING,
                        Set.of(TlsState.CLOSED),
                        TlsState.CLOSED,
                        Set.of()),
                TlsState::mayBecome,
                TlsState::become);
    }

    @Test
    void handshake() {
        pin(
                HandshakeState.class,
                Map.of(
                        HandshakeState.HELLO,
                        Set.of(
                                HandshakeState.CHOOSING,
                                HandshakeState.ANSWER,
                                HandshakeState.MESSAGES,
                                HandshakeState.OVER),
                        HandshakeState.ANSWER,
                        Set.of(HandshakeState.MESSAGES, HandshakeState.OVER),
                        HandshakeState.CHOOSING,
                        Set.of(HandshakeState.MESSAGES, HandshakeState.OVER),
                        HandshakeState.MESSAGES,
                        Set.of(HandshakeState.TASK, HandshakeState.OVER),
                        HandshakeState.TASK,
                        Set.of(HandshakeState.MESSAGES, HandshakeState.OVER),
                        HandshakeState.OVER,
                        Set.of()),
                HandshakeState::mayBecome,
                HandshakeState::become);
    }
}
