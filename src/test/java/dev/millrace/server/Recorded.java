package dev.millrace.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Phase;
import dev.millrace.http.Request;
import dev.millrace.http.Status;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.observe.CloseReason;
import dev.millrace.observe.ConnectionEnd;
import dev.millrace.observe.ConnectionInfo;
import dev.millrace.observe.ConnectionListener;
import dev.millrace.observe.ConnectionStats;
import dev.millrace.observe.HandshakeInfo;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Remembers what observers are told, each connection's events as words in their order. */
final class Recorded implements ConnectionListener {
    private final Map<Long, List<String>> events = new ConcurrentSkipListMap<>();
    private final Map<Long, ConnectionEnd> refused = new ConcurrentHashMap<>();
    private final LinkedBlockingQueue<Ending> endings = new LinkedBlockingQueue<>();
    private final LinkedBlockingQueue<String> failures = new LinkedBlockingQueue<>();

    /** What the loop does within the event of a complete handshake. */
    volatile Runnable whenComplete = () -> {};

    /** A closed event. */
    record Ending(
            ConnectionInfo connection,
            ConnectionEnd end,
            @Nullable HandshakeInfo handshake,
            ConnectionStats stats,
            List<String> events) {
        Ending is(CloseReason reason, Phase phase, @Nullable String detail) {
            assertEquals(
                    reason + " " + phase + " " + detail,
                    end.reason() + " " + end.phase() + " " + end.detail(),
                    "" + end);
            return this;
        }

        HandshakeInfo shaken() {
            assertNotNull(handshake);
            return handshake;
        }

        /** The words of the events before. */
        Ending after(String... words) {
            assertEquals(List.of(words), events);
            return this;
        }
    }

    /** The next connection that ends; waits for it. */
    Ending ending() throws InterruptedException {
        Ending next = poll(Duration.ofSeconds(30));
        assertNotNull(next, "no connection ended");
        return next;
    }

    /** The next connection that ends, if one does in this time. */
    @Nullable
    Ending poll(Duration patience) throws InterruptedException {
        return endings.poll(patience.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Each connection had an opened event first and exactly one closed event last, and no further one has ended. */
    void assertWhole() {
        assertEquals(List.of(), List.copyOf(failures));
        assertEquals(List.of(), List.copyOf(endings), "more have ended than the test knows of");
        for (Map.Entry<Long, List<String>> each : events.entrySet()) {
            String words = String.join(" ", each.getValue());
            assertTrue(
                    words.matches("opened( completed| failed)?( started ended)* closed"),
                    "connection " + each.getKey() + ": " + words);
        }
    }

    int connections() {
        return events.size();
    }

    private List<String> of(ConnectionInfo connection) {
        List<String> words = events.get(connection.id());
        if (words == null) {
            failures.add("an event of a connection that was not opened");
            return new ArrayList<>();
        }
        return words;
    }

    @Override
    public void opened(ConnectionInfo connection) {
        List<String> words = new ArrayList<>();
        words.add("opened");
        if (events.put(connection.id(), words) != null) {
            failures.add("opened twice");
        }
    }

    @Override
    public void handshakeCompleted(ConnectionInfo connection, HandshakeInfo handshake) {
        of(connection).add("completed");
        whenComplete.run();
    }

    @Override
    public void handshakeFailed(ConnectionInfo connection, HandshakeInfo handshake, ConnectionEnd end) {
        of(connection).add("failed");
        refused.put(connection.id(), end);
    }

    @Override
    public void requestStarted(ConnectionInfo connection, Request request) {
        of(connection).add("started");
    }

    @Override
    public void requestEnded(ConnectionInfo connection, Request request, @Nullable Status status, long nanos) {
        of(connection).add("ended");
    }

    @Override
    public void closed(
            ConnectionInfo connection, ConnectionEnd end, @Nullable HandshakeInfo handshake, ConnectionStats stats) {
        List<String> words = of(connection);
        ConnectionEnd told = refused.remove(connection.id());
        if (told != null && !told.equals(end)) {
            failures.add("the handshake failed by " + told + ", the connection ended by " + end);
        }
        endings.add(new Ending(connection, end, handshake, stats, List.copyOf(words)));
        words.add("closed");
    }
}
