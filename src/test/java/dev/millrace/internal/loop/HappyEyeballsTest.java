package dev.millrace.internal.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.observe.CloseReason;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Several addresses of one name: who is tried when, who wins, and what is left of the others. */
@Timeout(60)
@SuppressWarnings("try") // connections that only wait
class HappyEyeballsTest {
    private static Connecting begin(Connects c, Connects.Told told, SocketAddress... to) throws Exception {
        return c.onLoop(() -> HappyEyeballs.connect(
                c.connector,
                c.loop,
                List.of(to),
                c.endpoint,
                Connects.TIMEOUT_NANOS,
                HappyEyeballs.ATTEMPT_DELAY_NANOS,
                told));
    }

    private static String interleaved(String... hosts) throws UnknownHostException {
        List<InetSocketAddress> addresses = new ArrayList<>();
        for (String host : hosts) {
            addresses.add(new InetSocketAddress(InetAddress.getByName(host), 1));
        }
        return HappyEyeballs.interleaved(addresses).stream()
                .map(each -> ((InetSocketAddress) each).getAddress().getHostAddress())
                .collect(Collectors.joining(" "));
    }

    @Test
    void familiesTakeTurns() throws Exception {
        assertEquals("10.0.0.1", interleaved("10.0.0.1"));
        assertEquals(
                "2001:db8:0:0:0:0:0:1 10.0.0.1 2001:db8:0:0:0:0:0:2 10.0.0.2 2001:db8:0:0:0:0:0:3",
                interleaved("2001:db8::1", "2001:db8::2", "2001:db8::3", "10.0.0.1", "10.0.0.2"));
        assertEquals(
                "10.0.0.1 2001:db8:0:0:0:0:0:1 10.0.0.2 10.0.0.3",
                interleaved("10.0.0.1", "10.0.0.2", "10.0.0.3", "2001:db8::1"));
        assertEquals("10.0.0.2 10.0.0.1", interleaved("10.0.0.2", "10.0.0.1"));
    }

    @Test
    void theNextOneIsTriedAfterADelay() throws Exception {
        try (Connects c = new Connects();
                ServerSocketChannel server = c.listen()) {
            Connects.Told told = new Connects.Told();
            begin(c, told, c.silent(), server.getLocalAddress(), c.refusing());
            c.advance(Duration.ofMillis(249));
            assertEquals(1, c.asked.size());
            c.advance(Duration.ofMillis(10));
            SocketTransport transport = told.transport();
            assertEquals(server.getLocalAddress(), transport.remoteAddress());
            assertEquals(2, c.asked.size(), "the first that answers is enough");
            assertFalse(c.opened.get(0).isOpen(), "the one that does not answer is given up");
            c.advance(Duration.ofSeconds(20));
            assertEquals(2, c.asked.size());
            assertEquals(1, told.times());
            assertEquals(1, c.protocols.size());
            assertEquals(1, c.connector.openConnections());
            assertEquals(List.of("opened"), c.events);
        }
    }

    @Test
    void afterAFailureTheNextOneIsTriedAtOnce() throws Exception {
        try (Connects c = new Connects();
                ServerSocketChannel server = c.listen()) {
            Connects.Told told = new Connects.Told();
            begin(c, told, c.refusing(), c.refusing(), server.getLocalAddress());
            told.transport(); // though no time has passed
            assertEquals(3, c.asked.size());
            assertEquals(1, told.times());
        }
    }

    @Test
    void aSlowOneMayStillWin() throws Exception {
        try (Connects c = new Connects();
                ServerSocketChannel server = c.listen()) {
            Connects.Told told = new Connects.Told();
            // the second fails while the first is waited for, and its failure is not the outcome
            begin(c, told, c.silent(), c.refusing());
            c.advance(Duration.ofMillis(260));
            c.settle();
            assertEquals(2, c.asked.size());
            assertEquals(0, told.times());
            c.advance(Duration.ofSeconds(10));
            IOException failure = told.failure();
            assertEquals(CloseReason.CONNECT_TIMEOUT, told.reason);
            assertEquals(1, failure.getSuppressed().length);
            c.assertNothingLeft();
        }
    }

    @Test
    void theLastFailureHasTheOthersWithIt() throws Exception {
        try (Connects c = new Connects()) {
            Connects.Told told = new Connects.Told();
            InetSocketAddress first = c.refusing();
            InetSocketAddress second = c.refusing();
            InetSocketAddress third = c.refusing();
            begin(c, told, first, second, third);
            IOException failure = told.failure();
            assertEquals(CloseReason.CONNECT_FAILED, told.reason);
            assertTrue(failure.getMessage().contains("" + third.getPort()), failure.getMessage());
            assertEquals(2, failure.getSuppressed().length);
            assertTrue(failure.getSuppressed()[0].getMessage().contains("" + first.getPort()));
            assertTrue(failure.getSuppressed()[1].getMessage().contains("" + second.getPort()));
            c.assertNothingLeft();
            assertEquals(1, told.times());
        }
    }

    @Test
    void cancelled() throws Exception {
        try (Connects c = new Connects()) {
            Connects.Told told = new Connects.Told();
            Connecting race = begin(c, told, c.silent(), c.silent(), c.silent());
            c.advance(Duration.ofMillis(260));
            assertEquals(2, c.asked.size());
            c.onLoop(() -> {
                race.cancel();
                race.cancel();
                return true;
            });
            c.advance(Duration.ofSeconds(20));
            assertEquals(2, c.asked.size());
            assertEquals(0, told.times());
            c.assertNothingLeft();
        }
    }

    @Test
    void aForcedStopTriesNoMore() throws Exception {
        try (Connects c = new Connects()) {
            Connects.Told told = new Connects.Told();
            begin(c, told, c.silent(), c.silent(), c.silent());
            c.connector.force();
            told.failure();
            assertEquals(CloseReason.DRAIN_FORCED, told.reason);
            c.assertNothingLeft();
            assertEquals(1, c.asked.size());
        }
    }

    @Test
    void noAddressIsAMistake() throws Exception {
        try (Connects c = new Connects()) {
            Connects.Told told = new Connects.Told();
            assertTrue(
                    assertThrows(Exception.class, () -> begin(c, told)).getCause() instanceof IllegalArgumentException);
        }
    }
}
