package dev.millrace.internal.hpack;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A story of hpack-test-case: header lists that share one context.
 *
 * @param cases in order
 */
record Story(List<Case> cases) {
    /**
     * A header list.
     *
     * @param wire the block in hexadecimal digits, empty where a story has none
     * @param tableSize the SETTINGS_HEADER_TABLE_SIZE from here on, -1 for that of before
     * @param fields name, value, name, value, …
     */
    record Case(String wire, int tableSize, List<String> fields) {}

    static Story read(Path file) throws IOException {
        Map<?, ?> story = (Map<?, ?>) new Json(Files.readString(file)).value();
        List<Case> cases = new ArrayList<>();
        for (Object element : (List<?>) story.get("cases")) {
            Map<?, ?> one = (Map<?, ?>) element;
            List<String> fields = new ArrayList<>();
            for (Object field : (List<?>) one.get("headers")) {
                ((Map<?, ?>) field).forEach((name, value) -> {
                    fields.add((String) name);
                    fields.add((String) value);
                });
            }
            Object wire = one.get("wire");
            Object size = one.get("header_table_size");
            cases.add(
                    new Case(wire == null ? "" : (String) wire, size == null ? -1 : ((Long) size).intValue(), fields));
        }
        return new Story(cases);
    }

    /** Reads as much of JSON as stories use. */
    private static final class Json {
        private final String text;
        private int at;

        Json(String text) {
            this.text = text;
        }

        Object value() {
            switch (next()) {
                case '{' -> {
                    Map<String, Object> object = new LinkedHashMap<>();
                    for (at++; next() != '}'; comma()) {
                        String name = string();
                        if (next() != ':') {
                            throw unexpected();
                        }
                        at++;
                        object.put(name, value());
                    }
                    at++;
                    return object;
                }
                case '[' -> {
                    List<Object> array = new ArrayList<>();
                    for (at++; next() != ']'; comma()) {
                        array.add(value());
                    }
                    at++;
                    return array;
                }
                case '"' -> {
                    return string();
                }
                default -> {
                    int start = at;
                    while (at < text.length() && Character.isDigit(text.charAt(at))) {
                        at++;
                    }
                    if (at == start) {
                        throw unexpected();
                    }
                    return Long.valueOf(text.substring(start, at));
                }
            }
        }

        private String string() {
            if (next() != '"') {
                throw unexpected();
            }
            StringBuilder out = new StringBuilder();
            for (at++; text.charAt(at) != '"'; at++) {
                char c = text.charAt(at);
                if (c == '\\') {
                    c = text.charAt(++at);
                    switch (c) {
                        case '"', '\\', '/' -> out.append(c);
                        case 'n' -> out.append('\n');
                        case 't' -> out.append('\t');
                        case 'r' -> out.append('\r');
                        case 'u' -> {
                            out.append((char) Integer.parseInt(text.substring(at + 1, at + 5), 16));
                            at += 4;
                        }
                        default -> throw unexpected();
                    }
                } else {
                    out.append(c);
                }
            }
            at++;
            return out.toString();
        }

        private void comma() {
            char c = next();
            if (c == ',') {
                at++;
            } else if (c != '}' && c != ']') {
                throw unexpected();
            }
        }

        private char next() {
            while (Character.isWhitespace(text.charAt(at))) {
                at++;
            }
            return text.charAt(at);
        }

        private IllegalArgumentException unexpected() {
            return new IllegalArgumentException(
                    "at " + at + ": " + text.substring(at, Math.min(text.length(), at + 20)));
        }
    }
}
