package dev.millrace.internal.hpack;

/** The entries that every table starts with (RFC 7541 appendix A). */
final class StaticTable {
    private static final String[] FIELDS = {
        ":authority", "",
        ":method", "GET",
        ":method", "POST",
        ":path", "/",
        ":path", "/index.html",
        ":scheme", "http",
        ":scheme", "https",
        ":status", "200",
        ":status", "204",
        ":status", "206",
        ":status", "304",
        ":status", "400",
        ":status", "404",
        ":status", "500",
        "accept-charset", "",
        "accept-encoding", "gzip, deflate",
        "accept-language", "",
        "accept-ranges", "",
        "accept", "",
        "access-control-allow-origin", "",
        "age", "",
        "allow", "",
        "authorization", "",
        "cache-control", "",
        "content-disposition", "",
        "content-encoding", "",
        "content-language", "",
        "content-length", "",
        "content-location", "",
        "content-range", "",
        "content-type", "",
        "cookie", "",
        "date", "",
        "etag", "",
        "expect", "",
        "expires", "",
        "from", "",
        "host", "",
        "if-match", "",
        "if-modified-since", "",
        "if-none-match", "",
        "if-range", "",
        "if-unmodified-since", "",
        "last-modified", "",
        "link", "",
        "location", "",
        "max-forwards", "",
        "proxy-authenticate", "",
        "proxy-authorization", "",
        "range", "",
        "referer", "",
        "refresh", "",
        "retry-after", "",
        "server", "",
        "set-cookie", "",
        "strict-transport-security", "",
        "transfer-encoding", "",
        "user-agent", "",
        "vary", "",
        "via", "",
        "www-authenticate", ""
    };

    /** The highest index of this table. */
    static final int LENGTH = FIELDS.length / 2;
    /** No entry. */
    static final int NONE = 0;

    private static final HeaderField[] ENTRIES = new HeaderField[LENGTH + 1];

    static {
        for (int i = 0; i <= LENGTH; i++) {
            // there is no entry 0; in its place stands one that nobody asks for
            ENTRIES[i] = HeaderField.of(name(Math.max(1, i)), value(Math.max(1, i)));
        }
    }

    private StaticTable() {}

    /** The entry at an index, from 1 to {@link #LENGTH}. */
    static HeaderField entry(int index) {
        return ENTRIES[index];
    }

    /** The name at an index, from 1 to {@link #LENGTH}. */
    static String name(int index) {
        return FIELDS[2 * index - 2];
    }

    /** The value at an index. */
    static String value(int index) {
        return FIELDS[2 * index - 1];
    }

    /** The index of {@code :status} with a code, or {@link #NONE}. */
    static int status(int code) {
        return switch (code) {
            case 200 -> 8;
            case 204 -> 9;
            case 206 -> 10;
            case 304 -> 11;
            case 400 -> 12;
            case 404 -> 13;
            case 500 -> 14;
            default -> NONE;
        };
    }
}
