package dev.millrace.files;

import dev.millrace.http.Status;
import dev.millrace.http.StatusException;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The names that a request's path is made of, each fit to be resolved below a directory.
 *
 * @param names the decoded segments, none of them empty, {@code .} or {@code ..}
 * @param directory whether the path ends with a slash, and so asks for a directory
 */
record TargetPath(List<String> names, boolean directory) {
    /**
     * Takes a path apart and decodes each segment once. What no file can be named by is answered as if there were none:
     * empty segments, {@code .} and {@code ..}, and slashes, backslashes and control characters, however encoded.
     *
     * @param path the path as it was sent
     * @param hidden whether names that begin with a dot are let through; {@code .well-known} (RFC 8615) always is
     * @return its names
     * @throws StatusException 400 for a path that breaks the syntax of RFC 3986, 404 for one that leads nowhere
     */
    static TargetPath of(String path, boolean hidden) {
        if (!path.startsWith("/")) {
            throw new StatusException(Status.BAD_REQUEST, "the path does not begin with a slash\n");
        }
        List<String> names = new ArrayList<>();
        int start = 1;
        while (start < path.length()) {
            int slash = path.indexOf('/', start);
            int end = slash < 0 ? path.length() : slash;
            names.add(name(decode(path, start, end), hidden));
            start = end + 1;
        }
        return new TargetPath(names, path.endsWith("/"));
    }

    private static String name(String name, boolean hidden) {
        if (!fits(name, hidden)) {
            throw notFound();
        }
        return name;
    }

    /** {@return whether a file below a directory can be asked for by that name} */
    static boolean fits(String name, boolean hidden) {
        if (name.isEmpty() || name.equals(".") || name.equals("..")) {
            return false;
        }
        if (name.charAt(0) == '.' && !hidden && !name.equals(".well-known")) {
            return false;
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            // Windows reads name:stream as another stream of the same file.
            if (c == '/' || c == '\\' || c < ' ' || c == 0x7f || c == ':' && File.separatorChar == '\\') {
                return false;
            }
        }
        return true;
    }

    private static String decode(String path, int start, int end) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(end - start);
        int at = start;
        while (at < end) {
            char c = path.charAt(at);
            if (c == '%') {
                int high = at + 2 < end ? hexDigit(path.charAt(at + 1)) : -1;
                int low = at + 2 < end ? hexDigit(path.charAt(at + 2)) : -1;
                if (high < 0 || low < 0) {
                    throw malformed();
                }
                bytes.write(high << 4 | low);
                at += 3;
            } else if (c <= ' ' || c >= 0x7f) {
                throw malformed();
            } else {
                bytes.write(c);
                at++;
            }
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes.toByteArray()))
                    .toString();
        } catch (CharacterCodingException e) {
            throw notFound();
        }
    }

    private static int hexDigit(char c) {
        return c < 0x80 ? Character.digit(c, 16) : -1; // digits of other scripts are none here
    }

    private static StatusException malformed() {
        return new StatusException(Status.BAD_REQUEST, "the path has a character that must be percent-encoded\n");
    }

    static StatusException notFound() {
        return new StatusException(Status.NOT_FOUND, "there is nothing at this path\n");
    }
}
