package dev.millrace.benchmarks;

import static java.nio.charset.StandardCharsets.US_ASCII;

/** The requests that the benchmarks decode. None has a body. */
final class Requests {

    private static final String WRK = "GET /plaintext HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n";

    private static final String BROWSER = "GET /catalogue/watermills?sort=year&page=2 HTTP/1.1\r\n"
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

    private Requests() {}

    /**
     * A request by its name.
     *
     * @param name {@code wrk}, {@code browser} (16 fields) or {@code fields40} (40 fields, half of them of unknown names)
     * @return its bytes
     */
    static byte[] named(String name) {
        return switch (name) {
            case "wrk" -> WRK.getBytes(US_ASCII);
            case "browser" -> BROWSER.getBytes(US_ASCII);
            case "fields40" -> fields40().getBytes(US_ASCII);
            default -> throw new IllegalArgumentException(name);
        };
    }

    /**
     * Requests that differ from a named one, and from each other, in the last character of the target and in the last
     * one of Host.
     *
     * @param name of the request
     * @param count how many, at most 10
     * @return their bytes, all of one length
     */
    static byte[][] differing(String name, int count) {
        byte[][] all = new byte[count][];
        StringBuilder head = new StringBuilder(new String(named(name), US_ASCII));
        int target = head.indexOf(" HTTP/1.1\r\n") - 1;
        int host = head.indexOf("\r\n", head.indexOf("\r\nHost: ") + 2) - 1;
        for (int i = 0; i < count; i++) {
            head.setCharAt(target, (char) ('0' + i));
            head.setCharAt(host, (char) ('0' + i));
            all[i] = head.toString().getBytes(US_ASCII);
        }
        return all;
    }

    private static String fields40() {
        StringBuilder head = new StringBuilder(BROWSER.substring(0, BROWSER.length() - 2));
        head.append("Origin: https://www.example.org\r\n")
                .append("Cache-Control: max-age=0\r\n")
                .append("If-None-Match: \"5f-1a2b3c\"\r\n")
                .append("If-Modified-Since: Sat, 01 Mar 2025 10:00:00 GMT\r\n");
        for (int i = 1; i <= 20; i++) {
            head.append("X-Trace-Element-")
                    .append(i)
                    .append(": 00f067aa0ba902b7-")
                    .append(i)
                    .append("\r\n");
        }
        return head.append("\r\n").toString();
    }
}
