package dev.millrace.internal.hpack;

/**
 * What a field means to the framing and the rules of HTTP/2 (RFC 9113 §8). It is found once, when a field is made, so
 * that a field from a table costs nothing.
 */
public enum FieldKind {
    /** {@code :method}. */
    METHOD,
    /** {@code :scheme}. */
    SCHEME,
    /** {@code :authority}. */
    AUTHORITY,
    /** {@code :path}. */
    PATH,
    /** {@code :protocol} (RFC 8441 §4). */
    PROTOCOL,
    /** {@code :status}. */
    STATUS,
    /** Another name that starts with a colon. */
    UNKNOWN_PSEUDO,
    /** A field without a meaning here. */
    REGULAR,
    /** {@code host}. */
    HOST,
    /** {@code content-length}. */
    CONTENT_LENGTH,
    /** {@code cookie}, of which there may be several (RFC 9113 §8.2.3). */
    COOKIE,
    /** {@code expect}. */
    EXPECT,
    /** {@code priority} (RFC 9218). */
    PRIORITY,
    /** {@code te}, which may only say {@code trailers}. */
    TE,
    /** Fields of a connection of HTTP/1.1, which must not be there (RFC 9113 §8.2.2). */
    CONNECTION_SPECIFIC,
    /**
     * The name has an upper-case letter, is empty or otherwise no token, or the value has a control character other than
     * HTAB, or white space at an end (RFC 9113 §8.2.1, RFC 9110 §5.5).
     */
    MALFORMED,
    /**
     * The name or the value is longer than the decoder was asked to take. The value is left out, a name that is too
     * long too; {@link HeaderField#size()} counts them all the same.
     */
    TOO_LONG;

    /** What a field of that name is, when its value is in order; the name in lower case. */
    static FieldKind named(String name) {
        return switch (name) {
            case ":method" -> METHOD;
            case ":scheme" -> SCHEME;
            case ":authority" -> AUTHORITY;
            case ":path" -> PATH;
            case ":protocol" -> PROTOCOL;
            case ":status" -> STATUS;
            case "host" -> HOST;
            case "content-length" -> CONTENT_LENGTH;
            case "cookie" -> COOKIE;
            case "expect" -> EXPECT;
            case "priority" -> PRIORITY;
            case "te" -> TE;
            case "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade" -> CONNECTION_SPECIFIC;
            default -> REGULAR;
        };
    }
}
