package dev.millrace.observe;

import dev.millrace.http.Phase;
import java.nio.file.Files;
import java.nio.file.Path;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordingFile;

/** Run by {@link JfrListenerTest} in a JVM of its own, where nothing of Flight Recorder has been loaded. */
final class JfrFresh {
    private JfrFresh() {}

    public static void main(String[] arguments) throws Exception {
        switch (arguments[0]) {
            case "when" -> {
                JfrListener listener = JfrListener.whenRecording();
                live(listener, 1);
                say("active " + listener.active());
            }
            case "registered" -> {
                try {
                    JfrListener.registered();
                    say("made");
                } catch (IllegalStateException refusal) {
                    say("refused");
                }
            }
            case "late" -> Late.run();
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    private static void live(ConnectionListener listener, long id) {
        ConnectionInfo connection = TestConnection.of(id);
        listener.opened(connection);
        listener.closed(
                connection,
                new ConnectionEnd(CloseReason.CLIENT_SILENT, Phase.OPENED, null, null),
                null,
                new ConnectionStats(0, 0, 0, 0, 0, 0));
    }

    private static void say(String what) {
        System.out.println("JfrFresh: " + what);
    }

    /** Apart, so that the other modes run where there is no Flight Recorder. */
    private static final class Late {
        static void run() throws Exception {
            JfrListener listener = new JfrListener(Runnable::run);
            live(listener, 1);
            say("active " + listener.active());
            Path file = Files.createTempFile("late", ".jfr");
            try (Recording recording = new Recording()) {
                recording.start();
                live(listener, 2);
                say("active " + listener.active());
                recording.dump(file);
            }
            long closes = RecordingFile.readAllEvents(file).stream()
                    .filter(event -> event.getEventType().getName().equals("dev.millrace.Close"))
                    .filter(event -> event.getLong("connectionId") == 2)
                    .count();
            Files.delete(file);
            say("closes " + closes);
        }
    }
}
