package dev.millrace.internal.exchange;

import dev.millrace.http.FieldName;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/** Which fields may stand in a trailer section. */
public final class TrailerNames {
    /** Fields that frame, route, control or describe the message and so mean nothing after it (RFC 9110 §6.5.1). */
    private static final Set<String> FORBIDDEN = forbidden(
            FieldName.ACCEPT,
            FieldName.ACCEPT_CHARSET,
            FieldName.ACCEPT_ENCODING,
            FieldName.ACCEPT_LANGUAGE,
            FieldName.AGE,
            FieldName.AUTHORIZATION,
            FieldName.CACHE_CONTROL,
            FieldName.CONNECTION,
            FieldName.CONTENT_ENCODING,
            FieldName.CONTENT_LANGUAGE,
            FieldName.CONTENT_LENGTH,
            FieldName.CONTENT_LOCATION,
            FieldName.CONTENT_RANGE,
            FieldName.CONTENT_TYPE,
            FieldName.COOKIE,
            FieldName.DATE,
            FieldName.EARLY_DATA,
            FieldName.EXPECT,
            FieldName.EXPIRES,
            FieldName.FORWARDED,
            FieldName.HOST,
            FieldName.IF_MATCH,
            FieldName.IF_MODIFIED_SINCE,
            FieldName.IF_NONE_MATCH,
            FieldName.IF_RANGE,
            FieldName.IF_UNMODIFIED_SINCE,
            FieldName.KEEP_ALIVE,
            FieldName.LOCATION,
            FieldName.MAX_FORWARDS,
            FieldName.PRAGMA,
            FieldName.PROXY_AUTHENTICATE,
            FieldName.PROXY_AUTHORIZATION,
            FieldName.PROXY_CONNECTION,
            FieldName.RANGE,
            FieldName.RETRY_AFTER,
            FieldName.SET_COOKIE,
            FieldName.TE,
            FieldName.TRAILER,
            FieldName.TRANSFER_ENCODING,
            FieldName.UPGRADE,
            FieldName.VARY,
            FieldName.VIA,
            FieldName.WWW_AUTHENTICATE,
            FieldName.X_FORWARDED_FOR,
            FieldName.X_FORWARDED_HOST,
            FieldName.X_FORWARDED_PROTO,
            FieldName.X_REAL_IP);

    private TrailerNames() {}

    private static Set<String> forbidden(String... names) {
        Set<String> both = new HashSet<>(4 * names.length);
        for (String name : names) {
            both.add(name);
            both.add(name.toLowerCase(Locale.ROOT));
        }
        return both;
    }

    /**
     * {@return whether a field still means something after the content}
     *
     * @param name the field's name, as registered or in lower case
     */
    public static boolean allowed(String name) {
        return !FORBIDDEN.contains(name);
    }
}
