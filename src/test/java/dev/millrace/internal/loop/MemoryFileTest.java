package dev.millrace.internal.loop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class MemoryFileTest {
    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "has no POSIX permissions")
    void hasTheContentAndNoName(@TempDir Path folder) throws IOException {
        byte[] content = new byte[300_000];
        new Random(1).nextBytes(content);
        try (FileChannel file = MemoryFile.of(folder, content)) {
            assertNotNull(file);
            try (Stream<Path> names = Files.list(folder)) {
                assertEquals(0, names.count());
            }
            assertEquals(content.length, file.size());
            ByteBuffer read = ByteBuffer.allocate(content.length);
            while (read.hasRemaining() && file.read(read, read.position()) > 0) {}
            assertArrayEquals(content, read.array());
        }
    }

    @Test
    void whereThereIsNoSuchFolderThereIsNoFile(@TempDir Path folder) throws IOException {
        assertNull(MemoryFile.of(folder.resolve("none"), new byte[10]));
        Path plain = Files.createFile(folder.resolve("plain"));
        assertNull(MemoryFile.of(plain, new byte[10]));
    }
}
