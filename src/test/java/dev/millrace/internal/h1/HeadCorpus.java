package dev.millrace.internal.h1;

import dev.millrace.http.FieldName;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Heads with the verdict that each must get. Texts are ISO-8859-1. */
final class HeadCorpus {
    /**
     * One head.
     *
     * @param text the bytes
     * @param expected what is wrong with it, or {@code null} for a valid one
     */
    record Entry(String text, Violation expected) {
        byte[] bytes() {
            return text.getBytes(StandardCharsets.ISO_8859_1);
        }

        @Override
        public String toString() {
            String shown = text.length() > 120 ? text.substring(0, 120) + "… " + text.length() : text;
            return (expected == null ? "valid" : expected.name()) + " "
                    + shown.replace("\r", "\\r").replace("\n", "\\n");
        }
    }

    static final String BROWSER = "GET /catalogue/watermills?sort=year&page=2 HTTP/1.1\r\n"
            + "Host: www.example.org\r\n"
            + "Connection: keep-alive\r\n"
            + "sec-ch-ua: \"Chromium\";v=\"139\", \"Not;A=Brand\";v=\"99\"\r\n"
            + "sec-ch-ua-mobile: ?0\r\n"
            + "sec-ch-ua-platform: \"Linux\"\r\n"
            + "Upgrade-Insecure-Requests: 1\r\n"
            + "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0"
            + " Safari/537.36\r\n"
            + "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
            + "Sec-Fetch-Site: same-origin\r\n"
            + "Sec-Fetch-Mode: navigate\r\n"
            + "Sec-Fetch-User: ?1\r\n"
            + "Sec-Fetch-Dest: document\r\n"
            + "Referer: https://www.example.org/catalogue/\r\n"
            + "Accept-Encoding: gzip, deflate, br, zstd\r\n"
            + "Accept-Language: en-GB,en;q=0.9,de;q=0.8\r\n"
            + "Cookie: session=b7c1f0de52a94e68\r\n"
            + "\r\n";

    static final String WRK = "GET /plaintext HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n";

    private static final List<Entry> ENTRIES = new ArrayList<>();

    static {
        lines();
        targets();
        versions();
        fields();
        hosts();
        lengths();
        codings();
        connections();
    }

    private HeadCorpus() {}

    static List<Entry> all() {
        return ENTRIES;
    }

    static List<Entry> valid() {
        return ENTRIES.stream().filter(entry -> entry.expected() == null).toList();
    }

    /** Many field lines, in known and unknown names. */
    static String manyFields(int count) {
        StringBuilder out = new StringBuilder("GET / HTTP/1.1\r\nHost: a\r\n");
        for (int i = 1; i < count; i++) {
            out.append("X-Element-").append(i).append(": value ").append(i).append("\r\n");
        }
        return out.append("\r\n").toString();
    }

    private static void add(Violation expected, String... heads) {
        for (String head : heads) {
            ENTRIES.add(new Entry(head, expected));
        }
    }

    private static void target(Violation expected, String method, String... targets) {
        for (String target : targets) {
            add(expected, method + " " + target + " HTTP/1.1\r\nHost: a\r\n\r\n");
        }
    }

    private static void version(Violation expected, String... versions) {
        for (String version : versions) {
            add(expected, "GET / " + version + "\r\nHost: a\r\n\r\n");
        }
    }

    /** Field lines after those of a valid request; each argument may hold several. */
    private static void field(Violation expected, String... lines) {
        for (String line : lines) {
            add(expected, "POST / HTTP/1.1\r\nHost: a\r\n" + line + "\r\n\r\n");
        }
    }

    private static void host(Violation expected, String... values) {
        for (String value : values) {
            add(expected, "GET / HTTP/1.1\r\nHost: " + value + "\r\n\r\n");
            if (!value.isEmpty()) {
                add(expected, "GET / HTTP/1.0\r\nhost:" + value + " \r\n\r\n");
            }
        }
    }

    private static void lines() {
        add(null, WRK, BROWSER, manyFields(40), "\r\n\r\n\r\n\r\n" + WRK, "\r\n" + WRK);
        add(null, "GET / HTTP/1.0\r\n\r\n", "X!#$%&'*+-.^_`|~9 / HTTP/1.1\r\nHost: a\r\n\r\n");
        for (String method :
                List.of("HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "get", "PROPFIND", "G")) {
            target(null, method, "/");
        }
        add(Violation.LEADING_EMPTY_LINES, "\r\n\r\n\r\n\r\n\r\n" + WRK);
        add(Violation.BARE_LF, "\n" + WRK, "\r\n\n" + WRK);
        add(Violation.BARE_CR, "\r" + WRK, "\r\r\n" + WRK, "\r\n\rx");
        add(Violation.METHOD, " GET / HTTP/1.1\r\n", "GET\t/ HTTP/1.1\r\n", "G(T / HTTP/1.1\r\n", "GE\u00e9T / H");
        add(
                Violation.METHOD,
                "GET\r\n",
                "GET\n",
                "\u0000",
                "\u0016\u0003\u0001\u0002",
                "{\"a\": 1}",
                "<xml/>",
                "\u0080GET");
        add(Violation.BARE_LF, "GET / HTTP/1.1\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\n\r\n", "GET /\n");
        add(Violation.BARE_LF, "GET / HTTP/1.1\r\nHost: a\r\n\n", "GET / HTTP/1.1\r\nHost: a\r\nX\n: b\r\n\r\n");
        add(Violation.BARE_CR, "GET / HTTP/1.1\rHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n");
        add(Violation.BARE_CR, "GET / HTTP/1.1\r\nHost: a\r\n\rX: b\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n");
    }

    private static void targets() {
        target(
                null,
                "GET",
                "/",
                "//",
                "//evil/x",
                "/a/b?c=d",
                "/?",
                "/??",
                "/a?b?c",
                "/%20%ff%FF",
                "/a%2Fb",
                "/;p=1,2");
        target(null, "GET", "/\"<>\\^`{|}", "/~a!$&'()*+,;=:@", "/?/?@:", "/..", "/./../x", "/a//b");
        target(null, "GET", "http://a", "http://a/", "HTTP://A/b?c", "https://a:8443/x", "http://a?q", "http://a:/");
        target(null, "GET", "http://[::1]/", "http://[2001:db8::1]:80/x?y", "http://1.2.3.4:80", "http://a%41b/");
        target(null, "OPTIONS", "*", "/", "http://a/");
        target(null, "CONNECT", "a:443", "[::1]:1", "1.2.3.4:65535", "a.b-c_d:80", "%41:1");
        target(
                Violation.TARGET_FORM,
                "GET",
                "*",
                "a",
                "a/b",
                "ftp://a/",
                "httpx://a",
                "http:/a",
                "http:a",
                "?a",
                "@",
                "http");
        target(
                Violation.TARGET_FORM,
                "GET",
                " /",
                "",
                "\r\n",
                "\\",
                "mailto:a@b",
                "www.example.org:80",
                "https:/",
                "htt\u00e9");
        target(Violation.TARGET_FORM, "OPTIONS", "**", "*/", "*?a", "a");
        target(Violation.TARGET_AUTHORITY, "GET", "http://", "http:///x", "http://?a", "http://:80/", "http://u@a/");
        target(
                Violation.TARGET_AUTHORITY,
                "GET",
                "http://u:p@a/",
                "http://a:b/",
                "http://a:65536/",
                "http://[::1",
                "https://[]/");
        target(
                Violation.TARGET_AUTHORITY,
                "GET",
                "http://a:80:80/",
                "http://a\"b/",
                "http://[1::2::3]/",
                "http://a\\b/");
        target(
                Violation.TARGET_PERCENT,
                "GET",
                "/%",
                "/%4",
                "/%zz",
                "/%4g",
                "/a%",
                "/%%41",
                "/?%",
                "/?a=%1",
                "http://a/%");
        target(
                Violation.TARGET_CHARACTER,
                "GET",
                "/#",
                "/a#b",
                "/\t",
                "/a\u0000",
                "/\u00e9",
                "/a\u007f",
                "/a\r\n",
                "/\u001f");
        target(Violation.TARGET_CHARACTER, "GET", "http://a/#b", "/\u0080", "/\u00ff");
        target(Violation.VERSION, "GET", "/a b", "/ ", "/  ");
        target(
                Violation.CONNECT_TARGET,
                "CONNECT",
                "a",
                "a:",
                "a:0",
                "a:65536",
                "a:b",
                ":80",
                "/",
                "http://a:80",
                "*",
                "u@a:80");
        target(
                Violation.CONNECT_TARGET,
                "CONNECT",
                "[::1]",
                "[::1:80",
                "a:80/",
                "a:80?b",
                "a:+80",
                "a:99999999999",
                "[::1]80");
        for (int c = 0x21; c < 0x7f; c++) {
            if (c != '#' && c != '%') {
                target(null, "GET", "/" + (char) c + "z");
            }
        }
    }

    private static void versions() {
        version(null, "HTTP/1.1", "HTTP/1.0", "HTTP/1.2", "HTTP/1.9");
        version(Violation.VERSION, "http/1.1", "Http/1.1", "HTTP/1", "HTTP/1.", "HTTP/1.x", "HTTP/1.10", "HTTP 1.1");
        version(
                Violation.VERSION,
                "HTTP/1.1 ",
                " HTTP/1.1",
                "HTTP/11.1",
                "HTTP/-1.1",
                "HTTP//1.1",
                "HTTPS/1.1",
                "",
                "x",
                "HTTP/1,1");
        version(Violation.VERSION, "HTTP/1.1\t", "HTTP/\u00b2.0", "ICY", "HTTP/");
        version(Violation.VERSION_UNSUPPORTED, "HTTP/2.0", "HTTP/0.9", "HTTP/3.0", "HTTP/2", "HTTP/9.9", "HTTP/01.1");
        add(Violation.VERSION_UNSUPPORTED, "GET * HTTP/2.0\r\n\r\nSM\r\n\r\n".replace("GET *", "GET /"));
    }

    private static void fields() {
        field(
                null,
                "A: b",
                "A:b",
                "A:",
                "A: ",
                "A: \t ",
                "A:\tb\t",
                "A:  b  ",
                "A: b c",
                "A: b\tc",
                "A: \u00e9\u00ff\u0080",
                "A: :");
        field(
                null,
                "!#$%&'*+-.^_`|~09azAZ: x",
                "A: b\r\nA: c",
                "A:: b",
                "1: 2",
                "A: \"q\\\"x\"",
                "X" + "y".repeat(300) + ": z");
        field(null, "A: " + "v".repeat(5000), "A: " + "\t".repeat(100) + "b", "A: a" + " ".repeat(100) + "b");
        for (String name : FieldName.all()) {
            switch (name) {
                case FieldName.HOST, FieldName.CONTENT_LENGTH, FieldName.TRANSFER_ENCODING, FieldName.EXPECT -> {}
                default ->
                    field(
                            null,
                            name + ": x",
                            name.toLowerCase(Locale.ROOT) + ": x",
                            name.toUpperCase(Locale.ROOT) + ":x");
            }
        }
        field(
                Violation.FIELD_NAME,
                ": a",
                ":",
                "A\u0000: b",
                "A(: b",
                "A\u00e9: b",
                "A\"b: c",
                "no colon here".replace(' ', '@'),
                "A");
        field(Violation.FIELD_NAME, "A\r: b", "A[1]: b", "A{: b", "\u0001: b", "A/b: c", "A;b: c", "Host\u0000: a");
        field(
                Violation.FIELD_NAME_SPACE,
                "A : b",
                "A\t: b",
                "A b: c",
                "no colon",
                "Content-Length : 5",
                "Transfer-Encoding : chunked");
        field(Violation.FOLDED_LINE, " A: b", "\tA: b", "A: b\r\n c", "A: b\r\n\tc", "A: b\r\n \r\nC: d", " ");
        field(Violation.BARE_LF, "A\n: b", "A: b\nC: d", "A: \n", "A:\n", "\nA: b");
        field(
                Violation.FIELD_VALUE,
                "A: b\u007f",
                "A: \u0000",
                "A: b\u0000c",
                "A:\u0001",
                "A: b\u001b[31m",
                "A: x\u0008",
                "A: \u000b",
                "A: \u000c");
        for (int c = 0; c < 0x20; c++) {
            if (c != '\t' && c != '\r' && c != '\n') {
                field(Violation.FIELD_VALUE, "A: abcdefgh" + (char) c + "i");
            }
        }
        for (int c = 0x80; c < 0x100; c++) {
            field(null, "A: " + (char) c + "bcd");
        }
        for (int c = 0; c < 0x100; c++) {
            if (c <= 0x20 || c >= 0x7f || "\"(),/;<=>?@[\\]{}".indexOf(c) >= 0) {
                Violation expected = c == '\n'
                        ? Violation.BARE_LF
                        : c == ' ' || c == '\t' ? Violation.FIELD_NAME_SPACE : Violation.FIELD_NAME;
                field(expected, "Nam" + (char) c + "e: x");
            }
        }
        add(Violation.FOLDED_LINE, "GET / HTTP/1.1\r\n Host: a\r\n\r\n", "GET / HTTP/1.1\r\n\tHost: a\r\n\r\n");
    }

    private static void hosts() {
        host(
                null,
                "a",
                "a:80",
                "a:",
                "127.0.0.1",
                "127.0.0.1:8080",
                "[::1]",
                "[::1]:8080",
                "a.b.c",
                "xn--bcher-kva.example",
                "A");
        host(
                null,
                "a_b",
                "a%20b",
                "!$&'()*+,;=",
                "[2001:db8:1:2:3:4:5:6]",
                "[::]",
                "[1::]",
                "[::ffff:1.2.3.4]",
                "[v1.a:b]",
                "a:65535");
        host(null, "[1:2:3:4:5:6:7::]", "[::2:3:4:5:6:7:8]", "[1:2:3:4:5:6:1.2.3.4]", "256.1.1.1", "a:0", "-", "~");
        host(
                Violation.HOST_INVALID,
                ":80",
                "a:b",
                "a:65536",
                "a:-1",
                "a b",
                "a/b",
                "a?b",
                "u@a",
                "a,b c",
                "[::1",
                "::1",
                "[]",
                "[::1]x");
        host(
                Violation.HOST_INVALID,
                "[1:2:3]",
                "[1::2::3]",
                "[12345::]",
                "[:::]",
                "[::1.2.3]",
                "[::1.2.3.256]",
                "[1:2:3:4:5:6:7:8:9]");
        host(
                Violation.HOST_INVALID,
                "[::%25eth0]",
                "[fe80::1%eth0]",
                "[v.x]",
                "[v1.]",
                "[vg.x]",
                "a%",
                "a%2",
                "a%zz",
                "\u00e9",
                "a\"",
                "<a>");
        host(
                Violation.HOST_INVALID,
                "[1:2:3:4:5:6:7::8:9]",
                "[:1]",
                "[1:]",
                "[::01.2.3.4]",
                "a:80:80",
                "a#b",
                "[::1]:x",
                "http://a",
                "[1.2.3.4]");
        host(
                Violation.HOST_INVALID,
                "",
                "a, b",
                "a\tb",
                "[::1.2.3.4:5]",
                "[1:2:3:4:5:6:7:1.2.3.4]",
                "{a}",
                "a\\b",
                "a|b",
                "[::1]]");
        add(
                Violation.HOST_MISSING,
                "GET / HTTP/1.1\r\n\r\n",
                "GET http://a/ HTTP/1.1\r\n\r\n",
                "CONNECT a:80 HTTP/1.1\r\n\r\n");
        add(Violation.HOST_MISSING, "GET / HTTP/1.1\r\nHosts: a\r\n\r\n", "OPTIONS * HTTP/1.1\r\nX-Host: a\r\n\r\n");
        add(
                Violation.HOST_REPEATED,
                "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
                "GET / HTTP/1.0\r\nHost: a\r\nHOST: b\r\n\r\n");
        add(
                Violation.HOST_REPEATED,
                "GET / HTTP/1.1\r\nhost: a\r\nX: y\r\nhOsT: b\r\n\r\n",
                "GET / HTTP/1.0\r\nHost:\r\nHost:\r\n\r\n");
        add(
                Violation.HOST_INVALID,
                "GET http://a/ HTTP/1.1\r\nHost: b c\r\n\r\n",
                "OPTIONS * HTTP/1.1\r\nHost:\r\n\r\n");
        add(
                null,
                "GET / HTTP/1.0\r\nHost:\r\n\r\n",
                "GET http://a/ HTTP/1.0\r\n\r\n",
                "GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n");
    }

    private static void lengths() {
        field(null, "Content-Length: 0", "Content-Length: 5", "content-length:007", "CONTENT-LENGTH: 1099511627776");
        field(null, "Content-Length: 00000000000000000000000000000001");
        field(
                Violation.LENGTH_INVALID,
                "Content-Length:",
                "Content-Length: -1",
                "Content-Length: +1",
                "Content-Length: 1 2");
        field(
                Violation.LENGTH_INVALID,
                "Content-Length: 0x10",
                "Content-Length: 1.0",
                "Content-Length: 5, 5",
                "Content-Length: 5,");
        field(
                Violation.LENGTH_INVALID,
                "Content-Length: a",
                "Content-Length: 1e3",
                "Content-Length: \u00b2",
                "CONTENT-length: 5;");
        field(
                Violation.LENGTH_INVALID,
                "Content-Length: \"5\"",
                "Content-Length: 99999999999999999999x",
                "Content-Length: ,5");
        field(
                Violation.LENGTH_REPEATED,
                "Content-Length: 5\r\nContent-Length: 5",
                "Content-Length: 5\r\ncontent-length: 6");
        field(Violation.LENGTH_WITH_CODING, "Content-Length: 5\r\nTransfer-Encoding: chunked");
        field(
                Violation.LENGTH_WITH_CODING,
                "Transfer-Encoding: chunked\r\nContent-Length: 5",
                "TRANSFER-ENCODING: x\r\nContent-Length: 5");
        field(Violation.CONTENT_TOO_LARGE, "Content-Length: 1099511627777", "Content-Length: 9223372036854775807");
        field(
                Violation.CONTENT_TOO_LARGE,
                "Content-Length: 9223372036854775808",
                "Content-Length: 18446744073709551616");
        field(
                Violation.CONTENT_TOO_LARGE,
                "Content-Length: 18446744073709551621",
                "Content-Length: " + "9".repeat(400));
        add(Violation.CONNECT_CONTENT, "CONNECT a:80 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
        add(Violation.CONNECT_CONTENT, "CONNECT a:80 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
        add(null, "POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\n");
    }

    private static void codings() {
        field(null, "Transfer-Encoding: chunked", "transfer-encoding:CHUNKED", "TRANSFER-ENCODING: Chunked ");
        field(
                Violation.CODING_NOT_CHUNKED,
                "Transfer-Encoding: gzip",
                "Transfer-Encoding: identity",
                "Transfer-Encoding: chunked, gzip");
        field(Violation.CODING_NOT_CHUNKED, "Transfer-Encoding: chunked, chunked", "Transfer-Encoding: xchunked");
        field(
                Violation.CODING_NOT_CHUNKED,
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
                "Transfer-Encoding: chunke");
        field(
                Violation.CODING_NOT_CHUNKED,
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
                "Transfer-Encoding: gzip;q=1");
        field(
                Violation.CODING_UNKNOWN,
                "Transfer-Encoding: gzip, chunked",
                "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked");
        field(Violation.CODING_UNKNOWN, "Transfer-Encoding: identity,chunked", "Transfer-Encoding: x;a=\"b\", chunked");
        field(
                Violation.CODING_INVALID,
                "Transfer-Encoding:",
                "Transfer-Encoding: ,chunked",
                "Transfer-Encoding: chunked,");
        field(
                Violation.CODING_INVALID,
                "Transfer-Encoding: chunked;a=b",
                "Transfer-Encoding: chunked ;",
                "Transfer-Encoding: chu nked");
        field(
                Violation.CODING_INVALID,
                "Transfer-Encoding: \"chunked\"",
                "Transfer-Encoding: chunked\u00e9",
                "Transfer-Encoding: @");
        field(
                Violation.CODING_INVALID,
                "Transfer-Encoding: , ,",
                "Transfer-Encoding: chunked gzip",
                "Transfer-Encoding: gzip,,chunked");
        field(Violation.FIELD_VALUE, "Transfer-Encoding: \u000bchunked", "Transfer-Encoding: chunked\u0000");
        add(Violation.CODING_IN_1_0, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n");
    }

    private static void connections() {
        field(
                null,
                "Connection: close",
                "Connection: keep-alive",
                "Connection:",
                "Connection: ,,close,",
                "Connection: @ junk");
        field(
                null,
                "Connection: Upgrade\r\nUpgrade: websocket",
                "Expect: 100-continue",
                "expect: 100-Continue",
                "Upgrade: h2c");
        field(null, "Expect: 100-continue\r\nExpect: 100-continue");
        field(
                Violation.EXPECTATION,
                "Expect: 200-ok",
                "Expect:",
                "Expect: 100-continue, x",
                "EXPECT: 100-continue;a=b");
        add(null, "GET / HTTP/1.0\r\nExpect: anything\r\n\r\n");
    }
}
