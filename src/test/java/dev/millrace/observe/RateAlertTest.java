package dev.millrace.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Phase;
import dev.millrace.internal.bytes.Nullable;
import dev.millrace.testkit.ManualClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class RateAlertTest {
    private static final ConnectionInfo CONNECTION = TestConnection.of(1);

    private final ManualClock clock = new ManualClock(Long.MAX_VALUE - 1_000_000_000L);
    private final List<RateAlert.Alarm> alarms = new ArrayList<>();

    private RateAlert.Builder builder() {
        return RateAlert.builder(alarms::add)
                .reasons(CloseReason.CLIENT_SILENT)
                .threshold(0.5)
                .rearmBelow(0.2)
                .minimum(10)
                .window(Duration.ofSeconds(20))
                .nanos(clock::nanos);
    }

    private static HandshakeInfo handshake(@Nullable ClientHello hello, @Nullable String protocol) {
        return new HandshakeInfo(hello, protocol, null, null, false, 1, 1, 1, null, null);
    }

    private static ClientHello hello(@Nullable String name, int suite) {
        return new ClientHello.Builder()
                .legacyVersion(0x0303)
                .serverName(name)
                .cipherSuites(suite)
                .build();
    }

    private static void handshakes(RateAlert alert, int count) {
        for (int i = 0; i < count; i++) {
            alert.handshakeCompleted(CONNECTION, handshake(null, null));
        }
    }

    private static void close(RateAlert alert, CloseReason reason, @Nullable HandshakeInfo handshake, int count) {
        for (int i = 0; i < count; i++) {
            alert.closed(
                    CONNECTION,
                    new ConnectionEnd(reason, Phase.OPENED, null, null),
                    handshake,
                    new ConnectionStats(0, 0, 0, 0, 0, 0));
        }
    }

    private static void silent(RateAlert alert, int count) {
        close(alert, CloseReason.CLIENT_SILENT, handshake(null, "TLSv1.3"), count);
    }

    @Test
    void goesOffOnceAtTheThreshold() {
        RateAlert alert = builder().build();
        handshakes(alert, 10);
        silent(alert, 4);
        assertTrue(alarms.isEmpty());
        silent(alert, 1);
        assertEquals(1, alarms.size());
        RateAlert.Alarm alarm = alarms.get(0);
        assertEquals(Set.of(CloseReason.CLIENT_SILENT), alarm.reasons());
        assertEquals(0.5, alarm.share());
        assertEquals(5, alarm.matching());
        assertEquals(10, alarm.total());
        assertEquals(Duration.ofSeconds(20), alarm.window());
        handshakes(alert, 5);
        silent(alert, 5);
        assertEquals(1, alarms.size());
    }

    @Test
    void aFewSayNothing() {
        RateAlert alert = builder().build();
        handshakes(alert, 9);
        silent(alert, 9);
        assertTrue(alarms.isEmpty());
        handshakes(alert, 1);
        assertEquals(1, alarms.size());
    }

    @Test
    void otherReasonsAndCleartextAreNoMatch() {
        RateAlert alert = builder().build();
        handshakes(alert, 10);
        close(alert, CloseReason.COMPLETED, handshake(null, null), 10);
        close(alert, CloseReason.CLIENT_SILENT, null, 10);
        assertTrue(alarms.isEmpty());
    }

    @Test
    void failedHandshakesCountToo() {
        RateAlert alert = builder()
                .reasons(CloseReason.HANDSHAKE_REJECTED, CloseReason.HANDSHAKE_ABORTED)
                .build();
        for (int i = 0; i < 10; i++) {
            CloseReason reason = i % 2 == 0 ? CloseReason.HANDSHAKE_REJECTED : CloseReason.HANDSHAKE_ABORTED;
            alert.handshakeFailed(
                    CONNECTION, handshake(null, null), new ConnectionEnd(reason, Phase.HANDSHAKE, "unknown_ca", null));
            close(alert, reason, handshake(null, null), 1);
        }
        assertEquals(1, alarms.size());
        assertEquals(0.9, alarms.get(0).share(), "with the tenth handshake, whose connection has yet to end");
        assertEquals(
                Set.of(CloseReason.CLIENT_SILENT, CloseReason.HANDSHAKE_REJECTED, CloseReason.HANDSHAKE_ABORTED),
                alarms.get(0).reasons());
    }

    @Test
    void goesOffAgainOnlyAfterHavingFallenBelowTheLowerThreshold() {
        RateAlert alert = builder().build();
        handshakes(alert, 10);
        silent(alert, 5);
        assertEquals(1, alarms.size());
        handshakes(alert, 10); // 5 of 20: below the threshold, not below the lower one
        silent(alert, 10); // 15 of 20
        assertEquals(1, alarms.size());
        handshakes(alert, 56); // 15 of 76: below the lower one
        silent(alert, 22);
        assertEquals(1, alarms.size());
        silent(alert, 1); // 38 of 76
        assertEquals(2, alarms.size());
        assertEquals(38, alarms.get(1).matching());
    }

    @Test
    void theWindowSlides() {
        RateAlert alert = builder().build();
        handshakes(alert, 5);
        silent(alert, 5);
        clock.advance(Duration.ofSeconds(19));
        handshakes(alert, 4);
        assertTrue(alarms.isEmpty(), "nine handshakes are too few");
        clock.advance(Duration.ofSeconds(1));
        handshakes(alert, 6);
        assertTrue(alarms.isEmpty(), "what was silent has left the window");
        silent(alert, 4);
        assertTrue(alarms.isEmpty(), "four of ten");
        clock.advance(Duration.ofSeconds(19));
        handshakes(alert, 1);
        assertTrue(alarms.isEmpty(), "the four handshakes of before are gone: seven are too few");
        handshakes(alert, 3);
        silent(alert, 1);
        assertEquals(1, alarms.size());
        assertEquals(5, alarms.get(0).matching());
        assertEquals(10, alarms.get(0).total());
    }

    @Test
    void silenceRearms() {
        RateAlert alert = builder().among(RateAlert.Among.CONNECTIONS).build();
        silent(alert, 10);
        assertEquals(1, alarms.size());
        silent(alert, 10);
        assertEquals(1, alarms.size());
        clock.advance(Duration.ofDays(400));
        silent(alert, 9);
        assertEquals(1, alarms.size());
        silent(alert, 1);
        assertEquals(2, alarms.size());
    }

    @Test
    void amongConnectionsHandshakesDoNotCount() {
        RateAlert alert = builder().among(RateAlert.Among.CONNECTIONS).build();
        handshakes(alert, 1_000);
        close(alert, CloseReason.COMPLETED, null, 5);
        close(alert, CloseReason.CLIENT_SILENT, null, 5);
        assertEquals(1, alarms.size());
        assertEquals(10, alarms.get(0).total());
        assertEquals(Map.of("(none)", 5L), alarms.get(0).byVersion());
    }

    @Test
    void aTimeThatLiesBackIsNow() {
        RateAlert alert = builder().build();
        clock.advance(Duration.ofSeconds(5));
        handshakes(alert, 5);
        long now = clock.nanos();
        long[] time = {now};
        RateAlert other = builder().nanos(() -> time[0]).build();
        handshakes(other, 5);
        time[0] = now - 30_000_000_000L;
        handshakes(other, 5);
        silent(other, 5);
        assertEquals(1, alarms.size());
    }

    @Test
    void theShareIsNeverMoreThanAll() {
        RateAlert alert = builder().build();
        handshakes(alert, 9);
        silent(alert, 30);
        handshakes(alert, 1);
        assertEquals(1.0, alarms.get(0).share());
        assertEquals(30, alarms.get(0).matching());
    }

    @Test
    void theBreakdownNamesTheMostFrequentFirst() {
        RateAlert alert = builder().threshold(1).top(2).build();
        HandshakeInfo common = handshake(hello("a.example", 0x1301), "TLSv1.3");
        HandshakeInfo rarer = handshake(hello("b.example", 0x1302), "TLSv1.2");
        HandshakeInfo rarest = handshake(hello("c.example", 0x1303), "TLSv1.2");
        HandshakeInfo unknown = handshake(null, null);
        handshakes(alert, 10);
        close(alert, CloseReason.CLIENT_SILENT, rarer, 3);
        close(alert, CloseReason.CLIENT_SILENT, unknown, 1);
        close(alert, CloseReason.CLIENT_SILENT, common, 5);
        close(alert, CloseReason.CLIENT_SILENT, rarest, 1);
        RateAlert.Alarm alarm = alarms.get(0);
        assertEquals(
                "{a.example=5, b.example=3, (other)=2}", alarm.byServerName().toString());
        String first = common.clientHello().ja4();
        String second = rarer.clientHello().ja4();
        assertEquals(
                "{" + first + "=5, " + second + "=3, (other)=2}",
                alarm.byFingerprint().toString());
        assertEquals("{TLSv1.3=5, TLSv1.2=4, (other)=1}", alarm.byVersion().toString());
        assertThrows(
                UnsupportedOperationException.class, () -> alarm.byVersion().clear());
    }

    @Test
    void whatIsRememberedIsBounded() {
        RateAlert alert = builder().top(100).minimum(10_000).build();
        silent(alert, 3);
        for (int i = 0; i < 9_997; i++) {
            close(alert, CloseReason.CLIENT_SILENT, handshake(hello("host" + i, 0x1301), "TLSv1.3"), 1);
        }
        handshakes(alert, 10_000);
        RateAlert.Alarm alarm = alarms.get(0);
        assertEquals(65, alarm.byServerName().size());
        assertEquals(3, alarm.byServerName().get("(none)"));
        assertEquals(10_000 - 3 - 63, alarm.byServerName().get("(other)"));
        assertEquals(
                10_000,
                alarm.byServerName().values().stream()
                        .mapToLong(Long::longValue)
                        .sum());
    }

    @Test
    void severalLoopsSeeOneAlarm() throws InterruptedException {
        List<RateAlert.Alarm> seen = Collections.synchronizedList(new ArrayList<>());
        RateAlert alert = RateAlert.builder(seen::add)
                .threshold(1)
                .minimum(40_000)
                .among(RateAlert.Among.CONNECTIONS)
                .nanos(clock::nanos)
                .build();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            threads.add(new Thread(() -> silent(alert, 10_000)));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(1, seen.size());
        assertEquals(40_000, seen.get(0).total());
        assertEquals(40_000, seen.get(0).matching());
    }

    @Test
    void settingsAreCheckedByName() {
        refused("threshold", builder -> builder.threshold(0));
        refused("threshold", builder -> builder.threshold(1.1));
        refused("threshold", builder -> builder.threshold(Double.NaN));
        refused("rearmBelow", builder -> builder.rearmBelow(0));
        refused("rearmBelow", builder -> builder.rearmBelow(0.6).build());
        refused("window", builder -> builder.window(Duration.ofMillis(999)));
        refused("window", builder -> builder.window(Duration.ofDays(2)));
        refused("minimum", builder -> builder.minimum(0));
        refused("top", builder -> builder.top(0));
        refused("top", builder -> builder.top(101));
    }

    private void refused(String setting, Consumer<RateAlert.Builder> call) {
        RateAlert.Builder builder = builder();
        IllegalArgumentException refusal = assertThrows(IllegalArgumentException.class, () -> call.accept(builder));
        assertTrue(refusal.getMessage().startsWith(setting + " is "), refusal.getMessage());
    }

    @Test
    void defaultsLookForSilentClients() {
        RateAlert alert = RateAlert.builder(alarms::add).build();
        handshakes(alert, 50);
        silent(alert, 5);
        assertEquals(1, alarms.size());
        assertEquals(Set.of(CloseReason.CLIENT_SILENT), alarms.get(0).reasons());
        assertEquals(Duration.ofMinutes(1), alarms.get(0).window());
    }
}
