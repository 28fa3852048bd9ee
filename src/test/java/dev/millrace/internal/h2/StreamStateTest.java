package dev.millrace.internal.h2;

import static dev.millrace.internal.h2.StreamState.CLOSED;
import static dev.millrace.internal.h2.StreamState.HALF_CLOSED_LOCAL;
import static dev.millrace.internal.h2.StreamState.HALF_CLOSED_REMOTE;
import static dev.millrace.internal.h2.StreamState.IDLE;
import static dev.millrace.internal.h2.StreamState.OPEN;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Pins the whole matrix of the states of streams (RFC 9113 §5.1), and those of the frame decoder. */
class StreamStateTest {
    private static final Map<StreamState, Set<StreamState>> LEGAL = Map.of(
            IDLE, Set.of(OPEN),
            OPEN, Set.of(HALF_CLOSED_LOCAL, HALF_CLOSED_REMOTE, CLOSED),
            HALF_CLOSED_LOCAL, Set.of(CLOSED),
            HALF_CLOSED_REMOTE, Set.of(CLOSED),
            CLOSED, Set.of());

    @Test
    void everyTransition() {
        assertEquals(EnumSet.allOf(StreamState.class), LEGAL.keySet());
        for (StreamState from : StreamState.values()) {
            for (StreamState to : StreamState.values()) {
                assertEquals(LEGAL.get(from).contains(to), from.mayBecome(to), from + " → " + to);
            }
        }
    }

    private static void event(UnaryOperator<StreamState> event, Map<StreamState, StreamState> results) {
        for (StreamState from : StreamState.values()) {
            StreamState to = results.get(from);
            if (to == null) {
                assertThrows(AssertionError.class, () -> event.apply(from), from::name);
            } else {
                assertEquals(to, event.apply(from), from::name);
            }
        }
    }

    @Test
    void everyEventInEveryState() {
        event(StreamState::open, Map.of(IDLE, OPEN));
        event(StreamState::endRemote, Map.of(OPEN, HALF_CLOSED_REMOTE, HALF_CLOSED_LOCAL, CLOSED));
        event(StreamState::endLocal, Map.of(OPEN, HALF_CLOSED_LOCAL, HALF_CLOSED_REMOTE, CLOSED));
        event(
                StreamState::reset,
                Map.of(OPEN, CLOSED, HALF_CLOSED_LOCAL, CLOSED, HALF_CLOSED_REMOTE, CLOSED, CLOSED, CLOSED));
    }

    @Test
    void whoMaySend() {
        Set<StreamState> receives = EnumSet.noneOf(StreamState.class);
        Set<StreamState> sends = EnumSet.noneOf(StreamState.class);
        for (StreamState state : StreamState.values()) {
            if (state.receives()) {
                receives.add(state);
            }
            if (state.sends()) {
                sends.add(state);
            }
        }
        assertEquals(EnumSet.of(OPEN, HALF_CLOSED_LOCAL), receives);
        assertEquals(EnumSet.of(OPEN, HALF_CLOSED_REMOTE), sends);
    }

    /** A frame that comes. */
    private interface Frame {
        void on(StreamState state) throws Http2Error;
    }

    private static void frame(Frame frame, Map<StreamState, String> errors) {
        for (StreamState state : StreamState.values()) {
            String seen = "";
            try {
                frame.on(state);
            } catch (Http2Error e) {
                seen = RecordingSink.describe(e);
            }
            assertEquals(errors.getOrDefault(state, ""), seen, state::name);
        }
    }

    @Test
    void everyFrameInEveryState() {
        frame(
                state -> state.receiveData(5),
                new EnumMap<>(Map.of(
                        IDLE, "0 PROTOCOL_ERROR",
                        HALF_CLOSED_REMOTE, "5 STREAM_CLOSED",
                        CLOSED, "0 STREAM_CLOSED")));
        frame(
                state -> state.receiveHeaders(5),
                Map.of(HALF_CLOSED_REMOTE, "5 STREAM_CLOSED", CLOSED, "0 STREAM_CLOSED"));
        frame(StreamState::receiveControl, Map.of(IDLE, "0 PROTOCOL_ERROR"));
    }

    @Test
    void statesOfTheDecoder() {
        Map<FrameDecoder.State, Set<FrameDecoder.State>> legal = Map.of(
                FrameDecoder.State.FIRST_FRAME, Set.of(FrameDecoder.State.FRAMES),
                FrameDecoder.State.FRAMES,
                        Set.of(FrameDecoder.State.DATA, FrameDecoder.State.SKIPPED, FrameDecoder.State.BLOCK),
                FrameDecoder.State.DATA, Set.of(FrameDecoder.State.FRAMES, FrameDecoder.State.DROPPED_DATA),
                FrameDecoder.State.DROPPED_DATA, Set.of(FrameDecoder.State.FRAMES),
                FrameDecoder.State.SKIPPED, Set.of(FrameDecoder.State.FRAMES),
                FrameDecoder.State.BLOCK, Set.of(FrameDecoder.State.FRAMES));
        assertEquals(EnumSet.allOf(FrameDecoder.State.class), legal.keySet());
        for (FrameDecoder.State from : FrameDecoder.State.values()) {
            for (FrameDecoder.State to : FrameDecoder.State.values()) {
                boolean allowed = legal.get(from).contains(to);
                assertEquals(allowed, from.mayBecome(to), from + " → " + to);
                if (allowed) {
                    assertEquals(to, from.become(to));
                } else {
                    assertThrows(AssertionError.class, () -> from.become(to), from + " → " + to);
                }
            }
        }
    }
}
