package dev.millrace.files;

import dev.millrace.internal.bytes.Nullable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.List;

/** The files that are served: regular ones and directories whose real path lies below the root's. */
final class FileTree {
    private final Path root;

    FileTree(Path root) throws IOException {
        this.root = root.toRealPath();
        if (!Files.isDirectory(this.root)) {
            throw new NotDirectoryException(root.toString());
        }
    }

    /**
     * What a path leads to.
     *
     * @param path its real path: no part of it is a link
     * @param name the name it was asked for by, which a link may have given it
     * @param directory whether it is a directory; else it is a regular file that can be read
     * @param size its size in bytes
     * @param modified when it was last changed
     */
    record Entry(Path path, String name, boolean directory, long size, Instant modified) {
        /** {@return an entity tag that changes whenever size or time of change do (RFC 9110 §8.8.3)} */
        String tag() {
            return '"'
                    + Long.toHexString(size)
                    + '-'
                    + Long.toHexString(modified.getEpochSecond())
                    + '-'
                    + Integer.toHexString(modified.getNano())
                    + '"';
        }

        long modifiedSeconds() {
            return modified.getEpochSecond();
        }
    }

    Path root() {
        return root;
    }

    /** {@return what the names lead to from the root, or {@code null} if that is nothing to be served} */
    @Nullable
    Entry find(List<String> names) {
        try {
            Path path = root;
            for (String name : names) {
                path = path.resolve(name);
            }
            return entry(path, names.isEmpty() ? "" : names.get(names.size() - 1));
        } catch (InvalidPathException e) {
            return null; // a name that this file system cannot have
        }
    }

    /** {@return what the name leads to from a directory, or {@code null} if that is nothing to be served} */
    @Nullable
    Entry find(Entry directory, String name) {
        try {
            return entry(directory.path.resolve(name), name);
        } catch (InvalidPathException e) {
            return null;
        }
    }

    private @Nullable Entry entry(Path path, String name) {
        try {
            Path real = path.toRealPath();
            if (!real.startsWith(root)) {
                return null;
            }
            BasicFileAttributes found =
                    Files.readAttributes(real, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            // Opening a pipe would wait, and reading a device might never end.
            if (!found.isDirectory() && !(found.isRegularFile() && Files.isReadable(real))) {
                return null;
            }
            return new Entry(
                    real,
                    name,
                    found.isDirectory(),
                    found.size(),
                    found.lastModifiedTime().toInstant());
        } catch (IOException e) {
            return null; // missing, a loop of links, not to be searched: all the same to the peer
        }
    }
}
