package dev.millrace.internal.h1;

import dev.millrace.http.Status;

/** What can be wrong with a message, and the answer to it. Everything that is refused is in this list. */
@SuppressWarnings("ImmutableEnumChecker") // Status is immutable, without the annotation that says so
enum Violation {
    LEADING_EMPTY_LINES(Status.BAD_REQUEST, "More than 4 empty lines come before the request line (RFC 9112 §2.2)."),
    BARE_LF(Status.BAD_REQUEST, "A line ends in LF without CR (RFC 9112 §2.2)."),
    BARE_CR(Status.BAD_REQUEST, "A CR is not followed by LF (RFC 9112 §2.2)."),

    METHOD(Status.BAD_REQUEST, "The method is not a token with one space after it (RFC 9112 §3.1)."),
    REQUEST_LINE_TOO_LONG(Status.URI_TOO_LONG, "The request line is longer than this server reads (RFC 9112 §3)."),
    TARGET_CHARACTER(Status.BAD_REQUEST, "The request target has a character that no target may hold (RFC 9112 §3.2)."),
    TARGET_PERCENT(Status.BAD_REQUEST, "The request target has a '%' without two hexadecimal digits (RFC 3986 §2.1)."),
    TARGET_FORM(
            Status.BAD_REQUEST,
            "The request target is in none of the forms that its method allows: origin, absolute, or for OPTIONS"
                    + " asterisk (RFC 9112 §3.2)."),
    TARGET_AUTHORITY(
            Status.BAD_REQUEST,
            "The request target's authority is not a host with an optional port (RFC 9110 §4.2.1, §4.2.4)."),
    CONNECT_TARGET(Status.BAD_REQUEST, "The target of CONNECT is not a host and a port (RFC 9112 §3.2.3)."),
    VERSION(Status.BAD_REQUEST, "The request line does not end in \"HTTP/\" and a version (RFC 9112 §2.3, §3)."),
    VERSION_UNSUPPORTED(Status.HTTP_VERSION_NOT_SUPPORTED, "This connection speaks HTTP/1.x only (RFC 9110 §15.6.6)."),

    STATUS_LINE(
            Status.BAD_GATEWAY,
            "The status line is not \"HTTP/1.\", a digit, a space and a status code of 100 to 599 (RFC 9112 §4)."),
    STATUS_LINE_TOO_LONG(Status.BAD_GATEWAY, "The status line is longer than this client reads (RFC 9112 §4)."),

    SECTION_TOO_LONG(
            Status.REQUEST_HEADER_FIELDS_TOO_LARGE,
            "The header or trailer section has more bytes than this server reads (RFC 6585 §5)."),
    TOO_MANY_FIELDS(
            Status.REQUEST_HEADER_FIELDS_TOO_LARGE,
            "The header or trailer section has more fields than this server reads (RFC 6585 §5)."),
    FOLDED_LINE(Status.BAD_REQUEST, "A field line starts with white space (RFC 9112 §2.2, §5.2)."),
    FIELD_NAME(Status.BAD_REQUEST, "A field name is not a token with a colon right after it (RFC 9112 §5)."),
    FIELD_NAME_SPACE(Status.BAD_REQUEST, "White space stands in a field name or before its colon (RFC 9112 §5.1)."),
    FIELD_VALUE(Status.BAD_REQUEST, "A field value has a control character (RFC 9110 §5.5)."),

    HOST_MISSING(Status.BAD_REQUEST, "The request has no Host field (RFC 9112 §3.2)."),
    HOST_REPEATED(Status.BAD_REQUEST, "The request has more than one Host field (RFC 9112 §3.2)."),
    HOST_INVALID(Status.BAD_REQUEST, "The Host field is not a host with an optional port (RFC 9110 §7.2)."),
    LENGTH_INVALID(Status.BAD_REQUEST, "Content-Length is not a decimal number (RFC 9110 §8.6)."),
    LENGTH_REPEATED(Status.BAD_REQUEST, "Content-Length is there more than once (RFC 9112 §6.3)."),
    LENGTH_WITH_CODING(
            Status.BAD_REQUEST, "Both Content-Length and Transfer-Encoding are there (RFC 9112 §6.1, §6.3)."),
    CONTENT_TOO_LARGE(Status.CONTENT_TOO_LARGE, "The content is larger than this server takes (RFC 9110 §15.5.14)."),
    CODING_IN_1_0(Status.BAD_REQUEST, "Transfer-Encoding is there in HTTP/1.0 (RFC 9112 §6.1)."),
    CODING_INVALID(Status.BAD_REQUEST, "Transfer-Encoding is not a list of transfer codings (RFC 9112 §6.1)."),
    CODING_NOT_CHUNKED(
            Status.BAD_REQUEST, "Transfer-Encoding does not end in chunked, applied once (RFC 9112 §6.1, §6.3)."),
    CODING_UNKNOWN(Status.NOT_IMPLEMENTED, "Transfer-Encoding names a coding other than chunked (RFC 9112 §6.1)."),
    CONNECT_CONTENT(Status.BAD_REQUEST, "A CONNECT request has content (RFC 9110 §9.3.6)."),
    EXPECTATION(Status.EXPECTATION_FAILED, "Expect asks for something other than 100-continue (RFC 9110 §10.1.1)."),

    CHUNK_SIZE(Status.BAD_REQUEST, "A chunk size is not 1 to 16 hexadecimal digits (RFC 9112 §7.1)."),
    CHUNK_EXTENSION(Status.BAD_REQUEST, "A chunk extension is malformed (RFC 9112 §7.1.1)."),
    CHUNK_EXTENSIONS_TOO_LONG(
            Status.BAD_REQUEST, "The chunk extensions have more bytes than this server reads (RFC 9112 §7.1.1)."),
    CHUNK_LINE_END(Status.BAD_REQUEST, "A chunk's size or data does not end in CRLF (RFC 9112 §7.1).");

    private final Status status;
    private final String detail;

    Violation(Status status, String detail) {
        this.status = status;
        this.detail = detail;
    }

    /** The status to answer with; the connection ends after it. */
    Status status() {
        return status;
    }

    /** One sentence that names the rule. */
    String detail() {
        return detail;
    }
}
