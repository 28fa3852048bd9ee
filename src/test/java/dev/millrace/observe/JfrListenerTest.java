package dev.millrace.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.http.Method;
import dev.millrace.http.Phase;
import dev.millrace.http.Request;
import dev.millrace.http.Status;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JfrListenerTest {
    private static final HandshakeInfo HANDSHAKE = new HandshakeInfo(
            new ClientHello.Builder().serverName("a.example").build(),
            "TLSv1.3",
            "TLS_AES_128_GCM_SHA256",
            "http/1.1",
            true,
            1,
            1,
            1,
            null,
            null);
    private static final ConnectionStats STATS = new ConnectionStats(11, 22, 1, 0, 0, 0);

    @TempDir
    Path directory;

    private static Recording recording(String... events) {
        Recording recording = new Recording();
        for (String event : events) {
            recording.enable("dev.millrace." + event).withoutThreshold();
        }
        recording.start();
        return recording;
    }

    private List<RecordedEvent> events(Recording recording) throws IOException {
        Path file = Files.createTempFile(directory, "events", ".jfr");
        recording.dump(file);
        return RecordingFile.readAllEvents(file).stream()
                .filter(event -> event.getEventType().getName().startsWith("dev.millrace."))
                .collect(Collectors.toList());
    }

    private static RecordedEvent only(List<RecordedEvent> events, String name) {
        List<RecordedEvent> found = events.stream()
                .filter(event -> event.getEventType().getName().equals("dev.millrace." + name))
                .collect(Collectors.toList());
        assertEquals(1, found.size(), name + " among " + events);
        return found.get(0);
    }

    private static void live(ConnectionListener listener, ConnectionInfo connection) {
        listener.opened(connection);
        listener.handshakeCompleted(connection, HANDSHAKE);
        Request request = Request.builder(Method.GET, "/path?secret").build();
        listener.requestStarted(connection, request);
        listener.requestEnded(connection, request, Status.NOT_FOUND, 1);
        end(listener, connection);
    }

    private static void end(ConnectionListener listener, ConnectionInfo connection) {
        ConnectionEnd end = new ConnectionEnd(CloseReason.FLOOD, Phase.HEADERS, "rapid_reset", null);
        listener.closed(connection, end, HANDSHAKE, STATS);
    }

    @Test
    void aRecordingHasOneEventOfEach() throws IOException {
        try (Recording recording = recording("Connection", "Handshake", "Request", "Close")) {
            JfrListener listener = JfrListener.whenRecording();
            assertTrue(listener.active());
            live(listener, new TestConnection(7, "https", new InetSocketAddress("192.0.2.1", 50_000), null));
            List<RecordedEvent> events = events(recording);
            assertEquals(4, events.size());
            for (RecordedEvent event : events) {
                assertEquals(7, event.getLong("connectionId"));
                assertEquals("https", event.getString("listener"));
                assertEquals(List.of("Millrace"), event.getEventType().getCategoryNames());
                assertNotNull(event.getEventType().getLabel());
                assertEquals(null, event.getStackTrace());
            }

            RecordedEvent connection = only(events, "Connection");
            assertEquals("192.0.2.1", connection.getString("remoteAddress"));
            assertEquals(50_000, connection.getInt("remotePort"));
            assertEquals("TLSv1.3", connection.getString("tlsVersion"));
            assertEquals("flood", connection.getString("reason"));
            assertEquals(1, connection.getLong("requests"));
            assertEquals(11, connection.getLong("bytesIn"));
            assertEquals(22, connection.getLong("bytesOut"));

            RecordedEvent handshake = only(events, "Handshake");
            assertEquals("resumed", handshake.getString("result"));
            assertEquals("a.example", handshake.getString("serverName"));
            assertEquals(Objects.requireNonNull(HANDSHAKE.clientHello()).ja4(), handshake.getString("fingerprint"));
            assertEquals("TLS_AES_128_GCM_SHA256", handshake.getString("cipherSuite"));
            assertEquals("http/1.1", handshake.getString("alpn"));

            RecordedEvent request = only(events, "Request");
            assertEquals("http/1.1", request.getString("protocol"));
            assertEquals("GET", request.getString("method"));
            assertEquals("/path", request.getString("path"));
            assertEquals(404, request.getInt("status"));

            RecordedEvent close = only(events, "Close");
            assertEquals("flood", close.getString("reason"));
            assertEquals("peer", close.getString("initiator"));
            assertEquals("headers", close.getString("phase"));
            assertEquals("rapid_reset", close.getString("detail"));
            assertFalse(close.getBoolean("normal"));

            // spans lie within each other, on the same clock
            assertFalse(handshake.getStartTime().isBefore(connection.getStartTime()));
            assertFalse(connection.getEndTime().isBefore(request.getEndTime()));
            assertTrue(connection.getDuration().compareTo(request.getDuration()) >= 0);
        }
    }

    @Test
    void aThresholdKeepsShortSpansOut() throws IOException {
        try (Recording recording = new Recording()) {
            recording.enable("dev.millrace.Connection").withThreshold(java.time.Duration.ofHours(1));
            recording.enable("dev.millrace.Handshake").withThreshold(java.time.Duration.ofHours(1));
            recording.enable("dev.millrace.Request").withThreshold(java.time.Duration.ofHours(1));
            recording.enable("dev.millrace.Close");
            recording.start();
            live(JfrListener.whenRecording(), TestConnection.of(1));
            List<RecordedEvent> events = events(recording);
            assertEquals(1, events.size());
            only(events, "Close");
        }
    }

    @Test
    void nothingIsKeptAfterAnEndNorWhileNotRecorded() {
        JfrRecorder recorder = new JfrRecorder();
        try (Recording recording = recording("Connection", "Handshake", "Request")) {
            Request request = Request.builder(Method.GET, "/").build();
            recorder.opened(TestConnection.of(1));
            recorder.requestStarted(TestConnection.of(1), request);
            recorder.requestStarted(TestConnection.of(2), request);
            assertEquals(2, recorder.kept());
            end(recorder, TestConnection.of(1));
            end(recorder, TestConnection.of(2));
            assertEquals(0, recorder.kept());
            recorder.opened(TestConnection.of(3));
            recording.stop();
        }
        recorder.opened(TestConnection.of(4));
        recorder.requestStarted(
                TestConnection.of(4), Request.builder(Method.GET, "/").build());
        assertEquals(1, recorder.kept());
        end(recorder, TestConnection.of(3));
        assertEquals(0, recorder.kept());
    }

    @Test
    void aRequestOfAnEarlierConnectionAndOneCutOffAreRecorded() throws IOException {
        try (Recording recording = recording("Connection", "Request")) {
            JfrListener listener = JfrListener.whenRecording();
            Request request = Request.builder(Method.GET, "/").build();
            listener.requestStarted(TestConnection.of(5), request);
            listener.requestEnded(TestConnection.of(5), request, null, 1);
            end(listener, TestConnection.of(5));
            List<RecordedEvent> events = events(recording);
            only(events, "Close");
            assertEquals(2, events.size(), "no Connection, whose beginning was not seen");
            assertEquals(0, only(events, "Request").getInt("status"));
        }
    }

    @Test
    void aFailedHandshakeIsRecordedWithItsAlert() throws IOException {
        try (Recording recording = recording("Handshake")) {
            JfrListener listener = JfrListener.registered();
            listener.opened(TestConnection.of(6));
            listener.handshakeFailed(
                    TestConnection.of(6),
                    new HandshakeInfo(null, null, null, null, false, 1, 1, 1, "unknown_ca", null),
                    new ConnectionEnd(CloseReason.HANDSHAKE_REJECTED, Phase.HANDSHAKE, "unknown_ca", null));
            RecordedEvent event = only(events(recording), "Handshake");
            assertEquals("rejected", event.getString("result"));
            assertEquals("unknown_ca", event.getString("alertReceived"));
            assertEquals(null, event.getString("serverName"));
        }
    }

    /** What a fresh JVM does, with the classes of {@code jdk.jfr} that it loads at its end. */
    private static List<String> fresh(String mode, String... options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(Arrays.asList(options));
        command.addAll(List.of(
                "-Xlog:class+load", "-cp", System.getProperty("java.class.path"), JfrFresh.class.getName(), mode));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        return output.lines()
                .filter(line -> line.startsWith("JfrFresh:") || line.contains(" jdk.jfr."))
                .collect(Collectors.toList());
    }

    @Test
    void nothingIsLoadedWhileNobodyRecords() throws Exception {
        assertEquals(List.of("JfrFresh: active false"), fresh("when"));
    }

    @Test
    void withoutTheModuleNothingIsRecorded() throws Exception {
        String limit = "--limit-modules=java.base";
        assertEquals(List.of("JfrFresh: active false"), fresh("when", limit));
        assertEquals(List.of("JfrFresh: active false"), fresh("when", limit, "-Djdk.jfr.repository=of-somebody-else"));
        assertEquals(List.of("JfrFresh: refused"), fresh("registered", limit));
    }

    @Test
    void aRecordingThatBeginsLaterIsNoticed() throws Exception {
        List<String> lines = fresh("late");
        assertEquals(
                List.of("JfrFresh: active false", "JfrFresh: active true", "JfrFresh: closes 1"),
                lines.stream().filter(line -> line.startsWith("JfrFresh:")).collect(Collectors.toList()));
    }

    @Test
    void aRecordingFromTheCommandLineIsThereFromTheBeginning() throws Exception {
        Stream<String> lines =
                fresh("when", "-XX:StartFlightRecording:filename=" + directory.resolve("line.jfr")).stream();
        assertEquals(
                List.of("JfrFresh: active true"),
                lines.filter(line -> line.startsWith("JfrFresh:")).collect(Collectors.toList()));
    }
}
