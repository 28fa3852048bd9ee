package dev.millrace.benchmarks;

import dev.millrace.http.FieldName;
import java.util.Arrays;

/** The lists of fields that the benchmarks of HPACK encode and decode: name, value, name, value, … */
final class FieldLists {
    private static final String[] REQUEST = {
        ":method",
        "GET",
        ":scheme",
        "https",
        ":authority",
        "www.example.org",
        ":path",
        "/catalogue/watermills?sort=year&page=10000",
        FieldName.SEC_CH_UA,
        "\"Chromium\";v=\"139\", \"Not;A=Brand\";v=\"99\"",
        FieldName.SEC_CH_UA_MOBILE,
        "?0",
        FieldName.SEC_CH_UA_PLATFORM,
        "\"Linux\"",
        FieldName.USER_AGENT,
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36",
        FieldName.ACCEPT,
        "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
        FieldName.SEC_FETCH_SITE,
        "same-origin",
        FieldName.SEC_FETCH_MODE,
        "no-cors",
        FieldName.SEC_FETCH_DEST,
        "image",
        FieldName.REFERER,
        "https://www.example.org/catalogue/",
        FieldName.ACCEPT_ENCODING,
        "gzip, deflate, br, zstd",
        FieldName.ACCEPT_LANGUAGE,
        "en-GB,en;q=0.9,de;q=0.8",
        FieldName.COOKIE,
        "session=b7c1f0de52a94e68"
    };

    private static final String[] RESPONSE = {
        ":status",
        "200",
        FieldName.SERVER,
        "millrace",
        FieldName.DATE,
        "Sat, 01 Mar 2025 10:00:00 GMT",
        FieldName.CONTENT_TYPE,
        "image/webp",
        FieldName.CONTENT_LENGTH,
        "10000",
        FieldName.LAST_MODIFIED,
        "Fri, 28 Feb 2025 17:21:00 GMT",
        FieldName.ETAG,
        "\"5f-1a2b3c-10000\"",
        FieldName.CACHE_CONTROL,
        "public, max-age=86400",
        FieldName.ACCEPT_RANGES,
        "bytes",
        FieldName.VARY,
        "accept-encoding",
        FieldName.STRICT_TRANSPORT_SECURITY,
        "max-age=31536000; includeSubDomains",
        FieldName.X_CONTENT_TYPE_OPTIONS,
        "nosniff"
    };

    private FieldLists() {}

    /**
     * A list by its name.
     *
     * @param name {@code request} (16 fields, as a browser asks for an image) or {@code response} (12 fields)
     */
    static String[] named(String name) {
        return switch (name) {
            case "request" -> REQUEST.clone();
            case "response" -> RESPONSE.clone();
            default -> throw new IllegalArgumentException(name);
        };
    }

    /**
     * A list that differs from the named one in the values that differ from message to message: of a request the path, of
     * a response the length and the entity tag.
     *
     * @param number below 10,000
     */
    static String[] differing(String name, int number) {
        String digits = Integer.toString(10_000 + number);
        return Arrays.stream(named(name))
                .map(text -> text.replace("10000", digits))
                .toArray(String[]::new);
    }

    /** A list of which no value, but those of pseudo-header fields, is in one of another number. */
    static String[] unseen(String name, int number) {
        String[] fields = differing(name, number);
        for (int i = 0; i < fields.length; i += 2) {
            if (fields[i].charAt(0) != ':') {
                fields[i + 1] = number + fields[i + 1];
            }
        }
        return fields;
    }
}
