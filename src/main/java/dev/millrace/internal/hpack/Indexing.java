package dev.millrace.internal.hpack;

import dev.millrace.http.FieldName;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** Which fields are worth an entry of the encoder's dynamic table, by their names. */
enum Indexing {
    /** The value is one of few: indexed when it is first seen. */
    AT_ONCE,
    /** Most values come once, some again and again: indexed when it is seen for the second time in a while. */
    WHEN_REPEATED,
    /** A secret, which no table may hold, here or at an intermediary (RFC 7541 §7.1.3). */
    NEVER,
    /** A secret if it is short, so that it cannot be guessed by trying (RFC 7541 §7.1.1): else as {@link #AT_ONCE}. */
    NEVER_IF_SHORT;

    private static final Map<String, Indexing> RULES = rules();

    private static Map<String, Indexing> rules() {
        Map<String, Indexing> rules = new HashMap<>();
        put(rules, NEVER, FieldName.AUTHORIZATION, FieldName.PROXY_AUTHORIZATION, FieldName.SET_COOKIE);
        put(rules, NEVER_IF_SHORT, FieldName.COOKIE);
        put(
                rules,
                WHEN_REPEATED,
                ":path",
                FieldName.AGE,
                FieldName.CONTENT_LENGTH,
                FieldName.CONTENT_LOCATION,
                FieldName.CONTENT_RANGE,
                FieldName.DATE,
                FieldName.ETAG,
                FieldName.EXPIRES,
                FieldName.FORWARDED,
                FieldName.IF_MATCH,
                FieldName.IF_MODIFIED_SINCE,
                FieldName.IF_NONE_MATCH,
                FieldName.IF_RANGE,
                FieldName.IF_UNMODIFIED_SINCE,
                FieldName.LAST_MODIFIED,
                FieldName.LINK,
                FieldName.LOCATION,
                FieldName.RANGE,
                FieldName.RETRY_AFTER,
                FieldName.SEC_WEBSOCKET_ACCEPT,
                FieldName.SEC_WEBSOCKET_KEY,
                FieldName.X_FORWARDED_FOR,
                FieldName.X_REAL_IP,
                FieldName.X_REQUEST_ID);
        return rules;
    }

    private static void put(Map<String, Indexing> rules, Indexing rule, String... names) {
        for (String name : names) {
            rules.put(name.toLowerCase(Locale.ROOT), rule);
        }
    }

    /** The rule for a known name. */
    static Indexing of(String name) {
        return RULES.getOrDefault(name.toLowerCase(Locale.ROOT), AT_ONCE);
    }

    /** Whether values are secrets, be they short or long. */
    boolean secret() {
        return this == NEVER || this == NEVER_IF_SHORT;
    }
}
