package dev.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {
    @Test
    void noCommandExplainsAndIsAMistake() {
        Captured run = Captured.run();
        assertEquals(2, run.status());
        assertEquals("", run.out());
        assertTrue(run.err().contains("serve"), run.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"--help", "-h", "help"})
    void helpNamesTheCommands(String word) {
        Captured run = Captured.run(word);
        assertEquals(0, run.status());
        assertEquals("", run.err());
        assertTrue(run.out().contains("\n  serve "), run.out());
    }

    @Test
    void helpOfACommandNamesItsOptions() {
        Captured run = Captured.run("serve", "--http", "1", "--help");
        assertEquals(0, run.status());
        for (Option option : new ServeCommand().options()) {
            assertTrue(run.out().contains("  " + option.name() + " " + option.argument() + " "), run.out());
        }
    }

    @Test
    void versionIsOneLine() {
        Captured run = Captured.run("--version");
        assertEquals(0, run.status());
        assertTrue(run.out().startsWith("millrace "), run.out());
        assertEquals(1, run.out().lines().count());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "bogus|bogus",
                "--bogus|--bogus",
                "serve --bogus|--bogus",
                "serve --bogus=1|--bogus",
                "serve extra|extra",
                "serve --http|--http",
                "serve --http --loops 1|--http",
                "serve --http=|--http",
                "serve --http 65536|--http",
                "serve --http -1|--http",
                "serve --http 80x|--http",
                "serve --http 99999999999999999999|--http",
                "serve --loops 0|--loops",
                "serve --loops two|--loops",
                "serve --drain 1.5|--drain",
                "serve --drain 99999999|--drain",
                "serve --bind ::1::2|--bind",
                "serve --dir no/such/directory|--dir",
                "serve --dir pom.xml|--dir",
            })
    void aMistakeIsNamedInOneLine(String lineAndWord) {
        String[] parts = lineAndWord.split("\\|", -1);
        Captured run = Captured.run(parts[0].split(" ", -1));
        assertEquals(2, run.status(), run.err());
        assertEquals("", run.out());
        assertEquals(1, run.err().lines().count(), run.err());
        assertTrue(run.err().contains(parts[1]), run.err());
    }

    @Test
    void controlCharactersDoNotReachTheTerminal() {
        Captured run = Captured.run("serve", "--\u001b[31m\nx");
        assertEquals(2, run.status());
        assertEquals("millrace serve: unknown option --?[31m?x, see serve --help\n", run.err());
    }

    @Test
    void aBusyPortIsOneLineAndAFailure() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = Integer.toString(taken.getLocalPort());
            Captured run = Captured.run("serve", "--http", port);
            assertEquals(1, run.status(), run.err());
            assertEquals("", run.out());
            assertEquals(1, run.err().lines().count(), run.err());
            assertTrue(run.err().contains("127.0.0.1:" + port), run.err());
        }
    }

    @Test
    void nothingIsWrittenToThePortFileBeforeTheServerListens(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("port");
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Captured run = Captured.run("serve", "--http=" + taken.getLocalPort(), "--port-file", file.toString());
            assertEquals(1, run.status(), run.err());
        }
        assertTrue(Files.notExists(file));
    }
}
