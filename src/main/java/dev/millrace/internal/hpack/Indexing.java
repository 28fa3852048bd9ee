package dev.millrace.internal.hpack;

import dev.millrace.http.FieldName;
import java.util.Set;

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

    private static final Set<String> ONE_OF_MANY = Set.of(
            ":path",
            ":status",
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

    /** The rule for a known name, in the spelling of its registration. */
    static Indexing of(String registered) {
        return switch (registered) {
            case FieldName.AUTHORIZATION, FieldName.PROXY_AUTHORIZATION, FieldName.SET_COOKIE -> NEVER;
            case FieldName.COOKIE -> NEVER_IF_SHORT;
            default -> ONE_OF_MANY.contains(registered) ? WHEN_REPEATED : AT_ONCE;
        };
    }
}
