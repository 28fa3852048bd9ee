package dev.millrace.internal.loop;

import dev.millrace.internal.bytes.Nullable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A file in memory, without a name, whose pages the kernel can send as they are ({@link FileChannel#transferTo}). Linux
 * has a file system for such files; elsewhere, or where little is left of it, there are none. The file is gone when its
 * channel is no longer used, as a direct buffer is.
 */
final class MemoryFile {
    private static final Path FOLDER = Path.of("/dev/shm");

    /** A file may take this part of what is free: the memory is others', too. */
    private static final int SHARE = 16;

    private static final Set<StandardOpenOption> NEW =
            EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);

    private MemoryFile() {}

    /**
     * A file with some content.
     *
     * @param content the whole of it
     * @return the file, readable, or {@code null} where there is none to be had
     */
    static @Nullable FileChannel of(byte[] content) {
        return of(FOLDER, content);
    }

    static @Nullable FileChannel of(Path folder, byte[] content) {
        try {
            if (!Files.isDirectory(folder) || Files.getFileStore(folder).getUsableSpace() / SHARE < content.length) {
                return null;
            }
            return create(folder, content);
        } catch (IOException | UnsupportedOperationException e) { // it is only the second best way then
            return null;
        }
    }

    private static FileChannel create(Path folder, byte[] content) throws IOException {
        Path name = folder.resolve(
                "millrace-" + Long.toHexString(ThreadLocalRandom.current().nextLong()));
        FileAttribute<Set<PosixFilePermission>> mine =
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
        FileChannel file = FileChannel.open(name, NEW, mine);
        try {
            Files.delete(name); // what is open stays
            ByteBuffer left = ByteBuffer.wrap(content);
            while (left.hasRemaining()) {
                file.write(left);
            }
            return file;
        } catch (IOException e) {
            file.close();
            throw e;
        }
    }
}
