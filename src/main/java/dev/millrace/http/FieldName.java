package dev.millrace.http;

import java.util.List;

/**
 * Names of header fields in the spelling of their registrations (RFC 9110 §18.4 and the IANA registry). Field names
 * have no case; the constants exist so that programs agree on one object, which makes look-ups and decoding cheaper.
 */
public final class FieldName {
    /** {@code Accept}. */
    public static final String ACCEPT = "Accept";

    /** {@code Accept-Charset}. */
    public static final String ACCEPT_CHARSET = "Accept-Charset";

    /** {@code Accept-Encoding}. */
    public static final String ACCEPT_ENCODING = "Accept-Encoding";

    /** {@code Accept-Language}. */
    public static final String ACCEPT_LANGUAGE = "Accept-Language";

    /** {@code Accept-Ranges}. */
    public static final String ACCEPT_RANGES = "Accept-Ranges";

    /** {@code Access-Control-Allow-Credentials}. */
    public static final String ACCESS_CONTROL_ALLOW_CREDENTIALS = "Access-Control-Allow-Credentials";

    /** {@code Access-Control-Allow-Headers}. */
    public static final String ACCESS_CONTROL_ALLOW_HEADERS = "Access-Control-Allow-Headers";

    /** {@code Access-Control-Allow-Methods}. */
    public static final String ACCESS_CONTROL_ALLOW_METHODS = "Access-Control-Allow-Methods";

    /** {@code Access-Control-Allow-Origin}. */
    public static final String ACCESS_CONTROL_ALLOW_ORIGIN = "Access-Control-Allow-Origin";

    /** {@code Access-Control-Expose-Headers}. */
    public static final String ACCESS_CONTROL_EXPOSE_HEADERS = "Access-Control-Expose-Headers";

    /** {@code Access-Control-Max-Age}. */
    public static final String ACCESS_CONTROL_MAX_AGE = "Access-Control-Max-Age";

    /** {@code Access-Control-Request-Headers}. */
    public static final String ACCESS_CONTROL_REQUEST_HEADERS = "Access-Control-Request-Headers";

    /** {@code Access-Control-Request-Method}. */
    public static final String ACCESS_CONTROL_REQUEST_METHOD = "Access-Control-Request-Method";

    /** {@code Age}. */
    public static final String AGE = "Age";

    /** {@code Allow}. */
    public static final String ALLOW = "Allow";

    /** {@code Alt-Svc}. */
    public static final String ALT_SVC = "Alt-Svc";

    /** {@code Authorization}. */
    public static final String AUTHORIZATION = "Authorization";

    /** {@code Cache-Control}. */
    public static final String CACHE_CONTROL = "Cache-Control";

    /** {@code Connection}. */
    public static final String CONNECTION = "Connection";

    /** {@code Content-Disposition}. */
    public static final String CONTENT_DISPOSITION = "Content-Disposition";

    /** {@code Content-Encoding}. */
    public static final String CONTENT_ENCODING = "Content-Encoding";

    /** {@code Content-Language}. */
    public static final String CONTENT_LANGUAGE = "Content-Language";

    /** {@code Content-Length}. */
    public static final String CONTENT_LENGTH = "Content-Length";

    /** {@code Content-Location}. */
    public static final String CONTENT_LOCATION = "Content-Location";

    /** {@code Content-Range}. */
    public static final String CONTENT_RANGE = "Content-Range";

    /** {@code Content-Security-Policy}. */
    public static final String CONTENT_SECURITY_POLICY = "Content-Security-Policy";

    /** {@code Content-Type}. */
    public static final String CONTENT_TYPE = "Content-Type";

    /** {@code Cookie}. */
    public static final String COOKIE = "Cookie";

    /** {@code DNT}. */
    public static final String DNT = "DNT";

    /** {@code Date}. */
    public static final String DATE = "Date";

    /** {@code ETag}. */
    public static final String ETAG = "ETag";

    /** {@code Early-Data}. */
    public static final String EARLY_DATA = "Early-Data";

    /** {@code Expect}. */
    public static final String EXPECT = "Expect";

    /** {@code Expires}. */
    public static final String EXPIRES = "Expires";

    /** {@code Forwarded}. */
    public static final String FORWARDED = "Forwarded";

    /** {@code From}. */
    public static final String FROM = "From";

    /** {@code Host}. */
    public static final String HOST = "Host";

    /** {@code If-Match}. */
    public static final String IF_MATCH = "If-Match";

    /** {@code If-Modified-Since}. */
    public static final String IF_MODIFIED_SINCE = "If-Modified-Since";

    /** {@code If-None-Match}. */
    public static final String IF_NONE_MATCH = "If-None-Match";

    /** {@code If-Range}. */
    public static final String IF_RANGE = "If-Range";

    /** {@code If-Unmodified-Since}. */
    public static final String IF_UNMODIFIED_SINCE = "If-Unmodified-Since";

    /** {@code Keep-Alive}. */
    public static final String KEEP_ALIVE = "Keep-Alive";

    /** {@code Last-Modified}. */
    public static final String LAST_MODIFIED = "Last-Modified";

    /** {@code Link}. */
    public static final String LINK = "Link";

    /** {@code Location}. */
    public static final String LOCATION = "Location";

    /** {@code Max-Forwards}. */
    public static final String MAX_FORWARDS = "Max-Forwards";

    /** {@code Origin}. */
    public static final String ORIGIN = "Origin";

    /** {@code Pragma}. */
    public static final String PRAGMA = "Pragma";

    /** {@code Priority}. */
    public static final String PRIORITY = "Priority";

    /** {@code Proxy-Authenticate}. */
    public static final String PROXY_AUTHENTICATE = "Proxy-Authenticate";

    /** {@code Proxy-Authorization}. */
    public static final String PROXY_AUTHORIZATION = "Proxy-Authorization";

    /** {@code Proxy-Connection}. */
    public static final String PROXY_CONNECTION = "Proxy-Connection";

    /** {@code Range}. */
    public static final String RANGE = "Range";

    /** {@code Referer}. */
    public static final String REFERER = "Referer";

    /** {@code Retry-After}. */
    public static final String RETRY_AFTER = "Retry-After";

    /** {@code Sec-CH-UA}. */
    public static final String SEC_CH_UA = "Sec-CH-UA";

    /** {@code Sec-CH-UA-Mobile}. */
    public static final String SEC_CH_UA_MOBILE = "Sec-CH-UA-Mobile";

    /** {@code Sec-CH-UA-Platform}. */
    public static final String SEC_CH_UA_PLATFORM = "Sec-CH-UA-Platform";

    /** {@code Sec-Fetch-Dest}. */
    public static final String SEC_FETCH_DEST = "Sec-Fetch-Dest";

    /** {@code Sec-Fetch-Mode}. */
    public static final String SEC_FETCH_MODE = "Sec-Fetch-Mode";

    /** {@code Sec-Fetch-Site}. */
    public static final String SEC_FETCH_SITE = "Sec-Fetch-Site";

    /** {@code Sec-Fetch-User}. */
    public static final String SEC_FETCH_USER = "Sec-Fetch-User";

    /** {@code Sec-GPC}. */
    public static final String SEC_GPC = "Sec-GPC";

    /** {@code Sec-WebSocket-Accept}. */
    public static final String SEC_WEBSOCKET_ACCEPT = "Sec-WebSocket-Accept";

    /** {@code Sec-WebSocket-Extensions}. */
    public static final String SEC_WEBSOCKET_EXTENSIONS = "Sec-WebSocket-Extensions";

    /** {@code Sec-WebSocket-Key}. */
    public static final String SEC_WEBSOCKET_KEY = "Sec-WebSocket-Key";

    /** {@code Sec-WebSocket-Protocol}. */
    public static final String SEC_WEBSOCKET_PROTOCOL = "Sec-WebSocket-Protocol";

    /** {@code Sec-WebSocket-Version}. */
    public static final String SEC_WEBSOCKET_VERSION = "Sec-WebSocket-Version";

    /** {@code Server}. */
    public static final String SERVER = "Server";

    /** {@code Set-Cookie}. */
    public static final String SET_COOKIE = "Set-Cookie";

    /** {@code Strict-Transport-Security}. */
    public static final String STRICT_TRANSPORT_SECURITY = "Strict-Transport-Security";

    /** {@code TE}. */
    public static final String TE = "TE";

    /** {@code Trailer}. */
    public static final String TRAILER = "Trailer";

    /** {@code Transfer-Encoding}. */
    public static final String TRANSFER_ENCODING = "Transfer-Encoding";

    /** {@code Upgrade}. */
    public static final String UPGRADE = "Upgrade";

    /** {@code Upgrade-Insecure-Requests}. */
    public static final String UPGRADE_INSECURE_REQUESTS = "Upgrade-Insecure-Requests";

    /** {@code User-Agent}. */
    public static final String USER_AGENT = "User-Agent";

    /** {@code Vary}. */
    public static final String VARY = "Vary";

    /** {@code Via}. */
    public static final String VIA = "Via";

    /** {@code WWW-Authenticate}. */
    public static final String WWW_AUTHENTICATE = "WWW-Authenticate";

    /** {@code X-Content-Type-Options}. */
    public static final String X_CONTENT_TYPE_OPTIONS = "X-Content-Type-Options";

    /** {@code X-Forwarded-For}. */
    public static final String X_FORWARDED_FOR = "X-Forwarded-For";

    /** {@code X-Forwarded-Host}. */
    public static final String X_FORWARDED_HOST = "X-Forwarded-Host";

    /** {@code X-Forwarded-Proto}. */
    public static final String X_FORWARDED_PROTO = "X-Forwarded-Proto";

    /** {@code X-Frame-Options}. */
    public static final String X_FRAME_OPTIONS = "X-Frame-Options";

    /** {@code X-Real-IP}. */
    public static final String X_REAL_IP = "X-Real-IP";

    /** {@code X-Request-ID}. */
    public static final String X_REQUEST_ID = "X-Request-ID";

    /** {@code X-Requested-With}. */
    public static final String X_REQUESTED_WITH = "X-Requested-With";

    private static final List<String> ALL = List.of(
            ACCEPT,
            ACCEPT_CHARSET,
            ACCEPT_ENCODING,
            ACCEPT_LANGUAGE,
            ACCEPT_RANGES,
            ACCESS_CONTROL_ALLOW_CREDENTIALS,
            ACCESS_CONTROL_ALLOW_HEADERS,
            ACCESS_CONTROL_ALLOW_METHODS,
            ACCESS_CONTROL_ALLOW_ORIGIN,
            ACCESS_CONTROL_EXPOSE_HEADERS,
            ACCESS_CONTROL_MAX_AGE,
            ACCESS_CONTROL_REQUEST_HEADERS,
            ACCESS_CONTROL_REQUEST_METHOD,
            AGE,
            ALLOW,
            ALT_SVC,
            AUTHORIZATION,
            CACHE_CONTROL,
            CONNECTION,
            CONTENT_DISPOSITION,
            CONTENT_ENCODING,
            CONTENT_LANGUAGE,
            CONTENT_LENGTH,
            CONTENT_LOCATION,
            CONTENT_RANGE,
            CONTENT_SECURITY_POLICY,
            CONTENT_TYPE,
            COOKIE,
            DNT,
            DATE,
            ETAG,
            EARLY_DATA,
            EXPECT,
            EXPIRES,
            FORWARDED,
            FROM,
            HOST,
            IF_MATCH,
            IF_MODIFIED_SINCE,
            IF_NONE_MATCH,
            IF_RANGE,
            IF_UNMODIFIED_SINCE,
            KEEP_ALIVE,
            LAST_MODIFIED,
            LINK,
            LOCATION,
            MAX_FORWARDS,
            ORIGIN,
            PRAGMA,
            PRIORITY,
            PROXY_AUTHENTICATE,
            PROXY_AUTHORIZATION,
            PROXY_CONNECTION,
            RANGE,
            REFERER,
            RETRY_AFTER,
            SEC_CH_UA,
            SEC_CH_UA_MOBILE,
            SEC_CH_UA_PLATFORM,
            SEC_FETCH_DEST,
            SEC_FETCH_MODE,
            SEC_FETCH_SITE,
            SEC_FETCH_USER,
            SEC_GPC,
            SEC_WEBSOCKET_ACCEPT,
            SEC_WEBSOCKET_EXTENSIONS,
            SEC_WEBSOCKET_KEY,
            SEC_WEBSOCKET_PROTOCOL,
            SEC_WEBSOCKET_VERSION,
            SERVER,
            SET_COOKIE,
            STRICT_TRANSPORT_SECURITY,
            TE,
            TRAILER,
            TRANSFER_ENCODING,
            UPGRADE,
            UPGRADE_INSECURE_REQUESTS,
            USER_AGENT,
            VARY,
            VIA,
            WWW_AUTHENTICATE,
            X_CONTENT_TYPE_OPTIONS,
            X_FORWARDED_FOR,
            X_FORWARDED_HOST,
            X_FORWARDED_PROTO,
            X_FRAME_OPTIONS,
            X_REAL_IP,
            X_REQUEST_ID,
            X_REQUESTED_WITH);

    private FieldName() {}

    /** {@return all constants of this class, in alphabetical order} */
    public static List<String> all() {
        return ALL;
    }
}
