package dev.millrace.http;

import dev.millrace.internal.bytes.Nullable;

/**
 * A response's status code (RFC 9110 §15) with its reason phrase. Values of one code are one object, so {@code ==}
 * compares them.
 *
 * <p>Immutable and safe for any thread.
 */
public final class Status {
    private static final int LOWEST = 100;
    private static final int HIGHEST = 599;
    private static final @Nullable Status[] KNOWN = new @Nullable Status[HIGHEST - LOWEST + 1];

    /** 100 Continue. */
    public static final Status CONTINUE = known(100, "Continue");

    /** 101 Switching Protocols. */
    public static final Status SWITCHING_PROTOCOLS = known(101, "Switching Protocols");

    /** 103 Early Hints. */
    public static final Status EARLY_HINTS = known(103, "Early Hints");

    /** 200 OK. */
    public static final Status OK = known(200, "OK");

    /** 201 Created. */
    public static final Status CREATED = known(201, "Created");

    /** 202 Accepted. */
    public static final Status ACCEPTED = known(202, "Accepted");

    /** 204 No Content. */
    public static final Status NO_CONTENT = known(204, "No Content");

    /** 205 Reset Content. */
    public static final Status RESET_CONTENT = known(205, "Reset Content");

    /** 206 Partial Content. */
    public static final Status PARTIAL_CONTENT = known(206, "Partial Content");

    /** 301 Moved Permanently. */
    public static final Status MOVED_PERMANENTLY = known(301, "Moved Permanently");

    /** 302 Found. */
    public static final Status FOUND = known(302, "Found");

    /** 303 See Other. */
    public static final Status SEE_OTHER = known(303, "See Other");

    /** 304 Not Modified. */
    public static final Status NOT_MODIFIED = known(304, "Not Modified");

    /** 307 Temporary Redirect. */
    public static final Status TEMPORARY_REDIRECT = known(307, "Temporary Redirect");

    /** 308 Permanent Redirect. */
    public static final Status PERMANENT_REDIRECT = known(308, "Permanent Redirect");

    /** 400 Bad Request. */
    public static final Status BAD_REQUEST = known(400, "Bad Request");

    /** 401 Unauthorized. */
    public static final Status UNAUTHORIZED = known(401, "Unauthorized");

    /** 403 Forbidden. */
    public static final Status FORBIDDEN = known(403, "Forbidden");

    /** 404 Not Found. */
    public static final Status NOT_FOUND = known(404, "Not Found");

    /** 405 Method Not Allowed. */
    public static final Status METHOD_NOT_ALLOWED = known(405, "Method Not Allowed");

    /** 406 Not Acceptable. */
    public static final Status NOT_ACCEPTABLE = known(406, "Not Acceptable");

    /** 407 Proxy Authentication Required. */
    public static final Status PROXY_AUTHENTICATION_REQUIRED = known(407, "Proxy Authentication Required");

    /** 408 Request Timeout. */
    public static final Status REQUEST_TIMEOUT = known(408, "Request Timeout");

    /** 409 Conflict. */
    public static final Status CONFLICT = known(409, "Conflict");

    /** 410 Gone. */
    public static final Status GONE = known(410, "Gone");

    /** 411 Length Required. */
    public static final Status LENGTH_REQUIRED = known(411, "Length Required");

    /** 412 Precondition Failed. */
    public static final Status PRECONDITION_FAILED = known(412, "Precondition Failed");

    /** 413 Content Too Large. */
    public static final Status CONTENT_TOO_LARGE = known(413, "Content Too Large");

    /** 414 URI Too Long. */
    public static final Status URI_TOO_LONG = known(414, "URI Too Long");

    /** 415 Unsupported Media Type. */
    public static final Status UNSUPPORTED_MEDIA_TYPE = known(415, "Unsupported Media Type");

    /** 416 Range Not Satisfiable. */
    public static final Status RANGE_NOT_SATISFIABLE = known(416, "Range Not Satisfiable");

    /** 417 Expectation Failed. */
    public static final Status EXPECTATION_FAILED = known(417, "Expectation Failed");

    /** 421 Misdirected Request. */
    public static final Status MISDIRECTED_REQUEST = known(421, "Misdirected Request");

    /** 422 Unprocessable Content. */
    public static final Status UNPROCESSABLE_CONTENT = known(422, "Unprocessable Content");

    /** 425 Too Early. */
    public static final Status TOO_EARLY = known(425, "Too Early");

    /** 426 Upgrade Required. */
    public static final Status UPGRADE_REQUIRED = known(426, "Upgrade Required");

    /** 428 Precondition Required. */
    public static final Status PRECONDITION_REQUIRED = known(428, "Precondition Required");

    /** 429 Too Many Requests. */
    public static final Status TOO_MANY_REQUESTS = known(429, "Too Many Requests");

    /** 431 Request Header Fields Too Large. */
    public static final Status REQUEST_HEADER_FIELDS_TOO_LARGE = known(431, "Request Header Fields Too Large");

    /** 500 Internal Server Error. */
    public static final Status INTERNAL_SERVER_ERROR = known(500, "Internal Server Error");

    /** 501 Not Implemented. */
    public static final Status NOT_IMPLEMENTED = known(501, "Not Implemented");

    /** 502 Bad Gateway. */
    public static final Status BAD_GATEWAY = known(502, "Bad Gateway");

    /** 503 Service Unavailable. */
    public static final Status SERVICE_UNAVAILABLE = known(503, "Service Unavailable");

    /** 504 Gateway Timeout. */
    public static final Status GATEWAY_TIMEOUT = known(504, "Gateway Timeout");

    /** 505 HTTP Version Not Supported. */
    public static final Status HTTP_VERSION_NOT_SUPPORTED = known(505, "HTTP Version Not Supported");

    static {
        known(102, "Processing");
        known(203, "Non-Authoritative Information");
        known(207, "Multi-Status");
        known(208, "Already Reported");
        known(226, "IM Used");
        known(300, "Multiple Choices");
        known(305, "Use Proxy");
        known(402, "Payment Required");
        known(418, "I'm a teapot");
        known(423, "Locked");
        known(424, "Failed Dependency");
        known(451, "Unavailable For Legal Reasons");
        known(506, "Variant Also Negotiates");
        known(507, "Insufficient Storage");
        known(508, "Loop Detected");
        known(511, "Network Authentication Required");
    }

    private final int code;
    private final String reason;

    private Status(int code, String reason) {
        this.code = code;
        this.reason = reason;
    }

    private static Status known(int code, String reason) {
        Status status = new Status(code, reason);
        KNOWN[code - LOWEST] = status;
        return status;
    }

    /**
     * The status of that code; the reason phrase is empty for an unregistered one.
     *
     * @param code 100 to 599
     * @return the one value for that code
     * @throws IllegalArgumentException if the code is outside 100 to 599
     */
    public static Status of(int code) {
        if (code < LOWEST || code > HIGHEST) {
            throw new IllegalArgumentException("status code " + code + " is outside 100 to 599 (RFC 9110 §15)");
        }
        Status known = KNOWN[code - LOWEST];
        return known != null ? known : unregistered(code);
    }

    private static synchronized Status unregistered(int code) {
        Status known = KNOWN[code - LOWEST];
        return known != null ? known : known(code, "");
    }

    /** {@return the three-digit code} */
    public int code() {
        return code;
    }

    /** {@return the reason phrase, empty where none is registered; HTTP/2 never sends it} */
    public String reason() {
        return reason;
    }

    /** {@return the class of the status: 1 to 5, its first digit} */
    public int family() {
        return code / 100;
    }

    /** {@return whether this is an interim status (1xx)} */
    public boolean informational() {
        return code < 200;
    }

    /** {@return whether a response of this status never has content: 1xx, 204 and 304 (RFC 9110 §6.4.1)} */
    public boolean bodiless() {
        return code < 200 || code == 204 || code == 304;
    }

    @Override
    public String toString() {
        return reason.isEmpty() ? Integer.toString(code) : code + " " + reason;
    }
}
