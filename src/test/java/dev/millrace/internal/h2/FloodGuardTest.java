package dev.millrace.internal.h2;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Flood;
import dev.millrace.http.Http2Limits;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** {@link FloodGuard}: floods end, and honest peers are never taken for one. */
class FloodGuardTest {
    private static final long SECOND = 1_000_000_000L;

    private static final Set<Flood> BUCKETS =
            EnumSet.complementOf(EnumSet.of(Flood.CONTINUATION, Flood.UNREAD_ANSWERS));

    private long now = Long.MAX_VALUE - 3 * SECOND; // the clock's numbers may overflow
    private FloodGuard guard = new FloodGuard(Http2Limits.defaults(), now);

    private void fresh(Http2Limits limits) {
        guard = new FloodGuard(limits, now);
    }

    private int possible(Flood kind, int most) {
        for (int i = 0; i < most; i++) {
            try {
                guard.count(kind, now);
            } catch (Http2Error e) {
                assertEquals(kind, e.flood());
                assertEquals(ErrorCode.ENHANCE_YOUR_CALM, e.code());
                assertTrue(e.endsConnection());
                assertTrue(e.detail().contains(kind.detail()), e.detail());
                return i;
            }
        }
        return most;
    }

    @Test
    void eachKindHasItsBound() {
        for (Flood kind : BUCKETS) {
            fresh(Http2Limits.defaults());
            assertEquals(kind.defaultBound(), possible(kind, 1_000_000), kind::name);
            for (int bound : new int[] {1, 2, 7, 1_000, 33_333}) {
                fresh(Http2Limits.defaults().withFlood(kind, bound));
                assertEquals(bound, possible(kind, 1_000_000), kind::name);
            }
        }
    }

    @Test
    void eachKindIsCountedAlone() {
        for (Flood kind : BUCKETS) {
            fresh(Http2Limits.defaults());
            possible(kind, 1_000_000);
            for (Flood other : BUCKETS) {
                if (other != kind) {
                    assertDoesNotThrow(() -> guard.count(other, now), kind + " and " + other);
                }
            }
        }
    }

    @Test
    void theLargestBoundIsPracticallyNone() {
        fresh(Http2Limits.defaults().withFlood(Flood.PING, Integer.MAX_VALUE));
        assertEquals(5_000_000, possible(Flood.PING, 5_000_000));
    }

    @Test
    void aBucketFillsUpWithinTenSeconds() {
        for (Flood kind : BUCKETS) {
            fresh(Http2Limits.defaults().withFlood(kind, 1_000));
            possible(kind, 1_000);
            now += SECOND;
            assertEquals(100, possible(kind, 10_000), kind::name);
            now += 3 * SECOND / 2; // the one too many is counted too
            assertEquals(149, possible(kind, 10_000), kind::name);
            now += 100 * SECOND;
            assertEquals(1_000, possible(kind, 10_000), kind::name);
        }
    }

    @Test
    void aTenthOfTheBoundASecondIsAlwaysAllowed() {
        for (Flood kind : BUCKETS) {
            fresh(Http2Limits.defaults());
            long pause = 10 * SECOND / kind.defaultBound();
            for (int i = 0; i < 3 * kind.defaultBound(); i++) {
                assertEquals(1, possible(kind, 1), kind::name);
                now += pause;
            }
        }
    }

    @Test
    void aQuietPeerSavesNothingUp() {
        now += 1_000_000 * SECOND;
        for (int i = 0; i < 100_000; i++) {
            guard.streamOpened();
            guard.streamCompleted();
        }
        for (Flood kind : BUCKETS) {
            assertEquals(kind.defaultBound(), possible(kind, 1_000_000), kind::name);
        }
    }

    @Test
    void creditDoesNotOverflow() throws Http2Error {
        for (int i = 0; i < 1_000; i++) {
            guard.dataSent(Integer.MAX_VALUE, false, now);
        }
        assertEquals(1_000, possible(Flood.WINDOW_UPDATE, 10_000));
    }

    // ---- single kinds

    @Test
    void longSettingsCountMore() throws Http2Error {
        for (int i = 0; i < 100; i++) {
            guard.settings(31, now);
        }
        assertThrows(Http2Error.class, () -> guard.settings(0, now));
        fresh(Http2Limits.defaults());
        assertEquals(
                Flood.SETTINGS,
                assertThrows(Http2Error.class, () -> guard.settings(100 * 32, now))
                        .flood());
    }

    @Test
    void unreadAnswersHaveTheirBound() throws Http2Error {
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 1_000; i++) {
                guard.answered(true);
            }
            guard.answered(false);
        }
        for (int i = 0; i < 1_000; i++) {
            guard.answered(true);
        }
        now += 100 * SECOND;
        Http2Error error = assertThrows(Http2Error.class, () -> guard.answered(true));
        assertEquals(Flood.UNREAD_ANSWERS, error.flood());
    }

    @Test
    void windowsThatMakeTinyFramesCount() throws Http2Error {
        int frames = 0;
        try {
            while (true) {
                guard.count(Flood.WINDOW_UPDATE, now);
                guard.dataSent(1, true, now);
                frames++;
            }
        } catch (Http2Error e) {
            assertEquals(Flood.WINDOW_UPDATE, e.flood());
        }
        assertEquals(500, frames);
    }

    // ---- attacks

    @Test
    void resettingWhatWasAskedForEnds() {
        assertThrows(Http2Error.class, () -> {
            for (int i = 0; i < 2_000; i++) {
                guard.streamOpened();
                guard.count(Flood.RAPID_RESET, now);
                now += SECOND / 10_000;
            }
        });
    }

    @Test
    void provokingResetsEnds() {
        assertThrows(Http2Error.class, () -> {
            for (int i = 0; i < 2_000; i++) {
                guard.streamOpened();
                guard.count(Flood.WINDOW_UPDATE, now);
                guard.count(Flood.PROVOKED_RESET, now);
                now += SECOND / 10_000;
            }
        });
    }

    @Test
    void tinyPiecesForNobodyEnd() {
        assertThrows(Http2Error.class, () -> {
            for (int i = 0; i < 100_000; i++) {
                guard.dataReceived();
                guard.count(Flood.TINY_DATA, now);
            }
        });
    }

    // ---- honest peers, at any speed: time stands still

    @Test
    void h2load() throws Http2Error {
        for (int i = 0; i < 1_000_000; i++) {
            guard.streamOpened();
            guard.dataSent(11, false, now);
            if (i % 100 == 0) {
                guard.count(Flood.WINDOW_UPDATE, now);
            }
            guard.streamCompleted();
        }
    }

    @Test
    void aGrpcPeerThatStreamsTinyMessagesAndMeasures() throws Http2Error {
        guard.streamOpened();
        for (int i = 0; i < 1_000_000; i++) {
            guard.dataReceived();
            guard.count(Flood.PING, now); // grpc-go: one with each DATA frame
            if (i % 2 == 0) {
                guard.count(Flood.TINY_DATA, now); // the reader is a little behind
                guard.dataRead(5);
            }
            guard.dataSent(7, false, now);
            guard.count(Flood.WINDOW_UPDATE, now);
            guard.count(Flood.WINDOW_UPDATE, now);
        }
    }

    @Test
    void aPeerThatReadsInSmallSteps() throws Http2Error {
        guard.streamOpened();
        for (int i = 0; i < 100_000; i++) {
            guard.dataSent(16_384, false, now);
            for (int piece = 0; piece < 16_384; piece += 1_024) { // each announced for the stream and the connection
                guard.count(Flood.WINDOW_UPDATE, now);
                guard.count(Flood.WINDOW_UPDATE, now);
            }
        }
    }

    @Test
    void aSmallWindowThatIsNotTiny() throws Http2Error {
        guard.streamOpened();
        for (int i = 0; i < 100_000; i++) {
            guard.dataSent(256, true, now);
            guard.count(Flood.WINDOW_UPDATE, now);
            guard.count(Flood.WINDOW_UPDATE, now);
        }
    }

    @Test
    void aBrowserThatLeavesPages() throws Http2Error {
        guard.settings(3, now);
        guard.count(Flood.WINDOW_UPDATE, now);
        for (int page = 0; page < 5; page++) {
            for (int i = 0; i < 100; i++) {
                guard.streamOpened();
                guard.count(Flood.PRIORITY, now);
            }
            for (int i = 0; i < 100; i++) {
                guard.count(Flood.RAPID_RESET, now);
                guard.count(Flood.STALE_FRAMES, now);
            }
        }
    }

    @Test
    void aProxyWhoseUsersLeaveHalfTheTime() throws Http2Error {
        for (int i = 0; i < 1_000_000; i++) {
            guard.streamOpened();
            if (i % 2 == 0) {
                guard.count(Flood.RAPID_RESET, now);
            } else {
                guard.streamCompleted();
            }
        }
    }

    @Test
    void aClientThatOpensTooMuchBeforeItKnows() throws Http2Error {
        for (int i = 0; i < 1_000 - 128; i++) {
            guard.count(Flood.PROVOKED_RESET, now);
        }
    }

    @Test
    void nghttpWithPriorities() throws Http2Error {
        for (int i = 0; i < 5; i++) {
            guard.count(Flood.PRIORITY, now);
        }
        for (int i = 0; i < 100_000; i++) {
            guard.streamOpened();
            guard.count(Flood.PRIORITY, now);
            guard.count(Flood.PRIORITY, now);
            guard.streamCompleted();
        }
    }
}
