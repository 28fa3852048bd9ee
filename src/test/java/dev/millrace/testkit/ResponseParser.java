package dev.millrace.testkit;

import dev.millrace.http.Headers;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Reads what a server sent as strictly as RFC 9112 is written: whatever it could be read differently is an
 * {@link AssertionError}. Shares no code with what it reads.
 */
public final class ResponseParser {
    private final byte[] bytes;
    private final boolean ended;
    private int at;

    private ResponseParser(byte[] bytes, boolean ended) {
        this.bytes = bytes;
        this.ended = ended;
    }

    /**
     * Reads the responses to requests, interim ones in their places.
     *
     * @param bytes what the server sent
     * @param ended whether it ended its sending after that
     * @param methods the requests' methods in order; GET for those that are not told
     * @return the responses; the last one may be incomplete, and its head must then be whole. After a 101, or a 2xx to
     *     CONNECT, the rest is that response's content
     */
    public static List<ParsedResponse> parse(byte[] bytes, boolean ended, String... methods) {
        ResponseParser parser = new ResponseParser(bytes, ended);
        List<ParsedResponse> all = new ArrayList<>();
        parser.responses(all, false, methods);
        return all;
    }

    private void responses(List<ParsedResponse> all, boolean cutOff, String... methods) {
        int request = 0;
        while (at < bytes.length) {
            if (cutOff && !headIsThere()) {
                String begun = new String(bytes, at, bytes.length - at, StandardCharsets.ISO_8859_1);
                all.add(new ParsedResponse(0, Headers.empty(), new byte[0], Headers.empty(), false, begun));
                return;
            }
            ParsedResponse response = response(request < methods.length ? methods[request] : "GET");
            all.add(response);
            if (!response.interim() || response.status() == 101) {
                request++;
            }
            if (!response.complete() && at < bytes.length) {
                throw new AssertionError("bytes after an incomplete response: " + at);
            }
        }
    }

    private boolean headIsThere() {
        for (int i = at; i + 3 < bytes.length; i++) {
            if (bytes[i] == '\r' && bytes[i + 1] == '\n' && bytes[i + 2] == '\r' && bytes[i + 3] == '\n') {
                return true;
            }
        }
        return false;
    }

    /**
     * Reads as much as has come, from a server that may have been cut off anywhere.
     *
     * @param bytes what the server sent
     * @param ended whether it ended its sending after that
     * @param methods as for {@link #parse}
     * @return the responses; the last one has status 0 if its head is incomplete
     */
    public static List<ParsedResponse> parseWhatCame(byte[] bytes, boolean ended, String... methods) {
        ResponseParser parser = new ResponseParser(bytes, ended);
        List<ParsedResponse> all = new ArrayList<>();
        parser.responses(all, true, methods);
        return all;
    }

    private ParsedResponse response(String method) {
        int start = at;
        String statusLine = line();
        if (!statusLine.matches("HTTP/1\\.1 [1-5][0-9][0-9] [\\x20-\\x7e]*")) {
            throw new AssertionError("not a status line: " + statusLine);
        }
        int status = Integer.parseInt(statusLine.substring(9, 12));
        Headers headers = fields();
        String head = new String(bytes, start, at - start, StandardCharsets.ISO_8859_1);
        if (headers.all("Connection").size() > 1
                || headers.all("Date").size() > 1
                || headers.all("Content-Length").size() > 1
                || headers.all("Transfer-Encoding").size() > 1
                || headers.contains("Content-Length") && headers.contains("Transfer-Encoding")) {
            throw new AssertionError("a field twice, or two framings: " + head);
        }
        boolean tunnel = status == 101 || method.equals("CONNECT") && status / 100 == 2;
        boolean none = !tunnel && (status / 100 == 1 || status == 204);
        if ((none || tunnel) && (headers.contains("Content-Length") || headers.contains("Transfer-Encoding"))) {
            throw new AssertionError("framing in a response that has no content: " + head);
        }
        if (status >= 200 && !headers.contains("Date")) {
            throw new AssertionError("no Date: " + head);
        }
        if (tunnel) {
            return new ParsedResponse(status, headers, rest(), Headers.empty(), ended, head);
        }
        if (none || status == 304 || method.equals("HEAD")) {
            return new ParsedResponse(status, headers, new byte[0], Headers.empty(), true, head);
        }
        if (headers.contains("Transfer-Encoding")) {
            if (!headers.first("Transfer-Encoding").orElseThrow().equals("chunked")) {
                throw new AssertionError("a coding that was not asked for: " + head);
            }
            return chunked(status, headers, head);
        }
        if (headers.contains("Content-Length")) {
            String value = headers.first("Content-Length").orElseThrow();
            if (!value.matches("0|[1-9][0-9]*")) {
                throw new AssertionError("Content-Length: " + value);
            }
            long length = Long.parseLong(value);
            int n = (int) Math.min(length, bytes.length - at);
            at += n;
            return new ParsedResponse(
                    status, headers, Arrays.copyOfRange(bytes, at - n, at), Headers.empty(), n == length, head);
        }
        if (!headers.hasToken("Connection", "close")) {
            throw new AssertionError("content until the end, but the end is not announced: " + head);
        }
        return new ParsedResponse(status, headers, rest(), Headers.empty(), ended, head);
    }

    private byte[] rest() {
        byte[] rest = Arrays.copyOfRange(bytes, at, bytes.length);
        at = bytes.length;
        return rest;
    }

    private ParsedResponse chunked(int status, Headers headers, String head) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        while (true) {
            if (!lineIsThere()) {
                at = bytes.length;
                return new ParsedResponse(status, headers, content.toByteArray(), Headers.empty(), false, head);
            }
            String size = line();
            if (!size.matches("0|[1-9a-fA-F][0-9a-fA-F]{0,7}")) {
                throw new AssertionError("not a chunk's size: \"" + size + "\"");
            }
            int length = Integer.parseInt(size, 16);
            if (length == 0) {
                break;
            }
            if (bytes.length - at < length + 2) {
                content.write(bytes, at, Math.min(length, bytes.length - at));
                at = bytes.length;
                return new ParsedResponse(status, headers, content.toByteArray(), Headers.empty(), false, head);
            }
            content.write(bytes, at, length);
            at += length;
            if (!line().isEmpty()) {
                throw new AssertionError("no CRLF after a chunk");
            }
        }
        Headers trailers = fields();
        return new ParsedResponse(status, headers, content.toByteArray(), trailers, true, head);
    }

    private Headers fields() {
        Headers.Builder fields = Headers.builder();
        for (String line = line(); !line.isEmpty(); line = line()) {
            int colon = line.indexOf(": ");
            if (colon < 1) {
                throw new AssertionError("not a field line: " + line);
            }
            fields.add(line.substring(0, colon), line.substring(colon + 2));
        }
        return fields.build();
    }

    private boolean lineIsThere() {
        for (int i = at; i + 1 < bytes.length; i++) {
            if (bytes[i] == '\r' && bytes[i + 1] == '\n') {
                return true;
            }
        }
        return false;
    }

    private String line() {
        for (int i = at; i < bytes.length; i++) {
            if (bytes[i] == '\n') {
                throw new AssertionError("LF without CR at " + i);
            }
            if (bytes[i] == '\r') {
                if (i + 1 == bytes.length || bytes[i + 1] != '\n') {
                    throw new AssertionError("CR without LF at " + i);
                }
                String line = new String(bytes, at, i - at, StandardCharsets.ISO_8859_1);
                at = i + 2;
                return line;
            }
        }
        throw new AssertionError(
                "no end of a line: \"" + new String(bytes, at, bytes.length - at, StandardCharsets.ISO_8859_1) + "\"");
    }
}
