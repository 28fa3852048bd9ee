package dev.millrace.files;

import dev.millrace.internal.bytes.Nullable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Writes a directory's content as a page of links. */
final class Listing {
    /** Entries that a page shows: a directory of millions must not fill the memory or hold the loop. */
    static final int MOST = 10_000;

    private static final String UNRESERVED = "-._~";

    private Listing() {}

    /** Says which entries the links of a page would lead to. */
    interface Filter {
        /** {@return {@code null} if the entry is not served, else its name, with a slash at its end for a directory} */
        @Nullable
        String shown(Path entry);
    }

    /**
     * Writes the page.
     *
     * @param directory the directory
     * @param names the names of the path that leads to it from the root
     * @param filter which entries are served
     * @return the page
     * @throws IOException if the directory cannot be read
     */
    static String html(Path directory, List<String> names, Filter filter) throws IOException {
        List<String> entries = new ArrayList<>();
        boolean cut = read(directory, filter, entries);
        Collections.sort(entries);
        String title = escaped("/" + String.join("/", names));
        StringBuilder page = new StringBuilder(512 + 100 * entries.size());
        page.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        page.append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
        page.append(title)
                .append("</title>\n</head>\n<body>\n<h1>")
                .append(title)
                .append("</h1>\n<ul>\n");
        if (!names.isEmpty()) {
            page.append("<li><a href=\"../\">../</a></li>\n");
        }
        for (String entry : entries) {
            page.append("<li><a href=\"");
            appendEncoded(page, entry);
            page.append("\">").append(escaped(entry)).append("</a></li>\n");
        }
        page.append("</ul>\n");
        if (cut) {
            page.append("<p>There are more entries than the ").append(MOST).append(" shown.</p>\n");
        }
        return page.append("</body>\n</html>\n").toString();
    }

    private static boolean read(Path directory, Filter filter, List<String> into) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                String shown = filter.shown(entry);
                if (shown != null) {
                    if (into.size() == MOST) {
                        return true;
                    }
                    into.add(shown);
                }
            }
            return false;
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }

    /** Everything but unreserved characters becomes an escape, so that no name reads as a scheme or a query. */
    private static void appendEncoded(StringBuilder out, String name) {
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            boolean plain = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '/';
            if (plain || UNRESERVED.indexOf(c) >= 0) {
                out.append(c);
            } else {
                out.append('%').append(hex(c >> 4)).append(hex(c & 15));
            }
        }
    }

    private static char hex(int digit) {
        return Character.toUpperCase(Character.forDigit(digit, 16));
    }

    static String escaped(String text) {
        StringBuilder out = new StringBuilder(text.length() + 16);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '&' -> out.append("&amp;");
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '"' -> out.append("&quot;");
                case '\'' -> out.append("&#39;");
                default -> out.append(c);
            }
        }
        return out.toString();
    }
}
